"""A KPI as a bullet gauge: how far the bar is, in which band, and how far the target."""

from __future__ import annotations

from opsconsole.console.address import Address
from opsconsole.console.draw.gauge import gauge
from opsconsole.console.draw.tile import one_line
from opsconsole.console.panels import Panel, heading, value_note
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, inert


class GaugePanel(Panel):
    """Heading with the value, bar, bands and scale."""

    kind = "gauge"

    def breadth(self) -> int:
        return 24

    def least(self) -> int:
        return 1

    def wanted(self, _cells: int) -> int:
        return 4

    def most(self, _cells: int) -> int:
        return 5

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        kpi = self.kpi()
        if spot.lines == 1:
            return [one_line(kpi, spot.cells, focused)]
        title = heading(inert(kpi.title or kpi.name), value_note(kpi), spot.cells, focused)
        return [title, *gauge(kpi, spot.cells, spot.lines - 1)]

    def open(self) -> Address | None:
        return Address("kpi", name=self.spec.of)
