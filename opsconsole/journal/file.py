"""The file of the journal: how it is laid out, opened, set aside when it is none any more, and what its errors mean."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from opsconsole.journal.record import COLUMNS

VERSION = 2
BUSY_MS = 5_000
CHECKED = 64 * 1024 * 1024  # a file up to this size is looked through when it is opened (a third of a second)
SELECT = f"SELECT {', '.join(COLUMNS)} FROM journal"
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS journal (
        seq INTEGER PRIMARY KEY,
        utc TEXT NOT NULL,
        site_time TEXT NOT NULL,
        actor TEXT NOT NULL,
        uid INTEGER,
        origin TEXT NOT NULL,
        kind TEXT NOT NULL,
        what TEXT NOT NULL,
        object TEXT NOT NULL,
        text TEXT NOT NULL,
        before TEXT NOT NULL,
        after TEXT NOT NULL,
        reason TEXT NOT NULL,
        data TEXT NOT NULL,
        prev_hash TEXT NOT NULL,
        hash TEXT NOT NULL
    ) STRICT""",
    # the records of an object, the last of each up to a moment, and the numbers of a stretch of site time
    "CREATE INDEX IF NOT EXISTS journal_moment ON journal (kind, object, site_time, seq)",
    # what a person did last
    "CREATE INDEX IF NOT EXISTS journal_people ON journal (uid, seq) WHERE uid IS NOT NULL",
    """CREATE TRIGGER IF NOT EXISTS journal_no_update BEFORE UPDATE ON journal
       BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END""",
    """CREATE TRIGGER IF NOT EXISTS journal_no_delete BEFORE DELETE ON journal
       BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END""",
    f"PRAGMA user_version = {VERSION}",
)


class JournalError(Exception):
    """The journal cannot be written or read; the message is one sentence for a person."""


class DamagedError(Exception):
    """SQLite's own check found the file damaged."""


class OldError(Exception):
    """The file has the layout of an earlier version."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection that writes, to a file that is laid out.

    Raises sqlite3.Error, JournalError, DamagedError, OldError.
    """
    # opened at the start by one thread, used by another: never by two at a time
    connection = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise JournalError(f"the journal {path} was written by a newer opsconsole")
        if 0 < version < VERSION:
            raise OldError
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if version < VERSION:
            for statement in _SCHEMA:
                connection.execute(statement)
        else:
            connection.execute(f"{SELECT} ORDER BY seq DESC LIMIT 1").fetchone()
            if path.stat().st_size <= CHECKED and connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise DamagedError
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, beside the one that writes, in whatever thread or process.

    Raises JournalError, also for what goes wrong while it is used.
    """
    # SQLite writes beside a file that it only reads; of a copy that lies where nothing may be written it need not
    alone = not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists()
    uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                raise JournalError(f"the journal {path} was written by another version of opsconsole")
            yield connection
    except sqlite3.Error as error:
        raise JournalError(sentence(path, error)) from error


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether an error says that the file is no journal."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return True
    return name == "SQLITE_ERROR" and "no such" in str(error)


def set_aside(path: Path, word: str) -> Path:
    """Rename a journal and what SQLite keeps beside it, to be kept under another name. Raises JournalError."""
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"{path.name}.{word}-{stamp}")
    try:
        for ending in ("-wal", "-shm", ""):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.rename(aside.with_name(aside.name + ending))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JournalError(f"the journal {path} is {word} and cannot be set aside: {reason}") from error
    return aside


def those_aside(path: Path) -> list[Path]:
    """The journals that were set aside here, the oldest first."""
    found = [each for word in ("damaged", "old") for each in path.parent.glob(f"{path.name}.{word}-*")]
    return sorted(each for each in found if not each.name.endswith(("-wal", "-shm")))


def sentence(path: Path, error: sqlite3.Error) -> str:
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
