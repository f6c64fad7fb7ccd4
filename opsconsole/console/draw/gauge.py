"""A bullet gauge: the value as a bar, below it the bands it is judged by with the target, and their scale."""

from __future__ import annotations

from opsconsole.console import fmt, signs
from opsconsole.console.draw.charts import bounds, limits_of, merged, status_of
from opsconsole.console.text import Line, fit, width
from opsconsole.engine.messages import KpiState, Status

BANDS: dict[Status, str] = {"critical": "▒", "warning": "░"}
"""What the band below the bar is made of; where all is well it is a thin line."""
LETTERS = {"warning": "◆", "critical": "▲", "target": "┼"}


def gauge(kpi: KpiState, cells: int, lines: int) -> list[Line]:
    """The bar, the bands and the scale, as many of them as there are lines; a bar of two lines from four on."""
    room = max(4, cells - 2)
    points = [limit.value for limit in limits_of(kpi)]
    if kpi.value is not None:
        points.append(kpi.value)
    if not points:
        return [fit([(" no value and no limits to draw", "dim")], cells)]
    low, high = bounds(points, kpi.unit == "%", 0.15)
    if len(kpi.range) == 2:  # where its limits lie close together it is no help to see all of it
        low, high = max(low, min(kpi.range[0], *points)), min(high, max(kpi.range[1], *points))
    step = (high - low) / room

    def at(value: float) -> int:
        return min(room - 1, max(0, int((value - low) / step)))

    style = signs.style(kpi.status)
    bar = _bar(kpi, low, step, room)
    drawn: list[Line] = [[(" ", ""), (bar, style or "bar")]]
    if lines >= 4:
        drawn *= 2
    statuses = [status_of(kpi, low + (x + 0.5) * step) for x in range(room)]
    band: Line = [(BANDS.get(status, "─"), "dim") for status in statuses]
    if kpi.target is not None:
        band[at(kpi.target)] = ("┼", "bold")
    drawn += [[(" ", ""), *merged(band)], [(" ", ""), (_scale(kpi, low, high, room, at), "dim")]]
    return [fit(line, cells) for line in drawn[:lines]]


def _bar(kpi: KpiState, low: float, step: float, room: int) -> str:
    if kpi.value is None:
        return " ○ no value".ljust(room)
    eighths = min(room * 8, max(1, round((kpi.value - low) / step * 8)))
    return ("█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8]).ljust(room)[:room]


def _scale(kpi: KpiState, low: float, high: float, room: int, at: object) -> str:
    """Numbers below the places they stand for; the limits before the ends, and none over another."""
    line = [" "] * room
    assert callable(at)

    def put(text: str, x: int) -> None:
        x = max(0, min(room - width(text), x))
        if x + width(text) <= room and not "".join(line[max(0, x - 1) : x + width(text) + 1]).strip():
            line[x : x + width(text)] = text

    for limit in limits_of(kpi):
        text = f"{LETTERS.get(limit.label, '')}{fmt.number(limit.value, None)}"
        put(text, at(limit.value) - (0 if limit.label == "target" else len(text) // 2))
    for value, x in ((low, 0), (high, room)):
        put(fmt.number(value, None), x - (width(fmt.number(value, None)) if x else 0))
    return "".join(line)
