"""What a person did lately, from the journal, and what of it can be taken back or done again.

Each record that a command makes carries the command; those of one command stand together. So a bulk is taken back as
one, and a restart forgets nothing. A person is a user (as the kernel says) at one claimed origin, so that two people
with one login do not take back each other's commands.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from opsconsole.alerts.deed import Take
from opsconsole.engine.commands import COMMANDS
from opsconsole.engine.identity import Peer
from opsconsole.engine.messages import Command, Disposition
from opsconsole.journal.journal import Journal, Record

_PAGE = 200
LOOKED_BACK = 2_000
"""Commands of a person that are looked through; who wants an older one back does it by hand."""


class Given(Struct, frozen=True, omit_defaults=True):
    """A command as its records carry it; `undoes` and `redoes` name the command that was taken back, or done again."""

    id: str
    name: str
    text: str = ""
    until: float | None = None
    to: str = ""
    disposition: Disposition | None = None
    undoes: str = ""
    redoes: str = ""


class Act(Struct, frozen=True):
    """A command that was given, and its records in the order they were written."""

    given: Given
    records: list[Record]

    @property
    def versions(self) -> dict[str, int]:
        """The version of each alert right after it."""
        return {each.object: each.data["alert"]["facts"].get("version", 0) for each in self.records}

    @property
    def takes(self) -> list[Take]:
        """What it takes to take it back, for each alert where it can be."""
        return [msgspec.convert(each.data["take"], Take) for each in self.records if each.data.get("take")]


class _Since:
    """What a person did after a command and that comes to nothing: taken back, or taken back and done again.

    An alert whose last changes are all of these is as it was right after the command.
    """

    def __init__(self) -> None:
        self._changes: dict[str, set[int]] = {}

    def add(self, act: Act) -> None:
        """An act that comes to nothing."""
        for alert, version in act.versions.items():
            self._changes.setdefault(alert, set()).add(version)

    def version(self, alert: str, version: int) -> int:
        """The version up to which an alert is as it was at this one."""
        changes = self._changes.get(alert, set())
        while version + 1 in changes:
            version += 1
        return version


def given_by(journal: Journal, peer: Peer) -> Iterator[Act]:
    """The commands of a person on alerts, the newest first."""
    held: list[Record] = []
    before: int | None = None
    while page := journal.by_person(peer.uid, peer.origin, "alert", before, _PAGE):
        before = page[-1].seq
        for record in page:
            if held and _id(record) != _id(held[0]):
                yield from _command(held)
                held = []
            held.append(record)
    yield from _command(held)


def _id(record: Record) -> str:
    return str(record.data.get("command", {}).get("id", ""))


def _command(records: list[Record]) -> Iterator[Act]:
    if records and _id(records[0]):
        yield Act(msgspec.convert(records[0].data["command"], Given), records[::-1])


def to_take_back(given: Iterator[Act], passed: frozenset[str]) -> tuple[Act, list[Take]] | None:
    """The last command that has not been taken back, and what it takes; those in `passed` are gone by."""
    gone: set[str] = set()
    since = _Since()
    for act, _ in zip(given, range(LOOKED_BACK), strict=False):
        if act.given.undoes:
            gone.add(act.given.undoes)
            since.add(act)
        elif act.given.id in gone:
            since.add(act)
        elif act.given.id not in passed:
            return act, [replace(take, version=since.version(take.alert, take.version)) for take in act.takes]
    return None


def to_do_again(given: Iterator[Act]) -> tuple[str, Given, dict[str, int]] | None:
    """The last command that was taken back with nothing new after it.

    The id of how it was taken back, what it was, and its alerts with the version in which they still are as they were
    right after that.
    """
    again: set[str] = set()
    since = _Since()
    found: Act | None = None
    for act, _ in zip(given, range(LOOKED_BACK), strict=False):
        if found is not None:
            if act.given.id == found.given.undoes:
                versions = {alert: since.version(alert, version) for alert, version in found.versions.items()}
                return found.given.id, act.given, versions
            continue
        if act.given.redoes:
            again.add(act.given.redoes)
            since.add(act)
        elif act.given.id in again:
            since.add(act)
        elif act.given.undoes:
            found = act
        else:
            return None
    return None


def may_be_undone(given: Given) -> bool:
    """Whether a command can be taken back at all."""
    return COMMANDS[given.name].undoable


def as_given(command: Command, id_: str) -> dict[str, object]:
    """A command as its records carry it."""
    given = Given(id_, command.name, command.text, command.until, command.to, command.disposition)
    found: dict[str, object] = msgspec.to_builtins(given)
    return found
