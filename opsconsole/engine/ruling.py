"""The rules of a running engine: which points of site time are due, and what is found there, in order.

No point is left out because the engine was busy, or because the clock `data` went on by days when a file came: what
was missed is gone through, a part in each tick. After an outage the same is done from where it ended; of a grid with
more missed points than can be gone through in `_CATCH_UP` seconds, or than `MOST`, each n-th, of stretches the last
`MOST`. How far it has come, and which delays run, is kept in a small file; what the journal says goes before it.

Nobody knows when things had arrived while no engine ran: at such points no source is silent.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import msgspec
from msgspec import Struct

from opsconsole.alerts.alert import Alert
from opsconsole.engine.clock import SiteClock
from opsconsole.engine.counted import KIND, Counted
from opsconsole.engine.insight.as_of import AsOf
from opsconsole.engine.occurrences import Occurrences
from opsconsole.engine.watch import AlertWatch, alert_from
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.due import Due, Plan, merged, states_at
from opsconsole.kpis.extent import Extents
from opsconsole.kpis.rules import Arrivals
from opsconsole.kpis.ruling.insights import Insights
from opsconsole.kpis.sealed import Sealed

if TYPE_CHECKING:
    from opsconsole.tables.records import Totals

log = logging.getLogger(__name__)

MOST = 1000
_AT_FIRST = 60
"""Points of an on-delay that a first evaluation looks back at."""
_BUDGET = 0.15
"""Seconds of a tick for points that were missed."""
_CATCH_UP = 5.0
"""Seconds of work, by what points took lately, that missed points of a grid may take in all."""
_SAVE_EVERY = 60.0
_RECENT = 60.0
"""A point that is older, in seconds, is as of then: rows that came to pass later are not there yet."""
_MOST_RUNNING = 5000


class Tick(NamedTuple):
    """What one tick knows: wall clock and when the engine began to watch (s since the epoch), and the sources.

    `lost` are those that are out of sight, and why; `insights` what was found off the tick.
    """

    clock: SiteClock
    wall: float
    started: float
    totals: Mapping[str, Totals]
    lost: Mapping[str, str] = {}
    insights: Insights | None = None


class _Mark(Struct, frozen=True):
    """How far the rules have been evaluated, since which rows count and by which `alert_from`, which delays run."""

    upto: float
    since: float | None = None
    alert_from: str = ""
    running: list[Alert] = []


class Ruling:
    """Evaluates the rules of one site. Used by the tick's thread alone."""

    def __init__(self, watch: AlertWatch, path: Path | None) -> None:
        self.since: dt.datetime | None = None
        self.begun = False
        self._watch = watch
        self._path = path
        self._upto = 0.0
        self._queue: list[Due] = []
        self._again = False
        self._plan: Plan | None = None
        self._occurrences = Occurrences(Counted(lambda rule, most: watch.records(KIND, rule, most)))
        self._took = 0.0
        self._saved_at = 0.0
        self._saved_running: list[Alert] = []
        self._alert_from = ""
        self._insights = AsOf()

    def edited(self) -> None:
        """The site file was edited: open alerts are evaluated anew."""
        self._again = True
        self._occurrences.forget()

    def due(self, clock: SiteClock, wall: float) -> bool:
        """Whether a point has come; with the clock `data` news say so."""
        if self._queue:
            return True
        if clock.mode == "data" or self._plan is None:
            return False
        at = clock.at(wall)
        return self._plan.last(at) > self._upto or at < self._upto - self._plan.base.every

    def until_next(self, clock: SiteClock, wall: float) -> float | None:
        """Wall seconds until the next point; None where time does not pass by itself."""
        if clock.mode == "data" or self._plan is None:
            return None
        return max(0.0, (self._plan.next(clock.at(wall)) - clock.at(wall)) / clock.speed)

    def run(self, cursor: duckdb.DuckDBPyConnection, binding: Binding, tick: Tick, sealed: Sealed | None) -> bool:
        """Evaluate what is due, for a while; whether points are left. Raises duckdb.Error, JournalError."""
        if self._plan is None or self._plan.binding is not binding:
            self._plan = Plan(binding)
        plan, clock = self._plan, tick.clock
        at = clock.at(tick.wall)
        before = self._upto if self.begun else None
        if not self.begun:
            before = self._begin(cursor, plan, at, clock.now(tick.wall))
        elif at < self._upto - plan.base.every and clock.mode != "data":
            log.warning("site time has jumped back by %.0f s", self._upto - at)
            self._upto, self._queue = plan.base.last(at) - plan.base.every, []
        self._line_up(plan, at, data=clock.mode == "data")
        started = clock.at(tick.started)
        self._insights.learn(tick.insights)
        self._occurrences.look(cursor, plan, before, self.since)
        now = time.monotonic()
        end = now + _BUDGET
        while self._queue:
            due = self._queue.pop(0)
            age = (at - due.at) / clock.speed if clock.speed else 0.0
            blind = clock.speed > 0 and due.at < started - plan.base.every
            past = due.at < at - _RECENT
            arrivals = Arrivals(tick.totals, tick.wall - age, tick.started, 0.0 if blind else clock.speed, tick.lost)
            states = states_at(
                cursor,
                plan,
                due,
                arrivals,
                self.since,
                None if past else sealed,
                past=past,
                blind=blind,
                watched=self._watch.watched(),
                insights=self._insights.at(due.at),
            )
            found, counted = self._occurrences.at(cursor, plan, due, self.since, last=not self._queue)
            self._watch.observe(merged(due.at, [states, *found]), counted)
            self._upto = max(self._upto, due.at)
            before_it, now = now, time.monotonic()
            self._took += 0.2 * (now - before_it - self._took)
            if now > end:
                break
        self._save(tick.wall)
        return bool(self._queue)

    def close(self) -> None:
        """Keep how far it has come."""
        if self.begun:
            self._saved_at = 0.0
            self._save(time.time())

    def _begin(self, cursor: duckdb.DuckDBPyConnection, plan: Plan, at: float, now: dt.datetime) -> float | None:
        """Take up where the engine before ended, which is told; or begin."""
        self.begun, site = True, plan.binding.site
        mark = self._load()
        if mark is not None and mark.alert_from == site.alert_from:
            self.since = dt.datetime.fromtimestamp(mark.since, dt.UTC) if mark.since is not None else None
        else:
            self.since = alert_from(site, now)
        self._alert_from = site.alert_from
        if mark is not None:
            self._watch.resume(mark.running)
            self._upto = min(max(mark.upto, self._recorded_upto()), at)
            self._again = True
            return self._upto
        point = plan.base.last(at)
        self._upto = point - max(self._watch.longest_delay, plan.base.every)
        self._queue = plan.points(self._upto, at, _AT_FIRST)
        first = _first_event(cursor, plan)
        if first is not None:
            first = max(first, self.since.timestamp()) if self.since is not None else first
            self._queue = _together(self._queue, plan.ended(first, self._upto, MOST))
        return None

    def _recorded_upto(self) -> float:
        """Up to when the journal knows of alerts: what it has was found before the engine ended."""
        found = self._watch.records("alert")
        return dt.datetime.fromisoformat(found[0].site_time).timestamp() if found else 0.0

    def _line_up(self, plan: Plan, at: float, *, data: bool) -> None:
        """The points that have come since, after those that are still left."""
        upto = self._queue[-1].at if self._queue else self._upto
        looks = max(_AT_FIRST, min(MOST, int(_CATCH_UP / self._took))) if self._took else MOST
        self._queue += plan.points(upto, at, MOST, looks)
        last = self._queue[-1].at if self._queue else upto
        if (data and last <= at) or (self._again and not self._queue):
            # with the clock `data` nothing may come after the newest event for a long time
            point = at if data else max(self._upto, plan.base.last(at))
            if not self._queue or self._queue[-1].at < point:
                self._queue.append(Due(point, frozenset({0.0}) if not self._again else frozenset(plan.states)))
        self._again = False

    def _load(self) -> _Mark | None:
        if self._path is None:
            return None
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Mark)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            log.warning("how far the rules had come is not known: %s", error)
            return None

    def _save(self, wall: float) -> None:
        """Keep how far it has come, when delays begin or end and once a minute."""
        if self._path is None or (self._queue and wall - self._saved_at < 1.0):
            return
        running = self._watch.running()
        if running == self._saved_running and wall - self._saved_at < _SAVE_EVERY:
            return
        mark = _Mark(
            upto=self._upto,
            since=self.since.timestamp() if self.since is not None else None,
            alert_from=self._alert_from,
            running=running if len(running) <= _MOST_RUNNING else [],
        )
        self._saved_at, self._saved_running = wall, running
        beside = self._path.with_name(self._path.name + ".new")
        try:
            beside.write_bytes(msgspec.json.encode(mark))
            os.replace(beside, self._path)
        except OSError as error:
            log.warning("how far the rules have come cannot be kept: %s", error)


def _first_event(cursor: duckdb.DuckDBPyConnection, plan: Plan) -> float | None:
    """The first event time of the sources of rules on stretches; None where they have no rows, or there are none."""
    names = [name for group in plan.stretches.values() for name in group]
    sources = dict.fromkeys(source for name in names for source in plan.binding.rules[name].sources)
    extents = Extents(cursor, plan.binding)
    firsts = [first for source in sources if (first := extents.of(source).first) is not None]
    return min(firsts).timestamp() if firsts else None


def _together(first: list[Due], second: list[Due]) -> list[Due]:
    """Points of two lists in order, those of one moment together."""
    found: dict[float, frozenset[float]] = {}
    for each in (*first, *second):
        found[each.at] = found.get(each.at, frozenset()) | each.steps
    return [Due(at, found[at]) for at in sorted(found)]
