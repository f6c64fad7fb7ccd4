"""Escalation by time: whom it concerns, from when it counts, and that it happens once."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from opsconsole.alerts.condition import observe, occur
from opsconsole.alerts.escalation import escalated, steps_of, waiting_since, waits
from opsconsole.alerts.facts import Config, Facts, Held, Shelf, Step
from opsconsole.alerts.handling import Outcome, acknowledge, comment, shelve, unshelve
from opsconsole.alerts.standing import realarm
from opsconsole.site.model import Site
from opsconsole.site.notifying import Escalation

STEPS = (Escalation(900.0, ("leads",)), Escalation(3600.0, ("boss",)))
SITE = Site(
    name="plant",
    escalation=(
        Escalation(300.0, ("leads",), ("critical",)),
        Escalation(900.0, ("leads",), ("critical", "warning")),
        Escalation(1800.0, ("weld",), areas=("weld",)),
    ),
)


class Life:
    """One alert and since when it waits, as the book keeps them."""

    def __init__(self, **config: Any) -> None:
        self.config = Config(**config)
        self.facts = Facts()
        self.since: float | None = None
        self.whats: list[str] = []

    def take(self, step: Outcome, now: float) -> Life:
        assert isinstance(step, Step), step
        self.since = waiting_since(self.since, self.facts, step, now)
        self.facts = step.facts
        if step.what is not None:
            self.whats.append(step.what)
        return self

    def see(self, level: int, now: float) -> Life:
        return self.take(observe(self.facts, level, self.config, now), now)

    def tick(self, now: float) -> Life:
        return self.take(escalated(self.facts, STEPS, self.since, now), now)


def test_the_steps_of_an_alert_fit_its_priority_and_area() -> None:
    def after(*of: Any) -> list[float]:
        return [step.after for step in steps_of(SITE, *of)]

    assert after("critical", "weld") == [300.0, 900.0, 1800.0]
    assert after("warning", "paint") == [900.0]
    assert after("low", "") == []
    assert after("low", "weld") == [1800.0]


def test_what_nobody_acknowledges_goes_step_by_step_and_each_once() -> None:
    life = Life().see(2, 1000.0)
    life.tick(1899.0)
    assert life.facts.escalation == 0
    life.tick(1900.0).tick(1901.0)
    assert life.facts.escalation == 1
    life.tick(4600.0).tick(9999.0)
    assert (life.facts.escalation, life.whats) == (2, ["raised", "escalated", "escalated"])


def test_after_an_outage_it_goes_as_far_as_is_due_at_once() -> None:
    life = Life().see(2, 0.0).tick(99_999.0)
    assert (life.facts.escalation, life.whats) == (2, ["raised", "escalated"])


def test_an_acknowledgement_stops_it_and_a_new_call_begins_anew() -> None:
    life = Life(realarm=3600.0).see(2, 0.0)
    life.take(acknowledge(life.facts, "ana", 100.0, life.facts.version), 100.0).tick(5000.0)
    assert (life.facts.escalation, life.since) == (0, None)
    life.take(realarm(life.facts, life.config, 3700.0), 3700.0)
    assert life.since == 3700.0
    assert life.tick(4599.0).facts.escalation == 0
    assert life.tick(4600.0).facts.escalation == 1


def test_growing_worse_calls_anew() -> None:
    life = Life().see(2, 0.0).see(3, 800.0).tick(900.0)
    assert (life.facts.escalation, life.since) == (0, 800.0)


def test_words_about_it_and_its_own_steps_are_no_new_call() -> None:
    life = Life().see(2, 0.0)
    life.take(comment(life.facts), 500.0).tick(900.0)
    assert (life.facts.escalation, life.since) == (1, 0.0)
    assert life.tick(3600.0).facts.escalation == 2


@pytest.mark.parametrize("away", [{"suppressed": ("line",)}, {"out": Held("ana", 0.0, "x")}])
def test_what_is_put_aside_is_not_escalated(away: Any) -> None:
    facts = replace(Life().see(3, 0.0).facts, **away)
    assert not waits(facts)
    assert escalated(facts, STEPS, 0.0, 99_999.0) == Step(facts)


def test_a_shelf_stops_the_clock_and_its_end_begins_it_anew() -> None:
    life = Life().see(2, 0.0)
    life.take(shelve(life.facts, Shelf("ana", 10.0, "known", 9000.0), life.facts.version), 10.0).tick(5000.0)
    assert (life.facts.escalation, life.since) == (0, None)
    life.take(unshelve(life.facts), 6000.0)
    assert life.since == 6000.0
    assert life.tick(6899.0).facts.escalation == 0


def test_what_has_returned_to_normal_is_left_alone_but_not_what_was_over_at_once() -> None:
    assert Life().see(3, 0.0).see(0, 100.0).tick(9999.0).facts.escalation == 0
    event = Life()
    event.take(occur(event.facts, 3, event.config, 50.0), 50.0).tick(949.0)
    assert event.facts.escalation == 0
    assert event.tick(950.0).facts.escalation == 1


def test_a_clock_that_jumped_back_makes_nobody_wait_for_the_time_it_showed_before() -> None:
    life = Life().see(2, 10_000.0)
    life.take(comment(life.facts), 6400.0)
    assert life.since == 6400.0
    assert life.tick(7300.0).facts.escalation == 1
