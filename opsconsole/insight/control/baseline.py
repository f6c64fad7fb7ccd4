"""Which points the limits of a chart are computed from: a baseline that was declared, or one that is detected.

Detected is the earliest stretch of 20 points that is in control by its own limits, grown by tens up to 100 points as
far as it stays so. In control means that no EWMA is beyond its limits and no point beyond 3 σ, centre and σ (mR̄ / d2)
being the stretch's own, with Nelson's screening of moving ranges. Of 50 points one may be beyond, of 100 two; they are
left out. Where no stretch is in control the first 100 points are taken, or all, and `stable` is false: the limits then
describe a process that was not steady. So limits are fixed as soon as there are 100 points, and later ones never move
them.

20 points are the least (NIST/SEMATECH e-Handbook 6.3.2; Montgomery): limits from fewer are too uncertain to act on.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike

from opsconsole.insight.control.constants import Array, d2
from opsconsole.insight.control.limits import JUMP, Marks
from opsconsole.insight.control.small_shifts import ewma

ENOUGH, MOST, STEP = 20, 100, 10
ODD = 50
"""One point of so many may be beyond the limits of the baseline that it lies in; it is left out."""


class Baseline(Struct, frozen=True, eq=False):
    """The points taken: marks, the first and last index, how many are there, and whether they are in control."""

    marks: Marks
    first: int
    last: int
    count: int
    stable: bool
    declared: bool = False


def declared(values: ArrayLike, first: int, last: int) -> Baseline | None:
    """The points from index `first` to `last`, both included; None where fewer than 20 of them have a value."""
    x = np.asarray(values, dtype=float)
    within = np.arange(len(x))
    there = np.flatnonzero(np.isfinite(x) & (within >= first) & (within <= last))
    if len(there) < ENOUGH:
        return None
    beyond, drifts = _judged(x[there][None, :])
    stable = not drifts[0] and int(beyond.sum()) <= len(there) // ODD
    return _taken(len(x), there, stable, declared=True)


def detect(values: ArrayLike) -> Baseline | None:
    """The baseline of a series with NaN for what is missing; None with fewer than 20 values."""
    x = np.asarray(values, dtype=float)
    there = np.flatnonzero(np.isfinite(x))
    if len(there) < ENOUGH:
        return None
    start = _first_steady(x[there])
    if start is None:
        return _taken(len(x), there[:MOST], stable=False)
    for length in range(min(MOST, (len(there) - start) // STEP * STEP), ENOUGH, -STEP):
        taken = there[start : start + length]
        beyond, drifts = _judged(x[taken][None, :])
        if not drifts[0] and beyond.sum() <= length // ODD:
            return _taken(len(x), taken[~beyond[0]], stable=True)
    return _taken(len(x), there[start : start + ENOUGH], stable=True)


def _first_steady(x: Array) -> int | None:
    """Where the first stretch of 20 points in control begins; mostly it is the very first."""
    windows = np.lib.stride_tricks.sliding_window_view(x, ENOUGH)
    for some in (slice(0, 1), slice(0, None)):
        beyond, drifts = _judged(windows[some])
        steady = ~drifts & ~beyond.any(axis=1)
        if steady.any():
            return int(steady.argmax())
    return None


def _taken(length: int, points: np.ndarray, stable: bool, declared: bool = False) -> Baseline:
    marks = np.zeros(length, dtype=bool)
    marks[points] = True
    return Baseline(marks, int(points[0]), int(points[-1]), len(points), stable, declared)


def _judged(stretches: Array) -> tuple[Marks, Marks]:
    """By row, with the row's own limits: which points are beyond 3 σ, and whether an EWMA is beyond its limits.

    A single point far off is no drift: none counts for more than 3 σ there. A row in which nothing varies is one, as
    it gives no limits.
    """
    ranges = np.abs(np.diff(stretches, axis=1))
    kept = ranges <= JUMP * ranges.mean(axis=1, keepdims=True)
    sigma = (ranges * kept).sum(axis=1) / np.maximum(kept.sum(axis=1), 1) / d2(2)
    varies = sigma > 0.0
    z = (stretches - stretches.mean(axis=1, keepdims=True)) / np.where(varies, sigma, 1.0)[:, None]
    return np.abs(z) > 3.0 + 1e-9, ewma(np.clip(z, -3.0, 3.0)).signals.any(axis=1) | ~varies
