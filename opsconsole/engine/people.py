"""What people do to alerts, to saved views and to maintenance: checked, applied, and in the journal before it is done.

A command that cannot be written is taken back, and refused with the reason. Who may give it at all is settled before
(`opsconsole.engine.roles`).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from opsconsole.alerts.alert import Alert, Outcome, Transition
from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.deed import Deed, Take, Target
from opsconsole.alerts.deeds import DONE
from opsconsole.alerts.escalation import steps_of
from opsconsole.engine import recording, roles, undo
from opsconsole.engine.commands import Role
from opsconsole.engine.identity import Peer
from opsconsole.engine.maintenance import KIND as MAINTENANCE
from opsconsole.engine.maintenance import Windows, what
from opsconsole.engine.marks import KIND as CHANGE
from opsconsole.engine.marks import ChangeMarks
from opsconsole.engine.marks import what as what_changed
from opsconsole.engine.messages import ChangeMark, Command, Done, Maintenance, SavedView
from opsconsole.engine.views import KIND as VIEW
from opsconsole.engine.views import Views
from opsconsole.engine.writer import Writer
from opsconsole.journal.journal import Entry, Journal, JournalError, Record
from opsconsole.site.figures import count
from opsconsole.site.model import Site

LONGEST_TEXT = 2_000
_SLACK = 5.0
"""Seconds by which a shelf may be over its limit: the console that worked it out has a clock of its own."""


class Giver(msgspec.Struct, frozen=True):
    """Who gives a command, with which role, at which site time."""

    peer: Peer
    role: Role
    now: dt.datetime

    @property
    def at(self) -> float:
        """Site time in seconds since the epoch."""
        return self.now.timestamp()


class People:
    """Does what people command. Used by one thread at a time."""

    def __init__(
        self, book: AlertBook, windows: Windows, views: Views, marks: ChangeMarks, writer: Writer, journal: Journal
    ) -> None:
        self._book = book
        self._windows = windows
        self._views = views
        self._marks = marks
        self._writer = writer
        self._journal = journal
        self._passed: dict[tuple[int, str], frozenset[str]] = {}

    def do(self, command: Command, giver: Giver, site: Site) -> tuple[Done, list[Transition]]:
        """What came of a command, and how alerts changed."""
        if len(command.text) > LONGEST_TEXT:
            return _refused(command, f"a text has at most {LONGEST_TEXT} characters"), []
        try:
            if command.name == "undo":
                return self._undo(command, giver)
            if command.name == "redo":
                return self._redo(command, giver, site)
        except JournalError as error:
            return _refused(command, f"the journal cannot be read: {error}"), []
        if command.name in ("plan-maintenance", "end-maintenance"):
            return self._maintain(command, giver, site), []
        if command.name in ("save-view", "drop-view"):
            return self._view(command, giver), []
        if command.name in ("change", "drop-change"):
            return self._change(command, giver, site), []
        return self._deed(command, giver, site)

    # --- alerts ----------------------------------------------------------------------------------------------

    def _deed(self, command: Command, giver: Giver, site: Site) -> tuple[Done, list[Transition]]:
        if not command.targets:
            return _refused(command, "no alert is meant"), []
        names = [each.alert for each in command.targets]
        refused = self._too_long(names, command.until, giver, site) if command.name == "shelve" else {}
        targets = tuple(Target(each.alert, each.version) for each in command.targets if each.alert not in refused)
        before = self._before(each.alert for each in targets)
        outcome = self._apply(command, giver, targets, site)
        given = undo.as_given(command, secrets.token_hex(4))
        trouble = self._write(outcome.transitions, giver, given, before)
        if trouble:
            return Done(refused={each.alert: trouble for each in command.targets}), []
        return _done(outcome, refused), outcome.transitions

    def _apply(self, command: Command, giver: Giver, targets: Iterable[Target], site: Site) -> Outcome:
        """Have the book do a command on these alerts, each as far as its own steps and limits go."""
        alike: dict[tuple[int, float | None], list[Target]] = {}
        for target in targets:
            steps = self._steps(target.alert, site) if command.name == "escalate" else 0
            latest = self._latest(target.alert, giver, site) if command.name == "shelve" else None
            alike.setdefault((steps, latest), []).append(target)
        outcome = Outcome([], {}, {})
        for (most, latest), some in alike.items():
            found = self._book.command(_deed(command, giver, tuple(some), most, latest))
            outcome.transitions.extend(found.transitions)
            outcome.refused.update(found.refused)
            outcome.already.update(found.already)
        return outcome

    def _steps(self, alert: str, site: Site) -> int:
        known = self._book.get(alert)
        if known is None:
            return 0
        return len(steps_of(site, known.facts.priority, self._book.shown(known).area))

    def _latest(self, alert: str, giver: Giver, site: Site) -> float | None:
        """When a shelf until the condition has gone ends at the latest."""
        known = self._book.get(alert)
        if known is None:
            return None
        return giver.at + roles.longest_shelf(site, giver.role, known.facts.priority)

    def _too_long(self, alerts: Iterable[str], until: float | None, giver: Giver, site: Site) -> dict[str, str]:
        """The alerts that the person's role may not shelve for so long."""
        found: dict[str, str] = {}
        if until is None:
            return found
        for each in alerts:
            alert = self._book.get(each)
            if alert is not None:
                seconds = until - giver.at - _SLACK
                why = roles.too_long(site, giver.role, alert.facts.priority, seconds)
                found |= {each: why} if why else {}
        return found

    def _undo(self, command: Command, giver: Giver) -> tuple[Done, list[Transition]]:
        person = (giver.peer.uid, giver.peer.origin)
        passed = self._passed.get(person, frozenset())
        found = undo.to_take_back(undo.given_by(self._journal, giver.peer), passed)
        marked = self._last_marked(giver.peer)
        if marked is not None and (found is None or marked.seq > found[0].records[-1].seq):
            return self._drop(marked.object, command, giver), []
        if found is None:
            return _refused(command, "there is nothing of yours to take back"), []
        act, takes = found
        said = DONE.get(act.given.name, act.given.name)
        if not undo.may_be_undone(act.given) or not takes:
            self._passed[person] = passed | {act.given.id}
            return _refused(command, f"“{said}” cannot be taken back; undo again for what you did before"), []
        before = self._before(each.alert for each in takes)
        outcome = self._book.undo([self._as_it_is(take) for take in takes], giver.peer.user, giver.at)
        given = {"id": secrets.token_hex(4), "name": "undo", "undoes": act.given.id, "was": act.given.name}
        trouble = self._write(outcome.transitions, giver, given, before)
        if trouble:
            return _refused(command, trouble), []
        refused = {alert: self._since(alert, why) for alert, why in outcome.refused.items()}
        if not outcome.transitions:
            self._passed[person] = passed | {act.given.id}
            tail = "nothing was taken back; undo again for what you did before"
        else:
            tail = f"taken back for {count(len(outcome.transitions), 'alert')}"
        return Done(_applied(outcome), outcome.already, refused, f"{said}: {tail}"), outcome.transitions

    def _as_it_is(self, take: Take) -> Take:
        """A take as the book compares it: of an alert that is in this very version, with what that version is like."""
        alert = self._book.get(take.alert)
        if alert is None or alert.facts.version != take.version:
            return take
        return msgspec.structs.replace(take, version=alert.facts.like or take.version)

    def _redo(self, command: Command, giver: Giver, site: Site) -> tuple[Done, list[Transition]]:
        found = undo.to_do_again(undo.given_by(self._journal, giver.peer))
        if found is None:
            return _refused(command, "there is nothing that you have taken back last"), []
        undone, was, versions = found
        why = roles.refusal(was.name, giver.role, giver.peer)
        if why:
            return _refused(command, why), []
        refused = self._too_long(versions, was.until, giver, site) if was.name == "shelve" else {}
        targets: list[Target] = []
        for alert, version in versions.items():
            now = self._book.get(alert)
            if alert in refused:
                continue
            if now is None or now.facts.version != version:
                refused[alert] = self._since(alert, "it has moved on since")
            else:
                targets.append(Target(alert, version))
        again = Command(was.name, [], was.text, was.until, was.to, was.disposition)
        before = self._before(each.alert for each in targets)
        outcome = self._apply(again, giver, targets, site)
        given = undo.as_given(again, secrets.token_hex(4)) | {"redoes": undone}
        trouble = self._write(outcome.transitions, giver, given, before)
        if trouble:
            return _refused(command, trouble), []
        said = f"{DONE.get(was.name, was.name)} again: {count(len(outcome.transitions), 'alert')}"
        return Done(_applied(outcome), outcome.already, refused | outcome.refused, said), outcome.transitions

    def _since(self, alert: str, why: str) -> str:
        """The reason of a refusal, with what happened to the alert since."""
        last = self._journal.records("alert", alert, 1)
        if not last:
            return why
        by = f" by {last[0].actor}" if last[0].uid is not None else ""
        return f"{why}: {last[0].what}{by}"

    def _before(self, alerts: Iterable[str]) -> list[Alert]:
        return [alert for name in alerts if (alert := self._book.get(name)) is not None]

    def _write(
        self, transitions: Sequence[Transition], giver: Giver, given: Mapping[str, object], before: list[Alert]
    ) -> str:
        """Write what a command did; where it cannot be written it is taken back, and why is returned."""
        if not transitions:
            return ""
        entries = [recording.of_transition(each, giver.peer, giver.now, dict(given)) for each in transitions]
        trouble = self._writer.write(entries, giver.at)
        if trouble:
            self._book.take_back(before)
        return trouble

    # --- what is planned, and what is shared -------------------------------------------------------------------

    def _maintain(self, command: Command, giver: Giver, site: Site) -> Done:
        wanted = command.maintenance or Maintenance()
        if command.name == "plan-maintenance":
            window = self._windows.planned(wanted, giver.peer.user, site, giver.at)
            word = "planned"
        else:
            window = self._windows.ended(wanted.id, giver.at)
            word = "ended early"
        if isinstance(window, str):
            return Done(refused={wanted.id or command.name: window}, said=window)
        if trouble := self._writer.write([of_window(window, word, giver, site)], giver.at):
            return Done(refused={window.id: trouble}, said=trouble)
        self._windows.keep(window)
        return Done(applied=[window.id], said=f"maintenance of {what(window, site)} {word}")

    def _view(self, command: Command, giver: Giver) -> Done:
        view = command.view or SavedView("", "")
        found = self._views.checked(command.name, msgspec.structs.replace(view, by=giver.peer.user))
        if isinstance(found, str):
            return Done(refused={view.name or command.name: found}, said=found)
        word = "saved" if command.name == "save-view" else "dropped"
        data = {"view": msgspec.to_builtins(found)}
        entry = recording.of_person(giver.peer, VIEW, word, found.name, giver.now, data, text=found.line)
        if trouble := self._writer.write([entry], giver.at):
            return Done(refused={found.name: trouble}, said=trouble)
        self._views.keep(found, dropped=word == "dropped")
        return Done(applied=[found.name], said=f"view {found.name} {word}")

    def _change(self, command: Command, giver: Giver, site: Site) -> Done:
        wanted = command.change or ChangeMark()
        if command.name == "drop-change":
            return self._drop(wanted.id, command, giver)
        mark = self._marks.marked(wanted, giver.peer.user, site, giver.now)
        if isinstance(mark, str):
            return Done(refused={command.name: mark}, said=mark)
        if trouble := self._write_change(mark, "changed", giver):
            return Done(refused={mark.id: trouble}, said=trouble)
        return Done(applied=[mark.id], said=f"change {mark.id} marked · {what_changed(mark)}")

    def _drop(self, name: str, command: Command, giver: Giver) -> Done:
        mark = self._marks.dropped(name)
        if isinstance(mark, str):
            return Done(refused={name or command.name: mark}, said=mark)
        if trouble := self._write_change(mark, "taken back", giver):
            return Done(refused={mark.id: trouble}, said=trouble)
        return Done(applied=[mark.id], said=f"change {mark.id} taken back · {what_changed(mark)}")

    def _write_change(self, mark: ChangeMark, word: str, giver: Giver) -> str:
        """Write a change down and keep it; why it cannot be written, else nothing."""
        data = {"change": msgspec.to_builtins(mark)}
        entry = recording.of_person(giver.peer, CHANGE, word, mark.id, giver.now, data, text=what_changed(mark))
        if trouble := self._writer.write([entry], giver.at):
            return trouble
        self._marks.keep(mark)
        return ""

    def _last_marked(self, peer: Peer) -> Record | None:
        """The record of the last change that a person marked and that stands."""
        standing = {each.id for each in self._marks.all()}
        found = self._journal.by_person(peer.uid, peer.origin, CHANGE, None, undo.LOOKED_BACK)
        return next((each for each in found if each.what == "changed" and each.object in standing), None)


def of_window(window: Maintenance, word: str, giver: Giver, site: Site) -> Entry:
    """The record of a window that a person planned or ended."""
    data = {"window": msgspec.to_builtins(window)}
    text, reason = what(window, site), window.reason
    return recording.of_person(giver.peer, MAINTENANCE, word, window.id, giver.now, data, text=text, reason=reason)


def _deed(command: Command, giver: Giver, targets: tuple[Target, ...], most: int, latest: float | None) -> Deed:
    return Deed(
        name=command.name,
        by=giver.peer.user,
        at=giver.at,
        targets=targets,
        text=command.text,
        until=command.until,
        latest=latest,
        to=command.to,
        disposition=command.disposition,
        most=most,
    )


def _done(outcome: Outcome, refused: dict[str, str]) -> Done:
    return Done(_applied(outcome), outcome.already, refused | outcome.refused)


def _applied(outcome: Outcome) -> list[str]:
    return [each.alert.id for each in outcome.transitions]


def _refused(command: Command, why: str) -> Done:
    """All of a command is refused."""
    return Done(refused={each.alert: why for each in command.targets} or {command.name: why}, said=why)
