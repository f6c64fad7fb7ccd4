"""The report for a KPI's own chart: control limits, forecast and anomalies, as far as they are wanted.

How a series is best forecast is kept from one report to the next (`Desk.kept`), as it is costly to find; limits and
anomalies are found anew.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from opsconsole.engine.insight.anomaly_report import PER_WEEK, rule_of
from opsconsole.engine.insight.charts import Charted, charts, lacking
from opsconsole.engine.insight.control_report import told_points
from opsconsole.engine.insight.forecast_report import told_group
from opsconsole.engine.insight.marked import moments_of
from opsconsole.engine.insight.outlook import Outlooks
from opsconsole.engine.insight.unusual import MOST, Point, Stream, clock, complete
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.engine.past import looked_at
from opsconsole.insight.control.false_alarms import DEFAULT, WORDS
from opsconsole.insight.control.kind import NAMES
from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.cadence import Stretches, apart
from opsconsole.kpis.nodes import bound_kpi
from opsconsole.kpis.ranged import fits, level
from opsconsole.kpis.scan import Cursor
from opsconsole.site.duration import format_duration
from opsconsole.site.forecasting import parse
from opsconsole.site.layout_keys import LAYERS
from opsconsole.site.model import Window

LIMITS, FORECAST, ANOMALIES = LAYERS
SHOWN = 400
"""So many of the latest points are told."""
_SOONEST, _LATEST = 60.0, 600.0
_KEPT = "outlooks"


class _Of(NamedTuple):
    """What a report is about."""

    desk: Desk
    cursor: Cursor
    binding: Binding
    kpi: BoundKpi
    where: Mapping[str, str | None]
    now: dt.datetime
    until: dt.datetime | None


def report(desk: Desk, job: Job, options: dict[str, Any]) -> dict[str, Any]:
    """What is to be drawn on one KPI's chart; `options`: `kpi`, `where` (members of dimensions), `draw` (some of
    `LAYERS`), `at` (site time in seconds since the epoch).

    `points` are those of control charts and anomalies, which share no rows and last `step` each; those of the forecast,
    which may be of a moving window, where it alone is wanted or they are as long. `judged`: whether the KPI's own
    limits hold for each. `level`: whether a value does not grow with the length of a point, so that control limits may
    lie over columns of another. `every`: seconds of site time after which it is worth asking anew. A layer that is not
    wanted is None; one that there is not yet says why in `lacking`.

    Raises ReportError for options that are none, LookupError for an unknown KPI or dimension, ValueError for a KPI
    without a past, duckdb.Error where its SQL fails on the data.
    """
    name, where, wanted, at = _options(options)
    now, until = looked_at(desk.core, at)
    binding = desk.core.binding
    kpi = bound_kpi(binding, name)
    job.tell(0.1, "reading the points")
    with job.reading(desk.store) as cursor:
        of = _Of(desk, cursor, binding, kpi, where, now, until)
        found = {layer: _LAYERS[layer](of, job) if layer in wanted else None for layer in LAYERS}
        stretches = apart(binding, kpi, now, 2, kpi.kpi.chart.every)
    own = {layer: each.pop("points") for layer, each in found.items() if each is not None and "points" in each}
    ahead = own.get(FORECAST)
    if ahead is not None and (len(own) == 1 or math.isclose(ahead["length"], stretches.step, rel_tol=0.01)):
        shown, judged = ahead, True
    else:
        shown = next(iter(own.values()), {"start": [], "end": [], "value": [], "length": stretches.step})
        judged = level(kpi) or _whole(binding, kpi, stretches)
    return {
        "kpi": name,
        "where": dict(where),
        "now": now.timestamp(),
        "timezone": binding.site.timezone,
        "step": stretches.step,
        "every": min(_LATEST, max(_SOONEST, stretches.step / 10)),
        "judged": judged,
        "level": level(kpi),
        "points": shown,
        **found,
    }


def _options(options: dict[str, Any]) -> tuple[str, Mapping[str, str | None], tuple[str, ...], float | None]:
    name, where, wanted, at = (options.get(key) for key in ("kpi", "where", "draw", "at"))
    if not isinstance(name, str) or not isinstance(where or {}, dict):
        raise ReportError("a chart is of one KPI: `kpi` is its name, `where` maps dimensions to members")
    if not isinstance(wanted, list) or not all(each in LAYERS for each in wanted):
        raise ReportError(f"`draw` lists some of {', '.join(LAYERS)}")
    if not isinstance(at, int | float | None):
        raise ReportError("`at` is a moment in seconds since the epoch")
    return name, where or {}, tuple(wanted), at


def _whole(binding: Binding, kpi: BoundKpi, stretches: Stretches) -> bool:
    """Whether each point covers what the KPI's window does, so that its limits are for it."""
    start, end = stretches.starts[-1], stretches.ends[-1]
    return fits(kpi.kpi.window, Window("range", start=start, end=end), binding.site)


