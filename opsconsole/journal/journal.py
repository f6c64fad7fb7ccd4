"""The durable record of what people and the system did: an append-only SQLite table whose records form a chain.

Each record carries the SHA-256 of its own content and of the record before, so that a change made behind the
program's back shows. What `append` has returned from is on disk.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

log = logging.getLogger(__name__)

VERSION = 1
BUSY_MS = 5_000
CHECKED = 64 * 1024 * 1024  # a file up to this size is looked through when it is opened (a third of a second)
FIRST_HASH = "0" * 64
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS journal (
        seq INTEGER PRIMARY KEY,
        utc TEXT NOT NULL,
        site_time TEXT NOT NULL,
        actor TEXT NOT NULL,
        kind TEXT NOT NULL,
        object TEXT NOT NULL,
        data TEXT NOT NULL,
        prev_hash TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX IF NOT EXISTS journal_object ON journal (kind, object, seq)",
    """CREATE TRIGGER IF NOT EXISTS journal_no_update BEFORE UPDATE ON journal
       BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END""",
    """CREATE TRIGGER IF NOT EXISTS journal_no_delete BEFORE DELETE ON journal
       BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END""",
    f"PRAGMA user_version = {VERSION}",
)
# A journal of an earlier version gets it too; without it the past is found as well, only slower.
_MOMENTS = "CREATE INDEX IF NOT EXISTS journal_moment ON journal (kind, object, site_time, seq)"
_COLUMNS = "seq, utc, site_time, actor, kind, object, data, prev_hash, hash"


class JournalError(Exception):
    """The journal cannot be written or read; the message is one sentence for a person."""


class _DamagedError(Exception):
    """SQLite's own check found the file damaged."""


class Entry(Struct, frozen=True):
    """What is to be recorded. `site_time`: seconds since the epoch; `data`: JSON values."""

    actor: str
    kind: str
    object: str
    data: dict[str, Any]
    site_time: float


class Record(Struct, frozen=True):
    """What is recorded; moments are ISO texts in UTC."""

    seq: int
    utc: str
    site_time: str
    actor: str
    kind: str
    object: str
    data: dict[str, Any]
    prev_hash: str
    hash: str


