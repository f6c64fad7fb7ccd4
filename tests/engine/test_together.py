"""What the watch over alerts knows of many alerts: on the wire, in the journal, after a restart."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Journal
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Area, Rule, Site

SITE = Site(
    name="Plant",
    rules={
        "down": Rule(name="down", source="s", rows="true", by=("line",), area="hall", priority="critical"),
        "slow": Rule(name="slow", source="s", rows="true", by=("line", "station"), area="hall", inhibited_by=("down",)),
    },
    areas={"hall": Area(name="hall", position="floor")},
)


def look(watch: AlertWatch, at: float, *observations: Observation) -> None:
    verdicts = {name: Verdict() for name in SITE.rules}
    watch.observe(Evaluation(at=at, observations=list(observations), verdicts=verdicts))


def seen(rule: str, **labels: Any) -> Observation:
    return Observation(rule=rule, labels=labels, priority="warning", text=f"{rule} of {labels}")


def test_floods_incidents_and_chatter_are_the_same_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = Journal.open(path)
    watch = AlertWatch(SITE, journal)
    for number in range(4):
        slow = [seen("slow", line=str(line), station="weld") for line in range(3)]
        look(watch, number * 20.0, *slow)
        look(watch, number * 20.0 + 10.0)
    look(watch, 80.0, seen("down", line="1"), seen("slow", line="1", station="weld"))
    before, counts = watch.open_alerts(), watch.counts()
    journal.close()
    assert {alert.id: (alert.chatters, alert.first_out, alert.state) for alert in before} == {
        "down{line=1}": (False, False, "UNACK"),
        "slow{line=0,station=weld}": (True, True, "RTNUN"),
        "slow{line=1,station=weld}": (True, True, "SUPPRESSED"),
        "slow{line=2,station=weld}": (True, True, "RTNUN"),
    }
    assert {alert.incident for alert in before if alert.labels["line"] == "1"} == {
        "slow{line=1,station=weld}@1970-01-01T00:00:00Z"
    }
    assert (counts.recent, counts.flood_since, counts.flooded) == (13, 60.0, ("floor",))

    journal = Journal.open(path)  # as after kill -9: nothing was said at the end
    again = AlertWatch(SITE, journal)
    again.configure(SITE, dt.datetime.fromtimestamp(80.0, dt.UTC))
    assert again.open_alerts() == before
    assert again.counts() == counts
    look(again, 700.0)
    assert (again.counts().recent, again.counts().flood_since) == (0, None)
    journal.close()
