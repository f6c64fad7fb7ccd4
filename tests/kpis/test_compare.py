"""A KPI against target, other periods, best and typical: fair, and missing where there are no rows to compare with."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import duckdb
import pytest

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.compare import Comparing, Comparison, compare, quantile
from tests.kpis.plant import bound, database

BERLIN = ZoneInfo("Europe/Berlin")
SITE = """\
kpis:
  output: {source: cycles, value: sum(qty), better: higher, window: shift, target: 100, by: [line]}
  scrap: {source: cycles, value: 100.0 * sum(scrap) / sum(qty), better: lower, window: day, by: [line]}
  events: {source: cycles, value: count(*), window: 1h, by: [line]}
  level: {source: cycles, value: avg(qty), better: target, target: 10, tolerance: 1, window: 1h}
  ever: {source: cycles, value: sum(qty), target: 5, better: higher, window: all}
  good: {source: cycles, value: 1 - sum(scrap) / sum(qty), window: shift}
  late: {source: orders, value: count(*), window: all}
  weighted: {value: 100 * good, window: shift, better: higher}
"""


@cache
def site() -> Binding:
    with TemporaryDirectory() as folder:
        return bound(Path(folder), SITE)


def local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def filled(rows: list[tuple[str, str, int, int]]) -> duckdb.DuckDBPyConnection:
    """Rows of (local time, line, qty, scrap)."""
    cursor = database()
    values = [
        (local(when).astimezone(dt.UTC).replace(tzinfo=None), line, qty, scrap, at)
        for at, (when, line, qty, scrap) in enumerate(rows)
    ]
    cursor.executemany("INSERT INTO cycles (_time, line, qty, scrap, _line, _file) VALUES (?, ?, ?, ?, ?, 1)", values)
    return cursor


def by_kind(found: Comparing) -> dict[str, Comparison]:
    return {each.against: each for each in found.comparisons}


def test_a_running_shift_is_compared_up_to_the_same_point() -> None:
    """At 10:00 the early shift of 06:00 to 14:00 is at half; yesterday's second half does not count."""
    days = range(2, 25)
    rows = [(f"2026-06-{day:02} 06:30", "1", day, 0) for day in days]
    rows += [(f"2026-06-{day:02} 10:30", "1", 1000, 0) for day in days if day < 24]
    found = compare(filled(rows), site(), "output", {}, local("2026-06-24 10:00"))
    kinds = by_kind(found)
    assert (found.value, found.running) == (24.0, True)
    assert kinds["target"].change == -76.0
    assert kinds["target"].verdict == "worse"
    yesterday = next(each for kind, each in kinds.items() if kind in ("before", "day"))
    assert (yesterday.value, yesterday.change, yesterday.verdict, yesterday.rows) == (23.0, 1.0, "better", 1)
    assert yesterday.end == local("2026-06-23 10:00").timestamp()
    assert yesterday.whole_end == local("2026-06-23 14:00").timestamp()
    assert kinds["week"].value == 17.0
    # 24 is better than all 20 before it
    assert (kinds["best"].value, kinds["best"].periods, kinds["best"].verdict) == (23.0, 20, "better")
    assert kinds["best"].start == local("2026-06-23 06:00").timestamp()
    typical = kinds["typical"]
    assert (typical.value, typical.periods) == (13.5, 20)
    assert (typical.low, typical.high) == (pytest.approx(5.9), pytest.approx(21.1))
    assert typical.verdict == "better"
    assert [like.value for like in found.likes[:3]] == [23.0, 22.0, 21.0]


def test_once_over_it_is_compared_as_a_whole() -> None:
    rows = [(f"2026-06-{day:02} {hour}:30", "1", 5, 0) for day in (20, 21, 22, 23, 24) for hour in ("06", "13")]
    found = compare(filled(rows), site(), "output", {}, local("2026-06-24 23:00"))
    assert found.running is False
    late = compare(filled(rows), site(), "weighted", {}, local("2026-06-24 12:00"))
    assert late.value == 100.0
    assert late.running is True


