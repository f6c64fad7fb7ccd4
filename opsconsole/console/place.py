"""Where the panels of a layout go on a screen of a given size: rectangles in, nothing drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

ESSENTIAL_WIDTH, ESSENTIAL_HEIGHT = 58, 13
TILE_WIDTH, TILE_HEIGHTS = 18, (5, 4, 3, 1)
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
    fit = max(1, min(tiles, (cells + 2) // (TILE_WIDTH + 2)))
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
    """Heights: first what rows ask for, then what their panels could show, then the rest to the last that can grow."""
    heights = list(least)
    spare = lines - sum(heights)

    def grow(at: int, to: int) -> None:
        nonlocal spare
        more = max(0, min(to - heights[at], spare))
        heights[at] += more
        spare -= more

    tiled = [any(panel.tiles() for panel, _ in row.panels) for row in rows]
    for at, row in enumerate(rows):
        if row.height is not None and not tiled[at]:
            grow(at, row.height)
    wants = [max(panel.wanted(cells // len(row.panels)) for panel, _ in row.panels) for row in rows]
    open_ended = [at for at, row in enumerate(rows) if row.height is None and not tiled[at]]
    while spare > 0 and any(heights[at] < wants[at] for at in open_ended):
        for at in open_ended:
            grow(at, min(wants[at], heights[at] + 1))
    for at in range(len(rows)):
        if tiled[at] and tile >= 4 and spare > 0:
            grow(at, heights[at] + 1)
    if open_ended and spare > 0:
        grow(open_ended[-1], lines)
    return heights


def _across(row: Block, y: int, cells: int, lines: int, tile: int) -> list[Spot]:
    total = sum(max(1, weight) for _, weight in row.panels)
    gap = 2 if len(row.panels) > 1 else 0
    room = cells - gap * (len(row.panels) - 1)
    spots: list[Spot] = []
    x = 0
    for position, (panel, weight) in enumerate(row.panels):
        size = cells - x if position == len(row.panels) - 1 else room * max(1, weight) // total
        spots.append(Spot(panel, x, y, size, lines, tile if panel.tiles() else 0))
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
