"""Ranges of time as people type them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.site.moments import MomentError
from opsconsole.site.ranges import Known, Range, Worked, kept_range, range_of, range_text, said_range

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 6, 24, 10, 52, tzinfo=BERLIN)


def at(text: str) -> dt.datetime:
    """A local moment of Berlin."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=BERLIN)


SHIFTS = (
    Worked("Early", at("2026-06-24 06:00"), at("2026-06-24 14:00")),
    Worked("Night", at("2026-06-23 22:00"), at("2026-06-24 06:00")),
    Worked("Late", at("2026-06-23 14:00"), at("2026-06-23 22:00")),
)
KNOWN = Known(NOW, BERLIN, SHIFTS)


@pytest.mark.parametrize(
    ("typed", "kept", "said"),
    [
        ("8h", "-8h..", "Wed 24 Jun 02:52 – now, 8 h"),
        ("last 8 h", "-8h..", "Wed 24 Jun 02:52 – now, 8 h"),
        ("-90m..", "-1h30m..", "Wed 24 Jun 09:22 – now, 1 h 30 min"),
        ("-8h..now", "-8h..", "Wed 24 Jun 02:52 – now, 8 h"),
        ("-7d..-1d", "-7d..-1d", "Wed 17 Jun 10:52 – Tue 23 Jun 10:52, 6 d"),
        ("This  Shift", "this shift", "Wed 24 Jun 06:00 – 14:00, 8 h (4 h 52 min so far)"),
        ("last shift", "shift -1", "Tue 23 Jun 22:00 – Wed 24 Jun 06:00, 8 h"),
        ("shift - 2", "shift -2", "Tue 23 Jun 14:00 – 22:00, 8 h"),
        ("today", "today", "Wed 24 Jun, the whole day (10 h 52 min so far)"),
        ("yesterday", "yesterday", "Tue 23 Jun, the whole day"),
        ("this week", "this week", "Mon 22 Jun – Sun 28 Jun, 7 d (2 d 10 h so far)"),
        ("last week", "last week", "Mon 15 Jun – Sun 21 Jun, 7 d"),
        ("last month", "last month", "Fri 1 May – Sun 31 May, 31 d"),
        ("2013-06-24", "2013-06-24", "Mon 24 Jun 2013, the whole day"),
        ("2013-06-24..2013-06-26", "2013-06-24..2013-06-26", "Mon 24 Jun 2013 – Wed 26 Jun 2013, 3 d"),
        ("2013-06-24 06:00..14:00", "2013-06-24 06:00..14:00", "Mon 24 Jun 2013 06:00 – 14:00, 8 h"),
        ("2013-06-24T06:00 .. 2013-06-24T14:00", "2013-06-24 06:00..14:00", "Mon 24 Jun 2013 06:00 – 14:00, 8 h"),
        (
            "2013-06-24 22:00..06:00",
            "2013-06-24 22:00..2013-06-25 06:00",
            "Mon 24 Jun 2013 22:00 – Tue 25 Jun 2013 06:00, 8 h",
        ),
        ("14:00..", "2026-06-23 14:00..", "Tue 23 Jun 14:00 – now, 20 h 52 min"),  # the last 14:00 there was
        ("06:00..10:00", "2026-06-24 06:00..10:00", "Wed 24 Jun 06:00 – 10:00, 4 h"),
        ("22:00..06:00", "2026-06-23 22:00..2026-06-24 06:00", "Tue 23 Jun 22:00 – Wed 24 Jun 06:00, 8 h"),
        ("yesterday 06:00..14:00", "2026-06-23 06:00..14:00", "Tue 23 Jun 06:00 – 14:00, 8 h"),
        ("2026-06-23 06:00..", "2026-06-23 06:00..", "Tue 23 Jun 06:00 – now, 28 h 52 min"),
        ("2026-06-23 06:00..24:00", "2026-06-23 06:00..2026-06-24 00:00", "Tue 23 Jun 06:00 – Wed 24 Jun 00:00, 18 h"),
        ("06:00:30..06:00:45.5", "2026-06-24 06:00:30..06:00:45.5", "Wed 24 Jun 06:00 – 06:00, 15.5 s"),
        ("2026-06-23..10:00", None, "the end has a time and the start has none"),
        ("2026-03-29", "2026-03-29", "Sun 29 Mar, a day of 23 h"),
        ("2025-10-26", "2025-10-26", "Sun 26 Oct 2025, a day of 25 h"),
        ("2025-10-26 02:30..03:00", "2025-10-26 02:30..03:00", "Sun 26 Oct 2025 02:30 – 03:00, 1 h 30 min"),
        ("2025-10-26 02:30+01:00..03:00", "2025-10-26 02:30+01:00..03:00", "Sun 26 Oct 2025 02:30 – 03:00, 30 min"),
        ("all", "all", ""),
    ],
)
def test_what_is_typed_is_kept_and_read_back(typed: str, kept: str | None, said: str) -> None:
    if kept is None:
        with pytest.raises(MomentError, match=said):
            kept_range(typed, KNOWN)
        return
    assert kept_range(typed, KNOWN) == kept
    assert kept_range(kept, KNOWN) == kept
    found = range_of(kept, KNOWN)
    assert found == range_of(typed, KNOWN)
    assert (said_range(found, NOW, BERLIN) if found is not None else "") == said


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "say a range: `yesterday`"),
        ("yesterdy", "did you mean `yesterday`?"),
        ("2026-06-25", "`2026-06-25` lies ahead: it is 2026-06-24 10:52 now"),
        ("2026-06-24 11:00..12:00", "lies ahead"),
        ("2026-06-24 10:00..2026-06-24 06:00", "ends before it begins"),
        ("2026-06-24..2026-06-20", "ends before it begins"),
        ("-1d..-7d", "`-1d..-7d` ends before it begins"),
        ("-1d..-1d", "is empty: it has no length"),
        ("0h", "is empty"),
        ("..yesterday", "does not say from when"),
        ("-8h..14:00", "both ends count back from now"),
        ("8x", "`8x` is no range"),
        ("-8..", "`8` has no unit"),
        ("-9000000w..", "longer than 100 years"),
        ("2026-13-01", "month must be in 1..12"),
        ("2026-06-24 25:00..", "hour must be in 0..23"),
        ("2026-03-29 02:30..04:00", "there was no 02:30 on 2026-03-29: clocks were put forward over it"),
        ("10:00", "`10:00` is a moment; a range from there on is `10:00..`"),
        ("10:00..soon", "`soon` is neither a day nor a time of day"),
        ("shift -3", "`shift -1` to `shift -2` can be named"),
        ("shift -0", "can be named"),
    ],
)
def test_what_names_no_range_says_why(typed: str, why: str) -> None:
    with pytest.raises(MomentError) as caught:
        kept_range(typed, KNOWN)
    assert why in str(caught.value)


