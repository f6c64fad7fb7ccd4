"""The calendar against days of 23 and 25 hours, shifts across midnight and any zone there is."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.site.buckets import buckets
from opsconsole.site.calendar import BEGINNING, window_bounds, window_end
from opsconsole.site.localtime import day_start
from opsconsole.site.model import Shift, Window
from opsconsole.site.periods import previous_bounds
from opsconsole.site.shifts import shift_at
from tests.site.sites import at, local, moments, site, zones

PERIODS: tuple[Window, ...] = (Window("day"), Window("week"), Window("month"), Window("quarter"), Window("year"))
LONGEST = {"day": 2, "week": 8, "month": 32, "quarter": 93, "year": 367}


# --- worked examples -------------------------------------------------------------------------------------------


def test_a_day_when_clocks_go_forward_has_23_hours() -> None:
    start = day_start(dt.date(2026, 3, 29), ZoneInfo("Europe/Berlin"))
    end = day_start(dt.date(2026, 3, 30), ZoneInfo("Europe/Berlin"))
    assert end - start == dt.timedelta(hours=23)


def test_a_day_when_clocks_go_back_has_25_hours() -> None:
    now = local("2026-10-25T23:59:59")
    start, end = window_bounds(Window("day"), now, site())
    assert end - start == dt.timedelta(hours=25) - dt.timedelta(seconds=1)


def test_the_night_shift_crosses_midnight_and_a_clock_change() -> None:
    night = shift_at(site(), local("2026-03-29T04:00"))
    assert night is not None
    assert (night.name, night.start, night.end - night.start) == (
        "Night",
        local("2026-03-28T22:00"),
        dt.timedelta(hours=7),
    )


def test_a_shift_begins_with_its_first_moment_and_ends_before_the_next() -> None:
    late = shift_at(site(), local("2026-06-24T14:00"))
    assert late == ("Late", local("2026-06-24T14:00"), local("2026-06-24T22:00"), "")
    before = shift_at(site(), local("2026-06-24T13:59:59"))
    assert before is not None
    assert before.name == "Early"


def test_between_shifts_there_is_none_and_the_window_is_the_whole_last_one() -> None:
    day_only = site(shifts=(Shift("Day", dt.time(8), dt.time(16)),))
    now = local("2026-06-24T20:00")
    assert shift_at(day_only, now) is None
    assert window_bounds(Window("shift"), now, day_only) == (local("2026-06-24T08:00"), local("2026-06-24T16:00"))
    assert previous_bounds(Window("shift"), now, day_only) == (
        local("2026-06-23T08:00"),
        local("2026-06-23T16:00"),
        "Day yesterday",
    )


def test_of_overlapping_shifts_the_later_begun_runs() -> None:
    overlapping = site(shifts=(Shift("A", dt.time(6), dt.time(14, 30)), Shift("B", dt.time(14), dt.time(22))))
    shift = shift_at(overlapping, local("2026-06-24T14:10"))
    assert shift is not None
    assert shift.name == "B"


def test_without_shifts_a_shift_window_is_the_day() -> None:
    now = local("2026-06-24T10:00")
    assert window_bounds(Window("shift"), now, site(shifts=())) == (local("2026-06-24T00:00"), now)


def test_a_shift_is_compared_with_the_same_shift_a_day_before_to_the_same_point() -> None:
    found = previous_bounds(Window("shift"), local("2026-06-24T10:52"), site())
    assert found == (local("2026-06-23T06:00"), local("2026-06-23T10:52"), "Early yesterday")


@pytest.mark.parametrize(
    ("window", "start", "before", "to", "label"),
    [
        (Window("day"), "2026-06-24T00:00", "2026-06-23T00:00", "2026-06-23T10:30", "yesterday"),
        (Window("week"), "2026-06-22T00:00", "2026-06-15T00:00", "2026-06-17T10:30", "last week"),
        (Window("month"), "2026-06-01T00:00", "2026-05-01T00:00", "2026-05-24T10:30", "last month"),
        (Window("moving", 28800), "2026-06-24T02:30", "2026-06-23T18:30", "2026-06-24T02:30", "8 h before"),
    ],
)
def test_windows_and_what_they_are_compared_with(window: Window, start: str, before: str, to: str, label: str) -> None:
    now = local("2026-06-24T10:30")
    assert window_bounds(window, now, site()) == (local(start), now)
    assert previous_bounds(window, now, site()) == (local(before), local(to), label)


def test_yesterday_is_compared_to_the_same_local_time_across_a_clock_change() -> None:
    found = previous_bounds(Window("day"), local("2026-03-29T12:00"), site())
    assert found == (local("2026-03-28T00:00"), local("2026-03-28T12:00"), "yesterday")


def test_the_31st_is_compared_with_the_whole_of_a_shorter_month() -> None:
    found = previous_bounds(Window("month"), local("2026-03-31T10:00"), site())
    assert found == (local("2026-02-01T00:00"), local("2026-03-01T00:00"), "last month")


def test_all_has_a_beginning_and_nothing_before_it() -> None:
    now = local("2026-06-24T10:30")
    assert window_bounds(Window("all"), now, site()) == (BEGINNING, now)
    assert previous_bounds(Window("all"), now, site()) is None


def test_a_moving_window_longer_than_time_begins_at_the_beginning() -> None:
    start, _ = window_bounds(Window("moving", 36500 * 86400 * 50.0), local("2026-06-24T10:30"), site())
    assert start == BEGINNING


def test_a_midnight_that_a_clock_change_skips_is_the_first_moment_of_the_day() -> None:
    # In Beirut clocks went from 00:00 to 01:00 on 27 March 2022.
    start, _ = window_bounds(Window("day"), local("2022-03-27T09:00", "Asia/Beirut"), site("Asia/Beirut"))
    assert start == local("2022-03-27T01:00", "Asia/Beirut")


def test_a_date_that_a_zone_skipped_has_no_length() -> None:
    tz = ZoneInfo("Pacific/Apia")
    assert day_start(dt.date(2011, 12, 30), tz) == day_start(dt.date(2011, 12, 31), tz)


def test_a_day_does_not_begin_twice_where_clocks_go_back_across_midnight() -> None:
    # In St. John's clocks went from 00:01 on 1 November 2009 back to 23:01 on 31 October.
    first = dt.datetime(2009, 11, 1, 2, 0, tzinfo=dt.UTC)
    minutes = [first + dt.timedelta(minutes=minute) for minute in range(120)]
    starts = [window_bounds(Window("day"), minute, site("America/St_Johns"))[0] for minute in minutes]
    assert starts == sorted(starts)
    assert len(set(starts)) == 2


def test_buckets_of_days_pass_over_a_date_that_a_zone_skipped() -> None:
    found = buckets(
        local("2011-12-28T00:00", "Pacific/Apia"),
        local("2012-01-02T00:00", "Pacific/Apia"),
        7,
        ZoneInfo("Pacific/Apia"),
    )
    assert found.step == 86400
    assert [later - edge for edge, later in itertools.pairwise(found.edges)] == [dt.timedelta(days=1)] * 4


def test_buckets_of_an_hour_lie_on_the_local_hour() -> None:
    found = buckets(at("2026-06-24T03:40"), at("2026-06-24T11:10"), 12, ZoneInfo("Asia/Kolkata"))
    assert found.step == 3600
    assert {edge.astimezone(ZoneInfo("Asia/Kolkata")).minute for edge in found.edges} == {0}


def test_buckets_of_a_day_follow_the_local_day() -> None:
    tz = ZoneInfo("Europe/Berlin")
    found = buckets(local("2026-03-27T00:00"), local("2026-04-01T00:00"), 7, tz)
    assert [(later - edge) / dt.timedelta(hours=1) for edge, later in itertools.pairwise(found.edges)] == [
        24,
        24,
        23,
        24,
        24,
    ]


def test_buckets_of_months_are_those_of_the_calendar() -> None:
    tz = ZoneInfo("Europe/Berlin")
    year = buckets(local("2017-10-31T00:00"), local("2018-10-31T00:00"), 32, tz)
    assert [edge.astimezone(tz).day for edge in year.edges] == [1] * 14
    assert [edge.astimezone(tz).month for edge in year.edges] == [10, 11, 12, *range(1, 12)]
    assert 30.4 * 86400 < year.step < 30.5 * 86400
    three = buckets(local("2016-04-30T00:00"), local("2019-03-31T00:00"), 32, tz)
    assert [str(edge.astimezone(tz).date()) for edge in three.edges[:3]] == ["2016-04-01", "2016-07-01", "2016-10-01"]
    many = buckets(local("1951-04-30T00:00"), local("2019-03-31T00:00"), 32, tz)
    assert [edge.astimezone(tz).year for edge in many.edges] == [1950, 1960, 1970, 1980, 1990, 2000, 2010, 2020]


# --- what must hold for any zone and moment --------------------------------------------------------------------


@given(zones, moments, st.sampled_from(PERIODS))
def test_a_period_holds_now_and_its_local_start_is_the_first_of_the_period(
    zone: str, now: dt.datetime, window: Window
) -> None:
    start, end = window_bounds(window, now, site(zone))
    assert start <= end == now
    assert now - start < dt.timedelta(days=LONGEST[window.kind])
    # One second before the start another period ran.
    assert window_bounds(window, start - dt.timedelta(seconds=1), site(zone))[0] < start
    # The start belongs to the period.
    assert window_bounds(window, start, site(zone))[0] == start
    ends = window_end(window, start, site(zone))
    assert ends is not None
    assert ends > now
    assert window_bounds(window, ends, site(zone))[0] == ends


@given(zones, moments)
def test_three_shifts_leave_no_moment_without_one(zone: str, now: dt.datetime) -> None:
    shift = shift_at(site(zone), now)
    assert shift is not None
    assert shift.start <= now < shift.end
    # of the night into a date that a zone skips two hours are left
    assert dt.timedelta(hours=2) <= shift.end - shift.start <= dt.timedelta(hours=32)
    start, end = window_bounds(Window("shift"), now, site(zone))
    assert (start, end) == (shift.start, now)


@given(zones, moments, st.lists(st.tuples(st.times(), st.times()), min_size=1, max_size=5))
def test_any_shifts_give_a_window_that_has_begun(
    zone: str, now: dt.datetime, times: list[tuple[dt.time, dt.time]]
) -> None:
    shifts = tuple(Shift(str(index), start, end) for index, (start, end) in enumerate(times))
    start, end = window_bounds(Window("shift"), now, site(zone, shifts))
    assert start <= end <= now
    running = shift_at(site(zone, shifts), now)
    if running is not None:
        assert (start, end) == (running.start, now)


@given(
    zones,
    moments,
    st.timedeltas(dt.timedelta(0), dt.timedelta(days=4000)),
    st.integers(1, 200),
)
def test_buckets_cover_the_window_without_gap(zone: str, start: dt.datetime, length: dt.timedelta, hint: int) -> None:
    end = start + length
    step, edges = buckets(start, end, hint, ZoneInfo(zone))
    assert edges[0] <= start
    assert edges[-1] >= end
    assert len(edges) == 2 or edges[-2] < end
    assert edges[1] > start
    assert all(edge < later for edge, later in itertools.pairwise(edges))
    assert len(edges) - 1 <= hint or step > 86400 * 1000
    if step < 86400:
        assert {(later - edge).total_seconds() for edge, later in itertools.pairwise(edges)} == {step}


@given(zones, moments, st.integers(1, 3600))
def test_buckets_stay_where_they_are_while_time_passes(zone: str, start: dt.datetime, seconds: int) -> None:
    tz = ZoneInfo(zone)
    first = buckets(start, start + dt.timedelta(hours=8), 24, tz)
    later = buckets(start + dt.timedelta(seconds=seconds), start + dt.timedelta(hours=8, seconds=seconds), 24, tz)
    if (
        first.step == later.step
        and start.astimezone(tz).utcoffset() == (start + dt.timedelta(hours=2)).astimezone(tz).utcoffset()
    ):
        assert set(first.edges[2:-2]) <= set(later.edges)
