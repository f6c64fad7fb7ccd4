"""The ledger: what has been taken from which file. It lies in the same DuckDB file as the rows it speaks of."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import duckdb
import msgspec
from msgspec import Struct

from opsconsole.tables.records import Status

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

VERSION = "3"
"""Raised with any change of the `_ops` tables: a store of another version is set aside and built anew."""

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS _ops;
CREATE TABLE IF NOT EXISTS _ops.meta (key VARCHAR, value VARCHAR);
CREATE TABLE IF NOT EXISTS _ops.sources (source VARCHAR, definition VARCHAR);
CREATE TABLE IF NOT EXISTS _ops.columns (
    source VARCHAR, position INTEGER, name VARCHAR, kind VARCHAR, decided BOOLEAN, pinned BOOLEAN,
    "order" VARCHAR);
CREATE TABLE IF NOT EXISTS _ops.shadows (source VARCHAR, why VARCHAR);
CREATE TABLE IF NOT EXISTS _ops.files (
    id INTEGER, source VARCHAR, path VARCHAR, name BLOB, dev UBIGINT, ino UBIGINT, size BIGINT, mtime_ns BIGINT,
    ctime_ns BIGINT, "offset" BIGINT, lines BIGINT, prefix VARCHAR, generation INTEGER, status VARCHAR,
    reason VARCHAR, "rows" BIGINT, rejected BIGINT, cells BIGINT, expired BIGINT, read_as VARCHAR, dialect VARCHAR,
    tail VARCHAR, racy BOOLEAN, arrived DOUBLE, retry_at DOUBLE, tries INTEGER, last_event DOUBLE);
CREATE TABLE IF NOT EXISTS _ops.evidence (file INTEGER, source VARCHAR, found BLOB);
CREATE TABLE IF NOT EXISTS _ops.sums (source VARCHAR, found BLOB);
CREATE TABLE IF NOT EXISTS _ops.quarantine (
    file INTEGER, source VARCHAR, line BIGINT, "column" VARCHAR, reason VARCHAR, raw VARCHAR, noted DOUBLE);
CREATE TABLE IF NOT EXISTS _ops.drift (
    source VARCHAR, noted DOUBLE, file VARCHAR, kind VARCHAR, "column" VARCHAR, detail VARCHAR);
CREATE TABLE IF NOT EXISTS _ops.touched (source VARCHAR, first TIMESTAMP, last TIMESTAMP, version BIGINT);
CREATE TABLE IF NOT EXISTS _ops.sealed (
    scope VARCHAR, split VARCHAR, first TIMESTAMP, last TIMESTAMP, built BIGINT);
"""


_FEW = 20
"""So few rows are bound as parameters of a statement at once."""
_BOUND = 100
_MANY = 10_000
"""Rows of one statement at most, with parameters and from Arrow."""
_log = logging.getLogger(__name__)


class Entry(Struct):
    """One file of one source in the ledger.

    `path` is absolute as the system names it, `shown` relative to the site. `offset` is the end of what was taken,
    `lines` the lines before it, `prefix` the fingerprint of the bytes before it. `tail` says what lies after it
    (see `piece.Tail`). `racy`: it was read so soon after a write that its stamps prove nothing; look once more.
    """

    id: int
    source: str
    path: str
    shown: str
    dev: int = 0
    ino: int = 0
    size: int = 0
    mtime_ns: int = 0
    ctime_ns: int = 0
    offset: int = 0
    lines: int = 0
    prefix: str = ""
    generation: int = 0
    status: Status = "waiting"
    reason: str = ""
    rows: int = 0
    rejected: int = 0
    cells: int = 0
    expired: int = 0
    read_as: str = ""
    dialect: str = ""
    tail: str = "none"
    racy: bool = False
    arrived: float | None = None
    retry_at: float | None = None
    tries: int = 0
    last_event: float | None = None

    @property
    def key(self) -> tuple[int, int, int, int, int]:
        """What a scan compares: device, inode, size, times of change of content and of inode."""
        return self.dev, self.ino, self.size, self.mtime_ns, self.ctime_ns


