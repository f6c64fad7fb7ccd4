"""The report on anomalies: of a KPI's past points, or of a source's rows with the columns that moved."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from opsconsole.engine.insight.anomaly_words import moved as moved_words
from opsconsole.engine.insight.anomaly_words import says
from opsconsole.engine.insight.together import MOST as ROWS
from opsconsole.engine.insight.together import NAMED, Machine, Rows, latest
from opsconsole.engine.insight.unusual import MOST, Point, Stream, clock, complete
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.engine.past import looked_at
from opsconsole.insight.anomaly.monitor import moved, watch
from opsconsole.kpis.binding import Binding, BoundKpi, BoundRule
from opsconsole.kpis.bound import is_number
from opsconsole.kpis.nodes import bound_kpi
from opsconsole.kpis.scan import Cursor, Members
from opsconsole.site.model import Rule

PER_WEEK = 2.0
"""The budget where no rule has one."""
SHOWN = 200
"""So many of the latest points of each group are told."""
_WEEK = 604_800.0
_TOLD = 5
"""So many columns that moved are told of each anomaly."""


def report(desk: Desk, job: Job, options: dict[str, Any]) -> dict[str, Any]:
    """The anomalies of what `options` names: `of` (a KPI or a source), `where` (members of dimensions), `at` (site
    time in seconds since the epoch), `per_week` (a budget in place of that of its rule).

    Raises ReportError for options that are none, LookupError for what is unknown, ValueError where there is no past,
    duckdb.Error where SQL fails on the data.
    """
    name, where, at, per_week = _options(options)
    now, until = looked_at(desk.core, at)
    binding = desk.core.binding
    rule = rule_of(binding, name, per_week)
    job.tell(0.1, "reading the past")
    with job.reading(desk.store) as cursor:
        if rule.kpi is not None:
            found = _of_kpi(job, cursor, binding, rule, rule.kpi, now, until, where)
        else:
            found = _of_source(job, cursor, binding, rule, now, where)
    told = {
        "of": name,
        "rule": rule.rule.name,
        "per_week": rule.rule.anomaly,
        "by": list(rule.by),
        "where": where,
        "now": now.timestamp(),
        "timezone": binding.site.timezone,
        **found,
    }
    for each in told["anomalies"]:
        each["said"] = ", ".join(moved_words(one) for one in each["moved"][:NAMED]) if "moved" in each else ""
    return {**told, "says": says(told)}


def _options(options: dict[str, Any]) -> tuple[str, dict[str, str | None], float | None, float | None]:
    name, where, at, per_week = (options.get(key) for key in ("of", "where", "at", "per_week"))
    if not isinstance(name, str) or not isinstance(where or {}, dict):
        raise ReportError("`of` names a KPI or a source, `where` maps dimensions to members")
    try:
        rate = None if per_week is None else float(per_week)
        if rate is not None and not rate > 0:
            raise ReportError("`per_week`: how many false alarms a week are acceptable, above 0")
        return name, where or {}, None if at is None else float(at), rate
    except (TypeError, ValueError) as error:
        raise ReportError("`at` is a moment in seconds since the epoch, `per_week` a number") from error


def rule_of(binding: Binding, name: str, per_week: float | None = None) -> BoundRule:
    """The first rule on anomalies of a KPI or a source; one with the usual budget where there is none.

    Raises LookupError for what is neither.
    """
    for rule in binding.rules.values():
        of = rule.kpi.kpi.name if rule.kpi is not None else rule.source
        if rule.kind == "anomaly" and of == name:
            if per_week is None:
                return rule
            return BoundRule(
                Rule(rule.rule.name, anomaly=per_week), "anomaly", rule.source, rule.by, rule.kpi, columns=rule.columns
            )
    free = Rule("", anomaly=per_week if per_week is not None else PER_WEEK)
    if name in binding.kpis or name not in binding.schemas:
        kpi = bound_kpi(binding, name)
        return BoundRule(free, "anomaly", kpi.source, kpi=kpi)
    source = binding.site.sources.get(name)
    if source is None or source.time is None:
        raise LookupError(f"the rows of `{name}` have no times, so there is no past")
    hidden = set(source.dimensions)
    columns = tuple(
        column
        for column, kind in binding.schemas[name].items()
        if is_number(kind) and column not in hidden and not column.startswith("_")
    )
    if len(columns) < 2:
        raise LookupError(f"`{name}` has {len(columns)} columns of numbers; at least two can be watched together")
    return BoundRule(free, "anomaly", name, columns=columns, timed=True)


def _of_kpi(
    job: Job, cursor: Cursor, binding: Binding, rule: BoundRule, kpi: BoundKpi, now: dt.datetime,
    until: dt.datetime | None, where: dict[str, str | None],
) -> dict[str, Any]:  # fmt: skip
    found = complete(cursor, binding, kpi, now, MOST, rule.by, where, until)
    offsets = clock(binding, found.ends)
    share = (rule.rule.anomaly or PER_WEEK) / max(1, len(found.members))
    groups: list[dict[str, Any]] = []
    anomalies: list[dict[str, Any]] = []
    for group, members in enumerate(found.members):
        job.tell(0.2 + 0.8 * group / len(found.members), "looking at the points")
        stream = Stream(share)
        points = [
            point
            for start, end, offset, value in zip(
                found.starts, found.ends, offsets, found.values[group].tolist(), strict=True
            )
            if (point := stream.feed(start, end, offset, value)) is not None
        ]
        groups.append(_stream(rule, members, stream, points, found.step))
        anomalies += [
            {
                "members": _labels(rule, members),
                "start": point.start,
                "end": point.end,
                "value": point.value,
                "expected": point.expected,
                "score": point.score,
                "threshold": point.threshold,
            }
            for point in points
            if point.alarm
        ]
    card = kpi.kpi
    return {
        "kind": "kpi",
        "title": card.title or card.name,
        "unit": card.unit,
        "decimals": card.decimals,
        "step": found.step,
        "groups": groups,
        "anomalies": sorted(anomalies, key=lambda each: -each["start"]),
    }


def _stream(rule: BoundRule, members: Members, stream: Stream, points: list[Point], step: float) -> dict[str, Any]:
    watched = sum(point.threshold is not None for point in points)
    weeks = watched * step / _WEEK
    alarms = sum(point.alarm for point in points)
    needed = stream.detector.still_needed
    return {
        "members": _labels(rule, members),
        "points": len(points),
        "shown": {
            name: [getattr(point, name) for point in points[-SHOWN:]] for name in ("start", "end", "value", "expected")
        },
        "lacking": "" if stream.detector.ready else f"not enough: {len(points)} points, {needed} more are needed",
        "threshold": stream.detector.threshold,
        "weeks": weeks,
        "alarms": alarms,
        "alarms_per_week": alarms / weeks if weeks else None,
    }


def _of_source(
    job: Job, cursor: Cursor, binding: Binding, rule: BoundRule, now: dt.datetime, where: dict[str, str | None]
) -> dict[str, Any]:
    past = latest(cursor, binding, rule, now, ROWS, where)
    share = (rule.rule.anomaly or PER_WEEK) / max(1, len(past))
    groups: list[dict[str, Any]] = []
    anomalies: list[dict[str, Any]] = []
    for at, (members, rows) in enumerate(past.items()):
        job.tell(0.2 + 0.8 * at / len(past), "looking at the rows")
        machine = Machine(rows, rule.columns, share)
        told, found = _machine(rule, members, machine, rows)
        groups.append(told)
        anomalies += found
    source = binding.site.sources.get(rule.source)
    return {
        "kind": "source",
        "title": (source.title if source is not None else "") or rule.source,
        "columns": list(rule.columns),
        "groups": groups,
        "anomalies": sorted(anomalies, key=lambda each: -each["start"]),
    }


def _machine(
    rule: BoundRule, members: Members, machine: Machine, rows: Rows
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    told: dict[str, Any] = {"members": _labels(rule, members), "points": len(rows.times), "lacking": machine.lacking}
    monitor = machine.monitor
    if monitor is None:
        return told, []
    model, found = monitor.model, watch(monitor, rows.values)
    weeks = len(rows.times) * machine.step / _WEEK
    told |= {
        "components": model.components,
        "explained": model.explained,
        "left_out": list(model.left_out),
        "t2_limit": monitor.t2_limit,
        "q_limit": monitor.q_limit,
        "threshold": monitor.threshold,
        "weeks": weeks,
        "alarms": len(found.onsets),
        "alarms_per_week": len(found.onsets) / weeks if weeks else None,
    }
    return told, [_episode(rule, members, machine, rows, found.alarms, *onset) for onset in found.onsets]


def _episode(
    rule: BoundRule, members: Members, machine: Machine, rows: Rows, alarms: Any, began: int, alarmed: int
) -> dict[str, Any]:
    assert machine.monitor is not None
    calm = np.flatnonzero(~alarms[alarmed:])
    end = alarmed + int(calm[0]) if len(calm) else len(alarms)
    ranked = moved(machine.monitor.model, rows.values[began:end])[:_TOLD]
    return {
        "members": _labels(rule, members),
        "start": float(rows.times[began]),
        "at": float(rows.times[alarmed]),
        "end": float(rows.times[end - 1]),
        "lasts": end == len(alarms),
        "moved": [
            {
                "name": each.name,
                "shift": each.shift,
                "mean": each.mean,
                "normal": each.normal,
                "since": None if each.first is None else float(rows.times[began + each.first]),
            }
            for each in ranked
        ],
    }


def _labels(rule: BoundRule, members: Members) -> dict[str, str | None]:
    return dict(zip(rule.by, members, strict=True))
