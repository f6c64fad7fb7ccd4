"""The alert list with the alert under the cursor below it, and one alert on a screen of its own."""

from __future__ import annotations

from opsconsole.console import fmt, lists, signs
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw.charts import Chart, chart, limits_of, status_of
from opsconsole.console.draw.tile import change
from opsconsole.console.pane import Pane
from opsconsole.console.panels import heading, keep_order
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AlertState

DETAIL = 8


class AlertsView(View):
    """All open alerts, worst first."""

    @property
    def stack(self) -> str:
        return "alerts"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self._pane = Pane(lists.ALERTS_FULL, empty="no open alerts: all is well, or nothing is measured yet")

    @property
    def pane(self) -> Pane:
        return self._pane

    def update(self, topics: set[str]) -> None:
        model, now = self.ctx.model, self.ctx.now()
        rows = [lists.alert_row(alert, now, model.timezone, full=True) for alert in model.alerts_in_order()]
        self._pane.set_rows(keep_order(self._pane, rows))

    def draw(self, cells: int, lines: int) -> list[Line]:
        alert = self.ctx.model.alerts.get(self._pane.cursor or "")
        below = DETAIL if lines >= 18 and alert is not None else 0
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


def detail(ctx: Context, alert: AlertState, cells: int, lines: int) -> list[Line]:
    """What is known of an alert, in `lines` lines: when, how bad, whose; then the trend of its KPI."""
    model, now = ctx.model, ctx.now()
    kpi = model.kpis.get(alert.kpi)
    unit, decimals = (inert(kpi.unit), kpi.decimals) if kpi else ("", None)
    since = f"since {fmt.since(alert.since, now, model.timezone)}, {fmt.age(now - alert.since)}"
    facts = [since]
    if alert.value is not None:
        facts.append(f"now {fmt.quantity(alert.value, unit, decimals)}")
    if alert.worst is not None:
        facts.append(f"worst {fmt.quantity(alert.worst, unit, decimals)}")
    if alert.count > 1:
        facts.append(f"{alert.count} times")
    who = "nobody has acknowledged it"
    if alert.state == "RTNUN":
        who = "back to normal, nobody has acknowledged it"
    elif alert.who:
        when = f" at {fmt.since(alert.acked_at, now, model.timezone)}" if alert.acked_at is not None else ""
        who = f"acknowledged by {inert(alert.who)}{when}"
    out: list[Line] = [fit([(" " + " · ".join(facts), "")], cells), fit([(" " + who, "")], cells)]
    labels = "  ".join(f"{inert(name)} {inert(value or '(none)')}" for name, value in alert.labels.items())
    origin = "  ".join(
        part
        for part in (labels, f"rule {inert(alert.rule)}", f"source {inert(alert.source)}" if alert.source else "")
        if part
    )
    out.append(fit([(" " + origin, "dim")], cells))
    if alert.procedure:
        out += [fit([(f" do  {line}", "")], cells) for line in wrap(inert(alert.procedure), cells - 6)[:2]]
    room = lines - len(out)
    if kpi is not None and room >= 4 and cells >= 30:
        of = Chart(
            list(kpi.trend),
            kpi.trend_start,
            kpi.trend_step,
            model.timezone,
            limits_of(kpi),
            kpi.decimals,
            kpi.unit == "%",
            lambda value: status_of(kpi, value),
        )
        out += chart(of, cells - 1, room)
    elif kpi is not None and room >= 1:
        arrow, style = change(kpi)
        title = f" {inert(kpi.title)}  {fmt.quantity(kpi.value, unit, decimals)}  "
        out.append(fit([(title, ""), (arrow, style)], cells))
    return [*out, *(fit([], cells) for _ in range(lines - len(out)))][:lines]


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

    def update(self, topics: set[str]) -> None:
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
            out = [
                fit([(" this alert has closed; what follows is how it was last seen", "bold")], cells),
                fit([], cells),
            ]
        out.append(fit([("─" * cells, "rule")], cells))
        return [
            *out,
            *detail(self.ctx, self.last, cells, lines - len(out) - 1),
            fit([(" ↵ the rows behind it", "dim")], cells),
        ]

    def target(self) -> Address | None:
        return Address("rows", of="alert", name=self.address.name)
