"""A watch over alerts on a real journal, with rules whose findings a test says itself; site time is given, not read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec

from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import AlertState, Command, Done, Target
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Journal
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Area, Kpi, Priority, Rule, Site

NOW = 1_700_000_000.0
ANA = Peer(pid=1, uid=4_001, gid=4_001, user="ana")
BOB = Peer(pid=2, uid=4_002, gid=4_002, user="bob")
SITE = Site(
    "Plant",
    kpis={"scrap": Kpi("scrap", "cycles", "count(*)", target=2.0)},
    rules={
        "late": Rule("late", kpi="scrap", when="> 5", by=("line",), area="weld"),
        "hot": Rule("hot", source="cycles", rows="true", by=("line", "station"), area="paint"),
        "latched": Rule("latched", source="cycles", rows="true", by=("line",), latch=True),
    },
    areas={"weld": Area("weld", "Welding"), "paint": Area("paint")},
)


class Plant:
    """One engine's alerts. `see` says what the rules find, `do` gives a command about alerts as they are."""

    def __init__(self, folder: Path, site: Site = SITE) -> None:
        self.path = folder / "journal.sqlite"
        self.site = site
        self.now = NOW
        self.open()

    def open(self) -> None:
        """Begin, as after a restart."""
        self.journal = Journal.open(self.path)
        self.watch = AlertWatch(self.site, self.journal)
        self.watch.configure(self.site, self.moment)

    def restart(self) -> None:
        """End without a word, and begin again."""
        self.journal.close()
        self.open()

    @property
    def moment(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.now, dt.UTC)

    def see(
        self, rule: str = "late", *lines: str, priority: Priority = "warning", after: float = 10.0, late: float = 0.0
    ) -> None:
        """At a point of the grid, `late` seconds ago, a rule finds these lines; its others are back to normal."""
        self.now += after
        found = [
            Observation(rule, self._labels(rule, line), priority, value=7.0, limit=5.0, text=f"{rule} on {line}")
            for line in lines
        ]
        self.watch.tick(self.moment)
        self.watch.observe(Evaluation(self.now - late, found, {rule: Verdict(absent="normal")}))

    def _labels(self, rule: str, line: str) -> dict[str, str | None]:
        return {"line": line} if self.site.rules[rule].by == ("line",) else {"line": line, "station": "s1"}

    def open_alerts(self) -> dict[str, AlertState]:
        return {alert.id: alert for alert in self.watch.open_alerts()}

    def states(self) -> dict[str, str]:
        return {name: alert.state for name, alert in self.open_alerts().items()}

    def do(self, name: str, *alerts: str, by: Peer = ANA, after: float = 1.0, **given: Any) -> Done:
        """Give a command about alerts as they are now."""
        self.now += after
        open_ = self.open_alerts()
        targets = [Target(alert, open_[alert].version if alert in open_ else 0) for alert in alerts]
        return self.watch.command(Command(name, targets, **given), by, self.moment)

    def recorded(self, kind: str = "alert") -> list[tuple[str, str, str]]:
        """(who, what, which) of the records of a kind, the oldest first."""
        return [(each.actor, each.what, each.object) for each in reversed(self.journal.records(kind))]

    def kept(self) -> dict[str, Any]:
        """What there is, to be compared before and after a restart; running delays aside."""
        return {
            "alerts": {
                name: msgspec.structs.replace(alert, value=None, worst=None)
                for name, alert in self.open_alerts().items()
            },
            "views": self.watch.views(),
            "maintenance": self.watch.maintenance(self.now),
        }
