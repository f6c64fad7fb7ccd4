"""What the journal has of one object, read beside the connection that writes: its newest records, and when it came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from opsconsole.journal.file import SELECT, reading
from opsconsole.journal.record import Record, iso, record_of


def newest(path: Path, kind: str, object_: str, until: float | None, limit: int) -> list[Record]:
    """Its newest records up to a moment of site time (None: all), the newest first. Raises JournalError."""
    with reading(path) as connection:
        rows = connection.execute(
            f"{SELECT} WHERE kind = ? AND object = ? AND site_time <= ? ORDER BY site_time DESC, seq DESC LIMIT ?",
            (kind, object_, _iso(until) if until is not None else "9", limit),
        ).fetchall()
    return [record_of(row) for row in rows]


def moments(
    path: Path, kind: str, object_: str, what: Sequence[str], since: float, until: float | None = None
) -> list[float]:
    """When one of these happened to it, in seconds of site time, the earliest first. Raises JournalError."""
    with reading(path) as connection:
        rows = connection.execute(
            "SELECT site_time FROM journal WHERE kind = ? AND object = ? AND site_time BETWEEN ? AND ? "
            f"AND what IN ({', '.join('?' * len(what))}) ORDER BY site_time",
            (kind, object_, _iso(since), _iso(until) if until is not None else "9", *what),
        ).fetchall()
    return [dt.datetime.fromisoformat(row[0]).timestamp() for row in rows]


def _iso(moment: float) -> str:
    return iso(dt.datetime.fromtimestamp(moment, dt.UTC))
