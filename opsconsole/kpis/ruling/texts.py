"""What is said in the text of an alert. Pure."""

from __future__ import annotations

import string
from collections.abc import Mapping

from opsconsole.kpis.words import labelled
from opsconsole.site.figures import figure
from opsconsole.site.model import Kpi

Labels = Mapping[str, str | None]


def titled(title: str, labels: Labels, value: str, limit: str) -> str:
    """A rule's title with its fields filled in; only plain names are fields, so that nothing else can be reached."""
    known = {name: "(none)" if member is None else member for name, member in labels.items()}
    known |= {"value": value, "limit": limit, "label": labelled(dict(labels))}
    parts: list[str] = []
    for text, name, _, _ in string.Formatter().parse(title):
        parts.append(text)
        if name is not None:
            parts.append(known.get(name, f"{{{name}}}"))
    return "".join(parts)


def name_of(kpi: Kpi) -> str:
    """What a KPI is called in an alert."""
    return kpi.title or kpi.name


def shown(kpi: Kpi, value: float | None) -> str:
    """A value of a KPI in an alert."""
    return figure(value, kpi.unit, kpi.decimals)


def short(condition: str) -> str:
    """A condition in an alert's text, on one line."""
    words = " ".join(condition.split())
    return words if len(words) <= 60 else f"{words[:59]}…"
