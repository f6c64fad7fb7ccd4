"""Keys, archives, retention and the disk budget end to end: real files, the real feed, a real database."""

from __future__ import annotations

import datetime as dt
import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from opsconsole.site.model import Source
from opsconsole.tables import archive
from tests.tables.folder import Folder, folder
from tests.waiting import until

DAY = 86400.0
KEEP = Source("t", ("in/*.csv",), on_delete="keep")
LOG = Source("t", ("in/machine.log",), format="csv", on_delete="keep")
KEYED = Source("t", ("in/*.csv",), key=("id",))
RETAIN = Source("t", ("in/*.csv",), time="at", retain=10 * DAY)


@contextmanager
def serving(root: Path, source: Source, **more: Any) -> Iterator[Folder]:
    made = Folder(root, source, **more)
    try:
        yield made
    finally:
        made.close()


def archives(made: Folder) -> list[Path]:
    return archive.listing(made.root / made.state, "t")


def same_in_a_new_database(made: Folder) -> None:
    """The database is a cache: without it the same comes from the files and the archives."""
    before, totals = made.contents(), made.store.totals()
    made.close()
    for path in (made.root / made.state).glob("tables.duckdb*"):
        path.unlink()
    made.open()
    made.settle()
    assert made.contents() == before
    after = made.store.totals()
    assert {n: (t.files, t.rows, t.rejected, t.cells, t.expired, t.archived) for n, t in after.items()} == {
        n: (t.files, t.rows, t.rejected, t.cells, t.expired, t.archived) for n, t in totals.items()
    }


# --- keys ----------------------------------------------------------------------------------------------------------


def stamp(path: Path, second: int) -> None:
    os.utime(path, ns=(second * 10**9, second * 10**9))


def test_the_latest_row_of_each_key_is_in_the_table(tmp_path: Path) -> None:
    with serving(tmp_path, KEYED) as made:
        stamp(made.write("b.csv", "id,status\n1,new\n2,new\n"), 1000)
        stamp(made.write("a.csv", "id,status\n2,done\n3,new\n,nobody\n,nobody\n"), 2000)
        made.settle()
        assert sorted(made.rows(columns="id, status"), key=str) == [
            (1, "new"), (2, "done"), (3, "new"), (None, "nobody"), (None, "nobody"),
        ]  # fmt: skip
        assert made.store.totals()["t"].rows == 6, "the ledger counts what the files hold"
        assert "_keyhash" not in made.store.schemas()["t"]
        made.append("b.csv", "3,sent\n")  # it changed last now, and so did all of its rows
        made.settle()
        assert sorted(made.rows(columns="id, status"), key=str)[:3] == [(1, "new"), (2, "new"), (3, "sent")]
        (made.place / "b.csv").unlink()
        made.settle()
        assert sorted(made.rows(columns="id, status"), key=str)[:2] == [(2, "done"), (3, "new")]
        same_in_a_new_database(made)


def test_a_touched_file_has_the_last_word(tmp_path: Path) -> None:
    with serving(tmp_path, KEYED) as made:
        stamp(made.write("a.csv", "id,status\n1,a\n"), 1000)
        stamp(made.write("b.csv", "id,status\n1,b\n"), 2000)
        made.settle()
        assert made.rows(columns="status") == [("b",)]
        seen = made.store.data_version
        stamp(made.place / "a.csv", 3000)
        made.settle()
        assert made.rows(columns="status") == [("a",)]
        assert made.store.data_version > seen


def test_the_declared_column_says_what_is_latest(tmp_path: Path) -> None:
    with serving(tmp_path, msgspec.structs.replace(KEYED, latest="rev")) as made:
        stamp(made.write("a.csv", "id,rev,status\n1,7,seven\n2,,none\n"), 1000)
        stamp(made.write("b.csv", "id,rev,status\n1,6,six\n2,1,one\n"), 2000)
        made.settle()
        assert sorted(made.rows(columns="status")) == [("one",), ("seven",)]


