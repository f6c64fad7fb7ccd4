"""Whether more alarms come in than one operator can take: a sliding count at each position, with hysteresis. Pure.

ISA-18.2 and EEMUA 191: a flood begins when more than 10 alarms came in within 10 minutes at one operator position, and
ends when fewer than 5 did. An alarm is what is announced to the operator: raised, grown worse, back from a shelf.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from msgspec import Struct

from opsconsole.site.model import Site

WITHIN = 600.0
BEGINS_ABOVE = 10
ENDS_BELOW = 5


class Episode(Struct, frozen=True):
    """A flood that has ended, or is still on at the end of what was looked at.

    `alarms` came in while it lasted, those among them that made it one.
    """

    start: float
    end: float
    alarms: int


class Flood:
    """The alarms of the last 10 minutes at one position. Moments are seconds; each alarm costs O(1), amortised."""

    def __init__(self) -> None:
        self.since: float | None = None
        self.ended: float | None = None
        self.alarms = 0
        self._recent: deque[tuple[float, int]] = deque()
        self._count = 0

    @property
    def count(self) -> int:
        """Alarms of the last 10 minutes, as of the moment last looked at."""
        return self._count

    def add(self, at: float, times: int = 1) -> None:
        """`times` alarms came in at `at`."""
        self.look(at)
        if self._recent and self._recent[-1][0] == at:
            times_before = self._recent.pop()[1]
            self._recent.append((at, times_before + times))
        else:
            self._recent.append((at, times))
        self._count += times
        if self.since is None and self._count > BEGINS_ABOVE:
            self.since, self.ended = at, None
            self.alarms = self._count
        elif self.since is not None:
            self.alarms += times

    def look(self, now: float) -> None:
        """Forget what is longer ago than 10 minutes. `ended` is the very moment at which the last flood was over."""
        if self._recent and now < self._recent[-1][0]:
            self._turned_back(now)
        while self._recent and self._recent[0][0] <= now - WITHIN:
            at, times = self._recent.popleft()
            self._count -= times
            if self.since is not None and self._count < ENDS_BELOW:
                self.since, self.ended = None, at + WITHIN

    def _turned_back(self, now: float) -> None:
        """The clock was set back: what came in after `now` has come in now, so that it cannot stay for hours."""
        later = 0
        while self._recent and self._recent[-1][0] > now:
            later += self._recent.pop()[1]
        self._recent.append((now, later))
        if self.since is not None:
            self.since = min(self.since, now)


class Floods:
    """The floods of all operator positions of a site."""

    def __init__(self) -> None:
        self._positions: dict[str, Flood] = {}

    def add(self, position: str, at: float, times: int = 1) -> None:
        """Alarms came in at a position."""
        self._positions.setdefault(position, Flood()).add(at, times)

    def look(self, now: float) -> None:
        """Let time pass."""
        for flood in self._positions.values():
            flood.look(now)

    @property
    def recent(self) -> int:
        """Alarms of the last 10 minutes at all positions."""
        return sum(flood.count for flood in self._positions.values())

    @property
    def flooded(self) -> Mapping[str, float]:
        """The positions in flood, and since when."""
        return {name: flood.since for name, flood in sorted(self._positions.items()) if flood.since is not None}


def position_of(site: Site, rule: str) -> str:
    """The operator position that looks after a rule, or after an alert about a rule; "" is the site's."""
    known = site.rules.get(rule) or site.rules.get(rule.partition(":")[2])
    area = site.areas.get(known.area) if known is not None else None
    return area.position if area is not None else ""


def episodes(alarms: Iterable[float], start: float, end: float) -> list[Episode]:
    """The floods between two moments, of alarms in order of time; exact to when each began and ended.

    Alarms before `start` count for a flood that was on by then.
    """
    flood, found = Flood(), list[Episode]()

    def over(since: float | None, came: int) -> None:
        if since is not None and flood.since != since and flood.ended is not None and flood.ended > start:
            found.append(Episode(max(since, start), flood.ended, came))

    for at in alarms:
        if at > end:
            break
        since, came = flood.since, flood.alarms
        flood.look(at)
        over(since, came)
        flood.add(at)
    since, came = flood.since, flood.alarms
    flood.look(end)
    over(since, came)
    if flood.since is not None:
        found.append(Episode(max(flood.since, start), end, flood.alarms))
    return found
