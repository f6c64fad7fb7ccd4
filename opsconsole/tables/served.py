"""A source as the feed serves it: its patterns, its zone, and what is known of its files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from opsconsole.site.model import Scan, Source
from opsconsole.tables.folders.globs import Pattern
from opsconsole.tables.folders.lookout import Lookout
from opsconsole.tables.ledger import Entry, key_of
from opsconsole.tables.progress import Work
from opsconsole.tables.writer import Take


class Served:
    """One source.

    `taken`: bytes taken of all its files. `work` counts long work for whoever watches. `changed`: its evidence has
    changed since it was last weighed. `restarted`: all is to be read again.
    """

    def __init__(self, source: Source, root: Path, timezone: str) -> None:
        self.source = source
        self.zone = source.timezone or timezone
        self.patterns = [Pattern(root, text) for text in source.files]
        self.lookout = Lookout(self.patterns, polled=source.watch == "poll")
        self.entries: dict[str, Entry] = {}
        self.inodes: dict[tuple[int, int], Entry] = {}
        self._archived: dict[int, Entry] = {}
        self._away: dict[str | tuple[int, int], set[int]] = {}
        self.taken = 0
        self.work = Work(source.name)
        self.changed = True
        self.restarted = False
        self.rebuilt_at = 0.0
        self.rebuild_took = 0.0

    @property
    def definition(self) -> str:
        """What the table depends on: a change means building it anew."""
        bare = msgspec.structs.replace(
            self.source, title="", dimensions=(), settle=0.0, fresh_within=None, timezone=self.zone,
            watch="events", scan=Scan(), on_delete="drop", retain=None,
        )  # fmt: skip
        return msgspec.json.encode(bare).decode()

    def keep(self, entry: Entry) -> None:
        """Remember an entry as it now stands in the ledger."""
        self._forget(entry.id)
        if entry.status == "archived":
            live = self.entries.get(entry.path)
            if live is not None and live.id == entry.id:
                self.drop(entry.path)
            self._archived[entry.id] = entry
            for spot in (entry.path, (entry.dev, entry.ino)):
                self._away.setdefault(spot, set()).add(entry.id)
            return
        self.drop(entry.path)
        self.entries[entry.path] = entry
        self.inodes[entry.dev, entry.ino] = entry
        self.taken += entry.offset

    def stamps_alone(self, take: Take) -> bool:
        """Whether a take changes nothing that anybody sees: a file was touched, or its mode set."""
        new, known = take.entry, self.entries.get(take.entry.path)
        if known is None or take.piece is not None or take.fresh or self.source.key:
            return False
        return (known.status, known.reason, known.retry_at, known.size) == (
            new.status, new.reason, new.retry_at, new.size,
        )  # fmt: skip

    def drop(self, path: str) -> None:
        """Forget a path."""
        entry = self.entries.pop(path, None)
        self.taken -= entry.offset if entry is not None else 0
        if entry is not None and self.inodes.get((entry.dev, entry.ino)) is entry:
            del self.inodes[entry.dev, entry.ino]

    def remove(self, entry: Entry) -> None:
        """Forget an entry that is no longer in the ledger."""
        if entry.status == "archived":
            self._forget(entry.id)
        else:
            self.drop(entry.path)

    def _forget(self, number: int) -> None:
        old = self._archived.pop(number, None)
        for spot in (old.path, (old.dev, old.ino)) if old is not None else ():
            self._away[spot].discard(number)

    def archived(self) -> list[Entry]:
        """Files that are gone and whose rows are kept."""
        return list(self._archived.values())

    def archived_at(self, path: str, place: tuple[int, int]) -> list[Entry]:
        """Those among them that had this path, or this device and inode."""
        return [self._archived[n] for n in self._away.get(path, set()) | self._away.get(place, set())]

    def live_at(self, path: str, place: tuple[int, int]) -> list[Entry]:
        """Files that are there and have this path, or this device and inode."""
        near = (self.entries.get(path), self.inodes.get(place))
        return [entry for entry in near if entry is not None]

    def announce(self, found: Mapping[str, os.stat_result], why: str) -> None:
        """Say how much there is to read, where that takes long; `why` all is read again."""
        size = files = 0
        for path, status in found.items():
            entry = self.entries.get(path)
            if entry is None or entry.key != key_of(status) or entry.status == "waiting":
                size += max(status.st_size - (entry.offset if entry is not None else 0), 0)
                files += 1
        self.work.begin(size, files, why)

    def ask_again(self, path: str = "") -> list[str]:
        """Have files read from their start: the one that is shown as `path`, else those that gave trouble."""
        again = []
        for entry in list(self.entries.values()):
            if entry.shown == path if path else entry.rejected or entry.cells or entry.status == "failed":
                self.keep(msgspec.structs.replace(entry, offset=0, prefix="", tries=0, status="waiting"))
                again.append(entry.path)
        return again

    def taken_of(self, path: str) -> int:
        """Bytes taken of a file."""
        entry = self.entries.get(path)
        return entry.offset if entry is not None else 0

    def clear(self) -> None:
        """Forget all files."""
        self._archived.clear()
        self._away.clear()
        self.entries.clear()
        self.inodes.clear()
        self.taken = 0
