from __future__ import annotations

import datetime as dt

from opsconsole.engine.clock import SiteClock
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


def test_replay_starts_where_it_is_told_in_the_sites_zone_and_scales() -> None:
    start = dt.datetime(2013, 6, 24, 14)
    since = dt.datetime(2026, 6, 24, 12, tzinfo=dt.UTC)
    clock = SiteClock(Clock(mode="replay", speed=60, start=start, since=since), "America/New_York", 0)
    assert clock.now(NOON + 60) == dt.datetime(2013, 6, 24, 19, tzinfo=dt.UTC)


def test_a_stamp_at_the_end_of_the_calendar_leaves_room_for_days_around_it() -> None:
    clock = SiteClock(Clock("data"), "Pacific/Auckland", started=0.0)
    for newest, year in ((253402300799.0, 9998), (-62135596800.0, 2)):
        clock.newest = newest
        assert clock.now(0.0).year == year
        for kind in ("day", "shift", "quarter", "year"):
            assert window_bounds(Window(kind), clock.now(0.0), Site("x", timezone="Pacific/Auckland"))
