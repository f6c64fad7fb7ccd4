from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.engine.clock import SiteClock, grid_point
from opsconsole.site.calendar import window_bounds
from opsconsole.site.model import Clock, Site, Window

NOON = dt.datetime(2026, 6, 24, 12, tzinfo=dt.UTC).timestamp()


def test_the_wall_clock_is_the_walls() -> None:
    clock = SiteClock(Clock(), "Europe/Berlin", NOON)
    assert clock.at(NOON + 5) == NOON + 5
    assert clock.speed == 1


def test_the_clock_data_is_the_newest_event_and_stands_still() -> None:
    clock = SiteClock(Clock(mode="data"), "UTC", NOON)
    assert clock.at(NOON) == NOON
    clock.newest = NOON - 1e6
    assert clock.at(NOON) == clock.at(NOON + 99) == NOON - 1e6
    assert clock.speed == 0
    assert clock.until_next(NOON, 10) is None


def test_replay_starts_where_it_is_told_in_the_sites_zone_and_scales() -> None:
    start = dt.datetime(2013, 6, 24, 14)
    since = dt.datetime(2026, 6, 24, 12, tzinfo=dt.UTC)
    clock = SiteClock(Clock(mode="replay", speed=60, start=start, since=since), "America/New_York", 0)
    assert clock.now(NOON + 60) == dt.datetime(2013, 6, 24, 19, tzinfo=dt.UTC)


@given(st.floats(1, 1e4), st.floats(0, 1e5), st.floats(1, 600))
def test_the_grid_is_due_when_it_says(every: float, wall: float, speed: float) -> None:
    clock = SiteClock(Clock(mode="replay", speed=speed), "UTC", 0)
    left = clock.until_next(wall, every)
    assert left is not None
    assert 0 <= left <= every / speed + 1e-6
    assert grid_point(clock.at(wall + left + 1e-3), every) > grid_point(clock.at(wall), every) - 1e-6
    assert clock.at(wall + left) == pytest.approx(grid_point(clock.at(wall), every) + every, rel=1e-6, abs=1e-3)


def test_a_stamp_at_the_end_of_the_calendar_leaves_room_for_days_around_it() -> None:
    clock = SiteClock(Clock("data"), "Pacific/Auckland", started=0.0)
    for newest, year in ((253402300799.0, 9998), (-62135596800.0, 2)):
        clock.newest = newest
        assert clock.now(0.0).year == year
        for kind in ("day", "shift", "quarter", "year"):
            assert window_bounds(Window(kind), clock.now(0.0), Site("x", timezone="Pacific/Auckland"))
