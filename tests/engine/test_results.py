"""Results of SQL that are kept as tables: what they hold, how long, and that they are as safe as a query is."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from opsconsole.engine import results as results_module
from opsconsole.engine.adhoc import AdhocError, Stop, stream_sql
from opsconsole.engine.results import Kept, Results, unique
from opsconsole.tables.store import Store
from tests.engine.test_adhoc import HOSTILE


class Bench:
    """The site's tables, results, and SQL whose result is kept; the clock stands until it is moved."""

    def __init__(self, folder: Path) -> None:
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        self.store = Store.open(folder / "tables.duckdb")
        with contextlib.closing(self.store.cursor()) as cursor:
            cursor.execute(
                "CREATE TABLE cycles AS SELECT i AS n, i % 4 AS line, 'x' || i AS tag, "
                "hash(i) AS _keyhash FROM range(1000) t(i)"
            )
        self.now = 0.0
        self.results = Results(lambda: self.now)

    def keep(self, sql: str, *, limit: int = 100_000, seconds: float = 20, stop: Stop | None = None) -> str:
        ends, until = stop or Stop(), time.monotonic() + seconds
        with contextlib.closing(self.store.cursor()) as cursor:
            result, note = stream_sql(
                cursor,
                sql,
                lambda stream: self.results.take(stream, limit, ends, until),
                limit=limit,
                room=self.results.room,
                seconds=seconds,
                scratch=self.scratch,
                stop=ends,
            )
        self.results.noted(result, note)
        return result

    def rows(self, kept: Kept) -> list[tuple[Any, ...]]:
        with contextlib.closing(kept.cursor()) as cursor:
            return cursor.execute(f"SELECT * FROM {kept.table} ORDER BY _row").fetchall()

    def tables(self) -> int:
        with contextlib.closing(self.results._new_cursor()) as cursor:
            return len(cursor.execute("SELECT 1 FROM duckdb_tables()").fetchall())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.results.close()
    made.store.close()


def test_a_result_is_a_table_in_the_order_of_its_rows(bench: Bench) -> None:
    kept = bench.results.open(bench.keep("SELECT *, 1000 - n AS back FROM cycles ORDER BY n DESC"))
    assert (kept.columns, kept.types) == (["n", "line", "tag", "back"], ["BIGINT", "BIGINT", "VARCHAR", "BIGINT"])
    assert (kept.rows, kept.truncated, kept.note) == (1000, False, "")
    rows = bench.rows(kept)
    assert rows[0] == (999, 3, "x999", 1, 0)
    assert [row[-1] for row in rows] == list(range(1000))
    assert [row[0] for row in rows] == list(range(999, -1, -1))


