"""Chances of being late, corrected by what earlier ones were worth: operations drift, and curves learn slowly. Pure.

logit p' = a + b logit p, with a and b by logistic regression on what was said of cases whose due moment has passed
since: that leaves out none by what became of it. A prior holds the correction at none (a ~ N(0, 0.5²), b ~ N(1, 0.25²))
until the cases speak against it: Bayesian logistic recalibration (Feng et al. 2022, JAMIA 29:841). Of a case of which
several moments spoke, all count together as one. The later a case was due the more it counts, half as much for every 60
that were due after it.

Where outcomes come long after what was said, the correction may chase what is over. So it is averaged, as logits, with
no correction, each by how well it has foretold so far (the sums of their log scores, of cases weighed as above:
Bayesian model averaging by what was said before it came, Dawid 1984; that a model is better not updated where a test
does not tell for it: Davis et al. 2019, JAMIA 26:1448).

Prior and recency were chosen on simulated operations that stand still, slow down or speed up at once or little by
little, or go up and down: a mean calibration error of 0.036 in place of 0.054, at most 0.059 in place of 0.090.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import ArrayLike, NDArray

from opsconsole.insight.flow.hours import Floats
from opsconsole.insight.flow.reliability import Bin

HALF = 60
"""After so many cases that were due since, one counts half."""
_SPREAD_A, _SPREAD_B = 0.5, 0.25
_EDGE = 0.01
_LEAST_SLOPE = 0.1
_MANY = 30
_Z = 1.959963984540054  # two-sided 95 %


class Recalibration(Struct, frozen=True):
    """The correction: `shift` a and `slope` b, their covariance, of how many cases it was learned, and the `weight` it
    has against none (0 to 1). `table`: what chances corrected like this were worth before."""

    shift: float
    slope: float
    covariance: Any
    cases: int
    weight: float = 1.0
    table: tuple[Bin, ...] = ()

    def of(self, p: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats]:
        """Chances and their 95 % intervals, corrected. NaN stays NaN.

        An interval is widened by what is not known of a and b, to the chance without correction as far as that may be
        the better one, and to what share of such chances came true before.
        """
        x, slope = _logit(p), 1 + self.weight * (self.slope - 1)
        said = self.weight * self.shift + slope * x
        own = np.column_stack([np.ones_like(x), x])
        doubt = _Z * self.weight * np.sqrt(np.einsum("ni,ij,nj->n", own, np.asarray(self.covariance), own))
        # two models of weights w and 1 - w: the spread between them
        between = _Z * np.sqrt(self.weight * (1 - self.weight)) * np.abs(self.shift + (self.slope - 1) * x)
        under, over = (
            _chance(said + side * np.sqrt((slope * (_logit(edge) - x)) ** 2 + doubt**2 + between**2))
            for side, edge in ((-1, low), (1, high))
        )
        chance = _chance(said)
        for each in self.table:
            here = (chance >= each.low) & (chance < each.high) & (each.n >= _MANY)
            under = np.where(here, np.minimum(under, each.came), under)
            over = np.where(here, np.maximum(over, each.came), over)
        return chance, np.where(low <= 0, low, under), np.where(high >= 1, high, over)


def sequence(
    said: ArrayLike, came: ArrayLike, due: ArrayLike, case: ArrayLike, moment: ArrayLike, until: float
) -> Iterator[tuple[float, Recalibration | None]]:
    """The correction of each moment at which something was said, in order, and last of `until`.

    Each is learned of what was said before it and was due by then; None where there is nothing. `said`: chances of a
    `case` (any key), whether each `came` true, when it was `due` and at which `moment` it was said, all times in one
    unit.
    Raises ValueError where lengths differ.
    """
    p, true, by, at = (np.asarray(each, float) for each in (said, came, due, moment))
    keys = np.asarray(case)
    if not p.shape == true.shape == by.shape == at.shape == keys.shape or p.ndim != 1:
        raise ValueError("recalibration: arrays of one length")
    _, keys = np.unique(keys, return_inverse=True)
    as_corrected = p.copy()
    for now in [*np.unique(at[at < until]).tolist(), until]:
        known, here = (at < now) & (by <= now), at == now
        if not known.any():
            yield now, None
            continue
        weights, cases = _weights(by[known], keys[known])
        found = _fitted(p[known], true[known], weights, cases)
        gain = float(np.sum(weights * (_score(as_corrected[known], true[known]) - _score(p[known], true[known]))))
        as_corrected[here] = _chance(found.shift + found.slope * _logit(p[here]))
        yield now, replace(found, weight=float(_chance(np.array(gain))))


def _fitted(p: Floats, true: Floats, weights: Floats, cases: int) -> Recalibration:
    """The most likely correction with its prior, by Newton's method."""
    x = np.column_stack([np.ones_like(p), _logit(p)])
    centre, precision = np.array([0.0, 1.0]), np.diag([_SPREAD_A**-2, _SPREAD_B**-2])
    found, curvature = centre, precision
    for _ in range(50):
        now = _chance(x @ found)
        curvature = (x * (weights * now * (1 - now))[:, None]).T @ x + precision
        step = np.linalg.solve(curvature, x.T @ (weights * (true - now)) - precision @ (found - centre))
        found = found + step
        if np.abs(step).max() < 1e-9:
            break
    return Recalibration(float(found[0]), max(float(found[1]), _LEAST_SLOPE), np.linalg.inv(curvature), cases)


def _weights(due: Floats, case: NDArray[Any]) -> tuple[Floats, int]:
    """How much each forecast counts, and how many cases there are: together the forecasts count as much as they."""
    keys, which = np.unique(case, return_inverse=True)
    last = np.full(len(keys), -np.inf)
    np.maximum.at(last, which, due)
    after = np.empty(len(keys))
    after[np.argsort(-last, kind="stable")] = np.arange(len(keys))
    return 0.5 ** (after / HALF)[which] * len(keys) / len(case), len(keys)


def _score(p: Floats, true: Floats) -> Floats:
    """The log score: the logarithm of the chance that was given to what came."""
    return np.asarray(np.log(np.clip(np.where(true > 0, p, 1 - p), _EDGE, 1.0)), float)


def _logit(p: Floats) -> Floats:
    inside = np.clip(p, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)), float)


def _chance(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-x)), float)
