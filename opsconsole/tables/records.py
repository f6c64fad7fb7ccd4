"""What the tables room tells the rooms above: totals per source, one line per file, what was set aside."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Status = Literal["ready", "waiting", "failed", "ignored", "archived"]


class StoreError(Exception):
    """The store cannot be opened or used; the message is one sentence for a person."""


class Totals(Struct, frozen=True):
    """Sums over the files of a source. `last_event` and `last_arrival` are seconds since the epoch.

    Records add up: those read = `rows` + `rejected` + `expired` (older than the source retains). `cells` are single
    values that did not fit their column: they are NULL in the row and kept raw in quarantine. `bytes` lie in the files,
    `taken` of them have been taken. `latest`: with a key, so many rows are the latest of theirs, and in the table.
    """

    files: int = 0
    rows: int = 0
    rejected: int = 0
    cells: int = 0
    expired: int = 0
    waiting: int = 0
    failed: int = 0
    archived: int = 0
    bytes: int = 0
    taken: int = 0
    last_event: float | None = None
    last_arrival: float | None = None
    latest: int | None = None

    @property
    def quarantined(self) -> int:
        """Records and cells in quarantine."""
        return self.rejected + self.cells


class FileInfo(Struct, frozen=True):
    """One file: what was taken from it, or why not and when it is tried again. `path` is relative to the site."""

    id: int
    source: str
    path: str
    status: Status
    bytes: int = 0
    taken: int = 0
    rows: int = 0
    rejected: int = 0
    cells: int = 0
    expired: int = 0
    reason: str = ""
    read_as: str = ""
    arrived: float | None = None
    retry_at: float | None = None

    @property
    def quarantined(self) -> int:
        """Records and cells in quarantine."""
        return self.rejected + self.cells


class Progress(Struct, frozen=True):
    """Long work on one source: what is done of what there is to do, since when (s since the epoch), in rows a second.

    `left`: seconds that the rest will take at this rate, None until that can be told. `what` is `reading` or
    `reading again: <why>`.
    """

    source: str
    what: str
    since: float
    bytes_done: int
    bytes_total: int
    files_done: int
    files_total: int
    rows: int
    rate: float
    left: float | None = None


class Drift(Struct, frozen=True):
    """A change of what the files of a source hold: when it was noted, by which file, what happened to which column."""

    source: str
    noted: float
    file: str
    kind: Literal["added", "missing", "renamed", "type", "refused"]
    column: str
    detail: str


class Reject(Struct, frozen=True):
    """A record or cell that could not be taken, as a reader reports it. `column` is empty for a whole record."""

    line: int
    column: str
    reason: str
    raw: str


class SetAside(Struct, frozen=True):
    """A quarantined record or cell with the source and file it came from, and when it was noted (s since the epoch)."""

    source: str
    file: str
    line: int
    column: str
    reason: str
    raw: str
    noted: float = 0.0
