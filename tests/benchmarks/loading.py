"""How fast files become rows: bulk loads, appends and many small files, each beside a baseline of the same run."""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from opsconsole.site.model import Source
from opsconsole.tables import committer
from opsconsole.tables.feed import Feed
from opsconsole.tables.store import Store
from tests.benchmarks import events
from tests.benchmarks.common import spread
from tests.waiting import until

ROWS_PER_FILE = 100_000
_LONG = 3600.0


@contextlib.contextmanager
def feeding(root: Path, state: str = "state") -> Iterator[tuple[Store, Feed]]:
    """A store and a feed of `root/data/*.csv`, settled."""
    store = Store.open(root / state / "tables.duckdb")
    source = Source("cycles", ("data/*.csv",), time="ts")
    feed = Feed(store, root, {"cycles": source}, "UTC", lambda: None)
    feed.start()
    try:
        assert feed.wait_settled(_LONG), feed.problem
        yield store, feed
    finally:
        feed.stop()
        store.close()


def rows_of(store: Store) -> int:
    """Rows that a query sees."""
    with contextlib.closing(store.cursor()) as cursor:
        found = cursor.execute("SELECT count(*) FROM cycles").fetchone()
    assert found is not None
    return int(found[0])


class Cost:
    """Wall and CPU seconds of what runs inside, in all threads of this process."""

    def __enter__(self) -> Cost:
        self._wall, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu


def _duckdb_alone(root: Path) -> Cost:
    """The same files with nothing but DuckDB: no ledger, no line numbers, no quarantine."""
    database = root / "baseline.duckdb"
    listed = sorted(map(str, (root / "data").glob("*.csv")))
    values = ", ".join(f"TRY_CAST({name} AS {type_}) AS {name}" for name, type_ in events.TYPES.items())
    try:
        with duckdb.connect(database) as connection, Cost() as cost:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(f"CREATE TABLE cycles AS SELECT {values} FROM read_csv({listed!r}, all_varchar = true)")
    finally:
        database.unlink(missing_ok=True)
    return cost


def _ours(root: Path, rows: int) -> Cost:
    try:
        with contextlib.ExitStack() as stack:
            with Cost() as cost:  # closing is left out on both sides
                store, _ = stack.enter_context(feeding(root, "bulk"))
            assert rows_of(store) == rows
    finally:
        shutil.rmtree(root / "bulk")
    return cost


def bulk(root: Path, rows: int, runs: int = 3) -> None:
    """A first load against DuckDB's own, in turns."""
    size = events.files(root / "data", rows, max(rows // ROWS_PER_FILE, 1))
    pairs = [(_duckdb_alone(root), _ours(root, rows)) for _ in range(runs)]
    base, ours = [a.wall for a, _ in pairs], [b.wall for _, b in pairs]
    ratio = statistics.median(b.wall / a.wall for a, b in pairs)
    cpu = statistics.median(b.cpu / a.cpu for a, b in pairs)
    print(
        f"| bulk load of {rows:,} rows, {size / 1e6:.0f} MB | {spread(ours)}, CPU {pairs[-1][1].cpu:.1f} s "
        f"| DuckDB alone {spread(base)}, CPU {pairs[-1][0].cpu:.1f} s | {ratio:.2f}x, CPU {cpu:.2f}x "
        f"(load {os.getloadavg()[0]:.1f}) |",
        flush=True,
    )


def append(root: Path, sizes: list[int], runs: int = 15) -> None:
    """From rows appended to a file until a query sees them, in tables of growing size."""
    medians: dict[int, list[float]] = {1: [], 100: [], 10_000: []}
    for rows in sizes:
        _grow(root / "data", rows)
        with feeding(root) as (store, feed):
            for count, found in medians.items():
                took = [_appended(root, store, feed, count) for _ in range(runs)]
                found.append(statistics.median(took))
                print(f"| append of {count:,} rows to a table of {rows:,} | {spread(took)} |", flush=True)
    for count, found in medians.items():
        print(f"| append of {count:,} rows, largest against smallest table | {max(found) / min(found):.2f}x |")


def _grow(folder: Path, rows: int) -> None:
    """Files for so many rows in all; those that lie there already stay."""
    folder.mkdir(parents=True, exist_ok=True)
    header = (",".join(events.NAMES) + "\n").encode()
    for index in range(rows // ROWS_PER_FILE):
        path = folder / f"{index:05}.csv"
        if not path.exists():
            path.write_bytes(header + events.body(index * ROWS_PER_FILE, ROWS_PER_FILE))


def _appended(root: Path, store: Store, feed: Feed, count: int) -> float:
    until(lambda: feed.settled, 60, "settled")
    before = rows_of(store)
    lines = events.body(before, count)
    with (root / "data/00003.csv").open("ab", buffering=0) as stream:
        begun = time.perf_counter()
        stream.write(lines)
    until(lambda: rows_of(store) == before + count, 60, "the appended rows", every=0.0005)
    return time.perf_counter() - begun


def small(root: Path, files: int, rows: int = 20) -> None:
    """Many small files moved in at once, against one file per transaction (of a tenth as many)."""
    rates = []
    for number, one_by_one in ((files // 10, True), (files, False)):
        place = root / f"small{number}"
        events.files(place / "stage", number * rows, number)
        (place / "data").mkdir()
        for path in (place / "stage").iterdir():
            path.rename(place / "data" / path.name)
        with contextlib.ExitStack() as stack:
            stack.enter_context(_batches_of_one() if one_by_one else contextlib.nullcontext())
            with Cost() as cost:
                store, _ = stack.enter_context(feeding(place))
            assert rows_of(store) == number * rows
            with contextlib.closing(store.cursor()) as cursor:
                twice = cursor.execute("SELECT count(*) - count(DISTINCT (ts, _file, _line)) FROM cycles")
                assert twice.fetchone() == (0,)
        rates.append(number / cost.wall)
        print(f"| {number:,} files of {rows} rows{', one by one' if one_by_one else ''} | {rates[-1]:.0f} files/s |")
        shutil.rmtree(place)
    print(f"| small files at once against one by one | {rates[1] / rates[0]:.1f}x |", flush=True)


@contextlib.contextmanager
def _batches_of_one() -> Iterator[None]:
    """One file per transaction, as the baseline has it."""
    before = committer.BATCH_FILES
    committer.BATCH_FILES = 1
    try:
        yield
    finally:
        committer.BATCH_FILES = before


LOADING: dict[str, Callable[[Path, int], None]] = {
    "bulk": bulk,
    "append": lambda root, rows: append(root, [size for size in (1_000_000, 10_000_000, 50_000_000) if size <= rows]),
    "small": lambda root, rows: small(root, rows // 500),
}
"""By name: what is measured below a folder, given the rows of the largest table."""
