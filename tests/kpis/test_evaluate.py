"""The figures of KPIs: windows, comparison, trend, members, and what missing data looks like."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from opsconsole.kpis.bind import bind
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.measures import Measure

from .plant import NOON, SCHEMAS, UTC, ago, bound, database, load, put, quick_database

SCRAP = "{source: cycles, value: 100 * sum(scrap) / sum(qty), unit: '%', better: lower, warning: 3, critical: 5"


def one(tmp_path: Path, kpi: str, connection: duckdb.DuckDBPyConnection, now: dt.datetime = NOON) -> Measure:
    return evaluate(connection, bound(tmp_path, f"kpis:\n  k: {kpi}\n"), now).kpis["k"]


def test_value_previous_and_rows_of_a_moving_window(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(17), qty=100, scrap=50)  # before both
    put(db, ago(16), qty=100, scrap=50)  # on the far edge of the stretch before: no longer in it
    put(db, ago(12), qty=100, scrap=2)
    put(db, ago(8), qty=100, scrap=4)  # on the near edge: belongs to the stretch before
    put(db, ago(4), qty=100, scrap=7)
    put(db, NOON, qty=100, scrap=5)  # now belongs to the window
    put(db, ago(-1), qty=100, scrap=90)  # the future does not
    found = one(tmp_path, SCRAP + ", window: 8h}", db)
    assert (found.value, found.previous, found.rows) == (6.0, 3.0, 2)
    assert found.change == 3.0
    assert found.status == "critical"
    assert (found.start, found.end) == (ago(8).timestamp(), NOON.timestamp())
    assert not found.partial


def test_a_shift_begins_with_its_first_moment_and_compares_to_the_same_point(tmp_path: Path) -> None:
    db = quick_database()
    early = dt.datetime(2026, 6, 24, 4, 0, tzinfo=UTC)  # 06:00 in Berlin
    yesterday = early - dt.timedelta(days=1)
    put(db, early - dt.timedelta(days=3), qty=1)
    put(db, yesterday, qty=10)
    put(db, yesterday + dt.timedelta(hours=1), qty=20)
    put(db, yesterday + dt.timedelta(hours=2), qty=40)  # at the same point, as a row of just now
    put(db, yesterday + dt.timedelta(hours=2, seconds=1), qty=80)  # after it: not yet
    put(db, early - dt.timedelta(seconds=1), qty=100)
    put(db, early, qty=1000)
    found = one(tmp_path, "{source: cycles, value: sum(qty), window: shift}", db, early + dt.timedelta(hours=2))
    assert (found.value, found.previous, found.previous_label) == (1000.0, 70.0, "Early yesterday")


def test_what_is_reported_once_a_month_has_a_month_before_and_a_bucket_of_its_own(tmp_path: Path) -> None:
    db = quick_database()
    for month in range(30):
        year, number = divmod(month, 12)
        put(
            db,
            dt.datetime(2024 + year, number + 1, 1, tzinfo=UTC) - dt.timedelta(hours=1 + (3 <= number < 10)),
            qty=month,
        )
    newest = dt.datetime(2026, 6, 1, tzinfo=UTC) - dt.timedelta(hours=2)  # local midnight, as the clock `data` has it
    found = one(tmp_path, "{source: cycles, value: sum(qty), window: month}", db, newest)
    assert (found.value, found.previous, found.previous_label) == (29.0, 28.0, "last month")
    found = one(tmp_path, "{source: cycles, value: sum(qty), window: 365d}", db, newest)
    assert found.trend == [float(month) for month in range(18, 30)]
    found = one(tmp_path, "{source: cycles, value: sum(qty), window: all}", db, newest)
    assert found.trend == [float(month) for month in range(30)]


def test_the_trend_covers_the_window_in_whole_steps(tmp_path: Path) -> None:
    db = quick_database()
    for hours in range(60):
        put(db, ago(hours, 10), qty=hours)
    found = one(tmp_path, "{source: cycles, value: sum(qty), window: 24h}", db)
    assert found.trend_step == 3600.0
    assert found.trend_start == ago(24).timestamp()
    assert found.trend == [float(hours) for hours in range(23, -1, -1)]
    assert sum(value or 0.0 for value in found.trend) == found.value


def test_a_window_off_the_hour_drops_the_first_part_bucket_and_keeps_the_running_one(tmp_path: Path) -> None:
    db = quick_database()
    now = NOON + dt.timedelta(minutes=20)
    for hours in range(60):
        put(db, ago(hours), qty=1)
    found = one(tmp_path, "{source: cycles, value: count(*), window: 24h}", db, now)
    assert found.trend_start == ago(23).timestamp()
    assert found.trend == [1.0] * 24
    assert found.value == 24.0


def test_a_shift_that_has_just_begun_has_its_final_buckets(tmp_path: Path) -> None:
    db = quick_database()
    early = dt.datetime(2026, 6, 24, 4, 0, tzinfo=UTC)
    put(db, early - dt.timedelta(days=2), qty=1)
    put(db, early, qty=1)
    found = one(tmp_path, "{source: cycles, value: sum(qty), window: shift}", db, early + dt.timedelta(seconds=9))
    assert found.trend_step == 900.0
    assert found.trend == [1.0]


def test_all_rows_count_in_the_window_all_even_those_without_a_time(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(2000), qty=1)
    put(db, ago(1), qty=2)
    put(db, None, qty=4)
    found = one(tmp_path, "{source: cycles, value: sum(qty), window: all}", db)
    assert (found.value, found.rows, found.previous, found.start) == (7.0, 3, None, None)
    assert sum(value or 0.0 for value in found.trend) == 3.0
    assert 3 <= len(found.trend) <= 32


def test_a_source_without_times(tmp_path: Path) -> None:
    db = quick_database()
    db.execute("INSERT INTO orders VALUES (1, 1, 1, NULL), (2, 1, 2, NULL)")
    found = one(tmp_path, "{source: orders, value: count(*)}", db)
    assert (found.value, found.trend, found.trend_start) == (2.0, [], None)


# --- missing is not zero ---------------------------------------------------------------------------------------


def test_no_rows_are_no_value_for_a_sum_but_a_zero_for_a_count(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(20), qty=1)
    put(db, ago(10), qty=1)
    total = one(tmp_path, "{source: cycles, value: sum(qty), window: 8h, better: lower, warning: 3}", db)
    assert (total.value, total.status, total.rows) == (None, "nodata", 0)
    assert total.reason == "no rows in the window"
    count = one(tmp_path, "{source: cycles, value: count(*), window: 8h, better: higher, warning: 3}", db)
    assert (count.value, count.status, count.rows) == (0.0, "warning", 0)


def test_a_count_over_a_source_long_silent_is_missing_not_zero(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(20), qty=1)
    found = one(tmp_path, "{source: cycles, value: count(*), window: 8h}", db)
    assert (found.value, found.status) == (None, "nodata")


def test_nothing_is_compared_with_a_time_in_which_the_source_was_silent_already(tmp_path: Path) -> None:
    binding = bound(tmp_path, "kpis: {c: {source: cycles, value: count(*), window: 2h}}\n")
    db = quick_database()
    put(db, ago(90), qty=1)
    put(db, ago(40), qty=1)
    since = {3: (0, 1), 5: (None, 0), 7: (None, None), 20: (None, None)}
    found = {hours: evaluate(db, binding, ago(40 - hours)).kpis["c"] for hours in since}
    assert {hours: (each.value, each.previous) for hours, each in found.items()} == since


def test_a_source_without_any_row(tmp_path: Path) -> None:
    found = one(tmp_path, "{source: cycles, value: count(*), window: 8h}", quick_database())
    assert (found.value, found.status, found.reason, found.trend) == (
        None,
        "nodata",
        "no rows yet",
        [None] * len(found.trend),
    )


def test_a_division_by_zero_is_no_value(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(1), qty=0, scrap=3)
    found = one(tmp_path, SCRAP + ", window: 8h}", db)
    assert (found.value, found.status, found.reason, found.rows) == (None, "novalue", "no value from 1 row", 1)


@pytest.mark.parametrize(
    "value", ["sum(qty) / 0.0", "sqrt(-1.0 * count(*))", "max('nan'::DOUBLE)", "max('inf'::DOUBLE)"]
)
def test_nan_and_infinity_never_show(tmp_path: Path, value: str) -> None:
    db = quick_database()
    put(db, ago(1), qty=1)
    found = one(tmp_path, f'{{source: cycles, value: "{value}", window: 8h}}', db)
    assert found.value is None


@pytest.mark.parametrize(
    ("value", "gives"),
    [("sum(qty)", 9.0e18), ("sum(cost)", 2.5), ("max(qty)::HUGEINT * 1000", 9.0e21), ("bool_or(qty > 1)", 1.0)],
)
def test_wide_and_exact_types_become_floats(tmp_path: Path, value: str, gives: float) -> None:
    db = quick_database()
    put(db, ago(1), qty=9_000_000_000_000_000_000, cost="2.50")
    assert one(tmp_path, f"{{source: cycles, value: '{value}', window: 8h}}", db).value == gives


def test_a_period_that_the_data_does_not_reach_is_not_compared_with(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(12), qty=10)
    put(db, ago(4), qty=20)
    found = one(tmp_path, "{source: cycles, value: sum(qty), window: 8h, by: [line]}", db)
    assert (found.previous, found.change, found.previous_label, found.partial) == (None, None, "", False)
    assert found.splits["line"].previous == [None]
    assert one(tmp_path, "{source: cycles, value: sum(qty), window: 24h}", db).partial


def test_an_expression_that_fails_on_the_data_takes_no_other_with_it(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(1), qty=3, text="x")
    text = """\
