"""Noise that hangs together for longer than one point says: intervals widen by what the models of noise do not hold.

The models are of the first order (`noise`). Whether the second neighbour counts too is told by the residuals of the
regression: an autoregression of the second order by Yule and Walker, taken where its last coefficient is more than its
standard error of 1 / √n above 0. The intervals are then wider by the square root of the ratio of the long-run variances
of the two, s² / (1 - a1 - a2)² over that of the first order: the order-selected autoregressive estimate of den Haan and
Levin (1997). Residuals hang together less than the noise does; each correlation r is raised by (k / 2 + 3 r) / n for k
columns. Rule and correction were chosen by coverage on simulated series, see tests/reference/score_change.py.
"""

from __future__ import annotations

import numpy as np

from opsconsole.insight.change.noise import Floats, Ints

_MOST = 2.5
_EDGE, _LEAST_LEFT = 0.95, 0.05


def widening(series: Floats, places: Ints, columns: Floats) -> Floats:
    """By how much the interval of each of R `series` (R, n) widens, (R,): 1 where nothing speaks for it.

    `places` (n,): which points these are; `columns` (n, k) what was taken out of them.
    """
    basis, _ = np.linalg.qr(columns)
    left = series - (series @ basis) @ basis.T
    first, second = (_correlation(left, places, lag, columns.shape[1]) for lag in (1, 2))
    last = np.clip((second - first**2) / (1 - first**2), -_EDGE, _EDGE)
    nearer = first * (1 - last)
    one = 1 / np.maximum(1 - first, _LEAST_LEFT) ** 2
    two = (1 - last**2) / np.maximum(1 - nearer - last, _LEAST_LEFT) ** 2
    wider = np.clip(np.sqrt(two / one), 1.0, _MOST)
    return np.asarray(np.where(last > 1 / np.sqrt(series.shape[1]), wider, 1.0), np.float64)


def _correlation(left: Floats, places: Ints, lag: int, width: int) -> Floats:
    """Of points so many places apart, without the bias that a regression leaves; 0 where there are none."""
    later = np.searchsorted(places, places + lag)
    there = later < len(places)
    there[there] = places[later[there]] == places[there] + lag
    here = np.flatnonzero(there)
    size = (left**2).sum(1)
    if not len(here):
        return np.zeros(len(left))
    found = (left[:, here] * left[:, later[here]]).sum(1) / np.where(size > 0, size, 1.0)
    found *= (len(places) - lag) / len(here)  # gaps leave fewer pairs
    whole = found + (width / 2 + 3 * np.maximum(found, 0)) / len(places)
    return np.asarray(np.clip(whole, -_EDGE, _EDGE), np.float64)
