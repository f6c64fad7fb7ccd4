"""Limits of Shewhart charts: XmR, X̄-R, X̄-S, p, np, c, u. Arrays of points in order of time in, limits per point out.

Formulas: NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2 and 6.3.3; Montgomery, Introduction to Statistical
Quality Control. The limits are the centre ± 3 σ of the plotted statistic, and those of p, np, c, u end at what is
possible (0, 1, n). A value that is missing is NaN; it takes no part and has no signal.

`baseline` chooses the points that the limits are computed from: a boolean array as long as the values; all, where it is
not given. How many are enough is for `baseline.py` to say; here at least 2 values are needed (ValueError).
`rounded` takes constants with three decimals, as they are printed in tables; limits published in books and in the
handbook are mostly computed with those.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, cast

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import ArrayLike, NDArray

from opsconsole.insight.control.constants import Array, c4, d2, d3

Marks = NDArray[np.bool_]
Kind = Literal["xmr", "xbar_r", "xbar_s", "p", "np", "c", "u"]
KINDS: tuple[Kind, ...] = ("xmr", "xbar_r", "xbar_s", "p", "np", "c", "u")
JUMP = 3.5
"""Moving ranges above this many mean moving ranges are left out, once (Nelson 1982)."""


class Band(Struct, frozen=True, eq=False):
    """A centre with limits, one of each per point. `values` is what is plotted against them."""

    values: Array
    centre: Array
    lower: Array
    upper: Array


class Limits(Struct, frozen=True, eq=False):
    """The limits of a chart. `sigma` is that of the plotted points, and `z` is how many σ each is from the centre.

    `within` is σ̂ of single values from the variation of the short term (mR̄ / d2, R̄ / d2, s̄ / c4); NaN for counts.
    `spread` is the chart of moving ranges, ranges or standard deviations that belongs to it; None for counts.
    `freedom` is the equivalent number of degrees of freedom of `within`.
    """

    kind: Kind
    band: Band
    sigma: Array
    within: float
    freedom: float
    spread: Band | None = None

    @property
    def z(self) -> Array:
        """Distance of each point from its centre in units of σ; NaN for a missing value, and where σ is 0."""
        spread = np.where(self.sigma > 0.0, self.sigma, np.nan)
        z: Array = (self.band.values - self.band.centre) / spread
        return z


def xmr(
    values: ArrayLike,
    baseline: ArrayLike | None = None,
    *,
    screen: bool = True,
    rounded: bool = False,
    alike: float = 0.0,
) -> Limits:
    """Single values and moving ranges: X̄ ± 3 mR̄ / d2(2), which is X̄ ± 2.66 mR̄. Upper limit of mR: D4(2) mR̄ = 3.267 mR̄.

    `screen` leaves moving ranges above 3.5 mR̄ out of mR̄, once (Nelson 1982). Moving ranges are taken between values
    that follow each other, over gaps; in the baseline both have to lie in it. `alike` is the autocorrelation φ of
    neighbouring points, where there is one: moving ranges are too small then, E|mR| = d2 σ √(1 − φ), and σ̂ is that much
    larger (modified limits, Vasilopoulos and Stamboulis 1978).
    """
    x = _floats(values)
    chosen = _chosen(x, baseline)
    ranges = moving_ranges(x)
    both = chosen & _follows(chosen, x)
    used = ranges[both]
    if not len(used):
        raise ValueError("No two points of the baseline follow each other: there is no moving range.")
    mean_range = float(used.mean())
    kept = used[used <= JUMP * mean_range]
    if screen and kept.any():  # where nearly all are 0 the others are all the variation there is
        mean_range, used = float(kept.mean()), kept
    unit, upper = d2(2), 1.0 + 3.0 * d3(2) / d2(2)
    if rounded:
        unit, upper = round(unit, 3), round(upper, 3)
    sigma = mean_range / unit / math.sqrt(1.0 - alike)
    # Var(mR̄) makes mR̄ / d2 as good as 0.605 of the values (Cryer and Ryan 1990)
    freedom = 0.605 * len(used)
    ones = np.ones_like(x)
    return Limits(
        "xmr",
        _band(x, float(x[chosen].mean()) * ones, 3.0 * sigma * ones),
        sigma * ones,
        sigma,
        freedom,
        Band(ranges, mean_range * ones, 0.0 * ones, upper * mean_range * ones),
    )


def possible(found: Limits, least: float, most: float) -> Limits:
    """The same limits, which end at what is possible."""
    band = found.band
    lower, upper = np.maximum(band.lower, least), np.minimum(band.upper, most)
    return replace(found, band=replace(band, lower=lower, upper=upper))


def xbar_r(means: ArrayLike, ranges: ArrayLike, sizes: ArrayLike, baseline: ArrayLike | None = None) -> Limits:
    """Means and ranges of subgroups of `sizes` values: X̿ ± 3 σ̂ / √n with σ̂ = mean of R / d2(n); R: (d2 ± 3 d3) σ̂.

    With one size for all it is X̿ ± A2 R̄ and D3 R̄ … D4 R̄. Subgroups of one value have no range and no part in σ̂.
    """
    x, spread, n = _subgroups(means, ranges, sizes)
    chosen = _chosen(x, baseline)
    unit, dev = _each(n, d2), _each(n, d3)
    ranged = chosen & (n >= 2) & np.isfinite(spread)
    _enough(ranged)
    sigma = float((spread[ranged] / unit[ranged]).mean())
    centre = float(np.average(x[chosen], weights=n[chosen]))
    # Var(R / d2) = (d3 / d2)², and a standard deviation of ν degrees of freedom has 1 / 2ν
    freedom = 0.5 * float(ranged.sum()) ** 2 / float(((dev[ranged] / unit[ranged]) ** 2).sum())
    band = Band(spread, unit * sigma, np.maximum(0.0, unit - 3.0 * dev) * sigma, (unit + 3.0 * dev) * sigma)
    error = sigma / np.sqrt(n)
    return Limits("xbar_r", _band(x, centre * np.ones_like(x), 3.0 * error), error, sigma, freedom, band)


def xbar_s(means: ArrayLike, deviations: ArrayLike, sizes: ArrayLike, baseline: ArrayLike | None = None) -> Limits:
    """Means and standard deviations (n − 1) of subgroups: X̿ ± 3 σ̂ / √n; s: (c4 ± 3 √(1 − c4²)) σ̂.

    With one size for all σ̂ = s̄ / c4; with several it is the pooled standard deviation √(Σ(n−1)s² / Σ(n−1)).
    """
    x, spread, n = _subgroups(means, deviations, sizes)
    chosen = _chosen(x, baseline)
    unit = _each(n, c4)
    measured = chosen & (n >= 2) & np.isfinite(spread)
    _enough(measured)
    free = n[measured] - 1.0
    if np.ptp(free) == 0.0:
        sigma = float(spread[measured].mean() / unit[measured][0])
    else:
        sigma = float(np.sqrt((free * spread[measured] ** 2).sum() / free.sum()))
    centre = float(np.average(x[chosen], weights=n[chosen]))
    dev = np.sqrt(1.0 - unit**2)
    band = Band(spread, unit * sigma, np.maximum(0.0, unit - 3.0 * dev) * sigma, (unit + 3.0 * dev) * sigma)
    error = sigma / np.sqrt(n)
    return Limits("xbar_s", _band(x, centre * np.ones_like(x), 3.0 * error), error, sigma, float(free.sum()), band)


def p(counts: ArrayLike, sizes: ArrayLike, baseline: ArrayLike | None = None) -> Limits:
    """Shares: p̄ ± 3 √(p̄ (1 − p̄) / n) with p̄ = Σ counts / Σ sizes, and the limits of each point by its own size."""
    found, n = _counted(counts, sizes)
    chosen = _chosen(found, baseline)
    share = float(found[chosen].sum() / n[chosen].sum())
    error = np.sqrt(share * (1.0 - share) / n)
    return Limits("p", _band(found / n, share * np.ones_like(n), 3.0 * error, 0.0, 1.0), error, np.nan, np.nan)


def np_chart(counts: ArrayLike, size: float, baseline: ArrayLike | None = None) -> Limits:
    """Numbers out of samples of one size: n p̄ ± 3 √(n p̄ (1 − p̄))."""
    found, n = _counted(counts, np.full(np.shape(_floats(counts)), float(size)))
    chosen = _chosen(found, baseline)
    share = float(found[chosen].mean()) / float(size)
    error = np.sqrt(n * share * (1.0 - share))
    return Limits("np", _band(found, share * n, 3.0 * error, 0.0, float(size)), error, np.nan, np.nan)


def c(counts: ArrayLike, baseline: ArrayLike | None = None) -> Limits:
    """Counts over equal spans: c̄ ± 3 √c̄."""
    found, ones = _counted(counts, np.ones(np.shape(_floats(counts))))
    mean = float(found[_chosen(found, baseline)].mean())
    error = np.sqrt(mean) * ones
    return Limits("c", _band(found, mean * ones, 3.0 * error, 0.0), error, np.nan, np.nan)


def u(counts: ArrayLike, sizes: ArrayLike, baseline: ArrayLike | None = None) -> Limits:
    """Counts per unit of `sizes` (area, hours, pieces): ū ± 3 √(ū / n) with ū = Σ counts / Σ sizes."""
    found, n = _counted(counts, sizes)
    chosen = _chosen(found, baseline)
    rate = float(found[chosen].sum() / n[chosen].sum())
    error = np.sqrt(rate / n)
    return Limits("u", _band(found / n, rate * np.ones_like(n), 3.0 * error, 0.0), error, np.nan, np.nan)


def moving_ranges(values: ArrayLike) -> Array:
    """|x − the value before it|, over gaps; NaN for the first value and where there is none."""
    x = _floats(values)
    there = np.flatnonzero(np.isfinite(x))
    ranges = np.full_like(x, np.nan)
    ranges[there[1:]] = np.abs(np.diff(x[there]))
    return ranges


def beyond(band: Band) -> Marks:
    """Where a value is outside its limits; on a limit it is not."""
    room = 1e-9 * np.maximum(np.abs(band.upper - band.centre), np.abs(band.centre - band.lower))
    return (band.values > band.upper + room) | (band.values < band.lower - room)


def subgroups(values: ArrayLike, groups: ArrayLike) -> tuple[Array, Array, Array, Array]:
    """Means, ranges, standard deviations (n − 1; NaN for one value) and sizes by group, in order of appearance."""
    x, keys = _floats(values), np.asarray(groups)
    kept = np.isfinite(x)
    x, keys = x[kept], keys[kept]
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    rows = [x[which == index] for index in np.argsort(first)]
    return (
        np.array([row.mean() for row in rows]),
        np.array([np.ptp(row) for row in rows]),
        np.array([row.std(ddof=1) if len(row) > 1 else np.nan for row in rows]),
        np.array([float(len(row)) for row in rows]),
    )


def _floats(values: ArrayLike) -> Array:
    found = np.asarray(values, dtype=float)
    if found.ndim != 1:
        raise ValueError(f"Values have to be one row of numbers, not of {found.ndim} dimensions.")
    return found


def _counted(counts: ArrayLike, sizes: ArrayLike) -> tuple[Array, Array]:
    found, n = _floats(counts), _floats(sizes)
    if found.shape != n.shape:
        raise ValueError(f"{len(found)} counts and {len(n)} sizes: there has to be one size for each count.")
    there = np.isfinite(found) & np.isfinite(n) & (n > 0.0)
    return np.where(there, found, np.nan), np.where(there, n, np.nan)


def _subgroups(means: ArrayLike, spread: ArrayLike, sizes: ArrayLike) -> tuple[Array, Array, Array]:
    x, n = _counted(means, sizes)
    width = _floats(spread)
    if width.shape != x.shape:
        raise ValueError(f"{len(x)} means and {len(width)} spreads: there has to be one for each.")
    return x, np.where(np.isfinite(x), width, np.nan), n


def _chosen(x: Array, baseline: ArrayLike | None) -> Marks:
    there = np.isfinite(x)
    if baseline is not None:
        marked = np.asarray(baseline, dtype=bool)
        if marked.shape != x.shape:
            raise ValueError(f"A baseline of {marked.size} marks for {x.size} values: one is needed for each.")
        there = there & marked
    _enough(there)
    return cast("Marks", there)


def _enough(chosen: Marks) -> None:
    if chosen.sum() < 2:
        raise ValueError(f"{int(chosen.sum())} usable points in the baseline: at least 2 are needed for limits.")


def _follows(chosen: Marks, x: Array) -> Marks:
    """Where the value before (over gaps) is chosen too."""
    there = np.flatnonzero(np.isfinite(x))
    found = np.zeros(len(x), dtype=bool)
    found[there[1:]] = chosen[there[:-1]]
    return found


def _each(n: Array, constant: Callable[[int], float]) -> Array:
    """A constant for each size; NaN for sizes under 2."""
    found = np.full_like(n, np.nan)
    for size in np.unique(n[np.isfinite(n)]):
        if size >= 2:
            found[n == size] = constant(round(size))
    return found


def _band(values: Array, centre: Array, width: Array, low: float = -np.inf, high: float = np.inf) -> Band:
    centre = np.where(np.isfinite(values), centre, np.nan)
    return Band(values, centre, np.maximum(centre - width, low), np.minimum(centre + width, high))
