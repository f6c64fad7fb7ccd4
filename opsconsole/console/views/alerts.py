"""The alert list with the alert under the cursor below it, and one alert on a screen of its own."""

from __future__ import annotations

from opsconsole.console import lists, signs
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.detail import detail
from opsconsole.console.pane import Pane
from opsconsole.console.panels import heading, keep_order, none_open
from opsconsole.console.text import Line, fit, inert
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AlertState

DETAIL_LEAST, DETAIL_MOST = 7, 16
NONE = "no open alerts: all is well, or nothing is measured yet"


class AlertsView(View):
    """All open alerts, worst first."""

    @property
    def stack(self) -> str:
        return "alerts"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self._pane = Pane(lists.ALERTS_FULL, empty=NONE, leads=True)

    @property
    def pane(self) -> Pane:
        return self._pane

    def update(self, _topics: set[str]) -> None:
        model, now = self.ctx.model, self.ctx.now()
        rows = [lists.alert_row(alert, now, model.timezone, full=True) for alert in model.alerts_in_order()]
        self._pane.empty = none_open(model, NONE)
        self._pane.set_rows(keep_order(self._pane, rows))

    def draw(self, cells: int, lines: int) -> list[Line]:
        alert = self.ctx.model.alerts.get(self._pane.cursor or "")
        below = 0
        if alert is not None and lines >= 18:
            below = max(DETAIL_LEAST, min(DETAIL_MOST, lines - len(self._pane.all) - 3))
        out = [heading("Alerts", self._note(), cells, True), *self._pane.draw(cells, lines - 1 - below, True)]
        if below and alert is not None:
            out.append(heading(f"{signs.alert_sign(alert.priority)} {inert(alert.text)}", [], cells, False))
            out += detail(self.ctx, alert, cells, below - 1)
        return out

    def _note(self) -> Line:
        model, pane = self.ctx.model, self._pane
        unacknowledged = model.unacknowledged()
        note: Line = [(f"{len(model.alerts)} open", "dim")]
        if unacknowledged:
            note.append((f" · {unacknowledged} unacknowledged", "bold"))
        if pane.marks:
            note.append((f" · {len(pane.marks)} marked", "bold"))
        if pane.filter:
            note.append((f" · {len(pane.rows)} of {len(pane.all)} shown, filter: {inert(pane.filter)}", "bold"))
        return note

    def target(self) -> Address | None:
        return Address("alert", name=self._pane.current.key) if self._pane.current else None


class AlertView(View):
    """One alert; Enter leads to its rows."""

    @property
    def stack(self) -> str:
        return "alerts"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.last: AlertState | None = None
        # One row, so that every action on alerts works here as it does in the list.
        self._pane = Pane(lists.ALERTS_FULL, empty="")

    @property
    def pane(self) -> Pane:
        return self._pane

    def label(self) -> str:
        alert = self.ctx.model.alerts.get(self.address.name) or self.last
        return inert(alert.text) if alert else f"alert {inert(self.address.name)}"

    def update(self, _topics: set[str]) -> None:
        alert = self.ctx.model.alerts.get(self.address.name)
        self.last = alert or self.last
        model = self.ctx.model
        self._pane.set_rows([lists.alert_row(alert, self.ctx.now(), model.timezone, full=True)] if alert else [])

    def draw(self, cells: int, lines: int) -> list[Line]:
        if self.last is None:
            return [fit([(f" no open alert has the id {inert(self.address.name)}", "dim")], cells)]
        gone = self.address.name not in self.ctx.model.alerts
        out = self._pane.draw(cells, 2, True)
        if gone:
            what = "was not open then" if self.address.at else "has closed"
            told = f" this alert {what}; what follows is how it was last seen"
            out = [fit([(told, "bold")], cells), fit([], cells)]
        out.append(fit([("─" * cells, "rule")], cells))
        return [
            *out,
            *detail(self.ctx, self.last, cells, lines - len(out) - 1),
            fit([(" ↵ the rows behind it", "dim")], cells),
        ]

    def target(self) -> Address | None:
        return Address("rows", of="alert", name=self.address.name)
