"""Memory and disk that run out: that source waits with a reason and a next try, the rest goes on, and it heals."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from opsconsole.site.model import Source
from opsconsole.tables import fingerprint, store
from opsconsole.tables.writer import Batch, Writer
from tests.tables.folder import Folder, folder
from tests.waiting import until

SOURCES = (Source("big", ("in/big/*.csv",)), Source("small", ("in/small/*.csv",)))
HEAD = "id,v\n"


def count(watched: Folder, source: str) -> int:
    """Rows in a table; -1 while it is not there yet, or its database is being opened again."""
    try:
        return int(watched.query(f"SELECT count(*) FROM {source}")[0][0])
    except duckdb.Error:
        return -1


def goes_on(watched: Folder) -> None:
    """The other source takes what comes to it."""
    before = count(watched, "small")
    watched.append("small/a.csv", "9,9\n")
    until(lambda: count(watched, "small") == before + 1, 10, "the rest goes on")


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Folder]:
    """Two sources; `big` is looked at before `small`."""
    with folder(tmp_path, *SOURCES) as watched:
        watched.write("big/a.csv", HEAD + "1,1\n")
        watched.write("small/a.csv", HEAD + "1,1\n")
        watched.settle()
        yield watched


def test_no_memory_to_read_a_file(both: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    real, short = fingerprint.read_at, both.write("big/b.csv.tmp", HEAD + "2,2\n").stat().st_ino

    def read_at(fd: int, start: int, size: int) -> bytes:
        if os.fstat(fd).st_ino == short:
            raise MemoryError
        return real(fd, start, size)

    monkeypatch.setattr(fingerprint, "read_at", read_at)
    (both.place / "big/b.csv.tmp").rename(both.place / "big/b.csv")
    until(lambda: [file for file in both.store.files("big") if "memory" in file.reason])
    waiting = both.file("big/b.csv")
    assert waiting.status == "waiting"
    assert waiting.retry_at is not None
    goes_on(both)
    monkeypatch.undo()
    until(lambda: count(both, "big") == 2, 30, "it heals by itself")
    both.check_fresh()


@pytest.mark.parametrize("error", [duckdb.OutOfMemoryException, duckdb.IOException], ids=["memory", "disk"])
def test_the_database_refuses_a_source_for_a_while(
    both: Folder, monkeypatch: pytest.MonkeyPatch, error: type[duckdb.Error]
) -> None:
    real = Writer.write

    def write(self: Writer, batch: Batch) -> Any:
        if any(take.entry.source == "big" and take.piece is not None for take in batch.takes):
            raise error("Out of Memory Error: failed to pin block, or No space left on device")
        return real(self, batch)

    monkeypatch.setattr(Writer, "write", write)
    both.write("big/b.csv", HEAD + "2,2\n")
    until(lambda: both.feed.problem or any(file.reason for file in both.store.files("big")))
    goes_on(both)
    monkeypatch.undo()
    until(lambda: count(both, "big") == 2, 40, "it heals by itself")
    both.settle()
    both.check_fresh()


def limit_memory(monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    plain = store._settings

    def little(place: Path) -> list[str]:
        return [f"memory_limit = '{size}'" if text.startswith("memory_limit") else text for text in plain(place)]

    monkeypatch.setattr(store, "_settings", little)


def test_a_source_that_needs_more_memory_than_there_is_waits_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_memory(monkeypatch, "3MiB")
    text = HEAD + "".join(f"{i},{i * 7919 % 100_003} and some more text {i * 31}\n" for i in range(300_000))
    with folder(tmp_path, *SOURCES) as watched:
        watched.write("big/a.csv", text)
        until(lambda: "big" in watched.feed.trouble(), 60)
        assert "emory" in watched.feed.trouble()["big"]
        watched.write("small/a.csv", HEAD + "1,1\n")
        until(lambda: count(watched, "small") == 1, 60)


def test_a_memory_limit_far_below_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit_memory(monkeypatch, "64MiB")
    text = HEAD + "".join(f"{i},{i * 7919 % 100_003} and some more text {i * 31}\n" for i in range(300_000))
    with folder(tmp_path, *SOURCES) as watched:
        assert watched.query("SELECT current_setting('memory_limit')") == [("64.0 MiB",)]
        watched.write("big/a.csv", text)
        until(lambda: count(watched, "big") == 300_000, 60)
        watched.settle()
        watched.check_fresh()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[bool], None]]:
    """Fills the small disk under the database, or makes room on it."""
    state = tmp_path / "state"
    state.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(state)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("nothing may be mounted here; test_store fills the disk by a limit on writes")

    def fill(full: bool) -> None:
        filler = state / "filler"
        filler.unlink(missing_ok=True)
        if full:
            free = os.statvfs(state)
            filler.write_bytes(bytes(max(free.f_bavail * free.f_frsize - 60_000, 0)))

    try:
        yield fill
    finally:
        subprocess.run(["umount", "-l", str(state)], check=True)


def test_a_database_torn_by_a_full_disk(tmp_path: Path, disk: Callable[[bool], None]) -> None:
    text = "".join(f"{i},{i * 7919 % 100_003}\n" for i in range(60_000))
    with folder(tmp_path, *SOURCES) as watched:
        watched.write("small/a.csv", HEAD + "1,1\n")
        watched.settle()
        disk(True)
        watched.write("big/a.csv", HEAD + text)
        until(lambda: watched.feed.problem, 30)
        assert "No space" in watched.feed.problem
        with contextlib.suppress(duckdb.Error):
            watched.query("CHECKPOINT")
        disk(False)
        until(lambda: count(watched, "big") == 60_000, 60, "it heals by itself")
    path = tmp_path / "state/tables.duckdb"
    with path.open("r+b") as stream:  # what a write that the disk had no room for leaves behind
        stream.truncate(path.stat().st_size - 100_000)
    with folder(tmp_path, *SOURCES) as watched:
        until(lambda: count(watched, "big") == 60_000 and count(watched, "small") == 1, 60)
        watched.settle()
        watched.check_fresh()
