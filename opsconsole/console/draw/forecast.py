"""A forecast: the latest points as columns, what comes as a dashed line in the band of its interval.

`░` is the interval, `╌` the forecast, `┄` a limit; a `┊` stands between what was and what comes.
"""

from __future__ import annotations

from typing import Any

from opsconsole.console.draw.charts import Chart, Limit, bounds, column, merged, times
from opsconsole.console.text import Line, fit, left, right, width
from opsconsole.site.figures import number

LEAST_LINES, LEAST_CELLS = 6, 40
_BAND = 0.8


def forecast_chart(told: dict[str, Any], group: dict[str, Any], cells: int, lines: int) -> list[Line]:
    """The chart of one group that has a forecast, its axis and times below; nothing in less than 40x6 cells."""
    if lines < LEAST_LINES or cells < LEAST_CELLS:
        return []
    limits = [Limit(value, name, _style(name)) for name, value in group["limits"].items() if _line(told, name, value)]
    tails = [f"{limit.label} {number(limit.value)}" for limit in limits]
    band = next((each for each in group["intervals"] if each["level"] == _BAND), group["intervals"][0])
    ahead = len(group["point"])
    past = group["values"][-2 * ahead :]
    known = [value for part in (past, group["point"], band["low"], band["high"]) for value in part if value is not None]
    low, high = bounds([*known, *(limit.value for limit in limits)], told["unit"] == "%", 0.05)
    rows = lines - 2
    labels = [number(high - (high - low) * (y + 0.5) / rows, told["decimals"]) for y in range(rows)]
    axis = max(map(width, labels))
    room = cells - axis - 3 - max((width(tail) + 1 for tail in tails), default=0)
    total = len(past) + ahead
    of = Chart(past, group["ends"][-1] - group["step"] * len(past), group["step"], told["timezone"])

    def row(value: float) -> int:
        return min(rows - 1, max(0, int((high - value) / (high - low) * rows)))

    across = {row(limit.value): (limit, tail) for limit, tail in zip(limits, tails, strict=True)}
    out: list[Line] = []
    for y in range(rows):
        label = labels[y] if y % 2 == 0 or rows < 6 else ""
        line: Line = [(f"{right(label, axis)} {'┤' if label else '│'}", "dim")]
        limit = across.get(y)
        for x in range(room + 1):
            at = x * total // (room + 1)
            if at < len(past):
                sign, style = column(of, past[at], low, high, rows, y)
            else:
                sign, style = _coming(group, band, at - len(past), row, y)
            first = at >= len(past) and (x == 0 or (x - 1) * total // (room + 1) < len(past))
            if sign == " " and first:
                sign, style = "┊", "dim"
            elif sign == " " and limit is not None:
                sign, style = "┄", limit[0].style or "dim"
            line.append((sign, style))
        if limit is not None:
            line.append((left(f" {limit[1]}", width(limit[1]) + 1), limit[0].style))
        out.append(fit(merged(line), cells))
    whole = Chart([None] * total, of.start, group["step"], told["timezone"])
    foot = times(whole, of.start or 0.0, room + 1)
    return [
        *out,
        fit([(" " * axis + " └" + "─" * (room + 1), "dim")], cells),
        fit([(" " * (axis + 2) + foot, "dim")], cells),
    ]


def _coming(group: dict[str, Any], band: dict[str, Any], at: int, row: Any, y: int) -> tuple[str, str]:
    point, low, high = group["point"][at], band["low"][at], band["high"][at]
    if point is not None and row(point) == y:
        return "╌", "bold"
    inside = low is not None and high is not None and row(high) <= y <= row(low)
    return ("░", "dim") if inside else (" ", "")


def _style(name: str) -> str:
    return name if name in ("warning", "critical") else ""


def _line(told: dict[str, Any], name: str, value: float | None) -> bool:
    """Whether a limit is a value that can be drawn; around a target they are distances from it."""
    return value is not None and (told["better"] != "target" or name == "target")
