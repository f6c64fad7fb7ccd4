"""Escalation by time: whom it concerns, from when it counts, and that it happens once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from opsconsole.alerts.alert import Alert, Transition
from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.deed import Deed, Target
from opsconsole.alerts.escalation import Ladder, steps_of, waits
from opsconsole.alerts.facts import Facts, Held
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Priority, Rule, Site
from opsconsole.site.notifying import Escalation

STEPS = (Escalation(900.0, ("leads",)), Escalation(3600.0, ("boss",)))
PLANT = Site(name="plant", rules={"late": Rule("late")}, escalation=STEPS)
SITE = Site(
    name="plant",
    escalation=(
        Escalation(300.0, ("leads",), ("critical",)),
        Escalation(900.0, ("leads",), ("critical", "warning")),
        Escalation(1800.0, ("weld",), areas=("weld",)),
    ),
)


class Life:
    """One alert in the book, and the ladder that follows it."""

    def __init__(self, **rule: Any) -> None:
        self.site = replace(PLANT, rules={"late": Rule("late", **rule)})
        self.book = AlertBook(self.site)
        self.ladder = Ladder(self.site)
        self.whats: list[str] = []

    @property
    def alert(self) -> Alert:
        found = self.book.get("late")
        assert found is not None
        return found

    @property
    def facts(self) -> Facts:
        return self.alert.facts

    def take(self, transitions: list[Transition]) -> Life:
        for each in transitions:
            self.whats.append(each.what)
            self.ladder.heed(each.alert)
        return self

    def see(self, priority: Priority | None, now: float, moments: tuple[float, ...] = ()) -> Life:
        seen = Observation("late", {}, priority, moments=moments)
        return self.take(self.book.observe(Evaluation(now, [seen], {"late": Verdict()})))

    def do(self, name: str, now: float, **words: Any) -> Life:
        outcome = self.book.command(Deed(name, "ana", now, (Target("late", self.facts.version),), **words))
        assert not outcome.refused
        return self.take(outcome.transitions)

    def tick(self, now: float) -> Life:
        self.take(self.book.tick(now))
        return self.take(self.book.escalate(self.ladder.due(now), now))


def test_the_steps_of_an_alert_fit_its_priority_and_area() -> None:
    def after(*of: Any) -> list[float]:
        return [step.after for step in steps_of(SITE, *of)]

    assert after("critical", "weld") == [300.0, 900.0, 1800.0]
    assert after("warning", "paint") == [900.0]
    assert after("low", "") == []
    assert after("low", "weld") == [1800.0]


def test_what_nobody_acknowledges_goes_step_by_step_and_each_once() -> None:
    life = Life().see("warning", 1000.0)
    life.tick(1899.0)
    assert life.facts.escalation == 0
    life.tick(1900.0).tick(1901.0)
    assert life.facts.escalation == 1
    life.tick(4600.0).tick(9999.0)
    assert (life.facts.escalation, life.whats) == (2, ["raised", "escalated", "escalated"])


def test_after_an_outage_it_goes_as_far_as_is_due_at_once() -> None:
    life = Life().see("warning", 0.0)
    life.book.restore([msgspec.to_builtins(life.alert)])
    life.ladder = Ladder(life.site, life.book.ranked())
    life.tick(99_999.0)
    assert (life.facts.escalation, life.whats) == (2, ["raised", "escalated"])


def test_an_acknowledgement_stops_it_and_a_new_call_begins_anew() -> None:
    life = Life(realarm=3600.0).see("warning", 0.0).do("ack", 100.0).tick(3699.0)
    assert (life.facts.escalation, life.alert.waits) == (0, None)
    life.tick(3700.0)
    assert (life.whats[-1], life.alert.waits) == ("realarmed", 3700.0)
    assert life.tick(4599.0).facts.escalation == 0
    assert life.tick(4600.0).facts.escalation == 1


def test_growing_worse_calls_anew() -> None:
    life = Life().see("warning", 0.0).see("critical", 800.0).tick(900.0)
    assert (life.facts.escalation, life.alert.waits) == (0, 800.0)


def test_words_about_it_and_its_own_steps_are_no_new_call() -> None:
    life = Life().see("warning", 0.0).do("comment", 500.0, text="on my way").tick(900.0)
    assert (life.facts.escalation, life.alert.waits) == (1, 0.0)
    assert life.tick(3600.0).facts.escalation == 2


def test_by_hand_the_steps_that_were_taken_count() -> None:
    life = Life().see("warning", 0.0).do("escalate", 10.0, most=2)
    assert life.tick(900.0).facts.escalation == 1
    assert life.tick(3600.0).facts.escalation == 2


def test_what_is_put_aside_is_not_escalated_and_waits_anew_when_it_is_back() -> None:
    life = Life().see("warning", 0.0).do("shelve", 10.0, text="known", until=6000.0).tick(5000.0)
    assert (life.facts.escalation, life.alert.waits) == (0, None)
    life.tick(6000.0)
    assert (life.whats[-1], life.alert.waits) == ("unshelved-by-time", 6000.0)
    assert life.tick(6899.0).facts.escalation == 0
    assert life.tick(6900.0).facts.escalation == 1


@pytest.mark.parametrize("away", [{"suppressed": ("line",)}, {"out": Held("ana", 0.0, "x")}])
def test_what_is_suppressed_or_out_of_service_waits_for_nobody(away: Any) -> None:
    facts = Life().see("critical", 0.0).facts
    assert waits(facts)
    assert not waits(replace(facts, **away))


def test_what_has_returned_to_normal_is_left_alone_but_not_what_was_over_at_once() -> None:
    assert Life().see("critical", 0.0).see(None, 100.0).tick(9999.0).facts.escalation == 0
    event = Life().see("critical", 50.0, moments=(49.0,)).tick(949.0)
    assert (event.facts.letter, event.facts.escalation) == ("RTNUN", 0)
    assert event.tick(950.0).facts.escalation == 1


def test_a_rule_that_needs_no_acknowledgement_is_not_escalated() -> None:
    assert Life(acknowledge=False).see("critical", 0.0).tick(9999.0).facts.escalation == 0


def test_a_clock_that_jumped_back_makes_nobody_wait_for_the_time_it_showed_before() -> None:
    life = Life().see("warning", 10_000.0).tick(10_001.0).tick(6400.0)
    assert life.tick(7299.0).facts.escalation == 0
    assert life.tick(7300.0).facts.escalation == 1


def test_an_edited_site_counts_from_when_it_called() -> None:
    life = Life().see("warning", 0.0)
    life.ladder.configure(replace(life.site, escalation=(Escalation(60.0),)), life.book.ranked())
    assert life.tick(60.0).facts.escalation == 1
