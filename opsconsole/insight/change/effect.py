"""Did it help: the effect of a change on a series, with its uncertainty, or that nobody can tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike

from opsconsole.insight.change.noise import Floats, Ints, noise_grid
from opsconsole.insight.change.placebo import Placebo, placebo
from opsconsole.insight.change.segmented import Posterior, fit, independent_columns, season_columns, trend_and_step

LEAST_BEFORE = 12
"""Points with a value that have to lie before a change, for anything to be said of it."""
LEAST_AFTER = 6
"""Points with a value that have to lie after it."""
_LEAST_FREE = 12  # points more than coefficients
_PER_COLUMN = 10  # points for each column of a season
_CHANCE = 0.1  # more chance of it without a change, told by pseudo-dates, and nothing is claimed


class Estimate(Struct, frozen=True):
    """A value and the ends of its interval, in the unit of the series."""

    value: float
    low: float
    high: float


class Counterfactual(Struct, frozen=True):
    """What the points after the change would have been without it, from those before alone: one entry a point.

    `low` and `high` hold a single point with the probability of the interval.
    """

    value: list[float]
    low: list[float]
    high: list[float]


class Effect(Struct, frozen=True):
    """What a change did to a series.

    verdict: `helped`, `worse`, `changed` (it moved, and no direction is better), `cannot tell`, `not enough`; `reason`
    says why nothing can be told. before, after: how many points with a value lie on each side.
    mean: the effect on the average of the first `horizon` points after the change, against the trend and season from
    before: the verdict goes by it. horizon is at most half of the stretch before, for farther out a trend is no
    evidence. level: the step at the change; slope: by how much the trend changed, a point; now: the effect at the last
    point; total: the sum over all points after. persistence: how much of a deviation is left at the next point.
    better: the probability that the mean effect is in the better direction, None without one.
    """

    verdict: str
    before: int
    after: int
    reason: str = ""
    horizon: int = 0
    mean: Estimate | None = None
    level: Estimate | None = None
    slope: Estimate | None = None
    now: Estimate | None = None
    total: Estimate | None = None
    better: float | None = None
    persistence: float | None = None
    placebo: Placebo | None = None
    counterfactual: Counterfactual | None = None
    seasons: list[int] = []


def effect(
    values: ArrayLike,
    at: int,
    *,
    better: str | None = None,
    target: float | None = None,
    seasons: Sequence[int] = (),
    controls: ArrayLike | None = None,
    level: float = 0.95,
) -> Effect:
    """The effect of a change between the points `at - 1` and `at` of evenly spaced `values`; NaN is a missing point.

    better: `higher`, `lower`, `target` (nearer to `target`), None. seasons: periods in points, such as (24, 168);
    one is left out where less than two of it lie before. controls: series (n, c) that the change cannot have touched
    and that share its ups and downs; they are taken to act as they did before. level: of all intervals.
    Raises ValueError for a place outside of the series, an unknown `better`, arrays of other lengths.
    """
    series, beside = _checked(values, at, better, controls)
    known = np.isfinite(series) & np.isfinite(beside).all(1)
    places = np.flatnonzero(known).astype(np.int64)
    before, after = int((places < at).sum()), int((places >= at).sum())
    short = _short(before, after)
    if short:
        return Effect("not enough", before, after, short)
    y = series[known]
    used, columns = _columns(places, at, seasons, beside[known])
    if len(y) - columns.shape[1] < _LEAST_FREE:
        return Effect("not enough", before, after, f"{len(y)} points are too few for {columns.shape[1]} unknowns")
    if np.ptp(y[places < at]) <= 1e-12 * max(1.0, float(np.abs(y).max())):
        return Effect("cannot tell", before, after, "it never moved before: how much it moves by chance is unknown")
    horizon = _horizon(places, at)
    contrasts = _contrasts(places, at, horizon)
    found = fit(y[None, :], places, columns, contrasts)
    estimates = _estimates(found, level)
    mean, tail = estimates[0], float(found.below(0.0)[0, 0])
    # what the season and the controls explain is taken out before dates are compared
    around = columns[:, 4:] @ np.linalg.lstsq(columns, y, rcond=None)[0][4:]
    dates = placebo((y - around)[places < at], (y - around)[places >= at], tail)
    direction = _direction(better, target, float(y[places < at].mean()), mean.value)
    verdict, reason = _verdict(mean, direction, better, dates)
    models = noise_grid()
    step, slope, now, total = estimates[1:]
    return Effect(
        verdict,
        before,
        after,
        reason,
        horizon,
        mean,
        step,
        slope,
        now,
        total,
        better=None if not direction else tail if direction < 0 else 1 - tail,
        persistence=float((found.weights[:, 0, 0] * models.phi * models.kappa).sum()),
        placebo=dates,
        counterfactual=_counterfactual(y, places, at, used, beside, level),
        seasons=used,
    )


def intervals(
    series: ArrayLike, at: int, *, seasons: Sequence[int] = (), level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Value, low and high of mean, level, slope, now and total for many series (R, n) without gaps: (R, 5) each.

    The same as `effect` for each, at once: for simulations, and for a change that touches many members.
    """
    rows = np.asarray(series, np.float64)
    places = np.arange(rows.shape[1], dtype=np.int64)
    short = _short(at, rows.shape[1] - at)
    if short:
        raise ValueError(short)
    _, columns = _columns(places, at, seasons, np.zeros((rows.shape[1], 0)))
    found = fit(rows, places, columns, _contrasts(places, at, _horizon(places, at)))
    return found.middle(), found.quantile((1 - level) / 2), found.quantile((1 + level) / 2)


