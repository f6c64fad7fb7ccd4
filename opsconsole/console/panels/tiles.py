"""Neighbouring KPI tiles of a row, with one cursor over them."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw.tile import one_line, tile
from opsconsole.console.panels import Panel, state_of
from opsconsole.console.place import TILE_WIDTH, Spot, per_line
from opsconsole.console.text import Line, beside
from opsconsole.site.model import Panel as PanelSpec


class TilesPanel(Panel):
    """Neighbouring KPI tiles of a row, with one cursor over them."""

    kind = "kpi"

    def __init__(self, ctx: Context, specs: Sequence[PanelSpec]) -> None:
        super().__init__(ctx, specs[0])
        self.specs = list(specs)
        self.at = 0
        self._across = 1

    def tiles(self) -> int:
        return len(self.specs)

    def breadth(self) -> int:
        return TILE_WIDTH

    def least(self) -> int:
        return 1

    def update(self) -> None:
        self.at = min(self.at, len(self.specs) - 1)

    def name(self) -> str:
        """The KPI under the cursor."""
        return self.specs[self.at].of

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        states = [state_of(self.ctx.model, spec) for spec in self.specs]
        size, _ = self._sizes(spot)
        if spot.tile == 1:
            drawn = [[one_line(kpi, size, focused and at == self.at)] for at, kpi in enumerate(states)]
            return self._grid(drawn, size, 1, spot)
        drawn = [tile(kpi, size, spot.tile, focused and at == self.at) for at, kpi in enumerate(states)]
        return self._grid(drawn, size, spot.tile, spot)

    def _sizes(self, spot: Spot) -> tuple[int, int]:
        """The cells of a tile, and those between two; how many stand side by side is set."""
        self._across = max(1, spot.cells // 48) if spot.tile == 1 else per_line(len(self.specs), spot.cells)
        gap = 1 if spot.cells < 100 and spot.tile > 1 else 2
        return (spot.cells - gap * (self._across - 1)) // self._across, gap

    def rectangle(self, spot: Spot, number: int) -> tuple[int, int, int, int] | None:
        """Where one of its tiles is drawn: first cell and line, cells and lines; None where it is out of sight."""
        size, gap = self._sizes(spot)
        first, shown = self._scrolled(spot, -(-len(self.specs) // self._across))
        row = number // self._across - first
        if not 0 <= row < shown:
            return None
        return spot.x + number % self._across * (size + gap), spot.y + row * spot.tile, size, spot.tile

    def _scrolled(self, spot: Spot, rows: int) -> tuple[int, int]:
        """The first row of tiles in sight, and how many there are."""
        shown = max(1, spot.lines // spot.tile)
        here = self.at // self._across
        return (max(0, min(here - shown + 1, rows - shown)) if here >= shown else 0), shown

    def _grid(self, drawn: list[list[Line]], size: int, lines: int, spot: Spot) -> list[Line]:
        rows = [drawn[at : at + self._across] for at in range(0, len(drawn), self._across)]
        first, shown = self._scrolled(spot, len(rows))
        out: list[Line] = []
        for row in rows[first : first + shown]:
            out += beside([(size, block) for block in row], 1 if spot.cells < 100 and lines > 1 else 2, lines)
        return out

    def move(self, dx: int, dy: int) -> bool:
        target = self.at + dx + dy * self._across
        if dx and target // self._across != self.at // self._across:
            return False
        if not 0 <= target < len(self.specs):
            return False
        self.at = target
        return True

    def open(self) -> Address | None:
        return Address("kpi", name=self.name())

    def inherit(self, old: Panel) -> None:
        if isinstance(old, TilesPanel):
            names = [spec.of for spec in self.specs]
            self.at = names.index(old.name()) if old.name() in names else 0
