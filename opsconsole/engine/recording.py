"""How what happens is written to the journal, and how its records are told on the wire."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import msgspec
from msgspec import Struct

from opsconsole.alerts.alert import Alert, Transition
from opsconsole.alerts.deeds import DONE
from opsconsole.alerts.facts import What
from opsconsole.alerts.together import Bygone
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import Event
from opsconsole.journal.journal import Entry, Record

SYSTEM = "system"


def of_transition(
    transition: Transition, who: Peer | None, now: dt.datetime, command: dict[str, Any] | None = None
) -> Entry:
    """A change of an alert; `who` did it, None: the system. The whole alert is kept, so that a restart has it again.

    `command` is what the person commanded, kept with what it takes to undo it.
    """
    alert = transition.alert
    data: dict[str, Any] = {"at": transition.at, "alert": msgspec.to_builtins(alert)}
    if transition.annunciate:
        data["annunciate"] = True
    if command is not None:
        data |= {"command": command, "take": msgspec.to_builtins(transition.take)}
    return Entry(
        actor=who.user if who is not None else SYSTEM,
        uid=who.uid if who is not None else None,
        origin=who.origin if who is not None else "",
        kind="alert",
        what=transition.what,
        object=alert.id,
        text=alert.text,
        before=transition.before,
        after=transition.after,
        reason=_told(transition, command)
        if who is not None
        else transition.why
        if transition.why != alert.text
        else "",
        site_time=now.timestamp(),
        data=data,
    )


def _why(transition: Transition) -> str:
    """What the system says of a change, where that is more than what the alert says."""
    return transition.why if transition.why != transition.alert.text else ""


def _told(transition: Transition, command: dict[str, Any] | None) -> str:
    """What a person wrote, after what a kind of change does not tell by itself: to whom, or what was taken back."""
    more = ""
    if transition.what == "assigned":
        more = f"to {transition.alert.facts.owner or 'nobody'}"
    elif transition.what == "undone" and command is not None:
        more = DONE.get(command["was"], command["was"])
    return " · ".join(part for part in (more, transition.reason) if part)


class Kept(Struct):
    """Of a change of an alert what a restart takes up: the alert as it was after it."""

    alert: Alert


class _Rule(Struct):
    rule: str


class Change(Struct):
    """Of a change of an alert what tells of floods and chatter."""

    at: float
    alert: _Rule
    annunciate: bool = False


def bygone(what: str, alert: str, change: Change) -> Bygone:
    """A change of an alert as what happened before a restart."""
    return Bygone(change.at, alert, change.alert.rule, cast(What, what), change.annunciate)


def of_person(
    who: Peer,
    kind: str,
    what: str,
    object_: str,
    now: dt.datetime,
    data: dict[str, Any],
    *,
    text: str = "",
    reason: str = "",
    before: str = "",
    after: str = "",
) -> Entry:
    """What a person did that is no change of an alert."""
    return Entry(
        actor=who.user,
        uid=who.uid,
        origin=who.origin,
        kind=kind,
        what=what,
        object=object_,
        text=text,
        before=before,
        after=after,
        reason=reason,
        site_time=now.timestamp(),
        data=data,
    )


def event_of(record: Record) -> Event:
    """A record as clients get it."""
    return Event(
        seq=record.seq,
        at=seconds(record.site_time),
        utc=seconds(record.utc),
        actor=record.actor,
        kind=record.kind,
        object=record.object,
        what=record.what,
        text=record.text,
        reason=record.reason,
        before=record.before,
        after=record.after,
        uid=record.uid,
        origin=record.origin,
    )


def seconds(moment: str) -> float:
    """A moment of a record, in seconds since the epoch."""
    return dt.datetime.fromisoformat(moment).timestamp()
