"""Local clocks: what a date and a time of day in a zone are in UTC, over clock changes.

Later on the wall is never earlier in UTC: of a time that clocks show twice the first counts, and one that they skip is
the moment at which they skip it. So stretches that do not overlap on the wall do not overlap in UTC, and a day has 23
or 25 hours where it has.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

from opsconsole.site.model import Site

BEGINNING = dt.datetime(1, 1, 3, tzinfo=dt.UTC)  # two days clear of the edge, so that it can be shown in any zone
DAY = dt.timedelta(days=1)
FIRST_DATE = dt.date(1, 1, 5)


def zone(site: Site) -> ZoneInfo:
    """The site's zone."""
    return ZoneInfo(site.timezone)


@lru_cache(maxsize=8192)  # the same few starts and ends of shifts are asked for again and again
def utc(date: dt.date, time: dt.time, tz: dt.tzinfo) -> dt.datetime:
    """A local time in UTC; not before `BEGINNING`."""
    if date < FIRST_DATE:
        return BEGINNING
    local = dt.datetime.combine(date, time, tz)
    moment = local.astimezone(dt.UTC)
    if moment.astimezone(tz).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    return _turn(local.replace(fold=1).astimezone(dt.UTC), moment, tz)


def _turn(before: dt.datetime, after: dt.datetime, tz: dt.tzinfo) -> dt.datetime:
    """The moment between two at which clocks go forward."""
    low, high = int(before.timestamp()) - 1, int(after.timestamp()) + 1
    old = before.astimezone(tz).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        same = dt.datetime.fromtimestamp(middle, tz).utcoffset() == old
        low, high = (middle, high) if same else (low, middle)
    return dt.datetime.fromtimestamp(high, dt.UTC)


def day_start(date: dt.date, tz: dt.tzinfo) -> dt.datetime:
    """The first moment of a local day."""
    return utc(date, dt.time(), tz)
