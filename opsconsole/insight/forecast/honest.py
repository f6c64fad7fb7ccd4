"""How right chances of crossing a limit were on a series' own past, and the correction that follows.

At moments of the past that the plan tried, limits are laid about as far from the forecast as an error goes, and the
chance that the paths of all other moments give is held against what came: logit p' = a + b logit p by logistic
regression (Platt 1999) with the prior of no correction, a ~ N(0, 0.5²), b ~ N(1, 0.25²); the limits of one moment count
together as one. Without it chances are too sure: of crossings said with 85 % on departures and taxis 63 % came true,
with it 70 %; the calibration error is 0.05 in place of 0.08, on simulated hours 0.01 in place of 0.04
(tests/reference/score_crossing.py).
"""

from __future__ import annotations

import numpy as np

from opsconsole.insight.forecast.smooth import Floats, Whole

MOMENTS = 60
_LEAST = 20
_PRECISION = np.diag([0.5**-2, 0.25**-2])
_EDGE, _LEAST_SLOPE = 0.005, 0.1
NONE = (0.0, 1.0)


def crossing_correction(values: Floats, targets: Whole, errors: Floats, ways: Floats) -> tuple[float, float]:
    """The a and b of a plan's trials; none, (0, 1), where fewer than 20 of its moments tell anything.

    `targets` (trials, horizon): the places in `values` that the paths of `errors` are about. `ways` (trials, 2,
    horizon): the same paths standardised, and the usual error at the places of each.
    """
    chosen = np.unique(np.linspace(0, len(targets) - 1, min(MOMENTS, len(targets))).astype(np.int64))
    standard = np.nan_to_num(ways[:, 0])
    said, came, weights = [], [], []
    for trial in chosen:
        truth = values[targets[trial]]
        point, now = truth - errors[trial], values[targets[trial, 0] - 1]
        if not np.isfinite(point).all() or not np.isfinite(now):
            continue
        others = point + np.delete(standard, trial, axis=0) * ways[trial, 1]
        size = float(np.std(others[:, -1]))
        tried = [
            (sign, sign * (sign * point).min() - sign * away) for away in (-size, 0.0, size) for sign in (1.0, -1.0)
        ]
        open_ones = [(sign, limit) for sign, limit in tried if sign * now >= sign * limit]
        for sign, limit in open_ones:
            said.append(float((sign * others < sign * limit).any(axis=1).mean()))
            came.append(float((sign * truth < sign * limit).any()))
            weights.append(1.0 / len(open_ones))
    if sum(weights) < _LEAST:
        return NONE
    return _fitted(np.array(said), np.array(came), np.array(weights))


def corrected(probability: float, by: tuple[float, float]) -> float:
    """A chance, corrected; none is changed by (0, 1)."""
    if by == NONE:
        return probability
    return float(1 / (1 + np.exp(-(by[0] + by[1] * _logit(np.array(probability))))))


def _fitted(said: Floats, came: Floats, weights: Floats) -> tuple[float, float]:
    x = np.column_stack([np.ones_like(said), _logit(said)])
    centre = np.array(NONE)
    found = centre
    for _ in range(50):
        now = 1 / (1 + np.exp(-(x @ found)))
        curvature = (x * (weights * now * (1 - now))[:, None]).T @ x + _PRECISION
        step = np.linalg.solve(curvature, x.T @ (weights * (came - now)) - _PRECISION @ (found - centre))
        found = found + step
        if np.abs(step).max() < 1e-9:
            break
    return float(found[0]), max(float(found[1]), _LEAST_SLOPE)


def _logit(p: Floats) -> Floats:
    inside = np.clip(p, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)), np.float64)
