"""Constants of control charts for samples of n values from a normal distribution, by formula rather than from a table.

The range W of n values, in units of σ, has the distribution F(w) = n ∫ φ(x) (Φ(x + w) − Φ(x))^(n−1) dx (Tippett 1925).
From it d2 = E W and d3 = sqrt(Var W). c4 = E s / σ = sqrt(2 / (n − 1)) Γ(n / 2) / Γ((n − 1) / 2).
Tables print d2, d3 and c4 with three to four decimals (NIST/SEMATECH e-Handbook, 6.3.2); these agree with them.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_erf = np.vectorize(math.erf, otypes=[float])


def normal_cdf(x: Array) -> Array:
    """Φ(x), for arrays of any shape."""
    return cast(Array, 0.5 * (1.0 + _erf(np.asarray(x, float) / math.sqrt(2.0))))


def d2(n: int) -> float:
    """Mean range of n values in units of σ. ValueError below 2."""
    return _range_moments(n)[0]


def d3(n: int) -> float:
    """Standard deviation of the range of n values in units of σ. ValueError below 2."""
    return _range_moments(n)[1]


def c4(n: int) -> float:
    """Mean sample standard deviation of n values in units of σ. ValueError below 2."""
    _at_least_two(n)
    return math.sqrt(2.0 / (n - 1)) * math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))


@lru_cache(maxsize=256)
def _range_moments(n: int) -> tuple[float, float]:
    _at_least_two(n)
    nodes, weights = np.polynomial.legendre.leggauss(64)
    w, weights = (nodes + 1.0) * 8.0, weights * 8.0  # ranges from 0 to 16 σ
    # the trapezoidal rule is exact to all digits for a smooth function that vanishes at both ends
    x, step = np.linspace(-12.0, 9.0, 526, retstep=True)
    inside = normal_cdf(x[None, :] + w[:, None]) - normal_cdf(x)[None, :]
    density = np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
    beyond = 1.0 - n * step * (density * inside ** (n - 1)).sum(axis=1)
    mean = float((weights * beyond).sum())
    return mean, math.sqrt(float((weights * 2.0 * w * beyond).sum()) - mean * mean)


def _at_least_two(n: int) -> None:
    if n < 2:
        raise ValueError(f"A sample of {n} has no spread: at least 2 values are needed.")
