"""Rows behind a KPI or an alert, or of a whole source, as a table of any size."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.grid.grid import Grid
from opsconsole.console.grid.shape import Shape
from opsconsole.console.pane import Pane
from opsconsole.console.text import Line, inert
from opsconsole.console.views.base import View
from opsconsole.engine.table_messages import TableOf


class RowsView(View):
    """A screen that is one table. How it is looked at is part of its address."""

    @property
    def stack(self) -> str:
        return "rows"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self._grid = Grid(ctx, self._base(), address.table, self._at, self._changed)

    @property
    def grid(self) -> Grid | None:
        return self._grid

    @property
    def pane(self) -> Pane | None:
        """The list that is open beside the table."""
        return self._grid.aside.pane if self._grid.aside is not None else None

    def _base(self) -> TableOf:
        of = {self.address.of: self.address.name}
        start, end = self.ctx.range_seconds(self.address.over) or (None, None)
        return TableOf(
            kpi=of.get("kpi", ""),
            alert=of.get("alert", ""),
            source=of.get("source", ""),
            where=dict(self.address.where),
            at=self.ctx.asked_at(self.address.at),
            start=start,
            end=end,
        )

    def _at(self, shape: Shape) -> Address:
        return replace(self.address, table=shape)

    def _changed(self, shape: Shape) -> None:
        self.address = replace(self.address, table=shape)

    def label(self) -> str:
        return self.crumbs()[-1]

    def crumbs(self) -> list[str]:
        chosen = [f"{inert(dim)} {inert(member or '(none)')}" for dim, member in self.address.where]
        if self.address.of == "kpi":
            kpi = self.ctx.model.kpis.get(self.address.name)
            return [inert(kpi.title or kpi.name) if kpi else inert(self.address.name), *chosen, "rows"]
        if self.address.of == "source":
            return [" ".join([inert(self.address.name), *chosen])]
        return [" ".join(chosen) or "rows"]

    def sql_address(self) -> Address | None:
        if self.address.of != "kpi":
            return None
        return Address("sql", name=self.address.name, where=self.address.where, show="rows")

    def update(self, topics: set[str]) -> None:
        self._grid.update(topics)

    async def load(self) -> None:
        self._grid.base = self._base()
        await self._grid.load()

    def remember(self) -> dict[str, Any]:
        return self._grid.remember()

    def recall(self, state: dict[str, Any]) -> None:
        self._grid.recall(state)

    # --- moving: the list beside the table has the keys while it is open ---

    def move(self, dx: int, dy: int) -> None:
        if self._grid.aside is not None:
            self._grid.aside.move(dx, dy)
        else:
            self._grid.move(dx, dy)

    def _height(self) -> int:
        return self.pane.height if self.pane is not None else self._grid.height

    def _goto(self, index: int) -> None:
        if self._grid.aside is not None:
            self._grid.aside.goto(index)
        else:
            self._grid.goto(index)

    def do_top(self) -> None:
        self._goto(0)

    def do_bottom(self) -> None:
        self._goto(len(self.pane.rows) - 1 if self.pane is not None else self._grid.rows - 1)

    def do_open(self) -> None:
        if self._grid.aside is not None and self._grid.aside.pane is not None:
            self._grid.aside.open()
            return
        target = self._grid.target()
        if target is not None:
            self.ctx.go(target)
        elif self._grid.rows and self._grid.current is None:
            self.ctx.say("this row is on its way: press again")

    def do_next_hit(self) -> None:
        self._hit(1)

    def do_previous_hit(self) -> None:
        self._hit(-1)

    def _hit(self, step: int) -> None:
        if self.pane is not None:
            (super().do_next_hit if step > 0 else super().do_previous_hit)()
        elif not self._grid.searched:
            self.ctx.say(self.ctx.told("filter with {filter} first"))
        elif not self._grid.hit(step):
            self.ctx.say("no other row matches among those at hand; / finds all of them")

    def unfilter(self) -> bool:
        pane = self.pane
        if pane is not None and pane.filter:
            pane.set_filter("")
            return True
        return self._grid.pop()

    def copied(self) -> str:
        grid = self._grid
        if grid.aside is not None:
            return grid.aside.copied()
        row, column = grid.current, grid.here
        return grid.copied(column, row) if row is not None and column is not None else ""

    def draw(self, cells: int, lines: int) -> list[Line]:
        return self._grid.draw(cells, lines)
