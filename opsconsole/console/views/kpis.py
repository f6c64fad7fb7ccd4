"""The list of KPIs."""

from __future__ import annotations

from opsconsole.console import lists, signs
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.empty import no_kpis
from opsconsole.console.pane import Pane
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, inert
from opsconsole.console.views.base import View


class KpisView(View):
    """All KPIs on a line each: what needs attention first, or in the site's order."""

    KEPT = ("urgent_first",)

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.urgent_first = True
        self._pane = Pane(lists.KPIS)

    @property
    def pane(self) -> Pane:
        return self._pane

    @property
    def stack(self) -> str:
        return "kpis"

    def label(self) -> str:
        return "KPIs"

    def update(self, _topics: set[str]) -> None:
        kpis = list(self.ctx.model.kpis.values())
        if self.urgent_first:
            places = {each.kpi: place for place, each in enumerate(self.ctx.model.attention)}
            kpis.sort(key=lambda kpi: (places.get(kpi.name, len(places)), signs.SEVERITY[kpi.status]))
        self._pane.empty = no_kpis(self.ctx.model)
        self._pane.columns, rows = lists.told(lists.KPIS, [lists.kpi_row(kpi) for kpi in kpis], lists.KPIS_OPTIONAL)
        self._pane.set_rows(rows)

    def do_order(self) -> None:
        self.urgent_first = not self.urgent_first
        self.update(set())
        self._pane.goto(0)

    def draw(self, cells: int, lines: int) -> list[Line]:
        order = "what needs attention first" if self.urgent_first else "as in the site file"
        note: Line = [(f"{filter_note(self._pane)} · {order}", "dim")]
        return [heading("KPIs", note, cells, True), *self._pane.draw(cells, lines - 1, True)]

    def target(self) -> Address | None:
        return Address("kpi", name=self._pane.current.key) if self._pane.current else None


def filter_note(pane: Pane) -> str:
    """ "12", or "3 of 12, filter: weld"."""
    if pane.filter:
        return f"{len(pane.rows)} of {len(pane.all)}, filter: {inert(pane.filter)}"
    return str(len(pane.all))
