"""How a series is best forecast, found by trying it on the series' own past (rolling origin). Costly: to be kept.

At each of some hundred moments of the past every small method forecasts from what was known by then; the errors pick
the blend, give the intervals and measure both. `refresh` then uses what was found here as often as new values come.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from opsconsole.insight.forecast.blend import Blend, blends, mean_errors
from opsconsole.insight.forecast.conformal import held, needed, rank_level, usual_errors
from opsconsole.insight.forecast.honest import NONE, crossing_correction
from opsconsole.insight.forecast.keyed import same_key
from opsconsole.insight.forecast.methods import Method, depth, methods, predict
from opsconsole.insight.forecast.smooth import Floats, Whole, level

TRIALS = 300
SEASONS = 3
"""A season counts only where the past holds it so many times: two to learn from and one to try it on."""
_PAST = 12
_KEY_MEAN = 8


class NotEnough(msgspec.Struct, frozen=True):
    """The answer of a past that is too short: how many known values there are, how many it takes."""

    have: int
    need: int

    def __str__(self) -> str:
        return f"not enough past: {self.have} known values, {self.need} needed"


class Coverage(msgspec.Struct, frozen=True):
    """How often intervals at `level` held on the series' own past, over so many values (NaN of 0: unknown).

    `used` is the level that was asked of the errors for it, see `conformal.rank_level`.
    """

    level: float
    used: float
    held: float
    values: int


class Plan(msgspec.Struct, frozen=True):
    """What was found on the past of one series, for one horizon."""

    seasons: tuple[int, ...]
    """The seasons that were used, in steps, ascending."""
    short: tuple[int, ...]
    """The seasons for which the past is too short."""
    horizon: int
    methods: tuple[Method, ...]
    errors: tuple[float, ...]
    """Mean absolute error of each method over all trials; NaN: it could not say often enough."""
    blend: Blend
    naive: Method
    """Seasonal naive of the season that does best here (the last value where there is no season)."""
    error: float
    naive_error: float
    """Mean absolute error of blend and naive on the newer half of the trials, the blend chosen on the older half."""
    trials: int
    coverage: tuple[Coverage, ...]
    paths: Floats
    """The errors (value - forecast) of each trial over usual errors, (trials, horizon); NaN: the value is unknown."""
    usual: Floats
    """The usual error at each place of the smallest season, in the KPI's unit."""
    adapted: bool = False
    """The series has left its habits: the blend is of what did best lately, see `habits`."""
    crossing: tuple[float, float] = NONE
    """How chances of crossing are corrected, see `honest`; not at all once it has left its habits."""

    @property
    def skill(self) -> float:
        """1 - error / error of seasonal naive: above 0 it is better. NaN where naive makes no error."""
        return 1 - self.error / self.naive_error if self.naive_error > 0 else math.nan

    @property
    def picked(self) -> list[Method]:
        """The methods of the blend, best first."""
        return [self.methods[each] for each in self.blend.members]

    def scale(self, first: int) -> Floats:
        """The usual error of the steps from the one of number `first` on, (horizon,)."""
        return self.usual[(first + np.arange(self.horizon)) % len(self.usual)]


class Calendar(msgspec.Struct, frozen=True):
    """What is known of each point and of the steps ahead besides the value, (values + horizon,) each.

    `keys`: points with equal numbers are alike (a shift's hour, say); below 0: like none. `special`: 0 an ordinary
    point, otherwise the kind of special day it lies in; special days neither teach the ordinary ones nor learn from
    them where their like was seen before.
    """

    keys: Whole | None = None
    special: Whole | None = None

    def since(self, first: int) -> Calendar:
        """Without so many of the oldest points."""
        keys, special = (None if each is None else each[first:] for each in (self.keys, self.special))
        return Calendar(keys, special)


PLAIN = Calendar()


