"""Short sentences about figures: the leader of a tile, the text of an alert. Pure."""

from __future__ import annotations

from opsconsole.kpis.limits import Limits
from opsconsole.kpis.measures import Split
from opsconsole.kpis.status import badness
from opsconsole.site.figures import figure
from opsconsole.site.model import Kpi

_SHARE = 0.005


def leader(kpi: Kpi, split: Split | None, limits: Limits) -> str:
    """The member that stands out: the worst by the KPI's direction, or without one the most changed.

    Members with less than half a percent of the rows are left out: two flights are no worst carrier.
    """
    if split is None or len(split.members) < 2:
        return ""
    least = max(1.0, _SHARE * sum(split.rows))
    places = [index for index, value in enumerate(split.values) if value is not None and (split.rows[index] >= least)]
    if kpi.better is not None:
        worst = max(places, key=lambda index: badness(limits, split.values[index]), default=None)
        return f"worst: {_member(kpi, split, worst)}" if worst is not None else ""
    moved = [(abs(change), index) for index in places if (change := _change(split, index))]
    if not moved:
        return ""
    index = max(moved)[1]
    change = _change(split, index)
    sign = "+" if change > 0 else ""
    return f"most changed: {_member(kpi, split, index)} ({sign}{figure(change, decimals=kpi.decimals)})"


def _member(kpi: Kpi, split: Split, index: int) -> str:
    return f"{split.by} {named(split.members[index])} {figure(split.values[index], kpi.unit, kpi.decimals)}"


def _change(split: Split, index: int) -> float:
    value, before = split.values[index], split.previous[index]
    return value - before if value is not None and before is not None else 0.0


def named(member: str | None) -> str:
    """A member as people read it."""
    return "(none)" if member is None else member or "(empty)"


def labelled(labels: dict[str, str | None]) -> str:
    """Labels as people read them: "line 3, station weld"."""
    return ", ".join(f"{name} {named(member)}" for name, member in labels.items())
