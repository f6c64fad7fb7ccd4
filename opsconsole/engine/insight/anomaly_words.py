"""What the report on anomalies says in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsconsole.site.figures import count, duration, number

_WEEK = 604_800.0


def says(report: Mapping[str, Any]) -> list[str]:
    """How many there were by which budget, and for each group how often and above what."""
    budget = f"{number(report['per_week'])} false alarms a week are acceptable"
    by = f"rule {report['rule']}" if report["rule"] else "no rule watches it"
    lines = [f"{count(len(report['anomalies']), 'anomaly', 'anomalies')} · {budget} ({by})"]
    if not report["groups"]:
        lines.append("There are no rows.")
    for group in report["groups"]:
        name = labels(group["members"])
        lines.append(f"{name + ': ' if name else ''}{group['lacking'] or _watched(report, group)}")
    return lines


def _watched(report: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    often = f"{count(group['alarms'], 'anomaly', 'anomalies')} in {duration(group['weeks'] * _WEEK)}"
    if report["kind"] == "kpi":
        points = f"{count(group['points'], 'point')} of {duration(report['step'])}"
        return f"{points}, {often}, alarms above {number(group['threshold'], 2)}"
    left = f", without {', '.join(group['left_out'])} (never changes)" if group["left_out"] else ""
    many = group["components"]
    verb = "explains" if many == 1 else "explain"
    part = f"{count(many, 'component')} {verb} {number(100 * group['explained'], 0)} %"
    return f"{count(group['points'], 'row')}, {often}, {part}{left}"


def labels(members: Mapping[str, str | None]) -> str:
    """Members of dimensions in words."""
    return ", ".join(f"{name} {member if member is not None else '–'}" for name, member in members.items())


def moved(one: Mapping[str, Any]) -> str:
    """A column that moved."""
    return f"{one['name']} {one['shift']:+.1f} σ ({number(one['normal'])} → {number(one['mean'])})"
