"""A whole control chart of a series: kind, baseline, limits, signals; anew from each marked change on.

`control` is the one function that the others are put together by. A segment goes from one marked change to the next,
and has a baseline and limits of its own; rules, EWMA and CUSUM begin anew with it. A segment of fewer than 20
points has none yet, and says how many there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import ArrayLike

from opsconsole.insight.control.baseline import ENOUGH, ODD, Baseline, declared, detect
from opsconsole.insight.control.constants import Array
from opsconsole.insight.control.false_alarms import DEFAULT, named
from opsconsole.insight.control.kind import ENDS, Nature, choose, limits_of
from opsconsole.insight.control.limits import Kind, Limits, Marks, beyond, possible, xmr
from opsconsole.insight.control.rules import RUN_RULES, Signal, signals
from opsconsole.insight.control.small_shifts import Cusum, cusum, ewma

MOST_ALIKE = 0.9


class Segment(Struct, frozen=True, eq=False):
    """Points from index `first` to before `end`. Without limits `lacking` says why, in words.

    Arrays of the limits are as long as the segment. `mean` is the EWMA with its limits on the scale of the values.
    `autocorrelation`: of each point of the baseline with the next. Where it is more than chance (2 / √n), limits of XmR
    and EWMA are wider by what follows from `widened`; other rules take the points for independent still.
    """

    first: int
    end: int
    lacking: str = ""
    kind: Kind = "xmr"
    why: str = ""
    baseline: Baseline | None = None
    limits: Limits | None = None
    mean: Array | None = None
    mean_lower: Array | None = None
    mean_upper: Array | None = None
    spread_beyond: Marks | None = None
    sums: Cusum | None = None
    autocorrelation: float = 0.0
    widened: float = 0.0


class Control(Struct, frozen=True, eq=False):
    """Segments in order of time, and the signals of all of them by index of the whole series, in order of time.

    Signals of EWMA and CUSUM name two points: the first of those that made it, and the one at which it fired.
    """

    segments: list[Segment]
    signals: list[Signal]


def control(
    values: ArrayLike,
    *,
    sizes: ArrayLike | None = None,
    spread: ArrayLike | None = None,
    ranged: bool = False,
    nature: Nature = "value",
    kind: Kind | None = None,
    baseline: tuple[int, int] | None = None,
    changes: Sequence[int] = (),
    rules: Iterable[str] = DEFAULT,
) -> Control:
    """The chart of a series: values in order of time with NaN for what is missing.

    `sizes`, `spread`, `kind`: as `limits_of` has them; without a kind it is chosen by `nature`. `baseline`: first and
    last index of a declared one; it holds for its segment, others have theirs detected. `changes`: indices of the
    first points after marked changes. `rules`: of `false_alarms.RULES`, or names of sets.
    ValueError for arrays that do not belong together and for unknown rules.
    """
    x = np.asarray(values, dtype=float)
    chosen = named(rules)
    cuts = sorted({0, *(cut for cut in changes if 0 < cut < len(x)), len(x)})
    segments, found = [], []
    for first, end in pairwise(cuts):
        part = slice(first, end)
        own = None
        if baseline is not None and first <= baseline[0] < end:
            own = (baseline[0] - first, min(baseline[1], end - 1) - first)
        segment, marks = _segment(
            x[part], _part(sizes, part), _part(spread, part), ranged, nature, kind, own, chosen, first
        )
        segments.append(segment)
        found += marks
    return Control(segments, sorted(found, key=lambda signal: signal.at))


def standing(made: Control, values: ArrayLike) -> list[Signal]:
    """The signals that stand at the last value: those at it, and one of the CUSUM until its sum has been 0 again."""
    there = np.flatnonzero(np.isfinite(np.asarray(values, dtype=float)))
    if not len(there):
        return []
    last = int(there[-1])
    found = [signal for signal in made.signals if signal.at == last]
    segment = next((each for each in made.segments if each.first <= last < each.end), None)
    summed = [signal for signal in made.signals if signal.rule == "cusum" and segment and signal.at >= segment.first]
    if segment is None or segment.sums is None or not summed or summed[-1].at == last:
        return found
    since = summed[-1]
    side = segment.sums.up if since.side == "above" else segment.sums.down
    if (side[since.at + 1 - segment.first : last + 1 - segment.first] > 0.0).all():
        found.append(since)
    return found


def _part(array: ArrayLike | None, part: slice) -> Array | None:
    return None if array is None else np.asarray(array, dtype=float)[part]


def _segment(
    x: Array,
    sizes: Array | None,
    spread: Array | None,
    ranged: bool,
    nature: Nature,
    kind: Kind | None,
    own: tuple[int, int] | None,
    rules: tuple[str, ...],
    first: int,
) -> tuple[Segment, list[Signal]]:
    end = first + len(x)
    base = declared(x, *own) if own is not None else detect(x)
    if base is None:
        there = int(np.isfinite(x if own is None else x[own[0] : own[1] + 1]).sum())
        where = "points" if own is None else "points in the declared baseline"
        return Segment(first, end, f"not enough: {there} of {ENOUGH} {where}"), []
    why = "set"
    if kind is None:
        kind, why = choose(nature, x, base.marks, sizes=sizes, spread=spread, ranged=ranged)
    limits = limits_of(kind, x, base.marks, sizes=sizes, spread=spread)
    alike, widened = lag1(limits.z[base.marks]), 0.0
    if kind == "xmr" and alike > 2.0 / math.sqrt(base.count):
        widened = min(alike, MOST_ALIKE)
        limits = xmr(x, base.marks, alike=widened)
    # an np chart plots numbers of pieces, and ends by itself
    least, most = (-math.inf, math.inf) if kind == "np" else ENDS.get(nature, (-math.inf, math.inf))
    limits = possible(limits, least, most)
    z = limits.z
    if not np.isfinite(z).any():
        return Segment(first, end, "nothing varies in the baseline", kind, why, base), []
    found = signals(z, [rule for rule in rules if rule in RUN_RULES])
    weighted = ewma(z, alike=widened)
    if widened and not base.stable:
        beyond_them = int((np.abs(z[base.marks]) > 3.0).sum())
        steady = beyond_them <= base.count // ODD and not weighted.signals[base.marks].any()
        base = replace(base, stable=steady)
    if "ewma" in rules:
        found += _weighted(weighted.signals, weighted.values)
    sums = cusum(z, restart=True) if "cusum" in rules else None
    if sums is not None:
        found += [
            Signal(
                "cusum", int(at), (int(sums.began[at]), int(at)), "above" if sums.up[at] > sums.down[at] else "below"
            )
            for at in np.flatnonzero(sums.signals)
        ]
    centre, sigma = limits.band.centre, limits.sigma
    segment = Segment(
        first,
        end,
        "",
        kind,
        why,
        base,
        limits,
        centre + weighted.values * sigma,
        np.maximum(centre - weighted.limit * sigma, least),
        np.minimum(centre + weighted.limit * sigma, most),
        None if limits.spread is None else beyond(limits.spread),
        sums,
        alike,
        widened,
    )
    moved = [
        Signal(signal.rule, signal.at + first, tuple(at + first for at in signal.points), signal.side)
        for signal in found
    ]
    return segment, moved


def _weighted(where: Marks, means: Array) -> list[Signal]:
    """Signals of the EWMA, each since the mean was last on the other side of the centre."""
    index = np.arange(len(means))
    turned = np.ones(len(means), dtype=bool)
    turned[1:] = np.sign(means[1:]) != np.sign(means[:-1])
    since = np.maximum.accumulate(np.where(turned, index, 0))
    return [
        Signal("ewma", int(at), (int(since[at]), int(at)), "above" if means[at] > 0.0 else "below")
        for at in np.flatnonzero(where)
    ]


def lag1(z: Array) -> float:
    """Autocorrelation of neighbours, with the correction 1 / n for its bias (Kendall); 0 for fewer than 3 values."""
    x = z[np.isfinite(z)]
    if len(x) < 3 or not (spread := float(((x - x.mean()) ** 2).sum())) > 0.0:
        return 0.0
    away = x - x.mean()
    found = float((away[1:] * away[:-1]).sum()) / spread
    return min(1.0, found + (1.0 + 3.0 * found) / len(x))
