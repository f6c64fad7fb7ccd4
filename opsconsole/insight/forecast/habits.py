"""A series that leaves its habits: a tool wears, a line slows down, as it never did before.

What did best on an ordinary past then is sure of a return that does not come. So the newest path of errors is held
against those of the past: where hardly one was as bad, the methods are chosen by how they did lately, and their errors
on all of the past, where such methods are less sure, give the intervals.
"""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from opsconsole.insight.forecast.blend import blends, mean_errors
from opsconsole.insight.forecast.honest import NONE
from opsconsole.insight.forecast.plan import Calendar, Plan, at, coverage_of, standardised, trials_of
from opsconsole.insight.forecast.smooth import Floats

RARE = 0.02
"""So small a share of past paths were as bad or worse."""
_LOOKS = 4
_BEST_THREE = 1


def left(row: Floats, found: Plan, before: Floats, start: int) -> bool:
    """Whether what was said one horizon ago, `before` (horizon, methods), has come out worse than ever since.

    `row` (n,) has the number `start` on the caller's grid. False where less than half of it is known, or where too few
    paths lie behind to tell.
    """
    came = row[-found.horizon :]
    if len(row) < 2 * found.horizon or np.isfinite(came).sum() * 2 < found.horizon:
        return False
    errors = np.abs(came - found.blend.of(before)) / found.scale(start + len(row) - found.horizon)
    past = np.abs(found.paths)
    known = np.isfinite(past)
    sizes = np.where(known, past, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    now = errors[np.isfinite(errors)]
    return bool(len(now) and len(sizes) * RARE >= 1 and (sizes >= now.mean()).mean() < RARE)


def adapted(row: Floats, found: Plan, calendar: Calendar, start: int) -> Plan:
    """The plan with the blend of the three methods that did best in the last steps.

    Its intervals come from what that blend did on all trials, wider by as much as it was worse than that lately.
    """
    there = np.flatnonzero(np.isfinite(row))
    values, calendar, start = row[there[0] :], calendar.since(int(there[0])), start + int(there[0])
    length, horizon = len(values), found.horizon
    origins = length - np.unique(np.ceil(horizon * np.arange(1, _LOOKS + 1) / _LOOKS).astype(np.int64))
    steps = origins[:, None] + np.arange(horizon)
    came = np.where(steps < length, values[np.minimum(steps, length - 1)], np.nan)
    said = at(values[None], found.seasons, horizon, origins, calendar)[0]
    lately = came[:, :, None] - said
    errors = mean_errors(lately)
    if not np.isfinite(errors).any():
        return found
    blend = blends(errors)[_BEST_THREE]
    predicted, targets = trials_of(values, found.seasons, horizon, calendar)
    errors_then = values[targets] - blend.of(predicted)
    paths, usual = standardised(errors_then, start + targets, found.seasons)
    now = np.abs(came - blend.of(said)) / usual[(start + steps) % len(usual)]
    worse = max(1.0, float(np.nanmean(now)) / max(float(np.nanmean(np.abs(paths))), 1e-12))
    return replace(
        found,
        errors=tuple(errors.tolist()),
        blend=blend,
        error=float(np.nanmean(np.abs(errors_then[len(errors_then) // 2 :]))),
        coverage=tuple(coverage_of(paths, each.level) for each in found.coverage),
        paths=paths,
        usual=usual * worse,
        adapted=True,
        crossing=NONE,
    )
