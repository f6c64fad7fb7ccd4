"""The durable record of what people and the system did: an append-only SQLite table whose records form a chain.

Each record carries the SHA-256 of its own content and of the record before, so that a change made behind the
program's back shows (see `opsconsole.journal.audit`). What `append` has returned from is on disk.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from opsconsole.journal.audit import verify
from opsconsole.journal.file import (
    SELECT,
    DamagedError,
    JournalError,
    OldError,
    connect,
    is_damage,
    reading,
    sentence,
    set_aside,
)
from opsconsole.journal.record import COLUMNS, FIRST_HASH, Entry, Record, Row, iso, record_of, row_of

__all__ = ["Entry", "Journal", "JournalError", "Record"]

_INSERT = f"INSERT INTO journal ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"


T = TypeVar("T")


class Journal:
    """One site's journal. Used by one thread at a time."""

    def __init__(self, path: Path, connection: sqlite3.Connection, note: str) -> None:
        self.path = path
        self.note = note
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Journal:
        """The journal at a path, made if there is none.

        A file that is no journal any more, or that an earlier version laid out, is set aside under another name, never
        deleted, and `note` says so. Raises JournalError when it cannot be opened or made.
        """
        was = "damaged"
        try:
            return cls(path, connect(path), "")
        except DamagedError:
            pass
        except OldError:
            was = "old"
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise JournalError(sentence(path, error)) from error
        aside = set_aside(path, was)
        told = "of an earlier version" if was == "old" else "damaged"
        note = f"the journal {path} was {told}; it lies as {aside.name} beside a new one"
        try:
            return cls(path, connect(path), note)
        except sqlite3.DatabaseError as error:
            raise JournalError(sentence(path, error)) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def append(self, entries: Sequence[Entry]) -> list[Record]:
        """Record entries, all or none, in one transaction; they are on disk when this returns.

        Raises JournalError, with nothing recorded, when the disk is full, the file cannot be written, or another
        program holds it.
        """
        return [record_of(row) for row in self.write(entries)]

    def write(self, entries: Sequence[Entry]) -> list[Row]:
        """`append` for whoever does not read the records again: their rows."""
        if not entries:
            return []
        utc = iso(dt.datetime.now(dt.UTC))
        rows: list[Row] = []
        try:
            with self._transaction():
                last = self._connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
                written, prev = last or (0, FIRST_HASH)
                for seq, entry in enumerate(entries, written + 1):
                    rows.append(row_of(entry, seq, utc, prev))
                    prev = rows[-1][-1]
                self._connection.executemany(_INSERT, rows)
        except sqlite3.Error as error:
            raise JournalError(sentence(self.path, error)) from error
        return rows

    def latest(self, kind: str) -> list[Record]:
        """The last record of each object of a kind, in the order they were written. Raises JournalError."""
        return self._read(
            f"{SELECT} WHERE seq IN (SELECT max(seq) FROM journal WHERE kind = ? GROUP BY object) ORDER BY seq",
            (kind,),
        )

    def first(self, kind: str) -> float | None:
        """Site time of the first record of a kind (seconds since the epoch); None where there is none.

        May be called from any thread. Raises JournalError.
        """
        rows = self._apart("SELECT site_time FROM journal WHERE kind = ? ORDER BY seq LIMIT 1", (kind,))
        return dt.datetime.fromisoformat(rows[0][0]).timestamp() if rows else None

    def as_of(self, kind: str, moment: float, object_: str = "", without: str = "") -> list[Record]:
        """The last record of each object of a kind up to a moment of site time (seconds since the epoch), as written.

        `object_`: of this one only. `without`: records with this state after them are left out. Where site time has
        jumped back, what was written later holds. May be called from any thread: it reads by a connection of its own.
        Raises JournalError.
        """
        only = " AND object = ?4" if object_ else ""
        rows = self._apart(
            f"{SELECT} WHERE seq IN (SELECT max(seq) FROM journal WHERE kind = ?1 "
            f"AND site_time <= ?2{only} GROUP BY object) "
            "AND (?3 = '' OR after <> ?3) ORDER BY seq",
            (kind, iso(dt.datetime.fromtimestamp(moment, dt.UTC)), without, *([object_] if object_ else [])),
        )
        return [record_of(row) for row in rows]

    def lately(self, kind: str, seconds: float) -> list[Record]:
        """The records of a kind of the last so many seconds of site time before its newest one, the oldest first.

        Raises JournalError.
        """
        found: list[Record] = []
        try:
            for row in self._connection.execute(f"{SELECT} WHERE +kind = ? ORDER BY seq DESC", (kind,)):
                record = record_of(row)
                newest = dt.datetime.fromisoformat((found[0] if found else record).site_time)
                if newest - dt.datetime.fromisoformat(record.site_time) > dt.timedelta(seconds=seconds):
                    break
                found.append(record)
        except sqlite3.Error as error:
            raise JournalError(sentence(self.path, error)) from error
        return found[::-1]

    def last(self, kind: str, object_: str) -> list[Record]:
        """The last record of an object of a kind, if there is one. From any thread. Raises JournalError."""
        rows = self._apart(
            f"{SELECT} WHERE seq = (SELECT max(seq) FROM journal WHERE kind = ? AND object = ?)", (kind, object_)
        )
        return [record_of(row) for row in rows]

    def of(self, kind: str, object_: str) -> list[Record]:
        """All records of an object of a kind, the oldest first. May be called from any thread. Raises JournalError."""
        rows = self._apart(f"{SELECT} WHERE kind = ? AND object = ? ORDER BY seq", (kind, object_))
        return [record_of(row) for row in rows]

    def records(self, kind: str = "", object_: str = "", limit: int = 1_000) -> list[Record]:
        """The newest records, newest first; of one kind and of one object where they are given. Raises JournalError."""
        return self._read(
            f"{SELECT} WHERE (?1 = '' OR kind = ?1) AND (?2 = '' OR object = ?2) ORDER BY seq DESC LIMIT ?3",
            (kind, object_, limit),
        )

    def latest_as(self, kind: str, shape: type[T]) -> list[T]:
        """The data of the last record of each object of a kind, read as a shape, in the order they were written.

        Several times as fast as `latest` where there are many. Raises JournalError, msgspec.ValidationError.
        """
        decoder = msgspec.json.Decoder(shape)
        rows = self._fetch(
            "SELECT data FROM journal WHERE seq IN (SELECT max(seq) FROM journal WHERE kind = ? GROUP BY object) "
            "ORDER BY seq",
            (kind,),
        )
        return [decoder.decode(row[0]) for row in rows]

    def since_as(self, kind: str, since: float, shape: type[T]) -> list[tuple[str, str, T]]:
        """The records of a kind since a moment of site time, the oldest first: what, which object, the data as a shape.

        Raises JournalError, msgspec.ValidationError.
        """
        decoder = msgspec.json.Decoder(shape)
        moment = iso(dt.datetime.fromtimestamp(since, dt.UTC))
        # the last one before it is soon found from the end; a condition on the time would look at every record
        first = self._fetch(
            "SELECT seq FROM journal WHERE kind = ? AND site_time < ? ORDER BY seq DESC LIMIT 1", (kind, moment)
        )
        rows = self._fetch(
            "SELECT what, object, data FROM journal WHERE seq > ? AND kind = ? ORDER BY seq",
            (first[0][0] if first else 0, kind),
        )
        return [(what, object_, decoder.decode(data)) for what, object_, data in rows]

    def by_person(self, uid: int, origin: str, kind: str, before: int | None, limit: int) -> list[Record]:
        """What a person did lately, the newest first, of the records before one. Raises JournalError."""
        return self._read(
            f"{SELECT} WHERE uid = ? AND seq < ? AND origin = ? AND kind = ? ORDER BY seq DESC LIMIT ?",
            (uid, before if before is not None else 1 << 62, origin, kind, limit),
        )

    def verify(self) -> int | None:
        """The number of the first record that is not as it was written or does not follow the one before; else None.

        Raises JournalError when the file cannot be read.
        """
        broken = verify(self.path).broken
        return broken.seq if broken is not None else None

    def _apart(self, query: str, parameters: tuple[Any, ...]) -> list[Row]:
        """Rows read by a connection of its own, so that the thread that writes is not in the way."""
        with reading(self.path) as connection:
            return connection.execute(query, parameters).fetchall()

    def _read(self, query: str, parameters: tuple[Any, ...]) -> list[Record]:
        return [record_of(row) for row in self._fetch(query, parameters)]

    def _fetch(self, query: str, parameters: tuple[Any, ...]) -> list[Row]:
        try:
            return self._connection.execute(query, parameters).fetchall()
        except sqlite3.Error as error:
            raise JournalError(sentence(self.path, error)) from error

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
