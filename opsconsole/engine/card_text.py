"""A KPI's card in words, for the console and for the command line. Pure; what people wrote is not yet inert."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from opsconsole.engine.kpi_messages import KpiState
from opsconsole.site.figures import figure, number
from opsconsole.site.model import Targets

State = Literal["known", "partial", "stale", "nodata", "novalue"]
BETTER = {"higher": "higher is better", "lower": "lower is better", "target": "on target is best"}
_NAMED = ("target", "warning", "critical")


def state_of(kpi: KpiState) -> State:
    """How a value is known, or why it is missing: what an export says beside it."""
    if kpi.value is None:
        return "novalue" if kpi.status == "novalue" else "nodata"
    return "stale" if kpi.status == "stale" else "partial" if kpi.partial else "known"


class Fact(Struct, frozen=True):
    """A line of a card: a label and a text. `gap`: it should say something and does not, the text tells what."""

    label: str
    text: str
    gap: bool = False


def card_facts(kpi: KpiState) -> list[Fact]:
    """Everything that is written of a KPI, gaps at their place; what may well be empty is left out."""
    return [fact for fact in _facts(kpi) if fact.text]


def _facts(kpi: KpiState) -> Iterator[Fact]:
    yield Fact("what", kpi.description)
    yield Fact("formula", kpi.formula)
    yield Fact("sql", kpi.expression if kpi.expression != kpi.formula else "")
    yield Fact("library", ": ".join(part for part in (kpi.use, kpi.standard) if part))
    yield Fact("elements", ", ".join(f"{symbol} = {text}" for symbol, text in kpi.elements.items()))
    yield Fact("rows", f"those with {kpi.where}" if kpi.where else "")
    yield Fact("made of", ", ".join(kpi.parts))
    yield Fact("sources", ", ".join(source.title for source in kpi.sources))
    yield Fact("window", ", ".join([kpi.window, *([f"by {', '.join(kpi.by)}"] if kpi.by else [])]))
    yield _said("better", "no direction", kpi, BETTER[kpi.better] if kpi.better else "")
    limits = _limits(kpi)
    yield Fact("limits", limits)
    for entry in kpi.targets:
        yield Fact("", _entry(entry))
    if "no target" in kpi.missing:
        yield Fact("" if limits else "limits", "no target yet", gap=True)
    yield Fact("", f"more from the source {kpi.targets_from}" if kpi.targets_from else "")
    yield Fact("range", f"{number(kpi.range[0])} to {figure(kpi.range[1], kpi.unit)}" if len(kpi.range) == 2 else "")
    yield Fact("from", ", ".join(_starts(kpi)))
    yield _said("owner", "no owner", kpi, kpi.owner)
    yield Fact("for", ", ".join(kpi.audience))
    yield _said("goal", "no objective", kpi, _goal(kpi))
    yield Fact("priority", f"{kpi.priority} of 5")
    yield _said("do", "no procedure", kpi, kpi.procedure)
    yield Fact("about", kpi.scope)
    yield Fact("timing", kpi.timing or "")
    yield Fact("used for", kpi.usage)
    yield Fact("taken", kpi.methodology)
    yield Fact("notes", kpi.notes)


def _said(label: str, gap: str, kpi: KpiState, text: str) -> Fact:
    return Fact(label, text) if text or gap not in kpi.missing else Fact(label, f"{gap} yet", gap=True)


def _limits(kpi: KpiState) -> str:
    parts = []
    for name in _NAMED:
        value: float | None = getattr(kpi, name)
        how = kpi.computed.get(name, "")
        if value is not None:
            parts.append(f"{name} {number(value)}" + (f" ({how})" if how else ""))
        elif how:
            parts.append(f"{name} {how}")
    if parts and kpi.tolerance:
        parts[0] += f" ± {number(kpi.tolerance)}"
    return ", ".join(parts)


def _entry(entry: Targets) -> str:
    """ "line 3, shift Night: target 80, warning 70"."""
    of = [f"{column} {member}" for column, member in entry.where.items()]
    of += [f"shift {entry.shift}"] if entry.shift is not None else []
    limits = [f"{name} {number(value)}" for name in _NAMED if (value := getattr(entry, name)) is not None]
    return f"{', '.join(of)}: {', '.join(limits)}"


def _starts(kpi: KpiState) -> list[str]:
    named = (("floor", kpi.floor), ("baseline", kpi.baseline))
    return [f"{name} {number(value)}" for name, value in named if value is not None]


def _goal(kpi: KpiState) -> str:
    title = kpi.objective_title or kpi.objective
    return f"{title}, weight {number(kpi.weight)}" if title and kpi.weight != 1.0 else title
