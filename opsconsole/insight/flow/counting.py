"""Work in progress, throughput, cumulative flow, and Little's law as a check of the data. Pure.

Little (1961): the mean number of cases in a system is the rate at which they leave, times the mean time they take. Over
a window this holds but for what the edges cut off; where it is more than a fifth off, ends are missing or the operation
is changing, and means of it mislead.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from msgspec import Struct
from numpy.typing import ArrayLike

from opsconsole.insight.flow.hours import Floats
from opsconsole.insight.flow.steps import epoch

LITTLE = 0.20


STEPS = (
    *(60.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10800.0, 21600.0, 43200.0),
    *(86400.0, 7 * 86400.0, 28 * 86400.0, 91 * 86400.0, 364 * 86400.0),
)
"""Seconds between two points of a course."""
POINTS = 120
"""Points of a course at most, unless even the longest step makes more."""


class Course(Struct, frozen=True):
    """Cumulative flow: how many cases had come and gone by the end of each stretch of `step` seconds from `start` on.

    The last stretch ends at `until` and may be shorter. The gap between the two is the work in progress, the change of
    `left` the throughput of a stretch.
    """

    start: float
    step: float
    until: float
    arrived: Floats
    left: Floats


class Little(Struct, frozen=True):
    """Little's law over a window: mean work in progress against throughput times mean time of a case.

    `throughput` in cases per second, `cycle` in seconds; `off` is |wip - throughput * cycle| / wip, None where nothing
    was in progress or nothing ended.
    """

    wip: float
    throughput: float
    cycle: float | None
    ended: int
    off: float | None

    @property
    def holds(self) -> bool | None:
        """Whether it is within a fifth; None where it cannot be told."""
        return None if self.off is None else self.off <= LITTLE


def in_progress(start: ArrayLike, end: ArrayLike, at: ArrayLike) -> Floats:
    """How many cases were in progress at each moment: begun by then and not ended.

    All in epoch seconds; the end of an open case is NaN.
    """
    begun = np.sort(np.asarray(start, float))
    ended = np.asarray(end, float)
    ended = np.sort(ended[~np.isnan(ended)])
    moments = np.asarray(at, float)
    counts = np.searchsorted(begun, moments, side="right") - np.searchsorted(ended, moments, side="right")
    return np.asarray(counts, float)


def per_bucket(moments: ArrayLike, edges: ArrayLike) -> Floats:
    """How many moments fall into each bucket [edge_i, edge_{i+1}): arrivals or throughput. NaN counts nowhere."""
    found = np.asarray(moments, float)
    found = np.sort(found[~np.isnan(found)])
    below = np.searchsorted(found, np.asarray(edges, float), side="left")
    return np.asarray(np.diff(below), float)


def cumulative(steps: pl.DataFrame, stages: list[str], at: ArrayLike) -> dict[str, Floats]:
    """Cumulative flow: for each stage, how many cases had entered it, or a later one, by each moment.

    `steps` of a log. The vertical gap between neighbours is the work in progress between them, the
    horizontal one about the time it takes.
    """
    place = {stage: at for at, stage in enumerate(stages)}
    known = steps.filter(pl.col("activity").is_in(stages))
    ranked = known.select(
        "case",
        entered=pl.Series(epoch(known.select(pl.coalesce("start", "end")).to_series())),
        place=pl.col("activity").replace_strict(place, return_dtype=pl.Int32, default=None),
    )
    moments = np.asarray(at, float)
    found = {}
    for stage, least in place.items():
        there = ranked.filter(pl.col("place") >= least)
        first = there.group_by("case").agg(pl.col("entered").min())
        entered = np.sort(first["entered"].to_numpy())
        found[stage] = np.asarray(np.searchsorted(entered, moments, side="right"), float)
    return found


def course(start: ArrayLike, end: ArrayLike, until: float, *, origin: float = 0.0, points: int = POINTS) -> Course:
    """Arrivals against departures from the first arrival to `until`, in at most so many even stretches.

    All in epoch seconds, the end of an open case is NaN; stretches are parted at multiples of their length from
    `origin` on (a midnight). Raises ValueError where nothing has arrived before `until`.
    """
    begun = np.asarray(start, float)
    if not (begun < until).any():
        raise ValueError("flow: nothing has arrived, so there is no course")
    since = float(begun.min())
    step = next((each for each in STEPS if (until - since) / each <= points - 1), STEPS[-1])
    first = since - (since - origin) % step
    count = max(1, int(np.ceil((until - first) / step)))
    ends = np.minimum(first + step * np.arange(1, count + 1), until)
    ended = np.asarray(end, float)
    ended = np.sort(ended[~np.isnan(ended)])
    arrived = np.searchsorted(np.sort(begun), ends, side="right")
    return Course(first, step, until, arrived.astype(float), np.searchsorted(ended, ends, side="right").astype(float))


def wip_quantile(start: ArrayLike, end: ArrayLike, until: float, share: float) -> float | None:
    """The work in progress that was not exceeded for this share of the time since the first case was closed.

    Before that an operation, or its log, was only filling. Epoch seconds; None where nothing was closed before `until`.
    """
    begun, ended = np.asarray(start, float), np.asarray(end, float)
    gone = ended[~np.isnan(ended)]
    if not (gone < until).any():
        return None
    since = float(gone.min())
    moments = np.unique(np.concatenate([[since], begun, gone]))
    moments = moments[(moments >= since) & (moments < until)]
    lasted = np.diff(np.append(moments, until))
    counts = in_progress(begun, ended, moments)
    ordered = np.argsort(counts, kind="stable")
    within = np.cumsum(lasted[ordered]) / lasted.sum()
    return float(counts[ordered][min(int(np.searchsorted(within, share - 1e-12)), len(counts) - 1)])


def little(start: ArrayLike, end: ArrayLike, since: float, until: float) -> Little:
    """Little's law over the window `since` to `until` (epoch seconds), cases ended in it for the time they take.

    Raises ValueError where the window is empty.
    """
    if until <= since:
        raise ValueError("flow: Little's law needs a window that ends after it begins")
    begun, ended = np.asarray(start, float), np.asarray(end, float)
    over = np.where(np.isnan(ended), np.inf, ended)
    inside = np.clip(over, since, until) - np.clip(begun, since, until)
    wip = float(np.maximum(inside, 0.0).sum() / (until - since))
    left = (over > since) & (over <= until)
    count = int(left.sum())
    throughput = count / (until - since)
    cycle = float((over[left] - begun[left]).mean()) if count else None
    off = abs(wip - throughput * cycle) / wip if cycle is not None and wip > 0 else None
    return Little(wip, throughput, cycle, count, off)