def test_a_key_that_turns_out_to_be_text_is_decided_anew(tmp_path: Path) -> None:
    with serving(tmp_path, KEYED) as made:
        stamp(made.write("a.csv", "id,status\n7,a\n8,a\n"), 1000)
        made.settle()
        stamp(made.write("b.csv", "id,status\n" + "".join(f"0{n},b\n" for n in range(7, 200))), 2000)
        made.settle()
        assert made.store.schemas()["t"]["id"] == "VARCHAR"
        assert len(made.rows()) == 195
        same_in_a_new_database(made)


def test_a_key_that_is_widened_in_place_is_decided_anew(tmp_path: Path) -> None:
    with serving(tmp_path, KEYED) as made:
        stamp(made.write("a.csv", "id,status\n7,a\n8,a\n"), 1000)
        made.settle()
        stamp(made.write("b.csv", "id,status,more\n7.0,b,\n8.5,b,1\n"), 2000)
        made.settle()
        assert made.store.schemas()["t"]["id"] == "DOUBLE"
        assert sorted(made.rows(columns="id, status")) == [(7.0, "b"), (8.0, "a"), (8.5, "b")]
        same_in_a_new_database(made)


@pytest.mark.parametrize("latest", [None, "rev"])
def test_a_keyed_table_is_what_its_files_say(tmp_path: Path, latest: str | None) -> None:
    """Random uploads, appends, rewrites, renames, touches and deletions, each compared with a dictionary."""
    rng = random.Random(f"keys {latest}")
    made = Folder(tmp_path, msgspec.structs.replace(KEYED, key=("id", "part"), latest=latest, settle=0.05))
    try:
        for step in range(25):
            for _ in range(rng.randint(1, 4)):
                _deed(made, rng)
            made.settle()
            assert sorted(made.rows(columns="id, part, rev, tag"), key=str) == sorted(
                _expected(made, latest), key=str
            ), f"step {step}"
    finally:
        made.close()


def _deed(made: Folder, rng: random.Random) -> None:
    names = sorted(path.name for path in made.place.iterdir())
    text = "".join(f"k{rng.randint(1, 5)},{rng.choice('xy')},{rng.randint(1, 3)},{rng.random()}\n" for _ in range(4))
    deed = rng.choice(["new", "new", "append", "rewrite", "delete", "touch", "rename"])
    if deed == "new" or not names:
        path = made.write(f"{rng.choice('abc')}{rng.randint(1, 9)}.csv", "id,part,rev,tag\n" + text)
    elif deed == "append":
        path = made.append(rng.choice(names), text)
    elif deed == "rewrite":
        path = made.write(rng.choice(names), "id,part,rev,tag\n" + text)
    elif deed == "delete":
        (made.place / rng.choice(names)).unlink()
        return
    elif deed == "rename":
        path = (made.place / rng.choice(names)).rename(made.place / f"{rng.choice('abc')}{rng.randint(1, 9)}.csv")
    else:
        path = made.place / rng.choice(names)
    stamp(path, rng.randint(1000, 1010))


def _expected(made: Folder, latest: str | None) -> list[tuple[Any, ...]]:
    best: dict[tuple[str, str], tuple[Any, ...]] = {}
    for path in made.place.iterdir():
        for line, text in enumerate(path.read_text().splitlines()[1:]):
            key, part, rev, tag = text.split(",")
            rank = (int(rev) if latest else 0, path.stat().st_mtime_ns, path.name, line)
            if (key, part) not in best or best[key, part][0] < rank:
                best[key, part] = (rank, (key, part, int(rev), float(tag)))
    return [row for _, row in best.values()]


# --- archives ------------------------------------------------------------------------------------------------------

HEAD = "id,qty,at\n"
BODY = "1,1.5,2024-01-01\n2,oha,2024-01-02\n3,2.5,2024-01-03\n" + "".join(f"{n},{n},2024-02-01\n" for n in range(4, 99))


