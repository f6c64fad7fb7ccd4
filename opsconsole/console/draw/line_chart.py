"""A chart with what belongs to it: one KPI as an area, several members as lines; limits, the good band, notes.

The band in which all is well is the heavy part of the axis, so that it is told apart without colour. Lines are told
apart by what they are drawn with and by their names at their ends. Axes are those of `opsconsole.console.draw.charts`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from opsconsole.console import fmt
from opsconsole.console.draw.charts import CHANGE as CHANGE
from opsconsole.console.draw.charts import Chart, bounds, column, merged, stretch, times
from opsconsole.console.text import Line, clip, fit, left, right, width

NOTE = "◇"
"""What people noted."""
STROKES = ("─│╭╮╰╯", "━┃┏┓┗┛", "═║╔╗╚╝", "╌┊╭╮╰╯")
"""What lines are drawn with: along, across, and the corners in reading order. There are no more lines than these."""
NAME = 14
"""Cells that the name of a line has at most."""


class Curve(Struct, frozen=True):
    """A member's values in the buckets of the chart, and the style of its name; `stroke`: another than by its place."""

    name: str
    values: Sequence[float | None]
    style: str = ""
    stroke: str = ""


class Noted(Struct, frozen=True):
    """A moment on the time axis that has a sign, in epoch seconds."""

    at: float
    sign: str = NOTE
    style: str = "bold"


def line_chart(
    of: Chart,
    cells: int,
    lines: int,
    *,
    curves: Sequence[Curve] = (),
    notes: Sequence[Noted] = (),
    at: int | None = None,
) -> list[Line]:
    """The values of `of` as an area, or `curves` as lines; `at` is the bucket under the crosshair.

    Needs 24x4 cells; two lines are the axis and its times.
    """
    drawn = curves[: len(STROKES)]
    series = [curve.values for curve in drawn] or [of.values]
    known = [value for values in series for value in values if value is not None]
    if not known:
        return [fit([(" no values in this window yet", "dim")], cells)]
    low, high = bounds([*known, *(limit.value for limit in of.limits)], of.percent, 0.08)
    if 0 < low < 0.45 * high:
        low = 0.0
    rows = lines - 1 - (of.start is not None)

    def row(value: float) -> int:
        return min(rows - 1, max(0, int((high - value) / (high - low) * rows)))

    labels = [fmt.number(high - (high - low) * (y + 0.5) / rows, of.decimals) for y in range(rows)]
    axis = max(map(width, labels))
    ends = _ends(of, drawn, row, rows)
    tail = max((width(text) + 1 for text, _ in ends.values()), default=0)
    room = max(4, cells - axis - 2 - tail)
    cross = {row(limit.value): limit.style or "dim" for limit in of.limits}
    field = [[(" ", "") for _ in range(room)] for _ in range(rows)]
    if drawn:
        for stroke, curve in zip(STROKES, drawn, strict=False):
            heights = [None if value is None else row(value) for value in stretch(curve.values, room)]
            _trace(field, heights, curve.stroke or stroke)
    else:
        for x, value in enumerate(stretch(of.values, room)):
            for y in range(rows):
                field[y][x] = column(of, value, low, high, rows, y)
    buckets = max((len(curve.values) for curve in drawn), default=len(of.values))
    cursor = None if at is None or not buckets else min(room - 1, int((at + 0.5) * room / buckets))
    out: list[Line] = []
    for y in range(rows):
        good = bool(of.limits) and of.status(high - (high - low) * (y + 0.5) / rows) == "good"
        label = labels[y] if y % 2 == 0 or rows < 6 else ""
        stem = ("┫" if good else "┤") if label else ("┃" if good else "│")
        line: Line = [(f"{right(label, axis)} {stem}", "dim")]
        for x, (sign, style) in enumerate(field[y]):
            if sign == " " and x == cursor:
                sign, style = "┊", ""
            elif sign == " " and y in cross:
                sign, style = "┄", cross[y]
            line.append((sign, style))
        if y in ends:
            text, style = ends[y]
            line.append((left(" " + text, tail), style))
        out.append(fit(merged(line), cells))
    out.append(fit(merged([(" " * axis + " └", "dim"), *_foot(of, buckets, room, notes, cursor)]), cells))
    if of.start is not None:
        out.append(fit([(" " * (axis + 2) + times(of, of.start, room), "dim")], cells))
    return out


def _ends(of: Chart, curves: Sequence[Curve], row: object, rows: int) -> dict[int, tuple[str, str]]:
    """What stands at the right of rows: the names of lines where they end, limits where theirs is free."""
    assert callable(row)
    out: dict[int, tuple[str, str]] = {}

    def put(y: int, text: str, style: str) -> None:
        free = sorted((other for other in range(rows) if other not in out), key=lambda other: (abs(other - y), other))
        if free:
            out[free[0]] = (text, style)

    for stroke, curve in zip(STROKES, curves, strict=False):
        last = next((value for value in reversed(curve.values) if value is not None), None)
        if last is not None and curve.name:
            put(row(last), f"{(curve.stroke or stroke)[0]} {clip(curve.name, NAME)}", curve.style)
    for limit in of.limits:
        out.setdefault(row(limit.value), (f"{limit.label} {fmt.number(limit.value)}", limit.style))
    return out


def _trace(field: list[list[tuple[str, str]]], heights: Sequence[int | None], stroke: str) -> None:
    """A line through the rows of each column, in steps; it has gaps where nothing is known."""
    along, across, top_left, top_right, bottom_left, bottom_right = tuple(stroke)
    before: int | None = None
    for x, y in enumerate(heights):
        if y is not None and before is not None and y != before:
            up = y < before
            field[before][x] = (bottom_right if up else top_right, "")
            field[y][x] = (top_left if up else bottom_left, "")
            for between in range(min(y, before) + 1, max(y, before)):
                field[between][x] = (across, "")
        elif y is not None:
            field[y][x] = (along, "")
        before = y


def _foot(of: Chart, buckets: int, room: int, notes: Sequence[Noted], cursor: int | None) -> Line:
    """The time axis, with what was noted at its moment and the foot of the crosshair."""
    foot: Line = [("─", "dim")] * room
    if cursor is not None:
        foot[cursor] = ("┴", "bold")
    if of.start is None or of.step <= 0:
        return foot
    length = of.step * buckets
    for note in notes:
        x = math.floor((note.at - of.start) / length * room)
        if 0 <= x < room or note.at == of.start + length:
            foot[min(x, room - 1)] = (note.sign, note.style)
    return foot