def _limits(of: _Of, job: Job) -> dict[str, Any]:
    job.tell(0.2, "finding the control limits")
    name, until = of.kpi.kpi.name, of.now.timestamp()
    if of.kpi.kpi.chart.kind == "np":
        return {"lacking": f"its control chart is of numbers, not of its values: control {name}"}
    marked = moments_of(of.desk.watch, name, where=of.where, until=until)
    found = charts(
        of.cursor, of.binding, of.kpi, of.now, where=of.where, rules=_watched(of.binding, name), changes=marked,
        until=of.until,
    )  # fmt: skip
    charted = next(found, None)
    if charted is None:
        return {"lacking": "no rows to have limits of"}
    told = told_points(charted, SHOWN)
    last = charted.control.segments[-1] if charted.control.segments else None
    return {
        "lacking": lacking(charted),
        "kind": NAMES[last.kind] if last is not None and not last.lacking else "",
        "of": format_duration(round(charted.points.step)),
        **{key: told[key] for key in ("centre", "lower", "upper")},
        "end": told["end"],
        "signals": _signals(charted, told["end"][0] if told["end"] else 0.0),
        "points": {**{key: told[key] for key in ("start", "end", "value")}, "length": charted.points.step},
    }


def _watched(binding: Binding, kpi: str) -> tuple[str, ...]:
    """The signals that raise alerts; where no rule is on its control chart, those that a rule would raise by itself."""
    watching = [rule.rule for rule in binding.rules.values() if rule.kpi is not None and rule.kpi.kpi.name == kpi]
    return tuple(dict.fromkeys(name for rule in watching for name in rule.control)) or DEFAULT


def _signals(charted: Charted, since: float) -> list[dict[str, Any]]:
    """The points that signalled since a moment, in order of time, each with the words of all its rules."""
    starts, ends, values = (
        charted.points.starts[charted.first :],
        charted.ends,
        charted.measured.values[charted.first :],
    )
    told: dict[int, dict[str, Any]] = {}
    for signal in charted.control.signals:
        if ends[signal.at] < since:
            continue
        value = float(values[signal.at]) * charted.measured.scale
        each = told.setdefault(
            signal.at, {"start": starts[signal.at], "end": ends[signal.at], "value": value, "words": []}
        )
        each["words"].append(WORDS[signal.rule])
    return list(told.values())


def _ahead(binding: Binding, kpi: str) -> float | None:
    """As far as rules on the KPI's forecast look, so that the chart says what they do; None: as far as is usual."""
    rules = [rule.rule for rule in binding.rules.values() if rule.kpi is not None and rule.kpi.kpi.name == kpi]
    return max((parse(rule.forecast).within for rule in rules if rule.forecast is not None), default=None)


def _forecast(of: _Of, job: Job) -> dict[str, Any]:
    job.tell(0.4, "looking ahead")
    kept = of.desk.kept.setdefault(_KEPT, Outlooks())
    assert isinstance(kept, Outlooks)
    ahead = _ahead(of.binding, of.kpi.kpi.name)
    found = kept.of(of.cursor, of.binding, of.kpi, of.now, ahead=ahead, where=of.where, until=of.until)
    if not found:
        return {"lacking": "no rows to go on from"}
    [outlook] = found
    told = told_group(of.binding, of.kpi, outlook)
    band = next((each for each in told.get("intervals", ()) if each["level"] == _BAND), None)
    keys = ("ahead", "point", "crossings")
    return {
        "lacking": told["lacking"],
        "of": format_duration(round(outlook.points.step * outlook.points.width)),
        "points": {
            "start": [end - told["step"] for end in told["ends"]],
            "end": told["ends"],
            "value": told["values"],
            "length": told["step"] * outlook.points.width,
        },
        "step": told["step"],
        **{key: told.get(key, []) for key in keys},
        "low": band["low"] if band is not None else [],
        "high": band["high"] if band is not None else [],
        "interval": _BAND,
    }


_BAND = 0.8


def _anomalies(of: _Of, job: Job) -> dict[str, Any]:
    """By the budget of the KPI's rule on anomalies. Where it watches members, one of them is looked at among all."""
    job.tell(0.6, "looking for what is unusual")
    rule = rule_of(of.binding, of.kpi.kpi.name)
    budget = rule.rule.anomaly or PER_WEEK
    by = rule.by if rule.by and all(each in of.where for each in rule.by) else ()
    rest = {name: member for name, member in of.where.items() if name not in by}
    found = complete(of.cursor, of.binding, of.kpi, of.now, MOST, by, rest, of.until)
    own = tuple(of.where[name] for name in by)
    if own not in found.members:
        return {"lacking": "no rows to learn from"}
    stream = Stream(budget / len(found.members))
    row = found.values[found.members.index(own)].tolist()
    told: list[Point] = []
    for start, end, offset, value in zip(found.starts, found.ends, clock(of.binding, found.ends), row, strict=True):
        if (point := stream.feed(start, end, offset, value)) is not None:
            told.append(point)
        if not len(told) % 200:
            job.tell(0.6, "looking for what is unusual")
    needed = stream.detector.still_needed
    since = found.starts[-SHOWN:][0] if found.starts else 0.0
    return {
        "lacking": "" if stream.detector.ready else f"not enough: {len(told)} points, {needed} more are needed",
        "per_week": budget,
        "rule": rule.rule.name,
        "found": [
            {"start": each.start, "end": each.end, "value": each.value, "expected": each.expected}
            for each in told
            if each.alarm and each.start >= since
        ],
        "points": {
            "start": found.starts[-SHOWN:],
            "end": found.ends[-SHOWN:],
            "value": [each if each == each else None for each in row[-SHOWN:]],
            "length": found.step,
        },
    }


_LAYERS = {LIMITS: _limits, FORECAST: _forecast, ANOMALIES: _anomalies}
