"""When did it change: points at which the level of a series shifts, with dates and how sure the dates are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike

from opsconsole.insight.change.noise import Floats, Grid, noise_grid

LEAST = 20
"""Points with a value that are needed to look for a change."""
_LEAST_SIDE = 5  # points on each side of a change
_SURE = 5.0
"""The Bayes factor from which on a stretch is divided: found in at most 5 % of series without a change, for any phi up
to 0.9 and 40 to 300 points (simulated, tests/reference/score_change.py)."""


class ChangePoint(Struct, frozen=True):
    """A shift of level before the point `at`; with 95 % it was before a point of first…last.

    before, after: the level until the next change on each side. factor: the Bayes factor for it.
    """

    at: int
    first: int
    last: int
    before: float
    after: float
    factor: float


class ChangePoints(Struct, frozen=True):
    """The changes in order of time; `reason` says why none could be looked for."""

    found: list[ChangePoint]
    reason: str = ""


def change_points(values: ArrayLike, *, seasons: Sequence[int] = ()) -> ChangePoints:
    """Where the level of evenly spaced `values` shifts; NaN is a missing point. seasons: periods in points.

    A stretch is compared as one level and as two, for each place of the step, with the noise an AR(1) whose phi is
    weighed over a grid: a Bayes factor with a g-prior on the size of the step (Zellner 1986, g = number of points).
    A factor of 5 is a change; the stretch is then divided there and each part looked at (binary segmentation). Where
    a stretch shows none, shorter ones within it are looked at (seeded intervals, Kovács et al. 2023), for it may go up
    and down again, with 5 times their number. A slow trend without steps is taken for wandering noise or for several
    steps.
    """
    series = np.asarray(values, np.float64)
    places = np.flatnonzero(np.isfinite(series))
    if len(places) < LEAST:
        return ChangePoints([], f"{len(places)} points, {LEAST} are needed")
    y = without_season(series, seasons)[places]
    if np.ptp(y) <= 1e-12 * max(1.0, float(np.abs(y).max())):
        return ChangePoints([])
    models = noise_grid()
    grid = Grid(*(each[models.kappa == 1.0] for each in (models.phi, models.kappa, models.prior)))
    steps = sorted(set(_split(y, 0, len(y), grid)))
    edges = [0, *steps, len(y)]
    found: list[ChangePoint] = []
    for number, step in enumerate(steps, 1):
        start, end = edges[number - 1], edges[number + 1]
        factors = _factors(y[start:end], grid)
        chances = np.exp(factors - factors.max())
        first, last = _dates(chances / chances.sum(), start)
        found.append(
            ChangePoint(
                int(places[step]), int(places[first]), int(places[last]), float(y[start:step].mean()),
                float(y[step:end].mean()), float(np.exp(min(_overall(factors), 700.0))),
            )
        )  # fmt: skip
    return ChangePoints(found)


def _split(y: Floats, start: int, end: int, grid: Grid) -> list[int]:
    if end - start < 2 * _LEAST_SIDE:
        return []
    step = _best(y, [(start, end)], grid)
    if step is None:
        step = _best(y, _seeded(start, end), grid)
    if step is None:
        return []
    return [*_split(y, start, step, grid), step, *_split(y, step, end, grid)]


def _best(y: Floats, stretches: list[tuple[int, int]], grid: Grid) -> int | None:
    """The likeliest step of the stretch that speaks most for one; None where that is too little."""
    best, at = np.log(_SURE * max(len(stretches), 1)), None
    for start, end in stretches:
        if np.ptp(y[start:end]) == 0:
            continue
        factors = _factors(y[start:end], grid)
        if (overall := _overall(factors)) >= best:
            best, at = overall, start + _LEAST_SIDE + int(factors.argmax())
    return at


def _seeded(start: int, end: int) -> list[tuple[int, int]]:
    """Stretches of a half, a quarter … of one, each overlapping the next by half."""
    found: list[tuple[int, int]] = []
    length = (end - start) // 2
    while length >= 4 * _LEAST_SIDE:
        found += [(at, at + length) for at in range(start, end - length + 1, max(length // 2, 1))]
        length //= 2
    return found


def _overall(factors: Floats) -> float:
    """The logarithm of the factor for a step anywhere, all places alike before."""
    top = factors.max()
    return float(top + np.log(np.exp(factors - top).mean()))


def _factors(y: Floats, grid: Grid) -> Floats:
    """The logarithm of the Bayes factor for a step before each place from 5 to n - 5."""
    count = len(y)
    phi = grid.phi[:, None]
    scaled = (y - y.mean()) / y.std()
    first = np.sqrt(1 - phi**2)
    flat = np.concatenate([first * scaled[0], scaled[1:] - phi * scaled[:-1]], axis=1)
    constant = np.concatenate([first, np.broadcast_to(1 - phi, (len(phi), count - 1))], axis=1)
    of_constant = (constant**2).sum(1, keepdims=True)
    mean = (constant * flat).sum(1, keepdims=True) / of_constant
    left = flat - mean * constant
    alone = (left**2).sum(1)
    # a step before k, whitened: 1 at k, 1 - phi from k + 1 on
    tail = np.cumsum(left[:, ::-1], axis=1)[:, ::-1]
    steps = np.arange(_LEAST_SIDE, count - _LEAST_SIDE + 1)
    after = np.concatenate([tail, np.zeros((len(phi), 1))], axis=1)[:, steps + 1]
    with_step = left[:, steps] + (1 - phi) * after
    many = (count - 1 - steps)[None, :]
    with_constant = (1 - phi) + (1 - phi) ** 2 * many
    of_step = 1 + (1 - phi) ** 2 * many - with_constant**2 / of_constant
    explained = with_step**2 / np.maximum(of_step, 1e-12)
    freedom = count - 1
    base = grid.prior + np.log(1 - grid.phi**2) / 2 - np.log(of_constant[:, 0]) / 2
    share = count / (count + 1)
    unexplained = np.maximum(alone[:, None] - share * explained, 1e-12)
    two = base[:, None] - np.log(count + 1) / 2 - freedom / 2 * np.log(unexplained)
    one = base - freedom / 2 * np.log(np.maximum(alone, 1e-12))
    return np.asarray(_log_sum(two) - _log_sum(one[:, None]), np.float64)


def _log_sum(values: Floats) -> Floats:
    top = values.max(0)
    return np.asarray(top + np.log(np.exp(values - top).sum(0)), np.float64)


def _dates(chances: Floats, start: int) -> tuple[int, int]:
    """The ends of the likeliest places that hold 95 % together."""
    order = np.argsort(-chances)
    enough = order[: int(np.searchsorted(np.cumsum(chances[order]), 0.95)) + 1]
    return start + _LEAST_SIDE + int(enough.min()), start + _LEAST_SIDE + int(enough.max())


def without_season(series: Floats, seasons: Sequence[int]) -> Floats:
    """The series without its seasons, each the median deviation of its phase from the mean of a whole period around.

    A season is left in where less than three of it are there.
    """
    left = series.copy()
    for period in sorted({int(each) for each in seasons if each > 1}):
        if np.isfinite(left).sum() < 3 * period:
            continue
        known = np.isfinite(left)
        weight = np.ones(period) if period % 2 else np.concatenate([[0.5], np.ones(period - 1), [0.5]])
        total = np.convolve(np.where(known, left, 0.0), weight, "same")
        many = np.convolve(known.astype(np.float64), weight, "same")
        off = left - total / np.maximum(many, 1e-9)
        # an operation that rests at night has no points there, on any day
        off[many < 0.75 * np.median(many)] = np.nan
        phases = np.arange(len(left)) % period
        shape = np.zeros(period)
        for phase in range(period):
            those = off[(phases == phase) & np.isfinite(off)]
            shape[phase] = float(np.median(those)) if len(those) else 0.0
        left -= (shape - shape.mean())[phases]
    return left
