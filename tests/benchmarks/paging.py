"""What a page of a table costs: from its top, from a cold middle, by sign posts and by a row index; by rows there are.

CPU of all threads of the process, so that it says something on a machine that is busy. The baseline is DuckDB alone:
the whole column of times read once.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opsconsole.engine.paging.indexes import Indexes
from opsconsole.engine.paging.ranks import Ranks
from opsconsole.engine.paging.read import Read, Reader, WaitError, key_of
from opsconsole.engine.paging.subjects import Scope
from opsconsole.engine.paging.versions import Versions
from opsconsole.engine.table_messages import AskPage, SortBy, TableOf
from opsconsole.kpis.bind import bind
from opsconsole.kpis.drill import Subject
from opsconsole.kpis.paging.rowset import row_set
from opsconsole.kpis.paging.wanted import Filter, Narrowing, Sort
from opsconsole.site.parse import load_site
from opsconsole.tables.names import ident
from opsconsole.tables.store import Store
from tests.benchmarks.loading import Cost
from tests.waiting import until

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
COLUMNS = {
    "ts": "TIMESTAMP", "line": "BIGINT", "station": "VARCHAR", "order_id": "VARCHAR", "qty": "BIGINT",
    "scrap": "BIGINT", "cycle_s": "DOUBLE", "operator": "VARCHAR", "_file": "INTEGER", "_line": "BIGINT",
    "_time": "TIMESTAMP",
}  # fmt: skip
RUNS = 7
OF = TableOf(source="cycles")
BY_CYCLE = (SortBy("cycle_s", descending=True),)


def filled(folder: Path, rows: int) -> Store:
    """A store with rows ten seconds apart, as the feed leaves them: 100,000 of a file, by file and line."""
    store = Store.open(folder / f"paging-{rows}" / "tables.duckdb")
    with contextlib.closing(store.cursor()) as cursor:
        if not cursor.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'cycles'").fetchall():
            listed = ", ".join(f"{ident(name)} {kind}" for name, kind in COLUMNS.items())
            cursor.execute(f"CREATE TABLE cycles ({listed})")
            for first in range(0, rows, 5_000_000):
                cursor.execute(
                    "INSERT INTO cycles SELECT ts, i % 4 + 1, ['weld', 'press', 'paint'][i % 3 + 1], 'WO' || i // 50, "
                    "(h % 400)::BIGINT + 1, CASE WHEN i % 97 = 0 THEN (h % 5)::BIGINT ELSE 0 END, "
                    "20 + (h % 130000) / 1e4, "
                    "'op' || h % 90, (i // 100000)::INTEGER + 1, i % 100000 + 2, ts FROM (SELECT range AS i, "
                    "hash(range) AS h, TIMESTAMP '2020-01-01' + to_seconds(range * 10) AS ts "
                    f"FROM range({first}, {min(first + 5_000_000, rows)})) ORDER BY i"
                )
            cursor.execute("CHECKPOINT")
    return store


class Bench:
    """What reads pages of a store, without an engine around it."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.rows = rows
        self.store = filled(folder, rows)
        (folder / "site.yaml").write_text(
            "site: Pages\ntimezone: UTC\nsources:\n  cycles: {files: d/*.csv, time: ts}\nkpis: {}\n"
        )
        site = load_site(folder).site
        assert site is not None
        self.binding, _ = bind(load_site(folder), {"cycles": COLUMNS})
        self.versions = Versions(self.store)
        self.ranks = Ranks(self, self.versions)  # type: ignore[arg-type]  # it has `reading`, all that is used
        self.indexes = Indexes(self, self.versions, folder / "scratch")  # type: ignore[arg-type]
        self.reader = Reader(self.ranks, self.indexes)

    @contextlib.contextmanager
    def reading(self, scope: Scope, seconds: float | None = None) -> Any:
        """As the engine's, by the clock of the benchmark."""
        with contextlib.closing(self.store.cursor()) as cursor:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield cursor

    def scope(self, narrowing: Narrowing = Narrowing()) -> Scope:  # noqa: B008 - frozen
        return Scope(row_set(self.binding, Subject("cycles"), {}, narrowing), NOW, ("cycles",))

    def page(self, scope: Scope, **words: Any) -> Read:
        """One page, once it can be had."""
        while True:
            with self.reading(scope) as cursor:
                try:
                    ask = AskPage(OF, **words)
                    sort = tuple(Sort(each.column, each.descending) for each in ask.sort)
                    return self.reader.page(cursor, scope, ask, sort, self.versions.of(cursor, scope))
                except WaitError as wait:
                    waiting = wait.future
            waiting.result()

    def close(self) -> None:
        self.indexes.close()
        self.ranks.close()
        self.store.close()


