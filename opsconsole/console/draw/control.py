"""A control chart: points against their limits, as many of the latest as there are columns.

`•` is a point, `x` one at which a rule signals (so that it is told without colour), `┄` a limit of 3 σ, `─` the centre,
`∘` the weighted mean (EWMA) where it is not on the point. A `│` stands where limits are new after a marked change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opsconsole.console.draw.charts import Chart, bounds, merged, times
from opsconsole.console.text import Line, fit, left, right, width
from opsconsole.site.figures import number

Values = Sequence[float | None]
LEAST_LINES = 5
_LIMITS = (("upper", "┄"), ("centre", "─"), ("lower", "┄"))


def control_chart(told: dict[str, Any], cells: int, lines: int) -> list[Line]:
    """The latest points that fit, the axis and its times below; needs 30x5 cells."""
    points, decimals = told["points"], told["decimals"]
    known = [value for value in points["value"] if value is not None]
    if not known or lines < LEAST_LINES:
        return [fit([(" no values yet", "dim")], cells)] if not known else []
    rows = lines - 2
    last = {name: _last(points[name]) for name, _ in _LIMITS}
    labels = {name: number(value, decimals) for name, value in last.items() if value is not None}
    axis = max([width(number(value, decimals)) for value in (min(known), max(known))] + [width("0")])
    tail = max((width(text) + 1 for text in labels.values()), default=0)
    room = cells - axis - 2 - tail
    count = min(len(points["value"]), room)
    cell = [at * room // count for at in range(count + 1)]
    first = len(points["value"]) - count
    shown = {name: points[name][first:] for name in ("value", "mean", "centre", "lower", "upper", "start", "end")}
    low, high = _scale(shown)

    def row(value: float) -> int:
        return min(rows - 1, max(0, int((high - value) / (high - low) * rows)))

    field = [[(" ", "")] * room for _ in range(rows)]
    for at in range(count):
        _column(field, cell[at], cell[at + 1], {name: shown[name][at] for name in shown}, row)
    for at in _new_limits(told, shown["start"]):
        for y in range(rows):
            if field[y][cell[at]][0] == " ":
                field[y][cell[at]] = ("│", "dim")
    for at in _signalled(told, shown["end"]):
        value = shown["value"][at]
        if value is not None:
            field[row(value)][cell[at]] = ("x", "warning")
    ends = {row(value): (name, labels[name]) for name, value in last.items() if value is not None}
    return _framed(field, ends, low, high, axis, tail, room, cells, _times(told, shown, room), decimals)


def _column(field: list[list[tuple[str, str]]], at: int, end: int, point: dict[str, Any], row: Any) -> None:
    for name, sign in _LIMITS:
        if point[name] is not None:
            for cell in range(at, end):
                field[row(point[name])][cell] = (sign, "dim")
    if point["mean"] is not None and point["value"] is not None:
        field[row(point["mean"])][at] = ("∘", "dim")
    if point["value"] is not None:
        field[row(point["value"])][at] = ("•", "")


def _scale(shown: dict[str, list[Any]]) -> tuple[float, float]:
    """Around points and limits; a point very far off does not press the others flat."""
    names = ("value", "lower", "upper")
    known = [value for name in names for value in shown[name] if value is not None]
    return bounds(known, False, 0.05)


def _last(values: Values) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)


def _new_limits(told: dict[str, Any], starts: list[float]) -> list[int]:
    begun = {segment["start"] for segment in told["segments"][1:]}
    return [at for at, start in enumerate(starts) if start in begun]


def _signalled(told: dict[str, Any], ends: list[float]) -> list[int]:
    spans = [(each["first"], each["last"]) for each in told["signals"]]
    return [at for at, end in enumerate(ends) if any(first <= end <= last for first, last in spans)]


def _times(told: dict[str, Any], shown: dict[str, list[Any]], room: int) -> str:
    starts = shown["start"]
    of = Chart(list(shown["value"]), starts[0], (shown["end"][-1] - starts[0]) / len(starts), told["timezone"])
    return times(of, starts[0], room)


def _framed(
    field: list[list[tuple[str, str]]], ends: dict[int, tuple[str, str]], low: float, high: float,
    axis: int, tail: int, room: int, cells: int, foot: str, decimals: int | None,
) -> list[Line]:  # fmt: skip
    out: list[Line] = []
    for y, line in enumerate(field):
        text = number(high - (high - low) * (y + 0.5) / len(field), decimals) if y % 3 == 0 else ""
        label = f"{right(text, axis)} ┤" if text and width(text) <= axis else " " * axis + " │"
        end = left(f" {ends[y][1]}", tail) if y in ends else ""
        out.append(fit(merged([(label, "dim"), *line, (end, "dim")]), cells))
    out.append(fit([(" " * axis + " └" + "─" * room, "dim")], cells))
    out.append(fit([(" " * (axis + 2) + foot, "dim")], cells))
    return out
