"""A KPI by dimension and time as a table of numbers with signs on what is abnormal."""

from __future__ import annotations

from opsconsole.console import fmt, signs
from opsconsole.console.text import Line, clip, fit, inert, left, right, width
from opsconsole.engine.messages import Grid, KpiState


def member_text(member: str | None) -> str:
    """A dimension's member; "(none)" for rows that have none."""
    return "(none)" if member is None else inert(member)


def heat(grid: Grid, kpi: KpiState | None, timezone: str, cells: int, lines: int) -> list[Line]:
    """As many members and as many of the newest buckets as fit; says how many are left out."""
    decimals = kpi.decimals if kpi else None
    texts = [[fmt.number(value, decimals) if value is not None else "·" for value in row] for row in grid.values]
    cell = max([5, *(width(text) for row in texts for text in row)]) + 3
    name = min(max([8, *(width(member_text(member)) for member in grid.members)]) + 1, max(10, cells // 3))
    shown = max(1, (cells - name - 1) // cell)
    first = max(0, len(grid.starts) - shown)
    heads = [_head(moment, timezone, grid.step) for moment in grid.starts[first:]]
    out: list[Line] = [
        fit([(" " * (name + 1), ""), ("".join(right(head, cell - 1) + " " for head in heads), "dim")], cells)
    ]
    room = lines - 1
    chosen = _chosen(grid, room)
    for y in chosen:
        member = grid.members[y]
        line: Line = [(" " + left(member_text(member), name), "")]
        for x in range(first, len(grid.starts)):
            status = grid.statuses[y][x]
            abnormal = status in ("critical", "warning")
            mark = signs.GLYPHS[status] if abnormal else " "
            line.append((right(mark + " " + texts[y][x], cell - 1) + " ", signs.style(status) if abnormal else ""))
        out.append(fit(line, cells))
    if len(chosen) < len(grid.members) and len(chosen) < room:
        out.append(fit([(clip(f" … and {len(grid.members) - len(chosen)} more", cells), "dim")], cells))
    return out


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
