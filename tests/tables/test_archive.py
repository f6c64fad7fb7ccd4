"""Archives on a real disk: nothing of a file is lost in them, wherever the process is killed."""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from opsconsole.tables import archive, fingerprint, ledger, rotation
from opsconsole.tables.ledger import Entry

COLUMNS = ["a", "b", "c", "d", "e", "f", "g", "_quarantine"]


@pytest.fixture
def cursor(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with contextlib.closing(duckdb.connect(str(tmp_path / "t.duckdb"))) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(ledger.SCHEMA)
        connection.execute(
            "CREATE TABLE t AS SELECT i AS a, 'x' || i AS b, i / 7 AS c, i % 2 = 0 AS d,"
            " DATE '2024-01-01' + i::INTEGER AS e,"
            " TIMESTAMP '2024-03-01 12:00:00.123456' + INTERVAL (i) SECOND AS f,"
            " TIMESTAMPTZ '2024-03-01 12:00+00' + INTERVAL (i) HOUR AS g, NULL::VARCHAR AS _quarantine,"
            " (i % 2)::INTEGER AS _file, i AS _line, NULL::TIMESTAMP AS _time FROM range(1000) r(i)"
        )
        yield connection


def entry_of(path: Path, number: int = 1, **more: int) -> Entry:
    status = path.stat()
    with path.open("rb") as stream:
        prefix = fingerprint.of_file(stream.fileno(), status.st_size)
    return Entry(
        number, "t", str(path), path.name, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns,
        status.st_ctime_ns, status.st_size, prefix=prefix, status="ready", rows=500, **more,
    )  # fmt: skip


def test_all_that_was_taken_comes_back(cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    source = tmp_path / "caf\udce9.csv"  # a name that is no UTF-8
    source.write_text("a\n1\n")
    entry = entry_of(source, rejected=2)
    entry.shown = "caf\\xe9.csv"
    cursor.execute("INSERT INTO _ops.evidence VALUES (1, 't', ?)", [b"\x00seen"])
    cursor.execute("INSERT INTO _ops.quarantine VALUES (1, 't', 7, 'c', 'not a number', 'oha', 12.5)")
    cursor.execute("INSERT INTO _ops.quarantine VALUES (1, 't', 9, '', 'too many fields', 'a,b,c', 13.5)")
    cursor.execute("INSERT INTO _ops.quarantine VALUES (0, 't', 9, '', 'of another file', '', 13.5)")
    path = archive.write(cursor, '"t"', entry, COLUMNS, tmp_path)
    parts = list(archive.read(path))
    found = parts[0].facts.restored()
    assert found == msgspec.structs.replace(entry, status="archived")
    assert parts[0].facts.evidence == b"\x00seen"
    assert [record for part in parts for record in part.aside] == [
        (7, "c", "not a number", "oha", 12.5),
        (9, "", "too many fields", "a,b,c", 13.5),
    ]
    rows = [
        (*row, line)
        for part in parts
        for row, line in zip(zip(*part.rows.to_pydict().values(), strict=True), part.lines, strict=True)
    ]
    listed = ", ".join(COLUMNS)
    assert rows == cursor.execute(f"SELECT {listed}, _line FROM t WHERE _file = 1").fetchall()
    assert len(rows) == 500
    assert parts[0].facts.names == list(parts[0].rows.column_names) == COLUMNS


def test_the_same_content_has_one_archive(cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("a\n1\n")
    first = archive.write(cursor, '"t"', entry_of(source), COLUMNS, tmp_path)
    assert archive.write(cursor, '"t"', entry_of(source), COLUMNS, tmp_path) == first
    source.write_text("a\n2\n")
    second = archive.write(cursor, '"t"', entry_of(source), COLUMNS, tmp_path)
    assert archive.listing(tmp_path, "t") == sorted([first, second])
    archive.remove(first)
    archive.remove(first)
    assert archive.listing(tmp_path, "t") == [second]
    assert archive.listing(tmp_path, "no such source") == []


def test_a_file_without_rows_keeps_its_records(cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("a\n1\n")
    cursor.execute("INSERT INTO _ops.quarantine VALUES (5, 't', 9, '', 'too many fields', 'a,b,c', 13.5)")
    parts = list(archive.read(archive.write(cursor, '"t"', entry_of(source, 5), COLUMNS, tmp_path)))
    assert [len(part.lines) for part in parts] == [0]
    assert parts[0].aside == [(9, "", "too many fields", "a,b,c", 13.5)]


def test_a_full_disk_leaves_nothing_half_written(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.csv"
    source.write_text("a\n1\n")

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    place = archive.folder(tmp_path, "t")
    place.mkdir(parents=True)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            archive.write(cursor, '"t"', entry_of(source), COLUMNS, tmp_path)
    assert list(place.iterdir()) == []
    archive.write(cursor, '"t"', entry_of(source), COLUMNS, tmp_path)
    assert len(list(place.iterdir())) == 1


def test_a_disk_that_fills_half_way_leaves_the_connection_free(
    cursor: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.csv"
    source.write_text("a\n1\n")
    monkeypatch.setattr(archive, "_ROWS", 100)
    made, calls = archive._batch, []

    def full(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return made(*given)

    monkeypatch.setattr(archive, "_batch", full)
    cursor.execute("BEGIN")
    with pytest.raises(OSError, match="No space left"):
        archive.write(cursor, '"t"', entry_of(source), COLUMNS, tmp_path)
    assert cursor.execute("SELECT count(*) FROM t").fetchall() == [(1000,)]
    cursor.execute("COMMIT")
    path = archive.write(cursor, '"t"', entry_of(source), COLUMNS, tmp_path)
    assert [len(part.lines) for part in archive.read(path)] == [100] * 5


def test_a_damaged_archive_says_so(cursor: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("a\n1\n")
    path = archive.write(cursor, '"t"', entry_of(source), COLUMNS, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(archive.ArchiveError, match=r"a\.csv.*cannot be read"):
        archive.facts_of(path)
    (path.parent / "other.parquet").write_bytes(b"PAR1")
    with pytest.raises(archive.ArchiveError, match="cannot be read"):
        list(archive.read(path.parent / "other.parquet"))


CHILD = """
import os, signal, sys
from pathlib import Path
import duckdb
from opsconsole.tables import archive, ledger
from opsconsole.tables.ledger import Entry

place, mode = Path(sys.argv[1]), sys.argv[2]
os_replace = os.replace
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
def replaced(one, other):
    os_replace(one, other)
    die()
if mode == "half":
    os.replace = die
elif mode == "named":
    os.replace = replaced
cursor = duckdb.connect()
cursor.execute(ledger.SCHEMA)
cursor.execute("CREATE TABLE t AS SELECT i AS a, 1 AS _file, i AS _line FROM range(10) r(i)")
archive.write(cursor, '"t"', Entry(1, "t", "/in/a.csv", "a.csv", size=9, offset=9, prefix="p", rows=10), ["a"], place)
die()
"""


@pytest.mark.parametrize(("mode", "left"), [("half", 0), ("named", 1), ("done", 1)])
def test_killed_while_writing(tmp_path: Path, mode: str, left: int) -> None:
    for _ in range(2):  # the second run meets what the first left behind
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(tmp_path), mode], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        found = archive.listing(tmp_path, "t")
        assert len(found) == left
        assert all(sum(len(part.lines) for part in archive.read(path)) == 10 for path in found)
        assert len(list(archive.folder(tmp_path, "t").iterdir())) == left


# --- the file is back ----------------------------------------------------------------------------------------------


def test_a_file_is_back_when_it_begins_with_what_was_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    entry = entry_of(path)
    path.unlink()
    assert not archive.returned(entry, str(path))
    path.write_text("a\n1\n2\n")
    assert archive.returned(entry, str(path))
    path.write_text("a\n2\n1\n")
    assert not archive.returned(entry, str(path))
    path.write_text("a\n")
    assert not archive.returned(entry, str(path))
    assert not archive.returned(Entry(1, "t", str(path), "a.csv"), str(path))


def test_an_archive_is_covered_by_a_live_file_of_its_path_or_inode(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    entry = entry_of(path)
    assert archive.covered(entry, {str(path): entry_of(path, 2)})
    other = path.rename(tmp_path / "b.csv")
    assert archive.covered(entry, {str(other): entry_of(other, 2)})
    with other.open("a") as stream:
        stream.write("2\n")
    assert archive.covered(entry, {str(other): entry_of(other, 2)})
    copy = tmp_path / "c.csv"
    shutil.copy(other, copy)
    assert not archive.covered(entry, {str(copy): entry_of(copy, 3)}), "another file with the same content is its own"


# --- rotation ------------------------------------------------------------------------------------------------------


def none(path: str) -> bool:
    return False


@pytest.mark.parametrize("name", ["machine.log.1", "machine-20240101.log", "machine.log-20240101", "machine.log.1.gz"])
def test_a_rotated_log_is_found_under_its_new_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "machine.log"
    path.write_bytes(b"one\ntwo\n")
    entry = entry_of(path)
    content = path.read_bytes() + b"a last line\n"
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    path.write_text("new\n")
    assert rotation.elsewhere(entry, none) == str(tmp_path / name)
    assert rotation.elsewhere(entry, lambda found: found.endswith(name)) is None, "it is taken on its own"


def test_any_name_of_the_same_inode_is_looked_into(tmp_path: Path) -> None:
    path = tmp_path / "machine.log"
    path.write_text("one\n")
    entry = entry_of(path)
    away = path.rename(tmp_path / "old-stuff")
    assert rotation.elsewhere(entry, none) == str(away)
    away.write_text("two\n")
    assert rotation.elsewhere(entry, none) is None, "the inode alone proves nothing"


@pytest.mark.parametrize("name", ["orders.csv~", "orders.csv.bak", ".orders.csv.swp"])
def test_an_editors_copy_is_no_rotation(tmp_path: Path, name: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("one\n")
    entry = entry_of(path)
    shutil.copy(path, tmp_path / name)
    path.write_text("two\n")
    assert rotation.elsewhere(entry, none) is None


def test_a_packed_copy_that_is_broken_or_shorter_is_none(tmp_path: Path) -> None:
    path = tmp_path / "machine.log"
    path.write_bytes(os.urandom(100_000))
    entry = entry_of(path)
    packed = gzip.compress(path.read_bytes())
    (tmp_path / "machine.log.1.gz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "machine.log.2.gz").write_bytes(gzip.compress(path.read_bytes()[:-1]))
    assert rotation.elsewhere(entry, none) is None
