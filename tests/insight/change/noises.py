"""Series with a known truth: noise of several kinds, season, trend, and an effect planted at a known point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_WARM = 300


def noise(kind: str, phi: float, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Noise of about unit variance, (runs, points).

    `ar1`; `ar2` with phi and half of it; `ma1`; `wander`: an AR(1) of 40 % of the variance under white noise; `heavy`:
    an AR(1) with shocks of t with 4 degrees of freedom.
    """
    runs, points = shape
    shocks = rng.standard_normal((runs, points + _WARM))
    if kind == "heavy":
        shocks = rng.standard_t(4, (runs, points + _WARM)) / np.sqrt(2)
    if kind == "ma1":
        return (shocks[:, _WARM:] + phi * shocks[:, _WARM - 1 : -1]) / np.sqrt(1 + phi**2)
    second = phi / 2 if kind == "ar2" else 0.0
    first = phi - second if kind == "ar2" else phi
    found = np.zeros_like(shocks)
    for at in range(2, points + _WARM):
        found[:, at] = first * found[:, at - 1] + second * found[:, at - 2] + shocks[:, at]
    found = found[:, _WARM:]
    if kind == "wander":
        slow = found * np.sqrt(1 - phi**2)
        return np.sqrt(0.4) * slow + np.sqrt(0.6) * rng.standard_normal(shape)
    return found


def planted(points: int, at: int, level: float, slope: float, season: int = 0) -> Floats:
    """A trend, a step of `level` at the point `at`, a slope that changes by `slope` there, a season of unit size."""
    time = np.arange(points)
    after = time >= at
    wave = np.sin(2 * np.pi * time / season) + 0.5 * np.cos(4 * np.pi * time / season) if season else 0.0
    return 50.0 + 0.02 * time + level * after + slope * (time - at) * after + wave
