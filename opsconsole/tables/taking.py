"""Takes what is new in files: reads them in threads, ahead of the transactions that write what they gave."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import msgspec

from opsconsole.tables import intake
from opsconsole.tables.committer import Committer
from opsconsole.tables.dues import Dues
from opsconsole.tables.folders.lookout import Sighting
from opsconsole.tables.intake import Outcome, shown_path
from opsconsole.tables.ledger import Entry, key_of
from opsconsole.tables.policies import Policies
from opsconsole.tables.readers import AHEAD, Readers
from opsconsole.tables.served import Served
from opsconsole.tables.writer import Take

ALONE = 256 << 10
"""Fewer new bytes of a file are read in the feed's own thread: handing them over would cost more."""
MEANWHILE = 0.1
"""Seconds of long work between looks at what else has come."""
MODEST = 4 << 20
"""A file with more new bytes waits for its turn."""


@dataclass
class _Job:
    """A file that is being looked at."""

    served: Served
    entry: Entry
    result: Future[Outcome]


class Taker:
    """Lives in the feed's thread. `later` are paths that came during long work and had to wait for its end.

    `urgent` gives the hints that have come during long work, `visit` what has become of some files of a source.
    """

    def __init__(
        self,
        root: Path,
        committer: Committer,
        dues: Dues,
        stopping: Callable[[], bool],
        urgent: Callable[[], set[str]],
        visit: Callable[[Served, set[str]], Sighting],
    ) -> None:
        self._root = root
        self._committer = committer
        self._dues = dues
        self._stopping = stopping
        self._urgent = urgent
        self._visit = visit
        self._policies: Policies
        self._sources: Mapping[str, Served] = {}
        self._readers = Readers()
        self._ahead: deque[_Job] = deque()
        self._first_seen: dict[str, tuple[tuple[int, int, int, int, int], float]] = {}
        self._glanced = 0.0
        self.later: set[str] = set()
        self.next_id = 1

    def serve(self, sources: Mapping[str, Served], policies: Policies) -> None:
        """Take files of these sources."""
        self._sources = sources
        self._policies = policies

    def forget(self) -> None:
        """Drop what is being read; believe nothing."""
        self._ahead.clear()
        self._first_seen.clear()

    def end(self) -> bool:
        """Wait for what is being read, and end the readers' threads; False if nothing was long enough to need any."""
        return self._readers.end()

    def work(
        self, served: Served, found: Mapping[str, os.stat_result], gone: Iterable[str], between: bool = False
    ) -> None:
        """Bring the table up to date with some files of a source, and leave nothing uncommitted.

        `between`: amid other work, perhaps of the same source.
        """
        vanished = set(gone)
        if not between:
            served.restarted = False
            served.announce(found, self._committer.writer.columns[served.source.name].shadow)
        # New names first: a file that was renamed keeps its id, though another now has its old name.
        for path, status in sorted(found.items(), key=lambda item: item[0] in served.entries):
            if self._stopping() or served.restarted:
                break
            entry = served.entries.get(path)
            if entry is not None and entry.key == key_of(status) and not self._dues.is_due((entry.source, path)):
                continue
            if entry is None:
                entry = self._newcomer(served, path, status, vanished)
            if (at := self._policies.held(entry, status.st_size, status.st_mtime_ns)) is not None:
                self._dues.at[entry.source, path] = at
                continue
            self._look(served, entry, status, vanished)
        while self._ahead:
            self._finish(vanished)
        if not served.restarted and not self._stopping():
            for path in vanished:
                entry = served.entries.get(path)
                if entry is not None:
                    self._dues.forget((entry.source, path))
                    self._first_seen.pop(path, None)
                    if (at := self._policies.gone(served, entry)) is not None:
                        self._dues.at[entry.source, path] = at
        self._committer.flush()
        self._read_again(served, vanished)
        if not served.restarted and not between:
            served.work.end()

    def _meanwhile(self) -> None:
        """Amid long work: take what has come to other files, so that nobody waits for its end to see an append."""
        now = time.monotonic()
        if now < self._glanced + MEANWHILE:
            return
        hints = self._urgent()
        busy = {job.entry.path for job in self._ahead}
        self.later |= hints & busy
        if (hints - busy) & self._committer.gathered():  # else a new file would be met as one that nobody has seen
            self._committer.flush()
        outer, self._ahead = self._ahead, deque()
        try:
            for served in self._sources.values() if hints - busy else ():
                wanted = {path for path in hints - busy if any(p.matches(path) for p in served.patterns)}
                seen = self._visit(served, wanted)
                small = {p: s for p, s in seen.changed.items() if s.st_size - served.taken_of(p) < MODEST}
                self.later |= seen.changed.keys() - small.keys() | set(seen.gone)
                self._glanced = float("inf")  # not within itself
                self.work(served, small, (), between=True)
        finally:
            self._ahead = outer
            self._glanced = time.monotonic()

    def _newcomer(self, served: Served, path: str, status: os.stat_result, vanished: set[str]) -> Entry:
        """A path that is not in the ledger: a file under another name, or a new one."""
        old = served.inodes.get((status.st_dev, status.st_ino))
        shown = shown_path(self._root, path)
        if old is not None and intake.moved(served.source, old, path, status):
            while self._ahead:
                self._finish(vanished)
            self._committer.flush()  # what waits for the transaction may speak of the old name
            old = served.entries.get(old.path)
        if old is not None and intake.moved(served.source, old, path, status):
            entry = msgspec.structs.replace(old, path=path, shown=shown)
            vanished.discard(old.path)
            self._dues.forget((entry.source, old.path))
            self._committer.take(Take(entry), 0)
            self._committer.flush()
            served.drop(old.path)
            return entry
        back = self._policies.back(served, path, shown, (status.st_dev, status.st_ino))
        return back or Entry(self.number(), served.source.name, path, shown)

    def number(self) -> int:
        """An id for a new entry."""
        self.next_id += 1
        return self.next_id - 1

    def _look(self, served: Served, entry: Entry, status: os.stat_result, vanished: set[str]) -> None:
        """Look at one file: at once if little is new, else in a reader's thread, ahead of its transaction."""
        if status.st_size - entry.offset < ALONE:
            self._accept(served, entry, lambda: self._read(served, entry), vanished)
            return
        self._submit(served, entry)
        while len(self._ahead) >= AHEAD:
            self._finish(vanished)

    def _submit(self, served: Served, entry: Entry) -> None:
        self._ahead.append(_Job(served, entry, self._readers.submit(self._read, served, entry)))

    def _read(self, served: Served, entry: Entry, early: bool = True) -> Outcome:
        """Any thread. `early`: text may be parsed as what the table has. Raises FileNotFoundError."""
        kinds = self._committer.writer.columns[served.source.name].plain() if early else {}
        return intake.look(served.source, served.zone, entry, self._seen_for(entry), kinds)

    def _seen_for(self, entry: Entry) -> float:
        """Seconds since the stamps of a file were first seen as they are."""
        try:
            key = key_of(os.stat(entry.path))
        except OSError:
            return 0.0
        seen_key, since = self._first_seen.get(entry.path, (None, 0.0))
        if seen_key != key:
            since = time.monotonic()
            self._first_seen[entry.path] = (key, since)
        return time.monotonic() - since

    def _finish(self, vanished: set[str]) -> None:
        job = self._ahead.popleft()
        self._accept(job.served, job.entry, job.result.result, vanished)
        self._meanwhile()

    def _accept(self, served: Served, entry: Entry, result: Callable[[], Outcome], vanished: set[str]) -> None:
        """Take the outcome of a look, and read on where there is more."""
        try:
            outcome = result()
        except FileNotFoundError:
            if entry.path in served.entries:
                vanished.add(entry.path)
            return
        patience = served.source.settle + 1.0 if outcome.tail else None
        self._dues.schedule((entry.source, entry.path), outcome.due, patience)
        if outcome.take is None or served.restarted:
            return
        take = self._policies.replaced(served, outcome.take)
        if outcome.more and take is outcome.take:  # read on while this is being written
            self._submit(served, take.entry)
        if not self._committer.take(take, outcome.size):
            self._committer.again.append((entry.source, entry.path))

    def _read_again(self, served: Served, vanished: set[str]) -> None:
        """Files of which new bytes showed that the old ones were read wrongly, from their start."""
        again, self._committer.again[:] = set(self._committer.again), []
        for source, path in sorted(again):
            entry = served.entries.get(path)
            if source != served.source.name or self._stopping() or served.restarted:
                continue
            fresh = entry or Entry(self.number(), served.source.name, path, shown_path(self._root, path))
            fresh = msgspec.structs.replace(fresh, offset=0, prefix="", lines=0)
            self._accept(served, fresh, lambda fresh=fresh: self._read(served, fresh, early=False), vanished)  # type: ignore[misc]
            while self._ahead:
                self._finish(vanished)
            self._committer.flush()
