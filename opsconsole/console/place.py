"""Where the panels of a layout go on a screen of a given size: rectangles in, nothing drawn.

Rows stand below each other, the places of a row side by side, and a place is a panel or a pile of them. Where a row is
too narrow for all its places they go on below. Where there are too few lines, rows are left out that were to share what
is left, from the bottom, so that those with a height have it; then other panels, KPI tiles last, and alerts never.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from msgspec import Struct

from opsconsole.console.share import Need, share

ESSENTIAL_WIDTH, ESSENTIAL_HEIGHT = 58, 13
TILE_WIDTH, TILE_HEIGHTS, TILE_MOST = 18, (5, 4, 3, 1), 9
PANEL_WIDTH = 34
LIST_LEAST = 4
"""Lines that a list of KPIs has at least, where there are so many KPIs."""
GAP = 2
"""Empty cells between the places of a row."""


class Placeable(Protocol):
    """What the placing needs to know of a panel."""

    kind: str

    def tiles(self) -> int:
        """How many KPI tiles it holds; 0 for any other panel."""
        ...

    def breadth(self) -> int:
        """The fewest cells it is of use with beside another panel."""
        ...

    def least(self) -> int:
        """The fewest lines it is of use with."""
        ...

    def wanted(self, cells: int) -> int:
        """How many lines would show all of it."""
        ...

    def most(self, cells: int) -> int:
        """How many lines it can make use of."""
        ...


class Pile(Struct, frozen=True):
    """Panels below each other in one place of a row, each with the lines it asks for (None: a share of the rest)."""

    panels: tuple[tuple[Placeable, int | None], ...]


Item = Placeable | Pile


class Block(Struct, frozen=True):
    """A row of a layout: places with their weights, and the height it asks for (None: a share of what is left)."""

    panels: tuple[tuple[Item, int], ...]
    height: int | None = None


class Spot(Struct, frozen=True):
    """A panel's rectangle. `tile` is the height of its tiles (1: a list)."""

    panel: Placeable
    x: int
    y: int
    cells: int
    lines: int
    tile: int = 0


def panels_of(blocks: Sequence[Block]) -> Iterator[Placeable]:
    """All panels from the top left."""
    for block in blocks:
        for item, _ in block.panels:
            yield from _members(item)


