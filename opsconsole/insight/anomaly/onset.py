"""Onset only: of a stretch of high scores the first is kept, and one after it only if it is higher still."""

from collections import deque


class Onset:
    """Keeps a score that exceeds every score of the last `points` points, and makes 0 of any other."""

    __slots__ = ("_count", "_highest", "points")

    def __init__(self, points: int) -> None:
        self.points = points
        self._count = 0
        # scores that no later one has exceeded, oldest and highest first
        self._highest: deque[tuple[int, float]] = deque()

    def keep(self, score: float) -> float:
        """The score, or 0."""
        highest, at = self._highest, self._count
        self._count = at + 1
        while highest and highest[0][0] < at - self.points:
            highest.popleft()
        kept = score if not highest or score > highest[0][1] else 0.0
        while highest and highest[-1][1] <= score:
            highest.pop()
        highest.append((at, score))
        return kept
