"""What the feed knows of its files, and the work of a turn: which to look at, and the transactions that follow."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

import duckdb

from opsconsole.site.model import Source
from opsconsole.tables import columns, derived, ledger
from opsconsole.tables.committer import Committer
from opsconsole.tables.dues import Dues
from opsconsole.tables.folders.lookout import Devices, Sighting
from opsconsole.tables.intake import shown_path
from opsconsole.tables.policies import Policies
from opsconsole.tables.records import Progress
from opsconsole.tables.served import Served
from opsconsole.tables.store import Store
from opsconsole.tables.taking import Taker

SPARED = 20
"""A table is not made anew more often than so many times as long as that takes, unless it takes less than `QUICK`."""
QUICK = 2.0
AWAY = 5.0
"""Seconds until a file that was to be looked at, but cannot be seen, is looked for again."""
REFUSED = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.TransactionException)
"""What the database may say of one source's rows while others go on."""
_log = logging.getLogger(__name__)


class Keeper:
    """Lives in the feed's thread. `scanned` is the monotonic time of the last full scan.

    `urgent` gives the hints that have come during long work.
    """

    def __init__(
        self,
        store: Store,
        root: Path,
        stopping: Callable[[], bool],
        on_change: Callable[[], None],
        now: Callable[[], float] = time.time,
        urgent: Callable[[], set[str]] = set,
    ) -> None:
        self._store = store
        self._root = Path(os.path.realpath(root))
        self._stopping = stopping
        self._on_change = on_change
        self._served: dict[str, Served] = {}
        self._committer = Committer(store, self._served, on_change)
        self._dues = Dues()
        self._refused: dict[str, tuple[str, int]] = {}
        self.scanned = float("-inf")
        self._devices: Devices | None = None
        self._taker = Taker(self._root, self._committer, self._dues, stopping, urgent, self._visit)
        self.policies = Policies(store, self._committer, self._served, self._taker.number, now)
        self._taker.serve(self._served, self.policies)

    def close(self) -> None:
        """Wait for what is being read, and give the cursor back."""
        self._taker.end()
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
            derived.make_room(cursor, wanted)
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
        self._taker.forget()
        self._dues.clear()
        for served in self._served.values():
            served.clear()
        for entry in entries:
            self._served[entry.source].keep(entry)
            self._taker.next_id = max(self._taker.next_id, entry.id + 1)
            waits = entry.racy or entry.tail == "waiting" or entry.status == "waiting"
            if waits and entry.status != "archived":
                self._dues.at[entry.source, entry.path] = 0.0

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
            self._dues.at |= {(name, path): 0.0 for path in self.policies.age(served)}
            devices = self._known_devices()
            found = served.lookout.survey(served.entries, self._dues.now(name), devices, self._stopping)
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
        paths, doubtful = self._taker.later | set(hints), []
        self._taker.later = set()
        for name, served in self._served.items():
            due = self._dues.now(name)
            wanted = due | {path for path in paths if any(p.matches(path) for p in served.patterns)}
            if not wanted:
                continue
            found = self._visit(served, wanted)
            for path in wanted - found.changed.keys() - set(found.gone):
                if path not in served.entries:
                    self._dues.forget((name, path))
                elif (name, path) in self._dues.at:  # it cannot be seen now: a full scan shall say why
                    self._dues.at[name, path] = time.time() + AWAY
            if found.doubt:
                doubtful.append(name)
            self._find(served, found)
        return doubtful

    def _visit(self, served: Served, paths: set[str]) -> Sighting:
        return served.lookout.visit(paths, served.entries, self._known_devices())

    def glance(self, name: str) -> tuple[float, bool]:
        """Look at a source's files that changed lately: CPU seconds, and whether it needs a full scan. duckdb.Error."""
        served = self._served[name]
        found = served.lookout.glance(served.entries)
        self._find(served, found)
        return found.cost, found.doubt

    def troubles(self) -> dict[str, str]:
        """By source: which of its folders cannot be read, and why. The files that lie there are kept as they were."""
        found = {name: text for name, served in self._served.items() if (text := served.lookout.trouble(self._root))}
        return self.policies.troubles | found | {name: text for name, (text, _) in self._refused.items()}

    def absent(self) -> dict[str, str]:
        """By source: which of its folders are not there."""
        return {name: text for name, served in self._served.items() if (text := served.lookout.absent(self._root))}

    def _find(self, served: Served, found: Sighting) -> None:
        """Do what was found to do; a source that the database refuses waits, the others go on. Raises duckdb.Error."""
        self.policies.judge()
        if not found.changed and not found.gone:
            return
        name = served.source.name
        try:
            self._taker.work(served, found.changed, found.gone)
            self._refused.pop(name, None)
            if any(each.restarted for each in self._served.values()):  # this one, or one looked at meanwhile
                self.scanned = float("-inf")
        except REFUSED as error:
            if self._store.damaged(error):
                raise
            self._taker.forget()
            self._committer.forget()
            _log.warning("%s: %s", name, error)
            tries = self._refused.get(name, ("", 0))[1] + 1
            self._refused[name] = (f"the tables cannot be written: {str(error).splitlines()[0]}", tries)
            at = time.time() + min(0.5 * 2**tries, 30.0)
            self._dues.at |= {(name, path): at for path in (*found.changed, *found.gone)}
        finally:
            if self._taker.end():
                self._store.slim()

    def _known_devices(self) -> Devices:
        if self._devices is None:
            self._devices = Devices.load(self._committer.cursor)
        return self._devices

    def next_due(self) -> float:
        """Seconds until a file must be looked at again, a hint or not."""
        return 0.0 if self._taker.later else self._dues.next()

    def unsettled(self) -> bool:
        """Whether a file's last record may still be being written, or is being retried."""
        first = bool(self._served) and self.scanned == float("-inf")
        return first or bool(self._refused) or bool(self._taker.later) or self._dues.held()

    def retry(self, source: str = "", path: str = "") -> None:
        """Have files of a source, or all, read again from their start: those named, else those that gave trouble."""
        for served in self._served.values():
            if source and served.source.name != source:
                continue
            self._dues.at |= {(served.source.name, path): 0.0 for path in served.ask_again(path)}

    # --- new tables ----------------------------------------------------------------------------------------------

    def _weigh(self, served: Served) -> None:
        """After a scan: show a table that was made anew, or see whether one has to be."""
        if served.restarted or self._stopping():
            return
        table = self._committer.writer.columns[served.source.name]
        if table.shadow:
            self._committer.end_shadow(served)
        spared = SPARED * served.rebuild_took if served.rebuild_took > QUICK else 0.0
        if not served.changed or time.monotonic() < served.rebuilt_at + spared:
            return
        served.changed = False
        why = table.outgrown()
        if why:
            self._committer.begin_shadow(served.source.name, why)
            self.scanned = float("-inf")
