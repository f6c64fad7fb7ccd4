"""What the feed knows of its files, and the work of a turn: which to look at, and the transactions that follow."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

import duckdb
import msgspec

from opsconsole.site.model import Scan, Source
from opsconsole.tables import columns, intake, ledger
from opsconsole.tables.globs import Pattern
from opsconsole.tables.intake import Outcome, shown_path
from opsconsole.tables.ledger import Entry, key_of
from opsconsole.tables.lookout import Devices, Lookout, Sighting
from opsconsole.tables.store import Store
from opsconsole.tables.writer import Batch, RetypeError, Take, Writer

BATCH_FILES = 500
BATCH_BYTES = 8 << 20
AWAY = 5.0
"""Seconds until a file that was to be looked at, but cannot be seen, is looked for again."""
TRANSIENT = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.TransactionException,
    duckdb.FatalException,
    duckdb.ConnectionException,
    duckdb.InternalException,
    duckdb.InterruptException,
)
"""Errors of the database and its disk, not of what is written: they are tried again."""
_log = logging.getLogger(__name__)


class Served:
    """A source with its patterns, its zone, and its files by path."""

    def __init__(self, source: Source, root: Path, timezone: str) -> None:
        self.source = source
        self.zone = source.timezone or timezone
        self.patterns = [Pattern(root, text) for text in source.files]
        self.lookout = Lookout(self.patterns, polled=source.watch == "poll")
        self.entries: dict[str, Entry] = {}
        self.inodes: dict[tuple[int, int], Entry] = {}

    @property
    def definition(self) -> str:
        """What the table depends on: a change means building it anew."""
        bare = msgspec.structs.replace(
            self.source,
            title="",
            dimensions=(),
            settle=0.0,
            fresh_within=None,
            timezone=self.zone,
            watch="events",
            scan=Scan(),
        )
        return msgspec.json.encode(bare).decode()

    def keep(self, entry: Entry) -> None:
        """Remember an entry as it now stands in the ledger."""
        self.drop(entry.path)
        self.entries[entry.path] = entry
        self.inodes[entry.dev, entry.ino] = entry

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
        if entry is not None and self.inodes.get((entry.dev, entry.ino)) is entry:
            del self.inodes[entry.dev, entry.ino]


class Keeper:
    """Lives in the feed's thread. `scanned` is the monotonic time of the last full scan."""

    def __init__(self, store: Store, root: Path, stopping: Callable[[], bool], on_change: Callable[[], None]) -> None:
        self._store = store
        self._root = Path(os.path.realpath(root))
        self._stopping = stopping
        self._on_change = on_change
        self._cursor = store.cursor()
        self._writer = Writer(self._cursor)
        self._served: dict[str, Served] = {}
        self._due: dict[tuple[str, str], float] = {}
        self._tails: dict[tuple[str, str], float] = {}
        self._first_seen: dict[str, tuple[tuple[int, int, int, int, int], float]] = {}
        self._next_id = 1
        self._batch = Batch()
        self.scanned = float("-inf")
        self._devices: Devices | None = None

    def close(self) -> None:
        """Give the cursor back."""
        self._cursor.close()

    def serve(self, sources: Mapping[str, Source], timezone: str) -> None:
        """Take on sources: drop tables that nobody defines any more or that are defined otherwise. duckdb.Error."""
        self._served = {name: Served(source, self._root, timezone) for name, source in sources.items()}
        stored = dict(self._cursor.execute("SELECT source, definition FROM _ops.sources").fetchall())
        wanted = {name: served.definition for name, served in self._served.items()}
        if stored != wanted:
            self._cursor.execute("BEGIN")
            for name in stored:
                if wanted.get(name) != stored[name]:
                    columns.drop(self._cursor, name)
            self._cursor.execute("DELETE FROM _ops.sources")
            for name, definition in wanted.items():
                self._cursor.execute("INSERT INTO _ops.sources VALUES (?, ?)", [name, definition])
            self._cursor.execute("COMMIT")
            self._store.committed()
        self._writer.serve([(served.source, served.zone) for served in self._served.values()])
        self._load()

    def _load(self) -> None:
        entries = ledger.load(self._cursor)
        self._due.clear()
        self._tails.clear()
        for served in self._served.values():
            served.entries.clear()
            served.inodes.clear()
        for entry in entries:
            self._served[entry.source].keep(entry)
            self._next_id = max(self._next_id, entry.id + 1)
            if entry.racy or entry.tail == "waiting" or entry.status == "waiting":
                self._due[entry.source, entry.path] = 0.0
        self._first_seen.clear()

    def recover(self, reopen: bool) -> None:
        """Come back to what the database holds after an error; nothing in memory is believed."""
        self._batch = Batch()
        try:
            if reopen:
                self._store.reopen()
                self._cursor = self._store.cursor()
                self._writer = Writer(self._cursor)
                self._writer.serve([(served.source, served.zone) for served in self._served.values()])
            else:
                self._rollback()
                self._writer.reload()
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
            devices = self._known_devices()
            found = served.lookout.survey(served.entries, self._due_now(name), devices, self._stopping)
            if found is None:
                return costs
            self._find(served, found)
            costs[name] = found.cost
        self._flush()
        self._known_devices().save(self._cursor)
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
        self._flush()
        return doubtful

    def glance(self, name: str) -> tuple[float, bool]:
        """Look at a source's files that changed lately: CPU seconds, and whether it needs a full scan. duckdb.Error."""
        served = self._served[name]
        found = served.lookout.glance(served.entries)
        self._find(served, found)
        self._flush()
        return found.cost, found.doubt

    def troubles(self) -> dict[str, str]:
        """By source: which of its folders cannot be read, and why. The files that lie there are kept as they were."""
        return {name: text for name, served in self._served.items() if (text := served.lookout.trouble(self._root))}

    def absent(self) -> dict[str, str]:
        """By source: which of its folders are not there."""
        return {name: text for name, served in self._served.items() if (text := served.lookout.absent(self._root))}

    def _find(self, served: Served, found: Sighting) -> None:
        if found.changed or found.gone:
            self._work(served, found.changed, found.gone)

    def _due_now(self, name: str) -> set[str]:
        now = time.time()
        return {path for (source, path), at in self._due.items() if source == name and at <= now}

    def _known_devices(self) -> Devices:
        if self._devices is None:
            self._devices = Devices.load(self._cursor)
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
        return self.scanned == float("-inf") or any(held)

    # --- doing it ----------------------------------------------------------------------------------------------

    def _work(self, served: Served, found: Mapping[str, os.stat_result], gone: Iterable[str]) -> None:
        now = time.time()
        vanished = set(gone)
        # New names first: a file that was renamed keeps its id, though another now has its old name.
        for path, status in sorted(found.items(), key=lambda item: item[0] in served.entries):
            if self._stopping():
                return
            entry = served.entries.get(path)
            if entry is not None and entry.key == key_of(status) and self._due.get((entry.source, path), now + 1) > now:
                continue
            if entry is None:
                entry = self._newcomer(served, path, status, vanished)
            self._take(served, entry, status, vanished)
        for path in vanished:
            entry = served.entries.get(path)
            if entry is not None:
                self._batch.gone.append(entry)
                self._full()

    def _newcomer(self, served: Served, path: str, status: os.stat_result, vanished: set[str]) -> Entry:
        """A path that is not in the ledger: a file under another name, or a new one."""
        old = served.inodes.get((status.st_dev, status.st_ino))
        shown = shown_path(self._root, path)
        if old is not None and intake.moved(old, path, status):
            self._flush()  # what waits for the transaction may speak of the old name
        if old is not None and served.entries.get(old.path) is old and intake.moved(old, path, status):
            entry = msgspec.structs.replace(old, path=path, shown=shown)
            vanished.discard(old.path)
            served.drop(old.path)
            self._forget(entry.source, old.path)
            self._batch.takes.append(Take(entry))
            return entry
        number = self._next_id
        self._next_id += 1
        return Entry(number, served.source.name, path, shown)

    def _take(self, served: Served, entry: Entry, status: os.stat_result, vanished: set[str]) -> None:
        """Look at one file until it is read to its end."""
        where = (entry.source, entry.path)
        while True:
            key = key_of(status)
            seen_key, since = self._first_seen.get(entry.path, (None, 0.0))
            if seen_key != key:
                since = time.monotonic()
                self._first_seen[entry.path] = (key, since)
            try:
                outcome = intake.look(served.source, served.zone, entry, time.monotonic() - since)
            except FileNotFoundError:
                if entry.path in served.entries:
                    vanished.add(entry.path)
                return
            self._schedule(where, served, outcome)
            if outcome.take is None:
                return
            if self._batch.takes and self._batch.takes[-1].entry.id == entry.id:
                self._batch.takes.pop()  # its new name: the new entry says that too
            self._batch.takes.append(outcome.take)
            self._batch.bytes += outcome.size
            if not outcome.more:
                self._full()
                return
            entry = outcome.take.entry
            self._flush()
            if served.entries.get(entry.path) is not entry or self._stopping():
                return

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

    def _full(self) -> None:
        if len(self._batch.takes) + len(self._batch.gone) >= BATCH_FILES or self._batch.bytes >= BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        """Write what has gathered, in one transaction; where that fails for what is in it, file by file."""
        batch, self._batch = self._batch, Batch()
        if not batch:
            return
        try:
            self._commit(batch)
        except RetypeError as retype:
            self._retype(retype)
            self._batch = Batch(
                [take for take in batch.takes if take.entry.source != retype.source],
                [entry for entry in batch.gone if entry.source != retype.source],
            )
            self._flush()
        except TRANSIENT:
            raise
        except duckdb.Error as error:
            self._apart(batch, error)

    def _apart(self, batch: Batch, error: duckdb.Error) -> None:
        """One file that the database refuses must not hold up the others."""
        if len(batch.takes) + len(batch.gone) > 1:
            for entry in batch.gone:
                self._batch = Batch(gone=[entry])
                self._flush()
            for take in batch.takes:
                self._batch = Batch([take])
                self._flush()
            return
        if not batch.takes or batch.takes[0].piece is None:
            raise error
        _log.error("%s: %s", batch.takes[0].entry.path, error)
        take = batch.takes[0]
        reason = f"the database refuses it: {str(error).splitlines()[0]}"
        known = self._served[take.entry.source].entries.get(take.entry.path)
        entry = msgspec.structs.replace(
            known or Entry(take.entry.id, take.entry.source, take.entry.path, take.entry.shown),
            dev=take.entry.dev, ino=take.entry.ino, size=take.entry.size, mtime_ns=take.entry.mtime_ns,
            ctime_ns=take.entry.ctime_ns, status="failed", reason=reason[:500],
        )  # fmt: skip
        self._commit(Batch([Take(entry)]))

    def _commit(self, batch: Batch) -> None:
        try:
            self._cursor.execute("BEGIN")
            self._writer.write(batch)
            self._cursor.execute("COMMIT")
        except BaseException:
            self._rollback()
            self._writer.reload()
            raise
        seen = bool(batch.gone) or not all(self._served[t.entry.source].stamps_alone(t) for t in batch.takes)
        for entry in batch.gone:
            self._served[entry.source].drop(entry.path)
            self._forget(entry.source, entry.path)
            self._first_seen.pop(entry.path, None)
        for take in batch.takes:
            self._served[take.entry.source].keep(take.entry)
        if seen:
            self._store.committed()
            self._on_change()

    def _rollback(self) -> None:
        try:
            self._cursor.execute("ROLLBACK")
        except duckdb.Error as error:
            _log.debug("nothing to roll back: %s", error)

    def _retype(self, retype: RetypeError) -> None:
        """Make a source's table anew with a column as text: all its files are read again."""
        _log.info("%s: column %s is text after all", retype.source, retype.column)
        self._cursor.execute("BEGIN")
        columns.drop(self._cursor, retype.source, forced=False)
        columns.force_text(self._cursor, retype.source, retype.column)
        self._cursor.execute("COMMIT")
        self._writer.reload()
        served = self._served[retype.source]
        served.entries.clear()
        served.inodes.clear()
        self._store.committed()
        self.scanned = float("-inf")
