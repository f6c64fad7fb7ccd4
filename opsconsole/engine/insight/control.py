"""Rules on control charts: what of a chart's signals stands at its latest point, for each group of rows.

A signal to the good side of a KPI that has one is no alert; charts show it. A group whose latest points are missing is
not known, which clears nothing, and one that has no limits yet is not known either.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from opsconsole.engine.insight.charts import Charted, KeptCharts, charts, lacking
from opsconsole.engine.insight.kept_points import KeptPoints
from opsconsole.engine.insight.marked import moments_of
from opsconsole.engine.insight.study import Ground, Task
from opsconsole.insight.control.chart import standing
from opsconsole.insight.control.false_alarms import WORDS, named
from opsconsole.insight.control.rules import Signal
from opsconsole.kpis.binding import Binding, BoundRule
from opsconsole.kpis.cadence import apart
from opsconsole.kpis.ruling.insights import Found, Seen
from opsconsole.kpis.ruling.texts import name_of, shown
from opsconsole.site.calendar import zone
from opsconsole.site.figures import moment
from opsconsole.site.model import Kpi

_OLD = 3.0
"""The latest value may be so many points old."""
_SOONEST, _LATEST = 60.0, 600.0


class ControlStudy:
    """Looks at the charts of the KPIs that rules with `control` watch, each with all its rules at once."""

    def __init__(self) -> None:
        self._points = KeptPoints()
        self._charts = KeptCharts()

    def tasks(self, binding: Binding) -> Mapping[str, Task]:
        """By KPI and labels. A chart is looked at ten times while a point lasts, as late rows change the last one."""
        found: dict[str, Task] = {}
        for key, rules in _together(binding).items():
            chart = rules[0].kpi.kpi.chart if rules[0].kpi is not None else None
            step = (chart.every if chart is not None else None) or _LATEST * 10
            every = min(_LATEST, max(_SOONEST, step / 10))
            found[key] = Task(every, tuple(rule.rule.name for rule in rules))
        return found

    def look(self, key: str, task: Task, ground: Ground) -> Mapping[str, Found]:
        """What stands at the latest point of each group."""
        rules = [ground.binding.rules[name] for name in task.rules]
        name, *by = key.split("\0")
        kpi = ground.binding.kpis[name]
        wanted = named(rule for each in rules for rule in each.rule.control)
        at = ground.now.timestamp()
        seen: dict[str, list[Seen]] = {name: [] for name in task.rules}
        until = at if ground.past is not None else None
        marked = moments_of(ground.watch, kpi.kpi.name, tuple(by), until=until)
        read = ground.past.ahead.read if ground.past is not None else self._points.on(ground.cursor)
        drawn = charts(
            ground.cursor, ground.binding, kpi, ground.now, by=tuple(by), rules=wanted, changes=marked,
            until=ground.until, read=read, kept=self._charts,
        )  # fmt: skip
        for charted in drawn:
            for rule in rules:
                seen[rule.rule.name].append(_seen(ground.binding, rule, charted, at))
        step = apart(ground.binding, kpi, ground.now, 2, kpi.kpi.chart.every).step
        return {name: Found(at, 2 * step, tuple(each)) for name, each in seen.items()}


def _together(binding: Binding) -> dict[str, list[BoundRule]]:
    found: dict[str, list[BoundRule]] = {}
    for rule in binding.rules.values():
        if rule.kind == "control" and rule.kpi is not None:
            found.setdefault("\0".join((rule.kpi.kpi.name, *rule.by)), []).append(rule)
    return found


def bad_side(kpi: Kpi, signal: Signal) -> bool:
    """Whether a signal is none to the good side of its KPI."""
    good = {"higher": "above", "lower": "below"}.get(kpi.better or "")
    return signal.side != good


def _seen(binding: Binding, rule: BoundRule, charted: Charted, now: float) -> Seen:
    kpi = rule.kpi.kpi if rule.kpi is not None else Kpi("")
    values = charted.measured.values[charted.first :]
    there = np.flatnonzero(np.isfinite(values))
    if (why := lacking(charted)) or not len(there):
        return Seen(charted.members, unknown=True, text=why or "it has no values")
    last = int(there[-1])
    if now - charted.ends[last] > _OLD * charted.points.step:
        return Seen(charted.members, unknown=True, text="its newest value is too old")
    chosen = named(rule.rule.control)
    signals = [each for each in standing(charted.control, values) if each.rule in chosen and bad_side(kpi, each)]
    value = float(values[last]) * charted.measured.scale
    if not signals:
        return Seen(charted.members, None, value)
    limit = limit_of(charted, signals[0])
    text = " · ".join(said(binding, kpi, charted, each) for each in signals[:2])
    return Seen(charted.members, rule.rule.priority, value, limit, text, shown(kpi, value), shown(kpi, limit))


def limit_of(charted: Charted, signal: Signal) -> float | None:
    """The limit that a signal is beyond, in the KPI's unit; the centre for runs."""
    segment = next(each for each in charted.control.segments if each.first <= signal.at < each.end)
    if segment.limits is None or segment.mean_upper is None or segment.mean_lower is None:
        return None
    at, above = signal.at - segment.first, signal.side == "above"
    band = segment.limits.band
    if signal.rule == "rule1":
        limit = band.upper[at] if above else band.lower[at]
    elif signal.rule == "ewma":
        limit = segment.mean_upper[at] if above else segment.mean_lower[at]
    else:
        limit = band.centre[at]
    return float(limit) * charted.measured.scale


def said(binding: Binding, kpi: Kpi, charted: Charted, signal: Signal) -> str:
    """A signal in words, with the moment since when."""
    values = charted.measured.values[charted.first :]
    value, limit = shown(kpi, float(values[signal.at]) * charted.measured.scale), shown(kpi, limit_of(charted, signal))
    name = name_of(kpi)
    way = {"above": "up", "below": "down"}.get(signal.side, "")
    since = moment(charted.points.starts[charted.first + signal.points[0]], zone(binding.site))
    if signal.rule == "rule1":
        beyond = "above its upper" if signal.side == "above" else "below its lower"
        return f"{name} {value} is {beyond} control limit {limit}"
    if signal.rule in ("ewma", "cusum"):
        return f"{name} has shifted {way} since about {since}: {WORDS[signal.rule]}"
    return f"{name} {value}: {WORDS[signal.rule]}, since {since}"