def test_shifts_are_those_of_the_site() -> None:
    with pytest.raises(MomentError, match="the site has no shifts"):
        kept_range("this shift", Known(NOW, BERLIN))
    between = Known(at("2026-06-24 14:30"), BERLIN, SHIFTS)
    assert range_of("this shift", between) == Range(SHIFTS[0].start, SHIFTS[0].end)
    assert range_of("shift -1", between) == range_of("this shift", between)


def test_what_moves_with_the_clock_is_another_range_later() -> None:
    later = KNOWN._replace(now=NOW + dt.timedelta(days=1))
    for kept in ("yesterday", "-8h..", "-7d..-1d"):
        before, after = range_of(kept, KNOWN), range_of(kept, later)
        assert before is not None
        assert after is not None
        assert after.start - before.start == dt.timedelta(days=1)
    assert range_of("2026-06-24 06:00..10:00", later) == range_of("2026-06-24 06:00..10:00", KNOWN)


def test_rows_of_a_range_are_those_that_there_can_be_now() -> None:
    today = range_of("today", KNOWN)
    assert today is not None
    assert today.end is not None
    assert NOW < today.until(NOW) < NOW + dt.timedelta(seconds=1) < today.end
    assert today.until(NOW + dt.timedelta(days=3)) == today.end
    assert today.until(NOW - dt.timedelta(days=3)) == today.start, "nothing of it has come to pass"


ZONES = st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "America/Asuncion", "UTC"])


@given(
    st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2037, 1, 1)),
    st.timedeltas(dt.timedelta(microseconds=1), dt.timedelta(days=400)),
    ZONES,
)
def test_every_range_can_be_read_back(naive: dt.datetime, length: dt.timedelta, name: str) -> None:
    start, zone = naive.replace(tzinfo=dt.UTC), ZoneInfo(name)
    known = Known(start + dt.timedelta(days=900), zone)
    kept = range_text(start, start + length, zone)
    assert range_of(kept, known) == Range(start, start + length)
    assert kept_range(kept, known) == kept


@given(st.dates(dt.date(1971, 1, 1), dt.date(2037, 1, 1)), st.integers(0, 40), ZONES)
def test_whole_days_are_kept_as_days(first: dt.date, more: int, name: str) -> None:
    zone, last = ZoneInfo(name), first + dt.timedelta(days=more)
    typed = f"{first}..{last}"
    known = Known(dt.datetime(2039, 1, 1, tzinfo=dt.UTC), zone)
    found = range_of(typed, known)
    assert found is not None
    assert found.end is not None
    assert kept_range(typed, known) == (typed if more else f"{first}")
    local = [each.astimezone(zone).date() for each in (found.start, found.end - dt.timedelta(microseconds=1))]
    assert local == [first, last]
