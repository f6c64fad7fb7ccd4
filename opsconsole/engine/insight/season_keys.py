"""What the site's calendar says of the points of a KPI, for forecasts: which are alike, and which lie in holidays.

Points of the same shift and hour of it are alike, whenever the shift runs; without shifts those of the same hour of the
working time. All that lies outside is alike too. Points longer than a shift are told by their season alone.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right

import numpy as np

from opsconsole.insight.forecast import Calendar
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.points import Points
from opsconsole.site.calendar import zone
from opsconsole.site.holiday import holiday_on
from opsconsole.site.localtime import DAY
from opsconsole.site.model import Site
from opsconsole.site.shifts import runs_on
from opsconsole.site.working import working_on

_HOUR, _DAY = 3_600.0, 86_400.0
_HOURS = 1_000
_KEPT = 200
_SPREAD = 1.5
"""A point may be so many times as long as the shortest shift and still be told by the shift it lies in."""
Piece = tuple[float, float, int]
"""A stretch of work: its first and last moment, seconds since the epoch, and which shift it is of."""


class Calendars:
    """The calendars of points as they were last, of one site. For one thread."""

    def __init__(self) -> None:
        self._binding: Binding | None = None
        self._pieces: dict[dt.date, list[Piece]] = {}
        self._holidays: dict[dt.date, bool] = {}
        self._kept: dict[tuple[float, float, int, int], Calendar] = {}

    def of(self, binding: Binding, found: Points, horizon: int) -> Calendar:
        """The calendar of the points and of so many steps after them; the same object where nothing is different."""
        if binding is not self._binding:
            self._binding = binding
            for kept in (self._pieces, self._holidays, self._kept):
                kept.clear()
        key = (found.starts[0], found.ends[-1], len(found.starts), horizon)
        if key not in self._kept:
            self._kept[key] = self._made(binding.site, found, horizon)
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        return self._kept[key]

    def _made(self, site: Site, found: Points, horizon: int) -> Calendar:
        if found.step > _DAY:
            return Calendar()
        starts = [*found.starts, *(found.ends[-1] + at * found.step for at in range(horizon))]
        tz = zone(site)
        dates = [dt.datetime.fromtimestamp(each, tz).date() for each in starts]
        special = keys = None
        if site.holidays is not None:
            for date in set(dates) - self._holidays.keys():
                self._holidays[date] = bool(holiday_on(site, date))
            marks = np.array([self._holidays[date] for date in dates], dtype=np.int64)
            special = marks if marks.any() else None
        if site.shifts or site.working:
            keys = self._keys(site, starts, dates, found.step)
        return Calendar(keys, special)

    def _keys(
        self, site: Site, starts: list[float], dates: list[dt.date], step: float
    ) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:  # fmt: skip
        """By the piece of work that the middle of a point lies in: 0 outside; None where points are too long."""
        first, last = min(dates) - DAY, max(dates) + DAY
        pieces: list[Piece] = []
        for day in range((last - first).days + 1):
            date = first + day * DAY
            if date not in self._pieces:
                self._pieces[date] = _pieces(site, date)
            pieces += self._pieces[date]
        pieces.sort()
        if not pieces or step > _SPREAD * min(end - begun for begun, end, _ in pieces):
            return None
        begins = [begun for begun, _, _ in pieces]
        hour = max(step, _HOUR)
        keys = np.zeros(len(starts), dtype=np.int64)
        for at, start in enumerate(starts):
            middle = start + step / 2
            place = bisect_right(begins, middle) - 1
            if place >= 0 and middle < pieces[place][1]:
                begun, _, name = pieces[place]
                keys[at] = 1 + name * _HOURS + int((middle - begun) // hour)
        return keys


def _pieces(site: Site, date: dt.date) -> list[Piece]:
    """The work that begins on a local date: its shifts, or else its working time."""
    tz = zone(site)
    if site.shifts:
        names = [shift.name for shift in site.shifts]
        return [
            (run.span.start.timestamp(), run.span.end.timestamp(), names.index(run.shift.name))
            for run in runs_on(site, date, tz)
        ]
    return [(start.timestamp(), end.timestamp(), 0) for start, end in working_on(site, date, tz)]
