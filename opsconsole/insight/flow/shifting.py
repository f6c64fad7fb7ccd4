"""The shifting bottleneck of stations that work at once (Roser, Nakano and Tanaka 2002). Pure.

A station is active while it is neither starved nor blocked: working, in repair, being set up. At any moment the station
with the longest uninterrupted active period is the momentary bottleneck; where none is active there is none. Where the
periods of one bottleneck and the next overlap, the bottleneck shifts between the two; outside of that a station is the
sole bottleneck. Found by one sweep over the periods, in O(n log n).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

Period = tuple[str, float, float]
"""A station, and when an active period of it began and ended, in epoch seconds."""


class Share(Struct, frozen=True):
    """A station's part in the time looked at: alone the bottleneck, or while it shifts. Shares of 1."""

    station: str
    sole: float
    shifting: float
    active: float

    @property
    def total(self) -> float:
        """What stations are ranked by."""
        return self.sole + self.shifting


class Bottleneck(Struct, frozen=True):
    """The stations by their share, worst first; the periods in which one was the bottleneck; the one at the end.

    `alone`: for how many seconds that one has been the bottleneck by itself; `known`: the moment that both are of.
    """

    shares: tuple[Share, ...]
    periods: tuple[Period, ...]
    momentary: str | None
    impossible: int
    alone: float = 0.0
    known: float | None = None


def shifting(
    periods: Sequence[Period], since: float, until: float, *, bridge: float = 0.0, pause: float = 0.0
) -> Bottleneck:  # fmt: skip
    """The bottleneck between two moments (epoch seconds).

    `periods` in any order; those of one station that overlap or touch, or lie no more than `bridge` seconds apart, are
    one. A period is as long as it is, whatever the window: only the shares are of what lies inside. What ends before it
    begins is left out, and counted. Of two equally long the one that began earlier counts, then the first by name.
    `pause`: seconds in which nobody is the bottleneck that do not end the time in which a station is it alone.
    Raises ValueError where the window is empty.
    """
    if until <= since:
        raise ValueError("shifting bottleneck: the window has to end after it begins")
    sound = [(name, start, min(end, until)) for name, start, end in periods if start <= end and start < until]
    joined = _joined(sound, bridge)
    won = _won([each for each in joined if each[2] > since])
    span = until - since
    active: dict[str, float] = dict.fromkeys(sorted({name for name, _, _ in periods}), 0.0)
    for name, start, end in joined:
        active[name] += max(0.0, min(end, until) - max(start, since)) / span
    sole, both = dict.fromkeys(active, 0.0), dict.fromkeys(active, 0.0)
    for at, (name, start, end) in enumerate(won):
        first, last = max(start, since), min(end, until)
        # The periods of bottlenecks begin and end in the same order, so only neighbours matter.
        into = min(max(won[at - 1][2], first), last) if at else first
        out = max(min(won[at + 1][1], last), first) if at + 1 < len(won) else last
        alone = max(0.0, out - into)
        sole[name] += alone / span
        both[name] += (last - first - alone) / span
    shares = [Share(name, sole[name], both[name], active[name]) for name in active]
    shares.sort(key=lambda share: (-share.total, -share.sole, share.station))
    now = won[-1][0] if won and won[-1][2] >= until else None
    alone = until - _alone_since(won, max(bridge, pause)) if now is not None else 0.0
    return Bottleneck(
        tuple(shares), tuple(won), now, sum(start > end for _, start, end in periods), alone, until if now else None
    )


_SOON = 0.9


def with_latest(found: Bottleneck, periods: Sequence[Period], until: float, *, bridge: float = 0.0) -> Bottleneck:
    """The same with the momentary bottleneck of the last moment of which all is known.

    Periods are often written once they are over, so that at `until` itself nobody seems to be active. Where none goes
    on, the last moment is the newest end less the length that nine of ten periods do not exceed; a pause as long does
    not end the time in which a station is the bottleneck alone. None where that moment lies before all periods.
    """
    sound = [each for each in periods if each[1] <= each[2] and each[1] < until]
    if not sound:
        return found
    lengths = sorted(end - start for _, start, end in sound)
    usual = lengths[min(len(lengths) - 1, int(_SOON * len(lengths)))]
    newest = max(end for _, _, end in sound)
    settled, first = until if newest >= until else newest - usual, min(start for _, start, _ in sound)
    if settled <= first:
        return replace(found, momentary=None, alone=0.0, known=None)
    then = shifting(sound, first, settled, bridge=bridge, pause=usual)
    return replace(found, momentary=then.momentary, alone=then.alone, known=settled)


def _alone_since(won: list[Period], bridge: float) -> float:
    """Since when the last bottleneck is one by itself; a break of it alone that is no longer than `bridge` is none."""
    at = len(won) - 1
    while at and won[at - 1][0] == won[at][0] and won[at][1] - won[at - 1][2] <= bridge:
        at -= 1
    return max(won[at][1], won[at - 1][2]) if at else won[0][1]


def _joined(periods: list[Period], bridge: float) -> list[Period]:
    """The uninterrupted active periods of each station, sorted by when they began."""
    found: list[Period] = []
    for name, start, end in sorted(periods):
        if found and found[-1][0] == name and start <= found[-1][2] + bridge:
            found[-1] = (name, found[-1][1], max(found[-1][2], end))
        else:
            found.append((name, start, end))
    return sorted((each for each in found if each[2] > each[1]), key=lambda each: (each[1], each[0]))


def _won(periods: list[Period]) -> list[Period]:
    """The periods that were the longest of those active at some moment, in order."""
    moments = sorted({moment for _, start, end in periods for moment in (start, end)})
    longest: list[tuple[float, float, str, float]] = []  # minus length, start, station, end
    won: list[Period] = []
    at = 0
    for moment, _ in pairwise(moments):
        while at < len(periods) and periods[at][1] <= moment:
            name, start, end = periods[at]
            heapq.heappush(longest, (start - end, start, name, end))
            at += 1
        while longest and longest[0][3] <= moment:
            heapq.heappop(longest)
        if longest:
            _, start, name, end = longest[0]
            if not won or won[-1] != (name, start, end):
                won.append((name, start, end))
    return won
