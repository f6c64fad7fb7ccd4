"""How a table looks: heading, what it is narrowed to, header, rows, and the cell under the cursor whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsconsole.console import fmt
from opsconsole.console.grid.columns import Column
from opsconsole.console.grid.pages import Held
from opsconsole.console.grid.shape_words import filter_text, group_text, sort_text
from opsconsole.console.pane import GUTTER
from opsconsole.console.panels import heading
from opsconsole.console.text import (
    ELLIPSIS,
    Line,
    beside,
    clip,
    clip_start,
    fit,
    inert,
    left,
    line_width,
    right,
    told,
    width,
)

if TYPE_CHECKING:
    from opsconsole.console.grid.grid import Grid
    from opsconsole.engine.table_messages import TableOf

ROOMY = 14
"""So many lines leave one for the cell under the cursor."""
LEAST = 6
"""A column is drawn cut off where at least so many cells of it are in sight."""
BESIDE = 84
"""So many cells leave room for what is open beside the table; else it takes the table's place."""


def draw(grid: Grid, cells: int, lines: int, focused: bool) -> list[Line]:
    """Exactly `lines` lines."""
    out = [heading(grid.title, note(grid), cells, focused)]
    narrowed = narrowing(grid, cells)
    if narrowed and lines > 5:
        out.append(fit(narrowed, cells))
    last = [whole(grid, cells)] if lines >= ROOMY else []
    room = lines - len(out) - len(last)
    aside = grid.aside
    if aside is None:
        body = _table(grid, cells, room, focused)
    elif cells >= BESIDE:
        size = min(aside.size, cells // 2)
        body = beside(
            [(cells - size - 1, _table(grid, cells - size - 1, room, False)), (size, aside.draw(size, room))], 1, room
        )
    else:
        # the rows give way, but still scroll as if they were in sight
        _table(grid, cells, room, False)
        body = aside.draw(cells, room)
    return [*out, *body, *last][:lines]


# --- what is said above ---


def note(grid: Grid) -> Line:
    """Row n of m, and what one has to know of it."""
    pages = grid.pages
    out: Line = []
    if pages is not None and grid.rows:
        out.append((_position(grid), ""))
    if grid.marks:
        lacking = f", {fmt.number(grid.marks.lacking, 0)} more on their way" if grid.marks.lacking else ""
        out.append((f" · {fmt.number(len(grid.marks), 0)} marked{lacking}", "bold"))
    if grid.marks.begin is not None:
        out.append((" · v ends the range", "bold"))
    if pages is not None and (told := grid.told()):
        out.append((f" · {told}", "bold"))
    if grid.progress:
        out.append((f" · {grid.progress}", "bold"))
    if grid.newer:
        out.append((" · newer data: r", "bold"))
    if pages is not None and pages.misfits:
        out.append((f" · {fmt.count(pages.misfits, 'cell')} did not fit: shown raw, missing in the table", "warning"))
    said = pages.first.note if pages is not None and pages.first is not None else ""
    if grid.trouble or said:
        out.append((f" · {inert(grid.trouble or said)}", "warning" if grid.trouble else "dim"))
    if out and out[0][0].startswith(" · "):
        out[0] = (out[0][0][3:], out[0][1])
    return out


def _position(grid: Grid) -> str:
    """ "row 5 of 12 304 rows", filtered "row 5 of 310 of 12 304 rows"."""
    pages = grid.pages
    assert pages is not None
    word = "group" if grid.shape.group is not None else "row"
    at = f"{word} {fmt.number(grid.index + 1, 0)} of "
    if pages.total is None:
        return f"{at}{fmt.number(max(grid.rows - 1, 0), 0)} or more, counting {ELLIPSIS}"
    total = fmt.count(pages.total, word)
    if pages.all is None or word == "group" or not grid.shape.narrowed or pages.all < pages.total:
        return at + total
    return f"{at}{fmt.number(pages.total, 0)} of {fmt.count(pages.all, word)}"


def narrowing(grid: Grid, cells: int) -> Line:
    """Filters, groups and sorts on one line, as they can be typed; empty where there are none."""
    shape = grid.shape
    parts: list[tuple[str, str]] = []
    if shape.narrowed:
        parts.append(("filter ", "dim"))
    conditions = [filter_text(each) for each in shape.filters]
    conditions += [shape.expression] if shape.expression else []
    conditions += [f"/{shape.words}"] if shape.words else []
    for at, text in enumerate(conditions):
        parts += [*([(" · ", "dim")] if at else []), (inert(text), "bold")]
    told = []
    if shape.group is not None:
        told.append(("group ", group_text(shape.group)))
    if shape.sort:
        told.append(("sort ", sort_text(shape.sort)))
    if shape.order == "file":
        told.append(("order ", "as in the files"))
    hidden = len(grid.columns.all) - len(grid.shown())
    if hidden:
        told.append(("hidden ", fmt.count(hidden, "column")))
    for name, text in told:
        parts += [*([("   ", "")] if parts else []), (name, "dim"), (inert(text), "bold")]
    if not parts:
        return []
    line = [(" ", ""), *parts]
    hint = "   Esc takes the last filter off"
    # how to undo it is said where nothing of what is shown gives way to it
    if shape.without(grid.floor) is not None and line_width(line) + width(hint) <= cells:
        line.append((hint, "dim"))
    return line


# --- the table ---


def _table(grid: Grid, cells: int, lines: int, focused: bool) -> list[Line]:
    if grid.pages is None:
        said = grid.trouble or f"asking the engine {ELLIPSIS}"
        return [fit([("  " + inert(said), "warning" if grid.trouble else "dim")], cells), *_blank(cells, lines - 1)]
    grid.height = max(1, lines - 1)
    grid.scroll()
    kept, parted, more = laid_out(grid, cells)
    out = [_header(grid, kept, parted, more, cells)]
    if not grid.rows:
        out += told(nothing(grid), cells, lines - len(out))
    for number in range(grid.top, min(grid.top + grid.height, grid.rows)):
        out.append(_row(grid, number, kept, parted, cells, focused))
    return [*out, *_blank(cells, lines - len(out))][:lines]


def _blank(cells: int, lines: int) -> list[Line]:
    return [fit([], cells) for _ in range(max(0, lines))]


def nothing(grid: Grid) -> str:
    """What is said where there are no rows, and what to do."""
    pages = grid.pages
    if grid.trouble:
        return inert(grid.trouble)
    if grid.shape.narrowed:
        among = f" of {fmt.count(pages.all, 'row')}" if pages is not None and pages.all else ""
        undo = "Esc takes the last filter off" if grid.shape.without(grid.floor) is not None else "Esc goes back"
        return f"no row{among} is like this: {undo}"
    said = pages.first.note if pages is not None and pages.first is not None else ""
    return inert(said) or grid.ctx.told(_none_of(grid.base))


def _none_of(base: TableOf) -> str:
    """Why a table that nothing narrows has no rows; it mentions actions."""
    if base.start is not None or base.end is not None:
        return "no rows in this range of time: {range} chooses another"
    if base.kpi:
        return "no rows are behind it: its window has none"
    if base.alert:
        return "no rows are behind it"
    if base.result:
        return "the SQL finds no rows"
    return "no rows yet: they appear here as files are taken ({sources} shows the sources)"


def laid_out(grid: Grid, cells: int) -> tuple[list[tuple[Column, int]], int, bool]:
    """The columns in sight with their widths, how many of them stay, and whether there are more to the right.

    The first column that is not frozen moves on until the one under the cursor is in sight.
    """
    shown = grid.shown()
    frozen = min(grid.shape.frozen, len(shown))
    room = cells - GUTTER
    while frozen and sum(each.width + 1 for each in shown[:frozen]) + 2 > room // 2:
        # what stays must leave room for what is scrolled
        frozen -= 1
    kept = [(each, each.width) for each in shown[:frozen]]
    room -= sum(each.width + 1 for each in shown[:frozen]) + (2 if frozen else 0)
    free = shown[frozen:]
    here = grid.here
    at = free.index(here) if here in free else None
    first = max(0, min(grid.left, len(free) - 1))
    if at is not None:
        first = min(first, at)
        while first < at and sum(each.width + 1 for each in free[first : at + 1]) > room:
            first += 1
    grid.left = first
    for each in free[first:]:
        if each.width + 1 > room and (room < LEAST or (each is not free[first] and each.right)):
            break
        kept.append((each, min(each.width, max(1, room - 1))))
        room -= each.width + 1
        if room < 0:
            break
    return kept, frozen, len(kept) - frozen < len(free) - first or room < -1


def _header(grid: Grid, kept: list[tuple[Column, int]], parted: int, more: bool, cells: int) -> Line:
    shape, here = grid.shape, grid.here
    filtered = {each.column for each in shape.filters}
    body: Line = []
    for at, (column, size) in enumerate(kept):
        sign = "&" if column.name in filtered else ""
        order = next((each for each in shape.sort if each.column == column.name), None)
        sign += "" if order is None else "↓" if order.descending else "↑"
        title = clip(column.title, size - len(sign)) + sign
        style = "dim bold" if column is here else "bold" if sign else "dim"
        body += [(right(title, size) if column.right else left(title, size), style), (" ", "")]
        if parted and at == parted - 1:
            body.append(("│ ", "rule"))
    line = [("← " if grid.left else " " * GUTTER, "dim"), *body]
    return [*fit(line, cells - 1), ("→" if more else " ", "dim")]


def _row(grid: Grid, number: int, kept: list[tuple[Column, int]], parted: int, cells: int, focused: bool) -> Line:
    assert grid.pages is not None
    row = grid.pages.row(number)
    here = number == grid.index
    marked = row is not None and row.key in grid.marks
    out: Line = [("▸" if here and focused else " ", "bold"), ("✓" if marked else " ", "bold")]
    line = "cursor" if here and focused else ""
    for at, (column, size) in enumerate(kept):
        style = f"{line} cell".strip() if line and column is grid.here else line
        out += [_cell(grid, column, row, size, style), (" ", "")]
        if parted and at == parted - 1:
            out.append(("│ ", "rule"))
    return fit(out, cells)


def _cell(grid: Grid, column: Column, row: Held | None, size: int, style: str) -> tuple[str, str]:
    if row is None:
        return left(ELLIPSIS, size), f"{style} dim".strip()
    text = inert(grid.columns.text(column, row))
    style = f"{style} warning".strip() if column.raw(row) is not None else style
    if column.path(row):
        text = clip_start(text, size)
    return (right(text, size) if column.right else left(text, size)), style


def whole(grid: Grid, cells: int) -> Line:
    """The cell under the cursor with nothing cut off, as far as a line holds it."""
    row, column = grid.current, grid.here
    if column is None or row is None:
        return fit([], cells)
    raw = column.raw(row)
    value = column.value(row)
    text = "empty" if value is None and raw is None else inert(grid.copied(column, row))
    start = f" {column.title} "
    kind = f"{column.kind.lower()} " if width(start + text) + len(column.kind) + 1 < cells else ""
    why = "  does not fit the column: shown raw" if raw is not None else ""
    return fit([(start, "dim"), (kind, "dim"), (text, "dim" if value is None and raw is None else ""),
                (why, "warning")], cells)  # fmt: skip
