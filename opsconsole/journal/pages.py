"""A long stretch of the journal, page by page as it was written, for who works it through beside the engine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from opsconsole.journal.file import reading
from opsconsole.journal.record import iso

PAGE = 2_000


class Brief(Struct, frozen=True):
    """Of a record what a long work needs; `data` is JSON text."""

    seq: int
    what: str
    object: str
    after: str
    data: str


class Page(Struct, frozen=True):
    """Some records, and how far through the stretch they lead, of 1.0."""

    records: list[Brief]
    done: float


def begun(path: Path) -> float | None:
    """Site time of the first record of all; None where there is none. Raises JournalError."""
    with reading(path) as connection:
        row = connection.execute("SELECT site_time FROM journal ORDER BY seq LIMIT 1").fetchone()
    return dt.datetime.fromisoformat(row[0]).timestamp() if row is not None else None


def standing(path: Path, kind: str, moment: float, without: str) -> list[Brief]:
    """The last record up to a moment of each object of a kind, but for those with a state `without` after them.

    In the order they were written. Raises JournalError.
    """
    with reading(path) as connection:
        rows = connection.execute(
            "SELECT seq, what, object, after, data FROM journal WHERE seq IN (SELECT max(seq) FROM journal "
            "WHERE kind = ? AND site_time <= ? GROUP BY object) AND after <> ? ORDER BY seq",
            (kind, iso(dt.datetime.fromtimestamp(moment, dt.UTC)), without),
        ).fetchall()
    return [Brief(*row) for row in rows]


def pages(path: Path, kind: str, since: float) -> Iterator[Page]:
    """The records of a kind since a moment of site time (seconds since the epoch).

    Each page is read by a connection of its own, which is closed again: whoever writes is never kept from clearing up.
    Where site time has jumped back, all that was written after the first record since then is among them. May be called
    from any thread. Raises JournalError.
    """
    with reading(path) as connection:
        first, last = connection.execute(
            "SELECT min(seq), (SELECT max(seq) FROM journal) FROM journal WHERE kind = ? AND site_time >= ?",
            (kind, iso(dt.datetime.fromtimestamp(since, dt.UTC))),
        ).fetchone()
    if first is None:
        return
    at = first - 1
    while at < last:
        with reading(path) as connection:
            rows = connection.execute(
                "SELECT seq, what, object, after, data FROM journal WHERE seq > ? AND seq <= ? AND +kind = ? "
                "ORDER BY seq LIMIT ?",
                (at, last, kind, PAGE),
            ).fetchall()
        at = rows[-1][0] if len(rows) == PAGE else last
        yield Page([Brief(*row) for row in rows], (at - first + 1) / (last - first + 1))
