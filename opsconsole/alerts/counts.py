"""How many alerts are open, by what people count them by. Plain values."""

from __future__ import annotations

from collections import Counter

from msgspec import Struct

from opsconsole.alerts.facts import AWAY, Facts, Letter
from opsconsole.site.model import Priority


class Counts(Struct, frozen=True):
    """The same fields as `AlertCounts` of the wire; what is said of floods is filled in by who watches them.

    `open`: all that are open; `critical`, `warning` and `low`: those that nobody and nothing has put aside.
    """

    open: int = 0
    critical: int = 0
    warning: int = 0
    low: int = 0
    unacknowledged: int = 0
    shelved: int = 0
    suppressed: int = 0
    out: int = 0
    recent: int = 0
    flood_since: float | None = None
    flooded: tuple[str, ...] = ()


class Tally:
    """Counts that are kept as alerts change."""

    def __init__(self) -> None:
        self._of: Counter[tuple[Letter, Priority]] = Counter()

    def add(self, facts: Facts, times: int = 1) -> None:
        """Count an open alert; with -1 no longer."""
        self._of[facts.letter, facts.priority] += times

    def counts(self) -> Counts:
        """How many there are."""
        letters: Counter[Letter] = Counter()
        seen: Counter[Priority] = Counter()
        for (letter, priority), number in self._of.items():
            letters[letter] += number
            if letter not in AWAY:
                seen[priority] += number
        return Counts(
            open=letters.total(),
            critical=seen["critical"],
            warning=seen["warning"],
            low=seen["low"],
            unacknowledged=letters["UNACK"] + letters["RTNUN"],
            shelved=letters["SHELVED"],
            suppressed=letters["SUPPRESSED"],
            out=letters["OOS"],
        )
