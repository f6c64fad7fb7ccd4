"""Sparklines, bullets and charts of block characters."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from msgspec import Struct

from opsconsole.console import fmt
from opsconsole.console.text import Line, fit, left, right, width
from opsconsole.engine.messages import KpiState, Status

BLOCKS = " ▁▂▃▄▅▆▇█"
CHANGE = "Δ"
"""Where something was changed that should move a KPI."""
Values = Sequence[float | None]


class Limit(Struct, frozen=True):
    """A line across a chart."""

    value: float
    label: str
    style: str = ""


def resample(values: Values, cells: int) -> list[float | None]:
    """At most `cells` values: neighbours averaged, missing ones left out of the average."""
    if len(values) <= cells or cells <= 0:
        return list(values)
    out: list[float | None] = []
    for cell in range(cells):
        group = values[cell * len(values) // cells : (cell + 1) * len(values) // cells]
        known = [value for value in group if value is not None]
        out.append(sum(known) / len(known) if known else None)
    return out


def stretch(values: Values, cells: int) -> list[float | None]:
    """Exactly `cells` values: averaged where there are more, repeated where there are fewer."""
    shown = resample(values, cells)
    return [shown[x * len(shown) // cells] for x in range(cells)]


def spark(values: Values, cells: int) -> str:
    """A sparkline of at most `cells` cells between the least and the greatest value; gaps stay empty."""
    shown = resample(values, cells)
    known = [value for value in shown if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    if high == low:
        return "".join(" " if value is None else "▄" for value in shown)
    return "".join(" " if value is None else BLOCKS[1 + round((value - low) / (high - low) * 7)] for value in shown)


def mini(kpi: KpiState, cells: int, rows: int) -> list[Line]:
    """The trend as columns over several lines, without axes; what was beyond a limit is coloured."""
    known = [value for value in kpi.trend if value is not None]
    if not known:
        return []
    shown = stretch(kpi.trend, cells)
    low, high = min(known), max(known)
    if low == high:  # at half height, as a sparkline has it: nothing moved
        low, high = low - 1.0, high + 1.0
    low -= (high - low) * 0.1
    of = Chart(list(kpi.trend), None, 0.0, "UTC", status=lambda value: status_of(kpi, value))
    out: list[Line] = []
    for y in range(rows):
        blocks = [column(of, value, low, high, rows, y) for value in shown]
        out.append(merged(blocks))
    return out


def worse_than(kpi: KpiState, value: float, limit: float | None) -> bool:
    """Whether `value` lies beyond `limit` on the bad side."""
    if limit is None or kpi.better is None:
        return False
    if kpi.better == "target":
        return kpi.target is not None and abs(value - kpi.target) > abs(limit - kpi.target)
    return value < limit if kpi.better == "higher" else value > limit


def status_of(kpi: KpiState, value: float | None) -> Status:
    """How a past value of a KPI stands against its limits of today; for drawing only, the engine judges the present."""
    if value is None:
        return "nodata"
    if worse_than(kpi, value, kpi.critical):
        return "critical"
    return "warning" if worse_than(kpi, value, kpi.warning) else "good"


def limits_of(kpi: KpiState) -> list[Limit]:
    """Target, warning and critical of a KPI, as far as it has them."""
    named = (("target", kpi.target, ""), ("warning", kpi.warning, "warning"), ("critical", kpi.critical, "critical"))
    return [Limit(value, label, style) for label, value, style in named if value is not None]


def bullet(kpi: KpiState, cells: int, style: str) -> Line:
    """The value as a bar between end stops, with its target (┼) and limits (╎) on it; empty without any of them."""
    points = [point for point in (kpi.target, kpi.warning, kpi.critical) if point is not None]
    if not points or kpi.value is None or cells < 6:
        return []
    low, high = bounds([*points, kpi.value], kpi.unit == "%", 0.15)
    room = cells - 2

    def at(value: float) -> int:
        return min(room - 1, max(0, round((value - low) / (high - low) * (room - 1))))

    bar = at(kpi.value)
    signs = ["━" if x < bar else "─" for x in range(room)]
    styles = [style if x <= bar else "dim" for x in range(room)]
    signs[bar] = "█"
    for value, mark in ((kpi.warning, "╎"), (kpi.critical, "╎"), (kpi.target, "┼")):
        if value is not None and at(value) != bar:
            signs[at(value)], styles[at(value)] = mark, ""
    line: Line = [("├", "dim")]
    line.extend(zip(signs, styles, strict=True))
    return merged([*line, ("┤", "dim")])


def merged(line: Line) -> Line:
    """Neighbouring spans of one style as one."""
    out: Line = []
    for text, style in line:
        if out and out[-1][1] == style:
            out[-1] = (out[-1][0] + text, style)
        else:
            out.append((text, style))
    return out


def bounds(points: Sequence[float], percent: bool, pad: float) -> tuple[float, float]:
    """The ends of a scale around points, with `pad` of their span beyond them; percentages end at 0 and 100."""
    low, high = min(points), max(points)
    room = (high - low) * pad or abs(high) * 0.1 or 1.0
    bottom = max(0.0, low - room) if low >= 0 else low - room
    top = min(100.0, high + room) if percent and high <= 100 else high + room
    return (bottom, top) if top > bottom else (bottom - 1.0, top + 1.0)


class Chart(Struct, frozen=True):
    """What a chart shows: `values` in buckets of `step` seconds from `start`, lines across, and how values stand."""

    values: list[float | None]
    start: float | None
    step: float
    timezone: str
    limits: list[Limit] = []
    decimals: int | None = None
    percent: bool = False
    status: Callable[[float | None], Status] = lambda _: "good"


def chart_of(kpi: KpiState, timezone: str) -> Chart:
    """A KPI's trend with its limits."""
    return Chart(
        list(kpi.trend),
        kpi.trend_start,
        kpi.trend_step,
        timezone,
        limits_of(kpi),
        kpi.decimals,
        kpi.unit == "%",
        lambda value: status_of(kpi, value),
    )


