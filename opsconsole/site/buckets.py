"""Stretches of equal length on the local clock that cover a window: what trends and grids are cut into."""

from __future__ import annotations

import datetime as dt
import math
from functools import lru_cache
from typing import NamedTuple

STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200),
    *(86400, 7 * 86400),
)
MONTHS = (1, 3, 12, 120)
MONTH = 30.436875 * 86400.0  # seconds, of the Gregorian calendar on average


class Buckets(NamedTuple):
    """Stretches of equal length that cover a window: edge i to edge i + 1. `step` is in seconds.

    Buckets of days and more follow the local day, so that one may last an hour less or more than `step`; those of
    months and years follow the calendar, and `step` is what they last on average. What comes once a month falls into
    each of them once.
    """

    step: float
    edges: list[dt.datetime]


def buckets(start: dt.datetime, end: dt.datetime, count_hint: int, tz: dt.tzinfo = dt.UTC) -> Buckets:
    """At most `count_hint` buckets (but at least one) of a round length that cover start to end.

    They lie on the local clock (whole hours, whole days), so that they stay where they are while time passes; the
    first may begin before `start` and the last end after `end`.
    """
    start, end = start.astimezone(dt.UTC), max(start, end).astimezone(dt.UTC)
    for step in STEPS:
        if (end - start).total_seconds() / step > count_hint:
            continue
        edges = _edges(start, end, step, tz)
        if len(edges) - 1 <= max(count_hint, 1):
            return Buckets(float(step), edges)
    for months in MONTHS:
        if (end - start).total_seconds() / (months * MONTH) > count_hint + 1 and months != MONTHS[-1]:
            continue
        edges = _month_edges(start, end, months, tz)
        if len(edges) - 1 <= max(count_hint, 1) or months == MONTHS[-1]:
            break
    return Buckets(months * MONTH, edges)


def regular(now: dt.datetime, count: int, step: float, tz: dt.tzinfo = dt.UTC) -> list[dt.datetime]:
    """The `count` + 1 edges of the last stretches of `step` seconds that are over at `now`, on the local clock."""
    now = now.astimezone(dt.UTC)
    if step % 86400 == 0:
        days = round(step) // 86400
        first = now - dt.timedelta(seconds=(count + 2) * step)
        return [edge for edge in _day_edges(first, now, days, tz) if edge <= now][-count - 1 :]
    offset = (now.astimezone(tz).utcoffset() or dt.timedelta()).total_seconds()
    last = math.floor((now.timestamp() + offset) / step) * step - offset
    return list(_evenly(last, step, count))


@lru_cache(maxsize=64)
def _evenly(last: float, step: float, count: int) -> tuple[dt.datetime, ...]:
    return tuple(dt.datetime.fromtimestamp(last - step * back, dt.UTC) for back in range(count, -1, -1))


def _edges(start: dt.datetime, end: dt.datetime, step: int, tz: dt.tzinfo) -> list[dt.datetime]:
    if step % 86400 == 0:
        return _day_edges(start, end, step // 86400, tz)
    offset = start.astimezone(tz).utcoffset() or dt.timedelta()
    shifted = start.timestamp() + offset.total_seconds()
    first = math.floor(shifted / step) * step - offset.total_seconds()
    count = max(1, math.ceil((end.timestamp() - first) / step))
    return [dt.datetime.fromtimestamp(first + index * step, dt.UTC) for index in range(count + 1)]


def _day_edges(start: dt.datetime, end: dt.datetime, days: int, tz: dt.tzinfo) -> list[dt.datetime]:
    date = start.astimezone(tz).date()
    if days % 7 == 0:
        date -= dt.timedelta(days=date.weekday())
    edges: list[dt.datetime] = []
    while True:
        edge = dt.datetime.combine(date, dt.time(), tz).astimezone(dt.UTC)
        if not edges or edge > edges[-1]:  # a date that a zone skipped has no length
            edges.append(edge)
        if len(edges) > 1 and edge >= end:
            return edges
        date += dt.timedelta(days=days)


def _month_edges(start: dt.datetime, end: dt.datetime, months: int, tz: dt.tzinfo) -> list[dt.datetime]:
    """Buckets of so many months, counted from January (of a year that ends in 0 or 1 for those of many years)."""
    date = start.astimezone(tz).date()
    number = (date.year * 12 + date.month - 1) // months * months
    edges: list[dt.datetime] = []
    while not (len(edges) > 1 and edges[-1] >= end):
        year, month = divmod(number, 12)
        first = 1 if number > 12 else 2  # clear of the edge of time, so that it is a moment in any zone
        edges.append(dt.datetime(max(1, year), month + 1, first, tzinfo=tz).astimezone(dt.UTC))
        number += months
    return edges
