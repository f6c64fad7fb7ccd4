"""Many alerts in the book: incidents, suppression by design, chatter, floods, and what a restart leaves of them."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from opsconsole.alerts.alert import Transition
from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.deed import Deed, Target
from opsconsole.alerts.together import Bygone
from opsconsole.engine.messages import AlertCounts
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Area, Chatter, Rule, Site

SITE = Site(
    name="Plant",
    rules={
        "down": Rule(name="down", source="s", rows="true", by=("line",), area="hall", priority="critical"),
        "slow": Rule(name="slow", source="s", rows="true", by=("line", "station"), area="hall", inhibited_by=("down",)),
        "late": Rule(name="late", source="s", rows="true", area="office"),
        "note": Rule(name="note", source="s", rows="true", by=("line",), acknowledge=False),
    },
    areas={"hall": Area(name="hall", position="floor"), "office": Area(name="office")},
)
LEVELS: dict[str, Any] = {"down": "critical", "slow": "warning", "late": "low", "note": "low"}


def seen(rule: str, **labels: Any) -> Observation:
    return Observation(rule=rule, labels=labels, priority=LEVELS[rule], text=f"{rule} {labels}")


def look(book: AlertBook, at: float, *observations: Observation) -> list[Transition]:
    return book.observe(Evaluation(at=at, observations=list(observations), verdicts={n: Verdict() for n in SITE.rules}))


def told(transitions: list[Transition]) -> list[tuple[str, str, bool]]:
    return [(each.alert.id, each.what, each.annunciate) for each in transitions]


def incidents(book: AlertBook) -> dict[str, tuple[str, bool]]:
    return {alert.id: (alert.incident, alert.first_out) for alert in book.open()}


WELD, PAINT = {"line": "3", "station": "weld"}, {"line": "3", "station": "paint"}


def test_a_child_raised_with_its_parent_is_suppressed_before_it_is_announced() -> None:
    for order in ((seen("down", line="3"), seen("slow", **WELD)), (seen("slow", **WELD), seen("down", line="3"))):
        book = AlertBook(SITE)
        found = look(book, 10.0, *order)
        assert [each.alert.id for each in found if each.annunciate] == ["down{line=3}"]
        assert {alert.id: (alert.state, alert.suppressed) for alert in book.open()} == {
            "down{line=3}": ("UNACK", ()),
            "slow{line=3,station=weld}": ("SUPPRESSED", ("down",)),
        }
        back = look(book, 20.0, seen("slow", **WELD))
        assert ("slow{line=3,station=weld}", "released", True) in told(back)


def test_of_alerts_that_come_together_the_worst_is_first_out_and_each_record_says_so() -> None:
    book = AlertBook(SITE)
    found = look(book, 0.0, seen("slow", **PAINT), seen("slow", line="4", station="weld"), seen("down", line="3"))
    records = [(each.alert.id, each.alert.incident, each.alert.first_out) for each in found if each.what == "raised"]
    assert sorted(records) == [
        ("down{line=3}", "down{line=3}@1970-01-01T00:00:00Z", True),
        ("slow{line=3,station=paint}", "down{line=3}@1970-01-01T00:00:00Z", False),
        ("slow{line=4,station=weld}", "slow{line=4,station=weld}@1970-01-01T00:00:00Z", True),
    ]
    look(book, 300.0, seen("slow", **PAINT), seen("slow", **WELD), seen("down", line="3"))
    assert incidents(book)["slow{line=3,station=weld}"] == ("down{line=3}@1970-01-01T00:00:00Z", False)


def test_incidents_outlive_a_restart_and_an_edit() -> None:
    book = AlertBook(SITE)
    found = look(book, 0.0, seen("down", line="3")) + look(book, 60.0, seen("down", line="3"), seen("slow", **WELD))
    last = {each.alert.id: msgspec.to_builtins(each.alert) for each in found}
    for again in (AlertBook(SITE), book):
        if again is book:
            again.replace(SITE, 70.0)
        else:
            again.restore(last.values())
        look(again, 120.0, seen("down", line="3"), seen("slow", **WELD), seen("slow", **PAINT))
        assert incidents(again) == {
            "down{line=3}": ("down{line=3}@1970-01-01T00:00:00Z", True),
            "slow{line=3,station=weld}": ("down{line=3}@1970-01-01T00:00:00Z", False),
            "slow{line=3,station=paint}": ("down{line=3}@1970-01-01T00:00:00Z", False),
        }


def test_an_incident_is_over_when_people_have_closed_its_alerts() -> None:
    book = AlertBook(SITE)
    look(book, 0.0, seen("late"))
    look(book, 10.0)
    (alert,) = book.open()
    assert alert.state == "RTNUN"
    before = book.get("late")
    assert before is not None
    book.command(Deed("ack", "ana", 20.0, (Target("late", alert.version),)))
    assert book.open() == []
    look(book, 30.0, seen("late"))
    assert incidents(book) == {"late": ("late@1970-01-01T00:00:30Z", True)}


def test_what_could_not_be_written_is_taken_back_with_its_incident() -> None:
    book = AlertBook(SITE)
    look(book, 0.0, seen("late"))
    look(book, 10.0)
    before = book.get("late")
    assert before is not None
    book.command(Deed("ack", "ana", 20.0, (Target("late", before.facts.version),)))
    book.take_back([before])
    look(book, 30.0, seen("late"))
    assert incidents(book) == {"late": ("late@1970-01-01T00:00:00Z", True)}


def test_chatter_is_marked_and_after_a_while_no_more() -> None:
    book = AlertBook(SITE)
    for at in (0.0, 20.0, 40.0):
        look(book, at, seen("late"))
        look(book, at + 10.0)
    assert [alert.chatters for alert in book.open()] == [True]
    for at in range(60, 700, 10):
        look(book, float(at))
    assert [alert.chatters for alert in book.open()] == [False]


def test_flapping_counts_the_evaluations_of_the_rule() -> None:
    book = AlertBook(SITE)
    for number in range(6):
        at = number * 3_600.0  # too far apart for a rule on time
        look(book, at, *([seen("late")] if number % 2 == 0 else []))
        book.observe(Evaluation(at=at + 60.0, observations=[], verdicts={"down": Verdict()}))  # of another rule
    assert [alert.chatters for alert in book.open()] == [True]
    for number in range(6, 22):
        look(book, number * 3_600.0)
    assert [alert.chatters for alert in book.open()] == [False]


def test_a_flood_is_that_of_a_position_and_counts_what_is_announced() -> None:
    book = AlertBook(SITE)
    stations = [seen("slow", line="3", station=str(number)) for number in range(30)]
    look(book, 0.0, seen("down", line="3"), *stations)  # suppressed by design: nobody was called
    assert (book.counts().recent, book.counts().flood_since, book.counts().flooded) == (1, None, ())
    lines = [seen("slow", line=str(number), station="weld") for number in range(100, 110)]
    look(book, 60.0, seen("down", line="3"), *stations, *lines)
    assert (book.counts().recent, book.counts().flood_since, book.counts().flooded) == (11, 60.0, ("floor",))
    look(book, 120.0, seen("down", line="3"), *stations, *lines, seen("late"))
    assert book.counts().recent == 12
    look(book, 700.0)
    assert (book.counts().recent, book.counts().flood_since) == (1, None)


def test_the_counts_have_the_fields_of_the_wire() -> None:
    assert AlertBook(SITE).counts().__struct_fields__ == AlertCounts.__struct_fields__


def test_floods_and_chatter_are_made_again_from_the_last_minutes() -> None:
    book, found = AlertBook(SITE), list[Transition]()
    for number in range(4):
        at = number * 20.0
        observations = [seen("slow", line=str(line), station="weld") for line in range(3)]
        found += look(book, at, *observations) + look(book, at + 10.0)
    again = AlertBook(SITE)
    again.restore({each.alert.id: each.alert for each in found}.values())
    again.recall(Bygone(each.at, each.alert.id, each.alert.rule, each.what, each.annunciate) for each in found)
    look(book, 80.0)
    look(again, 80.0)
    assert again.counts() == book.counts()
    assert again.counts().flood_since is not None
    assert [alert.chatters for alert in again.open()] == [alert.chatters for alert in book.open()] == [True] * 3


def test_a_rule_nobody_acknowledges_still_has_its_incident() -> None:
    book = AlertBook(SITE)
    look(book, 0.0, seen("note", line="1"))
    assert incidents(book) == {"note{line=1}": ("note{line=1}@1970-01-01T00:00:00Z", True)}
    assert look(book, 10.0)[0].after == "NORM"
    assert incidents(book) == {}


def test_ten_thousand_alerts_at_once() -> None:
    book = AlertBook(SITE)
    storm = [seen("slow", line=str(number % 100), station=str(number)) for number in range(10_000)]
    begin = time.process_time()
    look(book, 0.0, *storm)
    assert time.process_time() - begin < 10.0  # a third of a second by itself
    assert len({incident for incident, _ in incidents(book).values()}) == 100
    assert book.counts().recent == 10_000
    look(book, 10.0, *storm, *(seen("down", line=str(number)) for number in range(100)))
    assert (book.counts().suppressed, book.counts().critical) == (10_000, 100)


def test_how_often_is_too_often_may_be_edited() -> None:
    site = msgspec.structs.replace(SITE, chatter=Chatter(times=2, within=60.0))
    book = AlertBook(SITE)
    book.replace(site, 0.0)
    for at in (0.0, 20.0):
        look(book, at, seen("late"))
        look(book, at + 10.0)
    assert [alert.chatters for alert in book.open()] == [True]
