"""A stream watched within a budget: the score of each point, and which of them are alarms."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from opsconsole.insight.anomaly.budget import NEEDED, Budget
from opsconsole.insight.anomaly.scorer import Scorer

_ODD = 1.0
"""One in ten: so rare is an alarm at least by what the hours of the day and the week make of it."""


class Detector:
    """Scores the points of one stream and tells which are alarms, so that about `per_week` a week are false.

    `alarm(time, value)` takes points as `Scorer.score` does. Nothing alarms before there is enough past: three times as
    many points as an onset keeps quiet, which is half a day but 50 to 300 points, see `ready`. Raises ValueError for a
    budget that is not above 0.
    """

    __slots__ = ("_budget", "_highest", "_scorer", "_seen", "score")

    def __init__(self, per_week: float, quiet: int | None = None) -> None:
        self._scorer = Scorer(quiet)
        self._budget = Budget(per_week)
        self._seen = 0
        self._highest = 0.0
        self.score = 0.0
        """The score of the last point."""

    @property
    def ready(self) -> bool:
        """Whether there is enough past for alarms."""
        return self._budget.threshold is not None

    @property
    def threshold(self) -> float | None:
        """The score above which a point alarms; None while there is not enough past."""
        return self._budget.threshold

    @property
    def raw(self) -> float:
        """The score of the last point before onset only: how odd it is, whether or not it is the first."""
        return self._scorer.raw

    @property
    def expected(self) -> float | None:
        """What the last point was expected to be."""
        return self._scorer.guess

    @property
    def still_needed(self) -> int:
        """Points that are needed before anything can alarm."""
        return max(0, (NEEDED - self._budget.blocks) * self._scorer.quiet - self._seen)

    def alarm(self, time: float, value: float) -> bool:
        """Whether this point is an alarm; its score is in `score` then."""
        scorer = self._scorer
        self.score = score = scorer.score(time, value)
        threshold = self._budget.threshold
        if scorer.step is not None and value == value:  # nothing is learnt of a gap
            self._seen += 1
            self._highest = max(self._highest, scorer.raw)
            if self._seen >= scorer.quiet:
                self._budget.block(self._highest, scorer.step * scorer.quiet)
                self._seen, self._highest = 0, 0.0
        # what comes each Monday morning is far from the level and from the night, and as it was to be
        return threshold is not None and score > threshold and scorer.unforeseen >= _ODD


class Found(Struct, frozen=True, eq=False):
    """What a stream had: arrays as long as its points."""

    scores: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    """What each score had to exceed; NaN while there was not enough past."""
    alarms: NDArray[np.bool_]
    expected: NDArray[np.float64]
    """What each point was expected to be; NaN where it is a gap, and for the first."""


def detect(times: NDArray[np.float64], values: NDArray[np.float64], per_week: float) -> Found:
    """Scores and alarms of n points (`times` in seconds, `values` with NaN for gaps), as a `Detector` finds them."""
    if len(times) != len(values):
        raise ValueError(f"{len(times)} times and {len(values)} values: they must be as many")
    detector = Detector(per_week)
    scores, thresholds, alarms = np.zeros(len(times)), np.full(len(times), np.nan), np.zeros(len(times), bool)
    expected = np.full(len(times), np.nan)
    pairs = zip(np.asarray(times, float).tolist(), np.asarray(values, float).tolist(), strict=True)
    for at, (time, value) in enumerate(pairs):
        threshold = detector.threshold
        alarms[at] = detector.alarm(time, value)
        scores[at] = detector.score
        if threshold is not None:
            thresholds[at] = threshold
        if detector.expected is not None:
            expected[at] = detector.expected
    return Found(scores, thresholds, alarms, expected)
