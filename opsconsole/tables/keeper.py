"""What the feed knows of its files, and the work of a turn: which to look at, and the transactions that follow."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import duckdb
import msgspec

from opsconsole.site.model import Source
from opsconsole.tables import columns, intake, ledger
from opsconsole.tables.committer import Committer
from opsconsole.tables.intake import Outcome, shown_path
from opsconsole.tables.ledger import Entry, key_of
from opsconsole.tables.lookout import Devices, Sighting
from opsconsole.tables.policies import Policies
from opsconsole.tables.readers import AHEAD, Readers
from opsconsole.tables.records import Progress
from opsconsole.tables.served import Served
from opsconsole.tables.store import Store
from opsconsole.tables.writer import Take

ALONE = 256 << 10
"""Fewer new bytes of a file are read in the feed's own thread: handing them over would cost more."""
SPARED = 20
"""A table is not made anew more often than so many times as long as that takes."""
AWAY = 5.0
"""Seconds until a file that was to be looked at, but cannot be seen, is looked for again."""
_log = logging.getLogger(__name__)


@dataclass
class _Job:
    """A file that is being looked at."""

    served: Served
    entry: Entry
    result: Future[Outcome]


class Keeper:
    """Lives in the feed's thread. `scanned` is the monotonic time of the last full scan."""

    def __init__(
        self,
        store: Store,
        root: Path,
        stopping: Callable[[], bool],
        on_change: Callable[[], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._root = Path(os.path.realpath(root))
        self._stopping = stopping
        self._on_change = on_change
        self._served: dict[str, Served] = {}
        self._committer = Committer(store, self._served, on_change)
        self._readers = Readers()
        self._ahead: deque[_Job] = deque()
        self._due: dict[tuple[str, str], float] = {}
        self._tails: dict[tuple[str, str], float] = {}
        self._first_seen: dict[str, tuple[tuple[int, int, int, int, int], float]] = {}
        self._next_id = 1
        self.scanned = float("-inf")
        self._devices: Devices | None = None
        self.policies = Policies(store, self._committer, self._served, self._number, now)

    def close(self) -> None:
        """Wait for what is being read, and give the cursor back."""
        self._readers.end()
        self._committer.close()

    def serve(self, sources: Mapping[str, Source], timezone: str, disk: int | None = None) -> None:
        """Take on sources: drop tables that nobody defines any more or that are defined otherwise. duckdb.Error."""
        self._served.clear()
        self._served.update({name: Served(source, self._root, timezone) for name, source in sources.items()})
        cursor = self._committer.cursor
        stored = dict(cursor.execute("SELECT source, definition FROM _ops.sources").fetchall())
        wanted = {name: served.definition for name, served in self._served.items()}
        if stored != wanted:
            cursor.execute("BEGIN")
            for name in stored:
                if wanted.get(name) != stored[name]:
                    columns.drop(cursor, name)
            cursor.execute("DELETE FROM _ops.sources")
            for name, definition in wanted.items():
                cursor.execute("INSERT INTO _ops.sources VALUES (?, ?)", [name, definition])
            cursor.execute("COMMIT")
            self._store.committed()
        self._committer.serve()
        self._load()
        self.policies.allow(disk)

    def _load(self) -> None:
        entries = ledger.load(self._committer.cursor)
        self._ahead.clear()
        self._due.clear()
        self._tails.clear()
        for served in self._served.values():
            served.clear()
        for entry in entries:
            self._served[entry.source].keep(entry)
            self._next_id = max(self._next_id, entry.id + 1)
            waits = entry.racy or entry.tail == "waiting" or entry.status == "waiting"
            if waits and entry.status != "archived":
                self._due[entry.source, entry.path] = 0.0
        self._first_seen.clear()

    def recover(self, reopen: bool) -> None:
        """Come back to what the database holds after an error; nothing in memory is believed."""
        try:
            if reopen:
                self._store.reopen()
                self._committer.reopen()
            self._committer.forget()
            self._load()
        except duckdb.Error as error:
            _log.warning("the database does not come back yet: %s", error)

    # --- finding work ------------------------------------------------------------------------------------------

    def bases(self) -> dict[str, bool]:
        """Folders to watch; True: with everything below."""
        result: dict[str, bool] = {}
        for served in self._served.values():
            for pattern in served.patterns if served.source.watch == "events" else ():
                result[pattern.base] = result.get(pattern.base, False) or pattern.deep
        return result

    def shown(self, path: str) -> str:
        """A path as people see it."""
        return shown_path(self._root, path)

    def progress(self) -> list[Progress]:
        """Long work that is going on, by source. Any thread may ask."""
        seen = [served.work.seen() for served in list(self._served.values())]
        return [each for each in seen if each is not None]

    def sources_at(self, folder: str) -> list[str]:
        """The sources that may have files in a folder, or below it."""
        return [name for name, served in self._served.items() if any(p.touches(folder) for p in served.patterns)]

    def scan(self, names: Collection[str] | None = None) -> dict[str, float]:
        """Look for every file of these (of all) sources; gives the CPU seconds that each took. Raises duckdb.Error."""
        self.scanned = time.monotonic()
        costs: dict[str, float] = {}
        for name, served in self._served.items():
            if names is not None and name not in names:
                continue
            self._due |= {(name, path): 0.0 for path in self.policies.age(served)}
            devices = self._known_devices()
            found = served.lookout.survey(served.entries, self._due_now(name), devices, self._stopping)
            if found is None:
                return costs
            self._find(served, found)
            if not served.restarted and not self._stopping():
                self.policies.settle(served)
            self._weigh(served)
            costs[name] = found.cost
        self._known_devices().save(self._committer.cursor)
        return costs

    def follow(self, hints: Iterable[str]) -> list[str]:
        """Look at the files that hints name, and at those that are due. Raises duckdb.Error.

        Gives the sources that need a full scan, because what was seen can be told by that alone.
        """
        paths, doubtful = set(hints), []
        for name, served in self._served.items():
            due = self._due_now(name)
            wanted = due | {path for path in paths if any(p.matches(path) for p in served.patterns)}
            if not wanted:
                continue
            found = served.lookout.visit(wanted, served.entries, self._known_devices())
            for path in wanted - found.changed.keys() - set(found.gone):
                if path not in served.entries:
                    self._due.pop((name, path), None)
                elif (name, path) in self._due:  # it cannot be seen now: a full scan shall say why
                    self._due[name, path] = time.time() + AWAY
            if found.doubt:
                doubtful.append(name)
            self._find(served, found)
        return doubtful

    def glance(self, name: str) -> tuple[float, bool]:
        """Look at a source's files that changed lately: CPU seconds, and whether it needs a full scan. duckdb.Error."""
        served = self._served[name]
        found = served.lookout.glance(served.entries)
        self._find(served, found)
        return found.cost, found.doubt

    def troubles(self) -> dict[str, str]:
        """By source: which of its folders cannot be read, and why. The files that lie there are kept as they were."""
        found = {name: text for name, served in self._served.items() if (text := served.lookout.trouble(self._root))}
        return self.policies.troubles | found

    def absent(self) -> dict[str, str]:
        """By source: which of its folders are not there."""
        return {name: text for name, served in self._served.items() if (text := served.lookout.absent(self._root))}

    def _find(self, served: Served, found: Sighting) -> None:
        self.policies.judge()
        if found.changed or found.gone:
            self._work(served, found.changed, found.gone)
            self._readers.end()

    def _due_now(self, name: str) -> set[str]:
        now = time.time()
        return {path for (source, path), at in self._due.items() if source == name and at <= now}

    def _known_devices(self) -> Devices:
        if self._devices is None:
            self._devices = Devices.load(self._committer.cursor)
        return self._devices

    def next_due(self) -> float:
        """Seconds until a file must be looked at again, a hint or not."""
        return min(self._due.values(), default=float("inf")) - time.time() if self._due else float("inf")

    def unsettled(self) -> bool:
        """Whether a file's last record may still be being written, or is being retried."""
        now = time.time()
        # A tail whose look is due has not had its chance yet, however long the turn before took; one that only ever
        # grows has had it, and holds nothing up.
        held = (until > now or self._due.get(where, now + 1) <= now for where, until in self._tails.items())
        return (bool(self._served) and self.scanned == float("-inf")) or any(held)

    def retry(self, source: str = "", path: str = "") -> None:
        """Have files of a source, or all, read again from their start: those named, else those that gave trouble."""
        for served in self._served.values():
            if source and served.source.name != source:
                continue
            self._due |= {(served.source.name, path): 0.0 for path in served.ask_again(path)}

    # --- doing it ----------------------------------------------------------------------------------------------

    def _work(self, served: Served, found: Mapping[str, os.stat_result], gone: Iterable[str]) -> None:
        """Bring the table up to date with some files of a source, and leave nothing uncommitted."""
        served.restarted = False
        vanished = set(gone)
        served.announce(found, self._committer.writer.columns[served.source.name].shadow)
        # New names first: a file that was renamed keeps its id, though another now has its old name.
        for path, status in sorted(found.items(), key=lambda item: item[0] in served.entries):
            if self._stopping() or served.restarted:
                break
            entry = served.entries.get(path)
            if entry is not None and not self._is_due(entry, status):
                continue
            if entry is None:
                entry = self._newcomer(served, path, status, vanished)
            if (at := self.policies.held(entry, status.st_size, status.st_mtime_ns)) is not None:
                self._due[entry.source, path] = at
                continue
            self._look(served, entry, status, vanished)
        while self._ahead:
            self._finish(vanished)
        if not served.restarted and not self._stopping():
            for path in vanished:
                entry = served.entries.get(path)
                if entry is not None:
                    self._forget(entry.source, path)
                    self._first_seen.pop(path, None)
                    if (at := self.policies.gone(served, entry)) is not None:
                        self._due[entry.source, path] = at
        self._committer.flush()
        self._read_again(served, vanished)
        if served.restarted:
            self.scanned = float("-inf")
        else:
            served.work.end()

    def _is_due(self, entry: Entry, status: os.stat_result) -> bool:
        now = time.time()
        return entry.key != key_of(status) or self._due.get((entry.source, entry.path), now + 1) <= now

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
            self._forget(entry.source, old.path)
            self._committer.take(Take(entry), 0)
            self._committer.flush()
            served.drop(old.path)
            return entry
        back = self.policies.back(served, path, shown, (status.st_dev, status.st_ino))
        return back or Entry(self._number(), served.source.name, path, shown)

    def _number(self) -> int:
        """An id for a new entry."""
        self._next_id += 1
        return self._next_id - 1

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

    def _accept(self, served: Served, entry: Entry, result: Callable[[], Outcome], vanished: set[str]) -> None:
        """Take the outcome of a look, and read on where there is more."""
        try:
            outcome = result()
        except FileNotFoundError:
            if entry.path in served.entries:
                vanished.add(entry.path)
            return
        self._schedule((entry.source, entry.path), served, outcome)
        if outcome.take is None or served.restarted:
            return
        take = self.policies.replaced(served, outcome.take)
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
            fresh = entry or Entry(self._number(), served.source.name, path, shown_path(self._root, path))
            fresh = msgspec.structs.replace(fresh, offset=0, prefix="", lines=0)
            self._accept(served, fresh, lambda fresh=fresh: self._read(served, fresh, early=False), vanished)  # type: ignore[misc]
            while self._ahead:
                self._finish(vanished)
            self._committer.flush()

    def _weigh(self, served: Served) -> None:
        """After a scan: show a table that was made anew, or see whether one has to be."""
        if served.restarted or self._stopping():
            return
        table = self._committer.writer.columns[served.source.name]
        if table.shadow:
            self._committer.end_shadow(served)
        if not served.changed or time.monotonic() < served.rebuilt_at + SPARED * served.rebuild_took:
            return
        served.changed = False
        why = table.outgrown()
        if why:
            self._committer.begin_shadow(served.source.name, why)
            self.scanned = float("-inf")

    def _schedule(self, where: tuple[str, str], served: Served, outcome: Outcome) -> None:
        if outcome.due is None:
            self._forget(*where)
            return
        self._due[where] = outcome.due
        if outcome.tail:
            self._tails.setdefault(where, time.time() + served.source.settle + 1.0)
        else:
            self._tails.pop(where, None)

    def _forget(self, source: str, path: str) -> None:
        self._due.pop((source, path), None)
        self._tails.pop((source, path), None)
