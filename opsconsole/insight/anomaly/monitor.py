"""Many columns watched together within a budget: when they leave what is normal, and which of them moved.

The index of a row is the larger of T² and Q, each over its limit, smoothed (exponentially weighted, 0.2): a single wild
row weighs little, one that lasts a lot. Limits and the threshold of the index come from normal rows that the model was
not fitted with (ten blocks of the stretch, each held out once): limits by theory are too low where columns are many and
rows are few.
"""

from math import log

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from opsconsole.insight.anomaly.pca import Model, Rows, distances, fit, q_limit, scaled, t2_limit

_FOLDS = 10
_SMOOTH = 0.2
_BLOCK = 10  # rows: peaks that lie closer are one
_SHARES = (0.75, 0.9, 0.95, 0.975, 0.99, 0.995)
_BEYOND = 2.5
_WEEK = 604800.0
_OUT = 3.0  # deviations at which a column counts as having left its place


class Monitor(Struct, frozen=True, eq=False):
    """A model with its limits and the threshold that keeps the budget."""

    model: Model
    t2_limit: float
    """99 % limit: the larger of theory's and of what rows held out showed."""
    q_limit: float
    per_week: float
    threshold: float
    """The index above which a row alarms."""


class Watched(Struct, frozen=True, eq=False):
    """What each row showed; a row with a gap has NaN for T² and Q and keeps the index of the row before."""

    t2: Rows
    q: Rows
    index: Rows
    alarms: NDArray[np.bool_]
    onsets: tuple[tuple[int, int], ...]
    """(row at which it began, row at which it alarmed) of each time that the index rose above the threshold."""


class Moved(Struct, frozen=True):
    """How far a column moved since the onset."""

    name: str
    shift: float
    """Mean since the onset less the normal mean, in standard deviations of the normal rows."""
    mean: float
    normal: float
    first: int | None
    """How many rows after the onset it first was three deviations out; None where it never was."""


def learn(rows: Rows, names: tuple[str, ...], step: float, per_week: float, components: int | None = None) -> Monitor:
    """Learn from a normal stretch (rows × columns, in order, `step` seconds apart) how to watch what follows.

    Raises `pca.NotEnoughError` where rows or columns are too few (a
    tenth more than `pca.needed`, as a tenth is held out), and ValueError for a budget that is not above 0.
    """
    if not per_week > 0:
        raise ValueError(f"a budget of {per_week:g} alarms a week: it must be above 0")
    rows = rows[np.isfinite(rows).all(axis=1)]
    model = fit(rows, names, components)
    kept = rows[:, model.columns]
    t2, q = np.empty(len(kept)), np.empty(len(kept))
    for held in np.array_split(np.arange(len(kept)), _FOLDS):
        others = fit(np.delete(kept, held, axis=0), model.names, model.components)
        found = distances(others, kept[np.ix_(held, np.arange(kept.shape[1]))])
        t2[held], q[held] = found.t2, found.q
    limits = max(t2_limit(model), float(np.quantile(t2, 0.99))), max(q_limit(model), float(np.quantile(q, 0.99)))
    index = _smoothed(np.maximum(t2 / limits[0], q / max(limits[1], 1e-300)))
    return Monitor(model, *limits, per_week, _threshold(index, step, per_week))


def watch(monitor: Monitor, rows: Rows) -> Watched:
    """T², Q, index and alarms of rows × columns, each from itself and the rows before it."""
    found = distances(monitor.model, rows)
    ratio = np.maximum(found.t2 / monitor.t2_limit, found.q / max(monitor.q_limit, 1e-300))
    index = _smoothed(ratio)
    alarms = index > monitor.threshold
    rises = np.flatnonzero(alarms & ~np.concatenate(([False], alarms[:-1])))
    within = np.flatnonzero(~(ratio > 1.0))
    onsets = []
    for row in rises.tolist():
        before = int(np.searchsorted(within, row))
        began = int(within[before - 1]) + 1 if before else 0
        onsets.append((min(began, row), row))
    return Watched(found.t2, found.q, index, alarms, tuple(onsets))


def moved(model: Model, rows: Rows) -> list[Moved]:
    """The columns by how far they moved, the farthest first; `rows` are those since the onset (rows × all columns)."""
    z = scaled(model, rows[np.isfinite(rows).all(axis=1)])
    if not len(z):
        return []
    shift, out = z.mean(axis=0), np.abs(z) > _OUT
    return [
        Moved(
            name=model.names[at],
            shift=float(shift[at]),
            mean=float(model.mean[at] + shift[at] * model.deviation[at]),
            normal=float(model.mean[at]),
            first=int(out[:, at].argmax()) if out[:, at].any() else None,
        )
        for at in np.argsort(-np.abs(shift), kind="stable").tolist()
    ]


def _smoothed(ratio: Rows) -> Rows:
    """Exponentially weighted from the first row on; a gap changes nothing."""
    result, state = np.empty(len(ratio)), 0.0
    began = False
    for at, value in enumerate(ratio.tolist()):
        if value == value:
            state = state + _SMOOTH * (value - state) if began else value
            began = True
        result[at] = state
    return result


def _threshold(index: Rows, step: float, per_week: float) -> float:
    """The level that peaks of the held-out index exceed `per_week` times a week, their tail taken as exponential."""
    count = len(index) // _BLOCK
    peaks = index[: count * _BLOCK].reshape(count, _BLOCK).max(axis=1)
    middle = float(np.median(peaks))
    # each quantile of the peaks gives a scale; the largest holds where they are heavier than exponential (columns that
    # are nearly always the same), and three peaks beyond a quantile keep one true anomaly from setting it
    shares = [share for share in _SHARES if count * (1.0 - share) >= _BEYOND]
    scale = max((float(np.quantile(peaks, share)) - middle) / log(0.5 / (1.0 - share)) for share in shares)
    rate = 0.5 * _WEEK / (_BLOCK * step)  # peaks above the middle in a week
    return middle + scale * max(0.0, log(rate / per_week))
