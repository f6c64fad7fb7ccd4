"""How high a score must be so that a quiet stream alarms no more often than the user accepts.

The score's own past says it. It is cut into blocks as long as an onset keeps quiet; the highest score of a block is one
draw from a distribution of maxima, which for rarities (−log10 of a probability) is close to Gumbel's with scale
1/ln 10 (Gumbel 1958). Its place is the median of the blocks, its scale comes from their interquartile range, drawn
towards that of theory while blocks are few: quantiles, so that true anomalies of the past hardly move them. The
threshold is the level that a block exceeds with probability ⅔ × budget × length of a block: two thirds, because place
and scale are estimates, and a season is still being learnt while they are made.
"""

from bisect import bisect_left, insort
from collections import deque
from math import log

_THEORY = 0.1 / log(10.0)  # a score is a tenth of a rarity
_WORTH = 10  # blocks that the scale of theory counts as
WEEK = 604800.0
_REMEMBERED = 112  # blocks: eight weeks of half days
_AIM = 2.0 / 3.0  # of the budget
_MOST = 0.95  # chance of an alarm in a block above which a budget is as good as none
NEEDED = 3  # blocks before which nothing alarms


def _reduced(share: float) -> float:
    """Gumbel's reduced variate of a share."""
    return -log(-log(share))


_LOWER, _MIDDLE, _UPPER = _reduced(0.25), _reduced(0.5), _reduced(0.75)


class Budget:
    """The threshold that leaves a quiet stream `per_week` alarms a week; ValueError where that is not above 0."""

    __slots__ = ("_ordered", "_past", "per_week", "threshold")

    def __init__(self, per_week: float) -> None:
        if not per_week > 0:
            raise ValueError(f"a budget of {per_week:g} alarms a week: it must be above 0")
        self.per_week = per_week
        self.threshold: float | None = None
        """The score above which a point alarms; None while fewer than `NEEDED` blocks are over."""
        self._past: deque[float] = deque()
        self._ordered: list[float] = []

    @property
    def blocks(self) -> int:
        """Blocks of the past that are remembered."""
        return len(self._past)

    def block(self, highest: float, seconds: float) -> None:
        """Take the highest score of a block that is over, and how long blocks last."""
        self._past.append(highest)
        insort(self._ordered, highest)
        if len(self._past) > _REMEMBERED:
            oldest = self._past.popleft()
            del self._ordered[bisect_left(self._ordered, oldest)]
        count = len(self._ordered)
        if count < NEEDED:
            return
        middle = self._quantile(0.5)
        found = (self._quantile(0.75) - self._quantile(0.25)) / (_UPPER - _LOWER)
        scale = (count * found + _WORTH * _THEORY) / (count + _WORTH)
        chance = min(_MOST, _AIM * self.per_week * seconds / WEEK)
        self.threshold = min(1.0, middle + scale * (_reduced(1.0 - chance) - _MIDDLE))

    def _quantile(self, share: float) -> float:
        at = share * (len(self._ordered) - 1)
        low = int(at)
        high = min(low + 1, len(self._ordered) - 1)
        return self._ordered[low] + (at - low) * (self._ordered[high] - self._ordered[low])
