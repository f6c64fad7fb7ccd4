"""The watch over alerts: what the rules observed and what people did, through the life of each alert, to the journal.

A transition counts once it is in the journal. When the journal cannot be written (a full disk), the system's own
transitions are kept and written as soon as it can; a person's command is refused, with the reason.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence

import msgspec

from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.lifecycle import Transition
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import COMMANDS, AlertState, Command, Done, Notice
from opsconsole.journal.journal import Journal, JournalError, Record
from opsconsole.kpis.rules import Observation
from opsconsole.site.calendar import shift_at, zone
from opsconsole.site.model import Site

log = logging.getLogger(__name__)

SYSTEM = "system"


class AlertWatch:
    """The alerts of one site and their journal. Used by the tick's thread alone."""

    def __init__(self, site: Site, journal: Journal) -> None:
        self._journal = journal
        self._book = AlertBook(site)
        self._unwritten: list[Record] = []
        self._trouble = ""
        self._book.restore([record.data for record in journal.latest("alert")])

    def configure(self, site: Site, now: dt.datetime) -> None:
        """Take over an edited site: alerts of rules that are gone close."""
        self._record(self._book.configure(site, now), SYSTEM, now)

    def observe(self, observations: Sequence[Observation], now: dt.datetime) -> None:
        """Take what the rules found at a grid point."""
        self._record(self._book.observe(observations, now), SYSTEM, now)

    def open_alerts(self) -> list[AlertState]:
        """The open alerts, the most urgent first."""
        return self._book.open()

    def notices(self) -> list[Notice]:
        """What people must know of the journal."""
        return [Notice("journal", self._trouble, "critical")] if self._trouble else []

    def command(self, command: Command, peer: Peer, now: dt.datetime) -> Done:
        """Check a command, write it, then apply it."""
        if command.name not in COMMANDS:
            return Done(refused={target.alert: f"unknown command {command.name}" for target in command.targets})
        trial = self._book.command(command.name, command.targets, peer.user, now, command.text)
        if trial.transitions:
            records = [*self._unwritten, *(self._as_record(each, str(peer), now) for each in trial.transitions)]
            try:
                self._journal.append(records)
            except JournalError as error:
                self._trouble = f"nothing can be acknowledged: {error}"
                return Done(refused={target.alert: self._trouble for target in command.targets})
            self._unwritten, self._trouble = [], ""
            self._book.apply(trial.transitions)
        return Done(applied=trial.applied, refused=trial.refused)

    def _record(self, transitions: Sequence[Transition], actor: str, now: dt.datetime) -> None:
        self._unwritten += [self._as_record(each, actor, now) for each in transitions]
        if not self._unwritten:
            return
        try:
            self._journal.append(self._unwritten)
        except JournalError as error:
            if not self._trouble:
                log.error("the journal cannot be written: %s", error)
            self._trouble = f"the journal cannot be written: {error} Alerts go on; nothing can be acknowledged."
            return
        self._unwritten, self._trouble = [], ""

    @staticmethod
    def _as_record(transition: Transition, actor: str, now: dt.datetime) -> Record:
        return Record(
            kind="alert",
            object=transition.alert,
            actor=actor,
            site_time=now,
            data=msgspec.to_builtins(transition),
        )


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
