"""The small methods a forecast is combined from, each on many windows at once.

Which there are was decided by DOMAIN.md E (small methods combined beat large ones on series of an operation); their
constants are the usual ones of the textbooks and the same for every series. Sources: simple, Holt's and damped
exponential smoothing (Gardner, 1985), Theta as smoothing with half the slope of the line (Hyndman and Billah, 2003).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from opsconsole.insight.forecast.smooth import (
    LAST,
    Flags,
    Floats,
    ahead,
    behind,
    level,
    line,
    profile,
    split,
    without,
)

CYCLES = 8
"""So many seasons a profile looks back."""
FAR = 400
"""So many steps the line of Theta looks back, at least."""
RECENT = 200
"""So many steps are enough for a mean whose weights fall by a tenth or more a step."""
_DAMP = 0.9


class Method(msgspec.Struct, frozen=True):
    """One small method: what it is, and the season it reads, in steps (0: none)."""

    name: str
    season: int = 0


def methods(seasons: Sequence[int]) -> list[Method]:
    """The methods for these seasons (ascending, in steps), in the order of the columns of `predict`."""
    plain = ["last value", "slow mean", "fast mean", "slow trend", "fast trend"]
    plain += ["slow damped trend", "fast damped trend", "theta"]
    found = [Method(name) for name in plain]
    seasonal = ["last season", "mean of 4 seasons", "profile", "profile and slow level", "profile and fast level"]
    seasonal += ["profile and fading level", "profile times level", "profile and theta", "profile and damped trend"]
    for season in seasons:
        found += [Method(name, season) for name in seasonal]
    if len(seasons) > 1:
        found += [Method("last season and its latest change", seasons[-1]), Method("profile in profile", seasons[-1])]
    return found


def depth(seasons: Sequence[int], length: int) -> int:
    """How many of the newest values the methods read, at most `length`."""
    return min(length, max(FAR, CYCLES * max(seasons, default=0)))


def predict(windows: Floats, seasons: Sequence[int], horizon: int) -> Floats:
    """What each method says after each window: (rows, horizon, methods), NaN where a method cannot say.

    `windows` (rows, depth) holds values up to and with the origin; NaN is a value that is not known.
    """
    x, known = split(windows)
    slope = line(x, known, 1.0)[1]
    found = _plain(x, known, horizon, slope)
    for season in seasons:
        found += _seasonal(x, known, season, horizon, slope)
    if len(seasons) > 1:
        found += _nested(x, known, seasons[0], seasons[-1], horizon)
    return np.stack(found, axis=-1)


def _plain(x: Floats, known: Flags, horizon: int, slope: Floats) -> list[Floats]:
    steps = np.arange(1, horizon + 1, dtype=np.float64)
    recent, seen = x[:, -RECENT:], known[:, -RECENT:]
    found = [_flat(level(recent, seen, decay), horizon) for decay in (LAST, 0.8, 0.5)]
    lines = [line(recent, seen, decay) for decay in (0.9, 0.7)]
    found += [start[:, None] + rise[:, None] * steps for start, rise in lines]
    found += [start[:, None] + rise[:, None] * _damped(steps) for start, rise in lines]
    found.append(level(recent, seen, 0.5)[:, None] + slope[:, None] * steps / 2)
    return found


def _seasonal(x: Floats, known: Flags, season: int, horizon: int, slope: Floats) -> list[Floats]:
    steps = np.arange(1, horizon + 1, dtype=np.float64)
    shape = profile(x, known, season, CYCLES, 0.8)
    base = ahead(shape, horizon)
    rest, seen = without(x, known, shape, min(2 * season, 336))
    now, fast = level(rest, seen, 0.7)[:, None], level(rest, seen, 0.5)[:, None]
    start, drift = line(rest, seen, 0.9)
    return [
        ahead(profile(x, known, season, CYCLES, LAST), horizon),
        ahead(profile(x, known, season, 4, 1.0), horizon),
        base,
        base + level(rest, seen, 0.95)[:, None],
        base + now,
        base + now * _DAMP**steps,
        base * _ratio(x, known, shape)[:, None],
        base + fast + slope[:, None] * steps / 2,
        base + start[:, None] + drift[:, None] * _damped(steps),
    ]


def _nested(x: Floats, known: Flags, small: int, large: int, horizon: int) -> list[Floats]:
    """Day in week: the week's values moved by how the last day differed from a week before; a profile in a profile."""
    values = np.where(known, x, np.nan)
    change = values[:, -small:] - values[:, -small - large : -large]
    moved = ahead(values[:, -large:], horizon) + ahead(change, horizon)
    shape = profile(x, known, large, CYCLES, 0.8)
    rest, seen = without(x, known, shape, 4 * small)
    return [moved, ahead(shape, horizon) + ahead(profile(rest, seen, small, 4, 0.7), horizon) / 2]


def _ratio(x: Floats, known: Flags, shape: Floats) -> Floats:
    """How the newest season stands to its profile, as one factor; 1 where a factor says nothing (a sum not above 0)."""
    length = min(shape.shape[1], x.shape[1])
    season = behind(shape, length)
    both = known[:, -length:] & np.isfinite(season)
    is_, expected = np.where(both, x[:, -length:], 0.0).sum(axis=1), np.where(both, season, 0.0).sum(axis=1)
    fit = (is_ > 0) & (expected > 0)
    return np.where(fit, is_ / np.where(fit, expected, 1.0), 1.0)


def _flat(now: Floats, horizon: int) -> Floats:
    return np.repeat(now[:, None], horizon, axis=1)


def _damped(steps: Floats) -> Floats:
    """The sum of the powers of the damping up to each step."""
    return _DAMP * (1 - _DAMP**steps) / (1 - _DAMP)
