"""What a book keeps beside the alerts themselves: their order, their moments, closed ones, what was last observed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.counts import Counts
from opsconsole.alerts.deed import Deed, Target
from opsconsole.alerts.memo import NOTHING, Memo
from opsconsole.alerts.ranking import Rank, Ranking
from opsconsole.alerts.timers import Timers
from opsconsole.engine.alert_messages import AlertCounts
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Priority, Rule, Site

SITE = Site(
    name="Plant",
    rules={
        "power": Rule(name="power", source="cycles", rows="true"),
        "late": Rule(name="late", source="cycles", rows="true", by=("line",), inhibited_by=("power",)),
        "held": Rule(name="held", source="cycles", rows="true", hold=60.0, clear=60.0),
    },
)


def seen(rule: str, line: str = "", priority: Priority | None = "warning", value: float = 7.0) -> Observation:
    labels: dict[str, str | None] = {"line": line} if line else {}
    return Observation(rule, labels, priority, value, text=f"{rule} {value:g}" if priority else "")


def said(at: float, *observations: Observation, **verdicts: Verdict) -> Evaluation:
    return Evaluation(at, list(observations), {name: Verdict() for name in SITE.rules} | verdicts)


def whats(book: AlertBook, at: float, *observations: Observation, **verdicts: Verdict) -> list[tuple[str, str, bool]]:
    found = book.observe(said(at, *observations, **verdicts))
    return [(one.alert.id, one.what, one.annunciate) for one in found]


ranks: st.SearchStrategy[Rank] = st.tuples(
    st.booleans(), st.integers(-3, 0), st.integers(0, 6), st.floats(-5, 5), st.uuids().map(str)
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ranks, max_size=60, unique=True), st.integers(1, 40), st.randoms())
def test_ranks_come_in_order_whatever_came_and_went(found: list[Rank], spread: int, random: Any) -> None:
    many = [(*one[:4], f"{one[4]} {number}") for one in found for number in range(spread)]
    ranking = Ranking()
    kept = []
    for one in many:
        ranking.add(one)
        kept.append(one)
        if random.random() < 0.4:
            ranking.remove(kept.pop(random.randrange(len(kept))))
    assert list(ranking) == sorted(kept)
    for one in random.sample(kept, len(kept)):
        ranking.remove(one)
    assert list(ranking) == []


def test_a_moment_that_was_moved_comes_once() -> None:
    timers = Timers()
    timers.set("a", 10.0)
    timers.set("a", 20.0)
    timers.set("b", 15.0)
    timers.set("c", 5.0)
    timers.set("c", None)
    assert timers.due(12.0) == []
    assert timers.due(30.0) == ["b", "a"]
    assert timers.due(30.0) == []


def test_counts_have_the_fields_of_the_wire() -> None:
    assert Counts.__struct_fields__ == AlertCounts.__struct_fields__


def test_only_so_many_closed_alerts_are_remembered_and_no_version_comes_twice() -> None:
    book = AlertBook(SITE, most_closed=2)
    for number in range(5):
        alert = f"late{{line={number}}}"
        whats(book, 10.0 * number, seen("late", str(number)))
        book.command(Deed("ack", "ana", 10.0 * number, (Target(alert, 99),)))
        whats(book, 10.0 * number + 5)
    assert [book.get(f"late{{line={number}}}") is None for number in range(5)] == [True, True, True, False, False]
    whats(book, 100.0, seen("late", "0"))
    # Its version on the screen of someone who looked away for long was at most 3; that is not this occurrence.
    outcome = book.command(Deed("ack", "ana", 101.0, (Target("late{line=0}", 3),)))
    assert outcome.refused == {"late{line=0}": "it was raised anew since you saw it"}


# --- what was last observed ------------------------------------------------------------------------------------


def test_the_same_again_changes_nothing_until_something_was_missing_between() -> None:
    book = AlertBook(SITE)
    for at in (10.0, 20.0, 30.0):
        raised = whats(book, at, seen("late", "A"), seen("late", "B"))
        assert raised == ([("late{line=A}", "raised", True), ("late{line=B}", "raised", True)] if at == 10.0 else [])
    assert whats(book, 40.0) == [("late{line=A}", "cleared", False), ("late{line=B}", "cleared", False)]
    assert [one[1] for one in whats(book, 50.0, seen("late", "A"), seen("late", "B"))] == ["raised", "raised"]


def test_the_same_again_is_news_after_a_rule_that_failed() -> None:
    book = AlertBook(SITE)
    for at in (10.0, 20.0):
        whats(book, at, seen("late", "A"))
    assert [one[1] for one in whats(book, 30.0, late=Verdict("error"))] == ["error"]
    assert [one[1] for one in whats(book, 40.0, seen("late", "A"))] == ["good"]
    assert [one[1] for one in whats(book, 50.0, seen("late", "A"), late=Verdict("stale"))] == ["stale"]
    assert [one[1] for one in whats(book, 60.0, seen("late", "A"))] == ["good"]


def test_the_same_again_lets_delays_run() -> None:
    book = AlertBook(SITE)
    assert [whats(book, at, seen("held")) for at in (0.0, 30.0)] == [[], []]
    assert whats(book, 60.0, seen("held")) == [("held", "raised", True)]
    normal = seen("held", priority=None)
    assert [whats(book, at, normal) for at in (70.0, 100.0)] == [[], []]
    assert [one[1] for one in whats(book, 130.0, normal)] == ["cleared"]


def test_new_figures_are_shown_though_nothing_happens() -> None:
    book = AlertBook(SITE)
    for at, value in ((10.0, 7.0), (20.0, 7.0), (30.0, 9.0), (40.0, 8.0)):
        whats(book, at, seen("late", "A", value=value))
    (one,) = book.open()
    assert (one.value, one.worst, one.text, one.version) == (8.0, 9.0, "late 8", 1)


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_an_observation_is_found_by_its_place_or_by_its_labels(gone: int) -> None:
    first = [seen("late", line) for line in "ABC"]
    memo = Memo(first, ["late{line=A}", "late{line=B}", "late{line=C}"], steady=True)
    rest = [one for index, one in enumerate(first) if index != gone] + [seen("late", "D")]
    place, found = 0, []
    for one in rest:
        key, place = memo.find(place, one)
        found.append(key)
    assert found == [f"late{{line={one.labels['line']}}}" for one in rest]
    assert NOTHING.find(0, first[0]) == ("late{line=A}", 0)


def test_observations_are_the_same_only_as_a_whole() -> None:
    first = [seen("late", line) for line in "AB"]
    memo = Memo(first, ["late{line=A}", "late{line=B}"], steady=True)
    other = seen("power")
    assert memo.again([other, *first, other], 1)
    assert not memo.again([*first, seen("late", "C")], 0)
    assert not memo.again(first[:1], 0)
    assert not memo.again([first[0], replace(first[1], value=8.0)], 0)
    assert not Memo(first, memo.keys, steady=False).again(first, 0)


# --- suppression after restarts and edits ----------------------------------------------------------------------


def covered(name: str, line: str) -> Any:
    return {name: lambda _, labels: labels.get("line") == line}


def restarted(book: AlertBook, site: Site = SITE) -> AlertBook:
    again = AlertBook(site)
    again.restore([msgspec.to_builtins(alert) for alert in book.ranked()])
    return again


def test_maintenance_that_ended_while_nothing_ran_lets_go_on_the_first_look() -> None:
    book = AlertBook(SITE)
    book.cover(covered("maintenance:m1", "A"), 0.0)
    assert whats(book, 10.0, seen("late", "A")) == [("late{line=A}", "raised", False)]
    again = restarted(book)
    (let_go,) = again.cover({}, 20.0)
    assert (let_go.what, let_go.after, let_go.annunciate) == ("released", "UNACK", True)


def test_maintenance_that_goes_on_announces_nothing_after_a_restart() -> None:
    book = AlertBook(SITE)
    book.cover(covered("maintenance:m1", "A"), 0.0)
    whats(book, 10.0, seen("late", "A"))
    again = restarted(book)
    assert again.cover(covered("maintenance:m1", "A"), 20.0) == []
    assert whats(again, 30.0, seen("late", "A")) == []
    assert [one.suppressed for one in again.open()] == [("maintenance:m1",)]


def test_what_inhibits_goes_on_to_do_so_after_a_restart() -> None:
    book = AlertBook(SITE)
    whats(book, 10.0, seen("late", "A"), seen("power"))
    assert {one.id: one.state for one in book.open()} == {"power": "UNACK", "late{line=A}": "SUPPRESSED"}
    again = restarted(book)
    assert whats(again, 20.0, seen("late", "A"), seen("power")) == []
    assert whats(again, 30.0, seen("late", "A")) == [
        ("power", "cleared", False), ("late{line=A}", "released", True),
    ]  # fmt: skip


def test_an_edit_that_takes_the_inhibition_away_lets_go() -> None:
    book = AlertBook(SITE)
    whats(book, 10.0, seen("late", "A"), seen("power"))
    rules = SITE.rules | {"late": replace(SITE.rules["late"], inhibited_by=())}
    assert book.replace(replace(SITE, rules=rules), 20.0) == []
    assert whats(book, 30.0, seen("late", "A"), seen("power")) == [("late{line=A}", "released", True)]


def test_two_windows_over_one_alert_both_have_to_end() -> None:
    book = AlertBook(SITE)
    whats(book, 10.0, seen("late", "A"))
    both = covered("maintenance:m1", "A") | covered("maintenance:m2", "A")
    assert [(one.what, one.annunciate) for one in book.cover(both, 20.0)] == [("suppressed", False)] * 2
    (one,) = book.cover(covered("maintenance:m2", "A"), 30.0)
    assert (one.what, one.after, one.annunciate) == ("released", "SUPPRESSED", False)
    (two,) = book.cover({}, 40.0)
    assert (two.what, two.after, two.annunciate) == ("released", "UNACK", True)


def test_what_closes_while_it_is_suppressed_is_let_go_in_silence() -> None:
    book = AlertBook(SITE)
    whats(book, 10.0, seen("late", "A"))
    book.command(Deed("ack", "ana", 15.0, (Target("late{line=A}", 1),)))
    book.cover(covered("maintenance:m1", "A"), 20.0)
    assert whats(book, 30.0) == [("late{line=A}", "cleared", False), ("late{line=A}", "released", False)]
    assert book.open() == []
    assert whats(book, 40.0, seen("late", "A")) == [("late{line=A}", "raised", False)]
