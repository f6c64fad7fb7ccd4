"""Who moved it, across dimensions: the members that explain most of a move, and those too small to be blamed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from msgspec import Struct

from opsconsole.insight.change.contribution import Member, Part, Quantity, combined, of_members
from opsconsole.insight.change.student import t_quantile

LEAST_ROWS = 20
"""A member with fewer rows in a stretch is held back, unless it has none in one and this many in the other."""
LEAST_BLOCKS = 4
"""Blocks of each stretch that are needed for an interval."""
_EVEN = 0.1

Blocks = Sequence[Mapping[Member, Quantity]]


class Sides(Struct, frozen=True):
    """One quantity by member, in consecutive blocks of the stretch before and of the stretch now.

    factor: by how much the value moves with it (`contribution.weights`); 1 where it is the value.
    """

    before: Blocks
    now: Blocks
    factor: float = 1.0


class Share(Struct, frozen=True):
    """A member's part in a move: `part` adds up over the members of its dimension.

    low, high: the interval of its total, None where it cannot be had. beyond: what it contributed beyond its share of
    the rows; about 0 for all members where the move is everywhere alike. rows: before and now.
    """

    dimension: str
    member: Member
    part: Part
    beyond: float
    rows: tuple[int, int]
    low: float | None = None
    high: float | None = None

    @property
    def sure(self) -> bool | None:
        """Whether the interval says on which side of 0 it lies; None without one."""
        return None if self.low is None or self.high is None else not self.low <= 0 <= self.high


class Dimension(Struct, frozen=True):
    """How far a dimension explains a move: 0 where each member moved by its share of the rows, 1 where one that has
    next to none of them did it all; more where members moved against each other. even: nothing to be learnt from it."""

    name: str
    explains: float
    even: bool
    members: int
    held: int


class Explained(Struct, frozen=True):
    """shares: members that moved with the whole, by what they did beyond their size, then those that moved against it.
    held: members with too few rows, by what they would have contributed. dimensions: the most telling first."""

    shares: list[Share]
    held: list[Share]
    dimensions: list[Dimension]


def explain(
    change: float,
    parts: Mapping[str, Mapping[Member, Part]],
    rows: Mapping[str, Mapping[Member, tuple[int, int]]],
    intervals: Mapping[str, Mapping[Member, tuple[float, float]]] | None = None,
    least: int = LEAST_ROWS,
) -> Explained:
    """Ranks the members of all dimensions by their part in a `change`.

    `parts`: by dimension what each member contributed (`contribution.of_members`). `rows`: how many rows each had
    before and now. `intervals`: of each total (`uncertainty`).
    """
    shares: list[Share] = []
    held: list[Share] = []
    dimensions: list[Dimension] = []
    for name, members in parts.items():
        totals = [sum(pair[side] for pair in rows[name].values()) or 1 for side in (0, 1)]
        known = (intervals or {}).get(name, {})
        small, off = 0, 0.0
        for member, part in members.items():
            pair = rows[name].get(member, (0, 0))
            weight = (pair[0] / totals[0] + pair[1] / totals[1]) / 2
            low, high = known.get(member, (None, None))
            share = Share(name, member, part, part.total - weight * change, pair, low, high)
            off += abs(share.beyond)
            if too_small(pair, least):
                held.append(share)
                small += 1
            else:
                shares.append(share)
        telling = off / 2 / abs(change) if change else 0.0
        dimensions.append(Dimension(name, telling, telling < _EVEN or len(members) < 2, len(members), small))
    sign = math.copysign(1.0, change)
    shares.sort(key=lambda each: _rank(each, sign))
    held.sort(key=lambda each: -abs(each.part.total))
    dimensions.sort(key=lambda each: (each.even, -each.explains))
    return Explained(shares, held, dimensions)


def too_small(rows: tuple[int, int], least: int = LEAST_ROWS) -> bool:
    """Whether a member has too few rows, before and now, for its part in a move to mean anything."""
    if 0 in rows:
        return max(rows) < least
    return min(rows) < least


def _rank(share: Share, sign: float) -> tuple[bool, float, str]:
    against = share.part.total * sign < 0
    size = abs(share.part.total) if against else share.beyond * sign
    return against, -size, f"{share.dimension} {share.member or ''}"


def uncertainty(sides: Sequence[Sides], level: float = 0.95) -> dict[Member, tuple[float, float]]:
    """The interval of what each member contributed, from leaving out one block of a stretch at a time (jackknife).

    Blocks are consecutive pieces of a stretch of about the same length, long enough that one does not depend on the
    next: eight of a shift are hours. t with as many degrees of freedom as the shorter side has blocks but one. Empty
    where a side has fewer than four blocks, or a quantity has no value without one of them.
    """
    counts = [min(len(each.before) for each in sides), min(len(each.now) for each in sides)]
    if min(counts) < LEAST_BLOCKS:
        return {}
    middle = _contributed(sides, None, None)
    if middle is None:
        return {}
    squares = dict.fromkeys(middle, 0.0)
    for side, count in enumerate(counts):
        for left_out in range(count):
            parts = _contributed(sides, left_out if side == 0 else None, left_out if side == 1 else None)
            if parts is None:
                return {}
            for member in squares:
                # a member that is only in the block left out contributes nothing without it
                total = parts[member].total if member in parts else 0.0
                squares[member] += (count - 1) / count * (total - middle[member].total) ** 2
    wide = t_quantile((1 + level) / 2, min(counts) - 1)
    return {
        member: (part.total - wide * math.sqrt(squares[member]), part.total + wide * math.sqrt(squares[member]))
        for member, part in middle.items()
    }


def _contributed(sides: Sequence[Sides], before: int | None, now: int | None) -> dict[Member, Part] | None:
    """What members contributed without the block `before` of the one side, or `now` of the other."""
    found: list[dict[Member, Part]] = []
    for each in sides:
        old, new = _summed(each.before, before), _summed(each.now, now)
        parts = of_members(_whole(old), _whole(new), old, new)
        if parts is None:
            return None
        found.append(parts)
    return combined([each.factor for each in sides], found)


def _summed(blocks: Blocks, left_out: int | None) -> dict[Member, Quantity]:
    """By member the sum over the blocks, scaled up for one that is left out."""
    scale = 1.0 if left_out is None else len(blocks) / (len(blocks) - 1)
    found: dict[Member, Quantity] = {}
    for at, block in enumerate(blocks):
        if at == left_out:
            continue
        for member, one in block.items():
            known = found.get(member, Quantity(0.0, None if one.below is None else 0.0))
            below = None if one.below is None else (known.below or 0.0) + scale * one.below
            found[member] = Quantity(known.above + scale * one.above, below)
    return found


def _whole(members: Mapping[Member, Quantity]) -> Quantity:
    ratio = any(each.below is not None for each in members.values())
    below = math.fsum(each.below or 0.0 for each in members.values()) if ratio else None
    return Quantity(math.fsum(each.above for each in members.values()), below)
