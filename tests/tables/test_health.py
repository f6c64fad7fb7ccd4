"""Data health as tables: counts that add up, ages by both clocks, changes of schema; for every source there is."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from opsconsole.site.model import Source
from opsconsole.tables import health

from .folder import Folder, folder

GOOD = "ts,qty\n2026-06-24 06:00:00,1\n2026-06-24 06:01:00,2\n"
BAD = GOOD + "2026-06-24 06:02:00,3,too many\n" + "2026-06-24 06:03:00,4\n"


def rows(made: Folder, view: str, columns: str, site_now: float | None = None) -> list[tuple[object, ...]]:
    with contextlib.closing(made.store.cursor()) as cursor:
        if site_now is not None:
            health.at(cursor, site_now)
        return cursor.execute(f"SELECT {columns} FROM {view} ORDER BY ALL").fetchall()


def test_every_source_has_a_row_also_one_without_files(tmp_path: Path) -> None:
    with folder(tmp_path, Source("a", ("in/a*.csv",), time="ts"), Source("b", ("in/b*.csv",))) as made:
        made.write("a1.csv", BAD)
        made.write("a2.csv", GOOD)
        made.settle()
        counts = 'source, files, records, "rows", rejected, round(rejected_share, 2), waiting, failed'
        assert rows(made, "health", counts) == [("a", 2, 6, 5, 1, 16.67, 0, 0), ("b", 0, 0, 0, 0, None, 0, 0)]
        counts = 'source, file, status, records, "rows", rejected, rejected_share'
        assert rows(made, "health_files", counts) == [
            ("a", "in/a1.csv", "ready", 4, 3, 1, 25.0),
            ("a", "in/a2.csv", "ready", 2, 2, 0, 0.0),
        ]


def test_a_source_that_never_had_anything_has_no_age_and_is_not_zero_seconds_old(tmp_path: Path) -> None:
    with folder(tmp_path, Source("a", ("in/a*.csv",), time="ts"), Source("b", ("in/b*.csv",))) as made:
        made.write("a.csv", GOOD)
        made.settle()
        (age,), (none,) = rows(made, "health", "age_s")[:2]
        assert none is None
        assert isinstance(age, float)
        assert -1 < age < 60


def test_the_age_of_events_goes_by_site_time_where_it_is_told(tmp_path: Path) -> None:
    newest = 1_782_280_860.0  # 2026-06-24 06:01 UTC
    with folder(tmp_path, Source("a", ("in/a*.csv",), time="ts")) as made:
        made.write("a.csv", GOOD)
        made.settle()
        assert rows(made, "health", "event_age_s", newest + 90) == [(90.0,)]
        ((by_wall,),) = rows(made, "health", "event_age_s")
        assert isinstance(by_wall, float)
        assert abs(by_wall - (time.time() - newest)) < 60


def test_what_keeps_a_file_from_being_taken_is_told(tmp_path: Path) -> None:
    with folder(tmp_path, Source("a", ("in/a*.*",))) as made:
        made.write("a1.csv", GOOD)
        made.write("a2.parquet", b"no parquet")
        os.utime(made.place / "a2.parquet")
        made.feed.poke()
        with contextlib.closing(made.store.cursor()) as cursor:
            deadline = time.monotonic() + 20
            while not (found := health.troubles(cursor)):
                assert time.monotonic() < deadline
        assert found["a"].path == "in/a2.parquet"
        assert found["a"].reason
        assert found["a"].more == 0


def test_changes_of_schema_count_for_a_day(tmp_path: Path) -> None:
    with folder(tmp_path, Source("a", ("in/a*.csv",))) as made:
        made.settle()
        now = time.time()
        with contextlib.closing(made.store.cursor()) as cursor:
            for age, column in ((60.0, "shift"), (3600.0, "old"), (90_000.0, "older")):
                cursor.execute(
                    "INSERT INTO _ops.drift VALUES ('a', ?, 'in/a.csv', 'added', ?, '')", [now - age, column]
                )
            assert rows(made, "health", "drift") == [(2,)]
            many, latest = health.drifted(cursor, now - health.DRIFT_WITHIN)["a"]
            assert (many, latest.column, latest.kind) == (2, "shift", "added")
            assert [each.column for each in health.drifts(cursor, "a", 10)] == ["shift", "old", "older"]
            assert [each.column for each in health.drifts(cursor, "", 1)] == ["shift"]


def test_the_views_are_as_their_schemas_say(tmp_path: Path) -> None:
    with folder(tmp_path) as made:
        for name, columns in health.SCHEMAS.items():
            found = made.query(
                f"SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = '{name}' ORDER BY column_index"
            )
            assert dict(found) == columns


def test_of_many_files_those_with_trouble_come_first(tmp_path: Path) -> None:
    with folder(tmp_path, Source("a", ("in/a*.*",), time="ts")) as made:
        for at in range(4):
            made.write(f"a{at}.csv", GOOD)
        made.write("a9.csv", BAD)
        made.settle()
        with contextlib.closing(made.store.cursor()) as cursor:
            found, total = health.files(cursor, "a", 2)
        assert total == 5
        assert found[0].path == "in/a9.csv"
        assert len(found) == 2
        assert found[0] == made.file("a9.csv")
