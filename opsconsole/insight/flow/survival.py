"""How long things last when some have not ended yet: Kaplan and Meier's estimate, and what follows for those still on.

S(t) = product over times t_i <= t of (1 - d_i / n_i), with d_i that ended at t_i of the n_i that were on until then
(Kaplan and Meier 1958). What has not ended yet counts among the n_i as long as it has lasted: it is censored. What was
seen only from a moment on counts among them from that moment on: its entry is late (left truncation; Klein and
Moeschberger 2003, 4.6).

Of what is on at `age`, the share that lasts beyond `limit` is S(limit) / S(age), the product of the factors in between.
Its variance is Greenwood's (1926): ratio² · sum of d / (n (n - d)) over age < t_i <= limit. The interval is Wilson's,
with the effective number p (1 - p) / variance (Rothman 1978), which stays inside 0 and 1 and is sound for few; where
the share is 0 or 1 and the variance says nothing, with the number that was seen to end, or to last. Pure.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from opsconsole.insight.flow.hours import Floats

_Z = 1.959963984540054  # two-sided 95 %


class Curve(Struct, frozen=True):
    """A survival curve: at each of `times` so many were `at_risk`, and so many of them `ends`.

    `entered` and `lasted` are sorted, each on its own; `n` is how many there are and `ended` how many of them ended.
    """

    times: Any
    at_risk: Any
    ends: Any
    entered: Any
    lasted: Any
    n: int
    ended: int


class Chance(Struct, frozen=True):
    """Arrays, one element for each age asked about: the share that lasts beyond the limit, and its 95 % interval.

    `n` is how many were on at that age: where none was, the rest is NaN. `open_ended` where the limit lies beyond all
    that was seen: the share is then at most what is said, and its interval begins at 0.
    """

    p: Any
    low: Any
    high: Any
    n: Any
    open_ended: Any


def kaplan_meier(lasted: ArrayLike, ended: ArrayLike, entered: ArrayLike | None = None) -> Curve:
    """The curve of what lasted until `lasted` (in any unit) and `ended` then, or not yet (False: censored).

    `entered` is since when each was seen, on the same clock; None where all were from their beginning. What was seen
    for no time at all is left out then. Raises ValueError where arrays differ in length or a time is not a number.
    """
    last, over = np.asarray(lasted, float), np.asarray(ended, bool)
    first = np.full(last.shape, -np.inf) if entered is None else np.asarray(entered, float)
    if not last.shape == over.shape == first.shape or last.ndim != 1:
        raise ValueError("survival: arrays of one length")
    if np.isnan(last).any() or np.isnan(first).any():
        raise ValueError("survival: times that are not a number; leave them out, and count them")
    seen = last > first
    last, over, first = last[seen], over[seen], np.sort(first[seen])
    ordered = np.sort(last)
    times, ends = np.unique(last[over], return_counts=True)
    at_risk = np.searchsorted(first, times, side="left") - np.searchsorted(ordered, times, side="left")
    return Curve(times, at_risk, ends, first, ordered, int(last.size), int(over.sum()))


def surviving(curve: Curve, at: ArrayLike) -> Floats:
    """S at each time: the share that lasts longer."""
    return _at(curve.times, np.cumprod(1.0 - curve.ends / curve.at_risk), at, 1.0)


def on_at(curve: Curve, age: ArrayLike) -> NDArray[np.int64]:
    """How many were seen to be on at an age, and for longer."""
    old = np.asarray(age, float)
    here = np.searchsorted(curve.entered, old, side="right") - np.searchsorted(curve.lasted, old, side="right")
    return np.asarray(here, np.int64)


def outlasts(curve: Curve, age: ArrayLike, limit: ArrayLike) -> Chance:
    """Of what is on at `age`: the share that lasts longer than `limit`. Arrays of one shape."""
    old = np.atleast_1d(np.asarray(age, float))
    far = np.maximum(old, np.atleast_1d(np.asarray(limit, float)))
    n = on_at(curve, old)
    left = curve.at_risk - curve.ends
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = _within(curve, np.where(left > 0, curve.ends / (curve.at_risk * left), 0.0), old, far)
        p = np.where(_within(curve, left == 0, old, far) > 0, 0.0, np.exp(_within(curve, _logs(curve), old, far)))
        effective = (1.0 - p) / (p * spread)
    p = np.where(n > 0, p, np.nan)
    until_far = np.searchsorted(curve.entered, far, side="left") - np.searchsorted(curve.lasted, far, side="left")
    effective = np.where(p >= 1.0, until_far, effective)
    effective = np.where(p <= 0.0, _within(curve, curve.ends, old, far), effective)
    low, high = _wilson(p, effective)
    beyond = curve.lasted[-1] if curve.n else -np.inf
    open_ended = (n > 0) & (far > beyond) & (p > 0)
    return Chance(p, np.where(open_ended, 0.0, low), high, n, open_ended)


def quantile(curve: Curve, age: ArrayLike, share: float) -> Floats:
    """The time by which `share` of what is on at `age` has ended: inf{t: S(t) / S(age) <= 1 - share}.

    Infinite where so many were never seen to end; NaN where nothing was on.
    """
    old = np.atleast_1d(np.asarray(age, float))
    fallen = np.cumsum(_logs(curve))
    # A share met exactly is met, whatever rounding made of it.
    wanted = _at(curve.times, fallen, old, 0.0) + np.log1p(-share) + 1e-12
    times = np.append(curve.times, np.inf)
    after = np.searchsorted(curve.times, old, side="right")
    found = np.maximum(np.searchsorted(-fallen, -wanted, side="left"), after)
    gone = np.flatnonzero(curve.ends == curve.at_risk)
    all_ended = np.append(gone, len(curve.times))[np.searchsorted(gone, after, side="left")]
    return np.where(on_at(curve, old) > 0, times[np.minimum(found, all_ended)], np.nan)


def _logs(curve: Curve) -> Floats:
    """The logarithms of the factors; 0 for those that are 0, which are counted apart."""
    left = curve.at_risk - curve.ends
    return np.log(np.where(left > 0, left / curve.at_risk, 1.0))


def _within(curve: Curve, terms: ArrayLike, after: Floats, until: Floats) -> Floats:
    """The sum of the terms of the times in (after, until]."""
    sums = np.cumsum(np.asarray(terms, float))
    return _at(curve.times, sums, until, 0.0) - _at(curve.times, sums, after, 0.0)


def _at(times: Floats, values: Floats, at: ArrayLike, first: float) -> Floats:
    """A step function that is `first` before its first time."""
    steps = np.concatenate([[first], values])
    return np.asarray(steps[np.searchsorted(times, np.asarray(at, float), side="right")], float)


def _wilson(p: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Wilson's interval for a share p of n; all there is where n is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = _Z * _Z / n
        centre = (p + share / 2) / (1 + share)
        half = np.sqrt(p * (1 - p) * share + share * share / 4) / (1 + share)
        low, high = np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
    unknown, none = np.isnan(p), n <= 0
    return np.where(unknown, np.nan, np.where(none, 0.0, low)), np.where(unknown, np.nan, np.where(none, 1.0, high))
