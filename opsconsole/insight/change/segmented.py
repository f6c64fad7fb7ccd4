"""Segmented regression of an interrupted time series, with intervals that hold under autocorrelation.

y_t = b0 + b1 t + b2 D_t + b3 (t - t0) D_t + season + noise, where D is 1 from the change t0 on (Wagner et al. 2002).
The noise is weighed over a grid of models (see `noise`): given a model, coefficients follow Student's t around the
generalised least squares; the models are weighed by their restricted likelihood (Patterson and Thompson 1971; Harville
1974) and the prior. An interval is one of the mixture, so it holds what is not known of the autocorrelation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from opsconsole.insight.change.longer import widening
from opsconsole.insight.change.noise import Floats, Grid, Ints, noise_grid, whitened
from opsconsole.insight.change.student import mixture_below, mixture_quantile

_TOGETHER = 64  # series that are fitted at once, so that a thousand fit into memory
_TINY = 1e-12


class Posterior(Struct, frozen=True):
    """What is known of some contrasts: mixtures of t over the models, for R series and C contrasts.

    `weights` (G, R, 1) of the models; `centres` and `scales` (G, R, C); `spread` (G, R, 1): the noise of a point.
    """

    weights: Floats
    centres: Floats
    scales: Floats
    spread: Floats
    freedom: int

    def of_points(self) -> Posterior:
        """The same of new points instead of their means: each with noise of its own."""
        return Posterior(self.weights, self.centres, np.hypot(self.scales, self.spread), self.spread, self.freedom)

    def middle(self) -> Floats:
        """The mean of each contrast, (R, C)."""
        return np.asarray((self.weights * self.centres).sum(0), np.float64)

    def quantile(self, probability: float) -> Floats:
        """The quantile of each contrast, (R, C)."""
        return mixture_quantile(probability, self.weights, self.centres, self.scales, self.freedom)

    def below(self, value: float) -> Floats:
        """The probability that each contrast is below `value`, (R, C)."""
        at = np.full(self.centres.shape[1:], value)
        return mixture_below(at, self.weights, self.centres, self.scales, self.freedom)


def season_columns(places: Ints, period: int, most: int) -> Floats:
    """Columns (n, k) for a season of `period` points: a dummy for each phase but one, else waves, at most `most`.

    Fewer columns than phases are the sines and cosines of the longest waves.
    """
    phase = places % period
    if period - 1 <= most:
        seen = np.unique(phase)
        return np.asarray(phase[:, None] == seen[None, 1:], np.float64)
    angles = 2 * np.pi * phase[:, None] / period * np.arange(1, most // 2 + 1)[None, :]
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def independent_columns(columns: Floats) -> list[int]:
    """Which columns are no combinations of earlier ones."""
    kept: list[int] = []
    basis = np.zeros((len(columns), 0))
    for at in range(columns.shape[1]):
        column = columns[:, at]
        left = column - basis @ (basis.T @ column)
        left -= basis @ (basis.T @ left)
        size = float(np.linalg.norm(left))
        if size > 1e-8 * max(float(np.linalg.norm(column)), _TINY):
            kept.append(at)
            basis = np.concatenate([basis, left[:, None] / size], axis=1)
    return kept


def trend_and_step(places: Ints, at: int) -> Floats:
    """The columns of constant, trend, level and slope for a change before the place `at`; time is in points."""
    after = np.asarray(places >= at, np.float64)
    time = np.asarray(places - at, np.float64)
    return np.stack([np.ones(len(places)), time, after, time * after], axis=1)


def fit(
    series: Floats, places: Ints, columns: Floats, contrasts: Sequence[Sequence[float]], grid: Grid | None = None
) -> Posterior:
    """What is known of contrasts of the coefficients of `columns` (n, k) for each of R `series` (R, n).

    `places` (n,): which points these are. The first column is constant 1. `contrasts` (C, k'), k' <= k: weights of the
    first coefficients.
    Raises ValueError when there are no more points than columns or columns depend on each other.
    """
    count, width = columns.shape
    freedom = count - width
    if freedom < 1:
        raise ValueError(f"{count} points cannot be fitted by {width} columns")
    models = grid or noise_grid()
    wanted = np.zeros((len(contrasts), width))
    for row, contrast in enumerate(contrasts):
        wanted[row, : len(contrast)] = contrast
    # columns of one size, for the condition of the factors
    sizes = np.sqrt((columns**2).mean(0))
    if not sizes.all():
        raise ValueError("a column is zero everywhere")
    flat, determinant = whitened(columns / sizes, places, models)
    q, r = np.linalg.qr(flat)
    diagonal = np.abs(np.diagonal(r, axis1=1, axis2=2))
    if (diagonal < 1e-9 * diagonal.max(1, keepdims=True)).any():
        raise ValueError("columns depend on each other")
    # scale of a contrast c: the length of R^-T c
    solved = np.linalg.solve(np.swapaxes(r, 1, 2), np.broadcast_to((wanted / sizes).T, (len(r), width, len(wanted))))
    lengths = np.sqrt((solved**2).sum(1))
    parts = [
        _fit_some(series[start : start + _TOGETHER], places, models, q, solved, freedom)
        for start in range(0, len(series), _TOGETHER)
    ]
    evidence = np.concatenate([part[0] for part in parts], axis=1)
    evidence += (models.prior - determinant / 2 - np.log(diagonal).sum(1))[:, None]
    weights = np.exp(evidence - evidence.max(0))
    weights /= weights.sum(0)
    # the mean of each series was taken out, it belongs to the constant
    centres = np.concatenate([part[1] for part in parts], axis=1) + series.mean(1)[None, :, None] * wanted[:, 0]
    spread = np.concatenate([part[2] for part in parts], axis=1)[:, :, None]
    wider = widening(series, places, columns)[None, :, None]
    return Posterior(weights[:, :, None], centres, wider * spread * lengths[:, None, :], spread, freedom)


def _fit_some(
    series: Floats, places: Ints, models: Grid, q: Floats, solved: Floats, freedom: int
) -> tuple[Floats, Floats, Floats]:
    """By model and series: the logarithm of the likelihood's data part, centres of the contrasts, spread of a point."""
    level, size = series.mean(1), np.maximum(series.std(1), _TINY)
    flat, _ = whitened(((series - level[:, None]) / size[:, None]).T, places, models)
    shadow = np.einsum("gnk,gnr->gkr", q, flat)
    left = np.maximum((flat**2).sum(1) - (shadow**2).sum(1), _TINY)
    centres = np.einsum("gkc,gkr->grc", solved, shadow) * size[None, :, None]
    return -freedom / 2 * np.log(left), centres, np.sqrt(left / freedom) * size