def test_rows_of_a_deleted_file_stay_and_survive_the_database(tmp_path: Path) -> None:
    with serving(tmp_path, KEEP) as made:
        made.write("a.csv", HEAD + BODY + "7,8,9,10,11,12\n")
        made.write("b.csv", HEAD + "500,5,2024-03-01\n")
        made.settle()
        before = made.contents()
        (made.place / "a.csv").unlink()
        made.settle()
        assert made.contents() == before
        told = made.file("a.csv")
        assert (told.status, told.rows, told.rejected, told.cells) == ("archived", 98, 1, 1)
        assert made.store.totals()["t"].archived == 1
        assert len(archives(made)) == 1
        same_in_a_new_database(made)
        assert made.contents()["t"] == before["t"]
        same_in_a_new_database(made)


def test_a_file_that_is_back_is_live_and_its_archive_goes(tmp_path: Path) -> None:
    with serving(tmp_path, KEEP) as made:
        path = made.write("a.csv", HEAD + BODY)
        made.settle()
        before = made.contents()
        away = path.rename(tmp_path / "away.csv")
        made.settle()
        assert (made.file("a.csv").status, len(archives(made))) == ("archived", 1)
        with away.open("a") as stream:
            stream.write("100,1,2024-05-01\n")
        away.rename(path)
        made.settle()
        assert (made.file("a.csv").status, made.file("a.csv").rows, archives(made)) == ("ready", 99, [])
        assert len(made.store.files()) == 1
        path.write_text(HEAD + BODY)  # a new version of it replaces its rows
        made.settle()
        assert made.contents() == before
        made.check_fresh()


def test_another_file_under_the_name_of_an_archived_one_is_new(tmp_path: Path) -> None:
    with serving(tmp_path, KEEP) as made:
        path = made.write("a.csv", HEAD + "1,1,2024-01-01\n")
        made.settle()
        path.unlink()
        made.settle()
        made.write("a.csv", HEAD + "2,2,2024-01-02\n")
        made.settle()
        assert sorted(made.rows(columns="id")) == [(1,), (2,)]
        assert sorted(file.status for file in made.store.files()) == ["archived", "ready"]
        same_in_a_new_database(made)
        made.write("a.csv", HEAD + "1,1,2024-01-01\n")  # the first content again: it must not count twice
        made.settle()
        assert sorted(made.rows(columns="id")) == [(1,)]
        assert archives(made) == []


def test_a_file_without_content_leaves_no_archive(tmp_path: Path) -> None:
    with serving(tmp_path, KEEP) as made:
        made.write("a.csv", "").unlink()
        made.write("b.csv", "")
        made.settle()
        (made.place / "b.csv").unlink()
        made.settle()
        assert (made.store.files(), archives(made)) == ([], [])


