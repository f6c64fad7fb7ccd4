"""What rules on control charts cost in false alarms: of one KPI before they are switched on, and of the whole site."""

from __future__ import annotations

import datetime as dt
from typing import Any

from opsconsole.engine.insight.charts import Charted
from opsconsole.insight.control.false_alarms import RULES, WORDS, arl0, false_alarms, named
from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.cadence import apart
from opsconsole.kpis.expression import ident
from opsconsole.kpis.scan import Cursor
from opsconsole.site.model import Kpi, Site

USUAL_SHIFT = 8 * 3600.0
"""Seconds of a shift where the site has none."""
FULL = 100.0
"""Points of a baseline that has grown to its full size."""


def shift_seconds(site: Site) -> float:
    """How long a shift is, as a mean over those of the site."""
    if not site.shifts:
        return USUAL_SHIFT
    total = 0.0
    for shift in site.shifts:
        start, end = (each.hour * 3600.0 + each.minute * 60.0 + each.second for each in (shift.start, shift.end))
        total += (end - start) % 86_400.0 or 86_400.0
    return total / len(site.shifts)


def costs_of(binding: Binding, kpi: BoundKpi, charted: Charted) -> dict[str, Any]:
    """For each rule the false alarms that it would give on this chart in a shift, and which are on.

    `known`: with centre and σ known exactly. `expected`: with this chart's baseline and autocorrelation, by the larger
    factor of the two. An alert is raised for signals to the bad side only, where there is one: `alerts` is half then.
    """
    last = charted.control.segments[-1] if charted.control.segments else None
    size = last.baseline.count if last is not None and last.baseline is not None else FULL
    alike = last.autocorrelation if last is not None else 0.0
    widened = last is not None and last.widened > 0.0
    seconds = shift_seconds(binding.site)
    points = seconds / charted.points.step
    watching = [rule for rule in binding.rules.values() if rule.kind == "control" and rule.kpi is not None]
    own = [rule.rule for rule in watching if rule.kpi is not None and rule.kpi.kpi.name == kpi.kpi.name]
    raised = named(name for rule in own for name in rule.control)
    drawn = named(kpi.kpi.chart.rules)
    share = _share(kpi.kpi)

    def cost(*rules: str) -> dict[str, Any]:
        expected = false_alarms(rules, points, size, alike, widened=widened)
        return {
            "arl0": arl0(rules),
            "known": false_alarms(rules, points),
            "expected": expected,
            "alerts": expected * share,
        }

    return {
        "shift": seconds,
        "points": points,
        "baseline": size,
        "autocorrelation": alike,
        "rules": [
            {"rule": rule, "words": WORDS[rule], "raises": rule in raised, "drawn": rule in drawn, **cost(rule)}
            for rule in RULES
        ],
        "default": cost("default"),
        "raising": cost(*raised) if raised else None,
        "drawing": cost(*drawn),
        "site_rules": [rule.name for rule in own],
    }


def site_costs(cursor: Cursor, binding: Binding, now: dt.datetime) -> dict[str, Any]:
    """What all rules with `control` cost together, over KPIs and groups, with limits from 100 independent points."""
    charts, total = 0, 0.0
    kpis: set[str] = set()
    for rule in binding.rules.values():
        if rule.kind != "control" or rule.kpi is None:
            continue
        groups = _groups(cursor, binding, rule.kpi, rule.by)
        step = apart(binding, rule.kpi, now, 2, rule.kpi.kpi.chart.every).step
        points = shift_seconds(binding.site) / step
        charts += groups
        kpis.add(rule.kpi.kpi.name)
        total += groups * false_alarms(rule.rule.control, points, FULL) * _share(rule.kpi.kpi)
    return {"kpis": len(kpis), "charts": charts, "alerts": total}


def _share(kpi: Kpi) -> float:
    return 0.5 if kpi.better in ("higher", "lower") else 1.0


def _groups(cursor: Cursor, binding: Binding, kpi: BoundKpi, by: tuple[str, ...]) -> int:
    """How many groups of rows there are."""
    if not by:
        return 1
    columns = ", ".join(binding.member(kpi.leaves[0].source, name) for name in by)
    source = kpi.leaves[0].source
    query = f"SELECT count(*) FROM (SELECT DISTINCT {columns} FROM {ident(source)})"
    return int(cursor.execute(query).fetchall()[0][0])
