"""A KPI over time with a crosshair: one column for each bucket, limits as lines, what happened on the time axis.

Gaps stay gaps. A bucket that is covered in part has ≈ on the axis; the side of the axis on which values are good is
drawn double.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from msgspec import Struct

from opsconsole.console import fmt, signs
from opsconsole.console.draw.charts import BLOCKS, CHANGE, Limit, limits_of, merged
from opsconsole.console.text import Line, fit, inert, left, right, width
from opsconsole.engine.messages import KpiState, Mark, Series

AXIS_LINES = 2
LEAST_LINES = 5
_TICKS = (
    *(1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 2 * 86400, 7 * 86400, 30 * 86400),
    *(91 * 86400, 365 * 86400),
)
_MONTH = 28 * 86400
_APART = 8


class Course(Struct, frozen=True):
    """What is drawn: `cross` is the number of the bucket under the crosshair, None without one."""

    series: Series
    kpi: KpiState
    marks: Sequence[Mark] = ()
    cross: int | None = None
    timezone: str = "UTC"

    @property
    def limits(self) -> list[Limit]:
        """Those that the buckets are judged by; both sides of a target that is to be met."""
        if self.series.judged:
            return []
        kpi = self.kpi
        if kpi.better != "target" or kpi.target is None:
            return limits_of(kpi)
        found = [Limit(kpi.target, "target")]
        for label, distance in (("warning", kpi.warning), ("critical", kpi.critical)):
            if distance is not None:
                found += [Limit(kpi.target + side * distance, label, label) for side in (1, -1)]
        return found

    def good(self, value: float) -> bool:
        """Whether a value lies where its limits let it."""
        kpi, edge = self.kpi, self.kpi.warning if self.kpi.warning is not None else self.kpi.critical
        if edge is None or kpi.better is None or self.series.judged:
            return False
        if kpi.better == "target":
            return kpi.target is not None and abs(value - kpi.target) <= edge
        return value >= edge if kpi.better == "higher" else value <= edge


class Scale(Struct, frozen=True):
    """Where things lie: the axis takes `axis` cells, limits `tail`, `count` buckets `room`."""

    low: float
    high: float
    axis: int
    tail: int
    room: int
    count: int

    def at(self, bucket: int) -> int:
        """The first cell of a bucket."""
        return bucket * self.room // self.count

    def wide(self, bucket: int) -> int:
        """How many cells it takes."""
        return self.at(bucket + 1) - self.at(bucket)


def columns(kpi: KpiState, cells: int) -> int:
    """For about how many buckets a chart so wide has room."""
    tail = max((width(_said(limit)) + 1 for limit in limits_of(kpi)), default=0)
    return max(8, cells - tail - 10)


def draw(of: Course, cells: int, lines: int) -> list[Line]:
    """The chart, `lines` high; needs 24 cells and `LEAST_LINES`."""
    known = [value for value in of.series.values if value is not None]
    if not known:
        out = [fit([(" no values in this stretch", "dim")], cells)]
        return [*out, *(fit([], cells) for _ in range(lines - 1))]
    rows = lines - AXIS_LINES
    scale = _scale(of, known, cells, rows)
    at_row = {_row(limit.value, scale, rows): limit for limit in of.limits if scale.low <= limit.value <= scale.high}
    out = [_line(of, scale, rows, y, at_row.get(y), cells) for y in range(rows)]
    pad = " " * scale.axis
    out.append(fit([(f"{pad} └", "dim"), *events(of, scale)], cells))
    out.append(fit([(f"{pad}  ", ""), (times(of, scale), "dim")], cells))
    return out


def _scale(of: Course, known: Sequence[float], cells: int, rows: int) -> Scale:
    points = [*known, *(limit.value for limit in of.limits)]
    low, high = min(points), max(points)
    pad = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    bottom = max(0.0, low - pad) if low >= 0 else low - pad
    bottom = 0.0 if 0 < bottom < 0.45 * high else bottom
    top = min(100.0, high + pad) if of.kpi.unit == "%" and high <= 100 else high + pad
    top = top if top > bottom else bottom + 1.0
    labels = [fmt.number(top - (top - bottom) * (y + 0.5) / rows, of.kpi.decimals) for y in range(rows)]
    axis = max(map(width, labels))
    tail = max((width(_said(limit)) + 1 for limit in of.limits), default=0)
    count = len(of.series.values)
    return Scale(bottom, top, axis, tail, max(count, cells - axis - 2 - tail), count)


def _said(limit: Limit) -> str:
    return f"{limit.label} {fmt.number(limit.value)}"


def _row(value: float, scale: Scale, rows: int) -> int:
    return min(rows - 1, max(0, int((scale.high - value) / (scale.high - scale.low) * rows)))


def _line(of: Course, scale: Scale, rows: int, y: int, limit: Limit | None, cells: int) -> Line:
    middle = scale.high - (scale.high - scale.low) * (y + 0.5) / rows
    label = fmt.number(middle, of.kpi.decimals) if y % 2 == 0 or rows < 6 else ""
    side = "║" if of.good(middle) else "┤" if label else "│"
    line: Line = [(f"{right(label, scale.axis)} {side}", "dim")]
    for at, value in enumerate(of.series.values):
        block, style = _block(of, at, value, scale, rows, y)
        if at == of.cross:
            block, style = ("│", "bold") if block == " " else (block, f"{style} bold")
        elif block == " " and limit is not None:
            block, style = "┄", limit.style or "dim"
        wide = scale.wide(at)
        line.append((left(block, wide) if at == of.cross and block == "│" else block * wide, style))
    if limit is not None:
        line.append((left(f" {_said(limit)}", scale.tail), limit.style))
    return fit(merged(line), cells)


def _block(of: Course, at: int, value: float | None, scale: Scale, rows: int, y: int) -> tuple[str, str]:
    """A cell of a column; only the top of what is abnormal has colour."""
    if value is None:
        return " ", ""
    whole = max(1, round((value - scale.low) / (scale.high - scale.low) * rows * 8))
    eighths = whole - (rows - 1 - y) * 8
    status = of.series.statuses[at]
    style = status if 0 < eighths <= 8 and status in ("critical", "warning") else "bar"
    return BLOCKS[max(0, min(8, eighths))], style


def events(of: Course, scale: Scale) -> Line:
    """The time axis, with what happened on it."""
    signs_at: dict[int, tuple[str, str]] = dict.fromkeys(of.series.partial, ("≈", ""))
    for mark in of.marks:
        place = bucket_at(of.series, mark.at)
        if place is None:
            continue
        if mark.what == "changed":
            signs_at[place] = (CHANGE, "bold")
        elif mark.what == "commented" and signs_at.get(place, ("", ""))[0] != CHANGE:
            signs_at[place] = ("c", "bold")
        elif signs_at.get(place, ("", ""))[0] not in (CHANGE, "c", signs.PRIORITY["critical"][0]):
            signs_at[place] = (signs.PRIORITY[mark.priority][0], mark.priority)
    line: Line = []
    for at in range(len(of.series.values)):
        sign, style = signs_at.get(at, ("─", "dim"))
        if at == of.cross:
            sign, style = ("┴" if sign == "─" else sign), "bold reverse"
        line += [(sign, style), ("─" * (scale.wide(at) - 1), "dim")]
    return merged([span for span in line if span[0]])


def bucket_at(series: Series, moment: float) -> int | None:
    """The number of the bucket that a moment lies in; None outside all."""
    if not series.edges[0] <= moment <= series.edges[-1]:
        return None
    return next((at for at, edge in enumerate(series.edges[1:]) if moment < edge), len(series.values) - 1)


def times(of: Course, scale: Scale) -> str:
    """Times below the buckets that begin at round ones; the date where a day begins."""
    edges, step = of.series.edges, of.series.step
    length = max(1.0, edges[-1] - edges[0])
    tick = next((tick for tick in _TICKS if tick >= step and tick / length * scale.room >= _APART), _TICKS[-1])
    line = ""
    for at, edge in enumerate(edges[:-1]):
        stamp = fmt.local(edge, of.timezone)
        seconds = stamp.hour * 3600 + stamp.minute * 60 + stamp.second
        if seconds % min(tick, 86400) or not _round(stamp, tick):
            continue
        place = scale.at(at)
        if line and place < len(line) + 2:
            continue
        text = (
            f"{stamp:%b %y}"
            if max(step, tick) >= _MONTH
            else f"{stamp.day} {stamp:%b}"
            if step >= 86400 or seconds == 0
            else f"{stamp:%H:%M:%S}"
            if step < 60
            else f"{stamp:%H:%M}"
        )
        if place + len(text) <= scale.room:
            line = line.ljust(place) + text
    if not line:  # no round time among so few: what it begins with
        stamp = fmt.local(edges[0], of.timezone)
        line = f"{stamp.day} {stamp:%b}" if step >= 86400 else f"{stamp:%H:%M}"
    return line


def _round(stamp: dt.datetime, tick: float) -> bool:
    """Whether a local day is one that steps of days lie on: Mondays, firsts of months, quarters, years."""
    if tick <= 86400:
        return True
    if tick <= 2 * 86400:
        return stamp.toordinal() % 2 == 0
    if tick <= 7 * 86400:
        return stamp.weekday() == 0
    return stamp.day == 1 and (tick < _MONTH * 3 or stamp.month % (3 if tick < 300 * 86400 else 12) == 1)


def read_out(of: Course, cells: int, lines: int) -> list[Line]:
    """What is under the crosshair: the time, the value, its change, how it stands; and what happened then."""
    if of.cross is None:
        said = of.series.judged or "arrows move a crosshair with the values and what was said then"
        return [fit([(f" {inert(said)}", "dim")], cells), *(fit([], cells) for _ in range(lines - 1))][:lines]
    series, kpi, at = of.series, of.kpi, of.cross
    first, last = series.edges[at], series.edges[at + 1]
    value, status = series.values[at], series.statuses[at]
    line: Line = [(f" {stretch_said(first, last, series.step, of.timezone)}  ", "")]
    quantity = fmt.quantity(value, inert(kpi.unit), kpi.decimals)
    quantity = f"≈ {quantity}" if at in series.partial else quantity
    line.append((quantity if value is not None else "no value: a gap", f"bold {signs.style(status)}".strip()))
    before = next((each for each in reversed(series.values[:at]) if each is not None), None)
    if value is not None and before is not None:
        change = value - before
        arrow = "↑" if change > 0 else "↓" if change < 0 else "="
        line.append((f"  {arrow} {fmt.number(abs(change), kpi.decimals)}", ""))
    if status in ("critical", "warning"):
        line.append((f"  {signs.PRIORITY[status][0]} {signs.WORDS[status]}", status))
    elif value is not None and status == "good":
        line.append(("  within limits", "dim"))
    line.append((f"  {fmt.count(series.rows[at], 'row')}", "dim"))
    if at in series.partial:
        line.append(("  ≈ in part", "dim"))
    here = [mark for mark in of.marks if bucket_at(series, mark.at) == at]
    told = [_told(mark, of.timezone) for mark in here[-max(0, lines - 1) :]]
    if len(here) > len(told) and told:
        told[0] = [*told[0], (f"  and {len(here) - len(told)} earlier", "dim")]
    return [fit(each, cells) for each in [line, *told, *([] for _ in range(lines - 1 - len(told)))]][:lines]


def _told(mark: Mark, timezone: str) -> Line:
    clock = fmt.hour_minute(mark.at, timezone)
    if mark.what == "changed":
        return [(f" {clock} {CHANGE} {inert(mark.actor)}: ", "bold"), (inert(mark.said), "")]
    if mark.what == "commented":
        return [(f" {clock} c {inert(mark.actor)}: ", "bold"), (inert(mark.said), ""), (f"  {inert(mark.text)}", "dim")]
    return [(f" {clock} {signs.PRIORITY[mark.priority][0]} ", mark.priority), (f"{inert(mark.text)} {mark.what}", "")]


def stretch_said(first: float, last: float, step: float, timezone: str) -> str:
    """A bucket in words: "Tue 24 Jun 10:00–10:15"; a day "Tue 24 Jun", a month "Jun 2013"."""
    stamp, end = fmt.local(first, timezone), fmt.local(last, timezone)
    if step >= _MONTH:
        return f"{stamp:%b %Y}" if step < 2 * _MONTH else f"{stamp:%b %Y} – {fmt.local(last - 1, timezone):%b %Y}"
    day = f"{stamp:%a} {stamp.day} {stamp:%b}"
    if step >= 86400:
        final = fmt.local(last - 1, timezone)
        return day if final.date() == stamp.date() else f"{day} – {final:%a} {final.day} {final:%b}"
    clock = "%H:%M:%S" if step < 60 else "%H:%M"
    return f"{day} {stamp.strftime(clock)}–{end.strftime(clock)}"