def paging(folder: Path, rows: int) -> None:
    """Pages of 1 M, 10 M and 50 M rows, as far as `rows` goes."""
    for many in (1_000_000, 10_000_000, 50_000_000):
        if many <= max(rows, 1_000_000):
            _of(folder, many)


def _of(folder: Path, many: int) -> None:
    bench = Bench(folder, many)
    try:
        _measured(bench, many)
    finally:
        bench.close()
        shutil.rmtree(folder / "scratch", ignore_errors=True)


def _measured(bench: Bench, many: int) -> None:
    scope = bench.scope()

    def column() -> None:
        with bench.reading(scope) as cursor:
            cursor.execute("SELECT max(hash(_time)) FROM cycles").fetchall()

    base = _cost(column)
    _say(many, "one column of times read (the baseline)", base, base)
    _say(many, "first page, newest first", _cost(lambda: bench.page(scope)), base)
    _say(many, "first page in file order", _cost(lambda: bench.page(scope, order="file")), base)
    with Cost() as cost:
        bench.page(scope, row=many // 2)
    _say(many, "sign posts planted, and a page from the middle", [cost.cpu], base)
    at = iter(range(many // 2, many, many // 100))
    _say(many, "a page from another place in the middle", _cost(lambda: bench.page(scope, row=next(at))), base)
    key = bench.page(scope, row=many // 3).next
    _say(many, "the page after one in the middle", _cost(lambda: bench.page(scope, after=key)), base)
    _say(many, "the page before one in the middle", _cost(lambda: bench.page(scope, before=key)), base)
    with Cost() as cost:
        bench.page(scope, row=many // 2, order="file")
    _say(many, "file order: sign posts, and a page from the middle", [cost.cpu], base)
    _say(many, "file order: another page", _cost(lambda: bench.page(scope, row=many // 3, order="file")), base)
    some = bench.scope(Narrowing(filters=(Filter("qty", "above", "390"),)))
    _say(many, "filter: first page", _cost(lambda: bench.page(some)), base)

    with Cost() as cost:
        top = bench.page(scope, sort=BY_CYCLE)
    _say(many, "sorted by another column: first page", [cost.cpu], base)
    with Cost() as cost:
        entry = bench.indexes.find(key_of(AskPage(OF, sort=BY_CYCLE)), None)
        assert entry is not None
        until(lambda: entry.state.state == "ready", 600)
    _say(many, "its row index", [cost.cpu], base)
    at = iter(range(many // 2, many, many // 100))
    again = _cost(lambda: bench.page(scope, sort=BY_CYCLE, version=top.version, row=next(at)))
    _say(many, "a page of the index", again, base)


def _cost(work: Callable[[], object]) -> list[float]:
    costs = []
    for _ in range(RUNS):
        with Cost() as cost:
            work()
        costs.append(cost.cpu)
    return costs


def _say(many: int, what: str, costs: list[float], base: list[float]) -> None:
    middle = statistics.median(costs)
    ratio = middle / statistics.median(base)
    print(f"| {many:,} rows: {what} | {middle * 1000:.0f} ms of CPU ({ratio:.2g}x) |", flush=True)


PAGING: dict[str, Callable[[Path, int], None]] = {"paging": paging}
