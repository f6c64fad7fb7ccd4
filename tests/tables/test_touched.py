"""What transactions say of the days they touch. That the feed tells all of it is checked with every settling of
`folder.Folder`, and for keyed tables with every transaction of `test_keyed`."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.site.model import Source
from opsconsole.tables import ledger, touched
from opsconsole.tables.writer import Writer
from tests.tables.folder import Folder, folder

BEGIN = dt.datetime(2026, 1, 1)
HEAD = "at,qty\n"


@pytest.fixture
def cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    with contextlib.closing(duckdb.connect()) as connection:
        connection.execute(ledger.SCHEMA)
        yield connection


def told(watched: Folder) -> list[tuple[Any, ...]]:
    """First, last and version of what was touched."""
    return watched.query("SELECT first, last, version FROM _ops.touched WHERE source = 't' ORDER BY version, first")


def test_a_source_as_its_files_come_and_go(tmp_path: Path) -> None:
    day = dt.timedelta(days=1)
    clock = [dt.datetime(2026, 3, 1, tzinfo=dt.UTC).timestamp()]
    source = Source("t", ("in/*.csv",), time="at", retain=200 * 86400.0, on_delete="keep", columns={"at": "time"})
    watched = Folder(tmp_path, source, now=lambda: clock[0])
    with contextlib.closing(watched):
        watched.write("a.csv", HEAD + "2026-01-01 06:00,1\n2026-01-01 22:00,2\n2026-01-05 01:00,3\n,4\n")
        watched.settle()
        assert [row[:2] for row in told(watched)] == [
            (dt.datetime.min, dt.datetime.max),  # the table is a new one
            (BEGIN.replace(hour=6), BEGIN.replace(hour=22)),
            (BEGIN + dt.timedelta(days=4, hours=1),) * 2,
            (None, None),
        ]
        last = told(watched)[-1][2]
        watched.write("b.csv", HEAD + "2026-01-07 01:00,3\n")
        watched.settle()
        assert told(watched)[-1] == (BEGIN + dt.timedelta(days=6, hours=1),) * 2 + (last + 1,)
        (watched.place / "a.csv").unlink()
        watched.settle()
        assert told(watched)[-1][2] == last + 1, "its rows are kept"
        clock[0] += 150 * day.total_seconds()
        watched.settle()
        late = [row[:2] for row in told(watched) if row[2] > last + 1]
        assert [first.date() for first, _ in late] == [BEGIN.date(), BEGIN.date() + 4 * day, BEGIN.date() + 6 * day]
        assert late[0] == (BEGIN.replace(hour=6), BEGIN.replace(hour=22))


def test_a_table_with_other_types_is_touched_as_a_whole(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.csv",), time="at")) as watched:
        watched.write("a.csv", HEAD + "2026-01-01 06:00,1\n")
        watched.settle()
        version = told(watched)[-1][2]
        watched.write("b.csv", HEAD + "2026-02-01 06:00,1.5\n")  # in place
        watched.settle()
        assert (dt.datetime.min, dt.datetime.max, version + 1) in told(watched)
        assert told(watched)[0][2] == version + 1, "what was said before is said with that"
        version = told(watched)[-1][2]
        watched.write("c.csv", HEAD + "2026-03-01 06:00,many\n")  # by a shadow
        watched.settle()
        assert told(watched)[-1][:2] == (dt.datetime.min, dt.datetime.max)
        assert told(watched)[-1][2] > version


def test_silence_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with folder(tmp_path, Source("t", ("in/*.csv",), time="at")) as watched:
        watched.write("a.csv", HEAD + "2026-01-01 06:00,1\n")
        watched.settle()
        monkeypatch.setattr(touched.Touched, "write", lambda self: None)
        watched.append("a.csv", "2026-01-01 07:00,1\n")
        with pytest.raises(AssertionError, match="2026, 1, 1"):
            watched.settle()


def test_a_transaction_that_fails_touches_nothing(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute("BEGIN")
    touched.note(cursor, {"t": [("2026-01-01 00:00:00", "2026-01-01 05:00:00")]})
    assert touched.version(cursor) == 1
    cursor.execute("ROLLBACK")
    assert touched.version(cursor) == 0
    assert Writer(cursor).columns == {}


def test_versions_rise_over_all_sources(cursor: duckdb.DuckDBPyConnection) -> None:
    touched.note(cursor, {"t": [("2026-01-01 00:00:00",) * 2, (None, None)], "u": [(None, None)]})
    touched.note(cursor, {"u": [("0044-03-15 (BC) 00:00:00", "infinity")]})
    assert (touched.version(cursor), touched.version(cursor, "t"), touched.version(cursor, "u")) == (2, 1, 2)
    touched.whole(cursor, "u")
    assert (touched.version(cursor), touched.version(cursor, "t"), touched.version(cursor, "u")) == (3, 1, 3)
    assert cursor.execute("SELECT count(*) FROM _ops.touched WHERE source = 'u'").fetchone() == (1,)
    touched.note(cursor, {"t": []})
    assert touched.version(cursor) == 3


moments = st.integers(0, 200).map(lambda hours: BEGIN + dt.timedelta(minutes=25 * hours))
stretches = st.tuples(moments, st.integers(0, 300)).map(
    lambda it: (str(it[0]), str(min(it[0] + dt.timedelta(minutes=it[1]), it[0].replace(hour=23, minute=59))))
)
notes = st.lists(
    st.tuples(st.sampled_from("tu"), st.one_of(stretches, st.sampled_from([(None, None), touched.ALL]))), max_size=40
)


@settings(deadline=None, database=None)
@given(notes, moments, st.integers(0, 40), st.integers(0, 3))
def test_what_is_told_in_short_leaves_nothing_out(
    said: list[tuple[str, touched.Range]], moment: dt.datetime, since: int, recent: int
) -> None:
    query = (
        "SELECT count(*) FILTER (first <= $2 AND last >= $2) > 0, count(*) FILTER (first IS NULL) > 0"
        " FROM _ops.touched WHERE source = 't' AND version > $1"
    )
    with contextlib.closing(duckdb.connect()) as cursor, pytest.MonkeyPatch.context() as patch:
        patch.setattr(touched, "_RECENT", recent)
        cursor.execute(ledger.SCHEMA)
        for source, each in said:
            touched.note(cursor, {source: [each]})
        before = cursor.execute(query, [since, moment]).fetchall()[0]
        version = touched.version(cursor)
        touched.compact(cursor)
        after = cursor.execute(query, [since, moment]).fetchall()[0]
        assert [x or not y for x, y in zip(after, before, strict=True)] == [True, True]
        assert touched.version(cursor) == version


def test_ten_thousand_touches_become_few(cursor: duckdb.DuckDBPyConnection) -> None:
    cursor.execute(
        "INSERT INTO _ops.touched SELECT 't', TIMESTAMP '2026-01-01' + to_minutes(i), TIMESTAMP '2026-01-01'"
        " + to_minutes(i), i FROM range(10_000) r(i)"
    )
    begun = time.perf_counter()
    gathered = touched.Touched(cursor)
    for number in range(touched._RECENT):
        gathered.forget()
        gathered.add({"t": [("2026-01-08 00:00:00", f"2026-01-08 00:00:{number % 60:02}")]})
        gathered.write()
    count = cursor.execute("SELECT count(*) FROM _ops.touched").fetchall()[0][0]
    assert count < 20
    assert time.perf_counter() - begun < 10