def _checked(values: ArrayLike, at: int, better: str | None, controls: ArrayLike | None) -> tuple[Floats, Floats]:
    series = np.asarray(values, np.float64)
    if series.ndim != 1:
        raise ValueError(f"values has to be one series, not of shape {series.shape}")
    if not 0 <= at <= len(series):
        raise ValueError(f"the change is at {at}, outside of {len(series)} points")
    if better not in {None, "higher", "lower", "target"}:
        raise ValueError(f"`{better}` is no direction; say higher, lower or target")
    beside = np.zeros((len(series), 0)) if controls is None else np.asarray(controls, np.float64)
    beside = beside[:, None] if beside.ndim == 1 else beside
    if len(beside) != len(series):
        raise ValueError(f"controls have {len(beside)} points, values {len(series)}")
    return series, beside


def _short(before: int, after: int) -> str:
    if before < LEAST_BEFORE:
        return f"{before} points before the change, {LEAST_BEFORE} are needed"
    if after < LEAST_AFTER:
        return f"{after} points after the change, {LEAST_AFTER} are needed"
    return ""


def _columns(places: Ints, at: int, seasons: Sequence[int], beside: Floats) -> tuple[list[int], Floats]:
    """The seasons that can be told, and the columns of the regression."""
    columns = [trend_and_step(places, at)]
    used: list[int] = []
    room = len(places) // _PER_COLUMN
    first = int(places[0]) if len(places) else 0
    for period in sorted({int(season) for season in seasons if season > 1}, reverse=True):
        if at - first >= 2 * period and room >= min(2, period - 1):
            season = season_columns(places, period, room)
            columns.append(season)
            used.append(period)
            room -= season.shape[1]
    if beside.shape[1]:
        columns.append(beside - beside.mean(0))
    together = np.concatenate(columns, axis=1)
    return sorted(used), together[:, independent_columns(together)]


def _horizon(places: Ints, at: int) -> int:
    span = at - int(places[0])
    return max(min(int(places[-1]) + 1 - at, span // 2), LEAST_AFTER)


def _contrasts(places: Ints, at: int, horizon: int) -> list[list[float]]:
    """Mean, level, slope, now, total: weights of constant, trend, level and slope."""
    near = places[(places >= at) & (places < at + horizon)]
    near = near if len(near) else places[places >= at][:1]
    after = places[places >= at] - at
    return [
        [0, 0, 1, float((near - at).mean())],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
        [0, 0, 1, float(after[-1])],
        [0, 0, float(len(after)), float(after.sum())],
    ]


def _estimates(found: Posterior, level: float) -> list[Estimate]:
    ends = found.middle()[0], found.quantile((1 - level) / 2)[0], found.quantile((1 + level) / 2)[0]
    return [Estimate(*map(float, each)) for each in zip(*ends, strict=True)]


def _direction(better: str | None, target: float | None, before: float, moved: float) -> int:
    """1 where higher is better, -1 where lower is, 0 where neither is."""
    if better == "target":
        if target is None:
            return 0
        nearer = abs(before + moved - target) < abs(before - target)
        return 1 if nearer == (moved > 0) else -1
    return {"higher": 1, "lower": -1}.get(better or "", 0)


def _verdict(mean: Estimate, direction: int, better: str | None, dates: Placebo | None) -> tuple[str, str]:
    if mean.low <= 0 <= mean.high:
        return "cannot tell", "what is seen may be chance"
    if dates is not None and dates.chance > _CHANCE:
        return "cannot tell", "as much has been seen without a change"
    if not direction:
        return "changed", "" if better is None else "its target is unknown"
    return ("helped", "") if (mean.value > 0) == (direction > 0) else ("worse", "")


def _counterfactual(
    y: Floats, places: Ints, at: int, seasons: Sequence[int], beside: Floats, level: float
) -> Counterfactual:
    """From the points before alone: trend, season and controls drawn on, with the noise of a single point."""
    count = len(beside)
    everywhere = np.arange(count, dtype=np.int64)
    columns = np.concatenate([np.ones((count, 1)), (everywhere - at)[:, None].astype(np.float64)], axis=1)
    room = int((places < at).sum()) // _PER_COLUMN
    for period in sorted(seasons, reverse=True):
        season = season_columns(everywhere, period, room)
        columns = np.concatenate([columns, season], axis=1)
        room -= season.shape[1]
    columns = np.concatenate([columns, np.nan_to_num(beside)], axis=1)
    learned = places[places < at]
    chosen = independent_columns(columns[learned])
    found = fit(
        y[None, : len(learned)], learned, columns[learned][:, chosen], columns[at:][:, chosen].tolist()
    ).of_points()
    ends = found.middle()[0], found.quantile((1 - level) / 2)[0], found.quantile((1 + level) / 2)[0]
    return Counterfactual(*(each.tolist() for each in ends))
