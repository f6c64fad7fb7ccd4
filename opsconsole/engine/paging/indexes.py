"""Row indexes and copies: built in a thread of their own with progress, kept for a while, dropped when unused.

An index is of one version of the data. While rows only come it goes on serving that version; when rows of it are gone
or changed it is dropped, and whoever asks gets a fresh one.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import errno
import itertools
import logging
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from opsconsole.engine.paging.subjects import Scope, Subjects
from opsconsole.engine.paging.upkeep import Upkeep
from opsconsole.engine.paging.versions import Versions
from opsconsole.engine.table_messages import IndexState
from opsconsole.kpis.paging import copies, index
from opsconsole.kpis.paging.order import Name
from opsconsole.kpis.paging.pages import Found, found_of, ordered, shown
from opsconsole.kpis.paging.wanted import Sort
from opsconsole.tables.names import ident

log = logging.getLogger(__name__)

KEPT = 12
UNUSED = 300.0
"""Seconds after which one that nobody asked of is dropped, or given up."""
LARGEST_COPY = 20_000_000
_LONGEST = 1800.0
_QUIET = 5.0
_FRESH = 30.0
"""Rows within a stretch that moves with the clock: an index of them is taken for so many seconds."""
_PROGRESS = ("enable_progress_bar = true", "enable_progress_bar_print = false", "progress_bar_time = 0")


class TooManyError(Exception):
    """The copy would be too large; one sentence for a person."""


class Entry:
    """One index, or a copy (`starts`: the rows before each of its batches), building or ready."""

    def __init__(self, key: str, scope: Scope, sort: tuple[Sort, ...], order: Name, path: Path) -> None:
        self.key = key
        self.scope = scope
        self.sort = sort
        self.order = order
        self.path = path
        self.version = self.asked = 0
        self.begun = self.ended = self.used = time.monotonic()
        self.total: int | None = None
        self.starts: list[int] | None = None
        self.state = IndexState("building")
        self.cursor: duckdb.DuckDBPyConnection | None = None
        self.future: concurrent.futures.Future[None] | None = None
        self.cancelled = False

    @property
    def copy(self) -> bool:
        """Whether the rows themselves are kept, because they know no place."""
        return not self.scope.rows.identity

    def now(self) -> IndexState:
        """How far it is."""
        cursor = self.cursor
        if self.state.state != "building" or cursor is None:
            return self.state
        with contextlib.suppress(duckdb.Error):  # it may be over by now
            return IndexState("building", min(max(cursor.query_progress(), 0.0) / 100, 0.99))
        return self.state


class Indexes:
    """The indexes of an engine. Any thread may ask."""

    def __init__(self, subjects: Subjects, versions: Versions, folder: Path) -> None:
        self._subjects = subjects
        self._versions = versions
        self._folder = folder
        self._numbers = itertools.count(1)
        self._entries: list[Entry] = []
        self._lock = threading.Lock()
        self._upkeep = Upkeep(UNUSED / 5, self._sweep)
        self._closed = False
        self._pool = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="index")
        shutil.rmtree(folder, ignore_errors=True)  # of an engine that was killed

    def close(self) -> None:
        """End what runs, and drop all."""
        self._upkeep.close()
        with self._lock:
            self._closed = True
            entries = list(self._entries)
        for entry in entries:
            self.drop(entry)
        self._pool.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def find(self, key: str, version: int | None) -> Entry | None:
        """The index of this order and version (the one it was asked for at, too); None: the newest one."""
        with self._lock:
            for entry in reversed(self._entries):
                if entry.key == key and version in (None, entry.version, entry.asked):
                    entry.used = time.monotonic()
                    return entry
        return None

    def fresh(self, key: str, version: int) -> Entry | None:
        """An index that shows the rows as they are now, or will soon."""
        found = self.find(key, None)
        if found is None or found.state.state in ("failed", "cancelled"):
            return None
        if found.state.state == "building":
            return found
        if found.version != version:
            return None
        if found.scope.rows.bounded and time.monotonic() - found.begun > _FRESH:
            return None
        return found

    def worth(self, key: str) -> bool:
        """Whether to build one before anybody needs it: not while data comes faster than rows can be sorted."""
        found = self.find(key, None)
        if found is None or found.state.state != "ready":
            return True
        return time.monotonic() - found.ended > max(_QUIET, 10 * (found.ended - found.begun))

    def start(self, key: str, scope: Scope, sort: tuple[Sort, ...], order: Name, version: int) -> Entry:
        """Begin to build one, unless one of this order is being built."""
        with self._lock:
            for entry in self._entries:
                if entry.key == key and entry.state.state == "building":
                    return entry
            entry = Entry(key, scope, sort, order, self._folder / f"{next(self._numbers)}")
            entry.version = entry.asked = version
            self._entries.append(entry)
            entry.future = self._pool.submit(self._build, entry)
        self._sweep()
        self._upkeep.begin()
        return entry

    def cancel(self, entry: Entry) -> None:
        """Give one up that is being built; one that is ready stays."""
        if entry.state.state == "building":
            entry.cancelled = True
            entry.state = IndexState("cancelled", why="it was cancelled")
            if entry.cursor is not None:
                entry.cursor.interrupt()
            if entry.future is not None:
                entry.future.cancel()

    def drop(self, entry: Entry) -> None:
        """Forget one, with its file."""
        self.cancel(entry)
        with self._lock:
            if entry in self._entries:
                self._entries.remove(entry)
        entry.path.unlink(missing_ok=True)

    def read(self, cursor: duckdb.DuckDBPyConnection, entry: Entry, row: int, limit: int) -> Found:
        """Rows of one that is ready. Raises StaleError, duckdb.Error, OSError."""
        rows = entry.scope.rows
        if entry.starts is None:
            return index.read(cursor, rows, entry.sort, entry.path, row, limit)
        kinds = ["INTEGER", "BIGINT", *rows.columns.values()]
        got = copies.read(entry.path, entry.starts, kinds, row, limit)
        return found_of(rows, [([row + at], each) for at, each in enumerate(got)])

    def _build(self, entry: Entry) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._subjects.reading(entry.scope, _LONGEST) as cursor, self._watched(entry, cursor):
                entry.version = self._versions.shown(cursor, entry.scope)
                self._write(entry, cursor)
            entry.ended = time.monotonic()
            entry.state = IndexState("ready", 1.0)
        except TooManyError as error:
            self._failed(entry, str(error))
        except duckdb.Error as error:
            self._failed(entry, said(error, self._folder))
        except OSError as error:
            self._failed(entry, no_room(error, self._folder))
        except Exception as error:
            log.exception("a row index failed")
            self._failed(entry, f"the order could not be made: {error} (details: opsconsole logs)")

    def _write(self, entry: Entry, cursor: duckdb.DuckDBPyConnection) -> None:
        rows = entry.scope.rows

        def went_on(written: int) -> None:
            if entry.cancelled or self._closed:
                raise duckdb.InterruptException("cancelled")
            if entry.copy and written > LARGEST_COPY:
                raise TooManyError(f"more than {LARGEST_COPY:,} rows of this kind cannot be sorted: narrow them")

        if not entry.copy:
            entry.total = index.build(cursor, rows, entry.sort, entry.order, entry.path, went_on)
            return
        where, values = rows.where()
        places = [f"CAST({sql} AS BIGINT) AS place_{at}" for at, sql in enumerate(shown(rows))]
        listed = ", ".join([*places, *(ident(name) for name in rows.columns)])
        query = f"SELECT {listed} FROM {rows.table}{where} ORDER BY {ordered(rows, entry.sort, entry.order)}"
        entry.starts = copies.build(cursor, query, values, entry.path, went_on)
        entry.total = entry.starts[-1]

    @contextlib.contextmanager
    def _watched(self, entry: Entry, cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
        if entry.scope.kept is None:
            for setting in _PROGRESS:
                cursor.execute(f"SET {setting}")
        entry.cursor = cursor
        try:
            if entry.cancelled:  # before there was anything to interrupt
                raise duckdb.InterruptException("cancelled")
            yield
            if entry.cancelled:  # after the last batch
                raise duckdb.InterruptException("cancelled")
        finally:
            entry.cursor = None

    def _failed(self, entry: Entry, why: str) -> None:
        entry.path.unlink(missing_ok=True)
        entry.state = IndexState("cancelled" if entry.cancelled else "failed", why=why)

    def _sweep(self) -> bool:
        """Drop what is unused or too much; whether there is any left."""
        now = time.monotonic()
        with self._lock:
            old = [entry for entry in self._entries if now - entry.used >= UNUSED]
            ended = [entry for entry in self._entries if entry.state.state != "building"]
            rest = sorted((entry for entry in ended if entry not in old), key=lambda entry: entry.used)
            old += rest[: max(len(self._entries) - len(old) - KEPT, 0)]
        for entry in old:
            self.drop(entry)
        with self._lock:
            return bool(self._entries)


def no_room(error: OSError, folder: Path) -> str:
    """Why a file of ours could not be written, in one sentence."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full: there is no room in {folder}; make room and ask again"
    return f"cannot write in {folder}: {error.strerror or error}"


def said(error: duckdb.Error, folder: Path) -> str:
    """Why long work on the tables ended early, in one sentence."""
    text = str(error).splitlines()[0]
    if isinstance(error, duckdb.InterruptException):
        return "it was given up: it took too long, or was cancelled"
    if "No space left" in str(error) or "max_temp_directory_size" in str(error):
        return f"the disk is full: there is no room beside {folder} to sort in; make room and ask again"
    if isinstance(error, duckdb.OutOfMemoryException):
        return "it takes more memory than there is: narrow the rows"
    return text
