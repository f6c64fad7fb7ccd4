"""The store: one hardened DuckDB file with the tables of a site, its ledger and its quarantine.

It is a cache of the files: when it is damaged or of another version it is set aside and filled again. Opening and
querying it imports DuckDB only; what reads files (pyarrow, numpy, polars) is imported with the first file.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from opsconsole.tables import columns, health, keyed, ledger
from opsconsole.tables.records import Drift, FileInfo, SetAside, StoreError, Totals

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SLIM = "256MiB"
"""So much of the tables stays in memory after long work."""

OWN = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
"""Columns that every table has besides those of its files."""

_DAMAGED = (
    "not a valid DuckDB database",
    "database file with version number",
    "Corrupt database",
    "Corrupt WAL",
    "hecksum",
    "Failure while replaying WAL",
)
"""What DuckDB says of a file that no try will open. Nothing looser: a file in use must never be set aside."""


def _settings(folder: Path) -> list[str]:
    """Settings of the instance, hardening last; all global, because a cursor does not inherit its parent's own."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    scratch = str(folder / "scratch").replace("'", "''")
    return [
        "error_on_division_by_zero = false",
        "ieee_floating_point_ops = false",
        "TimeZone = 'UTC'",
        "preserve_insertion_order = false",  # rows know their place; without it a load uses all cores
        f"threads = {os.cpu_count() or 1}",
        f"memory_limit = '{memory // (1 << 20)}MiB'",
        f"temp_directory = '{scratch}'",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "allow_community_extensions = false",
        "python_enable_replacements = false",
        # how far a long query is can be asked only where the bar, which is never drawn, is switched on
        "allowed_configs = ['max_execution_time', 'memory_limit', 'enable_progress_bar', 'enable_progress_bar_print',"
        " 'progress_bar_time']",
        "enable_external_access = false",
        "lock_configuration = true",
    ]


class Store:
    """The open database. Any thread may ask for a cursor and use it alone; only the feed writes."""

    def __init__(self, path: Path, connection: DuckDBPyConnection, rebuilt: str) -> None:
        self.path = path
        self.rebuilt = rebuilt
        self.data_version = 1
        self.opened = 1
        self._connection = connection
        self._lock = threading.Lock()
        self._damaged = False

    @classmethod
    def open(cls, path: Path) -> Store:
        """Open or make the database file. Raises StoreError."""
        rebuilt = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                connection = _connect(path)
            except _UnusableError as reason:
                rebuilt = f"{reason}; it was set aside and is filled again from the files"
                _set_aside(path)
                connection = _connect(path)
        except OSError as error:
            raise StoreError(f"cannot use {path.parent}: {error.strerror or error}") from error
        except _UnusableError as error:
            raise StoreError(f"cannot make the database {path}: {error}") from error
        except duckdb.Error as error:
            raise StoreError(_sentence(path, error)) from error
        return cls(path, connection, rebuilt)

    def cursor(self) -> DuckDBPyConnection:
        """A connection of its own for one thread. Raises duckdb.Error when the store is closed."""
        with self._lock:
            return self._connection.cursor()

    def close(self) -> None:
        """Close the database; every cursor is dead then."""
        with self._lock:
            self._connection.close()

    def reopen(self) -> None:
        """Open the file again after an error that DuckDB calls fatal; cursors given out before are dead.

        A file that was `damaged` is set aside. Raises duckdb.Error.
        """
        with self._lock:
            self._connection.close()
            self.opened += 1
            try:
                if self._damaged:
                    self._damaged = False
                    raise _UnusableError("the database file is damaged")
                self._connection = _connect(self.path)
            except _UnusableError as reason:
                _set_aside(self.path)
                self._connection = _connect(self.path)
                self.rebuilt = f"{reason}; it was set aside and is filled again from the files"

    def damaged(self, error: BaseException) -> bool:
        """Whether an error says that the file itself is damaged, which may show only when a block is read."""
        self._damaged = self._damaged or _is_damage(self.path, error)
        return self._damaged

    def slim(self) -> None:
        """Give back the memory that long work has filled with the tables' blocks: they are read again when asked for.

        DuckDB keeps what it has read or written up to its limit; lowering that for a moment lets it go.
        """
        with contextlib.closing(self.cursor()) as cursor:
            (usual,) = cursor.execute("SELECT current_setting('memory_limit')").fetchall()[0]
            if not usual.endswith(("GiB", "TiB")):
                return  # there is little anyway
            try:
                cursor.execute(f"SET GLOBAL memory_limit = '{SLIM}'")
            except duckdb.OutOfMemoryException as error:
                logging.getLogger(__name__).debug("memory is needed right now: %s", error)
            finally:
                cursor.execute(f"SET GLOBAL memory_limit = '{usual}'")

    def committed(self) -> None:
        """Note that a transaction became visible."""
        self.data_version += 1

    def schemas(self) -> dict[str, dict[str, str]]:
        """Source -> column -> DuckDB type, for sources that have a table; `_time` is among them."""
        with contextlib.closing(self.cursor()) as cursor:
            return columns.schemas(cursor)

    def totals(self) -> dict[str, Totals]:
        """Sums over the files of each source that has any."""
        with contextlib.closing(self.cursor()) as cursor:
            rows = cursor.execute(
                """SELECT source, count(*), sum("rows")::BIGINT, sum(rejected)::BIGINT, sum(cells)::BIGINT,
                          sum(expired)::BIGINT, count(*) FILTER (status = 'waiting'),
                          count(*) FILTER (status = 'failed'), count(*) FILTER (status = 'archived'),
                          sum(size)::BIGINT, sum("offset")::BIGINT, max(last_event), max(arrived)
                   FROM _ops.files GROUP BY source"""
            ).fetchall()
            latest = keyed.winners(cursor)
        return {row[0]: Totals(*[*row[1:], latest.get(row[0])]) for row in rows}

    def files(self, source: str = "") -> list[FileInfo]:
        """The files of one source, or of all, by path."""
        with contextlib.closing(self.cursor()) as cursor:
            rows = cursor.execute(
                """SELECT id, source, path, status, size, "offset", "rows", rejected, cells, expired, reason, read_as,
                          arrived, retry_at
                   FROM _ops.files WHERE $1 = '' OR source = $1 ORDER BY source, path""",
                [source],
            ).fetchall()
        return [FileInfo(*row) for row in rows]

    def quarantine(self, source: str = "", limit: int = 500) -> tuple[list[SetAside], int]:
        """What was set aside, newest first, and how many there are in all."""
        with contextlib.closing(self.cursor()) as cursor:
            rows = cursor.execute(
                """SELECT q.source, f.path, q.line, q."column", q.reason, q.raw, q.noted
                   FROM _ops.quarantine q JOIN _ops.files f ON f.id = q.file
                   WHERE $1 = '' OR q.source = $1
                   ORDER BY q.noted DESC, f.path, q.line, q."column" LIMIT $2""",
                [source, limit],
            ).fetchall()
            count = cursor.execute(
                "SELECT count(*) FROM _ops.quarantine WHERE $1 = '' OR source = $1", [source]
            ).fetchone()
        return [SetAside(*row) for row in rows], count[0] if count else 0

    def drift(self, source: str = "", limit: int = 100) -> list[Drift]:
        """Changes of what files hold, newest first."""
        with contextlib.closing(self.cursor()) as cursor:
            rows = cursor.execute(
                """SELECT source, noted, file, kind, "column", detail FROM _ops.drift
                   WHERE $1 = '' OR source = $1 ORDER BY noted DESC, source, "column" LIMIT $2""",
                [source, limit],
            ).fetchall()
        return [Drift(*row) for row in rows]

    def source_of(self, path: str, among: Collection[str]) -> str:
        """The one of some sources that has a file, given as `path_of` gives it; empty if none has."""
        with contextlib.closing(self.cursor()) as cursor:
            rows = cursor.execute("SELECT source FROM _ops.files WHERE path = ?", [path]).fetchall()
        return next((str(source) for (source,) in rows if source in among), "")

    def path_of(self, file_id: int) -> str:
        """The path of a file relative to the site, as `TablePage.files` shows it; empty if it is gone."""
        with contextlib.closing(self.cursor()) as cursor:
            row = cursor.execute("SELECT path FROM _ops.files WHERE id = ?", [file_id]).fetchone()
        return str(row[0]) if row else ""


