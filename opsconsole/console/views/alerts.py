"""The alert list with the alert under the cursor beside or below it: what triage is done on."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from opsconsole.console import alert_filter, fmt, signs
from opsconsole.console.address import Address
from opsconsole.console.alert_facts import AlertFacts
from opsconsole.console.alert_lists import FULL, AlertRows
from opsconsole.console.context import Context
from opsconsole.console.detail import detail
from opsconsole.console.empty import no_alerts
from opsconsole.console.flood import Fold, grouped
from opsconsole.console.pane import Pane
from opsconsole.console.panels import heading, keep_order
from opsconsole.console.text import Line, beside, fit, inert
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AlertQuery, Alerts, AlertState, AskAlerts

DETAIL_LEAST, DETAIL_MOST, IN_FLOOD = 10, 18, 7
WIDE, SIDE = 140, 66
"""From so many cells on the detail stands beside the list, and how wide it is."""
AGAIN = 0.5
"""Seconds after which the engine is asked again what a filter means, while alerts change."""


class AlertsView(View):
    """All open alerts, worst first; those of a filter; in a flood by incident."""

    @property
    def stack(self) -> str:
        return "alerts"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self._pane = Pane(FULL, leads=True)
        self._pane.set_filter(address.name)
        self._rows = AlertRows(FULL)
        self._shown: dict[str, AlertState] = {}
        self._folds: dict[str, Fold] = {}
        self._unfolded: set[str] = set()
        self._facts = AlertFacts(ctx, lambda: ctx.seconds(self.address.at))
        self._found: Alerts | None = None
        self._asked: tuple[AlertQuery, str] | None = None
        self._asking = False
        self._again = False

    @property
    def pane(self) -> Pane:
        return self._pane

    def query(self) -> AlertQuery:
        """What the filter asks of the engine."""
        return alert_filter.query_of(self._pane.filter, self.address.where, self.ctx.user)

    def _wanted(self) -> tuple[AlertQuery, str]:
        """The same, and over which range of time."""
        return self.query(), self.address.over

    def _answered(self) -> Alerts | None:
        """What the engine has said of what is wanted now."""
        return self._found if self._asked == self._wanted() else None

    # --- which alerts ---

    def update(self, _topics: set[str]) -> None:
        model, pane = self.ctx.model, self._pane
        entries = self._entries()
        pane.empty = no_alerts(model) if not self.address.where else "no alert is like that (Esc shows all)"
        if self.address.over:
            asked = self._answered() is not None
            pane.empty = "no alert was open in this range" if asked else inert(self.trouble) or "asking the engine …"
        pane.set_rows(keep_order(pane, self._rows.rows(entries, self.ctx.now(), model.timezone)))
        self._ask_soon()

    def _entries(self) -> list[AlertState] | list[AlertState | Fold]:
        model, query = self.ctx.model, self.query()
        alerts = model.alerts_in_order()
        found = self._answered()
        if self.address.over:
            alerts = found.alerts if found is not None else []
        elif found is not None and not model.all_at_hand:
            more = [alert for alert in found.alerts if alert.id not in model.alerts]
            alerts = sorted([*alerts, *more], key=signs.urgency) if more else alerts
        if self.address.where:
            alerts = [alert for alert in alerts if alert_filter.means(query, alert)]
        self._shown = {alert.id: alert for alert in alerts}
        self._folds = {}
        if not self._by_incident():
            return alerts
        entries = grouped(alerts, self._unfolded)
        self._folds = {entry.key: entry for entry in entries if isinstance(entry, Fold)}
        return entries

    def _by_incident(self) -> bool:
        """In a flood the list is by incident; what is filtered or marked is shown one by one."""
        flood = self.ctx.model.alert_counts.flood_since is not None
        return flood and not self._filtered() and not self.address.over

    def _filtered(self) -> bool:
        return bool(self.address.where or self._pane.filter)

    def _ask_soon(self) -> None:
        """What a filter means among all alerts, where not all are at hand, and a range, only the engine can tell."""
        if self.address.over or (self._filtered() and not self.ctx.model.all_at_hand):
            self._again = True
            if not self._asking:
                self._asking = True
                self.ctx.spawn(self._find())

    async def _find(self) -> None:
        try:
            while self._again:
                self._again = False
                wanted = self._wanted()
                answer = await self.ask(AskAlerts(wanted[0]))
                if isinstance(answer, Alerts):
                    self._found, self._asked = answer, wanted
                    self._refill()
                await asyncio.sleep(AGAIN)
        finally:
            self._asking = False

    def _refill(self) -> None:
        again, self._again = self._again, True
        self.update(set())
        self._again = again

    async def load(self) -> None:
        """Asked for anew: what is known of the alert under the cursor may be old."""
        self._facts.renew()

    # --- what actions need to know ---

    def alert(self, key: str) -> AlertState | None:
        return self._shown.get(key)

    def behind(self, key: str) -> list[str]:
        fold = self._folds.get(key)
        return list(fold.ids) if fold is not None else [key]

    def shows(self, key: str) -> bool:
        return key in self._shown and (not self._pane.filter or any(row.key == key for row in self._pane.rows))

    def reveal(self, key: str) -> Pane:
        fold = next((each for each in self._folds.values() if key in each.ids and not each.open), None)
        if fold is not None:
            self._fold(fold, opened=True)
        return self._pane

    def unfilter(self) -> bool:
        if not self._filtered():
            return False
        self._pane.set_filter("")
        self._narrow(())
        return True

    # --- filters ---

    def _narrow(self, parts: alert_filter.Parts) -> None:
        self.address = replace(self.address, name=self._pane.filter, where=parts)
        self.update(set())

    def do_filter_state(self) -> None:
        self._narrow(alert_filter.turned(self.address.where, "state", alert_filter.COMMON_STATES))

    def do_filter_priority(self) -> None:
        self._narrow(alert_filter.turned(self.address.where, "priority", alert_filter.COMMON_PRIORITIES))

    # --- folds ---

    def move(self, dx: int, dy: int) -> None:
        super().move(dx, dy)
        current = self._pane.current
        if dx and current is not None:
            fold = self._folds.get(current.key) or self._folds.get(f"+{self._incident(current.key)}")
            if fold is not None:
                self._fold(fold, opened=dx > 0)

    def _incident(self, key: str) -> str:
        alert = self._shown.get(key)
        return alert.incident if alert is not None else ""

    def _fold(self, fold: Fold, opened: bool) -> None:
        if opened:
            self._unfolded.add(fold.key)
        else:
            self._unfolded.discard(fold.key)
            if self._pane.cursor in fold.ids:
                self._pane.point(fold.key)
        self.update(set())

    def do_open(self) -> None:
        fold = self._folds.get(self._pane.cursor or "")
        if fold is not None:
            self._fold(fold, opened=not fold.open)
        else:
            super().do_open()

    def target(self) -> Address | None:
        current = self._pane.current
        return Address("alert", name=current.key) if current is not None and current.key in self._shown else None

    # --- drawing ---

    def draw(self, cells: int, lines: int) -> list[Line]:
        if self._pane.filter != self.address.name:
            self._narrow(self.address.where)  # words are typed into the list
        alert = self._shown.get(self._pane.cursor or "")
        if cells >= WIDE and alert is not None:
            list_cells = cells - SIDE - 3
            side = self._detail(alert, SIDE, lines)
            return beside(
                [(list_cells, self._list(list_cells, lines)), (1, [[("│", "rule")]] * lines), (SIDE, side)], 1, lines
            )
        below = 0
        if alert is not None and lines >= 18:
            least = IN_FLOOD if self._folds else DETAIL_LEAST
            below = max(least, min(DETAIL_MOST, lines - len(self._pane.all) - 3))
        out = self._list(cells, lines - below)
        return [*out, *self._detail(alert, cells, below)] if below and alert is not None else out

    def _list(self, cells: int, lines: int) -> list[Line]:
        top = [heading("Alerts", self._note(), cells, True), *self._status(cells)]
        return [*top, *self._pane.draw(cells, lines - len(top), True)]

    def _detail(self, alert: AlertState, cells: int, lines: int) -> list[Line]:
        alert, facts = self._facts.beside(alert)
        title = heading(f"{signs.alert_sign(alert.priority)} {inert(alert.text)}", [], cells, False)
        return [title, *detail(self.ctx, alert, cells, lines - 1, facts)]

    def _note(self) -> Line:
        """How many there are in all, and how many of them the list has."""
        counts = self.ctx.model.alert_counts
        shown = len(self._pane.rows) if self._pane.filter else len(self._shown)
        of = f"{fmt.number(shown, 0)} of {fmt.number(counts.open, 0)} open"
        if self.address.over:
            found = self._answered()
            total = fmt.number(found.total, 0) if found is not None else "…"
            return [(f"{fmt.number(shown, 0)} of {total} open in this range, as they were last in it", "bold")]
        note: Line = [(of, "bold" if shown < counts.open else "")]
        for number, word, style in (
            (counts.unacknowledged, "unack", "bold"),
            (counts.shelved, "shelved", "dim"),
            (counts.suppressed, "suppr", "dim"),
            (counts.out, "out", "dim"),
        ):
            if number:
                note.append((f" · {word} {fmt.number(number, 0)}", style))
        if counts.recent:
            note.append((f" · {fmt.number(counts.recent, 0)} in 10 min", "dim"))
        return note

    def _status(self, cells: int) -> list[Line]:
        """What is marked and what it is filtered by, while there is any."""
        pane = self._pane
        parts: list[tuple[str, str]] = []
        if pane.marks:
            gone = f" ({pane.unmarked} have gone)" if pane.unmarked else ""
            parts.append((f"{len(pane.marks)} marked{gone}: keys act on all of them", "bold"))
        if self._filtered():
            found = self._answered()
            matching = found.total if found is not None else None
            more = (
                f" ({fmt.number(matching, 0)} in all)"
                if matching is not None and not self.ctx.model.all_at_hand
                else ""
            )
            parts.append(
                (f"filter: {inert(alert_filter.said(pane.filter, self.address.where))}{more}  Esc shows all", "bold")
            )
        if self._folds:
            parts.append(
                (self.ctx.told("by incident while the flood lasts: {right} or {open} unfolds, {left} folds"), "dim")
            )
        if self.trouble:
            parts.append((inert(self.trouble), "warning"))
        line: Line = [(" ", "")]
        for at, part in enumerate(parts):
            line += [(" · ", "dim"), part] if at else [part]
        return [fit(line, cells)] if parts else []
