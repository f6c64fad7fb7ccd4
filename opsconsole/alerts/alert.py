"""One alert with what was last seen of it, how it is shown, and what a change of it is. Plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec import Struct

from opsconsole.alerts.deed import Take
from opsconsole.alerts.facts import Disposition, Facts, Letter, Quality, What
from opsconsole.site.model import Priority

Labels = dict[str, str | None]
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/+#")


class Alert(Struct, frozen=True, omit_defaults=True, gc=False):
    """One rule on one set of labels: its facts, what was last seen of it, and the incident it was last part of.

    `waits`: since when (site time) it waits for somebody to acknowledge it; None while it does not. `called` is the
    version at which it last called people.
    """

    id: str
    rule: str
    facts: Facts
    labels: Labels = {}
    text: str = ""
    value: float | None = None
    worst: float | None = None
    limit: float | None = None
    note: str = ""
    note_by: str = ""
    waits: float | None = None
    called: int = 0
    incident: str = ""
    first_out: bool = False


class Open(Struct, frozen=True, gc=False):
    """An open alert as consoles see it; the same fields as `AlertState` of the wire."""

    id: str
    rule: str
    text: str
    state: Letter
    priority: Priority
    since: float
    version: int
    labels: Labels = {}
    who: str = ""
    acked_at: float | None = None
    value: float | None = None
    worst: float | None = None
    count: int = 1
    kpi: str = ""
    source: str = ""
    area: str = ""
    procedure: str = ""
    quality: Quality = "good"
    beneath: Letter = "UNACK"
    put_by: str = ""
    put_at: float | None = None
    until: float | None = None
    reason: str = ""
    suppressed: tuple[str, ...] = ()
    owner: str = ""
    escalation: int = 0
    disposition: Disposition | None = None
    note: str = ""
    note_by: str = ""
    chatters: bool = False
    incident: str = ""
    first_out: bool = False
    ticked: int = 0
    called: int = 0


class Transition(Struct, frozen=True, omit_defaults=True, gc=False):
    """A change of state, for the journal: `alert` is what it is now, and enough to go on from after a restart.

    `why` is a sentence of the system, `reason` the words of the person; `take` is there where it can be undone.
    """

    at: float
    what: What
    why: str
    before: Letter
    after: Letter
    alert: Alert
    who: str = ""
    annunciate: bool = False
    reason: str = ""
    take: Take | None = None


class Outcome(Struct, frozen=True):
    """What came of a deed: the transitions, and by alert what was so already and what was refused, and why."""

    transitions: list[Transition]
    refused: dict[str, str]
    already: dict[str, str] = {}


def alert_id(rule: str, labels: Mapping[str, str | None]) -> str:
    """A readable name that stays: `late{carrier=F9}`. Members that could be misread are quoted; null is no member."""
    if not labels:
        return rule
    return f"{rule}{{{','.join(f'{_word(name)}={_word(labels[name])}' for name in sorted(labels))}}}"


def _word(text: str | None) -> str:
    if text is None:
        return "null"
    return text if text and text != "null" and _PLAIN.issuperset(text) else json.dumps(text)
