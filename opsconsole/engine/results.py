"""Results of a person's SQL, kept for a while as tables that can be paged, sorted and exported like any other.

They lie in a hardened database of their own in memory, which knows neither the site's tables nor any file. A result has
its columns and `_row`, its place in the result (0-based). It goes ten minutes after it was last asked for, the one that
nobody has asked for longest first where there are too many or they hold too much.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from opsconsole.engine.adhoc import STOPPED, AdhocError, Stop, Stream
from opsconsole.site.figures import number
from opsconsole.tables.budget import size_text
from opsconsole.tables.names import HASH, ident

if TYPE_CHECKING:
    import pyarrow as pa

ROW = "_row"
"""The column that holds the place of a row."""
KEPT_FOR = 600.0
"""Seconds for which a result is kept after it was last asked for."""
MOST = 24
LARGEST = 192 * 10**6
"""Bytes (of Arrow) that one result may hold; the rest of its rows is left out."""
ALL = 384 * 10**6
"""Bytes that all results may hold."""
LIMIT = 5_000_000
"""Rows that one result may hold, whatever is asked for."""

_SETTINGS = (
    "memory_limit = '1GiB'",
    "temp_directory = ''",
    "threads = 2",
    "autoinstall_known_extensions = false",
    "autoload_known_extensions = false",
    "allow_community_extensions = false",
    "python_enable_replacements = false",
    "error_on_division_by_zero = false",
    "ieee_floating_point_ops = false",
    "TimeZone = 'UTC'",
    "enable_external_access = false",
    "allowed_configs = ['max_execution_time']",
    "lock_configuration = true",
)


class Kept(NamedTuple):
    """A result at hand: `table` has `columns` (of `types`) and `ROW`; `note` is what a person must know of it."""

    cursor: Callable[[], duckdb.DuckDBPyConnection]
    table: str
    columns: list[str]
    types: list[str]
    rows: int
    truncated: bool
    note: str


class _Entry:
    def __init__(self, kept: Kept, size: int, used: float) -> None:
        self.kept = kept
        self.size = size
        self.used = used


class Results:
    """The results that are kept. May be used from any thread."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, largest: int = LARGEST, everything: int = ALL
    ) -> None:
        self._clock = clock
        self._largest = largest
        self._everything = everything
        self._lock = threading.Lock()
        self._database: duckdb.DuckDBPyConnection | None = None
        self._entries: dict[str, _Entry] = {}

    @property
    def room(self) -> int:
        """Bytes that one result may hold."""
        return self._largest

    def open(self, result: str) -> Kept:
        """A result by its id; it is kept for a while longer. Raises LookupError for one that is not kept any more."""
        with self._lock:
            self._drop_old()
            entry = self._entries.get(result)
            if entry is None:
                raise LookupError("this result is not kept any more: run the query again")
            entry.used = self._clock()
            return entry.kept

    def take(self, stream: Stream, limit: int, stop: Stop, until: float) -> str:
        """Keep what a statement gives, at most `limit` rows of it; the id. `until`: by `time.monotonic`.

        Raises AdhocError.
        """
        result = f"r{secrets.token_hex(6)}"
        shown = [place for place, name in enumerate(stream.columns) if name != HASH]  # a keyed table's own affair
        columns, types = unique([stream.columns[place] for place in shown]), [stream.types[place] for place in shown]
        types = ["INTEGER" if kind in ('"NULL"', "NULL") else kind for kind in types]
        with contextlib.closing(self._new_cursor()) as cursor:
            listed = "".join(f"{ident(name)} {kind}, " for name, kind in zip(columns, types, strict=True))
            rows = size = 0
            truncated, note = False, ""
            try:
                cursor.execute(f"CREATE TABLE {result} ({listed}{ROW} BIGINT)")
                for batch in stream.batches:
                    if stop.asked:
                        raise AdhocError(STOPPED)
                    if time.monotonic() > until:
                        raise AdhocError("stopped: it took too long; narrow the time range or the columns.")
                    wanted = batch.slice(0, min(limit, LIMIT) - rows)
                    truncated = truncated or wanted.num_rows < batch.num_rows
                    if size + wanted.nbytes > self._largest:
                        fits = int(wanted.num_rows * (self._largest - size) / max(1, wanted.nbytes))
                        wanted, truncated = wanted.slice(0, fits), True
                        note = f"a result holds at most {size_text(self._largest)}"
                    self._insert(cursor, result, wanted, shown, columns, rows)
                    rows, size = rows + wanted.num_rows, size + wanted.nbytes
                    if truncated:
                        break
            except BaseException as error:
                cursor.execute(f"DROP TABLE IF EXISTS {result}")
                if isinstance(error, duckdb.OutOfMemoryException):
                    raise AdhocError("stopped: the results that are kept take too much memory; narrow it.") from error
                raise
        if truncated:
            note = f"the first {number(rows)} rows only" + (f": {note}" if note else "")
        kept = Kept(self._new_cursor, result, columns, types, rows, truncated, note)
        with self._lock:
            self._entries[result] = _Entry(kept, size, self._clock())
            self._drop_old()
        return result

    def noted(self, result: str, note: str) -> Kept:
        """A result with something more to say of it. Raises LookupError."""
        kept = self.open(result)
        if note:
            kept = kept._replace(note="; ".join(part for part in (kept.note, note) if part))
            with self._lock:
                self._entries[result].kept = kept
        return kept

    def close(self) -> None:
        """Drop all; who reads one is left with an error."""
        with self._lock:
            self._entries.clear()
            if self._database is not None:
                self._database.close()
                self._database = None

    def drop_old(self) -> float | None:
        """Drop what nobody has asked for; in how many seconds to look again, None where nothing is kept."""
        with self._lock:
            self._drop_old()
            used = [entry.used for entry in self._entries.values()]
            return max(0.0, min(used) + KEPT_FOR - self._clock()) if used else None

    def _drop_old(self) -> None:
        now = self._clock()
        by_age = sorted(self._entries, key=lambda result: self._entries[result].used)
        held = sum(entry.size for entry in self._entries.values())
        for place, result in enumerate(by_age):
            entry = self._entries[result]
            newest = place == len(by_age) - 1
            old = now - entry.used > KEPT_FOR
            if old or (not newest and (held > self._everything or len(self._entries) > MOST)):
                held -= self._entries.pop(result).size
                assert self._database is not None
                with contextlib.closing(self._database.cursor()) as cursor:
                    cursor.execute(f"DROP TABLE IF EXISTS {result}")

    def _new_cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if self._database is None:
                self._database = duckdb.connect(":memory:")
                for setting in _SETTINGS:
                    self._database.execute(f"SET GLOBAL {setting}")
            return self._database.cursor()

    @staticmethod
    def _insert(
        cursor: duckdb.DuckDBPyConnection,
        table: str,
        batch: pa.RecordBatch,
        shown: Sequence[int],
        columns: Sequence[str],
        first: int,
    ) -> None:
        import numpy as np
        import pyarrow as pa

        places = pa.array(np.arange(first, first + batch.num_rows))
        frame = pa.Table.from_arrays([*(batch.column(place) for place in shown), places], names=[*columns, ROW])
        cursor.register("_batch", frame)
        try:
            cursor.execute(f"INSERT INTO {table} SELECT * FROM _batch")
        finally:
            cursor.unregister("_batch")


def unique(names: Sequence[str]) -> list[str]:
    """Names that a table can have: each once, whatever its case, none empty, none the place of a row."""
    taken, found = {ROW}, []
    for place, raw in enumerate(names, 1):
        base = raw.replace("\0", "") if raw.strip() else f"column_{place}"
        name, count = base, 1
        while name.lower() in taken:
            count += 1
            name = f"{base}_{count}"
        taken.add(name.lower())
        found.append(name)
    return found
