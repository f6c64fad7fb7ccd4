"""What a long journal costs: appending to it, looking for records, looking through its chain, asking it by SQL."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from opsconsole.engine.adhoc import run_sql
from opsconsole.engine.journal_table import JournalTable
from opsconsole.journal.audit import verify
from opsconsole.journal.journal import Journal
from opsconsole.journal.search import Wanted, search
from opsconsole.tables.store import Store
from tests.benchmarks.lookback import entries, write

RECORDS = 1_000_000
BURST = 10_000
SOUGHT = {
    "the newest page": Wanted(),
    "a word of many": Wanted("acknowledged"),
    "a word of none": Wanted("nowhere"),
    "one alert": Wanted(object="late{line=7,station=7}"),
    "a kind of few": Wanted(kinds=("procedure",)),
    "an hour long ago": Wanted(since=1_700_100_000.0, until=1_700_103_600.0),
}


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long it took, by the clock and of the processor."""
    begun, used = time.perf_counter(), time.process_time()
    yield
    took, worked = time.perf_counter() - begun, time.process_time() - used
    print(f"| {what} | {took * 1000:.0f} ms | {worked * 1000:.0f} ms of the processor |", flush=True)


def journal(root: Path) -> None:
    """All of it, on a journal of a million records of alerts."""
    path = root / f"journal-{RECORDS}.sqlite"
    if not path.exists():
        write(path, RECORDS)
    book = Journal.open(path)
    for _ in range(3):
        burst = list(entries(BURST))
        with timed(f"{BURST:,} records appended to {RECORDS:,} in one transaction"):
            book.write(burst)
    book.close()
    fresh = Journal.open(root / "fresh.sqlite")
    burst = list(entries(BURST))
    with timed(f"{BURST:,} records appended to an empty journal"):
        fresh.write(burst)
    fresh.close()
    for what, wanted in SOUGHT.items():
        for _ in range(2):
            with timed(f"search: {what}"):
                search(path, wanted)
    with timed("audit verify"):
        assert verify(path).broken is None
    store, table = Store.open(root / "tables.duckdb"), JournalTable(path)
    for what in ("the first query by SQL", "the next"):
        cursor = store.cursor()
        with timed(what):
            run_sql(cursor, "SELECT count(*) FROM journal", limit=9, seconds=60, scratch=root, offer=table.offer)
    store.close()


JOURNAL: dict[str, Callable[[Path, int], None]] = {"journal": lambda root, _: journal(root)}
"""By name: what is measured below a folder; it has no use for a number of rows."""
