"""The part of the wire that is about sources: what was taken from their files, how, and what was set aside.

As in `opsconsole.engine.messages`, moments are seconds since the epoch, UTC; durations are seconds.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

FileStatus = Literal["ready", "waiting", "failed", "ignored", "archived"]
DriftKind = Literal["added", "missing", "renamed", "type", "refused"]


class Progress(Struct, frozen=True):
    """Long work on one source: what is done of what there is to do, since when, in rows a second.

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
    """A change of what the files of a source hold: when it was noted, by which file, what became of which column."""

    source: str
    noted: float
    file: str
    kind: DriftKind
    column: str
    detail: str


class Leaving(Struct, frozen=True):
    """Rows that leave with the next step of `retain`: those with events before `cutoff`, at the moment `at`."""

    rows: int
    at: float
    cutoff: float


class SourceState(Struct, frozen=True):
    """What has been taken from a source and how fresh it is.

    Records add up: `records` = `rows` + `rejected` + `expired`; `quarantined` = `rejected` + `cells`. `taken` of
    `bytes` have been read. `trouble` says why a file waits or failed, `retry_at` when it is tried again. `drift` counts
    the changes of schema noted in the last 24 hours, `drifted` tells the latest of them. `latest`: with a key, so many
    of the rows are the latest of theirs and in the table. The status `asof` goes with a past moment: `rows` and
    `last_event` are those up to then, files and records as they are now, and when they came in is not known.
    `made_of`: a derived source reads these and has no files of its own; its moments are those of the stalest of them.
    """

    name: str
    title: str
    status: Literal["fresh", "stale", "nodata", "off", "asof"]
    files: int = 0
    rows: int = 0
    quarantined: int = 0
    waiting: int = 0
    failed: int = 0
    last_event: float | None = None
    last_arrival: float | None = None
    fresh_within: float | None = None
    time: str | None = None
    note: str = ""
    records: int = 0
    rejected: int = 0
    cells: int = 0
    expired: int = 0
    archived: int = 0
    bytes: int = 0
    taken: int = 0
    trouble: str = ""
    retry_at: float | None = None
    drift: int = 0
    drifted: str = ""
    leaving: Leaving | None = None
    progress: Progress | None = None
    latest: int | None = None
    made_of: list[str] = []


class AskFiles(Struct, frozen=True, tag="ask-files"):
    """The files of one source, or of all, and the latest changes of what they hold.

    `limit`: so many at most, those with trouble first, then the latest; 0: all, by path.
    """

    source: str = ""
    drift: int = 50
    limit: int = 0


class FileState(Struct, frozen=True):
    """One file: what was taken from it, or why not and when it is tried again. Records add up as in `SourceState`."""

    source: str
    path: str
    status: FileStatus
    bytes: int = 0
    rows: int = 0
    quarantined: int = 0
    reason: str = ""
    read_as: str = ""
    arrived: float | None = None
    retry_at: float | None = None
    records: int = 0
    rejected: int = 0
    cells: int = 0
    expired: int = 0
    taken: int = 0


class Files(Struct, frozen=True, tag="files"):
    """The answer to `AskFiles`; `drift` is newest first, `total` counts all files."""

    files: list[FileState]
    drift: list[Drift] = []
    total: int = 0


class AskQuarantine(Struct, frozen=True, tag="ask-quarantine"):
    """What could not be taken, newest first. `file` is a glob, `reason` a part of the reason, each "" for any.

    `column` is a column's name, "" for any. `after` is the `next` of the page before. `grouped`: how many there are
    of each reason, instead of the records.
    """

    source: str = ""
    limit: int = 500
    file: str = ""
    reason: str = ""
    column: str = ""
    after: list[Any] | None = None
    grouped: bool = False


class Quarantined(Struct, frozen=True):
    """One record or cell that was set aside, with its raw text; `column` is empty for a whole record."""

    source: str
    file: str
    line: int
    column: str
    reason: str
    raw: str
    noted: float = 0.0


class Group(Struct, frozen=True):
    """What was set aside of one source for one reason in one column: how much, in how many files, since when."""

    source: str
    reason: str
    column: str
    count: int
    files: int
    first: float
    last: float
    example: str


class Quarantine(Struct, frozen=True, tag="quarantine"):
    """The answer to `AskQuarantine`: a page, how many match in all, and where the next page begins."""

    records: list[Quarantined]
    total: int
    next: list[Any] | None = None
    groups: list[Group] = []


class AskExplain(Struct, frozen=True, tag="ask-explain"):
    """How a file is read. `file`: as `FileState.path` has it, or any path; `source` where several take the file."""

    file: str
    source: str = ""


class ColumnRead(Struct, frozen=True):
    """A column as it is read: its type in the table, and what its values look like.

    `type` is a word of site.yaml. `pinned`: the site file says so. `decimal` and `dates` are empty where they do not
    matter. `note` says what was assumed. `empty` of the values seen are missing.
    """

    name: str
    type: str
    pinned: bool = False
    decimal: str = ""
    dates: str = ""
    note: str = ""
    examples: list[str] = []
    empty: int = 0


class Explained(Struct, frozen=True, tag="explained"):
    """The answer to `AskExplain`.

    `source` is empty for a file that no source takes; `hints` then say why. `file` is what the ledger says of it, None
    for a file that is not in it yet. `seen` values were looked at to tell the columns; `whole`: these are all.
    `assumed` is what was decided without proof. `yaml` pins what was decided, ready to paste into site.yaml.
    """

    path: str
    source: str
    file: FileState | None = None
    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    header: int = 0
    read_as: str = ""
    columns: list[ColumnRead] = []
    null: list[str] = []
    assumed: list[str] = []
    hints: list[str] = []
    offset: int = 0
    lines: int = 0
    fingerprint: str = ""
    generation: int = 0
    tail: str = ""
    seen: int = 0
    whole: bool = False
    yaml: str = ""
    note: str = ""
