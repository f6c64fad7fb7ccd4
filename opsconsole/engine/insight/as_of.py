"""What was known off the tick at a point of the grid that is evaluated later, as it is where a replay runs fast.

A point takes of each rule the last of what was found up to it: never what was found after it, for an alert must not be
older than what shows it.
"""

from __future__ import annotations

from collections import deque

from opsconsole.kpis.ruling.insights import Found, Insights

_KEPT = 500


class AsOf:
    """What was found of each rule, the last of it."""

    def __init__(self) -> None:
        self._found: dict[str, deque[Found]] = {}

    def learn(self, insights: Insights | None) -> None:
        """Take what is known now; of rules that are not in it nothing is kept."""
        now = insights or {}
        self._found = {name: kept for name, kept in self._found.items() if name in now}
        for name, found in now.items():
            kept = self._found.setdefault(name, deque(maxlen=_KEPT))
            if not kept or kept[-1] is not found:
                if kept and found.at < kept[-1].at:  # site time has jumped back
                    kept.clear()
                kept.append(found)

    def at(self, point: float) -> Insights:
        """Of each rule what had been found last at a point (site time, s since the epoch)."""
        return {
            name: known
            for name, kept in self._found.items()
            if (known := next((each for each in reversed(kept) if each.at <= point), None)) is not None
        }
