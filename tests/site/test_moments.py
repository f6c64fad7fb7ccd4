"""Moments as people type them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.site.model import Shift, Site
from opsconsole.site.moments import MomentError, moment_of, moment_text, said
from opsconsole.site.shifts import shift_ends

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 6, 24, 10, 52, 30, tzinfo=BERLIN)
ENDED = [dt.datetime(2026, 6, 24, 6, tzinfo=BERLIN), dt.datetime(2026, 6, 23, 22, tzinfo=BERLIN)]


@pytest.mark.parametrize(
    ("typed", "kept", "shown"),
    [
        ("yesterday", "2026-06-23", "2026-06-23"),
        ("Yesterday 10:00", "2026-06-23T10:00", "2026-06-23 10:00"),
        ("2013-06-24", "2013-06-24", "2013-06-24"),
        ("today", "2026-06-24T10:52:30", "2026-06-24 10:52"),
        ("now", "2026-06-24T10:52:30", "2026-06-24 10:52"),
        ("2013-06-24  10:00", "2013-06-24T10:00", "2013-06-24 10:00"),
        ("2013-06-24T10:00:05.25Z", "2013-06-24T12:00:05.25", "2013-06-24 12:00"),
        ("03:40", "2026-06-24T03:40", "2026-06-24 03:40"),
        ("23:15", "2026-06-23T23:15", "2026-06-23 23:15"),
        ("-2h", "2026-06-24T08:52:30", "2026-06-24 08:52"),
        ("-1d12h", "2026-06-22T22:52:30", "2026-06-22 22:52"),
        ("shift -1", "2026-06-24T05:59:59.999999", "2026-06-24 06:00"),
        ("shift -2", "2026-06-23T21:59:59.999999", "2026-06-23 22:00"),
        ("2025-10-26T02:30+01:00", "2025-10-26T02:30+01:00", "2025-10-26 02:30"),
        ("2025-10-26T02:30+02:00", "2025-10-26T02:30", "2025-10-26 02:30"),
    ],
)
def test_what_is_typed_is_kept_as_a_moment(typed: str, kept: str, shown: str) -> None:
    moment = moment_of(typed, NOW, BERLIN, ENDED)
    assert (moment_text(moment, BERLIN), said(moment, BERLIN)) == (kept, shown)
    assert moment_of(kept, NOW + dt.timedelta(days=400), BERLIN) == moment


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("tomorrow", "is no moment; say `yesterday`"),
        ("2026-06-25", "lies ahead: it is 2026-06-24 10:52 now"),
        ("2026-06-24 11:00", "lies ahead"),
        ("25:00", "hour must be in 0..23"),
        ("2026-02-30", "is no moment: day"),
        ("-2", "is no length of time"),
        ("-9000000w", "is no length of time"),
        ("shift -3", "`shift -1` to `shift -2` can be named"),
        ("shift -0", "can be named"),
        ("", "is no moment"),
        ("9999-12-31", "is no moment"),
    ],
)
def test_what_names_no_moment_says_why(typed: str, why: str) -> None:
    with pytest.raises(MomentError) as caught:
        moment_of(typed, NOW, BERLIN, ENDED)
    assert why in str(caught.value)


def test_a_site_without_shifts_says_so() -> None:
    with pytest.raises(MomentError, match="the site has no shifts"):
        moment_of("shift -1", NOW, BERLIN)


@given(
    st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2040, 1, 1)),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
)
def test_every_moment_can_be_read_back(naive: dt.datetime, name: str) -> None:
    moment, zone = naive.replace(tzinfo=dt.UTC), ZoneInfo(name)
    assert moment_of(moment_text(moment, zone), moment + dt.timedelta(days=9), zone) == moment


def test_the_last_shifts_that_are_over_are_known() -> None:
    shifts = (Shift("Early", dt.time(6), dt.time(14)), Shift("Late", dt.time(14), dt.time(22)))
    site = Site("plant", timezone="Europe/Berlin", shifts=shifts)
    running = [f"{end.astimezone(BERLIN):%d %H:%M}" for end in shift_ends(site, NOW, 3)]
    over = [f"{end.astimezone(BERLIN):%d %H:%M}" for end in shift_ends(site, NOW.replace(hour=23), 3)]
    assert (running, over) == (["23 22:00", "23 14:00", "22 22:00"], ["24 22:00", "24 14:00", "23 22:00"])
    assert shift_ends(Site("yard"), NOW) == []


@pytest.mark.parametrize(
    ("typed", "now", "moment"),
    [
        # clocks put forward from 02:00 to 03:00 on 29 March 2026: no 02:30 that day
        ("02:30", "2026-03-29T10:00+02:00", "2026-03-28T02:30+01:00"),
        ("02:30", "2026-03-30T02:00+02:00", "2026-03-28T02:30+01:00"),
        ("03:00", "2026-03-29T10:00+02:00", "2026-03-29T03:00+02:00"),
        # clocks put back from 03:00 to 02:00 on 25 October 2026: 02:30 twice
        ("02:30", "2026-10-25T02:15+01:00", "2026-10-25T02:30+02:00"),
        ("02:30", "2026-10-25T02:45+02:00", "2026-10-25T02:30+02:00"),
        ("02:30", "2026-10-25T10:00+01:00", "2026-10-25T02:30+01:00"),
        ("2026-10-25 02:30", "2026-10-25T10:00+01:00", "2026-10-25T02:30+02:00"),
        ("2026-10-25 02:30+01:00", "2026-10-25T10:00+01:00", "2026-10-25T02:30+01:00"),
        ("yesterday", "2026-10-26T10:00+01:00", "2026-10-25T23:59:59.999999+01:00"),
        ("-24h", "2026-10-25T10:00+01:00", "2026-10-24T11:00+02:00"),
    ],
)
def test_hours_that_clocks_skip_or_bring_twice(typed: str, now: str, moment: str) -> None:
    found = moment_of(typed, dt.datetime.fromisoformat(now), BERLIN)
    assert found == dt.datetime.fromisoformat(moment)
    later = dt.datetime.fromisoformat(now) + dt.timedelta(days=400)
    assert moment_of(moment_text(found, BERLIN), later, BERLIN) == found


def test_a_time_that_clocks_skipped_on_the_day_named_is_refused() -> None:
    with pytest.raises(MomentError, match="there was no 02:30 on 2026-03-29: clocks were put forward over it"):
        moment_of("2026-03-29 02:30", NOW, BERLIN)
