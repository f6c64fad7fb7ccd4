"""How far chances that were said were from what came: the reliability table and its sums. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike


class Bin(Struct, frozen=True):
    """Forecasts of a range of chances: how many, their mean, and the share of them that came true."""

    low: float
    high: float
    n: int
    said: float
    came: float


def reliability(said: ArrayLike, came: ArrayLike, bins: int = 10) -> list[Bin]:
    """The reliability table: forecasts in bins of equal width, those that are empty left out."""
    chance, true = np.asarray(said, float), np.asarray(came, float)
    at = np.minimum((chance * bins).astype(int), bins - 1)
    found = []
    for place in range(bins):
        inside = at == place
        if inside.any():
            low, high = place / bins, (place + 1) / bins
            found.append(Bin(low, high, int(inside.sum()), float(chance[inside].mean()), float(true[inside].mean())))
    return found


def off(table: Sequence[Bin]) -> float:
    """The expected calibration error: the mean distance between what was said and what came, by how often it was said.

    NaN where nothing was said.
    """
    n = sum(each.n for each in table)
    return sum(each.n * abs(each.said - each.came) for each in table) / n if n else float("nan")


def brier(said: ArrayLike, came: ArrayLike) -> float:
    """Brier's score, the mean squared distance (1950): 0 is perfect, what always says the base rate has q (1 - q)."""
    return float(np.mean((np.asarray(said, float) - np.asarray(came, float)) ** 2))
