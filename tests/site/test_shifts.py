"""Shifts as they are worked, against the clock on the wall: days, holidays, teams, breaks, clock changes."""

# ruff: noqa: E501
# Sites and patterns read better on one line.
from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from opsconsole.site.calendar import window_bounds
from opsconsole.site.localtime import day_start, utc
from opsconsole.site.model import Break, Holidays, Rotation, Shift, Site, Window
from opsconsole.site.shifts import (
    at_point,
    breaks_of,
    current_run,
    point_of,
    run_on,
    runs_before,
    runs_on,
    shift_at,
    shift_ends,
)
from tests.site.sites import THREE, ZONES, at, local, moments, site, sites, steady, wall_shift, wall_teams

DAY = dt.timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Shift("Night", dt.time(22), dt.time(6))
MONDAY = dt.date(2026, 1, 5)

# --- worked examples -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "date", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Pacific/Apia", "2011-12-30", 0),
        ("Europe/Berlin", "2026-06-24", 24),
    ],
)
def test_days_are_as_long_as_the_clocks_make_them(zone: str, date: str, hours: float) -> None:
    day = dt.date.fromisoformat(date)
    assert day_start(day + DAY, ZoneInfo(zone)) - day_start(day, ZoneInfo(zone)) == dt.timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "date", "hours"),
    [
        ("Europe/Berlin", "2026-03-28", 7),
        ("Europe/Berlin", "2026-10-24", 9),
        ("America/New_York", "2026-03-07", 7),
        ("America/New_York", "2026-10-31", 9),
        ("Australia/Lord_Howe", "2026-10-03", 7.5),
        ("Australia/Lord_Howe", "2026-04-04", 8.5),
        ("Europe/Berlin", "2026-12-31", 8),
    ],
)
def test_the_night_shift_over_a_clock_change_and_into_the_new_year(zone: str, date: str, hours: float) -> None:
    run = run_on(site(zone), NIGHT, dt.date.fromisoformat(date), ZoneInfo(zone))
    assert run is not None
    assert run.span.end - run.span.start == dt.timedelta(hours=hours)
    assert f"{run.span.start.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" == f"{date} 22:00"
    middle = run.span.start + (run.span.end - run.span.start) / 2
    assert shift_at(site(zone), middle) == run.span


def test_a_time_that_clocks_skip_is_the_moment_at_which_they_do() -> None:
    for time in (dt.time(2), dt.time(2, 30), dt.time(2, 59), dt.time(3)):
        assert utc(dt.date(2026, 3, 29), time, BERLIN) == at("2026-03-29T01:00")
    assert utc(dt.date(2026, 3, 29), dt.time(3, 1), BERLIN) == at("2026-03-29T01:01")
    assert utc(dt.date(2026, 10, 25), dt.time(2, 30), BERLIN) == at("2026-10-25T00:30")
    # a date that was skipped as a whole
    assert utc(dt.date(2011, 12, 30), dt.time(17), ZoneInfo("Pacific/Apia")) == at("2011-12-30T10:00")


def test_shifts_that_meet_in_a_skipped_hour_do_not_overlap() -> None:
    halves = (Shift("A", dt.time(22), dt.time(2, 30)), Shift("B", dt.time(2, 30), dt.time(6)))
    plant = site(shifts=halves)
    first, second = shift_at(plant, local("2026-03-29T01:59")), shift_at(plant, local("2026-03-29T03:00"))
    assert first is not None
    assert second is not None
    assert (first.end, second.start, second.end) == (second.start, local("2026-03-29T03:00"), local("2026-03-29T06:00"))
    # one that lies in the skipped hour as a whole does not run
    lost = site(shifts=(Shift("Lost", dt.time(2), dt.time(3)),))
    assert runs_on(lost, dt.date(2026, 3, 29), BERLIN) == []


def test_a_shift_runs_on_its_days_and_not_on_holidays() -> None:
    plant = site(
        shifts=(
            Shift("Early", dt.time(6), dt.time(14), (0, 1, 2, 3, 4)),
            Shift("Weekend", dt.time(8), dt.time(16), (5, 6)),
            Shift("Guard", dt.time(22), dt.time(6), on_holidays=True),
        ),
        holidays=Holidays(add=(((2026, 6, 4), "Corpus Christi"), ((2026, 6, 6), "Fair"))),
    )

    def names(date: str) -> list[str]:
        return [run.shift.name for run in runs_on(plant, dt.date.fromisoformat(date), BERLIN)]

    assert names("2026-06-03") == ["Early", "Guard"]
    assert names("2026-06-04") == ["Guard"]
    assert names("2026-06-06") == ["Guard"]
    assert names("2026-06-07") == ["Weekend", "Guard"]
    # the night that began on a holiday goes on into the next day, one from before it into the holiday
    guard = shift_at(plant, local("2026-06-04T03:00"))
    assert guard is not None
    assert guard.start == local("2026-06-03T22:00")


