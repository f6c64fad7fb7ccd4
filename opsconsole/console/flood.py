"""The list in a flood: critical alerts, then the rest by incident behind the one that came first; low ones folded.

Pure. What is folded is one entry; a person unfolds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from msgspec import Struct

from opsconsole.console import signs
from opsconsole.engine.messages import AlertState

LOW = "+low"


class Fold(Struct, frozen=True):
    """Alerts on one line. `of` is the first of them, `open` whether they are shown below it."""

    key: str
    ids: tuple[str, ...]
    of: str = ""
    open: bool = False
    counts: tuple[tuple[str, int], ...] = ()
    unacknowledged: int = 0

    def text(self) -> str:
        """How it reads: "+ 12 consequences  ◆9 ▽3 · 8 unack"."""
        number = len(self.ids)
        name = "low alerts" if self.key == LOW else "consequences"
        name = name if number != 1 else name.removesuffix("s")
        of = f" of {self.of}" if self.of else ""
        counts = " ".join(f"{sign}{count}" for sign, count in self.counts) if self.key != LOW else ""
        unseen = f"{self.unacknowledged} unack" if self.unacknowledged else ""
        rest = " · ".join(part for part in (counts, unseen) if part)
        return f"{'-' if self.open else '+'} {number} {name}{of}  {rest}".rstrip()

    def sign(self) -> str:
        """The sign before it."""
        return "▽" if self.key == LOW else ""


def grouped(alerts: Sequence[AlertState], unfolded: Collection[str]) -> list[AlertState | Fold]:
    """Alerts that are in order, as a flood shows them; `unfolded` are the keys of the folds that are open."""
    critical = [alert for alert in alerts if alert.priority == "critical" and not signs.put_aside(alert)]
    pinned = {alert.id for alert in critical}
    rest = [alert for alert in alerts if alert.id not in pinned]
    incidents: dict[str, list[AlertState]] = {}
    for alert in alerts:
        if alert.incident:
            incidents.setdefault(alert.incident, []).append(alert)
    out: list[AlertState | Fold] = list(critical)
    alone: list[AlertState | Fold] = []
    low: list[AlertState] = []
    done: set[str] = set()
    for alert in rest:
        members = incidents.get(alert.incident, []) if alert.incident else []
        if len(members) > 1 and alert.incident not in done:
            done.add(alert.incident)
            out += _incident(members, pinned, unfolded)
        elif len(members) > 1:
            continue
        elif alert.priority == "low":
            low.append(alert)
        else:
            alone.append(alert)
    out += alone
    if low:
        fold = _fold(LOW, low, "", unfolded)
        out += [fold, *low] if fold.open else [fold]
    return out


def _incident(
    members: Sequence[AlertState], pinned: Collection[str], unfolded: Collection[str]
) -> list[AlertState | Fold]:
    """The one that came first, and its consequences behind it; what is pinned on top is not shown a second time."""
    first = next((alert for alert in members if alert.first_out), min(members, key=lambda alert: alert.since))
    others = [alert for alert in members if alert is not first and alert.id not in pinned]
    of = first.text if first.id in pinned else ""
    out: list[AlertState | Fold] = [] if first.id in pinned else [first]
    if not others:
        return out
    fold = _fold(f"+{first.incident}", others, of, unfolded)
    return [*out, fold, *others] if fold.open else [*out, fold]


def _fold(key: str, alerts: Sequence[AlertState], of: str, unfolded: Collection[str]) -> Fold:
    counts = Counter(signs.PRIORITY[alert.priority][0] for alert in alerts)
    ordered = tuple((sign, counts[sign]) for sign, _ in signs.PRIORITY.values() if counts[sign])
    unseen = sum(alert.state in ("UNACK", "RTNUN") for alert in alerts)
    return Fold(key, tuple(alert.id for alert in alerts), of, key in unfolded, ordered, unseen)