def plan(
    values: Floats,
    seasons: Sequence[int],
    horizon: int,
    levels: Sequence[float] = (0.8, 0.9),
    *,
    calendar: Calendar = PLAIN,
    start: int = 0,
    trials: int = TRIALS,
) -> Plan | NotEnough:
    """Tries the methods on the past of one series, (n,), in even steps, NaN where no value is known.

    `seasons`: lengths in steps; `horizon`: steps to see ahead; `start`: the number of the first value on the caller's
    grid, so that a plan that is kept finds the same places of the season later. Raises ValueError for a horizon or a
    season below 1, or a level not between 0 and 1.
    """
    checked(seasons, horizon, levels)
    values = np.asarray(values, dtype=np.float64)
    there = np.flatnonzero(np.isfinite(values))
    first = int(there[0]) if len(there) else len(values)
    values, calendar, start = values[first:], calendar.since(first), start + first
    length = len(values)
    wanted = sorted({each for each in seasons if each > 1})
    used = tuple(each for each in wanted if SEASONS * each + horizon <= length)
    short = tuple(each for each in wanted if each not in used)
    warm = 2 * used[-1] if used else 10
    need = warm + horizon + max([needed(each) for each in levels], default=2)
    if len(there) < need:
        return NotEnough(len(there), need)
    predicted, targets = trials_of(values, used, horizon, calendar, trials)
    errors = values[targets][:, :, None] - predicted
    half = len(errors) // 2
    if not all(np.isfinite(mean_errors(part)).any() for part in (errors[:half], errors[half:])):
        return NotEnough(len(there), length)
    all_methods = (*methods(used), *_keyed_methods(calendar))
    # what rounding leaves of a series that repeats exactly is no error
    errors[np.abs(errors) <= 1e-12 * float(np.abs(values[there - first]).max())] = 0.0
    blend, paths, error, naive, naive_error = _pick(errors, predicted, values[targets], all_methods)
    raw = paths
    paths, usual = standardised(paths, start + targets, used)
    ways = np.stack([paths, usual[(start + targets) % len(usual)]], axis=1)
    return Plan(
        used,
        short,
        horizon,
        all_methods,
        tuple(mean_errors(errors).tolist()),
        blend,
        all_methods[naive],
        error,
        naive_error,
        len(errors),
        tuple(coverage_of(paths, each) for each in levels),
        paths,
        usual,
        crossing=crossing_correction(values, targets, raw, ways),
    )


def trials_of(
    values: Floats, seasons: Sequence[int], horizon: int, calendar: Calendar, trials: int = TRIALS
) -> tuple[Floats, Whole]:
    """What each method says at each trial, (trials, horizon, methods), and the points it is about."""
    warm = 2 * seasons[-1] if seasons else 10
    origins = _origins(len(values), horizon, warm, seasons, trials)
    predicted = at(values[None], seasons, horizon, origins, calendar)[0]
    targets = origins[:, None] + np.arange(horizon)
    tried = (np.isfinite(values[targets])[:, :, None] & np.isfinite(predicted)).any(axis=(1, 2))
    return predicted[tried], targets[tried]


def standardised(paths: Floats, steps: Whole, seasons: Sequence[int]) -> tuple[Floats, Floats]:
    """Paths of errors over what is usual at their place of the smallest season, and what is usual there.

    `steps`: the numbers of the points they are about on the caller's grid.
    """
    season = seasons[0] if seasons else 1
    usual = usual_errors(paths, steps % season, season)
    return paths / usual[steps % season], usual


def coverage_of(paths: Floats, asked: float) -> Coverage:
    """The level to use for what is asked, and how often it held."""
    used = rank_level(paths, asked)
    return Coverage(asked, used, *held(paths, used))


def checked(seasons: Sequence[int], horizon: int, levels: Sequence[float]) -> None:
    if horizon < 1 or any(each < 1 for each in seasons):
        raise ValueError("The horizon and the seasons are counted in steps, each at least 1.")
    if not all(0 < each < 1 for each in levels):
        raise ValueError("A level lies between 0 and 1, as 0.9.")


