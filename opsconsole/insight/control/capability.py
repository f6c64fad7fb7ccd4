"""Process capability: how well the spread of a process fits between its specification limits.

Cp = (USL − LSL) / 6 σ̂ and Cpk = min(USL − x̄, x̄ − LSL) / 3 σ̂ with the σ̂ of the short term (mR̄ / d2, R̄ / d2, s̄ / c4);
Pp and Ppk are the same with the standard deviation of all values. From 1.33 on a process is called capable.

Intervals: NIST/SEMATECH e-Handbook 6.1.6. Cp and Pp: index · √(χ²(α) / ν), with the quantile of χ² by Wilson and
Hilferty (1931); Cpk and Ppk: index ± z √(1 / 9n + index² / 2ν) (Bissell 1990). ν is n − 1 for the overall standard
deviation, and 0.605 times the moving ranges (Cryer and Ryan 1990) or that of the subgroups for the short term.
The formulas are for normal values.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import ArrayLike

from opsconsole.insight.control.baseline import ENOUGH


class Index(Struct, frozen=True):
    """A capability index and the ends of its interval."""

    value: float
    low: float
    high: float


class Capability(Struct, frozen=True):
    """The indices; Cp and Pp are None with one limit only. `outside`: the share of the values outside the limits.

    `count` values, their mean, the σ of the short term and the standard deviation of all.
    """

    cp: Index | None
    cpk: Index
    pp: Index | None
    ppk: Index
    outside: float | None
    count: int
    mean: float
    within: float
    overall: float


def capability(
    values: ArrayLike,
    within: float,
    freedom: float,
    *,
    lower: float | None = None,
    upper: float | None = None,
    level: float = 0.95,
) -> Capability | None:
    """Capability of single values with `within` and `freedom` from the limits of their chart (`Limits`).

    None with fewer than 20 values, or where they do not vary. ValueError without a limit, or with the lower not below
    the upper.
    """
    of_figures(0, 0.0, 0.0, within, freedom, lower=lower, upper=upper)  # limits that are none
    x = np.asarray(values, dtype=float)
    x = x[np.isfinite(x)]
    if len(x) < ENOUGH:
        return None
    outside = np.zeros(len(x), dtype=bool)
    if lower is not None:
        outside |= x < lower
    if upper is not None:
        outside |= x > upper
    overall = float(x.std(ddof=1))
    found = of_figures(len(x), float(x.mean()), overall, within, freedom, lower=lower, upper=upper, level=level)
    return None if found is None else replace(found, outside=float(outside.mean()))


def of_figures(
    count: int,
    mean: float,
    overall: float,
    within: float,
    freedom: float,
    *,
    lower: float | None = None,
    upper: float | None = None,
    level: float = 0.95,
) -> Capability | None:
    """The same from figures: of so many single values their mean and standard deviation. How many are outside the
    limits is not known then."""
    if lower is None and upper is None:
        raise ValueError("Capability needs a specification limit: give `lower`, `upper` or both.")
    if lower is not None and upper is not None and lower >= upper:
        raise ValueError(f"The lower specification limit {lower:g} is not below the upper {upper:g}.")
    if count < ENOUGH or not within > 0.0 or not overall > 0.0:
        return None
    nearest = min(math.inf if upper is None else upper - mean, math.inf if lower is None else mean - lower)
    width = None if lower is None or upper is None else upper - lower
    return Capability(
        None if width is None else _spread(width / (6.0 * within), freedom, level),
        _nearest(nearest / (3.0 * within), count, freedom, level),
        None if width is None else _spread(width / (6.0 * overall), count - 1.0, level),
        _nearest(nearest / (3.0 * overall), count, count - 1.0, level),
        None,
        count,
        mean,
        within,
        overall,
    )


def chi_square(probability: float, freedom: float) -> float:
    """A quantile of χ² by Wilson and Hilferty; within 1 % from 5 degrees of freedom on, for 2.5 to 97.5 %."""
    part = 2.0 / (9.0 * freedom)
    return float(freedom * max(0.0, 1.0 - part + NormalDist().inv_cdf(probability) * math.sqrt(part)) ** 3)


def _spread(value: float, freedom: float, level: float) -> Index:
    low, high = (math.sqrt(chi_square(q, freedom) / freedom) for q in ((1.0 - level) / 2.0, (1.0 + level) / 2.0))
    return Index(value, value * low, value * high)


def _nearest(value: float, count: int, freedom: float, level: float) -> Index:
    z = NormalDist().inv_cdf((1.0 + level) / 2.0)
    error = z * math.sqrt(1.0 / (9.0 * count) + value * value / (2.0 * freedom))
    return Index(value, value - error, value + error)