@pytest.mark.parametrize("how", ["renamed", "copied and truncated", "packed"])
def test_a_log_that_is_rotated_out_of_the_source_keeps_its_rows(tmp_path: Path, how: str) -> None:
    with serving(tmp_path, LOG) as made:
        path = made.write("machine.log", "id,v\n1,a\n2,b\n")
        made.settle()
        old = made.place / "machine.log.1"
        if how == "renamed":
            path.rename(old)
            made.write("machine.log", "id,v\n3,c\n")
        elif how == "packed":
            (made.place / "machine.log.1.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
            made.write("machine.log", "id,v\n3,c\n")
        else:
            shutil.copy(path, old)
            os.truncate(path, 0)
            made.settle()
            assert sorted(made.rows(columns="id")) == [(1,), (2,)]
            made.append("machine.log", "id,v\n3,c\n")
        made.settle()
        assert sorted(made.rows(columns="id")) == [(1,), (2,), (3,)]
        same_in_a_new_database(made)


def test_a_new_version_of_a_file_replaces_its_rows(tmp_path: Path) -> None:
    with serving(tmp_path, LOG) as made:
        path = made.write("machine.log", "id,v\n1,a\n2,b\n")
        made.settle()
        made.write("machine.log.tmp", "id,v\n3,c\n").rename(path)
        made.settle()
        assert made.rows(columns="id") == [(3,)]
        path.write_text("id,v\n4,d\n")
        made.settle()
        assert (made.rows(columns="id"), archives(made)) == ([(4,)], [])


def test_a_full_disk_keeps_the_rows_and_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(tmp_path, KEEP) as made:
        path = made.write("a.csv", HEAD + BODY)
        made.settle()
        before = made.contents()
        with monkeypatch.context() as patched:
            patched.setattr(archive, "_fill", _no_room)
            path.unlink()
            made.settle()
            told = made.file("a.csv")
            assert (told.status, told.rows) == ("waiting", 98)
            assert told.reason == "it is gone; its rows stay until they can be archived: No space left on device"
            assert told.retry_at is not None
            assert made.contents() == before
        made.settle()
        assert made.file("a.csv").status == "archived"
        assert made.contents() == before
        same_in_a_new_database(made)


def _no_room(*_: Any) -> None:
    raise OSError(28, "No space left on device")


def test_a_source_that_is_removed_keeps_its_archive(tmp_path: Path) -> None:
    with serving(tmp_path, KEEP) as made:
        path = made.write("a.csv", HEAD + BODY)
        made.settle()
        path.unlink()
        made.settle()
        before = made.contents()
        made.feed.replace({})
        until(lambda: "t" not in made.store.schemas())
        made.settle()
        assert len(archives(made)) == 1
        made.feed.replace(made.sources)
        made.settle()
        assert made.contents() == before
        dropping = {"t": msgspec.structs.replace(made.sources["t"], on_delete="drop")}
        made.feed.replace(dropping)
        made.settle()
        assert (made.rows(), len(archives(made))) == ([], 1)


def test_archived_rows_are_cast_to_other_pins(tmp_path: Path) -> None:
    with serving(tmp_path, KEEP) as made:
        path = made.write("a.csv", HEAD + BODY)
        made.settle()
        path.unlink()
        made.settle()
        pinned = msgspec.structs.replace(made.sources["t"], columns={"id": "text", "qty": "integer"})
        made.feed.replace({"t": pinned})
        made.settle()
        rows = made.rows(columns="id, qty")
        assert rows[:4] == [("1", None), ("2", None), ("3", None), ("4", 4)]
        found = [(item.line, item.column, item.raw) for item in made.store.quarantine()[0]]
        assert sorted(found) == [(2, "qty", "1.5"), (3, "qty", "oha"), (4, "qty", "2.5")]


def test_a_table_that_is_made_anew_takes_its_archives_along(tmp_path: Path) -> None:
    with serving(tmp_path, KEEP) as made:
        path = made.write("a.csv", "id,v\n1,a\n2,b\n")
        made.settle()
        path.unlink()
        made.settle()
        made.write("b.csv", "id,v\n" + "".join(f"0{n},c\n" for n in range(300)))
        made.settle()
        assert made.store.schemas()["t"]["id"] == "VARCHAR"
        assert len(made.rows()) == 302
        assert made.rows(columns="id")[:2] == [("1",), ("2",)]
        same_in_a_new_database(made)


def test_a_damaged_archive_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path, KEEP) as made:
        path = made.write("a.csv", HEAD + BODY)
        made.settle()
        path.unlink()
        made.settle()
        (stored,) = archives(made)
        whole = stored.read_bytes()
        stored.write_bytes(whole[:500])
        made.close()
        (tmp_path / "state" / "tables.duckdb").unlink()
        made.open()
        made.write("b.csv", HEAD + "500,5,2024-03-01\n")
        made.settle()
        assert made.rows(columns="id") == [(500,)]
        assert "a.csv" in made.feed.trouble()["t"]
        assert "cannot be read" in made.feed.problem
        stored.write_bytes(whole)
        made.settle()
        assert (len(made.rows()), made.feed.problem) == (99, "")