kpis:
  good: {source: cycles, value: sum(qty), window: 8h}
  bad: {source: cycles, value: sum(text::INTEGER), window: 8h}
"""
    found = evaluate(db, bound(tmp_path, text), NOON).kpis
    assert (found["good"].value, found["bad"].value, found["bad"].status) == (3.0, None, "nodata")
    assert "Could not convert string 'x'" in found["bad"].reason


def test_what_waits_says_so(tmp_path: Path) -> None:
    loaded = load(tmp_path, "kpis:\n  n: {source: orders, value: count(*)}\n")
    binding, _ = bind(loaded, {"cycles": SCHEMAS["cycles"]})
    found = evaluate(quick_database(), binding, NOON).kpis["n"]
    assert (found.status, found.reason) == ("nodata", "waits for the first file of orders")


# --- members ---------------------------------------------------------------------------------------------------


def test_members_come_worst_first_with_null_and_empty_apart(tmp_path: Path) -> None:
    db = quick_database()
    for line, scrap in (("A", 1), ("B", 6), (None, 4), ("", 2)):
        put(db, ago(20), qty=100, scrap=0, line=line)
        put(db, ago(12), qty=100, scrap=scrap - 1, line=line)
        put(db, ago(4), qty=100, scrap=scrap, line=line)
    found = one(tmp_path, SCRAP + ", window: 8h, by: [line]}", db)
    split = found.splits["line"]
    assert split.members == ["B", None, "", "A"]
    assert split.values == [6.0, 4.0, 2.0, 1.0]
    assert split.previous == [5.0, 3.0, 1.0, 0.0]
    assert split.statuses == ["critical", "warning", "good", "good"]
    assert (split.rows, split.total) == ([1, 1, 1, 1], 4)
    assert found.leader == "worst: line B 6 %"


def test_a_member_that_had_rows_and_has_none_now_counts_zero(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(20), line="A")
    put(db, ago(12), line="B")
    put(db, ago(4), line="A")
    split = one(tmp_path, "{source: cycles, value: count(*), better: higher, window: 8h, by: [line]}", db).splits[
        "line"
    ]
    assert (split.members, split.values, split.rows, split.total) == (["B", "A"], [0.0, 1.0], [0, 1], 2)
    sums = one(tmp_path, "{source: cycles, value: count(qty) + sum(station), window: 8h, by: [line]}", db).splits[
        "line"
    ]
    assert sums.members == ["A"]


def test_members_of_any_type_and_odd_names(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(1), station=3, qty=1, **{"Weird, name": 'x"; DROP TABLE cycles; --'})
    found = one(tmp_path, "{source: cycles, value: count(*), window: 8h, by: [STATION, 'weird, NAME']}", db)
    assert found.splits["STATION"].members == ["3"]
    assert found.splits["weird, NAME"].members == ['x"; DROP TABLE cycles; --']


def test_many_members_are_cut_with_the_total_told(tmp_path: Path) -> None:
    db = quick_database()
    db.execute(
        "INSERT INTO cycles (_time, _file, _line, station) "
        "SELECT TIMESTAMP '2026-06-24 11:00:00', 1, i, i // 2 FROM range(1601) r(i)"
    )
    split = one(tmp_path, "{source: cycles, value: count(*), window: 8h, by: [station]}", db).splits["station"]
    assert (len(split.members), split.total) == (500, 801)
    assert "800" not in split.members  # the one with a single row


def test_two_spellings_of_one_dimension(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(1), line="A")
    text = """\
