"""The state machine of alerts as a table, made by going through every state that the functions themselves can reach.

Facts that make no difference to what can happen next (moments, names, how often) are set to one value, so that the
states are few enough to go through all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.alerts.condition import lose_sight, observe, occur
from opsconsole.alerts.facts import ISA, Already, Config, Facts, Held, Letter, Shelf, Step
from opsconsole.alerts.handling import (
    Outcome,
    acknowledge,
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
from opsconsole.alerts.standing import escalate, expire, realarm, release, suppress

LOW, HIGH = 1, 2
NAMES = ("a", "b")
"""What suppresses by design: two suffice to tell the last from the others."""
_UNTIL, _LATER = 1.0, 10.0

_TWINS = frozenset({"it comes, and it is worse", "suppressed by another as well", "the other has gone"})
"""Events that the table need not tell: they make of it what others do."""

Event = Callable[[Facts, Config], Outcome | None]
"""What an event makes of facts; None where it cannot come about."""


class Arc(Struct, frozen=True):
    """One event in one reachable state, and what came of it."""

    event: str
    before: Facts
    outcome: Outcome


EVENTS: dict[str, Event] = {
    "the condition comes": lambda facts, config: None if facts.level else observe(facts, LOW, config, 0.0),
    "it comes, and it is worse": lambda facts, config: None if facts.level else observe(facts, HIGH, config, 0.0),
    "it grows worse": lambda facts, config: observe(facts, HIGH, config, 0.0) if facts.level == LOW else None,
    "it eases": lambda facts, config: observe(facts, LOW, config, 0.0) if facts.level == HIGH else None,
    "it goes": lambda facts, config: observe(facts, 0, config, 0.0) if facts.level else None,
    "it stays": lambda facts, config: observe(facts, facts.level, config, 0.0),
    "it happens at one moment": lambda facts, config: None if facts.level else occur(facts, LOW, config, 0.0),
    "data is missing": lambda facts, _: lose_sight(facts, "stale", 0.0),
    "the rule fails": lambda facts, _: lose_sight(facts, "error", 0.0),
    "acknowledge": lambda facts, _: acknowledge(facts, "ana", 0.0, facts.version),
    "take the acknowledgement back": lambda facts, _: unacknowledge(facts),
    "reset": lambda facts, _: reset(facts),
    "close with a disposition": lambda facts, _: dispose(facts, "true", "ana", 0.0, facts.version),
    "escalate": lambda facts, _: escalate_by_hand(facts, 1),
    "comment": lambda facts, _: comment(facts),
    "shelve for a time": lambda facts, _: shelve(facts, Shelf("ana", 0.0, "why", _UNTIL), facts.version),
    "shelve until it has gone": lambda facts, _: shelve(facts, Shelf("ana", 0.0, "why"), facts.version),
    "end the shelf": lambda facts, _: unshelve(facts),
    "take out of service": lambda facts, _: take_out(facts, Held("ana", 0.0, "why")),
    "return to service": bring_back,
    "the time on the shelf is over": lambda facts, config: expire(facts, config, _LATER),
    "suppressed by design": lambda facts, _: suppress(facts, NAMES[0]),
    "suppressed by another as well": lambda facts, _: suppress(facts, NAMES[1]),
    "what suppresses has gone": lambda facts, config: release(facts, config, NAMES[0]),
    "the other has gone": lambda facts, config: release(facts, config, NAMES[1]),
    "acknowledged for too long": lambda facts, config: realarm(facts, config, _LATER),
    "nobody acknowledges": lambda facts, _: escalate(facts, 1),
}
PEOPLE = frozenset({
    "acknowledge", "take the acknowledgement back", "reset", "close with a disposition", "escalate", "comment",
    "shelve for a time", "shelve until it has gone", "end the shelf", "take out of service", "return to service",
})  # fmt: skip
"""The events that are somebody's doing; all others come of the data, of time or of design."""


def walk(config: Config) -> Iterator[Arc]:
    """Every event in every state that can be reached from an alert that never was."""
    start = plain(Facts())
    known, waiting = {start}, [start]
    while waiting:
        facts = waiting.pop()
        for name, event in EVENTS.items():
            outcome = event(facts, config)
            if outcome is None:
                continue
            yield Arc(name, facts, outcome)
            if isinstance(outcome, Step) and (after := plain(outcome.facts)) not in known:
                known.add(after)
                waiting.append(after)


def plain(facts: Facts) -> Facts:
    """Facts without what makes no difference to what can happen next."""
    return replace(
        facts,
        crossed=(0.0, 0.0, 0.0),
        since=None if facts.since is None else 0.0,
        cleared=None,
        count=min(facts.count, 1),
        version=1,
        raised=0,
        worsened=0,
        like=0,
    )


def markdown() -> str:
    """The table in Markdown: what an event makes of an alert in each state, by the letters of ISA-18.2.

    For rules that want acknowledgement, with and without a latch. `!`: people are called. `=`: it is so already. `–`:
    refused, with the reason.
    """
    cells: dict[tuple[str, Letter], set[str]] = {}
    for latch in (False, True):
        for arc in walk(Config(latch=latch, realarm=1.0, realarms=1)):
            cells.setdefault((arc.event, arc.before.letter), set()).add(_result(arc))
    head = "| | " + " | ".join(f"{isa} {letter}" for letter, isa in ISA.items()) + " |"
    lines = [head, "|---" * (len(ISA) + 1) + "|"]
    for event in [event for event in EVENTS if event not in _TWINS]:
        row = [" ".join(sorted(cells.get((event, letter), set()))) for letter in ISA]
        lines.append(f"| {event} | " + " | ".join(row) + " |")
    return "\n".join(lines)


def _result(arc: Arc) -> str:
    if not isinstance(arc.outcome, Step):
        return "=" if isinstance(arc.outcome, Already) else "–"
    return ISA[arc.outcome.facts.letter] + ("!" if arc.outcome.annunciate else "")
