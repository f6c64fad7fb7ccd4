"""A KPI by a dimension, worst first, as a list."""

from __future__ import annotations

from opsconsole.console import lists
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.pane import Pane
from opsconsole.console.panels import Panel, heading
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, inert
from opsconsole.site.model import Panel as PanelSpec


class BreakdownPanel(Panel):
    """A KPI by a dimension, worst first."""

    kind = "breakdown"

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.pane = Pane(lists.BREAKDOWN, empty="no data in this window yet", header=False)

    def update(self) -> None:
        assert self.pane is not None
        table = self.ctx.model.breakdowns.get((self.spec.of, self.spec.by))
        kpi = self.ctx.model.kpis.get(self.spec.of)
        self.pane.set_rows(lists.breakdown_rows(table, kpi)[: self.spec.most] if table else [])

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        assert self.pane is not None
        kpi = self.ctx.model.kpis.get(self.spec.of)
        title = self.spec.title or f"{kpi.title if kpi else self.spec.of} by {self.spec.by}"
        note: Line = [(kpi.window, "dim")] if kpi and kpi.window else []
        lines = self.pane.draw(spot.cells, spot.lines - 1, focused)
        if more := self.pane.more():
            note.append((f" · {more}", "dim"))
        return [heading(inert(title), note, spot.cells, focused), *lines]

    def open(self) -> Address | None:
        assert self.pane is not None
        if self.pane.current is None:
            return Address("kpi", name=self.spec.of, by=self.spec.by)
        member = lists.key_member(self.pane.current.key)
        return Address("rows", of="kpi", name=self.spec.of, where=((self.spec.by, member),))