class Journal:
    """One site's journal. Used by one thread at a time."""

    def __init__(self, path: Path, connection: sqlite3.Connection, note: str) -> None:
        self.path = path
        self.note = note
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Journal:
        """The journal at a path, made if there is none.

        A file that is no journal any more is set aside under another name, never deleted, and `note` says so.
        Raises JournalError when it cannot be opened or made.
        """
        try:
            return cls(path, _connect(path), "")
        except _DamagedError:
            pass
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise JournalError(_sentence(path, error)) from error
        aside = _set_aside(path)
        note = f"the journal {path} was damaged; it lies as {aside.name} beside a new one"
        try:
            return cls(path, _connect(path), note)
        except sqlite3.DatabaseError as error:
            raise JournalError(_sentence(path, error)) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def append(self, entries: Sequence[Entry]) -> list[Record]:
        """Record entries, all or none, in one transaction; they are on disk when this returns.

        Raises JournalError, with nothing recorded, when the disk is full, the file cannot be written, or another
        program holds it.
        """
        if not entries:
            return []
        utc = _iso(dt.datetime.now(dt.UTC))
        try:
            with self._transaction():
                last = self._connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
                seq, prev = last or (0, FIRST_HASH)
                records: list[Record] = []
                for entry in entries:
                    record = _record(entry, seq + 1, utc, prev)
                    seq, prev = record.seq, record.hash
                    records.append(record)
                self._connection.executemany(
                    f"INSERT INTO journal ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [_row(record) for record in records],
                )
        except sqlite3.Error as error:
            raise JournalError(_sentence(self.path, error)) from error
        return records

    def latest(self, kind: str) -> list[Record]:
        """The last record of each object of a kind, in the order they were written. Raises JournalError."""
        return self._read(
            f"SELECT {_COLUMNS} FROM journal WHERE seq IN "
            "(SELECT max(seq) FROM journal WHERE kind = ? GROUP BY object) ORDER BY seq",
            (kind,),
        )

    def first(self, kind: str) -> float | None:
        """Site time of the first record of a kind (seconds since the epoch); None where there is none.

        May be called from any thread. Raises JournalError.
        """
        rows = self._apart("SELECT site_time FROM journal WHERE kind = ? ORDER BY seq LIMIT 1", (kind,))
        return dt.datetime.fromisoformat(rows[0][0]).timestamp() if rows else None

    def as_of(self, kind: str, moment: float, object_: str = "", without: tuple[str, str] = ("", "")) -> list[Record]:
        """The last record of each object of a kind up to a moment of site time (seconds since the epoch), as written.

        `object_`: of this one only. `without`: records whose data says this of this key are left out, which is much
        faster than reading them. Where site time has jumped back, what was written later holds. May be called from any
        thread: it reads by a connection of its own. Raises JournalError.
        """
        only = " AND object = ?5" if object_ else ""
        rows = self._apart(
            f"SELECT {_COLUMNS} FROM journal WHERE seq IN (SELECT max(seq) FROM journal WHERE kind = ?1 "
            f"AND site_time <= ?2{only} GROUP BY object) "
            "AND (?3 = '' OR json_extract(data, '$.' || ?3) IS NOT ?4) ORDER BY seq",
            (kind, _iso(dt.datetime.fromtimestamp(moment, dt.UTC)), *without, *([object_] if object_ else [])),
        )
        return [_read(row) for row in rows]

    def records(self, kind: str = "", object_: str = "", limit: int = 1_000) -> list[Record]:
        """The newest records, newest first; of one kind and of one object where they are given. Raises JournalError."""
        return self._read(
            f"SELECT {_COLUMNS} FROM journal WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR object = ?2) "
            "ORDER BY seq DESC LIMIT ?3",
            (kind, object_, limit),
        )

    def verify(self) -> int | None:
        """The number of the first record that is not as it was written or does not follow the one before; else None.

        Raises JournalError when the file cannot be read.
        """
        prev, expected = FIRST_HASH, 1
        try:
            for row in self._connection.execute(f"SELECT {_COLUMNS} FROM journal ORDER BY seq"):
                if row[0] != expected or row[7] != prev or row[8] != _hash(row[:8]):
                    return expected
                prev, expected = row[8], expected + 1
        except sqlite3.Error as error:
            raise JournalError(_sentence(self.path, error)) from error
        return None

    def _apart(self, query: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Rows read by a connection of its own, so that the thread that writes is not in the way."""
        try:
            with contextlib.closing(
                sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)
            ) as connection:
                connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
                return connection.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            raise JournalError(_sentence(self.path, error)) from error

    def _read(self, query: str, parameters: tuple[Any, ...]) -> list[Record]:
        try:
            rows = self._connection.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            raise JournalError(_sentence(self.path, error)) from error
        return [_read(row) for row in rows]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        # IMMEDIATE takes the write lock at once and waits for it; a deferred one would fail with SQLITE_BUSY later.
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # SQLite rolls back by itself after some errors (a full disk); a second time would be an error.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def _connect(path: Path) -> sqlite3.Connection:
    # opened at the start by one thread, used by another: never by two at a time
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise JournalError(f"the journal {path} was written by a newer opsconsole")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if version < VERSION:
            for statement in _SCHEMA:
                connection.execute(statement)
        else:
            connection.execute(f"SELECT {_COLUMNS} FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
            if path.stat().st_size <= CHECKED and connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise _DamagedError
        try:
            connection.execute(_MOMENTS)
        except sqlite3.OperationalError as error:
            if _is_damage(error):
                raise
            log.warning("the journal gets no index for looking back: %s", error)
    except BaseException:
        connection.close()
        raise
    return connection


def _record(entry: Entry, seq: int, utc: str, prev: str) -> Record:
    site_time = _iso(dt.datetime.fromtimestamp(entry.site_time, dt.UTC))
    data = _canonical(entry.data)
    digest = _hash((seq, utc, site_time, entry.actor, entry.kind, entry.object, data, prev))
    return Record(seq, utc, site_time, entry.actor, entry.kind, entry.object, json.loads(data), prev, digest)


def _read(row: tuple[Any, ...]) -> Record:
    seq, utc, site_time, actor, kind, object_, data, prev, digest = row
    return Record(seq, utc, site_time, actor, kind, object_, json.loads(data), prev, digest)


def _row(record: Record) -> tuple[Any, ...]:
    head = (record.seq, record.utc, record.site_time, record.actor, record.kind, record.object)
    return (*head, _canonical(record.data), record.prev_hash, record.hash)


def _canonical(data: dict[str, Any]) -> str:
    """JSON that is the same for the same data."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _hash(fields: tuple[Any, ...]) -> str:
    """The SHA-256 of a record's fields, written so that no two records read alike."""
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()


def _iso(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return True
    return name == "SQLITE_ERROR" and "no such" in str(error)


def _set_aside(path: Path) -> Path:
    """Rename a damaged journal and what SQLite keeps beside it. Raises JournalError."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    try:
        for ending in ("-wal", "-shm", ""):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JournalError(f"the journal {path} is damaged and cannot be set aside: {reason}") from error
    return aside


def _sentence(path: Path, error: sqlite3.Error) -> str:
    """What went wrong, for a person."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_FULL"):
        return f"nothing can be recorded: the disk of {path} is full"
    if name.startswith("SQLITE_READONLY"):
        return f"nothing can be recorded: {path} cannot be written"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"nothing can be recorded: another program holds {path}"
    if name.startswith("SQLITE_CANTOPEN"):
        return f"the journal {path} cannot be opened: is the folder there, and may it be written?"
    if name.startswith("SQLITE_IOERR"):
        return f"the journal {path} cannot be read or written: the disk reports an error or is full"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return f"the journal {path} is damaged"
    return f"the journal {path} cannot be used: {error}"
