"""Who moved it: what each member of a dimension, and each part of a formula, contributed to a change. Pure.

Three steps, each of which adds up exactly:

* A quantity that adds up over rows (a sum, a count) changes by what each member changes: c_m = n1_m - n0_m.
* A ratio of two such, R = N / D, changes by c_m = (n1_m - R0 d1_m) / D1 - (n0_m - R0 d0_m) / D0. Summed over the
  members the first part is R1 - R0 and the second is 0. With shares w = d_m / D and the member's own ratios
  r = n_m / d_m it is the decomposition into rate and mix that price and volume, or mortality, are explained by
  (Kitagawa 1955, with the weights of now): c_m = w1 (r1 - r0) + (w1 - w0) (r0 - R0). A member that is new, or gone, is
  all mix.
* A value f(F_1 … F_k) of several quantities changes by the sum of w_k (F1_k - F0_k) with
  w_k = integral over t in 0…1 of df/dF_k at F0 + t (F1 - F0), the cost shares of Aumann and Shapley (1974): order does
  not matter, a product of factors is shared out exactly, and what does not change contributes nothing. Members then
  contribute the sum over k of w_k c_k,m.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

Member = str | None
Point = tuple[float, ...]
Evaluate = Callable[[Sequence[Point]], Sequence[float | None]]
"""A function of several quantities at several points; None where it has no value."""

# Intervals of Simpson's rule: more where fewer leave more than `_FINE` of what was found.
_INTERVALS = (8, 64, 256)
_FINE = 1e-7
_STEP = 1e-4
# More left over than this share of what was found: the function jumps on the way, and nobody can say by whom.
_JUMP = 0.02


class Quantity(Struct, frozen=True):
    """Numerator and denominator of a group of rows; a quantity that is no ratio has no denominator."""

    above: float
    below: float | None = None

    @property
    def value(self) -> float | None:
        """What it comes to."""
        if self.below is None:
            return self.above
        return self.above / self.below if self.below else None


class Part(Struct, frozen=True):
    """A contribution in the value's unit; `rate` and `mix` add up to it, None where it is no share of a ratio."""

    total: float
    rate: float | None = None
    mix: float | None = None


def of_members(
    before: Quantity,
    now: Quantity,
    members_before: Mapping[Member, Quantity],
    members_now: Mapping[Member, Quantity],
) -> dict[Member, Part] | None:
    """What each member contributed to the change of one quantity; None where one side has no value.

    The members have to be all there are: what is missing of a side is missing of the sum.
    """
    first, last = before.value, now.value
    if first is None or last is None:
        return None
    names = list(dict.fromkeys([*members_now, *members_before]))
    if before.below is None or now.below is None:
        none = Quantity(0.0)
        return {name: Part(members_now.get(name, none).above - members_before.get(name, none).above) for name in names}
    none = Quantity(0.0, 0.0)
    return {
        name: _share(members_before.get(name, none), members_now.get(name, none), first, before.below, now.below)
        for name in names
    }


def _share(old: Quantity, new: Quantity, ratio: float, below_before: float, below_now: float) -> Part:
    old_below, new_below = old.below or 0.0, new.below or 0.0
    total = (new.above - ratio * new_below) / below_now - (old.above - ratio * old_below) / below_before
    if not old_below or not new_below:
        return Part(total, 0.0, total)
    rate = new_below / below_now * (new.above / new_below - old.above / old_below)
    return Part(total, rate, total - rate)


def weights(function: Evaluate, before: Point, now: Point) -> list[float] | None:
    """By how much the value moves for each quantity moved, on the straight way from `before` to `now`.

    The sum of weight * (now - before) is the change of the value, to the last digits. None where the function has no
    value on the way, or jumps.
    """
    ends = function([before, now])
    first, last = ends[0], ends[1]
    if first is None or last is None:
        return None
    moved = [end - start for start, end in zip(before, now, strict=True)]
    slopes: list[float] = []
    for intervals in _INTERVALS:
        tried = _slopes(function, before, now, intervals)
        if tried is None:
            return None
        slopes = tried
        found = [slope * step for slope, step in zip(slopes, moved, strict=True)]
        left = (last - first) - math.fsum(found)
        size = math.fsum(map(abs, found))
        if abs(left) <= _FINE * size:
            break
    if abs(left) > _JUMP * max(size, abs(last - first)) + 1e-12 * max(abs(first), abs(last)):
        return None
    # What integration leaves over goes to each by its size, so that it adds up.
    return [
        slope + (left * abs(part) / size / step if size and step else 0.0)
        for slope, part, step in zip(slopes, found, moved, strict=True)
    ]


def _slopes(function: Evaluate, before: Point, now: Point, intervals: int) -> list[float] | None:
    """The mean slope for each quantity along the way: central differences, integrated by Simpson's rule."""
    ways = list(zip(before, now, strict=True))
    nudges = [max(abs(start), abs(end), abs(end - start)) * _STEP or _STEP for start, end in ways]
    points: list[Point] = []
    for at in range(intervals + 1):
        middle = [start + at / intervals * (end - start) for start, end in ways]
        for which, nudge in enumerate(nudges):
            points += [(*middle[:which], middle[which] + by, *middle[which + 1 :]) for by in (nudge, -nudge)]
    values = function(points)
    sums = [0.0] * len(ways)
    for at in range(intervals + 1):
        factor = 1.0 if at in (0, intervals) else 4.0 if at % 2 else 2.0
        for which, nudge in enumerate(nudges):
            place = 2 * (at * len(ways) + which)
            up, down = values[place], values[place + 1]
            if up is None or down is None:
                return None
            sums[which] += factor * (up - down) / (2 * nudge)
    return [each / (3 * intervals) for each in sums]


def combined(factors: Sequence[float], parts: Sequence[Mapping[Member, Part]]) -> dict[Member, Part]:
    """What each member contributed to a value of several quantities, from its contributions to each of them."""
    found: dict[Member, Part] = {}
    for factor, part in zip(factors, parts, strict=True):
        for name, one in part.items():
            known = found.get(name)
            # a quantity that is no ratio has neither rate nor mix: its part is the member's own doing
            rate = factor * (one.total if one.rate is None else one.rate)
            mix = factor * (one.mix or 0.0)
            if known is None:
                found[name] = Part(factor * one.total, rate, mix)
            else:
                found[name] = Part(
                    known.total + factor * one.total, (known.rate or 0.0) + rate, (known.mix or 0.0) + mix
                )
    if all(one.rate is None for part in parts for one in part.values()):
        return {name: Part(one.total) for name, one in found.items()}
    return found