def test_types_are_kept(bench: Bench) -> None:
    kept = bench.results.open(
        bench.keep(
            """SELECT sum(n) AS h, 170141183460469231731687303715884105727 AS huge, 1.50::DECIMAL(9, 2) AS d,
                      DATE '2026-06-24' AS day, TIMESTAMP '2026-06-24 10:00:00.123456' AS at,
                      TIMESTAMPTZ '2026-06-24 10:00+02' AS zoned, TIME '10:00' AS t, INTERVAL 90 minute AS i,
                      'é' AS s, true AS b, NULL AS nothing, [1, 2] AS l, {'a': 1} AS st, 'x'::BLOB AS bytes,
                      '{"a":1}'::JSON AS j, '8a0b2c5e-0f1d-4c1b-9d3a-111111111111'::UUID AS u,
                      'a'::ENUM('a', 'b') AS e, 1e300 AS f, 'NaN'::DOUBLE AS nan FROM cycles"""
        )
    )
    assert kept.types[:6] == ["HUGEINT", "HUGEINT", "DECIMAL(9,2)", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"]
    row = bench.rows(kept)[0]
    assert row[:2] == (499500, 2**127 - 1)
    assert row[2:5] == (Decimal("1.50"), dt.date(2026, 6, 24), dt.datetime(2026, 6, 24, 10, 0, 0, 123456))
    assert row[5].astimezone(dt.UTC).hour == 8
    assert row[6:11] == (dt.time(10), dt.timedelta(minutes=90), "é", True, None)
    assert row[11:15] == ([1, 2], {"a": 1}, b"x", '{"a":1}')
    assert str(row[15]) == "8a0b2c5e-0f1d-4c1b-9d3a-111111111111"
    assert row[16:18] == ("a", 1e300)
    for odd in ("'101'::BIT", "['10:00:00+02'::TIMETZ]", "1::VARIANT"):
        with pytest.raises(AdhocError, match="cast it to VARCHAR"):
            bench.keep(f"SELECT {odd} AS x")


def test_names_that_no_table_can_have_are_made_unique(bench: Bench) -> None:
    kept = bench.results.open(bench.keep("SELECT a.n, b.n, a.n AS \"N\", 1 AS _row, 2 AS ' ' FROM cycles a, cycles b"))
    assert kept.columns == ["n", "n_2", "N_3", "_row_2", "column_5"]
    assert unique(["", "a", "A", "_ROW", "a_2"]) == ["column_1", "a", "A_2", "_ROW_2", "a_2_2"]


def test_no_rows_and_no_table_are_results_too(bench: Bench) -> None:
    none = bench.results.open(bench.keep("SELECT n, tag FROM cycles WHERE n < 0"))
    assert (none.columns, none.rows, bench.rows(none)) == (["n", "tag"], 0, [])
    assert bench.rows(bench.results.open(bench.keep("SELECT 1 AS a, 'x' AS b"))) == [(1, "x", 0)]


def test_what_is_left_out_is_said(bench: Bench) -> None:
    kept = bench.results.open(bench.keep("SELECT n FROM cycles", limit=10))
    assert (kept.rows, kept.truncated, kept.note) == (10, True, "the first 10 rows only")
    assert not bench.results.open(bench.keep("SELECT n FROM cycles", limit=1000)).truncated
    bench.results = Results(lambda: bench.now, largest=100_000)
    kept = bench.results.open(bench.keep("SELECT a.n, a.tag FROM cycles a, cycles b"))
    assert 1_000 < kept.rows < 20_000
    assert kept.note.endswith("rows only: a result holds at most 100 kB")
    with contextlib.closing(kept.cursor()) as cursor:
        assert cursor.execute(f"SELECT count(*), max(_row) + 1 FROM {kept.table}").fetchone() == (kept.rows,) * 2


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_but_reading_the_tables_is_possible(bench: Bench, tmp_path: Path, text: str) -> None:
    out = tmp_path / "out"
    with pytest.raises(AdhocError) as caught:
        bench.keep(text.format(out=out))
    assert "Traceback" not in str(caught.value)
    assert not out.exists()
    assert bench.tables() == 0
    with contextlib.closing(bench.store.cursor()) as cursor:
        assert cursor.execute("SELECT count(*) FROM cycles").fetchone() == (1000,)


def test_the_database_of_results_reads_no_file_and_cannot_be_set(bench: Bench) -> None:
    kept = bench.results.open(bench.keep("SELECT 1 AS a"))
    with contextlib.closing(kept.cursor()) as cursor:
        for text in ("SELECT * FROM read_text('/etc/passwd')", "SET memory_limit = '9GB'", "ATTACH '/tmp/x.duckdb'"):
            with pytest.raises(duckdb.Error):
                cursor.execute(text)


def test_functions_that_cannot_be_interrupted_give_a_result_from_a_child(bench: Bench) -> None:
    kept = bench.results.open(
        bench.keep("SELECT list_sum(list_transform(range(4), lambda x: x * line)) s, n, tag FROM cycles WHERE n < 2")
    )
    assert sorted(bench.rows(kept)) == [(0, 0, "x0", 0), (6, 1, "x1", 1)]
    assert "copy of the tables" in kept.note
    kept = bench.results.open(bench.keep("SELECT * FROM range(100000) WHERE pg_sleep(0) IS NULL OR true", limit=10))
    assert (kept.rows, kept.truncated) == (10, True)
    assert kept.note.startswith("the first 10 rows only; ran beside the engine")
    assert bench.rows(bench.results.open(bench.keep("SELECT list_sort([n]) FROM cycles WHERE n < 0"))) == []
    assert not list(bench.scratch.iterdir()), "the copies are removed"


@pytest.mark.parametrize(
    ("hog", "child"),
    [
        ("SELECT count(*) FROM cycles a, cycles b, cycles c, cycles d WHERE a.n < b.n", False),
        ("SELECT a.n FROM cycles a, cycles b, cycles c WHERE sin(a.n + b.n + c.n) > 2", False),
        ("SELECT list_sort(range(300000000))[1] FROM cycles", True),
    ],
)
def test_what_runs_ends_when_it_is_stopped_or_takes_too_long(bench: Bench, hog: str, child: bool) -> None:
    stop, caught = Stop(), []

    def work() -> None:
        with pytest.raises(AdhocError) as error:
            bench.keep(hog, seconds=60, stop=stop)
        caught.append(str(error.value))

    thread = threading.Thread(target=work, daemon=True)
    begun = time.monotonic()
    thread.start()
    while thread.is_alive() and time.monotonic() - begun < 60:
        stop.ask()
        thread.join(0.05)
    assert caught == ["stopped, as you asked."]
    assert time.monotonic() - begun < 20
    with pytest.raises(AdhocError, match="stopped, as you asked"):
        bench.keep("SELECT 1", stop=stop)
    if not child:
        with pytest.raises(AdhocError, match="stopped after"):
            bench.keep(hog, seconds=0.3)
    assert bench.tables() == 0
    assert bench.rows(bench.results.open(bench.keep("SELECT max(n) AS n FROM cycles"))) == [(999, 0)]


def test_results_go_by_age_and_by_how_much_they_hold(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = bench.keep("SELECT 1 AS a"), bench.keep("SELECT 2 AS a")
    bench.now = results_module.KEPT_FOR - 1
    bench.results.open(second)
    assert bench.results.drop_old() == 1.0
    bench.now = results_module.KEPT_FOR + 1
    assert bench.results.drop_old() == results_module.KEPT_FOR - 2
    with pytest.raises(LookupError, match="not kept any more: run the query again"):
        bench.results.open(first)
    assert bench.rows(bench.results.open(second)) == [(2, 0)]
    assert bench.tables() == 1
    monkeypatch.setattr(results_module, "MOST", 3)
    many = [bench.keep(f"SELECT {number} AS a") for number in range(5)]
    assert bench.tables() == 3
    for gone in (second, *many[:2]):
        with pytest.raises(LookupError):
            bench.results.open(gone)
    bench.results = Results(lambda: bench.now, everything=30_000)
    big = [bench.keep("SELECT n, line FROM cycles") for _ in range(3)]
    assert bench.tables() == 1
    assert len(bench.rows(bench.results.open(big[-1]))) == 1000
    bench.results.close()
    with pytest.raises(LookupError):
        bench.results.open(big[-1])
