"""The report on a KPI's control chart: points, limits, signals, changes of level, capability, what its rules cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from opsconsole.engine.insight.charts import Charted, charts, lacking
from opsconsole.engine.insight.control import limit_of
from opsconsole.engine.insight.control_words import sentences
from opsconsole.engine.insight.costs import costs_of, site_costs
from opsconsole.engine.insight.levels import levels
from opsconsole.engine.insight.marked import changes_of, moments_of
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.engine.past import looked_at
from opsconsole.insight.control.capability import Capability, capability, of_figures
from opsconsole.insight.control.chart import Segment
from opsconsole.insight.control.constants import Array
from opsconsole.insight.control.false_alarms import WORDS
from opsconsole.insight.control.kind import NAMES, limits_of
from opsconsole.kpis.binding import BoundKpi
from opsconsole.kpis.nodes import bound_kpi
from opsconsole.site.model import Chart

SHOWN = 200
"""So many of the latest points are told unless asked for otherwise."""


def report(desk: Desk, job: Job, options: dict[str, Any]) -> dict[str, Any]:
    """The chart of one KPI; `options`: `kpi`, `where` (members of dimensions), `at` (site time in seconds since the
    epoch), `points` (how many to tell).

    Raises ReportError for options that are none, LookupError for an unknown KPI or dimension, ValueError for a KPI
    without a past and for a kind of chart that does not fit, duckdb.Error where its SQL fails on the data.
    """
    name, where, at, most = _options(options)
    now, until = looked_at(desk.core, at)
    binding = desk.core.binding
    kpi = bound_kpi(binding, name)
    job.tell(0.1, "reading the points")
    with job.reading(desk.store) as cursor:
        marked = moments_of(desk.watch, name, where=where, until=now.timestamp())
        charted = next(charts(cursor, binding, kpi, now, where=where, changes=marked, until=until))
        job.tell(0.7, "counting what is watched")
        site = site_costs(cursor, binding, now)
    segments = charted.control.segments
    last = segments[-1] if segments else None
    card = kpi.kpi
    told = {
        "kpi": name,
        "title": card.title or name,
        "unit": "" if card.chart.kind == "np" else card.unit,
        "decimals": card.decimals,
        "better": card.better or "",
        "where": dict(where),
        "now": now.timestamp(),
        "timezone": binding.site.timezone,
        "step": charted.points.step,
        "lacking": lacking(charted),
        "kind": NAMES[last.kind] if last is not None and not last.lacking else "",
        "why": last.why if last is not None else "",
        "segments": [_segment(charted, each) for each in segments],
        "points": told_points(charted, most),
        "signals": _episodes(charted),
        "levels": levels(charted, changes_of(desk.watch, name, where, now.timestamp())),
        "capability": _capable(kpi, charted, last),
        "costs": costs_of(binding, kpi, charted),
        "site": site,
    }
    return told | {"says": sentences(told)}


def _options(options: dict[str, Any]) -> tuple[str, Mapping[str, str | None], float | None, int]:
    name, where, at, most = (options.get(key) for key in ("kpi", "where", "at", "points"))
    if not isinstance(name, str) or not isinstance(where or {}, dict):
        raise ReportError("a control chart is of one KPI: `kpi` is its name, `where` maps dimensions to members")
    try:
        return name, where or {}, None if at is None else float(at), max(1, int(SHOWN if most is None else most))
    except (TypeError, ValueError) as error:
        raise ReportError("`at` is a moment in seconds since the epoch, `points` a number") from error


def _segment(charted: Charted, segment: Segment) -> dict[str, Any]:
    """From one marked change to the next: where the limits come from and what they are at its last point."""
    ends, starts, scale = charted.ends, charted.points.starts[charted.first :], charted.measured.scale
    told: dict[str, Any] = {
        "start": starts[segment.first],
        "end": ends[segment.end - 1],
        "lacking": segment.lacking,
        "kind": NAMES[segment.kind],
        "why": segment.why,
    }
    base, limits = segment.baseline, segment.limits
    if base is not None:
        told["baseline"] = {
            "start": starts[segment.first + base.first],
            "end": ends[segment.first + base.last],
            "points": base.count,
            "steady": base.stable,
            "declared": base.declared,
        }
    if limits is not None:
        band = limits.band
        told |= {
            "centre": _last(band.centre, scale),
            "lower": _last(band.lower, scale),
            "upper": _last(band.upper, scale),
            "sigma": _last(limits.sigma, scale),
            "within": None if math.isnan(limits.within) else limits.within * scale,
            "autocorrelation": segment.autocorrelation,
            "widened": segment.widened > 0.0,
        }
    return told


def _last(array: Array, scale: float) -> float | None:
    there = array[np.isfinite(array)]
    return float(there[-1]) * scale if len(there) else None


def told_points(charted: Charted, most: int) -> dict[str, list[Any]]:
    """The latest points, each list as long: what is plotted against which limits."""
    length = len(charted.ends)
    scale = charted.measured.scale
    names = ("centre", "lower", "upper", "mean", "mean_lower", "mean_upper", "spread", "spread_centre", "spread_upper")
    arrays = {name: np.full(length, np.nan) for name in names}
    for segment in charted.control.segments:
        if segment.limits is None or segment.mean is None:
            continue
        part = slice(segment.first, segment.end)
        band, spread = segment.limits.band, segment.limits.spread
        given = [band.centre, band.lower, band.upper, segment.mean, segment.mean_lower, segment.mean_upper]
        if spread is not None:
            given += [spread.values, spread.centre, spread.upper]
        for name, array in zip(names, given, strict=False):
            arrays[name][part] = array
    first = max(0, length - most)
    rows = charted.points.rows[charted.points.members.index(charted.members)][charted.first :]
    told: dict[str, list[Any]] = {
        "start": charted.points.starts[charted.first :][first:],
        "end": charted.ends[first:],
        "value": _plain(charted.measured.values[charted.first :][first:], scale),
        "rows": [int(each) for each in rows[first:]],
    }
    return told | {name: _plain(array[first:], scale) for name, array in arrays.items()}


def _plain(array: Array, scale: float) -> list[float | None]:
    return [float(each) * scale if math.isfinite(each) else None for each in array]


def _episodes(charted: Charted) -> list[dict[str, Any]]:
    """Signals of one rule and side at points that follow each other are one, the latest first."""
    starts, ends = charted.points.starts[charted.first :], charted.ends
    values, scale = charted.measured.values[charted.first :], charted.measured.scale
    order = np.cumsum(np.isfinite(values))
    open_: dict[tuple[str, str], dict[str, Any]] = {}
    found: list[dict[str, Any]] = []
    for signal in charted.control.signals:
        key = signal.rule, signal.side
        running = open_.get(key)
        if running is not None and order[signal.at] - order[running["index"]] <= 1:
            running |= {"index": signal.at, "last": ends[signal.at], "points": running["points"] + 1}
            continue
        open_[key] = {
            "rule": signal.rule,
            "words": WORDS[signal.rule],
            "side": signal.side,
            "first": ends[signal.at],
            "last": ends[signal.at],
            "since": starts[signal.points[0]],
            "points": 1,
            "value": float(values[signal.at]) * scale,
            "limit": limit_of(charted, signal),
            "start": starts[signal.at],
            "index": signal.at,
        }
        found.append(open_[key])
    return [{name: value for name, value in each.items() if name != "index"} for each in reversed(found)]


def _capable(kpi: BoundKpi, charted: Charted, segment: Segment | None) -> dict[str, Any] | None:
    """Capability by the KPI's specification limits; None without any. `lacking` says why there is none."""
    chart: Chart = kpi.kpi.chart
    if chart.lsl is None and chart.usl is None:
        return None
    limits = {"lsl": chart.lsl, "usl": chart.usl}
    if segment is None or segment.limits is None:
        return {**limits, "lacking": lacking(charted)}
    part = slice(charted.first + segment.first, charted.first + segment.end)
    own, scale = charted.measured, charted.measured.scale
    lower = None if chart.lsl is None else chart.lsl / scale
    upper = None if chart.usl is None else chart.usl / scale
    values = own.values[part]
    found: Capability | None
    if own.nature == "mean" and own.sizes is not None and own.spread is not None:
        found = _of_subgroups(own.values[part], own.spread[part], own.sizes[part], chart, lower, upper)
    elif own.nature == "value" and float(np.median(charted.points.rows[0][part][np.isfinite(values)])) <= 1.0:
        found = capability(values, segment.limits.within, segment.limits.freedom, lower=lower, upper=upper)
    else:
        return {**limits, "lacking": "its points are no single values, nor means of such"}
    if found is None:
        return {**limits, "lacking": "not enough single values, or they do not vary"}
    told = msgspec.to_builtins(found)
    return {**limits, "lacking": "", **told, **{name: told[name] * scale for name in ("mean", "within", "overall")}}


def _of_subgroups(
    means: Array, spread: Array, sizes: Array, chart: Chart, lower: float | None, upper: float | None
) -> Capability | None:
    """From means and spreads: σ within subgroups, and of all values by adding what the means vary by."""
    there = np.isfinite(means) & np.isfinite(sizes) & (sizes >= 1.0)
    x, n = means[there], sizes[there]
    kind = limits_of("xbar_r" if chart.kind == "xbar_r" else "xbar_s", means, sizes=sizes, spread=spread)
    mean, count = float(np.average(x, weights=n)), int(n.sum())
    if chart.kind == "xbar_r":
        inside = kind.within**2 * (count - len(x))
    else:
        inside = float(np.nansum((n - 1.0) * spread[there] ** 2))
    overall = math.sqrt((inside + float((n * (x - mean) ** 2).sum())) / max(1, count - 1))
    return of_figures(count, mean, overall, kind.within, kind.freedom, lower=lower, upper=upper)
