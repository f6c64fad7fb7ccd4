"""Alerts in the order in which they want to be seen, kept as they change. Adding and taking out cost O(log n)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from opsconsole.alerts.facts import AWAY, Facts, Letter

_ORDER: dict[Letter, int] = {
    "UNACK": 0, "RTNUN": 1, "ACK": 2, "LATCHED": 3, "SHELVED": 4, "SUPPRESSED": 5, "OOS": 6, "NORM": 7,
}  # fmt: skip
_CHUNK = 512
Rank = tuple[bool, int, int, float, str]


def rank(alert: str, facts: Facts) -> Rank:
    """What comes first: what nobody put aside, by priority, state (unacknowledged first) and age (newest first)."""
    letter = facts.letter
    return (letter in AWAY, -(facts.level or facts.peak), _ORDER[letter], -(facts.since or 0.0), alert)


class Ranking:
    """Ranks in order, in chunks of some hundred, so that none of them is long to shift."""

    def __init__(self) -> None:
        self._chunks: list[list[Rank]] = []
        self._lasts: list[Rank] = []

    def __iter__(self) -> Iterator[Rank]:
        for chunk in self._chunks:
            yield from chunk

    def add(self, one: Rank) -> None:
        """Put a rank in its place."""
        if not self._chunks:
            self._chunks, self._lasts = [[one]], [one]
            return
        index = min(bisect_left(self._lasts, one), len(self._chunks) - 1)
        chunk = self._chunks[index]
        insort(chunk, one)
        self._lasts[index] = chunk[-1]
        if len(chunk) > 2 * _CHUNK:
            rest = chunk[_CHUNK:]
            del chunk[_CHUNK:]
            self._lasts[index] = chunk[-1]
            self._chunks.insert(index + 1, rest)
            self._lasts.insert(index + 1, rest[-1])

    def remove(self, one: Rank) -> None:
        """Take out a rank that was added."""
        index = bisect_left(self._lasts, one)
        chunk = self._chunks[index]
        del chunk[bisect_left(chunk, one)]
        if chunk:
            self._lasts[index] = chunk[-1]
        else:
            del self._chunks[index], self._lasts[index]
