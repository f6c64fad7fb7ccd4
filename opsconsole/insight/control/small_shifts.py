"""Charts for small lasting shifts: EWMA and CUSUM of standardised points z = (value − centre) / σ.

EWMA (Roberts 1959): w_i = λ z_i + (1 − λ) w_(i−1), w_0 = 0, limits ± L √(λ / (2 − λ) · (1 − (1 − λ)^(2i))).
CUSUM (Page 1954), tabular: C⁺ = max(0, C⁺ + z − k), C⁻ = max(0, C⁻ − z − k), a signal above h. With the fast initial
response (Lucas and Crosier 1982) both begin at h / 2.

Both work along the last axis, on any number of series at once. A missing point (NaN) leaves them as they were.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import cast

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from opsconsole.insight.control.constants import Array
from opsconsole.insight.control.limits import Marks

LAMBDA, WIDTH = 0.2, 2.86
"""λ and L of the EWMA that alarms by default: 9 points to a shift of 1 σ, 366 to a false alarm."""
SLACK, DECISION = 0.5, 5.0
"""k and h of the CUSUM: half the shift to be found, and a false alarm in 465 points."""

_ON = 1e-9
_BLOCK = 64


class Ewma(Struct, frozen=True, eq=False):
    """The weighted means, the limit on either side of 0 at each point, and where a mean is beyond it."""

    values: Array
    limit: Array
    signals: Marks


class Cusum(Struct, frozen=True, eq=False):
    """The sums upward and downward, and where one is above the decision interval.

    `began`: for each point the first point of the climb that it is part of, up or down, whichever is higher; it is an
    estimate of when the shift began. −1 where both sums are 0.
    """

    up: Array
    down: Array
    signals: Marks
    began: NDArray[np.intp]


def ewma(
    z: ArrayLike, weight: float = LAMBDA, width: float = WIDTH, *, steady: bool = False, alike: float = 0.0
) -> Ewma:
    """EWMA with limits exact from the first point on, or those that they tend to (`steady`).

    `alike` is the autocorrelation of neighbouring points: a mean of such varies by more, by the factor
    √((1 + φ(1 − λ)) / (1 − φ(1 − λ))) of an autoregression (EWMAST, Zhang 1998).

    ValueError unless 0 < weight ≤ 1 and width > 0.
    """
    if not 0.0 < weight <= 1.0 or width <= 0.0:
        raise ValueError(f"An EWMA takes a weight in (0, 1] and a width above 0, not {weight:g} and {width:g}.")
    x = np.asarray(z, dtype=float)
    there = ~np.isnan(x)
    means = _means(x, weight) if there.all() else _by_row(x, lambda row: _means(row, weight))
    share = 1.0 if steady else 1.0 - (1.0 - weight) ** (2.0 * np.cumsum(there, axis=-1))
    kept = alike * (1.0 - weight)
    wider = (1.0 + kept) / (1.0 - kept)
    limit = width * np.sqrt(weight / (2.0 - weight) * share * wider) * np.ones_like(x)
    return Ewma(means, limit, there & (np.abs(means) > limit + _ON))


def cusum(
    z: ArrayLike, slack: float = SLACK, decision: float = DECISION, *, fast: bool = False, restart: bool = False
) -> Cusum:
    """Tabular CUSUM. `fast` begins at half the decision interval, `restart` begins each sum anew after its signals.

    ValueError unless slack ≥ 0 and decision > 0.
    """
    if slack < 0.0 or decision <= 0.0:
        raise ValueError(f"A CUSUM takes a slack of at least 0 and a decision above 0, not {slack:g} and {decision:g}.")
    x = np.asarray(z, dtype=float)
    head = decision / 2.0 if fast else 0.0
    ends = decision + _ON if restart else np.inf
    if restart or np.isnan(x).any():
        up, down = (_by_row(side, lambda row: _restarting(row - slack, head, ends)) for side in (x, -x))
    else:
        up, down = (_climb(side - slack, head) for side in (x, -x))
    signals = ~np.isnan(x) & ((up > decision + _ON) | (down > decision + _ON))
    return Cusum(up, down, signals, np.where(up >= down, _began(up, ends), _began(down, ends)))


def _means(x: Array, weight: float) -> Array:
    """Weighted means along the last axis, without gaps; block by block, as each step for itself takes longer."""
    means = np.empty_like(x)
    mean = np.zeros(x.shape[:-1])
    for start in range(0, x.shape[-1], _BLOCK):
        part = x[..., start : start + _BLOCK]
        shares, decay = _weights(weight, part.shape[-1])
        means[..., start : start + _BLOCK] = part @ shares + mean[..., None] * decay
        mean = means[..., start + part.shape[-1] - 1]
    return means


@lru_cache(maxsize=256)
def _weights(weight: float, length: int) -> tuple[Array, Array]:
    """What each of `length` points has of the means after it, and what is left of the mean before."""
    step = np.arange(length)
    age = step[None, :] - step[:, None]
    shares: Array = np.where(age >= 0, weight * (1.0 - weight) ** np.maximum(age, 0), 0.0)
    decay: Array = np.power(1.0 - weight, step + 1.0).astype(float)
    return shares, decay


def _climb(steps: Array, head: float) -> Array:
    """max(0, C + step) along the last axis, from `head`: the sum of the steps, less the lowest that it has been."""
    sums = np.cumsum(steps, axis=-1) + head
    found: Array = sums - np.minimum(np.minimum.accumulate(sums, axis=-1), 0.0)
    return found


def _restarting(steps: Array, head: float, ends: float) -> Array:
    """The same for one row, from `head` anew after each point above `ends`."""
    found = np.empty_like(steps)
    start = 0
    while start < len(steps):
        part = _climb(steps[start:], head)
        over = np.flatnonzero(part > ends)
        stop = start + (int(over[0]) + 1 if len(over) else len(part))
        found[start:stop] = part[: stop - start]
        start = stop
    return found


def _began(sums: Array, ends: float) -> NDArray[np.intp]:
    """By point the first of the climb that it is part of; −1 where the sum is 0."""
    index = np.arange(sums.shape[-1])
    fresh = np.zeros(sums.shape, dtype=bool)
    fresh[..., 1:] = (sums[..., :-1] <= 0.0) | (sums[..., :-1] > ends)
    first = np.maximum.accumulate(np.where(fresh, index, 0), axis=-1)
    return np.where(sums > 0.0, first, -1)


def _by_row(x: Array, function: Callable[[Array], Array]) -> Array:
    """A function of each row without its missing points; these have what was before them, 0 at the start."""
    if x.ndim > 1:
        return np.stack([_by_row(row, function) for row in x])
    there = ~np.isnan(x)
    found = np.concatenate([[0.0], function(x[there])])
    return cast(Array, found[np.cumsum(there)])
