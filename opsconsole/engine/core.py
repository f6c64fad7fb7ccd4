"""The tick: data and time come in, KPIs and alerts are evaluated, what people do is applied, a snapshot goes out.

One thread evaluates. It wakes when the feed has news, when the evaluation grid of site time is due, or once a second to
look at the site file. What people do to alerts is done beside it (see `opsconsole.engine.desk`), under the lock of the
watch over them.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import duckdb

from opsconsole.engine import notices, retry, revised
from opsconsole.engine.bound import Bound
from opsconsole.engine.clock import SiteClock
from opsconsole.engine.commands import Role
from opsconsole.engine.condition import Condition, Conditions
from opsconsole.engine.desk import Desk
from opsconsole.engine.front import Front
from opsconsole.engine.identity import Peer
from opsconsole.engine.insight.runner import Runner
from opsconsole.engine.messages import Command, Done, Notice, Snapshot
from opsconsole.engine.orders import Orders
from opsconsole.engine.picture import picture
from opsconsole.engine.procedures import Procedures
from opsconsole.engine.roles import role_of
from opsconsole.engine.ruling import Ruling, Tick
from opsconsole.engine.sitefile import SiteFile
from opsconsole.engine.watch import AlertWatch
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.expression import Bench
from opsconsole.kpis.measures import Measures
from opsconsole.kpis.sealed import Sealed
from opsconsole.kpis.sealing import Sealing
from opsconsole.site.calendar import shift_at
from opsconsole.site.model import Problem, Site
from opsconsole.site.parse import Loaded
from opsconsole.tables import health
from opsconsole.tables.records import Progress, Totals
from opsconsole.tables.store import Store

if TYPE_CHECKING:
    from opsconsole.engine.notify.notifier import Notifier
    from opsconsole.tables.feed import Feed

log = logging.getLogger(__name__)

_T = TypeVar("_T")

# At most five evaluations a second, however fast data comes.
_SPACING = 0.2
_LOOK_AT_SITE = 1.0
_SEAL = 0.2
"""Seconds of building sealed days at a time, so that nobody waits for long."""


class Core:
    """Runs one site. `publish` is called from the tick's thread with each new snapshot."""

    def __init__(
        self,
        file: SiteFile,
        loaded: Loaded,
        store: Store,
        watch: AlertWatch,
        publish: Callable[[Snapshot], None],
        *,
        stays: bool,
        bench: Bench | None = None,
        revisions: revised.Revisions | None = None,
        notifier: Callable[[Site], Notifier] | None = None,
        ruled: Path | None = None,
    ) -> None:
        self._bound = Bound(file, loaded, store, bench)
        self.clock = SiteClock(self.site.clock, self.site.timezone, time.time())
        self._file = file
        self._store = store
        self.stays = stays
        self._feed: Feed | None = None
        self._watch = watch
        self.procedures = Procedures(file.root, watch)
        self._front = Front(watch, publish, self.procedures.counted, self._notices)
        self.desk = Desk(watch, self.procedures, self._front, lambda: self.site, self.now)
        self.first_tick = threading.Event()
        self._feed_lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._started = time.time()
        self._settled_once = False
        self._orders = Orders(self._wake.set)
        self._news = True
        self._evaluated = 0.0
        self._failing = False
        self._ruling = Ruling(watch, ruled)
        self.insights = Runner(store, watch, self.data_changed)
        self._looked_at_site = time.monotonic()
        self._measures: Measures | None = None
        self._revisions = revisions or revised.Revisions(None)
        self._shown = 0.0
        self._looked = Conditions()
        self._conditions: dict[str, Condition] = {}
        self._sealed = Sealed()
        self._sealing = Sealing(self._sealed, store.cursor)
        self._thread = threading.Thread(target=self._run, name="tick")
        watch.configure(self.site, self.now())
        self._make_notifier = notifier
        self._notifier: Notifier | None = None
        self._configure_notifier()

    # --- from other threads ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to tick."""
        self._thread.start()

    def attach(self, feed: Feed) -> None:
        """Take the feed that brings the tables up to date; before it comes they are shown as they were left."""
        with self._feed_lock:
            self._feed = feed
            feed.replace(self.site.sources, self.site.timezone, self.site.disk)

    @property
    def site(self) -> Site:
        """The site as its file says now."""
        return self._bound.site

    @property
    def binding(self) -> Binding:
        """The site bound to the tables."""
        return self._bound.binding

    @property
    def problems(self) -> list[Problem]:
        """What of the site does not fit the tables."""
        return self._bound.problems

    @property
    def settled(self) -> bool:
        """Whether the files as they lay at the start have been taken."""
        return self._settled_once

    def stop(self) -> None:
        """End after the tick that runs."""
        self._stopping = True
        self._wake.set()
        self.first_tick.set()
        if self._thread.is_alive():
            self._thread.join()
        self.insights.stop()
        if self._notifier is not None:
            self._notifier.close()
        self.desk.close()
        self._ruling.close()

    def look_again(self) -> None:
        """Scan all files now."""
        if self._feed is not None:
            self._feed.poke()

    @property
    def caught_up(self) -> bool:
        """Whether all that was seen of the files has been taken, or nothing can be now."""
        if self._feed is None:
            return False
        told = notices.tables(self._feed.problem, self._folders(), "")
        return self._feed.settled or any(notice.kind == "stuck" for notice in told)

    def _folders(self) -> dict[str, str]:
        """By source what is wrong with its folders."""
        return self._feed.trouble() if self._feed is not None else {}

    def data_changed(self) -> None:
        """The feed has committed rows, or the state of a file has changed."""
        self._news = True
        self._wake.set()

    def command(self, command: Command, peer: Peer) -> Future[Done]:
        """Have a command of a person who may give it applied and written to the journal; then it is done."""
        if command.name in ("save-draft", "retry"):
            return self._orders.give(lambda: self._with_files(command, peer))
        return self.desk.command(command, peer)

    def role(self, peer: Peer) -> Role:
        """What a person may do here, by the site file as it is now. Asks the system, which may take a while."""
        return role_of(self.site, peer, self._watch.groups)

    def with_notifier(self, work: Callable[[Notifier], _T]) -> Future[_T]:
        """Have something done with the notifications. Raises LookupError, by the future, where there are none."""

        def do() -> _T:
            if self._notifier is None:
                raise LookupError("the site tells nobody of alerts: `notify:` in the site file says who is told")
            return work(self._notifier)

        return self._orders.give(do)

    def nudge(self) -> None:
        """Something has come in that the tick should look at."""
        self._wake.set()

    @property
    def site_path(self) -> Path | None:
        """The site file; None where there is none and the site is a draft."""
        return self._bound.path

    @property
    def rows_from(self) -> dt.datetime | None:
        """Rows with an event time before this raise nothing."""
        return self._ruling.since

    def now(self) -> dt.datetime:
        """Site time now."""
        return self.clock.now(time.time())

    # --- the tick's thread -------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(self._patience())
            self._wake.clear()
            if self._stopping:
                break
            try:
                self._tick()
                self._tell_people()
                if self._may_seal():
                    self._sealing.work(_SEAL)
            except Exception:
                # the boundary of the thread: one tick that fails must not end the watch
                log.exception("a tick failed")
                self._evaluated = time.monotonic()
            self.first_tick.set()

    def _patience(self) -> float:
        """Seconds until something is due by itself."""
        since = time.monotonic() - self._evaluated
        spacing = max(0.0, _SPACING - since)
        if self._news or self._orders:
            return 0.0 if self._orders else spacing
        if self._may_seal():
            return 0.0
        due = self._ruling.until_next(self.clock, time.time())
        return min(_LOOK_AT_SITE, max(due, spacing)) if due is not None else _LOOK_AT_SITE

    def _tick(self) -> None:
        moved = self._orders.do()
        if time.monotonic() - self._looked_at_site >= _LOOK_AT_SITE:
            self._looked_at_site = time.monotonic()
            moved |= self._look_at_site()
        spaced = time.monotonic() - self._evaluated >= _SPACING
        # before the tables have settled it is not known what time it is at a site whose clock is its data's
        if self._settled_once and self._watch.tick(self.now()):
            self._front.again()
        if moved or (spaced and (self._news or self._ruling.due(self.clock, time.time()))):
            self._news = False
            self._evaluate()
        elif self._measures is not None and time.monotonic() - self._shown >= _LOOK_AT_SITE and self.progress():
            # rows that are not committed yet: nothing to evaluate, but people see that it goes on
            self._show(self._store.totals(), time.time(), self._store.data_version)

    def _configure_notifier(self) -> None:
        """Tell people from now on as the site says; what it takes is loaded where a site says so."""
        if self._notifier is None and self.site.notify is not None and self._make_notifier is not None:
            self._notifier = self._make_notifier(self.site)
            self._watch.listen(self._notifier.take)
        if self._notifier is not None:
            self._notifier.configure(self.site, self.now(), time.time())

    def _tell_people(self) -> None:
        """Messages that are due go out; the heartbeat goes on as long as rules are evaluated."""
        if self._notifier is None:
            return
        wall = time.time()
        now = self.clock.now(wall)
        news = self._notifier.work(now, wall, self._watch.counts().flood_since is not None)
        if self._ruling.begun and not self._failing:
            news |= self._notifier.beat(now)
        if news:
            self._front.again()

    def _evaluate(self) -> None:
        self._evaluated = time.monotonic()
        wall = time.time()
        settled = self._settled_once = self._settled_once or (self._feed is not None and self._feed.settled)
        totals = self._store.totals()
        self._watch_newest(totals)
        if self._bound.fit():
            self._sealing.forget()
        now = self.clock.now(wall)
        version = self._store.data_version
        cursor = self._store.cursor()
        try:
            health.at(cursor, now.timestamp())
            # all figures and rules of a tick are of one data version
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            measures = evaluate(cursor, self.binding, now, sealed=self._sealed if settled else None)
            if settled:
                self._watch.tick(now)  # what is planned is known before it is seen what goes wrong
                # half of a first load would raise alerts that nobody could explain
                self.insights.show(self.binding, now, self.clock.speed)
                lost = notices.lost(self._folders(), totals)
                tick = Tick(self.clock, wall, self._started, totals, lost, self.insights.found)
                self._news |= self._ruling.run(cursor, self.binding, tick, self._sealed)
            self._revisions.look(cursor, self.binding, now, wall if settled else None)
        except duckdb.Error as error:
            log.exception("the evaluation failed")
            self._failing = True
            self._bound.told = [Notice("engine", f"KPIs could not be evaluated: {error}", "critical")]
            return
        finally:
            cursor.close()
        self._measures, self._failing = measures, False
        self._show(totals, wall, version)
        if settled and (wrong := self._sealing.begin()):
            text = f"kept sums of {', '.join(wrong)} did not hold and are built anew; please report it"
            self._bound.told = [*self._bound.told, Notice("engine", text, "warning")]

    def _may_seal(self) -> bool:
        """Whether days' states are wanted, and nothing else is to be done."""
        return self._sealing.due and self._settled_once and self._feed is not None and self._feed.settled

    def _show(self, totals: Mapping[str, Totals], wall: float, version: int) -> None:
        """Send a picture of how things are, with the figures of the last evaluation."""
        assert self._measures is not None
        self._conditions = self._looked.look(self._store, self.site, wall, self.progress(), self._folders())
        self._shown = time.monotonic()
        self._front.show(
            picture(
                binding=self.binding,
                clock=self.clock,
                wall=wall,
                settled=self._settled_once,
                stays=self.stays,
                data_version=version,
                shift=shift_at(self.site, self.clock.now(wall)),
                measures=self._measures,
                totals=totals,
                conditions=self._conditions,
                revised=self._revisions.found,
            )
        )

    def progress(self) -> list[Progress]:
        """The long work under way. May be called from any thread."""
        return self._feed.progress() if self._feed is not None else []

    def _watch_newest(self, totals: Mapping[str, Totals]) -> None:
        events = [total.last_event for total in totals.values() if total.last_event is not None]
        self.clock.newest = max(events, default=None)

    # --- the site file -----------------------------------------------------------------------------------------

    def _look_at_site(self) -> bool:
        before = self.site
        changed = self._bound.look()
        if self.site is not before:
            self._adopt(before)
        return changed

    def _adopt(self, before: Site) -> None:
        """Have all parts follow an edited site."""
        if (before.clock, before.timezone) != (self.site.clock, self.site.timezone):
            self.clock = SiteClock(self.site.clock, self.site.timezone, time.time())
        if (before.sources, before.timezone) != (self.site.sources, self.site.timezone):
            with self._feed_lock:
                if self._feed is not None:
                    self._feed.replace(self.site.sources, self.site.timezone, self.site.disk)
        self._watch.configure(self.site, self.now())
        self._configure_notifier()
        self._sealing.forget()
        self._ruling.edited()
        self._news = True

    def _notices(self, wall: float) -> list[Notice]:
        problem = self._feed.problem if self._feed is not None else ""
        rebuilt = self._store.rebuilt if not self._settled_once else ""
        return notices.single(
            [
                *notices.draft(self.site),
                *notices.broken(self.problems),
                *notices.tables(problem, self._folders(), rebuilt),
                *notices.disk(self._looked.disk),
                *self._bound.told,
                *self._watch.notices(self.clock.at(wall)),
                *(self._notifier.notices() if self._notifier is not None else []),
                *notices.drifts(self.site, self._conditions, wall),
            ]
        )

    # --- people ------------------------------------------------------------------------------------------------

    def _with_files(self, command: Command, peer: Peer) -> Done:
        if command.name == "save-draft":
            return self._file.save_draft()
        return retry.again(self._feed, self._store, self._watch, command, peer, self.now())
