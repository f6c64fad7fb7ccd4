"""The condition of sources on a real store: troubles, changes, rows that leave next, and the disk."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from pathlib import Path

import msgspec

from opsconsole.engine.condition import Condition, Conditions
from opsconsole.site.model import Site, Source
from tests.tables.folder import Folder, folder

DAY = 86_400.0


def look(made: Folder, site: Site, wall: float | None = None, **folders: str) -> tuple[dict[str, Condition], str]:
    conditions = Conditions()
    found = conditions.look(made.store, site, time.time() if wall is None else wall, [], folders)
    return found, conditions.disk.notice


def site_of(made: Folder, **changes: object) -> Site:
    return msgspec.structs.replace(Site("s", sources=made.sources), **changes)


def test_a_source_without_anything_to_tell_is_absent(tmp_path: Path) -> None:
    with folder(tmp_path) as made:
        made.write("a.csv", "a\n1\n")
        made.settle()
        assert look(made, site_of(made))[0] == {}


def test_what_is_wrong_with_its_folders_comes_before_a_single_file(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.parquet",))) as made:
        made.write("a.parquet", b"half")
        made.feed.poke()
        deadline = time.monotonic() + 20
        while "t" not in (found := look(made, site_of(made))[0]):
            assert time.monotonic() < deadline
        assert found["t"].trouble.startswith("in/a.parquet: ")
        assert look(made, site_of(made), t="folder in is not there")[0]["t"].trouble == "folder in is not there"


def test_rows_that_leave_next_are_told_before_they_do(tmp_path: Path) -> None:
    now = dt.datetime(2026, 6, 24, 12, tzinfo=dt.UTC).timestamp()
    with folder(tmp_path, Source("t", ("in/*.csv",), time="ts")) as made:
        made.write("a.csv", "ts,n\n2026-06-14 06:00:00,1\n2026-06-15 06:00:00,2\n2026-06-24 06:00:00,3\n")
        made.settle()
        retained = {"t": msgspec.structs.replace(made.sources["t"], retain=10 * DAY)}
        leaving = look(made, Site("s", sources=retained), now)[0]["t"].leaving
        assert leaving is not None
        assert leaving.rows == 1
        assert leaving.at == dt.datetime(2026, 6, 25, tzinfo=dt.UTC).timestamp()
        assert leaving.cutoff == dt.datetime(2026, 6, 15, tzinfo=dt.UTC).timestamp()
        assert look(made, site_of(made), now)[0] == {}


def test_a_disk_budget_is_told_with_the_source_that_takes_most(tmp_path: Path) -> None:
    with folder(tmp_path) as made:
        made.write("a.csv", "a\n" + "".join(f"{at}\n" for at in range(50_000)))
        made.settle()
        assert "budget" not in look(made, site_of(made))[1]
        assert "budget" not in look(made, site_of(made, disk=10**12))[1]
        notice = look(made, site_of(made, disk=1000))[1]
        assert "the disk budget of" in notice
        assert "source t takes most of it" in notice


def test_it_is_looked_up_again_only_when_the_tables_or_the_minute_have_moved_on(tmp_path: Path) -> None:
    with folder(tmp_path) as made:
        made.settle()
        conditions, wall = Conditions(), time.time() // 60 * 60
        assert conditions.look(made.store, site_of(made), wall, [], {}) == {}
        with contextlib.closing(made.store.cursor()) as cursor:
            cursor.execute("INSERT INTO _ops.drift VALUES ('t', ?, 'in/a.csv', 'added', 'shift', 'is new')", [wall - 5])
        assert conditions.look(made.store, site_of(made), wall + 1, [], {}) == {}
        found = conditions.look(made.store, site_of(made), wall + 61, [], {})
        assert (found["t"].drift, found["t"].drifted) == (1, "new column `shift` from a.csv")
