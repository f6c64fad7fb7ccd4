"""The grid that rules are evaluated on: local midnights, days of 23 and 25 hours, points between two moments."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.site.grid import Grid

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
HOUR, DAY = 3600.0, 86400.0
STEPS = st.sampled_from([1.0, 7.0, 10.0, 60.0, 300.0, 420.0, 900.0, HOUR, 6 * HOUR, 8 * HOUR, DAY, 2 * DAY, 7 * DAY])
ZONES = st.sampled_from([BERLIN, KOLKATA, ZoneInfo("UTC"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Havana")])
MOMENTS = st.floats(0, 2_000_000_000, allow_nan=False)


def at(text: str, tz: ZoneInfo = BERLIN) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=tz).timestamp()


def local(points: list[float], tz: ZoneInfo = BERLIN) -> list[str]:
    return [dt.datetime.fromtimestamp(point, tz).strftime("%d %H:%M") for point in points]


def test_a_day_is_a_day_of_the_site_whatever_its_length() -> None:
    found = list(Grid(DAY, BERLIN).between(at("2026-03-28"), at("2026-03-31")))
    assert local(found) == ["29 00:00", "30 00:00", "31 00:00"]
    assert found[1] - found[0] == 23 * HOUR
    autumn = list(Grid(DAY, BERLIN).between(at("2026-10-24"), at("2026-10-26")))
    assert autumn[1] - autumn[0] == 25 * HOUR


def test_parts_of_a_day_begin_at_local_midnight() -> None:
    half = Grid(12 * HOUR, KOLKATA)
    assert local([half.last(at("2026-06-24 11:59", KOLKATA)), half.last(at("2026-06-24 12:00", KOLKATA))], KOLKATA) == [
        "24 00:00",
        "24 12:00",
    ]
    assert local([Grid(300, KOLKATA).next(at("2026-06-24 11:57", KOLKATA))], KOLKATA) == ["24 12:00"]


def test_long_steps_go_by_the_clock_on_the_wall_short_ones_lose_no_point() -> None:
    day = at("2026-03-29"), at("2026-03-30")
    assert local(list(Grid(6 * HOUR, BERLIN).between(*day))) == ["29 06:00", "29 12:00", "29 18:00", "30 00:00"]
    assert len(list(Grid(HOUR, BERLIN).between(*day))) == 23
    assert len(list(Grid(300, BERLIN).between(at("2026-10-25"), at("2026-10-26")))) == 25 * 12


def test_weeks_begin_on_monday() -> None:
    found = list(Grid(7 * DAY, BERLIN).between(at("2026-06-22"), at("2026-07-07")))
    assert local(found) == ["29 00:00", "06 00:00"]


@given(STEPS, ZONES, MOMENTS)
def test_last_next_and_between_agree(every: float, tz: ZoneInfo, moment: float) -> None:
    grid = Grid(every, tz)
    last, after = grid.last(moment), grid.next(moment)
    assert last <= moment < after
    assert grid.last(after) == after
    assert grid.next(last) == after
    assert grid.at_or_after(last) == last
    assert list(grid.between(last, after)) == [after]
    assert after - last <= every * 1.05 + 2 * HOUR


@pytest.mark.parametrize("most", [1, 3, 10, 1000])
def test_thinned_points_are_points_and_end_with_the_last(most: int) -> None:
    grid = Grid(10, BERLIN)
    start, end = at("2026-06-24 10:00"), at("2026-06-24 10:10:05")
    found, every = grid.thinned(start, end, most), list(grid.between(start, end))
    assert set(found) <= set(every)
    assert found[-1] == every[-1]
    assert len(found) <= most + 1
    assert found == every or most < len(every)
    assert grid.thinned(end, start, most) in ([], [grid.last(start)])
