"""The watch over alerts: what the rules observed and what people did, through the life of each alert, to the journal.

A transition counts once it is in the journal. When the journal cannot be written (a full disk), the system's own
transitions are kept and written as soon as it can; a person's command is refused, with the reason.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from opsconsole.alerts.alert import Alert, Transition
from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.escalation import Ladder
from opsconsole.alerts.together import LATELY
from opsconsole.engine import maintenance, marks, recording, views
from opsconsole.engine.identity import Peer
from opsconsole.engine.maintenance import Windows
from opsconsole.engine.marks import ChangeMarks
from opsconsole.engine.messages import (
    AlertCounts,
    AlertState,
    ChangeMark,
    Command,
    Done,
    Maintenance,
    Notice,
    SavedView,
)
from opsconsole.engine.people import Giver, People
from opsconsole.engine.roles import Groups, role_of
from opsconsole.engine.views import Views
from opsconsole.engine.writer import Writer
from opsconsole.journal.journal import Entry, Journal, Record
from opsconsole.kpis.observation import Evaluation
from opsconsole.site.calendar import shift_at, zone
from opsconsole.site.model import Site

SHOWN = 1_000
"""So many of the open alerts are on every screen, the most urgent; who wants others asks for them."""

_SLACK = dt.timedelta(seconds=30)
"""A clock that is set back by so little is only being adjusted."""
Listener = Callable[[Sequence[Transition]], None]


class AlertWatch:
    """The alerts of one site, what people have planned and saved, and their journal. May be used by any thread.

    What needs the alerts as they are at one moment holds `lock`, and never for longer than one evaluation's changes.
    """

    def __init__(self, site: Site, journal: Journal) -> None:
        self.lock = threading.RLock()
        self.groups = Groups()
        self._site = site
        self._journal = journal
        self._writer = Writer(journal)
        self._book = AlertBook(site)
        self._book.restore(kept.alert for kept in journal.latest_as("alert", recording.Kept))
        self._windows = Windows(journal.latest(maintenance.KIND))
        self._views = Views(journal.latest(views.KIND))
        self._marks = ChangeMarks(journal.latest(marks.KIND))
        self._people = People(self._book, self._windows, self._views, self._marks, self._writer, journal)
        self._running: list[Maintenance] | None = None
        self._begun = False
        self._latest = dt.datetime.max.replace(tzinfo=dt.UTC)  # after a start all is looked at, whatever the clock did
        self._listeners: list[Listener] = []
        self._ladder = Ladder(site)

    @property
    def journal(self) -> Journal:
        """The journal, to be read from any thread by what of it allows that."""
        return self._journal

    @property
    def longest_delay(self) -> float:
        """Seconds of site time that are gone through again after a restart, so that running delays go on."""
        return self._book.longest_delay

    def listen(self, listener: Listener) -> None:
        """Have a listener told of what changed, after it is in the journal (or waits for it): changes in their order.

        It is called by the thread that brought them about, while it holds the lock, and must not keep it for long.
        """
        self._listeners.append(listener)

    # --- what the rules and time do ----------------------------------------------------------------------------

    def configure(self, site: Site, now: dt.datetime) -> None:
        """Take over a site, at the start or when it was edited: alerts of rules that are gone close."""
        with self.lock:
            if not self._begun:
                lately = self._journal.since_as("alert", now.timestamp() - LATELY, recording.Change)
                self._book.recall(recording.bygone(*each) for each in lately)
            self._site, self._begun = site, True
            self._running = None
            self._record(self._book.replace(site, now.timestamp()), now)
            self._ladder.configure(site, self._book.ranked())

    def observe(self, evaluation: Evaluation, beside: Sequence[Entry] = ()) -> None:
        """Take what the rules found at a point of the evaluation grid.

        `beside` is written in one transaction with what that changes.
        """
        with self.lock:
            found = [*self._book.observe(evaluation), *self._book.tick(evaluation.at)]
            self._record(found, dt.datetime.fromtimestamp(evaluation.at, dt.UTC), beside)

    def running(self) -> list[Alert]:
        """The alerts on which a delay runs."""
        with self.lock:
            return self._book.running()

    def resume(self, alerts: Sequence[Alert]) -> None:
        """Delays that ran when the engine ended go on."""
        with self.lock:
            self._book.resume(alerts)

    def records(self, kind: str, object_: str = "", limit: int = 1) -> list[Record]:
        """The newest records of a kind, the newest first. Raises JournalError."""
        with self.lock:
            return self._journal.records(kind, object_, limit)

    def watched(self) -> Mapping[str, Collection[Mapping[str, str | None]]]:
        """By rule the labels of alerts that are open or about to be: of these an evaluation has to say something."""
        with self.lock:
            return self._book.watched()

    def tick(self, now: dt.datetime) -> bool:
        """What time alone does, by the clock of now: windows of maintenance begin and end, alerts that nobody
        acknowledges are escalated, a journal that could not be written is tried again.

        Points of the grid lie before now, some of them long before. Whether consoles have something new to see.
        """
        with self.lock:
            again = self._writer.again(now.timestamp())
            before = self._running
            back = self._book.set_back(now.timestamp()) if now < self._latest - _SLACK else []
            self._latest = now
            self._record([*back, *self._plan(now)], now)
            escalated = self._book.escalate(self._ladder.due(now.timestamp()), now.timestamp())
            self._record(escalated, now)
            return again or bool(back or escalated) or self._running != before

    def _plan(self, now: dt.datetime) -> list[Transition]:
        """Begin and end windows of maintenance."""
        at = now.timestamp()
        over = [self._of_window(each, now) for each in self._windows.over(at)]
        running = self._windows.running(at)
        if running == self._running:
            return []
        self._running = running
        self._writer.keep(over, at)
        return list(self._book.cover(maintenance.covers(running, self._site), at))

    def _of_window(self, window: Maintenance, now: dt.datetime) -> Entry:
        text = maintenance.what(window, self._site)
        data = {"window": msgspec.to_builtins(window)}
        actor, kind = recording.SYSTEM, maintenance.KIND
        return Entry(actor, kind, window.id, data, now.timestamp(), "over", text, reason=window.reason)

    def _record(self, transitions: Sequence[Transition], now: dt.datetime, beside: Sequence[Entry] = ()) -> None:
        entries = [recording.of_transition(each, None, now) for each in transitions]
        self._writer.keep([*entries, *beside], now.timestamp())
        self._tell(transitions)

    def _tell(self, transitions: Sequence[Transition]) -> None:
        if transitions:
            for each in transitions:
                self._ladder.heed(each.alert)
            for listener in self._listeners:
                listener(transitions)

    # --- what people do ----------------------------------------------------------------------------------------

    def command(self, command: Command, peer: Peer, now: dt.datetime) -> Done:
        """Apply and write what a person may do; it is done once it is written, else it is taken back."""
        role = role_of(self._site, peer, self.groups)
        with self.lock:
            done, transitions = self._people.do(command, Giver(peer, role, now), self._site)
            self._tell(transitions)
            if command.name.endswith("-maintenance"):
                self._record(self._plan(now), now)
            return done

    def note(self, command: Command, peer: Peer, now: dt.datetime, files: list[str]) -> str:
        """Write down that a person had files read anew; why that cannot be written, else nothing."""
        data = {"files": files[:100], "count": len(files)}
        text = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
        source = command.source or "all sources"
        return self.write([recording.of_person(peer, "retry", "read anew", source, now, data, text=text)])

    def write(self, entries: Sequence[Entry]) -> str:
        """Write down what is no change of an alert; why that cannot be done, else nothing."""
        with self.lock:
            return self._writer.write(entries, entries[0].site_time) if entries else ""

    def keep(self, entries: Sequence[Entry], now: float) -> bool:
        """Write down what the system did, now or as soon as it can be; whether it is written. `now` is site time."""
        with self.lock:
            self._writer.keep(entries, now)
            return not self._writer.trouble

    # --- what is seen ------------------------------------------------------------------------------------------

    def open_alerts(self, limit: int | None = SHOWN) -> list[AlertState]:
        """The most urgent of the open alerts, in order."""
        with self.lock:
            return [as_state(alert) for alert in self._book.open(limit)]

    def counts(self) -> AlertCounts:
        """How many alerts are open in all."""
        with self.lock:
            return as_counts(self._book)

    def views(self) -> list[SavedView]:
        """The saved views, by name."""
        with self.lock:
            return self._views.all()

    def maintenance(self, now: float) -> list[Maintenance]:
        """The windows that run or are planned, the earliest first."""
        with self.lock:
            return self._windows.shown(now)

    def marked(self) -> list[ChangeMark]:
        """The changes that people made to the operation and that stand, the earliest first."""
        with self.lock:
            return self._marks.all()

    def notices(self, now: float) -> list[Notice]:
        """What people must know of the journal and of maintenance."""
        with self.lock:
            told = self._writer.notices()
            if not self._windows.shown(now):
                return told
            return [*told, *self._windows.notices(now, self._site, zone(self._site), self._silenced())]

    def _silenced(self) -> Counter[str]:
        """How many alerts each window suppresses."""
        if not self._running:
            return Counter()
        names = (name for alert in self._book.ranked() for name in alert.facts.suppressed)
        return Counter(name.removeprefix(maintenance.PREFIX) for name in names)

    def ranked(self) -> list[Alert]:
        """All that are open, the most urgent first."""
        with self.lock:
            return list(self._book.ranked())

    def alert(self, alert: str) -> Alert | None:
        """An alert that is or was open, with its facts."""
        with self.lock:
            return self._book.get(alert)

    def state(self, alert: Alert) -> AlertState:
        """An alert as consoles see it."""
        return as_state(self._book.shown(alert))

    # --- the past ----------------------------------------------------------------------------------------------

    def occurrence(self, alert: str, at: float | None = None) -> tuple[str, float]:
        """The rule of an alert, and when the occurrence began that is open, or was last (as of `at`, site time).

        Raises LookupError.
        """
        found = self.alert(alert) if at is None else None
        if found is not None:
            return found.rule, found.facts.since or 0.0
        past = self._journal.as_of("alert", at, alert) if at is not None else self._journal.last("alert", alert)
        if not past:
            raise LookupError("there is no such alert any more" if at is None else "there was no such alert then")
        seen = past[0].data["alert"]
        return seen["rule"], seen["facts"].get("since") or 0.0

    def subject(self, alert: str, at: float | None = None) -> tuple[str, dict[str, str | None]]:
        """The rule and the labels of an alert, also of one that was open at a past moment (site time) only.

        Raises LookupError.
        """
        found = self.alert(alert)
        if found is not None:
            return found.rule, found.labels
        past = self._as_of(at, alert) if at is not None else []
        if not past:
            raise LookupError("there is no such alert any more" if at is None else "there was no such alert then")
        return past[0]["alert"]["rule"], past[0]["alert"].get("labels", {})

    def book_at(self, site: Site, at: float) -> AlertBook:
        """The alerts as they were at a past moment of site time, as the journal has them.

        Figures are those of the last transition before. Raises JournalError.
        """
        book = AlertBook(site)
        book.restore([data["alert"] for data in self._as_of(at)])
        return book

    def recorded_since(self) -> float | None:
        """Site time of the first alert on record; None where there is none."""
        return self._journal.first("alert")

    def _as_of(self, at: float, alert: str = "") -> list[dict[str, Any]]:
        """The last transition up to a moment of each alert, or of one; those that closed it are left out of all."""
        without = "" if alert else "NORM"
        found = {each.object: each.data for each in self._journal.as_of("alert", at, alert, without)}
        # what a full disk keeps out of the journal has happened all the same
        for entry in list(self._writer.unwritten):
            if entry.kind == "alert" and entry.site_time <= at and alert in ("", entry.object):
                found[entry.object] = entry.data
        return list(found.values())


def as_state(alert: object) -> AlertState:
    """An open alert of the book as it goes over the wire."""
    return msgspec.convert(alert, AlertState, from_attributes=True)


def as_counts(book: AlertBook) -> AlertCounts:
    """How many alerts are open, as it goes over the wire."""
    return msgspec.convert(book.counts(), AlertCounts, from_attributes=True)


def alert_from(site: Site, now: dt.datetime) -> dt.datetime | None:
    """Rows with an event time before this raise nothing live: a first load of a year is no year of alerts."""
    if site.alert_from == "all":
        return None
    if site.alert_from == "shift start":
        shift = shift_at(site, now)
        if shift is not None:
            return shift.start
        local = now.astimezone(zone(site))
        return local.replace(hour=0, minute=0, second=0, microsecond=0)
    return dt.datetime.fromisoformat(site.alert_from).astimezone(dt.UTC)
