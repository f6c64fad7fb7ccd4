"""What the tables room tells the rooms above: totals per source, one line per file, what was set aside."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Status = Literal["ready", "waiting", "failed", "ignored"]


class StoreError(Exception):
    """The store cannot be opened or used; the message is one sentence for a person."""


class Totals(Struct, frozen=True):
    """Sums over the files of a source. `last_event` and `last_arrival` are seconds since the epoch."""

    files: int = 0
    rows: int = 0
    quarantined: int = 0
    waiting: int = 0
    failed: int = 0
    last_event: float | None = None
    last_arrival: float | None = None


class FileInfo(Struct, frozen=True):
    """One file: what was taken from it, or why not and when it is tried again. `path` is relative to the site."""

    id: int
    source: str
    path: str
    status: Status
    bytes: int = 0
    rows: int = 0
    quarantined: int = 0
    reason: str = ""
    read_as: str = ""
    arrived: float | None = None
    retry_at: float | None = None


class Reject(Struct, frozen=True):
    """A record or cell that could not be taken, as a reader reports it. `column` is empty for a whole record."""

    line: int
    column: str
    reason: str
    raw: str


class SetAside(Struct, frozen=True):
    """A quarantined record or cell with the source and file it came from."""

    source: str
    file: str
    line: int
    column: str
    reason: str
    raw: str
