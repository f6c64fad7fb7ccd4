"""A KPI as four lines without a box, and as one line where space is short."""

from __future__ import annotations

from opsconsole.console import fmt, signs
from opsconsole.console.draw.charts import bullet, mini, spark
from opsconsole.console.text import Line, clip, fit, inert, left, line_width, right, width
from opsconsole.engine.messages import KpiState

_DIGITS = 6
NARROW = 40
"""Cells below which a line has no room for the change."""
RELATION = {"higher": "≥", "lower": "≤", "target": "="}


def window_word(kpi: KpiState) -> str:
    """The window a value covers; of rows without times, seen from a past moment, that it is no value of then."""
    return "as now" if kpi.undated else inert(kpi.window)


def tile(kpi: KpiState, cells: int, lines: int, focused: bool) -> list[Line]:
    """Title and state; value and change; trend and window; bullet and target; and what explains it most.

    `lines` below 5: the lower ones go first; above 5: the trend gets the room.
    """
    if lines > 5:
        return _tall(kpi, cells, lines, focused)
    explain = _explain(kpi, cells)
    rows = [_title(kpi, cells, focused), _value(kpi, cells), _trend(kpi, cells), _bullet(kpi, cells), explain]
    if lines < 5 and kpi.reason:
        rows[lines - 1 if lines > 2 else 1] = explain if lines > 2 else rows[1]
    return [fit(row, cells) for row in rows[:lines]]


def _tall(kpi: KpiState, cells: int, lines: int, focused: bool) -> list[Line]:
    window = window_word(kpi)
    # one bucket is no trend
    columns = mini(kpi, min(48, cells - 4 - width(window)), lines - 4) if len(kpi.trend) > 1 else []
    trend: list[Line] = [[(" ", ""), *line] for line in columns] or [[] for _ in range(lines - 4)]
    trend[-1] = [*trend[-1], (" " + window, "dim")]
    rows = [_title(kpi, cells, focused), _value(kpi, cells), *trend, _bullet(kpi, cells), _explain(kpi, cells)]
    return [fit(row, cells) for row in rows]


def _explain(kpi: KpiState, cells: int) -> Line:
    """The one thing that explains it most; its first words ("worst:") and its last ("(-71)") give way."""
    text = inert(kpi.reason or kpi.leader)
    if width(text) > cells - 1:
        text = text.partition(": ")[2] or text
    if width(text) > cells - 1 and text.endswith(")"):
        # a bracket that is cut says nothing
        text = text.rpartition(" (")[0] or text
    return [(f" {clip(text, cells - 1)}", "dim")]


def _title(kpi: KpiState, cells: int, focused: bool) -> Line:
    sign = signs.sign(kpi.status)
    title = clip(inert(kpi.title or kpi.name), cells - 2 - width(sign))
    return [("▸" if focused else " ", "bold"), (title, "bold" if focused else ""), (" ", ""), (sign, _sign_style(kpi))]


def _sign_style(kpi: KpiState) -> str:
    return signs.style(kpi.status) or "dim"


def change(kpi: KpiState) -> tuple[str, str]:
    """The change against the period before: an arrow that says the way, coloured only when that way is bad."""
    if kpi.change is None:
        return "", ""
    text = fmt.number(abs(kpi.change), kpi.decimals)
    if not text.strip("0. "):
        return "→ " + text, "dim"
    arrow = "↑" if kpi.change > 0 else "↓"
    worse = (kpi.better == "higher" and kpi.change < 0) or (kpi.better == "lower" and kpi.change > 0)
    return f"{arrow} {text}", (signs.style(kpi.status) if worse else "dim")


def _value(kpi: KpiState, cells: int) -> Line:
    value = fmt.quantity(kpi.value, inert(kpi.unit), kpi.decimals)
    sign = "≈" if kpi.partial and kpi.value is not None else " "
    arrow, style = change(kpi)
    tail = 2 + width(arrow) if arrow else 0
    # a field for six digits: what stands at its right does not move when they change
    field = _DIGITS + (1 + width(kpi.unit) if kpi.unit else 0)
    pad = max(0, min(field - width(value), cells - 2 - width(value) - tail)) if kpi.value is not None else 0
    line: Line = [(" " * (1 + pad) + sign, "dim"), (value, f"bold {signs.style(kpi.status)}".strip())]
    if arrow and line_width(line) + tail <= cells:
        line += [("  ", ""), (arrow, style)]
    return line


def _trend(kpi: KpiState, cells: int) -> Line:
    window = window_word(kpi)
    room = max(0, min(cells - 3 - width(window), 24))
    line = spark(kpi.trend, room)
    if not line:
        return [(" " + window, "dim")]
    return [(" " + left(line, min(room, max(width(line), 8))), "bar"), (" " + window, "dim")]


def _bullet(kpi: KpiState, cells: int) -> Line:
    target = goal(kpi)
    line = bullet(kpi, min(cells - 3 - width(target), 26), signs.style(kpi.status) or "bar")
    if line:
        return [(" ", ""), *line, (" " + target, "dim")]
    return [(" " + target, "dim")] if target else []


def goal(kpi: KpiState) -> str:
    """What the KPI aims at ("≥ 85"), or its warning limit where it has no target."""
    aim = kpi.target if kpi.target is not None else kpi.warning
    if aim is None:
        return ""
    return f"{RELATION.get(kpi.better or '', '')} {fmt.number(aim, None if aim == int(aim) else kpi.decimals)}".strip()


def one_line(kpi: KpiState, cells: int, focused: bool) -> Line:
    """Sign, title, value and change on one line."""
    value = fmt.quantity(kpi.value, inert(kpi.unit), kpi.decimals)
    arrow, style = change(kpi)
    tail: Line = [(right(value, 12), f"bold {signs.style(kpi.status)}".strip()), (left("  " + arrow, 10), style)]
    if cells < NARROW:  # the change gives way to the title
        tail = [(f" {value}", tail[0][1])]
    head = ("▸" if focused else " ") + left(signs.sign(kpi.status), 4)
    title = left(inert(kpi.title or kpi.name), cells - width(head) - line_width(tail))
    return fit([(head, _sign_style(kpi)), (title, "bold" if focused else ""), *tail], cells)