def per_line(tiles: int, cells: int) -> int:
    """How many tiles stand side by side, spread evenly over their lines."""
    fit = max(1, min(tiles, (cells + 1) // (TILE_WIDTH + 1)))
    lines = -(-tiles // fit)
    return -(-tiles // lines)


def essential(cells: int, lines: int) -> bool:
    """Whether there is room for the essentials only: alerts, and KPIs as a list."""
    return cells < ESSENTIAL_WIDTH or lines < ESSENTIAL_HEIGHT


def place(blocks: Sequence[Block], cells: int, lines: int) -> list[Spot]:
    """The panels of a screen from top to bottom; what has no room is left out, alerts and tiles last."""
    if essential(cells, lines):
        return _essentials(blocks, cells, lines)
    rows = _with_room([row for block in blocks for row in _folded(block, cells)], cells, lines)
    tile = next((each for each in TILE_HEIGHTS if _needed(rows, cells, each) <= lines), TILE_HEIGHTS[-1])
    while _needed(rows, cells, tile) > lines and rows:
        rows = _without_one(rows, cells, tile)
    needs = [_row_need(row, cells, tile) for row in rows]
    spots: list[Spot] = []
    y = 0
    for row, height in zip(rows, share(needs, lines), strict=True):
        spots += _across(row, y, cells, height, tile)
        y += height
    return spots


# --- what does not fit -----------------------------------------------------------------------------------------


def _members(item: Item) -> tuple[Placeable, ...]:
    return tuple(panel for panel, _ in item.panels) if isinstance(item, Pile) else (item,)


def _breadth(item: Item) -> int:
    return max(panel.breadth() for panel in _members(item))


def _folded(block: Block, cells: int) -> Iterator[Block]:
    """A row as it is where its places fit beside each other, else as few rows as they need; a pile alone is rows."""
    line: list[tuple[Item, int]] = []
    for entry in block.panels:
        sizes = _widths([*line, entry], cells)
        if line and any(size < _breadth(item) for size, (item, _) in zip(sizes, [*line, entry], strict=True)):
            yield from _line(line, block.height)
            line = []
        line.append(entry)
    yield from _line(line, block.height)


def _line(line: Sequence[tuple[Item, int]], height: int | None) -> Iterator[Block]:
    if len(line) == 1 and isinstance(line[0][0], Pile):
        for panel, asked in line[0][0].panels:
            yield Block(((panel, 1),), asked)
    else:
        yield Block(tuple(line), height)


def _with_room(rows: list[Block], cells: int, lines: int) -> list[Block]:
    """Without the last rows that take what is left, where the others' heights leave nothing for them."""
    rows = list(rows)
    while True:
        shared = [
            at
            for at, row in enumerate(rows)
            if row.height is None
            and not any(panel.tiles() or panel.kind == "alerts" for item, _ in row.panels for panel in _members(item))
        ]
        if not shared or sum(_asked(row, cells) for row in rows) <= lines:
            return rows
        del rows[shared[-1]]


def _asked(row: Block, cells: int) -> int:
    """The lines that a row asks for, and needs at least; tiles have no use for more than theirs."""
    least = _row_need(row, cells, TILE_HEIGHTS[-1]).least
    if all(not isinstance(item, Pile) and item.tiles() for item, _ in row.panels):
        return max(least, min(row.height or 0, _row_need(row, cells, TILE_HEIGHTS[0]).least))
    return max(least, row.height or 0)


def _without_one(rows: list[Block], cells: int, tile: int) -> list[Block]:
    """Without the last panel that is not vital; then without the last KPI tiles; then without the last alert list.

    One whose going makes room goes before one that stands beside something higher.
    """
    for spared in (lambda each: each.tiles() or each.kind == "alerts", lambda each: each.kind == "alerts", None):
        smaller = [less for less, gone in _fewer(rows) if spared is None or not spared(gone)]
        if smaller:
            needed = _needed(rows, cells, tile)
            return next((less for less in smaller if _needed(less, cells, tile) < needed), smaller[0])
    return []


def _fewer(rows: list[Block]) -> Iterator[tuple[list[Block], Placeable]]:
    """The rows without one of their panels, from the bottom right, and that panel."""
    for at in range(len(rows) - 1, -1, -1):
        entries = rows[at].panels
        for place in range(len(entries) - 1, -1, -1):
            item, weight = entries[place]
            inside = item.panels if isinstance(item, Pile) else ((item, None),)
            for each in range(len(inside) - 1, -1, -1):
                left = inside[:each] + inside[each + 1 :]
                kept: tuple[tuple[Item, int], ...] = ((Pile(left), weight),) if left else ()
                others = entries[:place] + kept + entries[place + 1 :]
                row = [Block(others, rows[at].height)] if others else []
                yield [*rows[:at], *row, *rows[at + 1 :]], inside[each][0]


# --- how high --------------------------------------------------------------------------------------------------


def _tile_lines(panel: Placeable, cells: int, tile: int) -> int:
    if not panel.tiles():
        return 0
    across = per_line(panel.tiles(), cells)
    if tile == 1:
        across = max(1, cells // 48)
    return -(-panel.tiles() // across) * tile


def _needed(rows: Sequence[Block], cells: int, tile: int) -> int:
    return sum(_row_need(row, cells, tile).least for row in rows)


def _panel_need(panel: Placeable, cells: int, tile: int, asked: int | None) -> Need:
    if panel.tiles():
        lines = _tile_lines(panel, cells, tile)
        count = lines // tile
        if tile == 1:  # a list, which scrolls
            return Need(min(lines, LIST_LEAST), wanted=lines, most=lines)
        # tiles grow to be read from afar, with a line of air below them; those that are short do not
        air, most = (lines + 1, count * TILE_MOST + 1) if tile >= 4 else (lines, lines)
        return Need(lines, wanted=lines, most=most, air=air)
    return Need(panel.least(), asked, panel.wanted(cells), panel.most(cells))


def _item_need(item: Item, cells: int, tile: int) -> Need:
    if not isinstance(item, Pile):
        return _panel_need(item, cells, tile, None)
    needs = [_panel_need(panel, cells, tile, asked) for panel, asked in item.panels]
    return Need(
        sum(need.least for need in needs),
        None,
        sum(need.aim for need in needs),
        sum(max(need.aim, need.most if need.asked is None else 0) for need in needs),
    )


def _row_need(row: Block, cells: int, tile: int) -> Need:
    """What the highest of its places needs; tiles beside other panels do not grow beyond them."""
    sizes = _widths(row.panels, cells)
    needs = [_item_need(item, size, tile) for size, (item, _) in zip(sizes, row.panels, strict=True)]
    tiles = all(not isinstance(item, Pile) and item.tiles() for item, _ in row.panels)
    return Need(
        max(need.least for need in needs),
        None if tiles else row.height,
        max(need.wanted for need in needs),
        max(need.most for need in needs if tiles or not need.air),
        max(need.air for need in needs) if tiles else 0,
    )


# --- where -----------------------------------------------------------------------------------------------------


def _widths(entries: Sequence[tuple[Item, int]], cells: int) -> list[int]:
    """How the places of a row share its cells: by weight, the last takes what is left."""
    total = sum(max(1, weight) for _, weight in entries)
    room = cells - GAP * (len(entries) - 1)
    sizes = [room * max(1, weight) // total for _, weight in entries]
    sizes[-1] = room - sum(sizes[:-1])
    return sizes


def _across(row: Block, y: int, cells: int, lines: int, tile: int) -> Iterator[Spot]:
    x = 0
    for size, (item, _) in zip(_widths(row.panels, cells), row.panels, strict=True):
        if not isinstance(item, Pile):
            yield _spot(item, x, y, size, lines, tile)
        else:
            below = y
            heights = share([_panel_need(panel, size, tile, asked) for panel, asked in item.panels], lines)
            for (panel, _), height in zip(item.panels, heights, strict=True):
                yield _spot(panel, x, below, size, height, tile)
                below += height
        x += size + GAP


def _spot(panel: Placeable, x: int, y: int, cells: int, lines: int, tile: int) -> Spot:
    if not panel.tiles():
        return Spot(panel, x, y, cells, lines)
    if tile > 1:
        tile = max(tile, min(TILE_MOST, (lines - 1) // -(-panel.tiles() // per_line(panel.tiles(), cells))))
    return Spot(panel, x, y, cells, lines, tile)


def _essentials(blocks: Sequence[Block], cells: int, lines: int) -> list[Spot]:
    """Alerts on top, at most half of the screen, then the KPIs as a list, then what else there is room for."""
    panels = list(panels_of(blocks))
    alerts = next((panel for panel in panels if panel.kind == "alerts"), None)
    tiles = next((panel for panel in panels if panel.tiles()), None)
    spots: list[Spot] = []
    y = 0
    if alerts is not None:
        room = lines if tiles is None else max(min(alerts.wanted(cells), lines - tiles.tiles()), lines // 2)
        y = min(lines, max(room, alerts.least()))
        if tiles is None:
            y = min(y, max(alerts.least(), alerts.wanted(cells)))
        spots.append(Spot(alerts, 0, 0, cells, y))
    if tiles is not None and lines > y:
        size = min(lines - y, -(-tiles.tiles() // max(1, cells // 48)))
        spots.append(Spot(tiles, 0, y, cells, size, 1))
        y += size
    for panel in panels:
        if panel.tiles() or panel.kind == "alerts" or lines - y < panel.least():
            continue
        size = min(lines - y, max(panel.least(), panel.wanted(cells)))
        spots.append(Spot(panel, 0, y, cells, size))
        y += size
    if not spots and panels:
        spots.append(Spot(panels[0], 0, 0, cells, lines))
    return spots
