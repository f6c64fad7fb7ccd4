"""What windows are compared with: labels, the same point, likeness, clock changes."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.site.calendar import window_bounds
from opsconsole.site.model import Break, Holidays, Shift, Site, Window
from opsconsole.site.periods import Period, comparisons, like, previous_bounds
from opsconsole.site.shifts import current_run, point_of
from opsconsole.site.working import is_working_day, working_seconds
from tests.site.sites import THREE, local, moments, site, sites

BERLIN = ZoneInfo("Europe/Berlin")
NOW = local("2026-06-24T10:52")  # a Wednesday
HOUR = 3600.0
WINDOWS = [
    *(Window("shift"), Window("day"), Window("week"), Window("month"), Window("quarter"), Window("year")),
    *(
        Window("moving", 8 * HOUR),
        Window("moving", 24 * HOUR),
        Window("moving", 7 * 24 * HOUR),
        Window("moving", 100 * HOUR),
    ),
    *(Window("working", 4 * HOUR), Window("working", 8 * HOUR), Window("working", 40 * HOUR)),
]
OFFICE = site(shifts=(), working=(Shift("", dt.time(8), dt.time(16), (0, 1, 2, 3, 4)),), holidays=Holidays("DE"))


def shown(period: Period, tz: ZoneInfo = BERLIN) -> str:
    """ "Tue 23 06:00 – 10:52 (14:00) Early yesterday"."""
    start, end, whole = (each.astimezone(tz) for each in (period.start, period.end, period.whole_end))
    return f"{start:%a %d %b %H:%M} – {end:%d %H:%M} ({whole:%d %H:%M}) {period.label}"


def compared(window: Window, now: dt.datetime = NOW, plant: Site | None = None) -> dict[str, str]:
    return {key: shown(period) for key, period in comparisons(window, now, plant or site()).items()}


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window("shift"), {
            "day": "Tue 23 Jun 06:00 – 23 10:52 (23 14:00) Early yesterday",
            "week": "Wed 17 Jun 06:00 – 17 10:52 (17 14:00) Early last Wed 17 Jun",
            "before": "Tue 23 Jun 22:00 – 24 02:52 (24 06:00) Night, the shift before",
        }),
        (Window("day"), {
            "before": "Tue 23 Jun 00:00 – 23 10:52 (24 00:00) yesterday to 10:52",
            "week": "Wed 17 Jun 00:00 – 17 10:52 (18 00:00) last Wed 17 Jun to 10:52",
        }),
        (Window("week"), {"before": "Mon 15 Jun 00:00 – 17 10:52 (22 00:00) last week to Wed 10:52"}),
        (Window("month"), {"before": "Fri 01 May 00:00 – 24 10:52 (01 00:00) last month to the 24th 10:52"}),
        (Window("quarter"), {"before": "Thu 01 Jan 00:00 – 24 10:52 (01 00:00) last quarter to 24 Mar 10:52"}),
        (Window("year"), {"before": "Wed 01 Jan 00:00 – 24 10:52 (01 00:00) last year to 24 Jun 10:52"}),
        (Window("moving", 8 * HOUR), {
            "before": "Tue 23 Jun 18:52 – 24 02:52 (24 02:52) 8 h before",
            "day": "Tue 23 Jun 02:52 – 23 10:52 (23 10:52) the same 8 h yesterday",
            "week": "Wed 17 Jun 02:52 – 17 10:52 (17 10:52) the same 8 h last Wed 17 Jun",
        }),
        (Window("moving", 24 * HOUR), {
            "before": "Mon 22 Jun 10:52 – 23 10:52 (23 10:52) 1 d before",
            "week": "Tue 16 Jun 10:52 – 17 10:52 (17 10:52) the same 1 d last Wed 17 Jun",
        }),
        (Window("moving", 7 * 24 * HOUR), {"before": "Wed 10 Jun 10:52 – 17 10:52 (17 10:52) 7 d before"}),
        (Window("all"), {}),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_window_is_compared_with(window: Window, expected: dict[str, str]) -> None:
    assert compared(window) == expected
    assert list(compared(window)) == list(expected)  # the first is what tiles show
    before = previous_bounds(window, NOW, site())
    if not expected:
        assert before is None
        return
    first = next(iter(comparisons(window, NOW, site()).values()))
    assert before == (first.start, first.end, first.label.partition(" to ")[0])


def test_a_shift_that_rests_on_sundays_compares_monday_with_saturday_and_says_so() -> None:
    plant = site(shifts=(Shift("Early", dt.time(6), dt.time(14), (0, 1, 2, 3, 4, 5)),))
    monday = local("2026-06-22T08:00")
    assert previous_bounds(Window("shift"), monday, plant) == (
        local("2026-06-20T06:00"),
        local("2026-06-20T08:00"),
        "Early Sat 20 Jun",
    )
    assert compared(Window("shift"), monday, plant) == {
        "day": "Sat 20 Jun 06:00 – 20 08:00 (20 14:00) Early Sat 20 Jun",
        "week": "Mon 15 Jun 06:00 – 15 08:00 (15 14:00) Early last Mon 15 Jun",
    }
    only_mondays = site(shifts=(Shift("Early", dt.time(6), dt.time(14), (0,)),))
    assert compared(Window("shift"), monday, only_mondays) == {
        "day": "Mon 15 Jun 06:00 – 15 08:00 (15 14:00) Early last Mon 15 Jun"
    }


def test_a_shift_that_did_not_run_a_week_ago_has_no_such_comparison() -> None:
    plant = site(holidays=Holidays(add=(((2026, 6, 17), "Fair"),)))
    assert list(compared(Window("shift"), NOW, plant)) == ["day", "before"]


def test_after_midnight_nobody_could_say_which_night_yesterday_is() -> None:
    found = compared(Window("shift"), local("2026-06-24T03:00"))
    assert found["day"] == "Mon 22 Jun 22:00 – 23 03:00 (23 06:00) Night the day before"
    assert found["before"] == "Tue 23 Jun 14:00 – 23 19:00 (23 22:00) Late, the shift before"


def test_a_shift_that_is_over_is_compared_with_whole_ones() -> None:
    plant = site(shifts=(Shift("Day", dt.time(8), dt.time(16)),))
    assert (
        compared(Window("shift"), local("2026-06-24T20:00"), plant)["day"]
        == "Tue 23 Jun 08:00 – 23 16:00 (23 16:00) Day yesterday"
    )


def test_the_same_point_in_a_shift_is_told_by_time_worked() -> None:
    monday = Shift("Early", dt.time(6), dt.time(14), (0,), (Break(dt.time(7), dt.time(8)),))
    others = Shift("Early", dt.time(6), dt.time(14), (1, 2, 3, 4), (Break(dt.time(9), dt.time(9, 30)),))
    plant = site(shifts=(monday, others))
    # on Tuesday at 08:30 two and a half hours were worked, on Monday at 09:30
    assert (
        compared(Window("shift"), local("2026-06-23T08:30"), plant)["day"]
        == "Mon 22 Jun 06:00 – 22 09:30 (22 14:00) Early yesterday"
    )
    # a night of seven hours is compared with the first part of one of eight
    assert (
        compared(Window("shift"), local("2026-03-29T05:00"))["day"]
        == "Fri 27 Mar 22:00 – 28 04:00 (28 06:00) Night the day before"
    )


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-29T12:00", "Sat 28 Mar 00:00 – 28 12:00 (29 00:00) yesterday to 12:00"),
        ("2026-03-30T12:00", "Sun 29 Mar 00:00 – 29 12:00 (30 00:00) yesterday to 12:00"),
        ("2026-03-30T02:30", "Sun 29 Mar 00:00 – 29 03:00 (30 00:00) yesterday to 03:00"),
        ("2026-10-26T02:30", "Sun 25 Oct 00:00 – 25 02:30 (26 00:00) yesterday to 02:30"),
    ],
)
def test_days_are_compared_to_the_same_time_of_day_over_a_clock_change(now: str, expected: str) -> None:
    assert compared(Window("day"), local(now))["before"] == expected


def test_a_day_longer_than_its_comparison_is_in_hours() -> None:
    now = local("2026-10-25T23:59")  # a day of 25 hours
    start, _ = window_bounds(Window("day"), now, site())
    before = comparisons(Window("day"), now, site())["before"]
    assert (now - start) - (before.end - before.start) == dt.timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "now", "expected"),
    [
        ("month", "2026-03-31T10:00", "Sun 01 Feb 00:00 – 01 00:00 (01 00:00) last month"),
        ("month", "2026-03-28T10:00", "Sun 01 Feb 00:00 – 28 10:00 (01 00:00) last month to the 28th 10:00"),
        ("quarter", "2026-05-31T10:00", "Thu 01 Jan 00:00 – 01 00:00 (01 00:00) last quarter to 1 Mar 00:00"),
        ("year", "2028-02-29T10:00", "Fri 01 Jan 00:00 – 01 00:00 (01 00:00) last year to 1 Mar 00:00"),
        ("year", "2026-12-31T23:00", "Wed 01 Jan 00:00 – 31 23:00 (01 00:00) last year to 31 Dec 23:00"),
        ("month", "2026-05-02T00:30", "Wed 01 Apr 00:00 – 02 00:30 (01 00:00) last month to the 2nd 00:30"),
        ("month", "2026-05-13T00:30", "Wed 01 Apr 00:00 – 13 00:30 (01 00:00) last month to the 13th 00:30"),
        ("month", "2026-01-22T00:30", "Mon 01 Dec 00:00 – 22 00:30 (01 00:00) last month to the 22nd 00:30"),
    ],
)  # fmt: skip
def test_long_periods_are_compared_to_the_same_day_of_the_month(kind: str, now: str, expected: str) -> None:
    window = Window(kind)  # type: ignore[arg-type]
    assert compared(window, local(now))["before"] == expected


def test_working_windows_are_compared_at_the_same_time_of_the_last_working_day() -> None:
    monday = local("2026-06-22T10:00")
    assert compared(Window("working", 4 * HOUR), monday, OFFICE) == {
        "before": "Fri 19 Jun 10:00 – 19 14:00 (19 14:00) 4 h working before",
        "day": "Thu 18 Jun 14:00 – 19 10:00 (19 10:00) the same 4 h working Fri 19 Jun",
        "week": "Fri 12 Jun 14:00 – 15 10:00 (15 10:00) the same 4 h working last Mon 15 Jun",
    }
    # 8 h working end where the day before they ended: that is the window before
    assert list(compared(Window("working", 8 * HOUR), monday, OFFICE)) == ["before", "week"]


def test_a_working_day_after_free_ones_is_compared_with_the_last_one_too() -> None:
    found = compared(Window("day"), local("2026-06-22T10:00"), OFFICE)
    assert found == {
        "before": "Sun 21 Jun 00:00 – 21 10:00 (22 00:00) yesterday to 10:00",
        "day": "Fri 19 Jun 00:00 – 19 10:00 (20 00:00) Fri 19 Jun to 10:00",
        "week": "Mon 15 Jun 00:00 – 15 10:00 (16 00:00) last Mon 15 Jun to 10:00",
    }


def labels(window: Window, n: int, now: dt.datetime = NOW, plant: Site | None = None) -> list[str]:
    return [period.label for period in like(window, now, plant or site(), n)]


def test_like_periods() -> None:
    assert labels(Window("shift"), 3) == ["Early Tue 23 Jun", "Early Mon 22 Jun", "Early Sun 21 Jun"]
    assert labels(Window("day"), 3) == ["Tue 23 Jun", "Mon 22 Jun", "Sun 21 Jun"]
    assert labels(Window("week"), 2) == ["week of Mon 15 Jun", "week of Mon 8 Jun"]
    assert labels(Window("month"), 2) == ["May 2026", "April 2026"]
    assert labels(Window("quarter"), 3) == ["Q1 2026", "Q4 2025", "Q3 2025"]
    assert labels(Window("year"), 2) == ["2025", "2024"]
    assert labels(Window("moving", 2 * HOUR), 2) == ["Tue 23 Jun to 10:52", "Mon 22 Jun to 10:52"]
    assert labels(Window("moving", 48 * HOUR), 2) == ["2 d to Mon 22 Jun 10:52", "2 d to Sat 20 Jun 10:52"]
    assert labels(Window("all"), 5) == []
    assert labels(Window("day"), 0) == []
    assert labels(Window("shift"), 3, plant=site(shifts=())) == ["Tue 23 Jun", "Mon 22 Jun", "Sun 21 Jun"]


def test_like_days_are_working_days_only_where_today_is_one() -> None:
    monday, sunday = local("2026-05-18T10:00"), local("2026-05-17T10:00")
    assert labels(Window("day"), 4, monday, OFFICE) == [
        "Fri 15 May",
        "Wed 13 May",
        "Tue 12 May",
        "Mon 11 May",
    ]  # Ascension Day
    assert labels(Window("day"), 4, sunday, OFFICE) == ["Sat 16 May", "Thu 14 May", "Sun 10 May", "Sat 9 May"]
    assert labels(Window("working", 4 * HOUR), 3, monday, OFFICE) == [
        "Fri 15 May to 10:00",
        "Wed 13 May to 10:00",
        "Tue 12 May to 10:00",
    ]
    assert labels(Window("working", 20 * HOUR), 3, monday, OFFICE) == [
        "Tue 12 May to 10:00",
        "Thu 7 May to 10:00",
        "Mon 4 May to 10:00",
    ]


def test_like_shifts_are_those_that_ran() -> None:
    plant = site(
        shifts=(Shift("Early", dt.time(6), dt.time(14), (0, 1, 2, 3, 4)), THREE[1]), holidays=Holidays("DE", "BY")
    )
    found = like(Window("shift"), local("2026-06-08T07:30"), plant, 4)
    assert [shown(period) for period in found] == [
        "Fri 05 Jun 06:00 – 05 07:30 (05 14:00) Early Fri 5 Jun",
        "Wed 03 Jun 06:00 – 03 07:30 (03 14:00) Early Wed 3 Jun",  # Thursday was Corpus Christi
        "Tue 02 Jun 06:00 – 02 07:30 (02 14:00) Early Tue 2 Jun",
        "Mon 01 Jun 06:00 – 01 07:30 (01 14:00) Early Mon 1 Jun",
    ]


def test_like_windows_of_a_day_do_not_overlap_on_a_day_of_23_hours() -> None:
    found = like(Window("moving", 24 * HOUR), local("2026-03-30T10:00"), site(), 3)
    assert [shown(period) for period in found] == [
        "Sat 28 Mar 10:00 – 29 10:00 (29 10:00) Sun 29 Mar to 10:00",
        "Fri 27 Mar 10:00 – 28 10:00 (28 10:00) Sat 28 Mar to 10:00",
        "Thu 26 Mar 10:00 – 27 10:00 (27 10:00) Fri 27 Mar to 10:00",
    ]
    assert (found[0].end - found[0].start) == dt.timedelta(hours=23)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_near_the_beginning_of_time_there_are_fewer(window: Window) -> None:
    for now in (
        dt.datetime(1, 1, 3, 1, tzinfo=dt.UTC),
        dt.datetime(1, 1, 20, tzinfo=dt.UTC),
        dt.datetime(1, 12, 20, tzinfo=dt.UTC),
    ):
        for plant in (site(), OFFICE):
            assert len(like(window, now, plant, 400)) <= 400
            assert all(period.start <= period.end for period in comparisons(window, now, plant).values())


# --- what must hold for any site, window and moment --------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(sites(), moments, st.sampled_from(WINDOWS))
def test_periods_lie_before_the_window_beside_each_other_and_are_cut(
    plant: Site, now: dt.datetime, window: Window
) -> None:
    start, _ = window_bounds(window, now, plant)
    found = like(window, now, plant, 9)
    for period in [*found, *comparisons(window, now, plant).values()]:
        assert period.start <= period.end <= period.whole_end <= start
        assert period.label
    for later, period in pairwise(found):
        assert period.whole_end <= later.start
    if window.kind == "day":
        first = start.astimezone(ZoneInfo(plant.timezone)).date()
        works = is_working_day(plant, first)
        assert all(
            is_working_day(plant, each.start.astimezone(ZoneInfo(plant.timezone)).date()) == works for each in found
        )


@settings(deadline=None)
@given(sites(), moments)
def test_the_same_point_of_a_shift_has_as_much_time_worked(plant: Site, now: dt.datetime) -> None:
    run, tz = current_run(plant, now), ZoneInfo(plant.timezone)
    if run is None:
        return
    shifts_only = site(plant.timezone, plant.shifts, rotations=plant.rotations, holidays=plant.holidays)
    worked = point_of(run, min(now, run.span.end), tz)[0]
    for period in [*like(Window("shift"), now, plant, 3), *comparisons(Window("shift"), now, plant).values()]:
        whole = working_seconds(shifts_only, period.start, period.whole_end)
        expected = min(worked, whole) if now < run.span.end else whole
        assert abs(working_seconds(shifts_only, period.start, period.end) - expected) < 1e-3


@settings(deadline=None)
@given(
    sites(),
    moments,
    st.sampled_from([Window("day"), Window("week"), Window("month"), Window("quarter"), Window("year")]),
)
def test_the_same_point_of_a_day_or_longer_has_the_same_time_of_day(
    plant: Site, now: dt.datetime, window: Window
) -> None:
    tz = ZoneInfo(plant.timezone)
    for period in like(window, now, plant, 3):
        here, there = now.astimezone(tz), period.end.astimezone(tz)
        at_edge = period.end in (period.start, period.whole_end) or (there.day, there.time()) == (1, dt.time())
        skipped = there.replace(fold=0).utcoffset() != (period.end - dt.timedelta(seconds=1)).astimezone(tz).utcoffset()
        if at_edge or skipped:  # there is no such day in a shorter month, or no such time on that day
            continue
        assert there.time() == here.time()
        if window.kind == "week":
            assert there.weekday() == here.weekday()
        if window.kind in ("month", "quarter", "year"):
            assert there.day == here.day
