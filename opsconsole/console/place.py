"""Where the panels of a layout go on a screen of a given size: rectangles in, nothing drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct

ESSENTIAL_WIDTH, ESSENTIAL_HEIGHT = 58, 13
TILE_WIDTH, TILE_HEIGHTS, TILE_MOST = 18, (5, 4, 3, 1), 9
PANEL_WIDTH = 34


class Placeable(Protocol):
    """What the placing needs to know of a panel."""

    kind: str

    def tiles(self) -> int:
        """How many KPI tiles it holds; 0 for any other panel."""
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


class Block(Struct, frozen=True):
    """A row of a layout: panels with their weights, and the height it asks for (None: a share of what is left)."""

    panels: tuple[tuple[Placeable, int], ...]
    height: int | None = None


class Spot(Struct, frozen=True):
    """A panel's rectangle. `tile` is the height of its tiles (1: a list)."""

    panel: Placeable
    x: int
    y: int
    cells: int
    lines: int
    tile: int = 0


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
    rows = [row for block in blocks for row in _side_by_side(block, cells)]
    for tile in TILE_HEIGHTS:
        least = [_least(row, cells, tile) for row in rows]
        if sum(least) <= lines:
            break
    while sum(least) > lines and len(rows) > 1:
        gone = max((at for at, row in enumerate(rows) if not _vital(row)), default=len(rows) - 1)
        del rows[gone], least[gone]
    heights = _share(rows, least, cells, lines, tile)
    spots: list[Spot] = []
    y = 0
    for row, height in zip(rows, heights, strict=True):
        spots += _across(row, y, cells, min(height, lines - y), tile)
        y += height
    return [spot for spot in spots if spot.lines > 0]


def _vital(row: Block) -> bool:
    return any(panel.tiles() or panel.kind == "alerts" for panel, _ in row.panels)


def _side_by_side(block: Block, cells: int) -> list[Block]:
    """A row as it is where its panels fit beside each other, else one row per panel."""
    others = [item for item in block.panels if not item[0].tiles()]
    if len(block.panels) == 1 or (not others) or cells // len(block.panels) >= PANEL_WIDTH:
        return [block]
    return [Block((item,), block.height) for item in block.panels]


def _tile_lines(panel: Placeable, cells: int, tile: int) -> int:
    if not panel.tiles():
        return 0
    across = per_line(panel.tiles(), cells)
    if tile == 1:
        across = max(1, cells // 48)
    return -(-panel.tiles() // across) * tile


def _least(row: Block, cells: int, tile: int) -> int:
    return max(
        _tile_lines(panel, cells // len(row.panels), tile) if panel.tiles() else panel.least()
        for panel, _ in row.panels
    )


def _share(rows: list[Block], least: list[int], cells: int, lines: int, tile: int) -> list[int]:
    """Heights: what rows ask for, then what their panels could show; then air, larger tiles, and what helps further."""
    heights = list(least)
    spare = lines - sum(heights)
    tiled = [
        max(_tile_lines(panel, cells // len(row.panels), TILE_MOST) for panel, _ in row.panels) // TILE_MOST
        for row in rows
    ]

    def grow(towards: list[int]) -> None:
        """One line each in turn, so that no row starves another."""
        nonlocal spare
        while spare > 0 and any(height < goal for height, goal in zip(heights, towards, strict=True)):
            for at, goal in enumerate(towards):
                if heights[at] < goal and spare > 0:
                    heights[at] += 1
                    spare -= 1

    def each(measure: Callable[[Placeable, int], int]) -> list[int]:
        return [
            0 if tiled[at] else max(measure(panel, cells // len(row.panels)) for panel, _ in row.panels)
            for at, row in enumerate(rows)
        ]

    grow([0 if tiled[at] or row.height is None else row.height for at, row in enumerate(rows)])
    wants = each(lambda panel, size: panel.wanted(size))
    grow([want if row.height is None else 0 for want, row in zip(wants, rows, strict=True)])
    for at, row in enumerate(rows):
        # beyond the height its author gave, a panel grows only if that shows all of it
        if row.height is not None and 0 < wants[at] - heights[at] <= spare - 1:
            grow([want if other == at else 0 for other, want in enumerate(wants)])
    if tile >= 4:
        grow([count and least[at] + 1 for at, count in enumerate(tiled)])
        grow([count and count * TILE_MOST + 1 for count in tiled])
    grow(each(lambda panel, size: panel.most(size)))
    return heights


def _across(row: Block, y: int, cells: int, lines: int, tile: int) -> list[Spot]:
    total = sum(max(1, weight) for _, weight in row.panels)
    gap = 2 if len(row.panels) > 1 else 0
    room = cells - gap * (len(row.panels) - 1)
    spots: list[Spot] = []
    x = 0
    for position, (panel, weight) in enumerate(row.panels):
        size = cells - x if position == len(row.panels) - 1 else room * max(1, weight) // total
        high = tile
        if panel.tiles() and tile > 1:
            high = max(tile, min(TILE_MOST, (lines - 1) // -(-panel.tiles() // per_line(panel.tiles(), size))))
        spots.append(Spot(panel, x, y, size, lines, high if panel.tiles() else 0))
        x += size + gap
    return spots


def _essentials(blocks: Sequence[Block], cells: int, lines: int) -> list[Spot]:
    """Alerts on top, at most half of the screen, then the KPIs as a list."""
    panels = [panel for block in blocks for panel, _ in block.panels]
    alerts = next((panel for panel in panels if panel.kind == "alerts"), None)
    tiles = next((panel for panel in panels if panel.tiles()), None)
    spots: list[Spot] = []
    y = 0
    if alerts is not None:
        room = lines if tiles is None else max(min(alerts.wanted(cells), lines - tiles.tiles()), min(4, lines // 2))
        spots.append(Spot(alerts, 0, 0, cells, min(lines, room)))
        y = min(lines, room)
    if tiles is not None and lines > y:
        spots.append(Spot(tiles, 0, y, cells, lines - y, 1))
    if not spots and panels:
        spots.append(Spot(panels[0], 0, 0, cells, lines))
    return spots
