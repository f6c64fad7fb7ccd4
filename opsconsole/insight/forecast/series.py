"""A forecast of series of numbers: the point, its intervals, and the paths from which crossings are read."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from msgspec.structs import replace

from opsconsole.insight.forecast.conformal import ends
from opsconsole.insight.forecast.crossing import Crossing, crossing
from opsconsole.insight.forecast.habits import adapted, left
from opsconsole.insight.forecast.honest import corrected
from opsconsole.insight.forecast.plan import PLAIN, Calendar, NotEnough, Plan, at, plan
from opsconsole.insight.forecast.smooth import Floats


class Forecast(msgspec.Struct, frozen=True):
    """What comes in the next steps of one series. NaN is a step about which nothing can be said."""

    point: Floats
    """(horizon,)"""
    levels: tuple[float, ...]
    low: Floats
    high: Floats
    """The ends of the interval at each level, (levels, horizon); NaN: too few errors for that level."""
    paths: Floats
    """Past paths of errors in the series' unit, for just these steps, (trials, horizon)."""
    now: float
    """The newest known value."""
    age: int
    """How many steps ago that was (0: the newest step)."""
    plan: Plan

    def crosses(self, limit: float, *, below: bool, within: float | None = None, level: float = 0.8) -> Crossing:
        """When it falls below (or rises above) the limit, in steps from the newest step; see `crossing`."""
        whole = within is None or within > self.plan.horizon
        known = np.isfinite(self.paths).any(axis=1)
        reach = float(self.plan.horizon) if whole or within is None else within
        found = crossing(self.now, self.point, self.paths[known], limit, below=below, within=reach, level=level)
        if found.crossed:
            return found
        chance = corrected(found.probability, self.plan.crossing)
        return replace(found, probability=chance, at=found.at if chance >= 0.5 else np.nan)


def forecast(
    values: Floats,
    seasons: Sequence[int],
    horizon: int,
    levels: Sequence[float] = (0.8, 0.9),
    *,
    lower: float = -np.inf,
    upper: float = np.inf,
    calendar: Calendar = PLAIN,
) -> Forecast | NotEnough:
    """Point and intervals for the next `horizon` steps of one series, (n,), in even steps.

    NaN in `values` is a value that is not known. `seasons`: lengths in steps, as (24, 168) of hours; those for which
    the past is too short are left out and named in the plan. `lower` and `upper` bound what the series can be. Raises
    ValueError as `plan` does.
    """
    found = plan(values, seasons, horizon, levels, calendar=calendar)
    if isinstance(found, NotEnough):
        return found
    row = np.asarray(values, dtype=np.float64)[None]
    return refresh(row, [found], lower=lower, upper=upper, calendar=calendar)[0]


def refresh(
    values: Floats,
    plans: Sequence[Plan],
    *,
    lower: float = -np.inf,
    upper: float = np.inf,
    calendar: Calendar = PLAIN,
    start: int = 0,
) -> list[Forecast]:
    """Forecasts of many series at once with plans that were made before; costs a few products of matrices.

    `values` (series, n) end at the same step, their first has the number `start` on the caller's grid (as at `plan`).
    The plans, one for each series, must have the same seasons and horizon: ValueError if not.
    """
    if not plans:
        return []
    seasons, horizon, length = plans[0].seasons, plans[0].horizon, values.shape[1]
    if len(plans) != len(values) or any(each.seasons != seasons or each.horizon != horizon for each in plans):
        raise ValueError("One plan for each series, all of the same seasons and horizon.")
    before = max(0, length - horizon)
    predicted = at(values, seasons, horizon, np.array([before, length]), calendar)
    return [
        _one(row, each, guess, (lower, upper), calendar, start)
        for row, each, guess in zip(values, plans, predicted, strict=True)
    ]


def _one(
    row: Floats, found: Plan, predicted: Floats, bounds: tuple[float, float], calendar: Calendar, start: int
) -> Forecast:
    if left(row, found, predicted[0], start):
        found = adapted(row, found, calendar, start)
    point = np.clip(found.blend.of(predicted[1]), *bounds)
    scale = found.scale(start + len(row))
    both = [ends(found.paths, each.used) for each in found.coverage]
    levels = tuple(each.level for each in found.coverage)
    low = np.array([np.clip(point + each * scale, *bounds) for each, _ in both]).reshape(len(levels), -1)
    high = np.array([np.clip(point + each * scale, *bounds) for _, each in both]).reshape(len(levels), -1)
    known = np.flatnonzero(np.isfinite(row))
    now, age = (float(row[known[-1]]), len(row) - 1 - int(known[-1])) if len(known) else (np.nan, len(row))
    return Forecast(point, levels, low, high, found.paths * scale, now, age, found)
