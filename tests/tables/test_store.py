"""The store: hardened, quick to open with DuckDB alone, and rebuilt when its file is of no use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from opsconsole.site.model import Source
from opsconsole.tables.records import StoreError
from opsconsole.tables.store import Store
from tests.tables.folder import Folder, folder
from tests.waiting import until


@pytest.mark.parametrize("expression", ["1 / 0", "1.5::DOUBLE / 0.0::DOUBLE", "1 // 0", "5 % 0", "0.0::DOUBLE / 0.0"])
def test_division_by_zero_is_null_on_every_cursor(watched: Folder, expression: str) -> None:
    assert watched.query(f"SELECT {expression}") == [(None,)]


def test_times_are_utc_on_every_cursor(watched: Folder) -> None:
    assert watched.query("SELECT current_setting('TimeZone'), ('2024-01-01T12:00:00+02:00'::TIMESTAMPTZ)::VARCHAR") == [
        ("UTC", "2024-01-01 10:00:00+00")
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "COPY (SELECT 1) TO '/tmp/opsconsole-out.csv'",
        "ATTACH '/tmp/other.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET TimeZone = 'Europe/Berlin'",
        "SELECT * FROM statement",
    ],
)
def test_the_database_reaches_nothing_outside(watched: Folder, statement: str) -> None:
    with pytest.raises(duckdb.Error):
        watched.query(statement)


def test_a_time_limit_may_be_set(watched: Folder) -> None:
    watched.query("SET max_execution_time = 1000")


def test_a_damaged_database_is_set_aside_and_filled_again(watched: Folder) -> None:
    watched.write("a.csv", "id,v\n1,2\n")
    watched.settle()
    watched.close()
    watched.store.path.write_bytes(b"not a database" * 1000)
    watched.open()
    watched.settle()
    assert watched.rows() == [(1, 2)]
    assert "filled again" in watched.store.rebuilt


def test_a_ledger_of_another_version_is_set_aside(watched: Folder) -> None:
    watched.close()
    with duckdb.connect(str(watched.store.path)) as other:
        other.execute("UPDATE _ops.meta SET value = 'other' WHERE key = 'ledger'")
    watched.open()
    assert "another version" in watched.store.rebuilt


def test_a_database_in_use_says_so(watched: Folder) -> None:
    code = (
        "import sys; from pathlib import Path; from opsconsole.tables.store import Store\n"
        f"try: Store.open(Path({str(watched.store.path)!r}))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert out.startswith("StoreError")
    assert "in use by another process" in out


def test_a_place_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot use"):
        Store.open(tmp_path / "file" / "state" / "tables.duckdb")


def test_opening_and_asking_imports_duckdb_only(watched: Folder) -> None:
    watched.write("a.csv", "id,v\n1,2\n")
    watched.settle()
    watched.close()
    code = (
        "import sys; from pathlib import Path; from opsconsole.tables.store import Store\n"
        f"store = Store.open(Path({str(watched.store.path)!r}))\n"
        "print(store.totals()['t'].rows, store.schemas(), store.files(), store.quarantine('t', 5), store.path_of(1))\n"
        "print([m for m in ('polars', 'pyarrow', 'numpy', 'fastexcel', 'watchdog', 'yaml') if m in sys.modules])\n"
        "store.close()"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.startswith("1 ")
    assert run.stdout.splitlines()[-1] == "[]"
    watched.open()


FULL = """
import resource, signal, sys
from pathlib import Path
from opsconsole.site.model import Source
from opsconsole.tables.feed import Feed
from opsconsole.tables.store import Store
from tests.waiting import until

root = Path(sys.argv[1])
store = Store.open(root / "state" / "tables.duckdb")
feed = Feed(store, root, {"t": Source("t", ("in/*.csv",), settle=0.1)}, "UTC", lambda: None)
feed.start()
try:
    until(lambda: feed.settled)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, hard))
    (root / "many.csv").rename(root / "in" / "many.csv")
    until(lambda: feed.problem)
    print(feed.problem)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    until(lambda: not feed.problem and feed.settled)
    print(store.totals()["t"].rows)
finally:
    feed.stop()
    store.close()
"""


def test_a_full_disk_is_told_and_heals(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("id,v\n1,2\n")
    text = "".join(f"{i},{i * 7919 % 100003}\n" for i in range(60_000))
    (tmp_path / "many.csv").write_text("id,v\n" + text)
    child = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert child.returncode == 0, child.stderr
    told, rows = child.stdout.splitlines()
    assert told.startswith("the tables cannot be written")
    assert rows == "60001"
    with folder(tmp_path) as watched:
        watched.settle()
        watched.check_fresh()


def test_a_file_that_the_system_refuses_waits_and_the_rest_goes_on(
    watched: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opsconsole.tables import fingerprint

    real = fingerprint.read_at
    bad = watched.write("bad.csv", "id,v\n1,2\n").stat().st_ino

    def read_at(fd: int, start: int, size: int) -> bytes:
        import os

        if os.fstat(fd).st_ino == bad:
            raise OSError(5, "Input/output error")
        return real(fd, start, size)

    monkeypatch.setattr(fingerprint, "read_at", read_at)
    watched.write("good.csv", "id,v\n3,4\n")
    until(lambda: watched.rows() == [(3, 4)])
    until(lambda: watched.file("bad.csv").reason == "Input/output error")
    assert watched.file("bad.csv").status == "waiting"
    assert watched.file("bad.csv").retry_at is not None
    monkeypatch.undo()
    until(lambda: watched.rows() == [(1, 2), (3, 4)], 15)


def test_a_listener_that_fails_does_not_stop_the_feed(tmp_path: Path) -> None:
    from opsconsole.tables.feed import Feed

    (tmp_path / "in").mkdir()
    store = Store.open(tmp_path / "state" / "tables.duckdb")

    def listener() -> None:
        raise RuntimeError("no")

    feed = Feed(store, tmp_path, {"t": Source("t", ("in/*.csv",), settle=0.1)}, "UTC", listener)
    feed.start()
    try:
        (tmp_path / "in" / "a.csv").write_text("id,v\n1,2\n")
        feed.poke()
        assert feed.wait_settled(10)
        assert store.totals()["t"].rows == 1
    finally:
        feed.stop()
        store.close()
