"""What people do, by the names of the engine's commands: from a deed to a step in the life of one alert. Pure."""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.alerts.deed import Deed, Take
from opsconsole.alerts.facts import Config, Facts, Held, Refusal, Shelf
from opsconsole.alerts.handling import (
    Outcome,
    acknowledge,
    assign,
    bring_back,
    comment,
    dispose,
    escalate_by_hand,
    reset,
    shelve,
    take_out,
    unacknowledge,
    unshelve,
)

DONE = {
    "ack": "acknowledged",
    "unack": "acknowledgement taken back",
    "comment": "commented",
    "shelve": "shelved",
    "unshelve": "shelf ended",
    "assign": "assigned",
    "escalate": "escalated",
    "reset": "reset",
    "dispose": "closed with a disposition",
    "out-of-service": "taken out of service",
    "return": "returned to service",
}
"""What is said of a deed that was done."""
FINAL = frozenset({"escalate"})
"""What cannot be taken back: people have been called."""
_REASONED = frozenset({"shelve", "out-of-service"})
"""Where the words are kept with what was done, and not as the note of the alert."""


def do(deed: Deed, facts: Facts, seen: int, config: Config) -> Outcome:
    """What a deed makes of an alert of which the person saw version `seen`. Raises KeyError for an unknown name."""
    return _DEEDS[deed.name](deed, facts, seen, config)


def note_of(deed: Deed) -> str:
    """The words that become the alert's note; none where they are kept with what was done."""
    return "" if deed.name in _REASONED else deed.text.strip()


def take_of(alert: str, deed: Deed, before: Facts, after: Facts, note: tuple[str, str]) -> Take | None:
    """What it takes to take a deed back from an alert whose note was `note`, by whom."""
    if deed.name in FINAL:
        return None
    return Take(alert, decided(before), after.version, note if note_of(deed) else None)


def decided(facts: Facts) -> Facts:
    """Of all facts those that people decide, and the version that they were decided in."""
    return Facts(
        version=facts.like or facts.version,
        acked=facts.acked,
        who=facts.who,
        acked_at=facts.acked_at,
        latched=facts.latched,
        shelf=facts.shelf,
        out=facts.out,
        owner=facts.owner,
        escalation=facts.escalation,
        disposition=facts.disposition,
    )


def _comment(deed: Deed, facts: Facts, _seen: int, _config: Config) -> Outcome:
    return comment(facts) if deed.text.strip() else Refusal("there is nothing to say")


def _shelf(deed: Deed) -> Shelf:
    return Shelf(deed.by, deed.at, deed.text, deed.until, deed.latest if deed.until is None else None)


def _dispose(deed: Deed, facts: Facts, seen: int, _config: Config) -> Outcome:
    if deed.disposition is None:
        return Refusal("say what it turned out to be")
    return dispose(facts, deed.disposition, deed.by, deed.at, seen)


_DEEDS: dict[str, Callable[[Deed, Facts, int, Config], Outcome]] = {
    "ack": lambda deed, facts, seen, _: acknowledge(facts, deed.by, deed.at, seen),
    "unack": lambda _deed, facts, _seen, _config: unacknowledge(facts),
    "comment": _comment,
    "shelve": lambda deed, facts, seen, _: shelve(facts, _shelf(deed), seen),
    "unshelve": lambda _deed, facts, _seen, _config: unshelve(facts),
    "assign": lambda deed, facts, _seen, _config: assign(facts, deed.to),
    "escalate": lambda deed, facts, _seen, _config: escalate_by_hand(facts, deed.most),
    "reset": lambda _deed, facts, _seen, _config: reset(facts),
    "dispose": _dispose,
    "out-of-service": lambda deed, facts, _seen, _config: take_out(facts, Held(deed.by, deed.at, deed.text)),
    "return": lambda _deed, facts, _seen, config: bring_back(facts, config),
}
