"""The grid of site time on which rules are evaluated: every 10 s, every 5 min, every day. Pure; moments in s, UTC.

* A step that fits into a day goes from local midnight: every 5 min at 00:00, 00:05, … of the site. Up to an hour it
  goes by elapsed time, so that an hour which clocks show twice has all its points. A longer one goes by the clock on
  the wall: every 6 h at 00:00, 06:00, 12:00, also on a day of 23 or 25 hours.
* Whole days go from midnight to midnight, several of them from a Monday on: every 7 d is every Monday.
* Any other step, such as 7 min, goes from the beginning of 1970.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

from opsconsole.site.localtime import DAY, FIRST_DATE, day_start, utc
from opsconsole.site.model import Window

_DAY = 86400.0
_HOUR = 3600.0


class Grid:
    """The points of one step in a zone."""

    def __init__(self, every: float, tz: ZoneInfo) -> None:
        self.every = every
        self._tz = tz
        self._days = round(every / _DAY) if every % _DAY == 0 else 0
        self._of_day = not self._days and _DAY % every == 0

    def last(self, at: float) -> float:
        """The last point at or before a moment."""
        if not self._days and not self._of_day:
            return math.floor(at / self.every) * self.every
        for date in self._dates(at):
            points = self._points(date)
            place = bisect_right(points, at)
            if place:
                return points[place - 1]
        return math.floor(at / self.every) * self.every  # before the calendar begins

    def next(self, at: float) -> float:
        """The first point after a moment."""
        if not self._days and not self._of_day:
            return (math.floor(at / self.every) + 1) * self.every
        for date in self._dates(at, ahead=True):
            points = self._points(date)
            place = bisect_right(points, at)
            if place < len(points):
                return points[place]
        return (math.floor(at / self.every) + 1) * self.every

    def at_or_after(self, at: float) -> float:
        """The first point at or after a moment."""
        last = self.last(at)
        return last if last == at else self.next(at)

    def between(self, after: float, upto: float) -> Iterator[float]:
        """The points with after < point <= upto, in order."""
        point = self.next(after)
        while point <= upto:
            yield point
            point = self.next(point)

    def count(self, after: float, upto: float) -> int:
        """About how many points there are between two moments."""
        return max(0, math.ceil((upto - after) / self.every))

    def thinned(self, after: float, upto: float, most: int) -> list[float]:
        """The points between two moments; where there are more than `most`, each n-th of them, and the last."""
        stride = max(1, math.ceil(self.count(after, upto) / most))
        if stride == 1:
            return list(self.between(after, upto))
        found, at = [], after
        while (at := self.at_or_after(at + stride * self.every)) <= upto:
            found.append(at)
        last = self.last(upto)
        return found if found and found[-1] >= last else [*found, last]

    def _dates(self, at: float, *, ahead: bool = False) -> Iterator[dt.date]:
        """Dates to look for a point on: the nearest first, as far as the step reaches."""
        date = dt.datetime.fromtimestamp(at, self._tz).date()
        most = self._days + 2
        for offset in range(-1, most) if ahead else range(1, -most, -1):
            found = date + offset * DAY
            if found >= FIRST_DATE and (not self._days or (found.toordinal() - 1) % self._days == 0):
                yield found

    def _points(self, date: dt.date) -> list[float]:
        return _points_of(date, self.every if self._of_day else _DAY, self._tz)


@lru_cache(maxsize=64)
def _points_of(date: dt.date, every: float, tz: ZoneInfo) -> list[float]:
    """The points of a local day, of a step that fits into one, in order and each once."""
    start, end = day_start(date, tz).timestamp(), day_start(date + DAY, tz).timestamp()
    if every <= _HOUR:
        return [start + step * every for step in range(math.ceil((end - start) / every))]
    midnight = dt.datetime(2000, 1, 1)
    times = [(midnight + dt.timedelta(seconds=step * every)).time() for step in range(round(_DAY / every))]
    found = sorted({utc(date, time, tz).timestamp() for time in times})
    return found[: bisect_left(found, end)] or [start]


def tumbles(every: float, window: Window) -> bool:
    """Whether a step is as long as what is looked at, so that the stretches between points follow each other."""
    if window.kind == "moving":
        return window.seconds == every
    return every == {"day": _DAY, "week": 7 * _DAY}.get(window.kind)
