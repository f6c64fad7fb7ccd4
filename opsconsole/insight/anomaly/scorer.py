"""How odd each point of a stream is, from nothing but what came before it.

Six measures of oddness are taken of each point: how far it is from the level, from the profile of its hour, from the
blended guess (`expected`) and from the point before it, and over the last ten points the mean error of the guess with
its sign (a level that has shifted) and without (a spread that has grown). Each is made comparable by its own past: its
rarity is −log10 of the share of its own past that was as large (`tail`). Bounded so, no measure can shout down the
others, whatever the unit, the noise or a flat stretch. The score of a point is the mean of the two rarest, over ten:
0.3 says about one in a thousand. Two, because one measure alone cries wolf, and because an anomaly shows in few of
them. Last, onset only: a score is kept where it exceeds those of the last half day, and is 0 elsewhere.
"""

from collections import deque
from statistics import median

import numpy as np
from numpy.typing import NDArray

from opsconsole.insight.anomaly.expected import Expected
from opsconsole.insight.anomaly.onset import Onset
from opsconsole.insight.anomaly.tail import NEEDED, Tail

_CAP = 10.0  # rarity that a score of 1 stands for
_BLIND = (0, 3)  # measures that know no hours: the distance from the level, and from the point before
_RUN = 10  # points of a run of errors
_HALF_DAY = 43200.0
_LEAST_QUIET, _MOST_QUIET = 50, 300  # points after an onset in which only a higher score counts
_GAP = 20.0  # steps without a point after which what was near is near no more
_BEYOND = 1e100  # no measurement, and its square would be no number
_RELATIVE = 1e-9  # of the size of the numbers: differences below it are rounding


class Scorer:
    """Scores the points of one stream in [0, 1], one after the other, in about ten microseconds each.

    `score(time, value)` takes seconds of the clock that the seasons go by (wall clock of the site, from any Thursday's
    midnight, as 1970 began on one) and the value, and gives the score. A value that is missing (NaN) or beyond
    1e100 scores 0 and teaches nothing. The first `NEEDED` points score 0: there is not enough past.
    `quiet` is the number of points after an onset in which only a higher score counts; half a day unless given.
    """

    __slots__ = (
        "_before",
        "_expected",
        "_given",
        "_intervals",
        "_measures",
        "_onset",
        "_run",
        "_time",
        "guess",
        "raw",
        "step",
        "unforeseen",
    )

    def __init__(self, quiet: int | None = None) -> None:
        self._expected = Expected()
        self._measures = tuple(Tail() for _ in range(6))
        self.step: float | None = None
        """Seconds from point to point, the median of the first ones; None while there are too few."""
        self.raw = 0.0
        """The score of the last point before onset only."""
        self.unforeseen = 0.0
        """How rare the last point was by the measures that know the hours of the day and the week."""
        self.guess: float | None = None
        """What the last point was expected to be; None at the first and for a gap."""
        self._given = quiet is not None
        self._onset = Onset(_LEAST_QUIET if quiet is None else quiet)
        self._run: deque[float] = deque(maxlen=_RUN)
        self._intervals: list[float] = []
        self._time: float | None = None
        self._before = 0.0

    @property
    def quiet(self) -> int:
        """Points after an onset in which only a higher score counts."""
        return self._onset.points

    def score(self, time: float, value: float) -> float:
        """The score of the next point."""
        if not abs(value) < _BEYOND:
            self.raw, self.unforeseen, self.guess = 0.0, 0.0, None
            return 0.0
        expected, run = self._expected, self._run
        last, self._time = self._time, time
        if last is None:
            expected.begin(value)
            self._before = value
        guess = expected.guess(time)
        if last is not None and self._after_gap(time - last):
            expected.resume()
            run.clear()
            self._before = value
            guess = expected.guess(time)
        self.guess = None if last is None else guess
        error = value - guess
        run.append(error)
        length = len(run)
        numbers = (
            abs(value - expected.level),
            abs(value - expected.profile),
            abs(error),
            abs(value - self._before),
            abs(sum(run)) / length,
            sum(map(abs, run)) / length,
        )
        rounding = _RELATIVE * (abs(value) + abs(expected.level))
        first = second = self.unforeseen = 0.0
        for which, (tail, number) in enumerate(zip(self._measures, numbers, strict=True)):
            if number < rounding:
                number = 0.0
            rarity = tail.rarity_then_add(number)
            if which not in _BLIND:
                self.unforeseen = max(self.unforeseen, rarity)
            if rarity > first:
                first, second = rarity, first
            elif rarity > second:
                second = rarity
        expected.learn(value)
        self._before = value
        self.raw = (min(first, _CAP) + min(second, _CAP)) / (2 * _CAP)
        return self._onset.keep(self.raw)

    def _after_gap(self, interval: float) -> bool:
        """Learn the usual step from the first intervals; then, whether this one is a gap."""
        if self.step is not None:
            return interval > _GAP * self.step
        self._intervals.append(interval)
        if len(self._intervals) == NEEDED:
            self.step = max(median(self._intervals), 1e-3)
            self._intervals.clear()
            self._expected.step(self.step)
            if not self._given:
                self._onset.points = max(_LEAST_QUIET, min(_MOST_QUIET, int(_HALF_DAY / self.step)))
        return False


def scores(times: NDArray[np.float64], values: NDArray[np.float64], quiet: int | None = None) -> NDArray[np.float64]:
    """The score of each point, as a `Scorer` fed with them in this order gives it: nothing looks ahead.

    `times` are seconds and `values` numbers, of the same length n, NaN where there is none; n scores in [0, 1] come
    back. Raises ValueError where the lengths differ.
    """
    if len(times) != len(values):
        raise ValueError(f"{len(times)} times and {len(values)} values: they must be as many")
    score = Scorer(quiet).score
    pairs = zip(np.asarray(times, float).tolist(), np.asarray(values, float).tolist(), strict=True)
    return np.fromiter((score(time, value) for time, value in pairs), float, len(times))