def chart(of: Chart, cells: int, lines: int, marked: Sequence[float] = ()) -> list[Line]:
    """A column chart `cells` wide and `lines` high, its time axis included; needs 24x4 cells.

    `marked`: moments at which something was changed, in epoch seconds.
    """
    known = [value for value in of.values if value is not None]
    if not known:
        return [fit([(" no values in this window yet", "dim")], cells)]
    low, high = bounds([*known, *(limit.value for limit in of.limits)], of.percent, 0.08)
    if 0 < low < 0.45 * high:
        low = 0.0
    rows = lines - 1 - (of.start is not None)
    labels = [fmt.number(high - (high - low) * (y + 0.5) / rows, of.decimals) for y in range(rows)]
    axis = max(map(width, labels))
    tail = max((width(f"{limit.label} {fmt.number(limit.value)}") + 1 for limit in of.limits), default=0)
    room = cells - axis - 2 - tail
    shown = stretch(of.values, room)
    at_row = {min(rows - 1, max(0, int((high - limit.value) / (high - low) * rows))): limit for limit in of.limits}
    out: list[Line] = []
    for y in range(rows):
        limit = at_row.get(y)
        label = labels[y] if y % 2 == 0 or rows < 6 else ""
        line: Line = [(f"{right(label, axis)} ┤" if label else " " * axis + " │", "dim")]
        for value in shown:
            block, style = column(of, value, low, high, rows, y)
            line.append(("┄", limit.style or "dim") if block == " " and limit is not None else (block, style))
        if limit is not None:
            line.append((left(f" {limit.label} {fmt.number(limit.value)}", tail), limit.style))
        out.append(fit(merged(line), cells))
    out.append(fit(merged([(" " * axis + " └", "dim"), *foot(of, room, len(of.values), marked)]), cells))
    if of.start is not None:
        out.append(fit([(" " * (axis + 2) + times(of, of.start, room), "dim")], cells))
    return out


def foot(of: Chart, room: int, buckets: int, marked: Sequence[float]) -> Line:
    """The time axis, with a sign where something was changed."""
    line: Line = [("─", "dim")] * room
    length = of.step * buckets
    for at in marked:
        if of.start is not None and length > 0 and of.start <= at <= of.start + length:
            line[min(room - 1, int((at - of.start) / length * room))] = (CHANGE, "bold")
    return line


def column(of: Chart, value: float | None, low: float, high: float, rows: int, y: int) -> tuple[str, str]:
    """A cell of a column; only the top of what is abnormal has colour, so that a bad hour does not shout."""
    if value is None:
        return " ", ""
    eighths = max(1, round((value - low) / (high - low) * rows * 8)) - (rows - 1 - y) * 8
    status = of.status(value)
    top = 0 < eighths <= 8
    return BLOCKS[max(0, min(8, eighths))], status if top and status in ("critical", "warning") else "bar"


MONTH = 28 * 86400
STEPS = (
    300,
    900,
    1800,
    3600,
    7200,
    10800,
    21600,
    43200,
    86400,
    2 * 86400,
    7 * 86400,
    30 * 86400,
    91 * 86400,
    365 * 86400,
)


def times(of: Chart, start: float, cells: int) -> str:
    """Clock times (days, where the steps are days) below the columns, at round moments of the site's zone."""
    length = of.step * len(of.values)
    if length <= 0:
        return ""
    step = next((step for step in STEPS if step / length * cells >= 8), STEPS[-1])
    offset = fmt.local(start, of.timezone).utcoffset()
    shift = offset.total_seconds() if offset is not None else 0.0
    moment = math.ceil((start + shift) / step) * step - shift
    line = ""
    while moment < start + length:
        at = int((moment - start) / length * cells)
        stamp = fmt.local(moment, of.timezone)
        text = f"{stamp:%b %y}" if step >= MONTH else f"{stamp.day} {stamp:%b}" if step >= 86400 else f"{stamp:%H:%M}"
        if at >= len(line) + (1 if line else 0) and at + len(text) <= cells:
            line = line.ljust(at) + text
        moment += step
    return line
