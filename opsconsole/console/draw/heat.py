"""A KPI by dimension and time as a heat map: numbers with signs on what is abnormal, and shades where there is room.

The darker a block the worse the value among all that are shown, by the KPI's direction; colour and sign say which are
beyond a limit, so that neither is told by colour alone.
"""

from __future__ import annotations

from opsconsole.console import fmt, signs
from opsconsole.console.text import Line, clip, fit, inert, left, right, width
from opsconsole.engine.messages import Grid, KpiState

SHADES = "·░▒▓█"
BLOCK = 2
"""Cells of a shade."""


def member_text(member: str | None) -> str:
    """A dimension's member; "(none)" for rows that have none."""
    return "(none)" if member is None else inert(member)


def heat(grid: Grid, kpi: KpiState | None, timezone: str, cells: int, lines: int) -> list[Line]:
    """As many members and as many of the newest buckets as fit; says how many are left out."""
    decimals = kpi.decimals if kpi else None
    texts = [[fmt.number(value, decimals) if value is not None else "·" for value in row] for row in grid.values]
    cell = max([5, *(width(text) for row in texts for text in row)]) + 3
    name = min(max([8, *(width(member_text(member)) for member in grid.members)]) + 1, max(10, cells // 3))
    shaded = (cells - name - 1) // (cell + BLOCK + 1) >= len(grid.starts)
    pitch = cell + (BLOCK + 1 if shaded else 0)
    shown = max(1, (cells - name - 1) // pitch)
    first = max(0, len(grid.starts) - shown)
    heads = [_head(moment, timezone, grid.step) for moment in grid.starts[first:]]
    out: list[Line] = [
        fit([(" " * (name + 1), ""), ("".join(right(head, cell - 1).ljust(pitch) for head in heads), "dim")], cells)
    ]
    room = lines - 1
    chosen = _chosen(grid, room)
    shade = _Shade(grid, kpi)
    for y in chosen:
        member = grid.members[y]
        line: Line = [(" " + left(member_text(member), name), "")]
        for x in range(first, len(grid.starts)):
            status = grid.statuses[y][x]
            abnormal = status in ("critical", "warning")
            mark = signs.GLYPHS[status] if abnormal else " "
            style = signs.style(status) if abnormal else ""
            line.append((right(mark + " " + texts[y][x], cell - 1) + " ", style))
            if shaded:
                line.append((shade.of(grid.values[y][x]) * BLOCK + " ", style or "dim"))
        out.append(fit(line, cells))
    if len(chosen) < len(grid.members) and len(chosen) < room:
        out.append(fit([(clip(f" … and {len(grid.members) - len(chosen)} more", cells), "dim")], cells))
    return out


class _Shade:
    """How bad a value is among all of a grid: by the KPI's direction, or how high it is where it has none."""

    def __init__(self, grid: Grid, kpi: KpiState | None) -> None:
        self._better = kpi.better if kpi is not None else None
        self._target = kpi.target if kpi is not None else None
        known = [self._badness(value) for row in grid.values for value in row if value is not None]
        self._low, self._high = min(known, default=0.0), max(known, default=0.0)

    def _badness(self, value: float) -> float:
        if self._better == "target" and self._target is not None:
            return abs(value - self._target)
        return -value if self._better == "higher" else value

    def of(self, value: float | None) -> str:
        """A sign for a value; a blank for none, and the middle where all are alike."""
        if value is None:
            return " "
        if self._high <= self._low:
            return SHADES[1]
        part = (self._badness(value) - self._low) / (self._high - self._low)
        return SHADES[min(len(SHADES) - 1, int(part * len(SHADES)))]


def _chosen(grid: Grid, room: int) -> list[int]:
    """Which members are shown, in their order: where not all have room, those that are worst at the end stay."""
    if len(grid.members) <= room:
        return list(range(len(grid.members)))
    rank = {"critical": 0, "warning": 1}

    def badness(y: int) -> list[int]:
        return [rank.get(status, 2) for status in reversed(grid.statuses[y])]

    keep = max(1, room - 1)
    return sorted(sorted(range(len(grid.members)), key=badness)[:keep])


def _head(moment: float, timezone: str, step: float) -> str:
    stamp = fmt.local(moment, timezone)
    if step >= 28 * 86400:
        return f"{stamp:%b %y}"
    return f"{stamp.day} {stamp:%b}" if step >= 86400 else stamp.strftime("%H:%M")
