"""Rows leave by event time, in steps of a day, and every record stays accounted for."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pytest

from opsconsole.site.model import Source
from opsconsole.tables import keyed, ledger, retention
from opsconsole.tables.keyed import HASH, Change, Keyed
from opsconsole.tables.ledger import Entry

DAY = 86400.0
SOURCE = Source("t", ("in/*.csv",), time="at", retain=10 * DAY)


def moment(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()


@pytest.fixture
def cursor(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with contextlib.closing(duckdb.connect(str(tmp_path / "t.duckdb"))) as connection:
        connection.execute(ledger.SCHEMA)
        connection.execute(
            "CREATE TABLE t AS SELECT i AS v, (1 + i // 240)::INTEGER AS _file, i % 240 AS _line,"
            " CASE WHEN i % 240 <> 5 THEN TIMESTAMP '2024-01-01' + INTERVAL (i) HOUR END AS _time FROM range(720) r(i)"
        )
        newest = [moment(f"2024-01-{day:02} 23:00") for day in (10, 20, 30)]
        ledger.put(connection, [Entry(n, "t", f"/{n}", "", rows=240, last_event=newest[n - 1]) for n in (1, 2, 3)])
        yield connection


def test_the_cutoff_moves_at_midnight_of_the_zone() -> None:
    before = retention.cutoff(SOURCE, "Europe/Berlin", moment("2024-03-12 22:59"))
    after = retention.cutoff(SOURCE, "Europe/Berlin", moment("2024-03-12 23:01"))
    assert (before, after) == (dt.datetime(2024, 3, 1, 23), dt.datetime(2024, 3, 2, 23))
    assert retention.next_step(SOURCE, "Europe/Berlin", moment("2024-03-12 12:00")) == (
        moment("2024-03-12 23:00"),
        dt.datetime(2024, 3, 2, 23),
    )
    assert retention.cutoff(msgspec.structs.replace(SOURCE, retain=None), "UTC", 0.0) is None
    hours = msgspec.structs.replace(SOURCE, retain=6 * 3600.0)
    assert retention.cutoff(hours, "UTC", moment("2024-03-12 12:40")) == dt.datetime(2024, 3, 12, 6)
    assert retention.next_step(hours, "UTC", moment("2024-03-12 12:40")) == (
        moment("2024-03-12 13:00"),
        dt.datetime(2024, 3, 12, 7),
    )


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
def test_every_step_of_a_year_is_told_before_it_comes(zone: str) -> None:
    now, steps = moment("2024-01-01 10:00"), 0
    while now < moment("2025-01-01 10:00"):
        step = retention.next_step(SOURCE, zone, now)
        assert step is not None
        at, after = step
        before = retention.cutoff(SOURCE, zone, at - 1)
        assert before == retention.cutoff(SOURCE, zone, now)
        assert retention.cutoff(SOURCE, zone, at) == after
        assert before is not None
        assert before < after
        now, steps = at, steps + 1
    assert steps == 367  # the days of a leap year, and the step after it


def test_it_is_visible_before_it_bites_and_adds_up_after(cursor: duckdb.DuckDBPyConnection) -> None:
    now = moment("2024-01-12 15:00")
    told = retention.leaving(cursor, SOURCE, '"t"', "UTC", now)
    assert told == retention.Leaving(47, moment("2024-01-13"), moment("2024-01-03"))
    cutoff = retention.effective(cursor, SOURCE, "UTC", told.at)
    assert cutoff is not None
    assert retention.expire(cursor, SOURCE, '"t"', cutoff) == {1: 47}
    assert cursor.execute("SELECT count(*), min(_time) FROM t").fetchone() == (673, dt.datetime(2024, 1, 3))
    assert [(e.rows, e.expired) for e in ledger.load(cursor)] == [(193, 47), (240, 0), (240, 0)]
    assert cursor.execute("SELECT count(*) FROM t WHERE _time IS NULL").fetchone() == (3,)
    assert retention.expire(cursor, SOURCE, '"t"', cutoff) == {}
    assert retention.leaving(cursor, SOURCE, '"t"', "UTC", now, columns=()).rows == 0  # type: ignore[union-attr]
    assert retention.leaving(cursor, msgspec.structs.replace(SOURCE, retain=None), '"t"', "UTC", now) is None


def test_rows_that_are_too_old_are_not_inserted() -> None:
    at = [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2), None, dt.datetime(2023, 1, 1)]
    rows = pa.table({"_file": pa.array([1, 1, 2, 2], pa.int32()), "_time": pa.array(at, pa.timestamp("us"))})
    kept, counts = retention.kept(rows, dt.datetime(2024, 1, 2))
    assert kept is not None
    assert rows.filter(kept).column("_time").to_pylist() == [dt.datetime(2024, 1, 2), None]
    assert counts == {1: 1, 2: 1}
    assert retention.kept(rows, None) == (None, {})
    assert retention.kept(rows, dt.datetime(2000, 1, 1)) == (None, {})


def test_cells_leave_with_their_rows_and_records_stay(cursor: duckdb.DuckDBPyConnection) -> None:
    for line, column in ((0, "v"), (239, "v"), (0, "")):
        cursor.execute("INSERT INTO _ops.quarantine VALUES (1, 't', ?, ?, 'r', 'raw', 0)", [line, column])
    cursor.execute("UPDATE _ops.files SET cells = 2, rejected = 1 WHERE id = 1")
    retention.expire(cursor, SOURCE, '"t"', dt.datetime(2024, 1, 3))
    assert cursor.execute('SELECT line, "column" FROM _ops.quarantine ORDER BY ALL').fetchall() == [(0, ""), (239, "v")]
    assert ledger.load(cursor)[0].cells == 1


def test_a_clock_that_is_set_back_brings_nothing_back(cursor: duckdb.DuckDBPyConnection) -> None:
    retention.expire(cursor, SOURCE, '"t"', dt.datetime(2024, 1, 3))
    early = moment("2024-01-05 12:00")
    assert retention.lengthened(cursor, SOURCE, "UTC", early) == []
    assert retention.effective(cursor, SOURCE, "UTC", early) == dt.datetime(2024, 1, 3)


def test_files_are_read_again_when_more_is_retained(cursor: duckdb.DuckDBPyConnection) -> None:
    now = moment("2024-01-13 12:00")
    retention.expire(cursor, SOURCE, '"t"', dt.datetime(2024, 1, 3))
    assert retention.lengthened(cursor, SOURCE, "UTC", now) == []
    longer = msgspec.structs.replace(SOURCE, retain=11 * DAY)
    assert retention.lengthened(cursor, longer, "UTC", now) == [1]
    assert retention.lengthened(cursor, longer, "UTC", now) == []
    assert retention.effective(cursor, longer, "UTC", now) == dt.datetime(2024, 1, 2)
    assert retention.lengthened(cursor, msgspec.structs.replace(SOURCE, retain=None), "UTC", now) == [1]
    assert retention.applied(cursor, "t") is None


def test_archives_go_when_all_of_them_is_too_old(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute("UPDATE _ops.files SET status = 'archived'")
    cutoff = dt.datetime(2024, 1, 22)
    retention.expire(cursor, SOURCE, '"t"', cutoff)
    assert [(e.id, e.rows) for e in ledger.load(cursor)] == [(1, 1), (2, 1), (3, 217)], "rows without a time stay"
    cursor.execute('UPDATE _ops.files SET "rows" = 0 WHERE id = 1')
    assert [entry.id for entry in retention.spent(ledger.load(cursor), cutoff)] == [1]


def test_a_keyed_source_decides_its_keys_again(cursor: duckdb.DuckDBPyConnection) -> None:
    definition = Keyed("k", ("v",), None, '"k"', keyed.base_name("k"), {"v": "BIGINT"})
    keyed.align(cursor, definition)
    cursor.execute(
        f"INSERT INTO {definition.base} BY NAME SELECT *, {definition.hashed} AS {HASH} FROM"
        " (SELECT v % 100 AS v, _file, _line, _time FROM t)"
    )
    cursor.execute("UPDATE _ops.files SET mtime_ns = -id")  # the oldest file has the last word
    keyed.rebuild(cursor, definition)
    assert cursor.execute("SELECT DISTINCT _file FROM k").fetchall() == [(1,)]
    change = Change(cursor, definition)
    retention.expire(cursor, SOURCE, definition.base, dt.datetime(2024, 1, 12), change.leaving)
    change.decide({})
    assert cursor.execute("SELECT _file, count(*) FROM k GROUP BY 1 ORDER BY 1").fetchall() == [(1, 1), (2, 99)]