class _UnusableError(Exception):
    """The database file is damaged or of another version."""


def _connect(path: Path) -> DuckDBPyConnection:
    try:
        connection = duckdb.connect(str(path))
    except duckdb.Error as error:
        if isinstance(error, duckdb.InternalException | duckdb.FatalException) or _is_damage(path, error):
            raise _UnusableError("the database file is damaged or of another DuckDB") from error
        raise
    try:
        for setting in _settings(path.parent):
            connection.execute(f"SET GLOBAL {setting}")
        _check(connection)
    except BaseException as error:
        connection.close()
        if _is_damage(path, error):
            raise _UnusableError("the database file is damaged") from error
        raise
    return connection


def _is_damage(path: Path, error: BaseException) -> bool:
    """Only of errors about the file: those about values may quote anything."""
    if isinstance(error, duckdb.SerializationException):
        return True
    if type(error) not in (duckdb.Error, duckdb.IOException, duckdb.InternalException, duckdb.FatalException):
        return False
    text = str(error)
    if any(sign in text for sign in ("Conflicting lock", "No space left", "Out of Memory")):
        return False
    return any(sign in text for sign in (*_DAMAGED, f'Could not read enough bytes from file "{path}"'))


def _check(connection: DuckDBPyConnection) -> None:
    """Make the ledger in a new file; refuse one that another version wrote, or that cannot be read."""
    try:
        known = connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE schema_name = '_ops' AND table_name = 'meta'"
        ).fetchone()
        if known == (0,):
            connection.execute("BEGIN")
            connection.execute(ledger.SCHEMA)
            health.define(connection)
            connection.execute("INSERT INTO _ops.meta VALUES ('ledger', ?)", [ledger.VERSION])
            connection.execute("COMMIT")
        found = connection.execute("SELECT value FROM _ops.meta WHERE key = 'ledger'").fetchone()
        if found is not None and found[0] == ledger.VERSION:
            for table in re.findall(r"EXISTS (_ops\.\w+) \(", ledger.SCHEMA):
                connection.execute(f"SELECT * FROM {table} LIMIT 0")
    except (duckdb.CatalogException, duckdb.BinderException, duckdb.SerializationException) as error:
        raise _UnusableError("the database's ledger cannot be read") from error
    if found is None or found[0] != ledger.VERSION:
        raise _UnusableError("the database was made by another version of opsconsole")


def _set_aside(path: Path) -> None:
    """Keep the last unusable database beside the new one, for whoever wants to look at it."""
    aside = path.with_name(path.name + ".unusable")
    os.replace(path, aside)
    wal = path.with_name(path.name + ".wal")
    if wal.exists():
        os.replace(wal, aside.with_name(aside.name + f".wal-{int(time.time())}"))


def _sentence(path: Path, error: duckdb.Error) -> str:
    text = str(error).splitlines()[0]
    if "Conflicting lock" in str(error):
        return f"the database {path} is in use by another process"
    if "ermission denied" in text:
        return f"no permission to open the database {path}"
    if "No space left" in text:
        return f"the disk is full: the database {path} cannot be opened"
    return f"cannot open the database {path}: {text}"
