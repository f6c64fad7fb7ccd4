"""Time by a calendar: seconds of working time between moments, and the moment after so many of them. Pure.

A calendar is given as its open intervals, two sorted arrays of seconds since the epoch that do not overlap. Outside of
them no time passes. They have to cover every moment asked about: before the first and after the last is closed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Hours(Struct, frozen=True):
    """Open intervals: `opens[i]` to `closes[i]`, seconds since the epoch, sorted, none overlapping."""

    opens: Any
    closes: Any

    def __post_init__(self) -> None:
        """Raises ValueError where they are no such intervals."""
        opens, closes = np.asarray(self.opens, float), np.asarray(self.closes, float)
        if opens.shape != closes.shape or opens.ndim != 1 or not opens.size:
            raise ValueError("hours: opens and closes have to be two arrays of one length, at least one interval")
        if np.any(closes < opens) or np.any(opens[1:] < closes[:-1]):
            raise ValueError("hours: intervals have to be sorted, end after they begin and not overlap")


def elapsed(hours: Hours | None, start: ArrayLike, end: ArrayLike) -> Floats:
    """Seconds from `start` to `end` (epoch seconds, same shape), working time where hours are given.

    Negative where the end lies before the start; NaN stays NaN.
    """
    first, last = np.asarray(start, float), np.asarray(end, float)
    if hours is None:
        return np.asarray(last - first, float)
    moments, worked = _knots(hours)
    return np.asarray(np.interp(last, moments, worked) - np.interp(first, moments, worked), float)


def after(hours: Hours | None, start: ArrayLike, seconds: ArrayLike) -> Floats:
    """The moment when so many seconds have passed since `start`; infinite where the hours end before that."""
    first, wanted = np.asarray(start, float), np.asarray(seconds, float)
    if hours is None:
        return np.asarray(first + wanted, float)
    moments, worked = _knots(hours)
    opens, closes = moments[::2], worked[1::2]
    total = np.interp(first, moments, worked) + wanted
    at = np.searchsorted(closes, total, side="left")
    inside = np.minimum(at, len(opens) - 1)
    found = np.maximum(opens[inside] + (total - worked[::2][inside]), first)
    return np.asarray(np.where(np.isnan(total), np.nan, np.where(at < len(opens), found, np.inf)), float)


def _knots(hours: Hours) -> tuple[Floats, Floats]:
    """The moments where opening hours begin and end, and the seconds open until then: linear in between."""
    opens, closes = np.asarray(hours.opens, float), np.asarray(hours.closes, float)
    moments = np.column_stack([opens, closes]).ravel()
    lengths = np.column_stack([np.zeros_like(opens), closes - opens]).ravel()
    return moments, np.cumsum(lengths)
