"""When a forecast crosses a limit, and how likely it does, from whole paths of past errors.

The errors along a path follow each other (a forecast that is too high in an hour mostly is too high in the next):
taking each hour for itself would make a crossing far too likely. So each past path of errors is laid on the forecast as
a whole; the share of the paths that cross is the probability, and the moments at which they do are its spread.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from opsconsole.insight.forecast.smooth import Floats


class Crossing(msgspec.Struct, frozen=True):
    """A limit that may be crossed; moments in steps from now (0: now), NaN: not within the horizon."""

    limit: float
    below: bool
    within: float
    """The horizon asked for, in steps."""
    probability: float
    """That it is crossed within the horizon: (k + 1/2) / (n + 1) of the k of n paths that do, never quite 0 or 1; of a
    `Forecast` corrected by how right that was before, see `honest`."""
    at: float
    """The moment by which half of all paths have crossed; NaN where it is not likely."""
    soonest: float
    latest: float
    """The central interval of the moment at `level`; `latest` NaN: later than the horizon."""
    level: float
    paths: int
    crossed: bool = False
    """The newest value lies beyond the limit already."""


def crossing(
    now: float, point: Floats, paths: Floats, limit: float, *, below: bool, within: float, level: float = 0.8
) -> Crossing:
    """When the forecast falls below (or rises above) the limit.

    `now` is the newest known value (NaN: unknown), `point` (steps,) the forecast, `paths` (trials, steps) past errors
    in the KPI's unit for just these steps (as `Forecast.paths` holds them). A value on the limit has not crossed it.
    Between two steps the moment is found on the straight line. A path's unknown errors are taken as its last known one.
    Raises ValueError when there is no path or the horizon is not above 0.
    """
    if not len(paths) or not within > 0:
        raise ValueError("A crossing needs at least one path of errors and a horizon above 0.")
    sign = 1.0 if below else -1.0
    edge = sign * limit
    if np.isfinite(now) and sign * now < edge:
        return Crossing(limit, below, within, 1.0, 0.0, 0.0, 0.0, level, len(paths), crossed=True)
    moments = _first(sign * now, sign * (point + _carried(paths)), edge)
    moments[moments > within] = math.inf
    count = int(np.isfinite(moments).sum())
    low, middle, high = _ranks(np.sort(moments), ((1 - level) / 2, 0.5, (1 + level) / 2))
    return Crossing(limit, below, within, (count + 0.5) / (len(paths) + 1), middle, low, high, level, len(paths))


def _first(now: float, ways: Floats, edge: float) -> Floats:
    """The first moment at which each way (rows) lies below the edge, infinite: never."""
    beyond = ways < edge
    hit = beyond.any(axis=1)
    step = beyond.argmax(axis=1)
    rows = np.arange(len(ways))
    before = np.where(step > 0, ways[rows, np.maximum(step - 1, 0)], now)
    drop = before - ways[rows, step]
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(np.isfinite(before) & (drop > 0), (before - edge) / drop, 1.0)
    return np.where(hit, step + np.clip(part, 0.0, 1.0), np.inf)


def _carried(paths: Floats) -> Floats:
    """Paths whose unknown errors are the last known before, 0 before the first."""
    known = np.isfinite(paths)
    last = np.maximum.accumulate(np.where(known, np.arange(paths.shape[1]), -1), axis=1)
    return np.where(last >= 0, np.take_along_axis(np.where(known, paths, 0.0), np.maximum(last, 0), axis=1), 0.0)


def _ranks(ordered: Floats, shares: tuple[float, ...]) -> list[float]:
    found = [float(ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]) for share in shares]
    return [each if math.isfinite(each) else math.nan for each in found]
