"""One alert on a screen of its own, with everything that is known of it; every action on alerts works here too."""

from __future__ import annotations

from opsconsole.console.address import Address
from opsconsole.console.alert_facts import AlertFacts
from opsconsole.console.alert_lists import FULL, AlertRows
from opsconsole.console.context import Context
from opsconsole.console.detail import CHART_LEAST, CHART_MOST, parts_of
from opsconsole.console.pane import Pane
from opsconsole.console.parts import shared
from opsconsole.console.text import Line, fit, inert
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AlertDetail, AlertState, AskAlert


class AlertView(View):
    """One alert; Enter leads to its rows."""

    KEPT = ("_top",)

    @property
    def stack(self) -> str:
        return "alerts"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.last: AlertState | None = None
        # One row, so that every action on alerts works here as it does in the list.
        self._pane = Pane(FULL, empty="")
        self._rows = AlertRows(FULL)
        self._facts = AlertFacts(ctx, lambda: ctx.seconds(self.address.at), rest=0.0)
        self._top = 0
        self._hidden = 0
        self._room = 1

    @property
    def pane(self) -> Pane:
        return self._pane

    def alert(self, key: str) -> AlertState | None:
        return self.ctx.model.alerts.get(key) or (self._state() if key == self.address.name else None)

    def _state(self) -> AlertState | None:
        """The alert as the list has it, else as it was answered: the list may have the most urgent only."""
        alert = self.ctx.model.alerts.get(self.address.name)
        if alert is not None or self.last is None:
            return alert
        detail = self._facts.of(self.last).detail
        return detail.state if detail is not None else self.last if not self.ctx.model.all_at_hand else None

    def label(self) -> str:
        alert = self.ctx.model.alerts.get(self.address.name) or self.last
        return inert(alert.text) if alert else f"alert {inert(self.address.name)}"

    def update(self, _topics: set[str]) -> None:
        alert = self._state()
        self.last = alert or self.last
        self._pane.set_rows(self._rows.rows([alert] if alert else [], self.ctx.now(), self.ctx.model.timezone))

    async def load(self) -> None:
        self._facts.renew()
        if self.last is None:
            # it is not among the most urgent that are at hand
            answer = await self.ask(AskAlert(self.address.name))
            if isinstance(answer, AlertDetail) and answer.state is not None and self.last is None:
                self.last = answer.state
                self.update(set())

    def draw(self, cells: int, lines: int) -> list[Line]:
        if self.last is None:
            name = inert(self.address.name)
            said = f" no open alert has the id {name}: :alerts lists those that are open, :log what was"
            return [fit([(said, "dim")], cells), *(fit([], cells) for _ in range(lines - 1))]
        out = self._pane.draw(cells, 2, True)
        if self._pane.current is None:
            what = "was not open then" if self.address.at else "has closed"
            told = f" this alert {what}; what follows is how it was last seen"
            out = [fit([(told, "bold")], cells), fit([], cells)]
        out.append(fit([("─" * cells, "rule")], cells))
        self._room = max(1, lines - len(out) - 1)
        # all of it, with a chart that leaves room for the rest; what does not fit is scrolled to
        high = max(CHART_LEAST, min(CHART_MOST, self._room // 3))
        parts = parts_of(self.ctx, self.last, cells, self._facts.of(self.last), high)
        body = [fit(line, cells) for line in shared(parts, max(self._room, sum(part.most for part in parts)))]
        self._hidden = max(0, len(body) - self._room)
        self._top = min(self._top, self._hidden)
        shown = body[self._top : self._top + self._room]
        out += [*shown, *(fit([], cells) for _ in range(self._room - len(shown)))]
        below = len(body) - self._top - len(shown)
        more = f" · {below} more lines below" if below > 0 else ""
        return [*out, fit([(self.ctx.told(" {open} all rows behind it") + more, "dim")], cells)]

    def move(self, _dx: int, dy: int) -> None:
        self._top = max(0, min(self._top + dy, self._hidden))

    def do_top(self) -> None:
        self._top = 0

    def do_bottom(self) -> None:
        self._top = self._hidden

    def _height(self) -> int:
        return self._room

    def target(self) -> Address | None:
        return Address("rows", of="alert", name=self.address.name)