def test_what_rows_do_not_reach_back_to_is_missing_not_zero() -> None:
    rows = [("2026-06-24 06:05", "1", 5, 0), ("2026-06-24 09:00", "1", 5, 0)]
    found = compare(filled(rows), site(), "output", {}, local("2026-06-24 10:00"))
    kinds = by_kind(found)
    assert found.value == 10.0
    for kind in ("week", "best", "typical"):
        assert kinds[kind].value is None
        assert kinds[kind].change is None
        assert kinds[kind].verdict == ""
    assert kinds["week"].reason == "the source's rows do not reach back that far"
    assert kinds["best"].reason == "no like period before this one"
    assert kinds["typical"].reason == "no like period before this one, 3 are needed"
    assert {like.value for like in found.likes} == {None}
    # a count of no rows is a zero only where rows lie before and after
    rows = [("2026-06-01 00:00", "1", 5, 0), ("2026-06-24 09:30", "1", 5, 0)]
    kinds = by_kind(compare(filled(rows), site(), "events", {}, local("2026-06-24 10:00")))
    assert (kinds["before"].value, kinds["before"].change, kinds["before"].verdict) == (0.0, 1.0, "")
    # and the day before has no output, which is not an output of zero
    kinds = by_kind(compare(filled(rows), site(), "scrap", {}, local("2026-06-24 10:00")))
    assert kinds["before"].reason == "no rows then"


def test_lower_is_better_and_members_are_chosen() -> None:
    rows = [(f"2026-06-{day:02} 08:00", "1", 100, day % 7) for day in range(1, 25)]
    rows += [(f"2026-06-{day:02} 08:00", "2", 100, 50) for day in range(1, 25)]
    kinds = by_kind(compare(filled(rows), site(), "scrap", {"line": "1"}, local("2026-06-24 10:00")))
    assert kinds["before"].value == 2.0
    assert kinds["before"].verdict == "worse"
    assert kinds["best"].value == 0.0
    assert kinds["typical"].verdict == "same"
    assert kinds["typical"].change is not None


def test_with_a_target_in_the_middle_nearer_is_better() -> None:
    rows = [(f"2026-06-{day:02} 09:30", "1", qty, 0) for day, qty in ((20, 4), (21, 9), (22, 20), (23, 15), (24, 11))]
    kinds = by_kind(compare(filled(rows), site(), "level", {}, local("2026-06-24 10:00")))
    assert kinds["target"].verdict == "same"
    assert kinds["best"].value == 9.0
    assert kinds["day"].verdict == "better"


def test_all_rows_have_a_target_only() -> None:
    rows = [("2026-06-24 06:05", "1", 5, 0)]
    found = compare(filled(rows), site(), "ever", {}, local("2026-06-24 10:00"))
    assert [(each.against, each.change) for each in found.comparisons] == [("target", 0.0)]
    assert compare(filled(rows), site(), "late", {}, local("2026-06-24 10:00")).comparisons == []


def test_without_a_value_now_nothing_changed() -> None:
    rows = [(f"2026-06-{day:02} 08:00", "1", 100, 1) for day in range(1, 24)]
    found = compare(filled(rows), site(), "scrap", {}, local("2026-06-24 10:00"))
    assert found.value is None
    kinds = by_kind(found)
    assert (kinds["before"].value, kinds["before"].change) == (1.0, None)
    assert kinds["before"].reason == "there is no value now"


def test_it_is_one_scan_however_many_periods() -> None:
    rows = [(f"2026-06-{day:02} 06:30", "1", day, 0) for day in range(2, 25)]
    cursor = Counting(filled(rows))
    compare(cursor, site(), "output", {}, local("2026-06-24 10:00"))
    assert sum("sum(qty)" in query for query in cursor.queries) == 2  # the value with its trend, and all the others


class Counting:
    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self.cursor = cursor
        self.queries: list[str] = []

    def execute(self, query: str, parameters: object = None, /) -> duckdb.DuckDBPyConnection:
        self.queries.append(query)
        return self.cursor.execute(query, parameters)


def test_quantiles_are_those_of_duckdb() -> None:
    values = [1.0, 2.0, 4.0, 8.0, 16.0]
    for share in (0.0, 0.1, 0.5, 0.9, 1.0):
        row = duckdb.execute("SELECT quantile_cont(v, ?) FROM unnest(?) AS t(v)", [share, values]).fetchone()
        assert row is not None
        assert quantile(values, share) == pytest.approx(row[0])
