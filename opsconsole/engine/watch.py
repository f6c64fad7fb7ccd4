"""The watch over alerts: what the rules observed and what people did, through the life of each alert, to the journal.

A transition counts once it is in the journal. When the journal cannot be written (a full disk), the system's own
transitions are kept and written as soon as it can; a person's command is refused, with the reason.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any

import msgspec

from opsconsole.alerts.alert import Alert, Transition
from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.deed import Deed, Target
from opsconsole.engine import recording
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import AlertState, Command, Done, Notice
from opsconsole.journal.journal import Entry, Journal, JournalError
from opsconsole.kpis.observation import Evaluation
from opsconsole.site.calendar import shift_at, zone
from opsconsole.site.model import Site

log = logging.getLogger(__name__)


class AlertWatch:
    """The alerts of one site and their journal. Used by the tick's thread alone, but for `subject`."""

    def __init__(self, site: Site, journal: Journal) -> None:
        self._journal = journal
        self._book = AlertBook(site)
        self._unwritten: list[Entry] = []
        self._trouble = ""
        self._book.restore([record.data["alert"] for record in journal.latest("alert")])

    @property
    def longest_delay(self) -> float:
        """Seconds of site time that are gone through again after a restart, so that running delays go on."""
        return self._book.longest_delay

    def configure(self, site: Site, now: dt.datetime) -> None:
        """Take over a site, at the start or when it was edited: alerts of rules that are gone close."""
        self._record(self._book.replace(site, now.timestamp()), now)

    def observe(self, evaluation: Evaluation) -> None:
        """Take what the rules found at a point of the evaluation grid."""
        self._record(self._book.observe(evaluation), dt.datetime.fromtimestamp(evaluation.at, dt.UTC))

    def open_alerts(self) -> list[AlertState]:
        """The open alerts, the most urgent first."""
        return [msgspec.convert(alert, AlertState, from_attributes=True) for alert in self._book.open()]

    @property
    def journal(self) -> Journal:
        """The journal, to be read from any thread by what of it allows that."""
        return self._journal

    def alert(self, alert: str) -> Alert | None:
        """An alert that is or was open, with its facts. May be called from any thread."""
        return self._book.get(alert)

    def occurrence(self, alert: str, at: float | None = None) -> tuple[str, float]:
        """The rule of an alert, and when the occurrence began that is open, or was last (as of `at`, site time).

        Raises LookupError. May be called from any thread.
        """
        found = self._book.get(alert) if at is None else None
        if found is not None:
            return found.rule, found.facts.since or 0.0
        past = self._journal.as_of("alert", at, alert) if at is not None else self._journal.last("alert", alert)
        if not past:
            raise LookupError("there is no such alert any more" if at is None else "there was no such alert then")
        seen = past[0].data["alert"]
        return seen["rule"], seen["facts"].get("since") or 0.0

    def subject(self, alert: str, at: float | None = None) -> tuple[str, dict[str, str | None]]:
        """The rule and the labels of an alert, also of one that was open at a past moment (site time) only.

        Raises LookupError. May be called from any thread.
        """
        found = self._book.get(alert)
        if found is not None:
            return found.rule, found.labels
        past = self._as_of(at, alert) if at is not None else []
        if not past:
            raise LookupError("there is no such alert any more" if at is None else "there was no such alert then")
        return past[0]["alert"]["rule"], past[0]["alert"].get("labels", {})

    def alerts_at(self, site: Site, at: float) -> list[AlertState]:
        """The alerts that were open at a past moment of site time, as the journal has them, the most urgent first.

        Figures are those of the last transition before. Raises JournalError. May be called from any thread.
        """
        book = AlertBook(site)
        book.restore([data["alert"] for data in self._as_of(at)])
        return [msgspec.convert(alert, AlertState, from_attributes=True) for alert in book.open()]

    def recorded_since(self) -> float | None:
        """Site time of the first alert on record; None where there is none. May be called from any thread."""
        return self._journal.first("alert")

    def _as_of(self, at: float, alert: str = "") -> list[dict[str, Any]]:
        """The last transition up to a moment of each alert, or of one; those that closed it are left out of all."""
        without = "" if alert else "NORM"
        found = {each.object: each.data for each in self._journal.as_of("alert", at, alert, without)}
        for entry in list(self._unwritten):  # what a full disk keeps out of the journal has happened all the same
            if entry.kind == "alert" and entry.site_time <= at and alert in ("", entry.object):
                found[entry.object] = entry.data
        return list(found.values())

    def notices(self) -> list[Notice]:
        """What people must know of the journal."""
        found = [Notice("journal", self._journal.note, "warning")] if self._journal.note else []
        return [*found, Notice("journal", self._trouble, "critical")] if self._trouble else found

    def command(self, command: Command, peer: Peer, now: dt.datetime) -> Done:
        """Check a command, apply it and write it; it is done once it is written, else it is taken back."""
        before = [alert for target in command.targets if (alert := self._book.get(target.alert)) is not None]
        targets = tuple(Target(target.alert, target.version) for target in command.targets)
        outcome = self._book.command(Deed(command.name, peer.user, now.timestamp(), targets))
        if outcome.transitions:
            records = [recording.of_transition(each, peer, now) for each in outcome.transitions]
            try:
                self._journal.write([*self._unwritten, *records])
            except JournalError as error:
                self._book.take_back(before)
                self._trouble = f"nothing can be acknowledged: {error}"
                return Done(refused={target.alert: self._trouble for target in command.targets})
            self._unwritten, self._trouble = [], ""
        applied = [each.alert.id for each in outcome.transitions]
        return Done(applied=applied, already=outcome.already, refused=outcome.refused)

    def note(self, command: Command, peer: Peer, now: dt.datetime, files: list[str]) -> str:
        """Write down that a person had files read anew; why that cannot be written, else nothing."""
        data = {"files": files[:100], "count": len(files)}
        text = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
        source = command.source or "all sources"
        return self.write([recording.of_person(peer, "retry", "read anew", source, now, data, text=text)])

    def write(self, entries: Sequence[Entry]) -> str:
        """Write down what is no change of an alert; why that cannot be done, else nothing."""
        try:
            self._journal.write([*self._unwritten, *entries])
        except JournalError as error:
            return f"it cannot be written to the journal: {error}"
        self._unwritten, self._trouble = [], ""
        return ""

    def _record(self, transitions: Sequence[Transition], now: dt.datetime) -> None:
        self._unwritten += [recording.of_transition(each, None, now) for each in transitions]
        if not self._unwritten:
            return
        try:
            self._journal.write(self._unwritten)
        except JournalError as error:
            if not self._trouble:
                log.error("the journal cannot be written: %s", error)
            self._trouble = f"the journal cannot be written: {error} Alerts go on; nothing can be acknowledged."
            return
        self._unwritten, self._trouble = [], ""


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
