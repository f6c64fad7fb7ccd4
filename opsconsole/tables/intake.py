"""One file against its ledger entry: unchanged, grown, rewritten or new; and what to take from it now."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from opsconsole.site.model import Format, Source
from opsconsole.tables import fingerprint, ledger
from opsconsole.tables.ledger import Entry, key_of
from opsconsole.tables.reading import reader
from opsconsole.tables.reading.evidence import Kind, Order
from opsconsole.tables.reading.piece import Dialect, NotReadyError, Piece, RereadError, Stretch, Wish
from opsconsole.tables.writer import Take

CHUNK = 16 << 20
"""Bytes of a growing file that are read at once."""
REPLACED = 256 << 20
"""Bytes of a rewritten file that are read at once, and so replaced in one transaction."""
YOUNG_ROWS = 50
"""A growing file with fewer rows is read from the start when it grows: so few show too little of how it is written."""
YOUNG_BYTES = 1 << 20
RACY = 2.0
"""Seconds after a write within which time stamps may be too coarse to show the next write."""
_BACKOFF = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)
_US_ZONES = {"New_York", "Chicago", "Denver", "Los_Angeles", "Phoenix", "Anchorage", "Detroit", "Boise", "Honolulu"}


@dataclass(frozen=True)
class Outcome:
    """What looking at a file gave. `due`: when to look again unasked (epoch s). `more`: there is more to read now.

    `tail`: the file is looked at again because its last record may still be being written.
    """

    take: Take | None = None
    due: float | None = None
    more: bool = False
    tail: bool = False
    size: int = 0


def wish_of(source: Source, zone: str, kinds: Mapping[str, Kind] | None = None) -> Wish:
    """How files of a source are to be read; in zones of the United States 03/04 is assumed to be March."""
    return Wish(source.read, assumed_order(zone), kinds or {})


def assumed_order(zone: str) -> Order:
    """What 03/04/2024 means where nothing tells."""
    us = zone.startswith("US/") or zone.rpartition("/")[2] in _US_ZONES
    return "mdy" if us else "dmy"


def look(source: Source, zone: str, entry: Entry, seen_for: float, kinds: Mapping[str, Kind]) -> Outcome:
    """Look at a file and read what is new. `seen_for`: seconds since its stamps were first seen as they are.

    `kinds`: the types of the table's columns by lower-case name, so that text may be parsed at once; empty: do not.
    Safe to call in any thread.

    Raises FileNotFoundError when it is gone; every other trouble becomes the entry's status.
    """
    format_ = reader.format_of(entry.path, source.format)
    if format_ is None:
        return _ignored(entry)
    try:
        fd = os.open(entry.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as error:
        return _troubled(entry, error.strerror or str(error))
    try:
        return _Look(source, zone, format_, entry, fd, seen_for, kinds).run()
    except OSError as error:
        return _troubled(entry, error.strerror or str(error))
    except MemoryError:
        return _troubled(entry, "not enough memory to read it")
    finally:
        os.close(fd)


def _ignored(entry: Entry) -> Outcome:
    fresh = msgspec.structs.replace(entry, status="ignored", reason="not a kind of file that is read")
    status = os.stat(entry.path)
    _stamp(fresh, status)
    return Outcome(Take(fresh))


def _troubled(entry: Entry, reason: str) -> Outcome:
    """The system refuses the file: what was taken stays, and it is tried again."""
    wait = _BACKOFF[min(entry.tries, len(_BACKOFF) - 1)]
    due = time.time() + wait
    fresh = msgspec.structs.replace(entry, status="waiting", reason=reason, retry_at=due, tries=entry.tries + 1)
    return Outcome(Take(fresh), due=due)


def _stamp(entry: Entry, status: os.stat_result) -> None:
    entry.dev, entry.ino, entry.size, entry.mtime_ns, entry.ctime_ns = key_of(status)


class _Look:
    """One look at one open file."""

    def __init__(
        self,
        source: Source,
        zone: str,
        format_: Format,
        entry: Entry,
        fd: int,
        seen_for: float,
        kinds: Mapping[str, Kind],
    ) -> None:
        self._source = source
        self._format: Format = format_
        self._entry = entry
        self._fd = fd
        self._wish = wish_of(source, zone, kinds)
        self._status = os.fstat(fd)
        now = time.time()
        self._age = max(now - self._status.st_mtime, seen_for)
        self._quiet = self._age >= source.settle
        self._racy = now - max(self._status.st_mtime, self._status.st_ctime) < RACY
        self._full = source.verify == "full"
        self._prefix = b""

    def run(self) -> Outcome:
        entry, size = self._entry, self._status.st_size
        if not entry.offset or size < entry.offset or not self._same_prefix():
            return self._anew()
        if size == entry.offset or (entry.tail == "held" and size == entry.size):
            return self._unchanged()
        dialect = msgspec.json.decode(entry.dialect, type=Dialect) if entry.dialect else None
        growing = reader.grows(self._format, entry.path) and dialect is not None and not dialect.whole
        young = entry.rows + entry.rejected < YOUNG_ROWS and entry.offset < YOUNG_BYTES
        if not growing or entry.tail == "taken" or young:
            return self._anew()
        try:
            return self._read(dialect, entry.offset)
        except RereadError:
            return self._anew()
        except NotReadyError as reason:
            return self._not_ready(str(reason))

    def _same_prefix(self) -> bool:
        entry = self._entry
        if entry.offset <= fingerprint.WHOLE:
            self._prefix = fingerprint.read_at(self._fd, 0, entry.offset)
            return fingerprint.of_bytes(self._prefix) == entry.prefix
        changed = key_of(self._status) != entry.key
        if changed and self._status.st_size == entry.size and not self._full:
            return False  # a sampled fingerprint cannot vouch for a big file that changed without growing
        return fingerprint.of_file(self._fd, entry.offset, self._full) == entry.prefix

    def _unchanged(self) -> Outcome:
        entry = self._entry
        if entry.status == "failed" and key_of(self._status) == entry.key:
            return Outcome()
        if entry.tail == "waiting" and self._quiet:  # a file that is taken whole, with an unterminated last line
            return self._anew()
        due = time.time() + RACY if self._racy else None
        if key_of(self._status) == entry.key and entry.status != "waiting":
            entry.racy = self._racy  # in memory only: on disk it merely means one more look after a restart
            return self._later(None, due)
        fresh = msgspec.structs.replace(entry, status="ready", reason="", retry_at=None, tries=0, racy=self._racy)
        _stamp(fresh, self._status)
        return self._later(Take(fresh), due)

    def _anew(self) -> Outcome:
        self._prefix = b""
        try:
            return self._read(None, 0)
        except (NotReadyError, RereadError) as reason:
            return self._not_ready(str(reason))

    def _read(self, dialect: Dialect | None, start: int) -> Outcome:
        entry = self._entry
        lines = entry.lines if start else 0
        size = self._status.st_size
        limit = CHUNK if reader.grows(self._format, entry.path) else size
        if not start and entry.rows:  # nobody shall see a part of a file that was there in full
            limit = max(limit, REPLACED)
        while True:
            data = fingerprint.read_at(self._fd, start, min(limit, size - start))
            last = start + len(data) >= size
            stretch = Stretch(data, start, lines, last, self._quiet)
            piece = reader.read(self._format, entry.path, stretch, dialect, self._wish)
            if piece.end > start or last:
                break
            limit *= 4  # a record longer than a chunk
        if piece.dialect.whole and not last:
            data = fingerprint.read_at(self._fd, start, size - start)
            piece = reader.read(
                self._format, entry.path, Stretch(data, start, lines, True, self._quiet), None, self._wish
            )
        if not reader.grows(self._format, entry.path) or piece.dialect.whole:
            piece.end = start + len(data)
        return self._taken(piece, data, start)

    def _taken(self, piece: Piece, data: bytes, start: int) -> Outcome:
        entry = self._entry
        if (
            piece.dialect.format == "csv" and not piece.names
        ):  # no header yet: nothing is decided, all is read again with the next bytes
            piece.end, piece.next_line = 0, 0
        new_bytes = piece.end > start or len(piece.rejects) > 0
        if start and not new_bytes and piece.tail != "held" and key_of(self._status) == entry.key:
            return self._later(None, None, piece)
        now = time.time()
        fresh = msgspec.structs.replace(
            entry,
            offset=piece.end,
            lines=piece.next_line,
            prefix=self._fingerprint(piece.end, data, start),
            status="ready",
            reason=_reason(piece, self._status.st_size),
            rows=entry.rows if start else 0,
            rejected=entry.rejected if start else 0,
            cells=entry.cells if start else 0,
            expired=entry.expired if start else 0,
            read_as=piece.read_as,
            dialect=msgspec.json.encode(piece.dialect).decode(),
            tail=piece.tail,
            racy=self._racy,
            retry_at=None,
            tries=0,
            arrived=now if new_bytes or not start else entry.arrived,
            generation=entry.generation + (0 if start else 1),
            last_event=entry.last_event if start else None,
        )
        _stamp(fresh, self._status)
        take = Take(fresh, piece, fresh=not start, start=start)
        due = now + RACY if self._racy else None
        return self._later(take, due, piece, len(data))

    def _fingerprint(self, end: int, data: bytes, start: int) -> str:
        if end <= fingerprint.WHOLE and len(self._prefix) == start:
            return fingerprint.of_bytes(self._prefix + data[: end - start])
        return fingerprint.of_file(self._fd, end, self._full)

    def _later(self, take: Take | None, due: float | None, piece: Piece | None = None, size: int = 0) -> Outcome:
        """When to look again: soon for a tail that waits, a little later for stamps that prove nothing."""
        tail = piece.tail if piece else self._entry.tail
        waits = tail == "waiting" and not self._quiet
        if waits:
            quiet_at = time.time() + max(self._source.settle - self._age, 0.0) + 0.01
            due = min(due, quiet_at) if due else quiet_at
        return Outcome(take, due, bool(piece and piece.more), waits, size)

    def _not_ready(self, reason: str) -> Outcome:
        """Half-written as long as somebody may be writing; then failed until it changes. Old rows go with failure."""
        entry = self._entry
        now = time.time()
        if self._quiet:
            fresh = ledger.failed(entry, reason)
            _stamp(fresh, self._status)
            return Outcome(Take(fresh, fresh=True))
        wait = min(_BACKOFF[min(entry.tries, len(_BACKOFF) - 1)], max(self._source.settle - self._age, 0.05) + 0.01)
        due = now + wait
        fresh = msgspec.structs.replace(entry, status="waiting", reason=reason, retry_at=due, tries=entry.tries + 1)
        _stamp(fresh, self._status)
        return Outcome(Take(fresh), due=due, tail=True)


def _reason(piece: Piece, size: int) -> str:
    if not size:
        return "empty"
    if piece.tail == "held":
        return "its last record is not complete"
    if piece.dialect.format == "csv" and not piece.names:
        return "no column names yet"
    return ""


def moved(source: Source, entry: Entry, path: str, status: os.stat_result) -> bool:
    """Whether a new path is the file of an entry under another name: same inode, and the same bytes as were taken."""
    if (status.st_dev, status.st_ino) != (entry.dev, entry.ino) or status.st_size < entry.offset or not entry.offset:
        return False
    try:
        old = os.stat(entry.path)
        if (old.st_dev, old.st_ino) == (entry.dev, entry.ino):
            return False  # a hard link: both are there
    except OSError:
        pass
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return fingerprint.of_file(fd, entry.offset, source.verify == "full") == entry.prefix
    except OSError:
        return False
    finally:
        os.close(fd)


def shown_path(root: Path, path: str) -> str:
    """A path as people see it: relative to the site where it lies below it."""
    from opsconsole.tables.names import shown

    prefix = str(root) + os.sep
    return shown(path.removeprefix(prefix))