@pytest.mark.parametrize(
    ("pattern", "teams", "offset", "expected"),
    [
        # 4 on 4 off, two teams: who works the day shift on ten days from the start on
        (("Day",) * 4 + ("",) * 4, "AB", 4, "AAAABBBBAA"),
        # continental: three shifts, four teams, 2-2-3 over 28 days
        (
            tuple("EELLNNN")
            + ("", "")
            + tuple("EELLL")
            + ("N", "N", "", "", "E", "E", "E")
            + tuple("LLNN")
            + ("",) * 3,
            "ABCD",
            7,
            "",
        ),
        # five teams, ten days
        (tuple("EELLNN") + ("",) * 4, "ABCDE", 2, ""),
    ],
    ids=["4-on-4-off", "continental", "five teams"],
)
def test_rotations_of_the_field(pattern: tuple[str, ...], teams: str, offset: int, expected: str) -> None:
    names = list(dict.fromkeys(filter(None, pattern)))
    length = 24 // max(2, len(names))
    shifts = tuple(
        Shift(name, dt.time(6 + index * length), dt.time((6 + (index + 1) * length) % 24))
        for index, name in enumerate(names)
    )
    plant = site(shifts=shifts, rotations=(Rotation(tuple(teams), pattern, MONDAY, offset),))
    worked = dict.fromkeys(teams, 0)
    first = []
    for day in range(2 * len(pattern)):
        runs = runs_on(plant, MONDAY + day * DAY, BERLIN)
        assert [run.shift.name for run in runs] == names  # each shift has a team every day
        first.append(runs[0].span.team)
        for run in runs:
            assert len(run.span.team) == 1  # and one only
            worked[run.span.team] += 1
    assert len(set(worked.values())) == 1  # all work alike
    assert "".join(first).startswith(expected)


def test_a_pitman_rotation_changes_between_days_and_nights() -> None:
    days = ("Day", "Day", "", "", "Day", "Day", "Day", "", "", "Day", "Day", "", "", "")
    pattern = days + tuple(name.replace("Day", "Dark") for name in days)
    shifts = (Shift("Day", dt.time(6), dt.time(18)), Shift("Dark", dt.time(18), dt.time(6)))
    plant = site(shifts=shifts, rotations=(Rotation(("A", "B", "C", "D"), pattern, MONDAY, 7),))
    week = ["/".join(run.span.team for run in runs_on(plant, MONDAY + day * DAY, BERLIN)) for day in range(14)]
    assert week == ["A/C", "A/C", "D/B", "D/B", "A/C", "A/C", "A/C", "B/D", "B/D", "A/C", "A/C", "B/D", "B/D", "B/D"]


def test_teams_of_two_rotations_work_one_shift_together_and_none_means_it_does_not_run() -> None:
    both = (Rotation(("A",), ("Early", ""), MONDAY, 0), Rotation(("X",), ("Early", "Early", ""), MONDAY, 0))
    plant = site(rotations=both)
    teams = []
    for day in range(6):
        run = run_on(plant, THREE[0], MONDAY + day * DAY, BERLIN)
        teams.append(run.span.team if run is not None else None)
    assert teams == ["A, X", "X", "A", "X", "A, X", None]
    late = shift_at(plant, local("2026-01-05T15:00"))
    assert late is not None
    assert late.team == ""  # no rotation names it


def test_between_shifts_the_last_one_is_found_however_long_ago() -> None:
    plant = site(shifts=(Shift("Early", dt.time(6), dt.time(14), (0,)),), holidays=Holidays(add=tuple(((2026, 12, day), "x") for day in range(1, 32))))  # fmt: skip
    now = local("2027-01-03T12:00")
    assert shift_at(plant, now) is None
    assert window_bounds(Window("shift"), now, plant) == (local("2026-11-30T06:00"), local("2026-11-30T14:00"))
    never = site(shifts=(Shift("Early", dt.time(6), dt.time(14), ()),))
    assert current_run(never, now) is None
    assert window_bounds(Window("shift"), now, never) == (local("2027-01-03T00:00"), now)


def test_breaks_lie_on_the_wall_clock_and_keep_their_length() -> None:
    night = Shift("Night", dt.time(22), dt.time(6), breaks=(Break(dt.time(2, 15), dt.time(2, 45)), Break(dt.time(23), dt.time(23, 15))))  # fmt: skip

    def found(date: str) -> list[tuple[str, float]]:
        run = run_on(site(), night, dt.date.fromisoformat(date), BERLIN)
        assert run is not None
        return [
            (f"{start.astimezone(BERLIN):%d %H:%M}", (end - start).total_seconds() / 60)
            for start, end in breaks_of(run, BERLIN)
        ]

    assert found("2026-06-23") == [("23 23:00", 15), ("24 02:15", 30)]
    assert found("2026-03-28") == [("28 23:00", 15), ("29 03:00", 30)]  # 02:15 is skipped
    assert found("2026-10-24") == [("24 23:00", 15), ("25 02:15", 30)]  # the first 02:15


