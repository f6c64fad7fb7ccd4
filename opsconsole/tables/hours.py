"""The hours that a zone's clocks skip in spring and repeat in autumn: a stamp in them does not say when it was."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

Stretch = tuple[dt.datetime, dt.datetime]


@lru_cache(maxsize=256)
def odd(zone: str, year: int) -> tuple[tuple[Stretch, ...], tuple[Stretch, ...]]:
    """Stretches of local time (naive, end excluded) of a year that are skipped, and those that come twice."""
    info = ZoneInfo(zone)
    skipped: list[Stretch] = []
    repeated: list[Stretch] = []
    day = dt.datetime(year, 1, 1, tzinfo=dt.UTC) - dt.timedelta(days=1)
    for _ in range(367):
        after = day + dt.timedelta(days=1)
        before_offset, after_offset = _offset(info, day), _offset(info, after)
        if before_offset != after_offset:
            turn = _turn(info, day, after)
            old, new = (turn + before_offset).replace(tzinfo=None), (turn + after_offset).replace(tzinfo=None)
            (skipped if new > old else repeated).append((min(old, new), max(old, new)))
        day = after
    return tuple(skipped), tuple(repeated)


def _offset(info: ZoneInfo, moment: dt.datetime) -> dt.timedelta:
    return moment.astimezone(info).utcoffset() or dt.timedelta()


def _turn(info: ZoneInfo, low: dt.datetime, high: dt.datetime) -> dt.datetime:
    """The first second of the new offset."""
    old = _offset(info, low)
    while high - low > dt.timedelta(seconds=1):
        middle = low + (high - low) / 2
        middle = middle.replace(microsecond=0)
        if _offset(info, middle) == old:
            low = middle
        else:
            high = middle
    return high
