"""Looks at what rules want found off the tick: one thread, one look after the other, each with its own cursor.

A look is due when so much site time has passed as its task says. After each the thread rests three times as long as it
has worked, so that it never takes more than a quarter of a core, and the tick has its turn. What was found stands until
it is looked at again.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import duckdb
from msgspec.structs import replace

from opsconsole.engine.insight.studies import STUDIES
from opsconsole.engine.insight.study import Ground, Study, Task
from opsconsole.engine.watch import AlertWatch
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.ruling.insights import Found, Insights
from opsconsole.tables.store import Store

log = logging.getLogger(__name__)

_REST = 3.0
_GAP = 2.0
"""Wall seconds between two looks at the same, at least: replayed site time may run fast."""
_STANDS = 120.0
"""Wall seconds for which what was found stands at least."""


class _Scene(NamedTuple):
    binding: Binding
    now: dt.datetime
    speed: float


class Runner:
    """Finds what rules ask for. `news` is called from its thread when anything was found and time does not pass."""

    def __init__(
        self,
        store: Store,
        watch: AlertWatch,
        news: Callable[[], None],
        studies: Mapping[str, Callable[[], Study]] = STUDIES,
    ) -> None:
        self._store = store
        self._watch = watch
        self._news = news
        self._makers = studies
        self._studies: dict[str, Study] = {}
        self._scene: _Scene | None = None
        self._found: Insights = {}
        self._looked: dict[tuple[str, str, Task], tuple[float, float]] = {}
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._cursor: duckdb.DuckDBPyConnection | None = None

    @property
    def found(self) -> Insights:
        """What was found last, by rule. May be read from any thread."""
        return self._found

    def show(self, binding: Binding, now: dt.datetime, speed: float) -> None:
        """Site time has come to `now`; `speed`: seconds of it to one of the wall's. Begin where something is wanted."""
        self._scene = _Scene(binding, now, speed)
        if self._thread is None and any(rule.kind in self._makers for rule in binding.rules.values()):
            self._thread = threading.Thread(target=self._run, name="insight", daemon=True)
            self._thread.start()
        self._wake.set()

    def stop(self) -> None:
        """End; what the look that runs asks of the tables is given up."""
        self._stopping.set()
        self._wake.set()
        if (cursor := self._cursor) is not None:
            cursor.interrupt()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                again = self.work()
            except Exception:
                # the boundary of the thread: one pass that fails must not end what comes after
                log.exception("looking at what rules want failed")
                again = None
            if again is not None and not self._stopping.is_set() and not self._wake.wait(again):
                self._wake.set()

    def work(self) -> float | None:
        """Look at all that is due; wall seconds until something would be that only waits for its gap, None without."""
        scene = self._scene
        if scene is None:
            return None
        wanted = self._wanted(scene.binding)
        rules = {rule for _, _, task in wanted for rule in task.rules}
        kept = {name: found for name, found in self._found.items() if name in rules}
        self._looked = {key: self._looked[key] for key in wanted if key in self._looked}
        waits: float | None = None
        for key in wanted:
            if self._stopping.is_set() or self._scene is None:
                break
            at, wall = self._looked.get(key, (float("-inf"), float("-inf")))
            now = self._scene.now.timestamp()
            if key in self._looked and 0 <= now - at < key[2].every:
                continue
            if (left := _GAP - (time.monotonic() - wall)) > 0:
                waits = left if waits is None else min(waits, left)
                continue
            began = time.monotonic()
            kept |= self._look(*key, self._scene)
            self._looked[key] = now, time.monotonic()
            self._found = dict(kept)
            if not self._scene.speed:
                self._news()  # else the grid of the rules has its next point soon
            if self._thread is threading.current_thread():
                self._stopping.wait(_REST * (time.monotonic() - began))
        self._found = kept
        return waits

    def _wanted(self, binding: Binding) -> list[tuple[str, str, Task]]:
        found: list[tuple[str, str, Task]] = []
        for kind in dict.fromkeys(rule.kind for rule in binding.rules.values() if rule.kind in self._makers):
            if kind not in self._studies:
                self._studies[kind] = self._makers[kind]()
            found += [(kind, key, task) for key, task in self._studies[kind].tasks(binding).items()]
        return found

    def _look(self, kind: str, key: str, task: Task, scene: _Scene) -> dict[str, Found]:
        at = scene.now.timestamp()
        stands = max(3 * task.every, _STANDS * scene.speed)
        cursor = self._cursor = self._store.cursor()
        try:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            ground = Ground(cursor, scene.binding, scene.now, self._watch)
            found = self._studies[kind].look(key, task, ground)
            return {name: replace(each, valid=max(each.valid, stands)) for name, each in found.items()}
        except (duckdb.Error, LookupError, ValueError) as error:
            text = str(error.args[0] if error.args else error).splitlines()[0]
        except Exception as error:
            log.exception("looking at %s failed", key)
            text = f"{error} (details: opsconsole logs)"
        finally:
            self._cursor = None
            cursor.close()
        return {name: Found(at=at, valid=stands, error=text) for name in task.rules}
