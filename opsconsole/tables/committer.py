"""Gathers what was read into transactions, and keeps the ledger in memory in step with what was committed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

import duckdb
import msgspec

from opsconsole.tables import columns, intake, ledger
from opsconsole.tables import keyed as keys
from opsconsole.tables.columns import RetypeError
from opsconsole.tables.ledger import Entry
from opsconsole.tables.served import Served
from opsconsole.tables.store import Store
from opsconsole.tables.writer import AgainError, Batch, Take, Writer

BATCH_FILES = 500
BATCH_BYTES = 64 << 20
"""Fewer rows than a row group of DuckDB would be written twice."""
EARLY = 64 << 20
"""Bytes up to which a table is made anew at once when a type does not hold; later that waits for the end of a scan."""
TRANSIENT = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.FatalException,
    duckdb.ConnectionException,
    duckdb.InternalException,
    duckdb.InterruptException,
)
"""Errors of the database and its disk, not of what is written: they are tried again."""
_log = logging.getLogger(__name__)


class Committer:
    """Lives in the feed's thread. `again` are files (source, path) that must be read from their start."""

    def __init__(self, store: Store, served: Mapping[str, Served], on_change: Callable[[], None]) -> None:
        self._store = store
        self._served = served
        self._on_change = on_change
        self.cursor = store.cursor()
        self.writer = Writer(self.cursor)
        self.again: list[tuple[str, str]] = []
        self._batch = Batch()
        self._waiting: dict[int, str] = {}

    def close(self) -> None:
        """Give the cursor back."""
        self.cursor.close()

    def serve(self) -> None:
        """Take on the sources. Raises duckdb.Error."""
        self.writer.serve(
            [
                (served.source, served.zone, intake.assumed_order(served.zone))
                for served in self._served.values()
            ]
        )  # fmt: skip

    def reopen(self) -> None:
        """Begin anew on a database that was opened again. Raises duckdb.Error."""
        self.cursor = self._store.cursor()
        self.writer = Writer(self.cursor)
        self.serve()

    def forget(self) -> None:
        """Drop what has gathered, and believe only the database. Raises duckdb.Error."""
        self._batch, self._waiting = Batch(), {}
        self.again.clear()
        self.rollback()
        self.writer.reload()

    def rollback(self) -> None:
        """End a transaction if there is one."""
        try:
            self.cursor.execute("ROLLBACK")
        except duckdb.Error as error:
            _log.debug("nothing to roll back: %s", error)

    # --- gathering ---------------------------------------------------------------------------------------------

    def gone(self, entry: Entry) -> None:
        """A file is no more."""
        self._batch.gone.append(entry)
        self._full()

    def gathered(self) -> set[str]:
        """The paths of files whose next transaction is still to come: the ledger does not say yet what was read."""
        return set(self._waiting.values())

    def take(self, take: Take, size: int) -> bool:
        """Take what was read of a file; False if the ledger has moved on since, so that it must be looked at again."""
        if take.entry.id in self._waiting:
            self.flush()
        known = self._served[take.entry.source].entries.get(take.entry.path)
        if take.start and (known is None or known.id != take.entry.id or known.offset != take.start):
            return False
        self._batch.takes.append(take)
        self._waiting[take.entry.id] = take.entry.path
        self._batch.bytes += size
        self._full()
        return True

    def _full(self) -> None:
        if len(self._batch.takes) + len(self._batch.gone) >= BATCH_FILES or self._batch.bytes >= BATCH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered, in one transaction; where that fails for what is in it, file by file."""
        batch, self._batch = self._batch, Batch()
        self._waiting = {}
        if not batch:
            return
        try:
            self._commit(batch)
        except RetypeError as retype:
            self.begin_shadow(retype.source, retype.why)
            self._write_again(batch, {entry.id for entry in _entries(batch) if entry.source == retype.source})
        except AgainError as again:
            self.again.append((again.entry.source, again.entry.path))
            self._write_again(batch, {again.entry.id})
        except TRANSIENT:
            raise
        except duckdb.Error as error:
            self._apart(batch, error)

    def _write_again(self, batch: Batch, without: set[int]) -> None:
        self._batch = Batch(
            [take for take in batch.takes if take.entry.id not in without],
            [entry for entry in batch.gone if entry.id not in without],
        )
        self.flush()

    def _apart(self, batch: Batch, error: duckdb.Error) -> None:
        """One file that the database refuses must not hold up the others."""
        if len(batch.takes) + len(batch.gone) > 1:
            for entry in batch.gone:
                self._batch = Batch(gone=[entry])
                self.flush()
            for take in batch.takes:
                self._batch = Batch([take])
                self.flush()
            return
        if not batch.takes or batch.takes[0].piece is None:
            raise error
        take = batch.takes[0]
        _log.error("%s: %s", take.entry.path, error)
        reason = f"the database refuses it: {str(error).splitlines()[0]}"
        known = self._served[take.entry.source].entries.get(take.entry.path)
        entry = msgspec.structs.replace(
            known or Entry(take.entry.id, take.entry.source, take.entry.path, take.entry.shown),
            dev=take.entry.dev, ino=take.entry.ino, size=take.entry.size, mtime_ns=take.entry.mtime_ns,
            ctime_ns=take.entry.ctime_ns, status="failed", reason=reason[:500],
        )  # fmt: skip
        self._commit(Batch([Take(entry)]))

    # --- writing -----------------------------------------------------------------------------------------------

    def _commit(self, batch: Batch) -> None:
        for take in batch.takes:
            self._rebase(take)
        for source in {take.entry.source for take in batch.takes}:
            self._bear(self._served[source])
        try:
            self.cursor.execute("BEGIN")
            entries = self.writer.write(batch)
            self.cursor.execute("COMMIT")
        except BaseException:
            self.rollback()
            self.writer.reload()
            raise
        seen = bool(batch.gone) or not all(self._served[t.entry.source].stamps_alone(t) for t in batch.takes)
        for entry in batch.gone:
            self._served[entry.source].remove(entry)
            self._served[entry.source].changed = True
        for take, entry in zip(batch.takes, entries, strict=True):
            served = self._served[entry.source]
            served.keep(entry)
            if take.piece is not None or take.fresh:
                served.changed = True
                rows = len(take.piece.lines) if take.piece is not None else 0
                more = take.piece is not None and take.piece.more
                served.work.did(entry.offset - take.start, rows, not more)
        if seen:
            self._store.committed()
            self._on_change()

    def _rebase(self, take: Take) -> None:
        """Count on from what was committed: pieces of a file are read ahead of their transactions."""
        known = self._served[take.entry.source].entries.get(take.entry.path)
        if take.start and known is not None:
            take.entry.rows, take.entry.rejected, take.entry.cells = known.rows, known.rejected, known.cells
            take.entry.expired, take.entry.last_event = known.expired, known.last_event

    def _bear(self, served: Served) -> None:
        """Whether a type that does not hold is borne until the end of the scan: not while little has been read."""
        lenient = served.taken > EARLY and served.taken > served.work.left
        self.writer.columns[served.source.name].lenient = lenient

    def begin_shadow(self, source: str, why: str) -> None:
        """Begin to read all files of a source again, into a table that takes the old one's place at the end."""
        _log.info("%s is read again: %s", source, why)
        served = self._served[source]
        self.transaction(source, lambda: columns.begin_shadow(self.cursor, source, why))
        served.clear()
        for entry in ledger.load(self.cursor, source):
            served.keep(entry)
        served.restarted = True
        served.work.end()
        served.rebuilt_at = time.monotonic()
        self._on_change()

    def end_shadow(self, served: Served) -> None:
        """Show the new table."""
        name = served.source.name
        keyed = self.writer.columns[name].keyed
        if keyed is not None and keyed.columns:
            self.transaction(name, lambda: keys.rebuild(self.cursor, keyed))
        self.transaction(name, lambda: columns.end_shadow(self.cursor, name))
        served.rebuild_took = time.monotonic() - served.rebuilt_at
        served.rebuilt_at = time.monotonic()
        self._on_change()

    def transaction(self, source: str, change: Callable[[], None]) -> None:
        """Make a change to the tables of a source in a transaction of its own. Raises what the change raises."""
        self.cursor.execute("BEGIN")
        try:
            change()
            self.cursor.execute("COMMIT")
        except BaseException:
            self.rollback()
            raise
        self.writer.reload(source)
        self._store.committed()


def _entries(batch: Batch) -> list[Entry]:
    return [take.entry for take in batch.takes] + batch.gone
