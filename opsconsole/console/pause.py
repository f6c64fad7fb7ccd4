"""A picture that stands still: the site as it was when one paused, while the present goes on unseen.

Safety comes before quiet: the banner tells of critical alerts that came since, they ring as ever, and alerts can be
acted on. Those that were acted on are shown as they are by now, so that one sees what came of it.
"""

from __future__ import annotations

from msgspec.structs import replace

from opsconsole.console import fmt
from opsconsole.console.model import Model
from opsconsole.console.text import Line, fit, inert, width
from opsconsole.engine.messages import AlertState, Answer, Ask, Command, Done


class Pause:
    """Whether the picture stands still, since when (site time), and how the present differs from it."""

    def __init__(self) -> None:
        self.frozen: Model | None = None
        self.at = 0.0
        self.kpis = 0
        self.alerts = 0
        self.others = 0
        self.critical: list[AlertState] = []
        self._acted: set[str] = set()

    @property
    def on(self) -> bool:
        """Whether the picture stands still."""
        return self.frozen is not None

    def holds(self, alert: str) -> bool:
        """Whether an alert is shown as it was, and not as what became of it by one's own hand."""
        return self.on and alert not in self._acted

    def begin(self, live: Model, wall: float) -> None:
        """Keep the picture as it is now."""
        assert live.site is not None
        self.at = live.now(wall)
        self.frozen = live.copy()
        self.frozen.site = replace(live.site, at=self.at, wall=wall, speed=0.0)
        self._acted = set()
        self.heed(live)

    def end(self) -> None:
        """Show the present again."""
        self.frozen = None

    def heed(self, live: Model) -> None:
        """Take note of what has changed meanwhile: how much, and what is critical."""
        then = self.frozen
        if then is None:
            return
        names = {*live.kpis, *then.kpis}
        self.kpis = sum(live.kpis.get(name) != then.kpis.get(name) for name in names)
        ids = {*live.alerts, *then.alerts}
        self.alerts = sum(live.alerts.get(each) != then.alerts.get(each) for each in ids)
        self.others = sum(live.sources.get(name) != then.sources.get(name) for name in {*live.sources, *then.sources})
        self.critical = [
            alert
            for alert in live.alerts_in_order()
            if alert.priority == "critical" and alert.state == "UNACK" and _is_news(alert, then.alerts.get(alert.id))
        ]

    def commanded(self, body: Ask, answer: Answer, live: Model) -> bool:
        """Something may have been commanded: show the alerts it was about as they are by now; whether that is news."""
        if not isinstance(body, Command) or not self.on:
            return False
        self._acted |= {target.alert for target in body.targets}
        self._acted |= set(answer.applied) if isinstance(answer, Done) else set()
        return self.let_through(live)

    def let_through(self, live: Model) -> bool:
        """Show what has become of the alerts that were acted on; whether that is news."""
        if self.frozen is None:
            return False
        moved = [each for each in self._acted if live.alerts.get(each) != self.frozen.alerts.get(each)]
        for each in moved:
            self.frozen.put_alert(each, live.alerts.get(each))
        if moved:
            self.heed(live)
        return bool(moved)

    def line(self, live: Model, wall: float, key: str, cells: int) -> Line:
        """The banner: since when, what waits, and which critical alerts have come."""
        assert self.frozen is not None
        text = f" PAUSED since {fmt.hour_minute(self.at, live.timezone)} · {key} goes on"
        style = "bold reverse"
        if live.ended is not None:
            style, text = "critical reverse", f"{text} · ENGINE STOPPED: {inert(live.ended)}"
        elif live.lost_at is not None:
            style, text = "critical reverse", f"{text} · ENGINE LOST {fmt.grain(wall - live.lost_at)} ago"
        if self.critical:
            style = "critical reverse"
            many = f"{len(self.critical)} critical since" if len(self.critical) > 1 else "critical since"
            text += f" · ▲ {many}: {inert(self.critical[0].text)}"
        if live.alert_counts.flood_since is not None and self.frozen.alert_counts.flood_since is None:
            style, text = "critical reverse", f"{text} · FLOOD"
        counted = ((self.kpis, "KPI"), (self.alerts, "alert"), (self.others, "source"))
        waits = ", ".join(fmt.count(number, word) for number, word in counted if number)
        more = f" · {waits} changed" if waits else " · nothing new"
        text += more if width(text) + width(more) <= cells else ""
        return [(part, style) for part, _ in fit([(text, "")], cells)]


def _is_news(alert: AlertState, then: AlertState | None) -> bool:
    """Whether a critical alert came, or came again, since it was seen so."""
    return then is None or then.priority != "critical" or then.state != "UNACK" or alert.count > then.count
