"""Placebo in time: how often as much would be seen at a date at which nothing was changed."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from opsconsole.insight.change.noise import Floats
from opsconsole.insight.change.segmented import fit, trend_and_step

_LEAST = 6  # points after a pseudo-date; twice as many lie before it
_MOST = 40
_ROOM = 30  # dates that are worth shorter windows
LEAST_DATES = 19
"""Pseudo-dates that are needed: with fewer a chance of 5 % cannot be told."""


class Placebo(Struct, frozen=True):
    """chance: the rank of what was seen among `dates` pseudo-dates, (1 + as extreme) / (1 + dates)."""

    chance: float
    dates: int


def placebo(before: Floats, after: Floats, below: float) -> Placebo | None:
    """The rank of an effect among pseudo-dates within the points `before` and within those `after` the change.

    below: the probability, by the regression, that the effect is below 0. The same is asked of each pseudo-date, with
    a window of its own; windows never reach over the change. As extreme is what points as surely in the same
    direction. Seasons have to be out of the points. None where there are fewer than 19 dates.
    """
    size = min(max((len(before) - _ROOM) // 3, _LEAST), _MOST)
    windows = [
        np.lib.stride_tricks.sliding_window_view(points, 3 * size)
        for points in (before, after)
        if len(points) >= 3 * size
    ]
    rows = np.concatenate(windows) if windows else np.zeros((0, 3 * size))
    rows = rows[np.ptp(rows, axis=1) > 0]
    if len(rows) < LEAST_DATES:
        return None
    places = np.arange(3 * size, dtype=np.int64)
    found = fit(rows, places, trend_and_step(places, 2 * size), [[0, 0, 1, (size - 1) / 2]])
    tails = found.below(0.0)[:, 0]
    extreme = tails <= below if below < 0.5 else tails >= below
    return Placebo((1 + int(extreme.sum())) / (1 + len(rows)), len(rows))
