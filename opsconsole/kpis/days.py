"""Whole local days within the periods of an ask, and what is left of the periods without some of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from opsconsole.kpis.extent import Extent
from opsconsole.kpis.scan import Ask
from opsconsole.kpis.span import Stretch, moment
from opsconsole.site.localtime import day_start

LEAST = 2
"""Whole days that a period must hold for states to be worth the while."""
_US = dt.timedelta(microseconds=1)
_HOUR = dt.timedelta(hours=1)
# Clear of the ends of the calendar, so that a day more or less, in any zone, can be told.
_EARLIEST = dt.datetime(1, 1, 5, tzinfo=dt.UTC)
_LATEST = dt.datetime(9999, 12, 25, tzinfo=dt.UTC)
_MOST = 40_000


class Day(NamedTuple):
    """A local day from its first moment to that of the next, or an hour (UTC)."""

    first: dt.datetime
    last: dt.datetime

    @property
    def hourly(self) -> bool:
        """Whether it is an hour."""
        return self.last - self.first == _HOUR


class Side(NamedTuple):
    """One period of an ask: half open, None: without end; `now` or the one before."""

    low: dt.datetime | None
    high: dt.datetime | None
    now: bool


def sides(ask: Ask) -> list[Side]:
    """The periods of an ask, half open."""

    def half_open(stretch: Stretch, now: bool) -> Side:
        return Side(
            stretch.start + (_US if stretch.after_start else dt.timedelta()),
            stretch.end + (_US if stretch.to_end else dt.timedelta()),
            now,
        )

    if ask.span.now is None:
        return [Side(None, ask.span.until + _US if ask.span.until is not None else None, True)]
    sides = [half_open(ask.span.now, True)]
    return [*sides, half_open(ask.span.before, False)] if ask.span.before is not None else sides


def days_of(ask: Ask, extent: Extent, zone: str) -> list[Day]:
    """The whole local days in the periods of an ask that lie between the source's first and last row.

    Where a period begins or ends within a day, the whole hours of that part besides; none without whole days.
    """
    if extent.first is None or extent.last is None:
        return []
    first_row = max(extent.first.astimezone(dt.UTC), _EARLIEST)
    last_row = min(extent.last.astimezone(dt.UTC), _LATEST)
    found: dict[Day, None] = {}
    for side in sides(ask):
        low = first_row if side.low is None else max(side.low, first_row - dt.timedelta(days=1))
        high = (last_row if side.high is None else min(side.high, last_row)).astimezone(dt.UTC)
        if (high - low).days > _MOST:
            continue  # a stray stamp: nobody looks at centuries of days
        days = [
            day
            for day in days_between(low.astimezone(dt.UTC), high, zone)
            if (side.low is None or day.first >= side.low) and day.last <= high
        ]
        if len(days) < LEAST:
            continue
        first, last = days[0].first, days[-1].last
        lead = [] if side.low is None else _hours(low.astimezone(dt.UTC), first)
        found |= dict.fromkeys([*lead, *days, *_hours(last, high)])
    return list(found)


def _hours(low: dt.datetime, high: dt.datetime) -> list[Day]:
    """The whole hours of UTC between two moments."""
    whole = dt.datetime(low.year, low.month, low.day, low.hour, tzinfo=dt.UTC)
    first = whole if whole == low else whole + _HOUR
    count = max(0, (high - first) // _HOUR)
    return [Day(first + at * _HOUR, first + (at + 1) * _HOUR) for at in range(count)]


def days_between(low: dt.datetime, high: dt.datetime, zone: str) -> list[Day]:
    """The local days that begin at or after the day of `low` and end by `high`."""
    tz = ZoneInfo(zone)
    date = low.astimezone(tz).date()
    days: list[Day] = []
    while True:
        day = _day(date, zone)
        if day.last > high:
            return days
        if day.last > day.first:  # a date that a zone skipped has no length
            days.append(day)
        date += dt.timedelta(days=1)


@lru_cache(maxsize=20_000)
def _day(date: dt.date, zone: str) -> Day:
    tz = ZoneInfo(zone)
    return Day(day_start(date, tz), day_start(date + dt.timedelta(days=1), tz))


def by_days(edges: Sequence[dt.datetime], days: Sequence[Day]) -> bool:
    """Whether no edge of a trend cuts a day in two."""
    low, high = min(day.first for day in days), max(day.last for day in days)
    starts = {day.first for day in days} | {day.last for day in days}
    return all(edge in starts for edge in edges if low <= edge <= high)


def joined(days: Iterable[Day]) -> list[Day]:
    """Days that follow each other as one stretch."""
    ranges: list[Day] = []
    for day in sorted(days):
        if ranges and ranges[-1].last == day.first:
            ranges[-1] = Day(ranges[-1].first, day.last)
        else:
            ranges.append(day)
    return ranges


def within(units: Sequence[Day], side: Side) -> str:
    """Which rows of states belong to a period, of those built by the day and those built by the hour."""
    found = []
    for hourly in (False, True):
        for one in joined(unit for unit in units if unit.hourly == hourly):
            part = cut(one, side)
            if part is not None:
                kind = "hourly" if hourly else "NOT hourly"
                found.append(f"({kind} AND first >= {moment(part.first)} AND first < {moment(part.last)})")
    return " OR ".join(found) or "false"


def cut(day: Day, side: Side) -> Day | None:
    low = day.first if side.low is None else max(day.first, side.low)
    high = day.last if side.high is None else min(day.last, side.high)
    return Day(low, high) if low < high else None


def gaps(side: Side, ranges: Sequence[Day]) -> list[str]:
    """Conditions on `_time` for what is left of a period without some stretches; one each, for zone maps."""
    found: list[str] = []
    low = side.low
    for day in sorted(ranges):
        if low is None or low < day.first:
            found.append(" AND ".join([*([f"_time >= {moment(low)}"] if low else []), f"_time < {moment(day.first)}"]))
        low = day.last
    if side.high is None:
        found.append(f"_time >= {moment(low)}" if low is not None else "_time IS NOT NULL")
        found.append("_time IS NULL")
    elif low is None or low < side.high:
        found.append(" AND ".join([*([f"_time >= {moment(low)}"] if low else []), f"_time < {moment(side.high)}"]))
    return found or ["false"]
