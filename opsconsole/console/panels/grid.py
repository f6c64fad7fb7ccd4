"""A heat map: a KPI by a dimension and by time."""

from __future__ import annotations

from opsconsole.console.address import Address
from opsconsole.console.draw.heat import heat
from opsconsole.console.panels import Panel, heading
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, fit, inert


class GridPanel(Panel):
    """A KPI by dimension and hour."""

    kind = "grid"

    def wanted(self, _cells: int) -> int:
        grid = self.ctx.model.grids.get((self.spec.of, self.spec.by))
        return len(grid.members) + 2 if grid else 3

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        kpi = self.ctx.model.kpis.get(self.spec.of)
        grid = self.ctx.model.grids.get((self.spec.of, self.spec.by))
        title = self.spec.title or f"{kpi.title if kpi else self.spec.of} by {self.spec.by} and time"
        unit: Line = [(inert(kpi.unit), "dim")] if kpi and kpi.unit else []
        body: list[Line] = [fit([("  no data in this window yet", "dim")], spot.cells)]
        if grid is not None and grid.members:
            room = spot.lines - 1 if self.spec.most is None else min(spot.lines - 1, self.spec.most + 2)
            body = heat(grid, kpi, self.ctx.model.timezone, spot.cells, room)
        return [heading(inert(title), unit, spot.cells, focused), *body]

    def open(self) -> Address | None:
        return Address("kpi", name=self.spec.of, by=self.spec.by)
