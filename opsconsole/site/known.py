"""What a site file declares, for checks of what refers to it."""

from __future__ import annotations

from typing import Any

from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.marks import Keys, Marks
from opsconsole.site.names import listed, show
from opsconsole.site.report import Report

Values = dict[str, Any]


def known_names(section: str, values: Values, marks: Marks) -> dict[str, Values] | None:
    """What a section declares; None when that is not known, because it is missing or could not be read."""
    if section in values:
        declared: dict[str, Values] = values[section]
        return declared
    return None if marks.has(section) or section == "sources" else {}


def reference(path: Keys, target: str, what: str, known: Values | None, marks: Marks, report: Report) -> bool:
    """Whether the name is known; a problem if not, unless nobody can tell."""
    if what == "source" and target in BUILT_IN:
        return True
    if known is None or target in known:
        return known is not None
    report.error(marks.at(*path), f"unknown {what} `{show(target)}`{hint(target, known, report)}")
    return False


def hint(name: str, known: Values, report: Report) -> str:
    """What a name may have been meant to be, or what there is."""
    near = report.suggest(name, known)
    if near or not known:
        return near or "; there is none"
    return f"; there {'is' if len(known) == 1 else 'are'} {listed(known)}"


def limits_of(kpi: Values, at: Keys) -> list[Keys]:
    """Where the limits of a KPI are that its values are judged by: its own, then those of members and shifts."""
    places = [(kpi, at), *((entry, (*at, "targets", index)) for index, entry in enumerate(kpi.get("targets", ())))]
    return [(*place, key) for values, place in places for key in ("warning", "critical") if key in values]
