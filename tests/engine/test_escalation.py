"""Escalation in the watch over alerts: by time and by hand, in the journal, over restarts, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.alerts.alert import Transition
from opsconsole.site.notifying import Escalation
from tests.engine.plant import SITE, Plant

A, HOT = "late{line=A}", "hot{line=A,station=s1}"
STEPS = (Escalation(900.0, ("leads",), areas=("weld",)), Escalation(3600.0, ("boss",)))


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    found = Plant(tmp_path, replace(SITE, escalation=STEPS))
    yield found
    found.journal.close()


def pass_time(plant: Plant, seconds: float) -> list[str]:
    """The alerts that are escalated when so much time has passed; consoles see them at once."""
    before = len(plant.recorded())
    plant.now += seconds
    seen = plant.watch.tick(plant.moment)
    found = [name for _, what, name in plant.recorded()[before:] if what == "escalated"]
    assert seen or not found
    return found


def test_what_nobody_acknowledges_is_escalated_once_over_restarts(plant: Plant) -> None:
    told: list[str] = []
    plant.watch.listen(lambda changes: told.extend(each.what for each in changes))
    plant.see("late", "A")
    plant.see("hot", "A", after=0.0)
    assert pass_time(plant, 899.0) == []
    assert pass_time(plant, 1.0) == [A]
    assert plant.recorded()[2:] == [("system", "escalated", A)]
    assert told == ["raised", "raised", "escalated"]
    plant.restart()
    assert pass_time(plant, 2000.0) == []
    assert plant.open_alerts()[A].escalation == 1
    assert sorted(pass_time(plant, 700.0)) == [HOT, A]
    assert {name: alert.escalation for name, alert in plant.open_alerts().items()} == {A: 2, HOT: 1}


def test_an_acknowledgement_and_a_restart_between_stop_it(plant: Plant) -> None:
    plant.see("late", "A")
    plant.do("ack", A)
    plant.restart()
    assert pass_time(plant, 5000.0) == []
    plant.do("unack", A)
    assert pass_time(plant, 899.0) == []
    assert pass_time(plant, 1.0)


def test_by_hand_it_goes_as_far_as_its_own_steps_and_people_are_told(plant: Plant) -> None:
    told: list[Transition] = []
    plant.watch.listen(told.extend)
    plant.see("late", "A")
    plant.see("hot", "A", after=0.0)
    assert plant.do("escalate", A, HOT).applied == [A, HOT]
    assert plant.do("escalate", A, HOT).refused == {HOT: "there is nobody further to escalate it to"}
    assert [(each.what, each.who, each.annunciate, each.alert.facts.escalation) for each in told[2:]] == [
        ("escalated", "ana", True, 1), ("escalated", "ana", True, 1), ("escalated", "ana", True, 2),
    ]  # fmt: skip
    assert not pass_time(plant, 5000.0), "the steps that were taken are not taken again"


def test_an_edited_site_is_followed(plant: Plant) -> None:
    plant.see("late", "A")
    plant.watch.configure(replace(plant.site, escalation=(Escalation(60.0),)), plant.moment)
    assert pass_time(plant, 59.0) == []
    assert pass_time(plant, 1.0)
    plant.watch.configure(replace(plant.site, escalation=()), plant.moment)
    assert pass_time(plant, 99_999.0) == []


def test_a_clock_that_jumps_back_does_not_put_it_off(plant: Plant) -> None:
    plant.see("late", "A")
    pass_time(plant, 100.0)
    pass_time(plant, -3600.0)
    assert pass_time(plant, 899.0) == []
    assert pass_time(plant, 1.0)
