"""The feed: one thread that keeps the tables in step with the files, whatever happens to either.

Events from the system are hints; scans are the truth. A turn finds what may have changed, looks at each file
(`intake`), and writes rows and ledger together (`writer`). Nothing that a file or the disk does ends the thread.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb

from opsconsole.site.model import Source
from opsconsole.tables.folders.rounds import ASKED_SHARE, FULL_SHARE, Rounds
from opsconsole.tables.folders.watch import Watcher
from opsconsole.tables.keeper import Keeper
from opsconsole.tables.records import Progress
from opsconsole.tables.retention import Leaving
from opsconsole.tables.store import Store

CHECK = 1.0
"""Seconds between looks whether the watched folders are still the ones that are there."""
_PAUSE = 0.02
_log = logging.getLogger(__name__)


class Feed:
    """Starts and ends the thread, gathers hints, and says when the tables have caught up with the files."""

    def __init__(
        self,
        store: Store,
        root: Path,
        sources: Mapping[str, Source],
        timezone: str,
        on_change: Callable[[], None],
        disk: int | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`disk`: bytes that tables and archives may take. `now`: the wall clock by which rows grow old (s)."""
        self.problem = ""
        self._store = store
        self._root = root
        self._sources = _with_files(sources)
        self._timezone = timezone
        self._disk = disk
        self._now = now
        self._on_change = on_change
        self._state = threading.Condition()
        self._hints: set[str] = set()
        self._folders: set[str] = set()
        self._scan = True
        self._soon = False
        self._rounds = Rounds()
        self._checked = float("-inf")
        self._trouble_by: dict[str, str] = {}
        self._replaced = True
        self._stop = False
        self._settled = False
        self._keeper: Keeper | None = None
        self._retries: list[tuple[str, str]] = []
        self._thread = threading.Thread(target=self._run, name="feed")

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the transaction that runs, and wait for it."""
        with self._state:
            self._stop = True
            self._state.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def settled(self) -> bool:
        """Whether all that lay in the folders at the last scan, and all that changed since, has been dealt with.

        False too while a file's last record may still be being written (for the source's settle time at most).
        """
        with self._state:
            return self._settled

    def wait_settled(self, timeout: float) -> bool:
        """Wait until settled; False if `timeout` seconds pass first."""
        with self._state:
            return self._state.wait_for(lambda: self._settled, timeout)

    def replace(self, sources: Mapping[str, Source], timezone: str | None = None, disk: int | None = None) -> None:
        """Serve other sources from now on; tables of changed definitions are built anew, of removed ones dropped."""
        with self._state:
            self._sources = _with_files(sources)
            self._timezone = timezone or self._timezone
            self._disk = disk
            self._replaced = self._scan = True
            self._settled = False
            self._state.notify_all()

    def poke(self) -> None:
        """Scan everything now; `settled` is False until that is done."""
        with self._state:
            self._scan = True
            self._woken()

    def trouble(self) -> dict[str, str]:
        """By source, in words: a folder that is not there, cannot be read or is not watched."""
        return dict(self._trouble_by)

    def leaving(self) -> dict[str, Leaving]:
        """By source that retains rows for a time: how many leave with the next step, and when. Raises duckdb.Error."""
        return self._keeper.policies.leaving() if self._keeper is not None else {}

    def progress(self) -> list[Progress]:
        """Long work that is going on, by source."""
        return self._keeper.progress() if self._keeper is not None else []

    def retry(self, source: str = "", path: str = "") -> None:
        """Read files again from their start: the one named as the ledger shows it, else all that gave trouble."""
        with self._state:
            self._retries.append((source, path))
            self._scan = True
            self._settled = False
            self._state.notify_all()

    def file(self, path: str) -> None:
        """A hint: this file may have changed."""
        with self._state:
            self._hints.add(path)
            self._woken()

    def folder(self, path: str) -> None:
        """A hint: this folder came, went or moved; what it holds must be scanned."""
        with self._state:
            self._folders.add(path)
            self._woken()

    def lost(self) -> None:
        """A hint: anything may have changed."""
        with self._state:
            self._soon = True
            self._woken()

    def _woken(self) -> None:
        self._settled = False
        self._state.notify_all()

    def _hinted(self) -> set[str]:
        """The hints that have come since the turn began; a scan that is asked for goes on waiting for the next."""
        with self._state:
            hints, self._hints = self._hints, set()
        return hints

    # --- the thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        watcher = Watcher(self)
        watcher.start()
        keeper = self._keeper = Keeper(self._store, self._root, lambda: self._stop, self._tell, self._now, self._hinted)
        failures = 0
        try:
            while not self._stop:
                try:
                    wait = self._turn(keeper, watcher)
                    failures = 0
                except (duckdb.Error, OSError, MemoryError) as error:
                    failures += 1
                    wait = self._failed(keeper, error, failures)
                except Exception as error:  # noqa: BLE001 - the feed never dies: logged, shown, tried again
                    _log.exception("feed")
                    failures += 1
                    wait = self._failed(keeper, error, failures)
                self._sleep(wait)
        finally:
            watcher.stop()
            keeper.close()

    def _turn(self, keeper: Keeper, watcher: Watcher) -> float:
        """One turn; returns after how many seconds the next is due without a hint."""
        started = time.monotonic()
        with self._state:
            replaced, self._replaced = self._replaced, False
            scan, self._scan = self._scan, False
            soon, self._soon = self._soon, False
            folders, self._folders = self._folders, set()
            hints, self._hints = self._hints, set()
            sources, timezone, disk = self._sources, self._timezone, self._disk
            retries, self._retries = self._retries, []
        try:
            if replaced:
                keeper.serve(sources, timezone, disk)
                watcher.serve(keeper.bases())
                self._rounds.serve({name: source.scan for name, source in sources.items()})
            if scan or keeper.scanned == float("-inf"):
                self._rounds.ask_all(started)
            if soon:
                self._rounds.ask_all(started, ASKED_SHARE)
            if scan or soon or folders or started - self._checked >= CHECK:
                folders |= set(watcher.check())
                self._checked = started
            for name in {name for folder in folders for name in keeper.sources_at(folder)}:
                self._rounds.ask(name, started)
            for source, path in retries:
                keeper.retry(source, path)
            blind = watcher.blind()
            unseen = {name for base in blind for name in keeper.sources_at(base)}
            self._look(keeper, hints, unseen)
        except BaseException:
            with self._state:
                self._replaced = self._replaced or replaced
                self._scan = True
            raise
        took = time.monotonic() - started
        self._say(keeper, blind)  # before settling, so that whoever waits for it sees both
        self._settle(keeper)
        now = time.monotonic()
        due = min(self._rounds.wait(now, unseen), keeper.next_due(), self._checked + CHECK - now)
        if took > _PAUSE:
            self._rest(min(took, 0.2))
        return max(due, 0.0)

    def _look(self, keeper: Keeper, hints: set[str], unseen: set[str]) -> None:
        """Do what is due: full scans, the files that hints name, the hot files."""
        rounds = self._rounds
        full = rounds.full(time.monotonic(), unseen)
        if full:
            for name, cost in keeper.scan(full).items():
                rounds.scanned(name, time.monotonic(), cost)
        for name in keeper.follow(hints):
            rounds.ask(name, time.monotonic())
        for name in rounds.hot(time.monotonic()):
            cost, doubt = keeper.glance(name)
            rounds.glanced(name, time.monotonic(), cost)
            if doubt:
                rounds.ask(name, time.monotonic(), FULL_SHARE)

    def _say(self, keeper: Keeper, blind: Mapping[str, str]) -> None:
        """Put into words what cannot be read or watched, for all and by source."""
        by_source = keeper.troubles()
        unwatched = {base: f"{keeper.shown(base)} is not watched: {why}; it is scanned" for base, why in blind.items()}
        for base, text in unwatched.items():
            for name in keeper.sources_at(base):
                by_source.setdefault(name, text)
        notice = keeper.policies.verdict.notice
        said = [*sorted(set(by_source.values())), *([notice] if notice else [])]
        self._trouble_by = keeper.absent() | by_source
        self._trouble("" if not said else said[0] + (f" (and {len(said) - 1} more)" if len(said) > 1 else ""))

    def _rest(self, seconds: float) -> None:
        """Let hints gather after a long turn, so that many small appends become one transaction."""
        with self._state:
            self._state.wait_for(lambda: self._stop, seconds)

    def _sleep(self, seconds: float) -> None:
        with self._state:
            self._state.wait_for(lambda: self._stop or self._woke(), seconds)

    def _woke(self) -> bool:
        return bool(self._hints) or bool(self._folders) or self._scan or self._soon or self._replaced

    def _settle(self, keeper: Keeper) -> None:
        with self._state:
            pending = self._woke() or self._rounds.asked or keeper.unsettled()
            changed = self._settled == pending
            self._settled = not pending
            self._state.notify_all()
        if changed and not pending:
            self._tell()

    def _failed(self, keeper: Keeper, error: Exception, failures: int) -> float:
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        self._trouble(f"the tables cannot be written: {text}")
        fatal = isinstance(error, duckdb.FatalException | duckdb.ConnectionException)
        keeper.recover(reopen=fatal or self._store.damaged(error))
        with self._state:
            self._scan = False
        wait = min(0.5 * 2**failures, 30.0)
        self._rest(wait)
        with self._state:
            self._scan = True
        return 0.0

    def _trouble(self, text: str) -> None:
        if text != self.problem:
            if text:
                _log.warning("%s", text)
            self.problem = text
            self._tell()

    def _tell(self) -> None:
        """Call back; what the listener does wrong must not touch the tables."""
        try:
            self._on_change()
        except Exception:  # noqa: BLE001 - see above; it is logged
            _log.exception("on_change")


def _with_files(sources: Mapping[str, Source]) -> dict[str, Source]:
    """The sources that the feed is for: the others are views over them."""
    return {name: source for name, source in sources.items() if source.sql is None}
