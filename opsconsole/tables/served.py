"""A source as the feed serves it: its patterns, its zone, and what is known of its files."""

from __future__ import annotations

from pathlib import Path

import msgspec

from opsconsole.site.model import Scan, Source
from opsconsole.tables.globs import Pattern
from opsconsole.tables.ledger import Entry
from opsconsole.tables.lookout import Lookout
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
        self.drop(entry.path)
        self.entries[entry.path] = entry
        self.inodes[entry.dev, entry.ino] = entry
        self.taken += entry.offset

    def stamps_alone(self, take: Take) -> bool:
        """Whether a take changes nothing that anybody sees: a file was touched, or its mode set."""
        new, known = take.entry, self.entries.get(take.entry.path)
        if known is None or take.piece is not None or take.fresh:
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

    def clear(self) -> None:
        """Forget all files."""
        self.entries.clear()
        self.inodes.clear()
        self.taken = 0
