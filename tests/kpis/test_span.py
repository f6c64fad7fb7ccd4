"""Windows and buckets as SQL, against the same said in Python, over clock changes."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.kpis.span import Stretch, bucket_sql, grid_buckets, span_of, trend_buckets
from opsconsole.site.model import Shift, Site, Window

UTC = dt.UTC
SHIFTS = (
    Shift("Early", dt.time(6), dt.time(14)),
    Shift("Late", dt.time(14), dt.time(22)),
    Shift("Night", dt.time(22), dt.time(6)),
)
BERLIN = Site(name="x", timezone="Europe/Berlin", shifts=SHIFTS)
KINDS = [
    Window("moving", 8 * 3600.0),
    Window("moving", 86400.0),
    Window("shift"),
    Window("day"),
    Window("week"),
    Window("month"),
    Window("quarter"),
    Window("year"),
    Window("working", 8 * 3600.0),
]
DB = duckdb.connect(":memory:")

moments = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 31)).map(lambda one: one.replace(tzinfo=UTC))


def ask(sql: str, at: dt.datetime) -> object:
    return DB.execute(f"SELECT {sql} FROM (SELECT ?::TIMESTAMP AS _time)", [at.replace(tzinfo=None)]).fetchall()[0][0]


@settings(max_examples=100, deadline=None)
@given(moments, st.sampled_from(KINDS), st.floats(-0.2, 1.2))
def test_a_moment_falls_into_the_bucket_that_its_edges_say(now: dt.datetime, window: Window, part: float) -> None:
    stretch = span_of(window, True, now, BERLIN).now
    assert stretch is not None
    for found in (trend_buckets(window, stretch, BERLIN), grid_buckets(window, stretch, BERLIN)):
        edges = found.edges
        assert 2 <= len(edges) <= 51
        assert edges == sorted(set(edges))
        assert edges[-1] >= stretch.end  # now is always in the last one
        assert edges[-2] < stretch.end or len(edges) == 2
        at = stretch.start + (stretch.end - stretch.start) * part
        expected = None
        if edges[0] <= at <= edges[-1]:
            expected = min(bisect_right(edges, at) - 1, len(edges) - 2)
        assert ask(bucket_sql(edges), at) == expected


@settings(max_examples=100, deadline=None)
@given(moments, st.sampled_from(KINDS))
def test_no_row_is_in_both_stretches_and_the_edges_are_as_documented(now: dt.datetime, window: Window) -> None:
    span = span_of(window, True, now, BERLIN)
    assert span.now is not None
    assert span.before is not None
    moving = window.kind in ("moving", "working")
    assert ask(span.now.sql, span.now.start) is (not moving and span.now.start <= span.now.end)
    assert ask(span.now.sql, span.now.end) is True
    for at in (span.before.start, span.before.end, span.now.start, span.now.end):
        assert not (ask(span.now.sql, at) and ask(span.before.sql, at))
        assert ask(span.sql, at) == (ask(span.now.sql, at) or ask(span.before.sql, at))


@pytest.mark.parametrize(("month", "hours"), [(3, 743), (10, 745), (6, 720)])
def test_the_days_of_a_month_with_a_clock_change(month: int, hours: int) -> None:
    now = dt.datetime(2026, month + 1, 1, tzinfo=ZoneInfo("Europe/Berlin")) - dt.timedelta(minutes=1)
    stretch = span_of(Window("month"), True, now.astimezone(UTC), BERLIN).now
    assert stretch is not None
    found = trend_buckets(Window("month"), stretch, BERLIN)
    assert found.step == 86400.0
    assert all(edge.astimezone(ZoneInfo("Europe/Berlin")).hour == 0 for edge in found.edges)
    assert (found.edges[-1] - found.edges[0]).total_seconds() / 3600 == hours
    last = found.edges[-1] - dt.timedelta(minutes=30)
    assert ask(bucket_sql(found.edges), last) == len(found.edges) - 2


def test_a_source_without_times_and_the_window_all_have_no_stretch() -> None:
    now = dt.datetime(2026, 6, 1, tzinfo=UTC)
    assert span_of(Window("day"), False, now, BERLIN).now is None
    assert span_of(Window("all"), True, now, BERLIN).sql == "true"


def test_a_stretch_without_length_has_a_bucket() -> None:
    now = dt.datetime(2026, 6, 1, tzinfo=UTC)
    found = trend_buckets(Window("all"), Stretch(now, now, after_start=False, to_end=True), BERLIN)
    assert ask(bucket_sql(found.edges), now) == 0
