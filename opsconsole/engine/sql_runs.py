"""Statements that people run to look at their results: in threads of their own, ended when their client goes away.

They do not wait for the readers that answer screens, nor do these wait for them. More than a few at once would only
slow each other down: the others wait for their turn, and their time limit begins with it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import datetime as dt
import re
import time
from collections.abc import Collection
from functools import partial
from pathlib import Path

import duckdb

from opsconsole.engine.adhoc import STOPPED, TABLE_FUNCTIONS, AdhocError, Stop, stream_sql
from opsconsole.engine.core import Core
from opsconsole.engine.identity import Peer
from opsconsole.engine.journal_table import SCHEMAS as RECORDS
from opsconsole.engine.journal_table import JournalTable
from opsconsole.engine.messages import AskRun, AskStopRun, Done, Ran, Schema
from opsconsole.engine.past import looked_at
from opsconsole.engine.results import Results
from opsconsole.engine.table_messages import SchemaTable
from opsconsole.kpis.quick import QUICK
from opsconsole.kpis.span import moment
from opsconsole.site.builtin import BUILT_IN
from opsconsole.tables import health
from opsconsole.tables.names import HASH, ident
from opsconsole.tables.store import Store

_AT_ONCE = 2
_LONGEST = 600.0
"""Seconds that a statement may take, whatever is asked for."""
_AGAIN = 0.05
"""Seconds after which a statement that is to end and has not is told again."""

_Name = tuple[int, int, str]


class SqlRuns:
    """What runs, and the results that are kept. Asked from the loop's thread."""

    def __init__(self, store: Store, core: Core, records: JournalTable, scratch: Path) -> None:
        self._store = store
        self._core = core
        self._records = records
        self._scratch = scratch
        self.results = Results()
        self._pool = concurrent.futures.ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="sql")
        self._stops: dict[concurrent.futures.Future[Ran], Stop] = {}
        self._named: dict[_Name, Stop] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._look: asyncio.TimerHandle | None = None

    def close(self) -> None:
        """End what runs and drop all results. May be called from another thread, once nobody asks any more."""
        while pending := [future for future in self._stops if not future.done()]:
            for future in pending:
                future.cancel()
                self._stops[future].ask()
            concurrent.futures.wait(pending, _AGAIN)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.results.close()

    # --- running ---

    async def run(self, body: AskRun, peer: Peer) -> Ran:
        """Run a statement and keep its result. Raises AdhocError, ValueError, duckdb.Error, JournalError."""
        stop, name = Stop(), (peer.pid, peer.uid, body.run)
        if body.run:
            self._named[name] = stop
        future = self._pool.submit(self._work, body, stop)
        self._stops[future] = stop
        try:
            return await asyncio.wrap_future(future)
        except (asyncio.CancelledError, concurrent.futures.CancelledError):
            task = asyncio.create_task(self._end(future, stop))  # by the client's going away
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            raise
        finally:
            if self._named.get(name) is stop:
                del self._named[name]
            if future.done():
                self._stops.pop(future, None)
            self._look_later()

    async def stop(self, body: AskStopRun, peer: Peer) -> Done:
        """End what a client runs under a name; what has ended by itself is no trouble."""
        stop = self._named.get((peer.pid, peer.uid, body.run))
        if stop is None:
            return Done(already={body.run: "it does not run any more"})
        future = next((future for future, each in self._stops.items() if each is stop), None)
        if future is not None:
            await self._end(future, stop)
        return Done(applied=[body.run])

    async def _end(self, future: concurrent.futures.Future[Ran], stop: Stop) -> None:
        """Have a statement end, and wait until it has."""
        stop.ask()
        while not future.done():
            await asyncio.sleep(_AGAIN)
            stop.ask()
        self._stops.pop(future, None)

    def _work(self, body: AskRun, stop: Stop) -> Ran:
        if stop.asked:
            raise AdhocError(STOPPED)
        begun, seconds = time.monotonic(), min(max(body.seconds, 0.1), _LONGEST)
        now, until = looked_at(self._core, body.at)
        with contextlib.closing(self._store.cursor()) as cursor:
            health.at(cursor, now.timestamp())
            limit = max(1, body.limit)
            result, note = stream_sql(
                cursor,
                body.sql,
                lambda stream: self.results.take(stream, limit, stop, begun + seconds),
                limit=limit,
                room=self.results.room,
                seconds=seconds,
                scratch=self._scratch,
                stop=stop,
                offer=partial(self._offer, until=until),
            )
        kept = self.results.noted(result, note)
        return Ran(
            result=result,
            columns=kept.columns,
            types=kept.types,
            rows=kept.rows,
            truncated=kept.truncated,
            seconds=time.monotonic() - begun,
            note=kept.note,
        )

    def _offer(
        self,
        cursor: duckdb.DuckDBPyConnection,
        named: Collection[str],
        taken: Collection[str],
        until: dt.datetime | None,
    ) -> None:
        """Have the tables there that a statement names: the journal, and sources as far as a past moment."""
        self._records.offer(cursor, named, taken)
        if until is None:
            return
        (database,) = cursor.execute("SELECT current_database()").fetchall()[0]
        for name, columns in self._core.binding.schemas.items():
            source = self._core.site.sources.get(name)
            if name.lower() in named and source is not None and source.time is not None:
                listed = ", ".join(ident(column) for column in columns if column != HASH)
                cursor.execute(
                    f"CREATE OR REPLACE TEMP VIEW {ident(name)} AS "
                    f"SELECT {listed} FROM {ident(database)}.main.{ident(name)} WHERE _time <= {moment(until)}"
                )

    def _look_later(self) -> None:
        """Drop results that nobody asks for, also when nobody asks for anything."""
        if self._look is not None:
            self._look.cancel()
        wait = self.results.drop_old()
        self._look = None if wait is None else asyncio.get_running_loop().call_later(wait + 1.0, self._look_later)

    # --- what there is ---

    def schema(self) -> Schema:
        """The tables that a statement can name, the site's first, and the functions that are quick to run."""
        site, tables = self._core.site, []
        for name, columns in sorted(self._core.binding.schemas.items(), key=lambda item: item[0] in BUILT_IN):
            source = site.sources.get(name) or BUILT_IN.get(name)
            if source is not None:
                shown = {column: kind for column, kind in columns.items() if column != HASH}
                tables.append(SchemaTable(name, source.title, list(shown), list(shown.values())))
        taken = {table.name.lower() for table in tables}
        for name, (title, columns) in RECORDS.items():
            if name not in taken:
                tables.append(SchemaTable(name, title, list(columns), list(columns.values())))
        return Schema(tables, sorted(name for name in QUICK | TABLE_FUNCTIONS if re.match(r"[a-z]", name)))
