"""Answers to what clients ask of tables of any size: pages, row indexes, facts of columns, exports.

Pages and facts have two threads of their own, counting, sorting and exporting one each, so that none of it keeps other
questions or the tick waiting.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from pathlib import Path

import msgspec

from opsconsole.engine.core import Core
from opsconsole.engine.paging import origin
from opsconsole.engine.paging.exports import Exports
from opsconsole.engine.paging.indexes import Indexes
from opsconsole.engine.paging.ranks import Ranks
from opsconsole.engine.paging.read import Read, Reader, WaitError, key_of
from opsconsole.engine.paging.subjects import Scope, Subjects, grouping_of
from opsconsole.engine.paging.versions import Versions
from opsconsole.engine.results import Results
from opsconsole.engine.table_messages import (
    AskChunk,
    AskColumn,
    AskExport,
    AskExported,
    AskIndex,
    AskPage,
    Chunk,
    ColumnFacts,
    Export,
    Index,
    IndexState,
    SortBy,
    TableOf,
    TablePage,
)
from opsconsole.engine.watch import AlertWatch
from opsconsole.kpis.paging.facts import facts
from opsconsole.kpis.paging.groups import grouped, usual
from opsconsole.kpis.paging.wanted import Sort
from opsconsole.tables.store import Store

AskOfTable = AskPage | AskIndex | AskColumn | AskExport | AskExported | AskChunk
"""What is answered here."""

_READERS = 2
_PAGE_SECONDS = 60.0
_FACTS_SECONDS = 120.0
_AGAIN = 0.05
_GROUPS_WITHIN = 1.0
"""Seconds for which a page of groups waits until there are any."""


class TableQueries:
    """Pages of tables. `folder` holds row indexes and exports; it is emptied at the beginning and at the end."""

    def __init__(self, store: Store, core: Core, watch: AlertWatch, folder: Path, results: Results) -> None:
        self._store = store
        self._core = core
        self._subjects = Subjects(store, core, watch, results)
        self._versions = Versions(store)
        self._ranks = Ranks(self._subjects, self._versions)
        self._indexes = Indexes(self._subjects, self._versions, folder / "orders")
        self._exports = Exports(self._subjects, folder / "exports")
        self._reader = Reader(self._ranks, self._indexes)
        self._pool = concurrent.futures.ThreadPoolExecutor(_READERS, thread_name_prefix="page")

    def close(self) -> None:
        """End what runs, at once: an engine that is to end waits for no scan of all rows."""
        over = threading.Event()

        def interrupt() -> None:
            while not over.wait(_AGAIN):
                self._subjects.interrupt()

        interrupting = threading.Thread(target=interrupt, name="ending")
        interrupting.start()
        try:
            self._exports.close()
            self._indexes.close()
            self._ranks.close()
            self._pool.shutdown(wait=True, cancel_futures=True)
        finally:
            over.set()
            interrupting.join()

    async def answer(self, body: AskOfTable) -> TablePage | Index | ColumnFacts | Export | Chunk:
        """The answer.

        Raises LookupError, ValueError, JournalError, duckdb.Error and OSError, each with a sentence for a person.
        """
        loop = asyncio.get_running_loop()
        if isinstance(body, AskIndex):
            return self._index(body)
        if isinstance(body, AskColumn):
            return await loop.run_in_executor(self._pool, self._column, body)
        if isinstance(body, AskExport):
            return await loop.run_in_executor(self._pool, self._export, body)
        if isinstance(body, AskExported):
            return self._exports.state(body.export, body.drop)
        if isinstance(body, AskChunk):
            return await asyncio.to_thread(self._exports.chunk, body.export, body.offset)
        page = await self._page(body)
        if body.of.group is not None and page.index.state == "building":
            entry = self._indexes.find(key_of(body), page.version)
            if entry is not None and entry.future is not None:
                await asyncio.wait([asyncio.wrap_future(entry.future)], timeout=_GROUPS_WITHIN)
                page = await self._page(msgspec.structs.replace(body, version=entry.version))
        return page

    async def _page(self, body: AskPage) -> TablePage:
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await loop.run_in_executor(self._pool, self._read, body)
            except WaitError as wait:
                waited = asyncio.wrap_future(wait.future)
                await asyncio.wait([waited], timeout=_PAGE_SECONDS)
                if waited.done():
                    waited.result()  # what cannot be counted is said, and not tried for ever

    def _scope(self, of: TableOf) -> Scope:
        """The rows that are meant, or their groups. Raises as `Subjects.scope` and `grouped` do."""
        scope, grouping = self._subjects.scope(of), grouping_of(of)
        if grouping is None:
            return scope
        with self._subjects.reading(scope, _PAGE_SECONDS) as cursor:
            rows = grouped(cursor, scope.rows, grouping)
            seen = self._versions.of(cursor, scope)
        note = "; ".join(text for text in (scope.note, rows.note) if text)
        return msgspec.structs.replace(scope, rows=rows, note=note, lines=False, seen=seen)

    def _read(self, body: AskPage) -> TablePage:
        scope = self._scope(body.of)
        sort = _order(scope, body.of, body.sort)
        with self._subjects.reading(scope, _PAGE_SECONDS) as cursor:
            version = self._versions.shown(cursor, scope)
            read = self._reader.page(cursor, scope, body, sort, version)
            narrow = body.of.words or body.of.filters or body.of.expression
            if not narrow or body.of.group is not None:
                read.all = read.total
            else:
                whole = msgspec.structs.replace(scope, rows=msgspec.structs.replace(scope.rows, kept=()))
                read.all = self._reader.counted(cursor, whole, version)
        return self._told(scope, read)

    def _told(self, scope: Scope, read: Read) -> TablePage:
        rows, found = read.rows or scope.rows, read.found
        paths = origin.paths(self._store, set(found.files))
        return TablePage(
            source=rows.source,
            columns=list(rows.columns),
            types=list(rows.columns.values()),
            data=found.data,
            files=[paths[number] for number in found.files],
            lines=found.lines,
            first=read.first,
            total=read.total,
            all=read.all,
            next=read.next,
            previous=read.previous,
            version=read.version,
            index=read.index,
            newest=read.newest,
            time=scope.time,
            note=scope.note,
            misfits=origin.misfits(self._store, self._core, rows, found),
        )

    def _index(self, body: AskIndex) -> Index:
        for order in ("time", "file"):
            asked = AskPage(of=body.of, sort=body.sort, order=order)
            entry = self._indexes.find(key_of(asked), body.version)
            if entry is not None:
                if body.cancel:
                    self._indexes.cancel(entry)
                return Index(state=entry.now(), total=entry.total)
        return Index(state=IndexState("unneeded"))

    def _export(self, body: AskExport) -> Export:
        scope = self._scope(body.of)
        sort = _order(scope, body.of, body.sort)
        return self._exports.start(scope, sort, body.order, body.columns, body.format)

    def _column(self, body: AskColumn) -> ColumnFacts:
        scope = self._scope(body.of)
        with self._subjects.reading(scope, _FACTS_SECONDS) as cursor:
            found = facts(cursor, scope.rows, body.column, body.bins, body.most)
        return msgspec.convert(found, ColumnFacts, from_attributes=True)


def _order(scope: Scope, of: TableOf, sort: tuple[SortBy, ...]) -> tuple[Sort, ...]:
    """A sort in the words of the floor below; of groups the order that they have unless another is asked for."""
    grouping = grouping_of(of)
    if grouping is not None and not sort:
        return usual(scope.rows, grouping)
    return tuple(msgspec.convert(each, Sort, from_attributes=True) for each in sort)
