"""Series with known properties: a week of hours with noise, as an operation makes them."""

from __future__ import annotations

import numpy as np

from opsconsole.insight.forecast.smooth import Floats

SEASONS = (24, 168)


def hours(weeks: int, seed: int, noise: float = 5.0) -> Floats:
    """A level with day and week and errors that follow each other."""
    rng = np.random.default_rng(seed)
    at = np.arange(weeks * 168)
    shape = 100 + 30 * np.sin(2 * np.pi * at / 24) - 25 * (at % 168 >= 120)
    errors = np.zeros(len(at))
    for each in range(1, len(at)):
        errors[each] = 0.7 * errors[each - 1] + rng.normal(0, noise)
    return shape + errors
