"""The list that a query means, and one alert in full, as of now and of a past moment."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.engine import alert_queries
from opsconsole.engine.messages import AlertDetail, AlertQuery, Alerts, AskAlert, AskAlerts
from opsconsole.site.model import Incidents
from tests.engine.plant import BOB, SITE, Plant

A, B, C = "late{line=A}", "late{line=B}", "late{line=C}"
HOT = "hot{line=A,station=s1}"
DAY = 86_400.0


def asked(plant: Plant, query: AlertQuery, limit: int = 1_000, at: float | None = None) -> Alerts:
    return alert_queries.alerts(plant.watch, plant.site, AskAlerts(query, limit, at), at)


def named(plant: Plant, **query: object) -> list[str]:
    found = asked(plant, AlertQuery(**query))  # type: ignore[arg-type]
    assert found.total == len(found.alerts)
    return [alert.id for alert in found.alerts]


def detail(plant: Plant, alert: str, days: int = 30, at: float | None = None) -> AlertDetail:
    return alert_queries.alert(plant.watch, plant.site, plant.path, AskAlert(alert, days, at), plant.moment, at)


def test_queries_mean_what_the_list_shows(plant: Plant) -> None:
    plant.see("hot", "A", priority="critical")
    plant.see("late", "A", "B", "C")
    plant.do("ack", B, by=BOB)
    plant.do("assign", C, to="ana")
    plant.do("comment", C, text="The gun sticks")
    assert named(plant) == [HOT, A, C, B]
    assert named(plant, words="line=a") == [HOT, A]
    assert named(plant, words="LINE=A !hot") == [A]
    assert named(plant, words="gun") == [C]
    assert named(plant, words="bob") == [B]
    assert named(plant, words="!") == [HOT, A, C, B]
    assert named(plant, states=("ACK",)) == [B]
    assert named(plant, priorities=("critical", "low")) == [HOT]
    assert named(plant, areas=("weld",), words="b") == [C, B][1:]
    assert named(plant, owners=("ana",)) == [C]
    assert named(plant, owners=("",)) == [HOT, A, B]
    assert named(plant, owners=("",), areas=("weld",), states=("UNACK",)) == [A]


def test_a_list_has_an_end_and_says_how_many_there_are(plant: Plant) -> None:
    plant.see("late", *(f"{number:03}" for number in range(50)))
    for query in (AlertQuery(), AlertQuery(words="late"), AlertQuery(states=("UNACK",))):
        found = asked(plant, query, limit=7)
        assert (found.alerts[0].id, len(found.alerts)) == ("late{line=000}", 7)
        assert (found.total, found.counts.open, found.counts.unacknowledged) == (50, 50, 50)
    assert asked(plant, AlertQuery(), limit=0).alerts == []


def test_the_snapshot_has_the_most_urgent_and_the_counts_all(plant: Plant) -> None:
    plant.see("hot", *(f"{number:04}" for number in range(1_500)), priority="low")
    plant.see("late", "A", priority="critical")
    plant.see("late", "A", "B", priority="critical")
    shown = plant.watch.open_alerts()
    assert len(shown) == 1_000
    assert [alert.id for alert in shown[:2]] == [B, A]
    counts = plant.watch.counts()
    assert (counts.open, counts.critical, counts.low) == (1_502, 2, 1_500)


def test_one_alert_in_full(plant: Plant) -> None:
    plant.see("hot", "A")
    for _ in range(3):
        plant.see("late", "A", "B")
        plant.see("late", "B")
    plant.see("late", "A", "B", after=2 * DAY)
    plant.do("ack", A, text="looking")
    found = detail(plant, A, days=5)
    assert found.state is not None
    assert (found.state.state, found.limit, found.target) == ("ACK", 5.0, 2.0)
    assert found.days == [0, 0, 3, 0, 1]
    assert found.first_day == "2023-11-12"
    assert [event.what for event in found.events][:2] == ["acknowledged", "raised"]
    assert found.events[0].actor == "ana"
    assert len(found.events) == 8
    assert [each.id for each in found.related] == [HOT]


def test_what_belongs_to_the_same_incident_comes_before_what_is_alike(tmp_path: Path) -> None:
    plant = Plant(tmp_path, replace(SITE, incidents=Incidents(by=("line",))))
    plant.see("hot", "A")
    plant.see("late", "A")
    found = detail(plant, A)
    assert found.state is not None
    first = found.related[0]
    assert (first.id, first.first_out) == (HOT, True)
    assert plant.open_alerts()[HOT].incident == found.state.incident != ""
    plant.journal.close()


def test_one_alert_that_has_closed_and_one_of_the_past(plant: Plant) -> None:
    plant.see("late", "A")
    then = plant.now
    plant.do("ack", A)
    plant.see("late")
    found = detail(plant, A)
    assert found.state is None
    assert [event.what for event in found.events] == ["cleared", "acknowledged", "raised"]
    assert sum(found.days) == 1
    past = detail(plant, A, at=then)
    assert past.state is not None
    assert (past.state.state, [event.what for event in past.events]) == ("UNACK", ["raised"])
    assert [alert.id for alert in asked(plant, AlertQuery(words="late"), at=then).alerts] == [A]
    assert asked(plant, AlertQuery(), at=then).counts.open == 1
    assert asked(plant, AlertQuery()).total == 0
    with pytest.raises(LookupError, match="there is no such alert"):
        detail(plant, "late{line=Z}")
    with pytest.raises(LookupError, match="there was no such alert then"):
        detail(plant, A, at=then - 100)
