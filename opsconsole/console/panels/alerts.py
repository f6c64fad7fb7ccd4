"""The open alerts, worst first; in a flood by incident."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.console import alert_lists, fmt
from opsconsole.console.address import Address
from opsconsole.console.alert_facts import AlertFacts
from opsconsole.console.context import Context
from opsconsole.console.empty import no_alerts
from opsconsole.console.flood import Fold, grouped
from opsconsole.console.pane import Pane
from opsconsole.console.panels import Panel, heading, keep_order
from opsconsole.console.place import Spot
from opsconsole.console.text import Line
from opsconsole.engine.messages import AlertState
from opsconsole.site.model import Panel as PanelSpec


class AlertsPanel(Panel):
    """The open alerts, worst first."""

    kind = "alerts"

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.pane = Pane(alert_lists.SHORT, empty="no open alerts", header=False, leads=True)
        self._rows = alert_lists.AlertRows(alert_lists.SHORT)
        self.folds: dict[str, Fold] = {}
        self._unfolded: set[str] = set()
        self._facts = AlertFacts(ctx, lambda: ctx.model.site.as_of if ctx.model.site is not None else None)

    def least(self) -> int:
        return 3

    def wanted(self, _cells: int) -> int:
        assert self.pane is not None
        return max(3, len(self.pane.all) + 1)

    def update(self) -> None:
        assert self.pane is not None
        model, now = self.ctx.model, self.ctx.now()
        rows = self._rows.rows(self._entries(), now, model.timezone)
        self.pane.empty = no_alerts(model)
        self.pane.set_rows(keep_order(self.pane, rows))

    def _entries(self) -> Sequence[AlertState | Fold]:
        """In a flood by incident, as the alert list has them; what is filtered is shown one by one."""
        assert self.pane is not None
        model = self.ctx.model
        alerts = model.alerts_in_order()
        if model.alert_counts.flood_since is None or self.pane.filter:
            self.folds = {}
            return alerts
        entries = grouped(alerts, self._unfolded)
        self.folds = {entry.key: entry for entry in entries if isinstance(entry, Fold)}
        return entries

    def fold(self, key: str, opened: bool | None = None) -> bool:
        """Open or close the fold of that key (None: the other way); False where there is none."""
        fold = self.folds.get(key)
        if fold is None:
            return False
        opened = not fold.open if opened is None else opened
        (self._unfolded.add if opened else self._unfolded.discard)(key)
        self.update()
        return True

    def move(self, dx: int, dy: int) -> bool:
        assert self.pane is not None
        if dx and self.fold(self.pane.cursor or "", dx > 0):
            return True
        return super().move(dx, dy)

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        assert self.pane is not None
        alert = self.ctx.model.alerts.get(self.pane.cursor or "")
        below = spot.lines - self.wanted(spot.cells) - 1
        if alert is None or below < 5:
            lines = self.pane.draw(spot.cells, spot.lines - 1, focused)
        else:
            lines = self.pane.draw(spot.cells, spot.lines - 1 - below, focused)
            from opsconsole.console.detail import detail  # where there is room: a start need not load it

            shown, facts = self._facts.beside(alert)
            lines += detail(self.ctx, shown, spot.cells, below, facts)
        return [heading(self.spec.title or "Alerts", self._note(), spot.cells, focused), *lines]

    def most(self, cells: int) -> int:
        return self.wanted(cells) + (14 if self.ctx.model.alerts else 0)

    def _note(self) -> Line:
        model = self.ctx.model
        counts = model.alert_counts
        if not counts.open:
            return []
        note: Line = [(f"{fmt.number(counts.open, 0)} open", "dim")]
        if counts.unacknowledged:
            note.append((f" · {fmt.number(counts.unacknowledged, 0)} unacknowledged", "bold"))
        if aside := counts.shelved + counts.suppressed + counts.out:
            note.append((f" · {fmt.number(aside, 0)} put aside", "dim"))
        if self.pane is not None and (more := self.pane.more()):
            note.append((f" · {more}", "dim"))
        if self.pane is not None and self.pane.marks:
            note.append((f" · {len(self.pane.marks)} marked", "bold"))
        return note

    def open(self) -> Address | None:
        assert self.pane is not None
        current = self.pane.current
        return Address("alert", name=current.key) if current is not None and current.key not in self.folds else None
