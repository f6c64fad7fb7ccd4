"""Floods: on above 10 alarms within 10 minutes, off below 5, whatever the times of the alarms."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.alerts.flood import BEGINS_ABOVE, ENDS_BELOW, WITHIN, Episode, Flood, Floods, episodes

MOMENTS = st.lists(st.integers(0, 4_000), max_size=120).map(lambda each: sorted(float(at) for at in each))


def within(alarms: list[float], now: float) -> int:
    """Alarms of the 10 minutes up to `now`, counted one by one."""
    return sum(now - WITHIN < at <= now for at in alarms)


def test_on_above_ten_off_below_five() -> None:
    flood = Flood()
    for at in range(10):
        flood.add(float(at))
    assert (flood.count, flood.since) == (10, None)
    flood.add(10.0)
    assert (flood.count, flood.since) == (11, 10.0)
    flood.look(605.9)  # the alarms of 0 to 5 s are more than 10 minutes ago
    assert (flood.count, flood.since) == (5, 10.0)
    flood.look(606.0)
    assert (flood.count, flood.since, flood.ended) == (4, None, 606.0)


def test_it_ended_when_it_ended_not_when_somebody_looked() -> None:
    flood = Flood()
    flood.add(0.0, 11)
    flood.look(50_000.0)
    assert (flood.since, flood.ended, flood.count) == (None, 600.0, 0)


def test_between_five_and_ten_a_flood_goes_on_and_none_begins() -> None:
    calm, flood = Flood(), Flood()
    flood.add(0.0, 11)
    for at in range(100, 3_000, 100):  # six within any 10 minutes
        calm.add(float(at))
        flood.add(float(at))
    assert calm.since is None
    assert flood.since == 0.0
    assert flood.alarms == 11 + 29


def test_a_clock_that_is_set_back_keeps_the_flood_for_ten_minutes_not_for_hours() -> None:
    flood = Flood()
    flood.add(7_200.0, 12)
    flood.look(3_600.0)
    assert (flood.count, flood.since) == (12, 3_600.0)
    flood.look(4_200.0)
    assert (flood.count, flood.since) == (0, None)


@settings(deadline=None, database=None)
@given(MOMENTS, st.lists(st.integers(0, 5_000), max_size=20))
def test_counts_and_hysteresis_are_those_of_a_plain_count(alarms: list[float], looks: list[int]) -> None:
    flood, on = Flood(), False
    moments = sorted({*alarms, *map(float, looks), *(at + WITHIN for at in alarms)})
    for now in moments:  # at every moment at which the count can change
        flood.look(now)
        left = sum(now - WITHIN < at < now for at in alarms)
        on = on and left >= ENDS_BELOW
        for _ in range(alarms.count(now)):
            flood.add(now)
        count = within(alarms, now)
        assert flood.count == count
        on = on or count > BEGINS_ABOVE
        assert (flood.since is not None) == on


@settings(max_examples=25, deadline=None, database=None)
@given(MOMENTS)
def test_episodes_are_where_the_flood_is_on(alarms: list[float]) -> None:
    found = episodes(alarms, 0.0, 6_000.0)
    assert all(each.start < each.end for each in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    flood = Flood()
    for now in range(6_000):
        for _ in range(alarms.count(float(now))):
            flood.add(float(now))
        flood.look(float(now))
        assert (flood.since is not None) == any(each.start <= now < each.end for each in found)


def test_episodes_know_a_flood_that_was_on_before_and_one_that_is_still_on() -> None:
    alarms = [*[990.0] * 11, *[3_000.0] * 20]
    assert episodes(alarms, 1_000.0, 3_100.0) == [Episode(1_000.0, 1_590.0, 11), Episode(3_000.0, 3_100.0, 20)]
    assert episodes(alarms, 2_000.0, 2_500.0) == []
    assert episodes([], 0.0, 10.0) == []


def test_positions_have_floods_of_their_own() -> None:
    floods = Floods()
    floods.add("north", 0.0, 6)
    floods.add("south", 0.0, 6)
    assert (floods.recent, floods.flooded) == (12, {})
    floods.add("south", 5.0, 5)
    assert (floods.recent, floods.flooded) == (17, {"south": 5.0})
    floods.look(605.0)
    assert (floods.recent, floods.flooded) == (0, {})


@pytest.mark.parametrize("together", [True, False], ids=["at one evaluation", "one by one"])
def test_ten_thousand_alarms_in_ten_seconds_cost_next_to_nothing(together: bool) -> None:
    flood = Flood()
    begin = time.process_time()
    for number in range(10_000):
        flood.add(float(number // 1_000) if together else number / 1_000)
    assert time.process_time() - begin < 1.0  # 10 ms by itself
    assert (flood.count, flood.since) == (10_000, 0.0 if together else 0.01)
    flood.look(700.0)
    assert flood.count == 0