kpis:
  a: {source: cycles, value: count(*), window: 8h, by: [line]}
  b: {source: cycles, value: count(*), window: 8h, by: [LINE]}
"""
    found = evaluate(db, bound(tmp_path, text), NOON).kpis
    assert found["a"].splits["line"].members == found["b"].splits["LINE"].members == ["A"]


def test_a_grid_by_the_hour(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(12), line="A", qty=100, scrap=1)
    put(db, ago(4, 30), line="A", qty=100, scrap=1)
    put(db, ago(4, 10), line="A", qty=100, scrap=3)
    put(db, ago(1, 30), line="B", qty=100, scrap=9)
    layout = "rows:\n- [{grid: k, by: line}]\n"
    binding = bound(tmp_path, f"kpis:\n  k: {SCRAP}, window: 8h}}\n", layout)
    (heat,) = evaluate(db, binding, NOON).grids
    assert (heat.kpi, heat.by, heat.members, heat.step) == ("k", "line", ["B", "A"], 3600.0)
    assert heat.starts == [ago(hours).timestamp() for hours in range(8, 0, -1)]
    assert heat.values[1] == [None, None, None, 2.0, None, None, None, None]
    assert heat.statuses[0][6] == "critical"
    assert heat.statuses[0][0] == "nodata"


def test_gaps_of_a_count_are_zero_only_between_the_first_and_the_last_row(tmp_path: Path) -> None:
    db = quick_database()
    put(db, ago(20, 30), qty=1)
    put(db, ago(3, 30), qty=1)
    found = one(tmp_path, "{source: cycles, value: count(*), window: 24h}", db)
    assert found.trend == [None] * 3 + [1.0] + [0.0] * 16 + [1.0] + [None] * 3


def test_columns_named_like_ours_do_no_harm(tmp_path: Path) -> None:
    db = quick_database()
    db.execute('ALTER TABLE cycles ADD COLUMN "_PERIOD" BIGINT')
    put(db, ago(1), qty=1, _PERIOD=7)
    schemas = SCHEMAS | {"cycles": SCHEMAS["cycles"] | {"_PERIOD": "BIGINT"}}
    loaded = load(tmp_path, "kpis:\n  k: {source: cycles, value: sum(_period), window: 8h, by: [_period]}\n")
    binding, problems = bind(loaded, schemas)
    assert not problems
    found = evaluate(db, binding, NOON).kpis["k"]
    assert (found.value, found.splits["_period"].members) == (7.0, ["7"])


def test_seven_kpis_by_two_dimensions_on_a_million_rows_cost_little_more_than_by_hand(tmp_path: Path) -> None:
    db = quick_database()
    db.execute("SET threads = 2")
    db.execute(
        "INSERT INTO cycles (_time, _file, _line, line, station, qty, scrap) "
        "SELECT TIMESTAMP '2026-06-24 12:00:00' - INTERVAL (i * 7) SECOND, 1, i, 'L' || hash(i) % 16, hash(i + 1) % 3, "
        "100, hash(i) % 5 FROM range(1000000) r(i)"
    )
    text = "kpis:\n" + "".join(
        f"  k{n}: {SCRAP}, window: 24h, by: [line, station], where: qty > {n}}}\n" for n in range(7)
    )
    binding = bound(tmp_path, text)

    def by_hand() -> None:
        """Both windows, by both dimensions and over time, each KPI by itself."""
        for n in range(7):
            db.execute(
                "SELECT 100.0 * sum(scrap) / sum(qty) FROM (SELECT *, _time > TIMESTAMP '2026-06-23 12:00:00' AS now, "
                "date_trunc('hour', _time) AS hour FROM cycles WHERE _time > TIMESTAMP '2026-06-22 12:00:00' "
                f"AND qty > {n}) GROUP BY GROUPING SETS ((now), (now, line), (now, station), (now, hour))"
            ).fetchall()

    assert evaluate(db, binding, NOON).kpis["k6"].rows == 12343
    assert cost(lambda: evaluate(db, binding, NOON)) < 6 * cost(by_hand)


def cost(work: Callable[[], object]) -> float:
    """The CPU of doing something, s: the least of five times, which does not go by what else the machine does."""
    taken: list[float] = []
    for _ in range(5):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


class Meddling:
    """A cursor that lets another one commit a row before each of its scans."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.cursor, self.other = connection.cursor(), connection.cursor()
        self.cursor.execute("BEGIN TRANSACTION READ ONLY")
        self.scans = 0

    def execute(self, query: str, parameters: object = None, /) -> duckdb.DuckDBPyConnection:
        found = self.cursor.execute(query, parameters)
        if "GROUPING" in query:
            self.scans += 1
            put(self.other, ago(1), line="A", qty=1000, text="1000")
        return found