def at(values: Floats, seasons: Sequence[int], horizon: int, origins: Whole, calendar: Calendar) -> Floats:
    """What each method says at each origin for each row of values, (rows, origins, horizon, methods)."""
    rows, length = values.shape
    special = calendar.special
    ordinary = values if special is None else np.where(special[:length] > 0, np.nan, values)
    deep = depth(seasons, length)
    padded = np.concatenate([np.full((rows, deep), np.nan), ordinary], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, deep, axis=1)[:, origins]
    found = predict(windows.reshape(-1, deep), seasons, horizon).reshape(rows, len(origins), horizon, -1)
    if calendar.keys is not None:
        found = np.concatenate([found, _keyed(ordinary, calendar.keys, origins, horizon)], axis=-1)
    if special is not None and (special[length - 1 :] > 0).any() | (special[:length] > 0).any():
        season = seasons[0] if seasons else 1
        kinds = np.where(special > 0, special * season + np.arange(len(special)) % season, -1)
        alike = same_key(values, kinds, origins, horizon, _KEY_MEAN)
        found = np.where(np.isfinite(alike)[..., None], alike[..., None], found)
    return found


def _keyed_methods(calendar: Calendar) -> list[Method]:
    return [] if calendar.keys is None else [Method("mean of the same key"), Method("same key and fading level")]


def _keyed(values: Floats, keys: Whole, origins: Whole, horizon: int) -> Floats:
    """The two methods of season keys, (rows, origins, horizon, 2)."""
    length = values.shape[1]
    base = same_key(values, keys, origins, horizon, _KEY_MEAN)
    recent = min(48, length)
    each = np.unique(np.maximum(origins[:, None] - np.arange(1, recent + 1), 0))  # all that the levels are taken of
    rest = np.full(values.shape, np.nan)
    rest[:, each] = values[:, each] - same_key(values, keys, each, 1, _KEY_MEAN)[:, :, 0]
    padded = np.concatenate([np.full((len(values), recent), np.nan), rest], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, recent, axis=1)[:, origins].reshape(-1, recent)
    known = np.isfinite(windows)
    now = level(np.where(known, windows, 0.0), known, 0.7).reshape(len(values), len(origins), 1)
    faded = np.where(np.isfinite(now), now, 0.0) * 0.9 ** np.arange(1, horizon + 1)
    return np.stack([base, base + faded], axis=-1)


def _origins(length: int, horizon: int, warm: int, seasons: Sequence[int], trials: int) -> Whole:
    """The moments of the past to forecast from, oldest first, at all places of the seasons alike."""
    last = length - horizon
    first = max(warm, last - max(2 * trials, _PAST * max(seasons, default=0)))
    stride = max(1, -(-(last - first) // trials))
    while any(math.gcd(stride, each) > 1 for each in seasons) and stride > 1:
        stride += 1
    return np.arange(last, first - 1, -stride, dtype=np.int64)[::-1]


def _pick(
    errors: Floats, predicted: Floats, values: Floats, kinds: Sequence[Method]
) -> tuple[Blend, Floats, float, int, float]:
    """The blend, the errors it makes on trials that did not choose it, and those of seasonal naive."""
    half = len(errors) // 2
    older, newer = errors[:half], errors[half:]
    first = blends(mean_errors(older))
    tried = [values[half:] - each.of(predicted[half:]) for each in first]
    best = int(np.argmin([_mean(each) for each in tried]))
    other = blends(mean_errors(newer))[best]
    paths = np.concatenate([values[:half] - other.of(predicted[:half]), tried[best]])
    overall = mean_errors(errors)
    naives = [at for at, kind in enumerate(kinds) if kind.name == "last season"] or [0]
    able = [each for each in naives if np.isfinite(overall[each])] or [0]
    naive = min(able, key=lambda each: float(overall[each]))
    both = np.isfinite(tried[best]) & np.isfinite(newer[:, :, naive])
    error, naive_error = _mean(tried[best][both]), _mean(newer[:, :, naive][both])
    return blends(overall)[best], paths, error, naive, naive_error


def _mean(errors: Floats) -> float:
    known = errors[np.isfinite(errors)]
    return float(np.abs(known).mean()) if known.size else math.inf
