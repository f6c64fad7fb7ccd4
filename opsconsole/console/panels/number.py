"""A KPI's value in large digits, to be read from across the room."""

from __future__ import annotations

from opsconsole.console import fmt, signs
from opsconsole.console.address import Address
from opsconsole.console.draw.charts import bullet, spark
from opsconsole.console.draw.digits import large
from opsconsole.console.draw.tile import change, goal, one_line, window_word
from opsconsole.console.panels import Panel, heading, value_note
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, clip, fit, inert, width
from opsconsole.engine.messages import KpiState


class NumberPanel(Panel):
    """The value as large as it fits; with room to spare its target and its trend below."""

    kind = "number"

    def breadth(self) -> int:
        return 20

    def least(self) -> int:
        return 1

    def wanted(self, _cells: int) -> int:
        return 1 + 5 + 2

    def most(self, cells: int) -> int:
        return 1 + 10 + 2 if cells >= 48 else self.wanted(cells)

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        kpi, cells = self.kpi(), spot.cells
        if spot.lines == 1:
            return [one_line(kpi, cells, focused)]
        title = inert(kpi.title or kpi.name)
        room = spot.lines - 1
        figure = fmt.number(kpi.value, kpi.decimals) if kpi.value is not None else ""
        digits = large(figure, cells - 4 - width(inert(kpi.unit)), room)
        if not digits:
            plain: list[Line] = [[(" ", ""), *value_note(kpi)], *self._below(kpi, cells)]
            return [heading(title, [], cells, focused), *(fit(line, cells) for line in plain)][: spot.lines]
        left = room - len(digits)
        below = self._below(kpi, cells)[:left] if left else []
        if below and len(below) < left:
            below = [[], *below]  # the mark of the bullet would grow out of the digits
        note: Line = [(signs.sign(kpi.status), signs.style(kpi.status) or "dim"), (f" {window_word(kpi)}", "dim")]
        arrow, arrow_style = change(kpi)
        style = signs.style(kpi.status)
        drawn: list[Line] = [[(" ", ""), (line, f"{style} shape".strip())] for line in digits]
        drawn[-1].append((f" {inert(kpi.unit)}", style or ""))
        if width(digits[0]) + 3 + width(arrow) <= cells:
            drawn[-2].append((f"  {arrow}", arrow_style))
        elif arrow:
            note = [*note[:1], (f" {arrow}", arrow_style), *note[1:]]
        return [heading(title, note, cells, focused), *(fit(line, cells) for line in [*drawn, *below])]

    def _below(self, kpi: KpiState, cells: int) -> list[Line]:
        """What it is measured against, and where it came from; why there is no value, where there is none."""
        if kpi.value is None and kpi.reason:
            return [[(f" {clip(inert(kpi.reason), cells - 2)}", "dim")]]
        out: list[Line] = []
        aim = goal(kpi)
        line = bullet(kpi, min(cells - 3 - width(aim), 40), signs.style(kpi.status) or "bar")
        if line:
            out.append([(" ", ""), *line, (f" {aim}", "dim")])
        trend = spark(kpi.trend, min(cells - 2, 40))
        return [*out, [(f" {trend}", "bar")]] if trend else out

    def open(self) -> Address | None:
        return Address("kpi", name=self.spec.of)