def test_the_same_point_is_told_by_time_worked() -> None:
    early = Shift("Early", dt.time(6), dt.time(14), breaks=(Break(dt.time(9), dt.time(9, 30)),))
    long = Shift("Early", dt.time(5), dt.time(13), breaks=(Break(dt.time(7), dt.time(8)),))
    plant = site(shifts=(early,))
    monday, tuesday = run_on(plant, early, MONDAY, BERLIN), run_on(plant, long, MONDAY + DAY, BERLIN)
    assert monday is not None
    assert tuesday is not None

    def same(clock: str) -> str:
        point = point_of(monday, local(f"2026-01-05T{clock}"), BERLIN)
        return f"{at_point(tuesday, point, BERLIN).astimezone(BERLIN):%H:%M}"

    assert [same(clock) for clock in ("06:00", "07:59", "08:30", "09:10", "09:30", "10:30", "13:30")] == [
        *("05:00", "06:59", "08:30", "09:00", "09:00", "10:00", "13:00"),
    ]
    assert point_of(monday, local("2026-01-05T09:10"), BERLIN) == (3 * 3600, 600)


# --- what must hold for any site and moment ----------------------------------------------------------------------


@settings(deadline=None)
@given(sites(), moments)
def test_the_shift_that_runs_is_the_one_on_the_wall(plant: Site, now: dt.datetime) -> None:
    assume(steady(plant.timezone, now))
    found, expected = shift_at(plant, now), wall_shift(plant, now)
    if expected is None:
        assert found is None
        return
    shift, date = expected
    assert found is not None
    tz = ZoneInfo(plant.timezone)
    assert (found.name, found.start) == (shift.name, dt.datetime.combine(date, shift.start, tz).astimezone(dt.UTC))
    assert found.team == ", ".join(wall_teams(plant, shift, date))


@settings(deadline=None)
@given(sites(), moments)
def test_no_moment_lies_in_two_shifts_nor_a_team_in_two_places(plant: Site, now: dt.datetime) -> None:
    tz = ZoneInfo(plant.timezone)
    today = now.astimezone(tz).date()
    runs = [run for day in range(-3, 4) for run in runs_on(plant, today + day * DAY, tz)]
    for run, later in itertools.pairwise(runs):
        assert run.span.start < run.span.end <= later.span.start < later.span.end


@settings(deadline=None)
@given(sites(), moments)
def test_the_window_of_a_shift_has_begun_and_holds_now_while_it_runs(plant: Site, now: dt.datetime) -> None:
    start, end = window_bounds(Window("shift"), now, plant)
    assert start <= end <= now
    running = shift_at(plant, now)
    if running is not None:
        assert (start, end) == (running.start, now)
        assert running.start <= now < running.end
    elif current_run(plant, now) is not None:
        # nothing ran since the one that ended last
        assert all(run.span.start < end or run.span.start > now for run in runs_on(plant, now.date(), ZoneInfo(plant.timezone)))  # fmt: skip


@settings(deadline=None)
@given(sites(), moments, st.integers(1, 12))
def test_the_shifts_before_come_newest_first_without_a_gap_in_their_order(
    plant: Site, now: dt.datetime, n: int
) -> None:
    run = current_run(plant, now)
    assume(run is not None)
    assert run is not None
    before = list(itertools.islice(runs_before(plant, run), n))
    for later, each in itertools.pairwise([run, *before]):
        assert each.span.end <= later.span.start
        # nothing was worked between the two
        between = shift_at(plant, each.span.end + (later.span.start - each.span.end) / 2)
        assert between is None or between == later.span
    named = list(itertools.islice(runs_before(plant, run, run.shift.name), 3))
    assert all(each.shift.name == run.shift.name for each in named)
    ends = shift_ends(plant, now, n)
    assert ends == sorted(ends, reverse=True)
    assert all(end <= now for end in ends)


@settings(deadline=None)
@given(sites(), moments, st.floats(0, 1))
def test_a_point_of_a_shift_is_found_again(plant: Site, now: dt.datetime, part: float) -> None:
    run = current_run(plant, now)
    assume(run is not None)
    assert run is not None
    tz = ZoneInfo(plant.timezone)
    moment = run.span.start + (run.span.end - run.span.start) * part
    found = at_point(run, point_of(run, moment, tz), tz)
    assert abs((found - moment).total_seconds()) < 1e-3


@settings(deadline=None)
@given(st.sampled_from(ZONES), moments, st.times(), st.times())
def test_later_on_the_wall_is_never_earlier(zone: str, now: dt.datetime, first: dt.time, last: dt.time) -> None:
    tz, date = ZoneInfo(zone), now.date()
    low, high = sorted((first, last))
    assert day_start(date, tz) <= utc(date, low, tz) <= utc(date, high, tz) <= day_start(date + DAY, tz)
