"""Working time against the clock on the wall, minute by minute, and over clock changes."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from opsconsole.site.calendar import window_bounds
from opsconsole.site.model import Break, Holidays, Shift, Site, Window
from opsconsole.site.working import is_working_day, working_back, working_seconds, working_stretches
from tests.site.sites import at, local, moments, site, sites, steady, wall_works

HOUR = 3600.0
OFFICE = (
    Shift("", dt.time(8), dt.time(17), (0, 1, 2, 3), (Break(dt.time(12), dt.time(13)),)),
    Shift("", dt.time(8), dt.time(12), (4,)),
)


def test_working_hours_by_weekday_without_breaks_and_holidays() -> None:
    plant = site(working=OFFICE, holidays=Holidays("DE"))
    hours = [
        working_seconds(plant, local(f"2026-05-{day:02}T00:00"), local(f"2026-05-{day + 1:02}T00:00")) / HOUR
        for day in range(11, 18)
    ]
    assert hours == [8, 8, 8, 0, 4, 0, 0]  # Thursday 14 May is Ascension Day
    assert [is_working_day(plant, dt.date(2026, 5, day)) for day in (13, 14, 15, 16)] == [True, False, True, False]


def test_the_last_hours_of_working_time_reach_over_the_weekend() -> None:
    plant = site(working=OFFICE)

    def start(now: str, hours: float) -> str:
        found = window_bounds(Window("working", hours * HOUR), local(now), plant)
        assert found[1] == local(now)
        return f"{found[0].astimezone(ZoneInfo('Europe/Berlin')):%a %d %H:%M}"

    assert start("2026-06-24T10:30", 2) == "Wed 24 08:30"
    assert start("2026-06-24T10:30", 8) == "Tue 23 10:30"
    assert start("2026-06-22T09:00", 2) == "Fri 19 11:00"
    assert start("2026-06-21T09:00", 4) == "Fri 19 08:00"  # on a Sunday
    assert start("2026-06-24T12:30", 4) == "Wed 24 08:00"  # in the break
    assert start("2026-06-24T14:00", 5) == "Wed 24 08:00"


def test_without_working_hours_it_is_the_time_of_the_shifts_and_without_shifts_all_time() -> None:
    early = Shift("Early", dt.time(6), dt.time(14), (0, 1, 2, 3, 4), (Break(dt.time(9), dt.time(9, 30)),))
    handover = Shift("Late", dt.time(13, 30), dt.time(22), (0, 1, 2, 3, 4))
    day = (local("2026-06-24T00:00"), local("2026-06-25T00:00"))
    assert working_seconds(site(shifts=(early, handover)), *day) == 15.5 * HOUR  # the overlap counts once
    assert working_seconds(site(shifts=()), *day) == 24 * HOUR
    closed = site(shifts=(), holidays=Holidays(add=(((2026, 6, 24), "Fair"),)))
    assert working_seconds(closed, *day) == 0
    assert working_back(closed, day[1], HOUR) == day[0] - dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "date", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
    ],
)
def test_all_time_of_a_day_with_a_clock_change(zone: str, date: str, hours: float) -> None:
    day = local(f"{date}T00:00", zone)
    after = local(f"{dt.date.fromisoformat(date) + dt.timedelta(days=1)}T00:00", zone)
    assert working_seconds(site(zone, ()), day, after) == hours * HOUR
    # round the clock in shifts is all time too
    assert working_seconds(site(zone), day, after) == hours * HOUR


def test_a_site_that_never_works_has_no_working_time_and_looking_for_it_ends() -> None:
    never = site(shifts=(), working=(Shift("", dt.time(8), dt.time(9), ()),))
    now = at("2026-06-24T10:00")
    assert working_seconds(never, at("2020-01-01T00:00"), now) == 0
    assert now - dt.timedelta(days=420) < working_back(never, now, HOUR) < now - dt.timedelta(days=390)
    assert working_back(site(shifts=()), at("0001-01-20T00:00"), 9e9) >= at("0001-01-03T00:00")


@settings(max_examples=60, deadline=None)
@given(sites(), moments, st.integers(1, 30))
def test_working_time_is_what_the_clock_on_the_wall_says(plant: Site, start: dt.datetime, hours: int) -> None:
    start = start.replace(minute=0, second=0, microsecond=0)
    assume(steady(plant.timezone, start + dt.timedelta(hours=hours / 2), dt.timedelta(hours=hours + 40)))
    end = start + dt.timedelta(hours=hours)
    # times are whole quarters on the wall, and zones differ by quarters
    quarters = [start + dt.timedelta(minutes=15 * step) for step in range(4 * hours)]
    assert working_seconds(plant, start, end) == 900 * sum(wall_works(plant, each) for each in quarters)


@settings(deadline=None)
@given(sites(), moments, st.lists(st.timedeltas(dt.timedelta(0), dt.timedelta(days=9)), min_size=2, max_size=4))
def test_working_seconds_add_up(plant: Site, start: dt.datetime, steps: list[dt.timedelta]) -> None:
    marks = [start]
    for step in steps:
        marks.append(marks[-1] + step)
    parts = sum(working_seconds(plant, first, last) for first, last in pairwise(marks))
    assert abs(parts - working_seconds(plant, marks[0], marks[-1])) < 1e-3
    assert working_seconds(plant, marks[0], marks[-1]) <= (marks[-1] - marks[0]).total_seconds() + 1e-3
    found = working_stretches(plant, marks[0], marks[-1])
    assert all(first < last for first, last in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))


@settings(deadline=None)
@given(sites(), moments, st.floats(60, 100 * HOUR))
def test_looking_back_finds_the_latest_moment_with_so_much_working_time(
    plant: Site, now: dt.datetime, seconds: float
) -> None:
    start = working_back(plant, now, seconds)
    assert start <= now
    found = working_seconds(plant, start, now)
    if found < seconds - 1e-3:  # given up
        assert working_stretches(plant, start, start + dt.timedelta(days=300)) == [] or found == 0
    else:
        assert abs(found - seconds) < 1e-3
        assert working_seconds(plant, start + dt.timedelta(seconds=1), now) < seconds - 0.9
