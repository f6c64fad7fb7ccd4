"""The arithmetic of the small methods, on many windows at once: a row is one window, its last column the newest value.

A window comes as `x`, its values with 0 where nothing is known, and `known`, True where a value is known. What is
unknown has no weight: no gap is filled. All weights fall with age alone, so that each figure is one product.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
LAST = 1e-3
"""A decay so steep that only the newest known value counts."""


def split(values: Floats) -> tuple[Floats, Flags]:
    """The values with 0 where they are NaN or infinite, and where they are known."""
    known = np.isfinite(values)
    return np.where(known, values, 0.0), known


def ages(length: int) -> Floats:
    """The age of each of so many columns: the last is 0."""
    return np.arange(length - 1, -1, -1, dtype=np.float64)


def level(x: Floats, known: Flags, decay: float) -> Floats:
    """Exponentially weighted mean of each row (simple exponential smoothing, alpha = 1 - decay); NaN: none known."""
    weight = decay ** ages(x.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((x @ weight) / (known @ weight))


def line(x: Floats, known: Flags, decay: float) -> tuple[Floats, Floats]:
    """Level now and slope per step of each row, by least squares whose weights fall by `decay` a step.

    It is Brown's double exponential smoothing in its closed form (R. G. Brown, Smoothing, Forecasting and Prediction,
    1963), which unlike the recursion minds gaps. The slope is 0 where fewer than two moments are known.
    """
    time = -ages(x.shape[1])
    w0 = decay**-time
    weights = np.stack([w0, w0 * time, w0 * time * time], axis=1)
    s0, s1, s2 = (known.astype(np.float64) @ weights).T
    y0, y1 = (x @ weights[:, :2]).T
    spread = s0 * s2 - s1 * s1
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(spread > 1e-9 * s0 * s2, (s0 * y1 - s1 * y0) / spread, 0.0)
        return (y0 - slope * s1) / s0, slope


def profile(x: Floats, known: Flags, season: int, cycles: int, decay: float) -> Floats:
    """Mean of the last `cycles` seasons at each place of the season, (rows, season); the first column is the next step.

    A season weighs `decay` of the one after it. NaN at a place where nothing is known.
    """
    cycles = min(cycles, x.shape[1] // season)
    weight = decay ** ages(cycles)
    values, seen = (each[:, -cycles * season :].reshape(-1, cycles, season) for each in (x, known))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((weight @ values) / (weight @ seen.astype(np.float64)))


def ahead(shape: Floats, horizon: int) -> Floats:
    """A profile read on for `horizon` steps, (rows, horizon)."""
    return shape[:, np.arange(horizon) % shape.shape[1]]


def behind(shape: Floats, length: int) -> Floats:
    """A profile read backwards over the newest `length` columns of its windows, (rows, length)."""
    return shape[:, np.arange(-length, 0) % shape.shape[1]]


def without(x: Floats, known: Flags, shape: Floats, length: int) -> tuple[Floats, Flags]:
    """What is left of the newest `length` columns when the profile is taken away, and where it is known."""
    length = min(length, x.shape[1])
    season = behind(shape, length)
    both = known[:, -length:] & np.isfinite(season)
    return np.where(both, x[:, -length:] - season, 0.0), both
