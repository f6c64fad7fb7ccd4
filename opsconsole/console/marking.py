"""Marking by likeness: which alerts share something with one, by the key that chooses it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from opsconsole.console import signs
from opsconsole.console.text import inert
from opsconsole.engine.messages import AlertState


class Likeness(Struct, frozen=True):
    """Something that alerts have in common: the key to press, its name, and the rows that have it."""

    key: str
    name: str
    keys: set[str]


def like(alert: AlertState, rows: Sequence[tuple[str, AlertState]]) -> list[Likeness]:
    """What `alert` has in common with the alerts of rows, itself among them; what it has not itself is left out."""
    found = [
        Likeness("r", "rule", {key for key, other in rows if other.rule == alert.rule}),
        Likeness(
            "s", f"state {signs.STATE_WORDS[alert.state]}", {key for key, each in rows if each.state == alert.state}
        ),
        Likeness("p", alert.priority, {key for key, other in rows if other.priority == alert.priority}),
    ]
    if alert.area:
        found.append(Likeness("a", inert(alert.area), {key for key, other in rows if other.area == alert.area}))
    if alert.incident:
        found.append(Likeness("i", "incident", {key for key, other in rows if other.incident == alert.incident}))
    for number, (name, member) in enumerate(alert.labels.items(), 1):
        same = {key for key, other in rows if name in other.labels and other.labels[name] == member}
        found.append(Likeness(str(number), f"{inert(name)}={inert(member or '(none)')}", same))
    return found
