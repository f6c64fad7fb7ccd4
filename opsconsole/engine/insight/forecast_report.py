"""The report on a KPI's forecast: its latest points, what comes, when it crosses its limits, and how well that held."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from opsconsole.engine.insight.forecasting import said
from opsconsole.engine.insight.outlook import Outlook, Outlooks
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.engine.past import looked_at
from opsconsole.insight.forecast import Crossing, Forecast, Method, Plan
from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.nodes import bound_kpi
from opsconsole.site.calendar import zone
from opsconsole.site.duration import format_duration
from opsconsole.site.figures import count

SHOWN = 96
"""So many of the latest points are told."""


def report(desk: Desk, job: Job, options: dict[str, Any]) -> dict[str, Any]:
    """The forecast of one KPI; `options`: `kpi`, `by` (dimensions), `where` (members), `ahead` (seconds), `at` (site
    time in seconds since the epoch).

    Raises ReportError for options that are none, LookupError for an unknown KPI or dimension, ValueError for a KPI
    without a past, duckdb.Error where its SQL fails on the data.
    """
    name, by, where, ahead, at = (options.get(key) for key in ("kpi", "by", "where", "ahead", "at"))
    if not isinstance(name, str) or not isinstance(where or {}, dict) or not isinstance(by or [], list):
        raise ReportError("a forecast is of one KPI: `kpi` is its name, `by` lists dimensions, `where` maps them")
    if not all(isinstance(each, int | float | None) for each in (ahead, at)) or (ahead is not None and not ahead > 0):
        raise ReportError("`ahead` is a number of seconds above 0, `at` a moment in seconds since the epoch")
    now, until = looked_at(desk.core, at)
    binding = desk.core.binding
    kpi = bound_kpi(binding, name)
    job.tell(0.1, "reading the points")
    with job.reading(desk.store) as cursor:
        found = Outlooks().of(
            cursor, binding, kpi, now, ahead=ahead, by=tuple(by or ()), where=where or {}, until=until
        )  # fmt: skip
    card = kpi.kpi
    return {
        "kpi": name,
        "title": card.title or name,
        "unit": card.unit,
        "decimals": card.decimals,
        "better": card.better or "",
        "where": dict(where or {}),
        "by": list(by or ()),
        "now": now.timestamp(),
        "timezone": binding.site.timezone,
        "groups": [told_group(binding, kpi, each) for each in found],
    }


def told_group(binding: Binding, kpi: BoundKpi, outlook: Outlook) -> dict[str, Any]:
    points, found = outlook.points, outlook.forecast
    told: dict[str, Any] = {
        "members": list(outlook.members),
        "step": points.step,
        "ends": points.ends[-SHOWN:],
        "values": _plain(points.values[outlook.group][-SHOWN:]),
        "limits": {name: getattr(outlook.limits, name) for name in ("target", "warning", "critical")},
        "lacking": "",
    }
    if not isinstance(found, Forecast):
        return told | {"lacking": str(found)}
    crossings = []
    for name in ("warning", "critical"):
        crossing = outlook.crosses(name)
        if crossing is not None:
            crossings.append(_crossing(binding, kpi, outlook, crossing, name))
    return told | {
        "value": found.now,
        "ahead": [outlook.moment(at) for at in range(1, len(found.point) + 1)],
        "point": _plain(found.point),
        "intervals": [
            {"level": level, "low": _plain(low), "high": _plain(high)}
            for level, low, high in zip(found.levels, found.low, found.high, strict=True)
        ],
        "crossings": crossings,
        **(plan := _plan(found.plan, points.step)),
        "trust": trust(plan),
    }


def _crossing(binding: Binding, kpi: BoundKpi, outlook: Outlook, found: Crossing, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "limit": found.limit,
        "below": found.below,
        "crossed": found.crossed,
        "probability": found.probability,
        "by": outlook.moment(found.within),
        "at": outlook.moment(found.at),
        "soonest": outlook.moment(found.soonest),
        "latest": outlook.moment(found.latest),
        "level": found.level,
        "said": said(kpi.kpi, outlook, found, name, zone(binding.site)),
    }


def _plan(found: Plan, step: float) -> dict[str, Any]:
    return {
        "seasons": [_length(each, step) for each in found.seasons],
        "short": [_length(each, step) for each in found.short],
        "picked": {"kind": found.blend.kind, "methods": [named(each, step) for each in found.picked[:5]]},
        "naive": named(found.naive, step),
        "skill": _number(found.skill),
        "error": _number(found.error),
        "naive_error": _number(found.naive_error),
        "trials": found.trials,
        "adapted": found.adapted,
        "coverage": [
            {"level": each.level, "held": _number(each.held), "values": each.values} for each in found.coverage
        ],
    }


def trust(plan: dict[str, Any]) -> list[tuple[str, str]]:
    """How a forecast is made, and how well such did on the series' own past, in words: labels and texts."""
    picked = plan["picked"]
    what = f"{picked['kind']} of " if len(picked["methods"]) > 1 else ""
    out = [("made of", what + ", ".join(picked["methods"]))]
    if plan["adapted"]:
        lately = "it goes where it seldom went: made of what did best in the last steps, and less sure"
        out.append(("lately", lately))
    if plan["skill"] is not None:
        better = f"{abs(100 * plan['skill']):.0f} % {'less' if plan['skill'] >= 0 else 'more'} error"
        out.append(("skill", f"{better} than {plan['naive']}, on {count(plan['trials'], 'trial')} of the past"))
    held = [
        f"{100 * each['level']:.0f} % interval held {100 * each['held']:.0f} %"
        for each in plan["coverage"]
        if each["held"] is not None
    ]
    out.append(("held", f"{', '.join(held)} of the time" if held else "not known yet: too few trials"))
    if plan["short"]:
        out.append(("season", f"{', '.join(plan['short'])}: the past is too short for it"))
    return out


def named(method: Method, step: float) -> str:
    """A method in words: `mean of 4 seasons (7d)`."""
    return f"{method.name} ({_length(method.season, step)})" if method.season else method.name


def _length(season: int, step: float) -> str:
    """How long a season is; to the day where it is days, as those of a calendar are not all alike."""
    seconds = season * step
    return format_duration(round(seconds / 86_400) * 86_400 if seconds >= 86_400 else seconds)


def _plain(values: Iterable[float]) -> list[float | None]:
    return [_number(float(each)) for each in values]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
