"""The goals: objectives with their KPIs, and beside or below them what needs attention first."""

from __future__ import annotations

from typing import Any

from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.pane import Pane
from opsconsole.console.panels import Panel
from opsconsole.console.panels.goals import AttentionPanel, GoalsPanel
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, beside
from opsconsole.console.views.base import View
from opsconsole.site.model import Panel as PanelSpec

SIDE_BY_SIDE = 150
BOTH = 14
"""The fewest lines that show both panels below each other; with fewer, tab goes from one to the other."""


class GoalsView(View):
    """Two panels, of which one has the focus."""

    KEPT = ("at",)

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.panels: list[Panel] = [
            GoalsPanel(ctx, PanelSpec("goals")),
            AttentionPanel(ctx, PanelSpec("attention")),
        ]
        self.at = 0

    @property
    def stack(self) -> str:
        return "goals"

    @property
    def panel(self) -> Panel:
        """The panel that has the focus."""
        return self.panels[self.at]

    @property
    def pane(self) -> Pane | None:
        return self.panel.pane

    def lists(self) -> dict[str, Pane]:
        return {panel.kind: panel.pane for panel in self.panels if panel.pane is not None}

    def recall(self, state: dict[str, Any]) -> None:
        super().recall(state)
        self.at = int(self.at > 0)

    def update(self, _topics: set[str]) -> None:
        for panel in self.panels:
            panel.update()

    def draw(self, cells: int, lines: int) -> list[Line]:
        goals, attention = self.panels
        if cells >= SIDE_BY_SIDE and goals.most(cells) + attention.most(cells) > lines:
            left = (cells - 2) * 2 // 3
            sizes = (left, cells - 2 - left)
            drawn = [(size, self._draw(panel, size, lines)) for panel, size in zip(self.panels, sizes, strict=True)]
            return beside(drawn, 2, lines)
        if lines < BOTH:
            return self._draw(self.panel, cells, lines)
        share = lines // 2 if self.at else lines // 3  # the one with the focus explains itself
        room = max(share, lines - goals.most(cells))
        below = min(max(4, attention.most(cells)), room)
        above = min(goals.most(cells), lines - below)
        return [*self._draw(goals, cells, above), *self._draw(attention, cells, below)]

    def _draw(self, panel: Panel, cells: int, lines: int) -> list[Line]:
        return panel.draw(Spot(panel, 0, 0, cells, lines), panel is self.panel)

    def move(self, dx: int, dy: int) -> None:
        """Left and right go to the other panel; so does down from the last goal and up from the first concern."""
        if dx:
            self.at = int(dx > 0)
        elif not self.panel.move(0, dy) and abs(dy) == 1:
            self.at = int(dy > 0)

    def do_next_panel(self) -> None:
        self.at = 1 - self.at

    def do_previous_panel(self) -> None:
        self.at = 1 - self.at

    def target(self) -> Address | None:
        return self.panel.open()
