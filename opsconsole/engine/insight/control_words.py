"""What a control chart says, in sentences: which chart, where its limits are from, what to be careful about."""

from __future__ import annotations

import math
from typing import Any
from zoneinfo import ZoneInfo

from opsconsole.site.figures import count, duration, figure, moment, number

Told = dict[str, Any]
LEVELS = 3
"""So many changes of level are told in sentences."""


def sentences(report: Told) -> dict[str, list[str]]:
    """Of a report on a chart: `chart`, `careful`, `levels`, `capability`, `costs`."""
    return {
        "chart": _chart(report),
        "careful": _careful(report),
        "levels": _levels(report),
        "capability": _capability(report),
        "costs": _costs(report),
    }


def _value(report: Told, value: float | None) -> str:
    return figure(value, report["unit"], report["decimals"])


def _chart(report: Told) -> list[str]:
    every = f"a point is {duration(report['step'])}"
    if not report["segments"] or report["lacking"]:
        return [every, f"no limits: {report['lacking']}"]
    last, zone = report["segments"][-1], ZoneInfo(report["timezone"])
    base = last["baseline"]
    kind = "declared baseline" if base["declared"] else "earliest steady stretch" if base["steady"] else "first points"
    span = f"{moment(base['start'], zone)} – {moment(base['end'], zone)}"
    found = [
        f"{report['kind']} chart ({report['why']}) · {every}",
        f"limits {_value(report, last['lower'])} … {_value(report, last['upper'])}, centre "
        f"{_value(report, last['centre'])}",
        f"from the {kind}: {count(base['points'], 'point')}, {span}",
    ]
    if len(report["segments"]) > 1:
        found.append(f"new since a marked change at {moment(last['start'], zone)}")
    return found


def _careful(report: Told) -> list[str]:
    if not report["segments"] or report["lacking"]:
        return []
    last, found = report["segments"][-1], []
    size, alike = last["baseline"]["points"], last["autocorrelation"]
    if not last["baseline"]["steady"]:
        found.append("no steady stretch was found: the limits are of a process that was not in control")
    if last["widened"]:
        found.append(
            f"neighbouring points are alike (autocorrelation {number(alike, 2)}): limits are wider for it; of the runs "
            "many say nothing"
        )
    elif alike > 2.0 / math.sqrt(size):
        found.append(
            f"neighbouring points are alike (autocorrelation {number(alike, 2)}): the limits are too narrow and "
            "signals say less"
        )
    if size < 50:
        found.append(f"limits from {size} points are uncertain: false alarms are several times as frequent")
    return found


def _levels(report: Told) -> list[str]:
    """The latest changes of level, each with where it may have been and what people marked there."""
    zone, found = ZoneInfo(report["timezone"]), []
    for each in report["levels"]["found"][:LEVELS]:
        before, after = _value(report, each["before"]), _value(report, each["after"])
        span = f"{moment(each['first'], zone)} – {moment(each['last'], zone)}"
        if each["first"] == each["last"]:
            span = "to the point"
        why = "; ".join(f"{one['text']} ({one['who']})" for one in each["marked"]) or "no change was marked there"
        found.append(f"level {before} → {after} about {moment(each['at'], zone)} (95 %: {span}): {why}")
    return found


def _capability(report: Told) -> list[str]:
    told = report["capability"]
    if told is None:
        return []
    if told["lacking"]:
        return [f"no capability: {told['lacking']}"]
    parts = []
    for name, title in (("cp", "Cp"), ("cpk", "Cpk"), ("pp", "Pp"), ("ppk", "Ppk")):
        if (index := told[name]) is not None:
            low, high = number(index["low"], 2), number(index["high"], 2)
            parts.append(f"{title} {number(index['value'], 2)} (95 %: {low}–{high})")
    spec = " … ".join("–" if told[name] is None else _value(report, told[name]) for name in ("lsl", "usl"))
    verdict = "capable" if told["ppk"]["low"] >= 1.33 else "not capable" if told["ppk"]["high"] < 1.33 else "uncertain"
    found = [
        " · ".join(parts),
        f"for {spec} · {count(told['count'], 'value')} · σ within {_value(report, told['within'])}, overall "
        f"{_value(report, told['overall'])} · by Ppk {verdict} (1.33)",
    ]
    if told["outside"] is not None:
        found.append(f"{number(100 * told['outside'], 2)} % of the values are outside")
    return found


def _costs(report: Told) -> list[str]:
    costs, site = report["costs"], report["site"]
    shift = f"a shift of {duration(costs['shift'])} has {number(costs['points'], 1)} points"
    found = [shift]
    if costs["raising"] is None:
        found.append(
            f"no rule raises alerts from this chart; `control: default` would give {_alarms(costs['default'])}"
        )
    else:
        found.append(f"{', '.join(costs['site_rules'])}: {_alarms(costs['raising'])}")
    if site["charts"]:
        charts = f"{count(site['charts'], 'chart')} of {count(site['kpis'], 'KPI')}"
        found.append(f"the whole site, {charts}: {_rate(site['alerts'])} a shift at least")
    return found


def _alarms(cost: Told) -> str:
    return f"{_rate(cost['alerts'])} a shift to be expected (one in {number(cost['arl0'], 0)} points with exact limits)"


def _rate(alarms: float) -> str:
    if alarms < 0.01:
        return "fewer than 0.01 false alarms"
    return f"{number(alarms, 2 if alarms < 1 else 1)} false alarms"
