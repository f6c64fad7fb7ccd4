"""Sentences about sources and files that the console, the command line and the notices share. Pure; not yet inert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Protocol

from opsconsole.engine.period_messages import Revision
from opsconsole.engine.source_messages import Drift, Leaving, Progress
from opsconsole.site.figures import count, duration, figure, moment, number, size


class Counted(Protocol):
    """A source or a file with its counts."""

    @property
    def records(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def rejected(self) -> int: ...
    @property
    def cells(self) -> int: ...
    @property
    def expired(self) -> int: ...


class Told(Protocol):
    """A change of schema, from the wire or from the ledger."""

    @property
    def file(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def column(self) -> str: ...
    @property
    def detail(self) -> str: ...


def team_words(team: str) -> str:
    """Who works a shift: "team B", "teams A, B"; a name that says itself what it is stays as it is."""
    if not team or "team" in team.casefold():
        return team
    return f"{'teams' if ', ' in team else 'team'} {team}"


def revised_words(found: Revision, unit: str, decimals: int | None) -> str:
    """ "Night Tue 23 Jun: 83.9 %, revised from 84.2 % (12 late rows)"; nothing where both read alike."""
    now = figure(found.value, unit, decimals) if found.value is not None else "no value"
    was = figure(found.was, unit, decimals)
    if now == was:
        return ""
    fewer, late = f"{count(-found.rows, 'row')} fewer", count(found.rows, "late row")
    why = late if found.rows > 0 else fewer if found.rows < 0 else "rows changed"
    return f"{found.label}: {now}, revised from {was} ({why})"


TAILS = {
    "none": "nothing after it",
    "waiting": "the last line is still being written",
    "taken": "the last line has no end and was taken",
    "held": "the last record is broken and is held back until more comes",
}


def made_of(names: Sequence[str]) -> str:
    """What a derived source reads: "made of flights, weather"."""
    return f"made of {', '.join(names)}"


def sums(found: Counted) -> str:
    """How the records add up: "1 000 records = 998 rows + 2 rejected"."""
    if found.records == found.rows:
        return count(found.rows, "row")
    parts = [count(found.rows, "row")]
    parts += [
        f"{number(many)} {word}" for many, word in ((found.rejected, "rejected"), (found.expired, "expired")) if many
    ]
    return f"{count(found.records, 'record')} = {' + '.join(parts)}"


def sums_and_cells(found: Counted) -> str:
    """The same with the single cells that were set aside while their rows were taken."""
    if not found.cells:
        return sums(found)
    return f"{sums(found)} · {count(found.cells, 'cell')} set aside"


def latest(many: int | None, rows: int) -> str:
    """Of a source with a key, how many rows its table holds; empty where that goes without saying."""
    return f" · {number(many)} in the table, the latest of each key" if many is not None and many != rows else ""


def taken(done: int, of: int) -> str:
    """How much of the bytes there are has been read: "5.6 MB", or "2.1 of 5.6 MB read (37 %)"."""
    if done >= of:
        return size(of)
    return f"{_of(done, of)} read ({_percent(done, of)})"


def taken_short(done: int, of: int) -> str:
    """The same in few cells: "5.6 MB", or "37 % of 5.6 MB"."""
    return size(of) if done >= of else f"{_percent(done, of)} of {size(of)}"


def progress(found: Progress) -> str:
    """Long work on one line: share, bytes, files, rows, rate, time left."""
    parts = [
        f"{found.what} {_percent(found.bytes_done, found.bytes_total)}",
        _of(found.bytes_done, found.bytes_total),
        f"{number(found.files_done)} of {count(found.files_total, 'file')}",
        count(found.rows, "row"),
    ]
    if found.rate > 0:
        parts.append(f"{number(float(f'{found.rate:.2g}'))} rows/s")
    parts.append(left(found))
    return " · ".join(part for part in parts if part)


def progress_short(found: Progress) -> str:
    """The share and the time left only."""
    return " · ".join(part for part in (_percent(found.bytes_done, found.bytes_total), left(found)) if part)


def left(found: Progress) -> str:
    """How long the rest will take, or nothing where that cannot be told."""
    return f"{duration(max(1.0, found.left))} left" if found.left is not None else ""


def _percent(done: int, of: int) -> str:
    # 100 % is said when it is done, not when it is nearly so
    return f"{min(99 if done < of else 100, int(100 * done / of)) if of else 0} %"


def _of(done: int, of: int) -> str:
    (part, unit), whole = size(done).rsplit(" ", 1), size(of)
    return f"{part} of {whole}" if whole.endswith(f" {unit}") else f"{part} {unit} of {whole}"


def drift(found: Told) -> str:
    """What changed and by which file: "new column `shift` from orders_2026-11.csv"."""
    file = found.file.rsplit("/", 1)[-1]
    if found.kind == "added":
        return f"new column `{found.column}` from {file}"
    if found.kind == "refused":
        return f"{file} is refused: {found.detail}"
    detail = found.detail or {"missing": "is missing", "renamed": "has another name"}.get(found.kind, "has changed")
    return f"column `{found.column}` {detail} ({file})"


def drifts(latest: Drift | Told, many: int) -> str:
    """The latest change, and how many there were beside it."""
    return drift(latest) + (f" (and {count(many - 1, 'more change')})" if many > 1 else "")


def leaving(found: Leaving, zone: tzinfo, now: float) -> str:
    """How many rows leave next, and when."""
    leave = "leaves" if found.rows == 1 else "leave"
    until = f"events before {moment(found.cutoff, zone)}"
    return f"{count(found.rows, 'row')} {leave} at {moment(found.at, zone, now)}: {until}"


class Recorded(Protocol):
    """A record of the journal."""

    @property
    def object(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...


def record_words(found: Recorded) -> str:
    """What a record says beside who, what and about what: why (what a person wrote), its text, the states that differ.

    Why comes first: of an alert the text is known, and what is too long is cut at the end.
    """
    states = f"{found.before} → {found.after}" if found.before != found.after else ""
    parts = (found.reason, found.text if found.text != found.object else "", states)
    return " · ".join(part for part in parts if part)


def trouble(path: str, reason: str, more: int) -> str:
    """Why a file is not taken."""
    return f"{path}: {reason}" + (f" (and {count(more, 'more file')} with trouble)" if more else "")