def failed(entry: Entry, reason: str) -> Entry:
    """The entry of a file that gives no rows until it changes."""
    return msgspec.structs.replace(
        entry, status="failed", reason=reason, rows=0, rejected=0, cells=0, expired=0, offset=0, lines=0, prefix="",
        tail="none", retry_at=None, tries=0, racy=False, last_event=None,
    )  # fmt: skip


def key_of(status: os.stat_result) -> tuple[int, int, int, int, int]:
    """The change key of a stat."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


_COLUMNS = ", ".join(
    '"' + ("path" if f == "shown" else "name" if f == "path" else f) + '"' for f in Entry.__struct_fields__
)

_UNSIGNED = [Entry.__struct_fields__.index(name) for name in ("dev", "ino")]


def load(cursor: DuckDBPyConnection, source: str = "") -> list[Entry]:
    """The entries of one source, or all. Raises duckdb.Error."""
    query = f"SELECT {_COLUMNS} FROM _ops.files WHERE $1 = '' OR source = $1 ORDER BY id"
    rows = cursor.execute(query, [source]).fetchall()
    return [_entry(row) for row in rows]


def _entry(row: Sequence[Any]) -> Entry:
    values = list(row)
    values[2] = os.fsdecode(values[2])
    entry = Entry(*values)
    entry.dialect = sys.intern(entry.dialect)  # most files of a source are written alike
    return entry


def put(cursor: DuckDBPyConnection, entries: Sequence[Entry]) -> None:
    """Insert or replace entries by id. Raises duckdb.Error."""
    if not entries:
        return
    forget(cursor, (entry.id for entry in entries))
    rows = [msgspec.structs.astuple(entry) for entry in entries]
    rows = [(*row[:2], os.fsencode(row[2]), *row[3:]) for row in rows]
    insert(cursor, f"_ops.files ({_COLUMNS})", rows, _UNSIGNED)


def insert(
    cursor: DuckDBPyConnection, into: str, rows: Sequence[Sequence[Any]], unsigned: Collection[int] = ()
) -> None:
    """Insert rows of plain values into a table (with its columns, where need be). Raises duckdb.Error.

    `unsigned`: places of numbers that may be 2**63 or more.
    """
    for start in range(0, len(rows), _MANY):
        part = rows[start : start + _MANY]
        table = _arrow(part, unsigned) if len(part) > _FEW else None
        if table is not None:
            _insert_table(cursor, into, table)
            continue
        for begin in range(0, len(part), _BOUND):
            chunk = part[begin : begin + _BOUND]
            row = "(" + ", ".join("?" * len(chunk[0])) + ")"
            values = [value for each in chunk for value in each]
            cursor.execute(f"INSERT INTO {into} VALUES {', '.join([row] * len(chunk))}", values)


def _arrow(rows: Sequence[Sequence[Any]], unsigned: Collection[int]) -> pa.Table | None:
    """Rows as a table, because binding a parameter costs more than all else about a value.

    None where one is not for Arrow (half a character): DuckDB then says so of the row that has it.
    """
    import pyarrow as pa

    try:
        columns = [
            pa.array(values, pa.uint64() if place in unsigned else None)
            for place, values in enumerate(zip(*rows, strict=True))
        ]
    except (ValueError, OverflowError, pa.ArrowException) as error:
        _log.warning("bound one by one: %s", error)
        return None
    return pa.Table.from_arrays(columns, [f"c{i}" for i in range(len(columns))])


def _insert_table(cursor: DuckDBPyConnection, into: str, table: pa.Table) -> None:
    cursor.register("_rows", table)
    try:
        cursor.execute(f"INSERT INTO {into} SELECT * FROM _rows")
    except BaseException:
        with contextlib.suppress(duckdb.Error):  # what was raised is told, not that the transaction is aborted
            cursor.unregister("_rows")
        raise
    cursor.unregister("_rows")


def forget(cursor: DuckDBPyConnection, ids: Iterable[int]) -> None:
    """Delete entries. Raises duckdb.Error."""
    numbers = ", ".join(str(int(number)) for number in ids)
    if numbers:
        cursor.execute(f"DELETE FROM _ops.files WHERE id IN ({numbers})")
