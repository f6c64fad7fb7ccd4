"""Average run lengths: how many points pass, on average, until a chart signals. Computed, not simulated.

For independent normal points whose mean is `shift` σ off the centre; with no shift the run length is that between
false alarms (ARL0). The chart is taken to know centre and σ exactly; `false_alarms.py` says what a short baseline does.

EWMA: the integral equation of Crowder (1987) by collocation in Legendre polynomials. The limits of the first points
are taken as they are, by going back from where they have settled. CUSUM: the integral equation of Page (1954) by
Gauss-Legendre quadrature; two sides and a head start by Lucas and Crosier (1982).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from opsconsole.insight.control.constants import Array, normal_cdf
from opsconsole.insight.control.small_shifts import DECISION, LAMBDA, SLACK, WIDTH

_DEGREE, _NODES = 40, 48
_SETTLED = 1e-6


def rule1_arl(shift: float = 0.0, beyond: float = 3.0) -> float:
    """Run length of the limits at ± `beyond` σ alone: 370.4 points with no shift."""
    inside = normal_cdf(np.array([beyond - shift, -beyond - shift]))
    return float(1.0 / (1.0 - (inside[0] - inside[1])))


@lru_cache(maxsize=64)
def ewma_arl(
    shift: float = 0.0, weight: float = LAMBDA, width: float = WIDTH, *, beyond: float = math.inf, steady: bool = False
) -> float:
    """Run length of an EWMA with exact limits (or `steady` ones), together with the limits at ± `beyond` σ if given."""
    spread = width * math.sqrt(weight / (2.0 - weight))
    length = _step(spread, spread, shift, weight, beyond)
    nodes, _ = np.polynomial.legendre.leggauss(_DEGREE)
    points = np.polynomial.legendre.legvander(nodes, _DEGREE - 1)
    after = np.linalg.solve(points - length, np.ones(_DEGREE))
    if not steady:
        settled = max(1, math.ceil(math.log(_SETTLED) / (2.0 * math.log1p(-weight)))) if weight < 1.0 else 1
        limits = [spread * math.sqrt(1.0 - (1.0 - weight) ** (2 * i)) for i in range(1, settled + 1)]
        for index in range(settled - 1, 0, -1):
            values = 1.0 + _step(limits[index - 1], limits[index], shift, weight, beyond) @ after
            after = np.linalg.solve(points, values)
        spread = limits[0]
    return float(1.0 + (_step(0.0, spread, shift, weight, beyond)[:1] @ after)[0])


def _step(start: float, limit: float, shift: float, weight: float, beyond: float) -> Array:
    """By node in ± start: the mean of each Legendre polynomial on ± limit after one more point that does not signal."""
    nodes, _ = np.polynomial.legendre.leggauss(_DEGREE)
    inner, weights = np.polynomial.legendre.leggauss(_NODES)
    kept = (1.0 - weight) * start * nodes
    low = np.maximum(-limit, kept - weight * beyond)
    high = np.minimum(limit, kept + weight * beyond)
    half = np.maximum(0.0, high - low) / 2.0
    y = (high + low)[:, None] / 2.0 + half[:, None] * inner[None, :]
    x = (y - kept[:, None]) / weight - shift
    density = np.exp(-0.5 * x * x) / (math.sqrt(2.0 * math.pi) * weight)
    mass = density * weights[None, :] * half[:, None]
    found: Array = np.einsum("iq,iqj->ij", mass, np.polynomial.legendre.legvander(y / limit, _DEGREE - 1))
    return found


@lru_cache(maxsize=64)
def cusum_arl(shift: float = 0.0, slack: float = SLACK, decision: float = DECISION, *, fast: bool = False) -> float:
    """Run length of a CUSUM of both sides, from 0 or from half the decision interval (`fast`)."""
    up, up_head = _one_side(shift, slack, decision)
    down, down_head = _one_side(-shift, slack, decision)
    if not fast:
        return up * down / (up + down)
    return (up_head * down + up * down_head - up * down) / (up + down)


def _one_side(shift: float, slack: float, decision: float) -> tuple[float, float]:
    """Run lengths of the upper sum, begun at 0 and at half the decision interval."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    y, weights = (nodes + 1.0) * decision / 2.0, weights * decision / 2.0
    start = np.concatenate([[0.0], y])
    x = y[None, :] - start[:, None] + slack - shift
    steps = np.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi) * weights[None, :]
    to_zero = normal_cdf(slack - shift - start)
    lengths = np.linalg.solve(np.eye(_NODES + 1) - np.column_stack([to_zero, steps]), np.ones(_NODES + 1))
    head = y - decision / 2.0 + slack - shift
    row = np.exp(-0.5 * head * head) / math.sqrt(2.0 * math.pi) * weights
    to_zero_head = float(normal_cdf(np.array([slack - shift - decision / 2.0]))[0])
    return float(lengths[0]), float(1.0 + to_zero_head * lengths[0] + row @ lengths[1:])
