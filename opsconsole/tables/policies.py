"""What the site says about keeping rows, put into effect between the transactions of the feed.

Rows of files that are gone and shall be kept move into an archive, and come back from it; rows that grow too old leave;
new rows wait while the disk budget is used up.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import msgspec

from opsconsole.tables import archive, budget, columns, ledger, restore, retention, rotation, touched
from opsconsole.tables.archive import ArchiveError
from opsconsole.tables.changes import Changes
from opsconsole.tables.committer import Committer
from opsconsole.tables.ledger import Entry
from opsconsole.tables.retention import Leaving
from opsconsole.tables.served import Served
from opsconsole.tables.store import Store
from opsconsole.tables.writer import Take

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RETRY = 15.0
"""Seconds until an archive that could not be written is tried again."""
_JUDGED = 30.0
_JUDGED_BUSY = 2.0
"""Seconds for which a look at the disk holds good: at rest, and while rows come or wait."""
_log = logging.getLogger(__name__)


class Policies:
    """Lives in the feed's thread. `number` gives ids for entries, `now` is the wall clock in seconds.

    `verdict` is that on the disk, `troubles` says by source what is wrong with its archives.
    """

    def __init__(
        self,
        store: Store,
        committer: Committer,
        served: Mapping[str, Served],
        number: Callable[[], int],
        now: Callable[[], float],
        disk: int | None = None,
    ) -> None:
        self.disk = disk
        self.verdict = budget.Verdict()
        self.troubles: dict[str, str] = {}
        self._store = store
        self._state = store.path.parent
        self._committer = committer
        self._served = served
        self._number = number
        self._now = now
        self._judged = float("-inf")
        self._version = 0
        self._compared: set[tuple[object, ...]] = set()

    # --- files that are gone ---------------------------------------------------------------------------------------

    def gone(self, served: Served, entry: Entry) -> float | None:
        """Deal with a file that is no more; the moment of the next try (wall clock) where that has to wait.

        Raises duckdb.Error.
        """
        if served.source.on_delete == "drop":
            self._committer.gone(entry)
            return None
        self._committer.flush()
        known = served.entries.get(entry.path)
        if known is None or self.away(served, known):
            return None
        return time.time() + RETRY

    def away(self, served: Served, entry: Entry) -> bool:
        """Put what was taken from a file into its archive; False if that has to wait, which the ledger then says.

        A file of which nothing was taken is forgotten. Raises duckdb.Error.
        """
        table, kept = self._held_in(served, entry)
        if not (kept.rows or kept.rejected or kept.expired):
            self._committer.gone(entry)
            return True
        try:
            archive.write(self._committer.cursor, table, kept, self._names(served, table), self._state)
        except OSError as error:
            text = f"it is gone; its rows stay until they can be archived: {error.strerror or error}"
            at = time.time() + RETRY
            waiting = msgspec.structs.replace(entry, status="waiting", reason=text, retry_at=at, tries=entry.tries + 1)
            self._committer.take(Take(waiting), 0)
            self._committer.flush()
            return False
        reason = kept.reason if kept is not entry else ""
        done = msgspec.structs.replace(kept, status="archived", reason=reason, retry_at=None, tries=0, racy=False)
        self._committer.take(Take(done), 0)
        self._committer.flush()
        return True

    def _held_in(self, served: Served, entry: Entry) -> tuple[str, Entry]:
        """The table that holds a file's rows: while a shadow is filled that may be the old one."""
        table = self._committer.writer.columns[served.source.name]
        if not table.shadow or entry.offset:
            return table.table, entry
        old = columns.table_name(served.source)
        count = self._committer.cursor.execute(f"SELECT count(*) FROM {old} WHERE _file = ?", [entry.id]).fetchall()[0][
            0
        ]
        return old, msgspec.structs.replace(entry, rows=count, reason=columns.UNREAD)

    def _names(self, served: Served, table: str) -> list[str]:
        known = self._committer.writer.columns[served.source.name]
        if table == known.table:
            return [column.name for column in known.known.values()]
        schema = columns.schemas(self._committer.cursor).get(served.source.name, {})
        return [name for name in schema if name not in ("_file", "_line", "_time")]

    def replaced(self, served: Served, take: Take) -> Take:
        """What to commit of a file that was read from its start: its old content may have moved away, and is archived.

        Raises duckdb.Error.
        """
        known = served.entries.get(take.entry.path)
        if take.fresh:
            self._twice(served, take.entry)
        if not take.fresh or served.source.on_delete == "drop" or known is None or known.id != take.entry.id:
            return take
        if not known.offset or not (known.rows or known.rejected) or self._begins_with(known, known.path, served):
            return take
        if rotation.elsewhere(known, lambda path: any(p.matches(path) for p in served.patterns), _full(served)) is None:
            return take
        if not self.away(served, known):
            return Take(served.entries[known.path])
        take.entry = msgspec.structs.replace(take.entry, id=self._number(), generation=1)
        return take

    # --- files that are back ---------------------------------------------------------------------------------------

    def back(self, served: Served, path: str, shown: str, place: tuple[int, int]) -> Entry | None:
        """The entry of a new file that was archived; `place` is its device and inode. Raises duckdb.Error."""
        for old in served.archived_at(path, place):
            if not self._begins_with(old, path, served):
                continue
            if old.reason == columns.UNREAD:
                self._drop([old])
                continue
            entry = msgspec.structs.replace(old, path=path, shown=shown, status="ready")
            self._committer.take(Take(entry), 0)
            self._committer.flush()
            self._remove(old)  # only now: killed before, the archive is found to be superfluous
            return entry
        return None

    def _twice(self, served: Served, entry: Entry) -> None:
        """A known file with the content of an archived one by now: the rows from the archive leave with the same step.

        The archive itself is found to be superfluous once the file has been taken.
        """
        for old in served.archived_at(entry.path, (entry.dev, entry.ino)):
            if self._begins_with(old, entry.path, served):
                self._committer.gone(old)

    def _begins_with(self, entry: Entry, path: str, served: Served) -> bool:
        try:
            return archive.returned(entry, path, _full(served))
        except OSError as error:
            _log.debug("%s: %s", path, error)
            return False

    def settle(self, served: Served) -> None:
        """After all files were looked at: unknown archives are read, superfluous ones go. Raises duckdb.Error."""
        name = served.source.name
        self.troubles.pop(name, None)
        if served.source.on_delete == "drop":
            for old in served.archived():  # the table follows the folder now; the archives themselves stay
                self._committer.gone(old)
            self._committer.flush()
            return
        said: list[str] = []
        try:
            cutoff = self._committer.writer.columns[name].cutoff
            spent = retention.spent(served.archived(), cutoff) if cutoff is not None else []
            self._drop([*spent, *(old for old in served.archived() if self._covered(served, old))])
            known = {archive.file_name(old) for old in served.archived() if old.reason != columns.UNREAD}
            for path in archive.listing(self._state, name):
                if path.name not in known and not served.restarted:
                    said += self._adopted(served, path)
        except OSError as error:
            said.append(f"its archives cannot be read: {error.strerror or error}")
        if said:
            self.troubles[name] = said[0] + (f" (and {len(said) - 1} more)" if len(said) > 1 else "")

    def _adopted(self, served: Served, path: Path) -> list[str]:
        """Why an archive could not be taken, if it could not."""
        try:
            self._adopt(served, path)
        except OSError as error:
            return [f"the archive {path} cannot be read: {error.strerror or error}"]
        except ArchiveError as error:
            return [str(error)]
        return []

    def _drop(self, entries: list[Entry]) -> None:
        """Forget archived files, and after that their archives."""
        for old in entries:
            self._committer.gone(old)
        self._committer.flush()
        for old in entries:
            self._remove(old)

    def _remove(self, entry: Entry) -> None:
        try:
            archive.remove(archive.folder(self._state, entry.source) / archive.file_name(entry))
        except OSError as error:  # found to be superfluous with the next scan
            _log.warning("the archive of %s cannot be removed: %s", entry.shown, error)

    def _covered(self, served: Served, entry: Entry) -> bool:
        """Whether a live file holds the content of an archived one. A comparison is made once."""
        near = served.live_at(entry.path, (entry.dev, entry.ino))
        if not near:
            return False
        mark = (entry.id, *((live.id, live.key, live.offset) for live in near))
        if mark in self._compared:
            return False
        if archive.covered(entry, {live.path: live for live in near}, _full(served)):
            return True
        self._compared.add(mark)
        return False

    def _adopt(self, served: Served, path: Path) -> None:
        """Read an archive as a file of the source. Raises ArchiveError, OSError and duckdb.Error."""
        entry = archive.facts_of(path).restored()
        if self._covered(served, entry):
            archive.remove(path)
            return
        if served.live_at(entry.path, (-1, -1)) and archive.returned(entry, entry.path, _full(served)):
            return  # it is back, and only waits to be read
        unread = [old for old in served.archived() if archive.file_name(old) == path.name]
        number = unread[0].id if unread else self._number()
        take = restore.take_of(path, number)
        columns = self._committer.writer.columns[served.source.name]
        why = columns.refused(take.piece) if take.piece else ""
        if why:
            raise ArchiveError(f"the archive of {entry.shown} is not taken: {why}")
        self._committer.take(take, path.stat().st_size)
        self._committer.flush()

    # --- rows that grow old ----------------------------------------------------------------------------------------

    def age(self, served: Served) -> list[str]:
        """Let rows leave that are too old by now; paths to read again, as more is retained now. duckdb.Error."""
        name, cursor = served.source.name, self._committer.cursor
        table = self._committer.writer.columns[name]
        before = retention.applied(cursor, name)
        again: list[str] = []
        if before is not None and before[1] != served.source.retain:
            self._committer.transaction(name, lambda: again.extend(self._unretained(served)))
        table.cutoff = retention.effective(cursor, served.source, served.zone, self._now())
        if table.cutoff is None or (table.cutoff, served.source.retain) == before or table.shadow:
            return again
        if not table.known:
            retention.note(cursor, served.source, table.cutoff)
            return again
        self._committer.transaction(name, lambda: self._expire(name))
        for entry in ledger.load(cursor, name):
            served.keep(entry)
        return again

    def _expire(self, name: str) -> None:
        table, cursor = self._committer.writer.columns[name], self._committer.cursor
        changes = Changes(cursor, lambda source: self._committer.writer.columns[source].keyed)
        assert table.cutoff is not None
        gone: list[touched.Range] = []

        def leaving(where: str) -> None:
            changes.leaving(name, where)
            gone.extend(touched.of(cursor, table.table, where))

        retention.expire(cursor, table.source, table.table, table.cutoff, leaving)
        touched.note(cursor, {name: gone + changes.decide({}).get(name, [])})

    def _unretained(self, served: Served) -> list[str]:
        """Files that lost rows which are retained now, to be read from their start; archived ones from the archive."""
        ids = set(retention.lengthened(self._committer.cursor, served.source, served.zone, self._now()))
        gone = [msgspec.structs.replace(entry, reason=columns.UNREAD) for entry in served.archived() if entry.id in ids]
        here = [
            msgspec.structs.replace(entry, offset=0, prefix="", status="waiting", reason=columns.UNREAD)
            for entry in served.entries.values()
            if entry.id in ids
        ]
        ledger.put(self._committer.cursor, gone + here)
        for entry in gone + here:
            served.keep(entry)
        return [entry.path for entry in here]

    def leaving(self) -> dict[str, Leaving]:
        """By source: what leaves with the next step, and when. Any thread may ask. Raises duckdb.Error."""
        with contextlib.closing(self._store.cursor()) as cursor:
            return self._leaving(cursor)

    def _leaving(self, cursor: DuckDBPyConnection) -> dict[str, Leaving]:
        schemas = columns.schemas(cursor)
        found = {
            name: retention.leaving(
                cursor,
                each.source,
                columns.table_name(each.source),
                each.zone,
                self._now(),
                list(schemas.get(name, {})),
            )
            for name, each in dict(self._served).items()
        }
        return {name: told for name, told in found.items() if told is not None}

    # --- the disk --------------------------------------------------------------------------------------------------

    def judge(self) -> None:
        """Look at the disk, unless that was done lately. Raises duckdb.Error and OSError."""
        fresh = self.verdict.full or self._store.data_version != self._version
        if time.monotonic() < self._judged + (_JUDGED_BUSY if fresh else _JUDGED):
            return
        self._version = self._store.data_version
        cursor, path = self._committer.cursor, self._store.path
        found = budget.usage(cursor, path)
        if self.disk is not None and found.used >= self.disk:
            try:  # rows that left give their room back with this
                cursor.execute("CHECKPOINT")
            except duckdb.TransactionException as error:
                _log.debug("no checkpoint now: %s", error)
            found = budget.usage(cursor, path)
        shares = {}
        if self.disk is not None and found.used >= budget.NOTICE * self.disk:
            shares = budget.shares(cursor, path, {name: [name, f"all:{name}"] for name in self._served})
        self.verdict = budget.judge(found, self.disk, shares, str(self._state))
        self._judged = time.monotonic()

    def allow(self, disk: int | None) -> None:
        """Have another budget, in bytes; None: none."""
        self.disk = disk
        self._judged = float("-inf")

    def held(self, entry: Entry, size: int, mtime_ns: int) -> float | None:
        """Whether a file has to wait for room: the moment of the next try, None: it need not. Raises duckdb.Error."""
        self.judge()
        same = (entry.size, entry.mtime_ns) == (size, mtime_ns) and entry.offset >= size
        if not self.verdict.full or same:
            return None
        if entry.status == "waiting" and entry.reason == self.verdict.reason and (entry.retry_at or 0) > time.time():
            return entry.retry_at
        at = time.time() + budget.RETRY
        waiting = msgspec.structs.replace(entry, status="waiting", reason=self.verdict.reason, retry_at=at)
        self._committer.take(Take(waiting), 0)
        return at


def _full(served: Served) -> bool:
    return served.source.verify == "full"
