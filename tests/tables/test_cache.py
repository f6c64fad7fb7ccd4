"""The database is a cache: whatever becomes of its file, the rows come back from the files, and it says so."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from opsconsole.site.model import Source
from tests.tables.folder import Folder
from tests.waiting import until

SOURCES = (Source("t", ("in/t/*.csv",)), Source("u", ("in/u/*.ndjson",)))
ROWS = 10_000


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Two sources and what they held when all was well; closed, its log checkpointed into the file, a copy beside."""
    watched = Folder(tmp_path_factory.mktemp("whole"), *SOURCES)
    for index in range(3):
        text = "".join(
            f"r{i},{i * 7919 % 100_003},name {i * 31 % 977}\n" for i in range(index * ROWS, (index + 1) * ROWS)
        )
        watched.write(f"t/{index}.csv", "id,qty,name\n" + text + "bad\n")
    watched.write("u/a.ndjson", '{"id": 1}\nno\n{"id": 2}\n')
    watched.settle()
    watched.close()
    with duckdb.connect(str(watched.store.path)) as connection:
        connection.execute("CHECKPOINT")
    shutil.copy(watched.store.path, watched.root / "well")
    return watched


@pytest.fixture
def filled(whole: Folder) -> Folder:
    """The same with the database as it was."""
    for path in whole.store.path.parent.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    shutil.copy(whole.root / "well", whole.store.path)
    return whole


def zeros_in_the_header(path: Path) -> None:
    _spoil(path, [(0, 12288)])


def another_first_block(path: Path) -> None:
    _spoil(path, [(4096, 64)])


def blocks_in_the_middle(path: Path) -> None:
    size = path.stat().st_size
    _spoil(path, [(at, 4096) for at in range(12288 + 262_144, size - 4096, 131_072)])


def all_blocks(path: Path) -> None:
    size = path.stat().st_size
    _spoil(path, [(at, 512) for at in range(12288, size - 512, 65_536)])


def half_of_it(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def a_block_less_and_a_few_bytes(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 262_144 - 1000)  # the last block alone may be one that is not in use


def nothing_of_it(path: Path) -> None:
    os.truncate(path, 0)


def gone(path: Path) -> None:
    path.unlink()


def a_text(path: Path) -> None:
    path.write_text("these are my notes\n" * 1000)


def a_foreign_database(path: Path) -> None:
    path.unlink()
    with duckdb.connect(str(path)) as other:
        other.execute("CREATE TABLE t (a INTEGER); CREATE SCHEMA _ops; CREATE TABLE _ops.meta (key VARCHAR)")


def another_version(path: Path) -> None:
    with duckdb.connect(str(path)) as other:
        other.execute("UPDATE _ops.meta SET value = '0' WHERE key = 'ledger'")


def a_ledger_without_its_files(path: Path) -> None:
    with duckdb.connect(str(path)) as other:
        other.execute("DROP TABLE _ops.files")


def a_torn_log(path: Path) -> None:
    with duckdb.connect(str(path)) as other:
        other.execute("SET wal_autocheckpoint = '1TB'; SET checkpoint_threshold = '1TB'")
        other.execute("PRAGMA disable_checkpoint_on_shutdown")
        other.execute("UPDATE t SET qty = 0")
    log = path.with_name(path.name + ".wal")
    assert log.exists()
    _spoil(log, [(log.stat().st_size // 2, 2000)])


def _spoil(path: Path, places: list[tuple[int, int]]) -> None:
    chance = random.Random(5)
    with path.open("r+b", buffering=0) as stream:
        for at, size in places:
            os.pwrite(stream.fileno(), chance.randbytes(size), at)


@pytest.mark.parametrize(
    "harm",
    [
        zeros_in_the_header, another_first_block, blocks_in_the_middle, all_blocks, half_of_it,
        a_block_less_and_a_few_bytes, nothing_of_it, gone, a_text, a_foreign_database, another_version,
        a_ledger_without_its_files, a_torn_log,
    ],
    ids=lambda harm: harm.__name__.replace("_", " "),
)  # fmt: skip
def test_what_becomes_of_the_file_does_not_matter(filled: Folder, harm: Callable[[Path], None]) -> None:
    harm(filled.store.path)
    filled.open()
    try:
        filled.settle()
        until(lambda: filled.query("SELECT count(*), sum(length(name)) FROM t")[0][0] == 3 * ROWS, 30)
        filled.check_fresh(remember=True)
        if harm not in (gone, nothing_of_it):
            assert "filled again" in filled.store.rebuilt
    finally:
        filled.close()