def test_all_figures_are_of_one_version_of_the_data_even_where_one_fails(tmp_path: Path) -> None:
    text = "kpis:\n  bad: {source: cycles, value: sum(CAST(text AS BIGINT)), window: 8h}\n"
    text += "".join(f"  k{at}: {{source: cycles, value: sum(qty), window: {at + 2}h}}\n" for at in range(5))
    db = database()
    put(db, ago(1), line="A", qty=1, text="no number")
    meddling = Meddling(db)
    found = evaluate(meddling, bound(tmp_path, text), NOON).kpis
    assert meddling.scans >= 5
    assert len({found[f"k{at}"].value for at in range(5)}) == 1
    assert "Could not convert" in found["bad"].reason


def test_windows_of_working_time_quarters_and_years(tmp_path: Path) -> None:
    db = quick_database()
    # shifts from 06:00 to 22:00: at 14:00 of Wednesday the last 12 hours of work begin on Tuesday at 18:00
    for stamp, qty in (
        ("2025-12-31 22:59", 1),
        ("2026-03-31 21:59", 10),
        ("2026-06-23 16:00", 100),
        ("2026-06-23 16:01", 1000),
    ):
        put(db, dt.datetime.fromisoformat(stamp).replace(tzinfo=UTC), qty=qty)
    put(db, dt.datetime(2026, 6, 24, 2, tzinfo=UTC), qty=10_000)  # at night nobody works, but it lies between
    found = {
        window: one(tmp_path, f"{{source: cycles, value: sum(qty), window: {window}}}", db).value
        for window in ("12h working", "quarter", "year")
    }
    assert found == {"12h working": 11_000.0, "quarter": 11_100.0, "year": 11_110.0}
