"""When something will happen to an alert by itself: the end of its shelf, its next call. Pure."""

from __future__ import annotations

from heapq import heappop, heappush

from opsconsole.alerts.facts import Config, Facts


def due_of(facts: Facts, config: Config) -> float | None:
    """The moment of site time at which time alone will change an alert."""
    ends = [facts.shelf.end] if facts.shelf is not None and facts.shelf.end is not None else []
    again = config.realarm if facts.disposition is None and facts.realarms < config.realarms else None
    if again is not None and facts.acked_at is not None and facts.letter == "ACK":
        ends.append(facts.acked_at + again)
    return min(ends, default=None)


class Timers:
    """One moment for each alert that has one; what was set before is forgotten when it comes up."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def set(self, alert: str, at: float | None) -> None:
        """The moment of an alert; None: it has none."""
        if at is None:
            self._at.pop(alert, None)
        elif self._at.get(alert) != at:
            self._at[alert] = at
            heappush(self._heap, (at, alert))

    def due(self, now: float) -> list[str]:
        """The alerts whose moment has come, the earliest first; they have none any more."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            at, alert = heappop(self._heap)
            if self._at.get(alert) == at:
                del self._at[alert]
                found.append(alert)
        return found
