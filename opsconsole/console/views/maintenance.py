"""Maintenance windows: what is silent, from when to when, why and by whom."""

from __future__ import annotations

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.maintenance_words import USAGE
from opsconsole.console.pane import Column, Pane, Row, cell
from opsconsole.console.panels import heading
from opsconsole.console.planning import scope_words
from opsconsole.console.text import Line, fit, inert
from opsconsole.console.views.base import View
from opsconsole.engine.messages import Maintenance

COLUMNS = (
    Column("state", 8),
    Column("of", 16, grow=True, most=40),
    Column("from", 17),
    Column("to", 17),
    Column("left", 5, "right", drop=2),
    Column("by", 8, drop=1),
    Column("reason", 14, grow=True, drop=3),
)


class MaintenanceView(View):
    """The windows, those that run first, then those to come, then those that are over."""

    @property
    def stack(self) -> str:
        return "maintenance"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self._pane = Pane(COLUMNS, empty="no window is planned")

    @property
    def pane(self) -> Pane:
        return self._pane

    def update(self, _topics: set[str]) -> None:
        now, zone = self.ctx.now(), self.ctx.model.timezone
        order = {"runs": 0, "planned": 1, "over": 2}
        windows = sorted(self.ctx.model.maintenance, key=lambda each: (order[state_of(each, now)], each.start))
        self._pane.set_rows([_row(each, now, zone) for each in windows])

    def draw(self, cells: int, lines: int) -> list[Line]:
        out = [heading("Maintenance", [("alerts of these are suppressed meanwhile", "dim")], cells, True)]
        out += self._pane.draw(cells, lines - 2, True)
        return [*out, fit([(f" :maintenance {USAGE}", "dim")], cells)]


def state_of(window: Maintenance, now: float) -> str:
    """Whether it runs, is planned or over."""
    if window.ended is not None or window.end <= now:
        return "over"
    return "runs" if window.start <= now else "planned"


def _row(window: Maintenance, now: float, zone: str) -> Row:
    state = state_of(window, now)
    end = window.ended if window.ended is not None else window.end
    left = fmt.age(window.end - now) if state == "runs" else ""
    cells = (
        cell(state),
        cell(inert(scope_words(window))),
        cell(fmt.day_clock(window.start, zone)),
        cell(fmt.day_clock(end, zone)),
        cell(left),
        cell(inert(window.by)),
        cell(inert(window.reason)),
    )
    style = {"runs": "bold", "over": "dim"}.get(state, "")
    return Row(window.id, cells, style, f"{scope_words(window)}\t{window.start}\t{end}\t{window.reason}")
