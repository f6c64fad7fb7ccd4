"""Charts for small lasting shifts: EWMA and CUSUM of standardised points z = (value − centre) / σ.

EWMA (Roberts 1959): w_i = λ z_i + (1 − λ) w_(i−1), w_0 = 0, limits ± L √(λ / (2 − λ) · (1 − (1 − λ)^(2i))).
CUSUM (Page 1954), tabular: C⁺ = max(0, C⁺ + z − k), C⁻ = max(0, C⁻ − z − k), a signal above h. With the fast initial
response (Lucas and Crosier 1982) both begin at h / 2.

Both work along the last axis, on any number of series at once. A missing point (NaN) leaves them as they were.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike

from opsconsole.insight.control.constants import Array
from opsconsole.insight.control.limits import Marks

LAMBDA, WIDTH = 0.2, 2.86
"""λ and L of the EWMA that alarms by default: 9 points to a shift of 1 σ, 366 to a false alarm."""
SLACK, DECISION = 0.5, 5.0
"""k and h of the CUSUM: half the shift to be found, and a false alarm in 465 points."""


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
    began: Array


def ewma(z: ArrayLike, weight: float = LAMBDA, width: float = WIDTH, *, steady: bool = False) -> Ewma:
    """EWMA with limits exact from the first point on, or those that they tend to (`steady`).

    ValueError unless 0 < weight ≤ 1 and width > 0.
    """
    if not 0.0 < weight <= 1.0 or width <= 0.0:
        raise ValueError(f"An EWMA takes a weight in (0, 1] and a width above 0, not {weight:g} and {width:g}.")
    x = np.asarray(z, dtype=float)
    there = ~np.isnan(x)
    means = np.empty_like(x)
    mean = np.zeros(x.shape[:-1])
    for index in range(x.shape[-1]):
        mean = np.where(there[..., index], mean + weight * (x[..., index] - mean), mean)
        means[..., index] = mean
    seen = np.cumsum(there, axis=-1)
    share = 1.0 if steady else 1.0 - (1.0 - weight) ** (2.0 * seen)
    limit = width * np.sqrt(weight / (2.0 - weight) * share) * np.ones_like(x)
    return Ewma(means, limit, cast(Marks, there & (np.abs(means) > limit + 1e-9)))


def cusum(
    z: ArrayLike, slack: float = SLACK, decision: float = DECISION, *, fast: bool = False, restart: bool = False
) -> Cusum:
    """Tabular CUSUM. `fast` begins at half the decision interval, `restart` begins anew after each signal.

    ValueError unless slack ≥ 0 and decision > 0.
    """
    if slack < 0.0 or decision <= 0.0:
        raise ValueError(f"A CUSUM takes a slack of at least 0 and a decision above 0, not {slack:g} and {decision:g}.")
    x = np.asarray(z, dtype=float)
    sums = np.zeros((2, *x.shape))
    begun = np.zeros((2, *x.shape), dtype=int)
    head = decision / 2.0 if fast else 0.0
    now, first = np.full((2, *x.shape[:-1]), head), np.full((2, *x.shape[:-1]), 0 if fast else -1)
    for index in range(x.shape[-1]):
        step = np.nan_to_num(np.stack([x[..., index], -x[..., index]]) - slack)
        following = np.where(np.isnan(x[..., index]), now, np.maximum(0.0, now + step))
        first = np.where(following <= 0.0, -1, np.where(first < 0, index, first))
        sums[..., index], begun[..., index] = following, first
        if restart:
            over = (following > decision + 1e-9).any(axis=0)
            following, first = np.where(over, head, following), np.where(over, index + 1 if fast else -1, first)
        now = following
    signals = (sums > decision + 1e-9).any(axis=0) & ~np.isnan(x)
    return Cusum(sums[0], sums[1], signals, np.where(sums[0] >= sums[1], begun[0], begun[1]).astype(float))