CHILD = """
import os, signal, sys, threading
from pathlib import Path
from opsconsole.site.model import Source
from opsconsole.tables import archive, committer, feed, store

root, mode = Path(sys.argv[1]), sys.argv[2]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

write = archive.write
def written(*given):
    write(*given)
    die()

if mode == "written":
    archive.write = written
elif mode == "half":
    os.replace = die
elif mode == "removed":
    archive.remove = die
opened = store.Store.open(root / "state" / "tables.duckdb")
fed = feed.Feed(opened, root, {"t": Source("t", ("in/*.csv",), on_delete="keep", settle=0.15)}, "UTC", lambda: None)
fed.start()
threading.Event().wait()
"""


def killed(root: Path, mode: str) -> None:
    done = subprocess.run([sys.executable, "-c", CHILD, str(root), mode], capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("mode", ["half", "written"])
@pytest.mark.parametrize("then", ["stays away", "is back", "is back, the database is lost", "the database is lost"])
def test_killed_before_an_archive_is_in_the_ledger(tmp_path: Path, mode: str, then: str) -> None:
    with serving(tmp_path, KEEP) as made:
        path = made.write("a.csv", HEAD + BODY)
        made.settle()
        before = made.contents()
    away = path.rename(tmp_path / "away.csv")
    killed(tmp_path, mode)
    if "is back" in then:
        away.rename(path)
    if "is lost" in then:
        for file in (tmp_path / "state").glob("tables.duckdb*"):
            file.unlink()
    with serving(tmp_path, KEEP) as made:
        made.settle()
        if mode == "half" and then == "the database is lost":
            assert made.rows() == [], "file, database and archive are all gone"
            return
        assert made.contents() == before
        assert len(archives(made)) == (0 if "is back" in then else 1)
        same_in_a_new_database(made)


@pytest.mark.parametrize("lost", [False, True])
def test_killed_before_the_archive_of_a_returned_file_is_removed(tmp_path: Path, lost: bool) -> None:
    with serving(tmp_path, KEEP) as made:
        path = made.write("a.csv", HEAD + BODY)
        made.settle()
        before = made.contents()
        away = path.rename(tmp_path / "away.csv")
        made.settle()
    away.rename(path)
    killed(tmp_path, "removed")
    if lost:
        for file in (tmp_path / "state").glob("tables.duckdb*"):
            file.unlink()
    with serving(tmp_path, KEEP) as made:
        made.settle()
        assert made.contents() == before
        assert (archives(made), made.file("a.csv").status) == ([], "ready")


def test_keys_and_archives_together(tmp_path: Path) -> None:
    with serving(tmp_path, msgspec.structs.replace(KEYED, on_delete="keep")) as made:
        stamp(made.write("a.csv", "id,v\n1,old\n2,old\n"), 1000)
        stamp(made.write("b.csv", "id,v\n2,new\n"), 2000)
        made.settle()
        for name in ("a.csv", "b.csv"):
            (made.place / name).unlink()
            made.settle()
        assert sorted(made.rows(columns="id, v")) == [(1, "old"), (2, "new")]
        same_in_a_new_database(made)


# --- retention -----------------------------------------------------------------------------------------------------


class Clock:
    def __init__(self, text: str) -> None:
        self.at = text

    def __call__(self) -> float:
        return dt.datetime.fromisoformat(self.at).replace(tzinfo=dt.UTC).timestamp()


def days(*numbers: int) -> str:
    return "".join(f"2024-01-{day:02} 12:00,{'oha' if day % 4 == 1 else day}\n" for day in numbers)


def test_rows_leave_by_the_day_and_everything_adds_up(tmp_path: Path) -> None:
    clock = Clock("2024-01-15 10:00")
    source = msgspec.structs.replace(RETAIN, columns={"v": "integer"})
    with serving(tmp_path, source, now=clock) as made:
        made.write("a.csv", "at,v\n" + days(*range(1, 15)) + ",99\n")
        made.settle()
        assert sorted(row[0] or 0 for row in made.rows(columns="v")) == [0, 0, 0, 6, 7, 8, 10, 11, 12, 14, 99]
        assert counts(made) == (11, 4, 3), "a row without a time stays; the cell of day 1 left with its row"
        leaving = made.feed.leaving()["t"]
        assert (leaving.rows, leaving.at) == (1, Clock("2024-01-16")())
        clock.at = "2024-01-16 10:00"
        made.settle()
        assert counts(made) == (10, 5, 2)
        made.append("a.csv", days(2, 16))
        made.settle()
        assert counts(made) == (11, 6, 2)
        same_in_a_new_database(made)
        longer = {"t": msgspec.structs.replace(made.sources["t"], retain=None)}
        made.sources = longer
        made.feed.replace(longer)
        made.settle()
        assert counts(made) == (17, 0, 4)
        made.check_fresh()


def counts(made: Folder) -> tuple[int, int, int]:
    told = made.file("a.csv")
    return told.rows, told.expired, told.cells


def test_archives_grow_old_too(tmp_path: Path) -> None:
    clock = Clock("2024-01-15 10:00")
    source = msgspec.structs.replace(RETAIN, on_delete="keep")
    with serving(tmp_path, source, now=clock) as made:
        path = made.write("a.csv", "at,v\n" + days(6, 7, 8))
        made.settle()
        path.unlink()
        made.settle()
        clock.at = "2024-01-18 10:00"
        made.settle()
        told = made.file("a.csv")
        assert (told.status, told.rows, told.expired, len(archives(made))) == ("archived", 1, 2, 1)
        same_in_a_new_database(made)
        clock.at = "2024-01-19 10:00"
        made.settle()
        assert (made.rows(), made.store.files(), archives(made)) == ([], [], [])


# --- the disk ------------------------------------------------------------------------------------------------------


def test_a_budget_that_is_used_up_makes_files_wait_until_there_is_room(tmp_path: Path) -> None:
    with serving(tmp_path, Source("t", ("in/*.csv",)), disk=1) as made:
        made.write("a.csv", HEAD + BODY)
        made.settle()
        told = made.file("a.csv")
        assert (told.status, told.rows, told.retry_at is not None) == ("waiting", 0, True)
        assert told.reason == "the disk budget of 1 B is used up; raise `disk`, or let rows leave sooner (`retain`)"
        assert "no new rows are taken" in made.feed.problem
        made.feed.replace(made.sources, disk=10**9)
        made.settle()
        assert (made.file("a.csv").rows, made.file("a.csv").reason, made.feed.problem) == (98, "", "")
        made.feed.replace(made.sources, disk=1)
        made.write("b.csv", HEAD + "500,5,2024-03-01\n")
        made.settle()
        assert (made.file("a.csv").status, made.file("b.csv").status) == ("ready", "waiting")
        (made.place / "a.csv").unlink()
        made.settle()
        assert [file.path for file in made.store.files()] == ["in/b.csv"], "deletions go on"
        made.feed.replace(made.sources)
        made.settle()
        made.check_fresh()


def test_the_rows_that_are_the_latest_of_their_key_are_counted_apart(tmp_path: Path) -> None:
    with folder(tmp_path, Source("t", ("in/*.csv",), key=("id",)), Source("u", ("other/*.csv",))) as watched:
        watched.write("a.csv", "id,v\n1,2\n2,3\n")
        watched.settle()
        watched.write("b.csv", "id,v\n2,4\n")
        watched.settle()
        totals = watched.store.totals()["t"]
        assert (totals.rows, totals.latest) == (3, 2)
