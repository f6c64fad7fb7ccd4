"""Words that the layout's author put there."""

from __future__ import annotations

from opsconsole.console.panels import Panel, heading
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, fit, inert, restyle, wrap


class TextPanel(Panel):
    """Words that the layout's author put there."""

    kind = "text"
    focusable = False

    def breadth(self) -> int:
        return 16

    def least(self) -> int:
        return 1

    def wanted(self, cells: int) -> int:
        return len(wrap(self.spec.text, max(10, cells - 2))) + bool(self.spec.title)

    def draw(self, spot: Spot, _focused: bool) -> list[Line]:
        head = [heading(inert(self.spec.title), [], spot.cells, False)] if self.spec.title else []
        body = [fit([(" " + inert(line), "")], spot.cells) for line in wrap(self.spec.text, max(10, spot.cells - 2))]
        return [*head, *(restyle(line, "dim") for line in body)][: spot.lines]
