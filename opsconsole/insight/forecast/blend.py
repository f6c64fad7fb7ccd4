"""Combining the small methods: which blend of them is taken, by how each did on the series' own past.

Six blends stand for choice: the best method alone, mean and median of the best three and of the best five, and the mean
of all weighted by the inverse fourth power of their errors (Pawlikowski and Chorowska, 2020, weigh M4 alike). The best
are found on the older half of the trials and the blends compared on the newer, so that the skill that is shown was
earned on values that had no part in the choice of methods.
"""

from __future__ import annotations

import warnings

import msgspec
import numpy as np

from opsconsole.insight.forecast.smooth import Floats, Whole

POWER = 4.0


class Blend(msgspec.Struct, frozen=True):
    """How methods are combined: `kind` mean or median, of the columns `members`, with `weights` that sum to one."""

    kind: str
    members: tuple[int, ...]
    weights: tuple[float, ...]

    def of(self, predicted: Floats) -> Floats:
        """The blend of predictions (..., methods); methods that cannot say are left out, NaN: none can."""
        chosen = predicted[..., list(self.members)]
        if self.kind == "median":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's word for "none can say"
                return np.asarray(np.nanmedian(chosen, axis=-1))
        can = np.isfinite(chosen)
        weights = np.asarray(self.weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((np.where(can, chosen, 0.0) @ weights) / (can @ weights))


def blends(errors: Floats) -> list[Blend]:
    """The blends to choose from, by the mean absolute error of each method, (methods,); NaN: it could never say."""
    able = np.flatnonzero(np.isfinite(errors))
    order = able[np.argsort(errors[able], kind="stable")]
    found = [_equal("mean", order[:1])]
    found += [_equal(kind, order[:count]) for count in (3, 5) for kind in ("mean", "median")]
    least = max(float(errors[order[0]]), 1e-12)
    weights = (least / np.maximum(errors[order], least)) ** POWER
    kept = weights > 0.01
    weights = weights[kept] / weights[kept].sum()
    return [*found, Blend("mean", tuple(order[kept].tolist()), tuple(weights.tolist()))]


def mean_errors(errors: Floats) -> Floats:
    """Mean absolute error of each method over (trials, steps, methods); NaN: it spoke in less than half of them.

    Methods are compared on the same footing only where each could speak: one that is silent more often is not trusted.
    """
    known = np.isfinite(errors)
    counts = known.sum(axis=(0, 1))
    total = np.where(known, np.abs(errors), 0.0).sum(axis=(0, 1))
    enough = counts * 2 > counts.max(initial=0)
    return np.where(enough & (counts > 0), total / np.maximum(counts, 1), np.nan)


def _equal(kind: str, members: Whole) -> Blend:
    return Blend(kind, tuple(int(each) for each in members), (1 / len(members),) * len(members))
