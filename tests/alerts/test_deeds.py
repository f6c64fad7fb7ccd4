"""What people do to the alerts of a book: each command, its refusals, and what undo takes back."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsconsole.alerts import deeds
from opsconsole.alerts.alert import Outcome, Transition
from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.deed import Deed, Take, Target
from opsconsole.alerts.deeds import decided
from opsconsole.engine.commands import COMMANDS
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Priority, Rule, Site

RULES = (
    Rule(name="late", source="cycles", rows="true", by=("line",)),
    Rule(name="held", source="cycles", rows="true", by=("line",), latch=True),
    Rule(name="quiet", source="cycles", rows="true", by=("line",), acknowledge=False),
)
SITE = Site(name="Plant", rules={rule.name: rule for rule in RULES})
A = "late{line=A}"


def saw(book: AlertBook, at: float, *seen: str, priority: Priority | None = "warning") -> list[Transition]:
    """An evaluation in which these alerts were active, and no others."""
    found = []
    for alert in seen:
        rule, _, line = alert.partition("{line=")
        found.append(Observation(rule, {"line": line.rstrip("}")}, priority, 7.0, text=f"{alert} is bad"))
    found.sort(key=lambda one: one.rule)
    return book.observe(Evaluation(at, found, {name: Verdict() for name in SITE.rules}))


def opened(*seen: str) -> AlertBook:
    book = AlertBook(SITE)
    saw(book, 10.0, *seen)
    return book


def do(book: AlertBook, name: str, alert: str = A, by: str = "ana", at: float = 20.0, **more: Any) -> Outcome:
    known = book.get(alert)
    version = more.pop("version", known.facts.version if known is not None else 0)
    return book.command(Deed(name, by, at, (Target(alert, version),), **more))


def take(outcome: Outcome) -> list[Take]:
    """What undo needs, as it is read from the journal again."""
    found = [msgspec.convert(msgspec.to_builtins(one), Transition).take for one in outcome.transitions]
    return [one for one in found if one is not None]


def state(book: AlertBook, alert: str = A) -> str:
    known = book.get(alert)
    return known.facts.letter if known is not None else "NORM"


def test_every_command_about_alerts_is_known_to_the_book() -> None:
    others = {"undo", "redo", "tick", "untick", "retry", "save-draft", "save-sql", "save-view", "drop-view"}
    others |= {"save-layout", "plan-maintenance", "end-maintenance", "change", "drop-change"}
    assert set(COMMANDS) - others == set(deeds.DONE)


def test_a_shelf_keeps_the_acknowledgement_and_ends_by_time_or_by_hand() -> None:
    book = opened(A)
    do(book, "ack")
    (shelved,) = do(book, "shelve", text="sensor is swapped", until=100.0).transitions
    assert (shelved.before, shelved.after, shelved.reason, shelved.annunciate) == (
        "ACK", "SHELVED", "sensor is swapped", False,
    )  # fmt: skip
    (shown,) = book.open()
    assert (shown.state, shown.beneath, shown.put_by, shown.put_at, shown.until, shown.reason, shown.who) == (
        "SHELVED", "ACK", "ana", 20.0, 100.0, "sensor is swapped", "ana",
    )  # fmt: skip
    assert [one.after for one in do(book, "unshelve").transitions] == ["ACK"]
    do(book, "shelve", text="again", until=100.0)
    assert book.tick(99.9) == []
    (ended,) = book.tick(100.0)
    assert (ended.what, ended.after, ended.annunciate) == ("unshelved-by-time", "UNACK", True)
    assert book.tick(1e9) == []


def test_a_one_shot_shelf_ends_when_the_condition_has_gone() -> None:
    book = opened(A)
    do(book, "shelve", text="known")
    assert book.tick(1e9) == []
    assert [(one.what, one.after) for one in saw(book, 30.0)] == [("cleared", "RTNUN")]
    assert [(one.what, one.annunciate) for one in saw(book, 40.0, A)] == [("raised", True)]


def test_what_is_shelved_comes_and_goes_in_silence() -> None:
    book = opened(A)
    do(book, "shelve", text="known", until=100.0)
    told = saw(book, 30.0) + saw(book, 40.0, A) + saw(book, 50.0, A, priority="critical")
    assert [(one.what, one.after, one.annunciate) for one in told] == [
        ("cleared", "SHELVED", False), ("raised", "SHELVED", False), ("worsened", "SHELVED", False),
    ]  # fmt: skip
    assert [(one.what, one.annunciate) for one in book.tick(100.0)] == [("unshelved-by-time", True)]


@pytest.mark.parametrize(
    ("name", "more", "reason"),
    [
        ("shelve", {"until": 100.0}, "a shelf needs a reason"),
        ("shelve", {"until": 20.0, "text": "why"}, "the time to shelve it until has passed"),
        ("out-of-service", {"text": "  "}, "taking it out of service needs a reason"),
        ("dispose", {}, "say what it turned out to be"),
        ("comment", {"text": " "}, "there is nothing to say"),
        ("escalate", {}, "the site has no steps of escalation"),
        ("reset", {}, "it is not latched"),
        ("ack", {"version": 0}, "it was raised anew since you saw it"),
        ("shelve", {"version": 0, "text": "why", "until": 100.0}, "it was raised anew since you saw it"),
        ("dispose", {"version": 0, "disposition": "true"}, "it was raised anew since you saw it"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(name: str, more: dict[str, Any], reason: str) -> None:
    book = opened(A)
    before = book.get(A)
    outcome = do(book, name, **more)
    assert (outcome.transitions, outcome.refused, outcome.already) == ([], {A: reason}, {})
    assert book.get(A) == before


def test_two_at_once_do_not_conflict() -> None:
    book = opened(A)
    version = book.open()[0].version
    do(book, "ack", version=version)
    assert do(book, "ack", by="bob", version=version).already == {A: "ana has already acknowledged it"}
    do(book, "assign", to="ana")
    assert do(book, "assign", by="bob", to="ana").already == {A: "ana has it already"}
    saw(book, 30.0)
    assert do(book, "ack", by="bob", version=version).already == {A: "ana has already acknowledged it"}
    do(book, "out-of-service", text="motor is out")
    assert do(book, "out-of-service", by="bob", text="motor").already == {A: "ana has already taken it out of service"}
    do(book, "return")
    assert do(book, "return", by="bob").already == {A: "it is in service"}


def test_out_of_service_and_back() -> None:
    book = opened(A)
    do(book, "ack")
    do(book, "out-of-service", text="motor is out")
    assert state(book) == "OOS"
    assert [one.annunciate for one in saw(book, 30.0) + saw(book, 40.0, A)] == [False, False]
    (back,) = do(book, "return").transitions
    assert (back.after, back.annunciate) == ("UNACK", True)


def test_a_latch_waits_for_its_reset() -> None:
    held = "held{line=A}"
    book = opened(held)
    assert do(book, "reset", held).refused == {held: "it is still active; it can be reset once it is back to normal"}
    saw(book, 30.0)
    assert do(book, "reset", held).refused == {held: "acknowledge it first"}
    assert [one.after for one in do(book, "ack", held).transitions] == ["LATCHED"]
    assert [one.after for one in do(book, "reset", held).transitions] == ["NORM"]


@pytest.mark.parametrize(("active", "after"), [(True, "ACK"), (False, "NORM")])
def test_a_disposition_acknowledges_and_closes(active: bool, after: str) -> None:
    held = "held{line=A}"
    book = opened(held)
    if not active:
        saw(book, 30.0)
    (closed,) = do(book, "dispose", held, disposition="false-data", text="the gauge was dirty").transitions
    assert (closed.what, closed.after, closed.reason) == ("disposed", after, "the gauge was dirty")
    assert (closed.alert.facts.disposition, closed.alert.note, closed.alert.note_by) == (
        "false-data", "the gauge was dirty", "ana",
    )  # fmt: skip
    saw(book, 40.0)
    assert state(book, held) == "NORM"
    (again,) = saw(book, 50.0, held)
    assert (again.alert.facts.disposition, again.alert.note) == (None, "")


def test_owner_and_words_stay_with_the_occurrence() -> None:
    book = opened(A)
    do(book, "assign", to="bob")
    do(book, "comment", text=" checked the feed ")
    (shown,) = book.open()
    assert (shown.owner, shown.note, shown.note_by, shown.state) == ("bob", "checked the feed", "ana", "UNACK")
    saw(book, 30.0)
    saw(book, 40.0, A)  # it has not been acknowledged yet: still the same story
    assert [(one.owner, one.note) for one in book.open()] == [("bob", "checked the feed")]
    do(book, "ack")
    saw(book, 50.0)
    saw(book, 60.0, A)
    assert [(one.owner, one.note) for one in book.open()] == [("", "")]


def test_escalation_goes_as_far_as_there_are_steps() -> None:
    book = opened(A)
    assert [one.annunciate for one in do(book, "escalate", most=1).transitions] == [True]
    assert do(book, "escalate", most=1).refused == {A: "there is nobody further to escalate it to"}


def test_a_rule_without_acknowledgement_never_asks_for_one() -> None:
    quiet = "quiet{line=A}"
    book = opened(quiet)
    assert state(book, quiet) == "ACK"
    assert do(book, "ack", quiet).already == {quiet: "it needs no acknowledgement"}
    assert do(book, "unack", quiet).already == {quiet: "nobody has acknowledged it"}
    do(book, "shelve", quiet, text="known", until=100.0)
    assert [(one.after, one.annunciate) for one in book.tick(100.0)] == [("ACK", True)]
    assert [one.after for one in saw(book, 110.0)] == ["NORM"]


# --- undo ------------------------------------------------------------------------------------------------------

COMMANDS_OF_ALERTS: list[tuple[str, dict[str, Any]]] = [
    ("ack", {"text": "seen"}),
    ("unack", {}),
    ("comment", {"text": "tip ordered"}),
    ("shelve", {"text": "known", "until": 500.0}),
    ("shelve", {"text": "known"}),
    ("unshelve", {}),
    ("assign", {"to": "bob"}),
    ("assign", {"to": ""}),
    ("reset", {}),
    ("dispose", {"disposition": "true", "text": "a real one"}),
    ("out-of-service", {"text": "motor is out"}),
    ("return", {}),
]
BEFORE: list[tuple[str, ...]] = [
    (), ("ack",), ("clear",), ("clear", "ack"), ("shelve",), ("ack", "shelve"), ("out",), ("ack", "out", "clear"),
    ("assign", "comment"), ("dispose",), ("clear", "dispose"),
]  # fmt: skip
LEADS: dict[str, tuple[str, dict[str, Any]]] = {
    "ack": ("ack", {}),
    "shelve": ("shelve", {"text": "before", "until": 900.0}),
    "out": ("out-of-service", {"text": "before"}),
    "assign": ("assign", {"to": "eve"}),
    "comment": ("comment", {"text": "before"}),
    "dispose": ("dispose", {"disposition": "expected"}),
}


def led(alert: str, way: tuple[str, ...]) -> AlertBook:
    """A book with an alert that has come a way."""
    book = opened(alert)
    for number, step in enumerate(way):
        if step == "clear":
            saw(book, 11.0 + number)
        else:
            name, more = LEADS[step]
            do(book, name, alert, by="eve", at=11.0 + number, **more)
    return book


@pytest.mark.parametrize("alert", [A, "held{line=A}", "quiet{line=A}"])
def test_undo_gives_back_what_people_had_decided(alert: str) -> None:
    done = 0
    for way, (name, more) in itertools.product(BEFORE, COMMANDS_OF_ALERTS):
        book = led(alert, way)
        before = book.get(alert)
        assert before is not None
        outcome = do(book, name, alert, **more)
        takes = take(outcome)
        assert len(takes) == len(outcome.transitions)
        if not takes:
            continue
        done += 1
        changed = outcome.transitions[0].alert
        undone = book.undo(takes, "ana", 25.0)
        after = book.get(alert)
        assert after is not None
        assert [one.what for one in undone.transitions] == ["undone"], (way, name)
        assert decided(after.facts) == decided(before.facts), (way, name)  # its version too: see the facts' `like`
        assert (after.note, after.note_by) == (before.note, before.note_by)
        assert after.facts.letter == before.facts.letter
        assert after.facts.version == changed.facts.version + 1
        assert not undone.transitions[0].annunciate
        # What was undone is not undone twice.
        assert book.undo(takes, "ana", 26.0).refused == {alert: "it has moved on since"}
    assert done > 40


def test_undo_changes_nothing_of_what_the_data_says() -> None:
    book = opened(A)
    takes = take(do(book, "shelve", text="known", until=500.0))
    known = book.get(A)
    assert known is not None
    book.undo(takes, "ana", 25.0)
    after = book.get(A)
    assert after is not None
    assert {name: getattr(after.facts, name) for name in ("level", "peak", "raw", "crossed", "since", "count")} == {
        name: getattr(known.facts, name) for name in ("level", "peak", "raw", "crossed", "since", "count")
    }


@pytest.mark.parametrize("what", ["worse", "clear", "another", "gone"])
def test_undo_is_refused_once_the_alert_has_moved_on(what: str) -> None:
    book = opened(A)
    takes = take(do(book, "ack"))
    if what == "worse":
        saw(book, 30.0, A, priority="critical")
    elif what == "clear":
        saw(book, 30.0)
    elif what == "another":
        do(book, "assign", by="bob", to="bob")
    else:
        book.replace(Site(name="Plant"), 30.0)
    before = book.get(A)
    refused = book.undo(takes, "ana", 40.0)
    assert refused.transitions == []
    assert refused.refused == {A: "there is no such alert" if what == "gone" else "it has moved on since"}
    assert book.get(A) == before


def test_an_escalation_cannot_be_undone() -> None:
    assert take(do(opened(A), "escalate", most=2)) == []


def test_many_are_undone_each_by_itself() -> None:
    lines = [f"late{{line={number}}}" for number in range(5)]
    book = opened(*lines)
    targets = tuple(Target(line, 1) for line in lines)
    takes = take(book.command(Deed("ack", "ana", 20.0, targets)))
    saw(book, 30.0, *lines[1:])
    outcome = book.undo(takes, "ana", 40.0)
    assert outcome.refused == {lines[0]: "it has moved on since"}
    assert [one.alert.id for one in outcome.transitions] == lines[1:]
    assert {state(book, line) for line in lines[1:]} == {"UNACK"}


def test_what_cannot_be_written_down_is_as_it_was() -> None:
    book = opened(A)
    before, shown, counts = book.get(A), book.open(), book.counts()
    assert before is not None
    do(book, "shelve", text="known", until=50.0)
    book.take_back([before])
    assert (book.get(A), book.open(), book.counts()) == (before, shown, counts)
    assert book.tick(60.0) == []


def test_one_thing_after_another_is_taken_back_and_done_again() -> None:
    book = opened(A)
    acked = take(do(book, "ack"))
    shelved = take(do(book, "shelve", text="known", until=500.0))
    assert book.undo(acked, "ana", 21.0).refused == {A: "it has moved on since"}
    book.undo(shelved, "ana", 22.0)
    assert state(book) == "ACK"
    again = take(do(book, "shelve", text="known", until=500.0))
    book.undo(again, "ana", 23.0)
    assert [one.after for one in book.undo(acked, "ana", 24.0).transitions] == ["UNACK"]
    assert book.undo(shelved, "ana", 25.0).refused == {A: "it has moved on since"}


def test_data_that_goes_missing_does_not_hinder_undo() -> None:
    book = opened(A)
    acked = take(do(book, "ack"))
    book.observe(Evaluation(30.0, [], {name: Verdict("stale") for name in SITE.rules}))
    (undone,) = book.undo(acked, "ana", 31.0).transitions
    assert (undone.after, undone.alert.facts.quality) == ("UNACK", "stale")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from([*COMMANDS_OF_ALERTS, "undo"]), max_size=15))
def test_undone_one_by_one_all_is_as_it_was(history: list[Any]) -> None:
    """Whatever is done and undone in between: each undo gives what was before, down to the beginning."""
    book = opened(A)
    stack: list[tuple[list[Take], Any, tuple[str, str]]] = []

    def undo() -> None:
        takes, before, note = stack.pop()
        assert [one.what for one in book.undo(takes, "ana", 30.0).transitions] == ["undone"]
        after = book.get(A)
        assert after is not None
        assert (decided(after.facts), (after.note, after.note_by)) == (before, note)

    for each in history:
        if each == "undo":
            if stack:
                undo()
            continue
        known = book.get(A)
        assert known is not None
        takes = take(do(book, each[0], **each[1]))
        if takes:
            stack.append((takes, decided(known.facts), (known.note, known.note_by)))
    while stack:
        undo()
    assert state(book) == "UNACK"
