"""Intervals from the errors that the forecast itself made (split conformal), and how often they held.

The errors come as whole paths (trials, steps), signed, NaN where the value is not known. They are compared after
division by what is usual at their place of the season, since a night with nothing to do errs less than a noon. For a
step with n known errors the upper end at level L is the error of rank ceil((n + 1) (1 + L) / 2), the lower end its
mirror: with exchangeable errors the interval then holds at least L of the time (Vovk et al., 2005; Lei et al., 2018).
Errors of a series follow each other and change with the year, so that this is no guarantee: `held` measures it, and
`rank_level` takes the level whose intervals did hold as often as was asked.
"""

from __future__ import annotations

import math

import numpy as np

from opsconsole.insight.forecast.smooth import Floats

_PRIOR = 4.0
_TRIES = 12
_WIDER, _NARROWER = 0.8, 0.6
"""How far a level is moved at most: toward 1 by so much of what is missing, away by so much of it (0.9: 0.98, 0.84)."""


def usual_errors(paths: Floats, places: np.ndarray[tuple[int, int], np.dtype[np.intp]], season: int) -> Floats:
    """The mean absolute error at each place of the season, (season,), drawn toward that of all where there are few.

    `places` (trials, steps) says where in the season each error lies. All ones: there never was an error.
    """
    known = np.isfinite(paths)
    size = np.abs(paths[known])
    overall = float(size.mean()) if size.size else 0.0
    if overall == 0:
        return np.ones(season)
    counts = np.bincount(places[known], minlength=season)
    total = np.bincount(places[known], weights=size, minlength=season)
    return np.asarray((total + _PRIOR * overall) / (counts + _PRIOR))


def needed(level: float) -> int:
    """The fewest errors that give an interval at this level (0 < level < 1): fewer have no error of such a rank."""
    return math.ceil((1 + level) / (1 - level) - 1e-9)


def ends(paths: Floats, level: float) -> tuple[Floats, Floats]:
    """The lower and the upper end at each step (steps,), in the unit of the paths; NaN: there are too few errors."""
    ordered = np.sort(paths, axis=0)  # NaN goes last
    counts = np.isfinite(paths).sum(axis=0)
    rank = np.ceil((counts + 1) * (1 + level) / 2 - 1e-9).astype(int)
    enough = (rank <= counts) & (counts > 0)
    high = np.clip(rank - 1, 0, max(len(paths) - 1, 0))
    low = np.clip(counts - rank, 0, max(len(paths) - 1, 0))
    steps = np.arange(paths.shape[1])
    if not len(paths):
        return np.full(paths.shape[1], np.nan), np.full(paths.shape[1], np.nan)
    return np.where(enough, ordered[low, steps], np.nan), np.where(enough, ordered[high, steps], np.nan)


def held(paths: Floats, level: float, folds: int = 5) -> tuple[float, int]:
    """How often intervals from the paths before held the values after, and over how many values; (NaN, 0): unknown.

    The newer half of the paths (oldest first) goes in so many folds, each tried against the ends from all before it:
    as it would have been, had the forecast been asked at that time.
    """
    total, inside = 0, 0
    half = len(paths) // 2
    for fold in np.array_split(np.arange(half, len(paths)), folds):
        if not len(fold):
            continue
        low, high = ends(paths[: fold[0]], level)
        tried = paths[fold]
        counted = np.isfinite(tried) & np.isfinite(low)
        total += int(counted.sum())
        inside += int((counted & (tried >= low) & (tried <= high)).sum())
    return (inside / total if total else math.nan), total


def rank_level(paths: Floats, level: float) -> float:
    """The level to ask of `ends` so that intervals hold at `level`, as they did on these paths, oldest first.

    `level` itself where too few paths say otherwise.
    """
    share = held(paths, level)[0]
    if math.isnan(share):
        return level
    found = level
    for part in np.linspace(0, _WIDER if share < level else -_NARROWER, _TRIES)[1:]:
        tried = level + (1 - level) * float(part)
        if needed(tried) > len(paths) // 2:
            break
        holds = held(paths, tried)[0] >= level
        if share >= level and not holds:
            break
        found = tried
        if share < level and holds:
            break
    return found
