"""Chattering by time, flapping by Icinga's formula, fleeting."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.alerts.chatter import CALM, RING, Chatters, flapping, fleeting
from opsconsole.site.model import Chatter


def icinga(changes: list[bool]) -> float:
    """The figure as `checkable-flapping.cpp` has it: a ring of 20 bits, the newest last."""
    ring = ([False] * RING + changes)[-RING:]
    return 100 * sum((0.8 + 0.02 * index) * bit for index, bit in enumerate(ring)) / RING


def test_figures_that_are_known() -> None:
    assert flapping(range(20)) == pytest.approx(99.0)
    assert flapping(range(6)) == pytest.approx(33.9)  # six changes in the newest six: over 30 %
    assert flapping(range(5)) == pytest.approx(28.5)
    assert flapping([]) == 0.0
    assert flapping([20, 35]) == 0.0


@settings(deadline=None, database=None)
@given(st.lists(st.booleans(), max_size=60))
def test_the_formula_is_icingas(changes: list[bool]) -> None:
    newest = len(changes) - 1
    ages = [newest - index for index, changed in enumerate(changes) if changed]
    assert flapping(ages) == pytest.approx(icinga(changes))


@settings(deadline=None, database=None)
@given(st.lists(st.booleans(), max_size=120))
def test_flapping_begins_above_30_and_ends_below_25(states: list[bool]) -> None:
    """Whatever the states at one evaluation after the other; what is kept is only when they changed."""
    chatters, flaps, changes, before = Chatters(), False, list[bool](), False
    for number, active in enumerate(states):
        changes.append(active != before)
        if active != before:
            chatters.changed("a", number * 1_000.0, number, active=active)
        figure = icinga(changes)
        if changes[-1] and figure > 30:
            flaps = True
        elif figure < 25:
            flaps = False
        assert chatters.look("a", number * 1_000.0, number) == flaps
        before = active


def test_three_activations_within_a_minute() -> None:
    chatters = Chatters()
    assert not chatters.changed("a", 0.0, active=True)
    assert not chatters.changed("a", 10.0, active=False)
    assert not chatters.changed("a", 30.0, active=True)
    assert not chatters.changed("b", 31.0, active=True)
    assert not chatters.changed("a", 60.1, active=True)  # the first of the three is longer ago
    assert chatters.changed("a", 90.0, active=True)
    assert (chatters.chatters("a"), chatters.chatters("b"), chatters.marked) == (True, False, ["a"])


def test_the_mark_stays_until_it_was_calm_for_a_while() -> None:
    chatters = Chatters()
    for at in (0.0, 20.0, 60.0):
        chatters.changed("a", at, active=True)
    assert chatters.look("a", 60.0 + CALM, None)
    assert not chatters.look("a", 60.1 + CALM, None)
    assert chatters.marked == []


def test_how_often_is_too_often_is_the_sites() -> None:
    chatters = Chatters(Chatter(times=2, within=600.0))
    chatters.changed("a", 0.0, active=True)
    assert chatters.changed("a", 600.0, active=True)


def test_a_clock_that_is_set_back_makes_no_chatter() -> None:
    chatters = Chatters()
    for at in (7_000.0, 7_030.0, 3_400.0, 3_600.0):
        assert not chatters.changed("a", at, active=True)
    for at in (3_610.0, 3_620.0):
        chatters.changed("a", at, active=True)
    assert chatters.chatters("a")
    assert not chatters.look("a", 10.0, None)


def test_what_is_long_ago_is_forgotten_and_what_is_gone_is_dropped() -> None:
    chatters = Chatters()
    for at in (0.0, 1.0, 2.0):
        chatters.changed("a", at, active=True)
    for number in range(1_000):
        chatters.changed(f"once{number}", 10.0 + number, active=True)
    chatters.forget(505.0)
    assert chatters.held == 506  # those since, and the one that is marked
    chatters.drop("a")
    assert (chatters.held, chatters.marked) == (505, [])


@pytest.mark.parametrize(
    ("ended", "acknowledged", "is_so"),
    [(59.9, None, True), (60.0, None, False), (30.0, 20.0, False), (30.0, 40.0, True), (30.0, 30.0, True)],
)
def test_fleeting_is_over_within_a_minute_and_by_itself(ended: float, acknowledged: float | None, is_so: bool) -> None:
    assert fleeting(0.0, ended, acknowledged) is is_so
