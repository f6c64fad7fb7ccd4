"""Student's t and mixtures of it, with NumPy alone."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_POINTS = 4001
_REACH = 9.0  # sinh(9) is 4,051 standard errors
_HALVINGS = 45


@lru_cache(maxsize=256)
def _table(freedom: int) -> tuple[Floats, Floats]:
    """Where the distribution function of t with `freedom` degrees is known, and what it is there (trapezium rule)."""
    steps = np.linspace(-_REACH, _REACH, _POINTS)
    places = np.sinh(steps)
    constant = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    density = np.exp(constant - (freedom + 1) / 2 * np.log1p(places**2 / freedom)) * np.cosh(steps)
    summed = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return places, summed / summed[-1]


def t_below(values: Floats, freedom: int) -> Floats:
    """The probability that t with `freedom` degrees of freedom (>= 1) is below each of `values`; good to 1e-5."""
    places, below = _table(freedom)
    return np.interp(values, places, below)


def t_quantile(probability: float, freedom: int) -> float:
    """The value below which t with `freedom` degrees of freedom is with a probability within 0…1."""
    places, below = _table(freedom)
    return float(np.interp(probability, below, places))


def mixture_below(values: Floats, weights: Floats, centres: Floats, scales: Floats, freedom: int) -> Floats:
    """The probability of being below `values` (any shape S) for mixtures of t; weights, centres, scales: (K, *S)."""
    scaled = (values - centres) / scales
    return np.asarray((weights * t_below(scaled, freedom)).sum(0), np.float64)


def mixture_quantile(probability: float, weights: Floats, centres: Floats, scales: Floats, freedom: int) -> Floats:
    """The quantile of mixtures of t by halving; weights, centres and scales have shape (K, *S), the answer S."""
    wide = abs(t_quantile(min(probability, 1 - probability) / 100, freedom)) + 1
    low, high = (centres - wide * scales).min(0), (centres + wide * scales).max(0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        under = mixture_below(middle, weights, centres, scales, freedom) < probability
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return np.asarray((low + high) / 2, np.float64)
