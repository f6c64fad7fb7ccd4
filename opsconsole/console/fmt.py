"""Ages, moments and cells as a person reads them; figures are written as everywhere else (`site.figures`).

Moments are epoch seconds, shown in the site's zone. The separators of figures are a person's own or those of the
locale; cells of tables keep the point, since they are typed back into filters and SQL.
"""

from __future__ import annotations

import datetime as dt
import locale
import math
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opsconsole.site.figures import NONE, count, number, size, write_with
from opsconsole.site.figures import figure as quantity

__all__ = ["NONE", "count", "number", "quantity", "size", "write_with"]


def decimal_marker() -> str:
    """The decimal marker of the person's locale (LC_NUMERIC); a point where this machine does not have that locale."""
    try:
        locale.setlocale(locale.LC_NUMERIC, "")
        return str(locale.localeconv()["decimal_point"])
    except locale.Error:
        return "."
    finally:
        locale.setlocale(locale.LC_NUMERIC, "C")


def age(seconds: float) -> str:
    """An age in whole minutes, hours or days: "<1m", "11m", "2h", "3d"."""
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 1:
        return "<1m"
    if minutes < 120:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // 1440}d"


def grain(seconds: float) -> str:
    """How long ago, coarser as it grows."""
    if seconds < 10:
        return f"{int(max(0.0, seconds))} s"
    return f"{int(seconds // 10) * 10} s" if seconds < 60 else age(seconds)


@lru_cache(maxsize=8)
def zone(name: str) -> dt.tzinfo:
    """The time zone of that name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return dt.UTC


def local(moment: float, tz: str) -> dt.datetime:
    """A moment in the site's zone."""
    return dt.datetime.fromtimestamp(moment, zone(tz))


def hour_minute(moment: float, tz: str) -> str:
    """ "10:52"."""
    return local(moment, tz).strftime("%H:%M")


def day_clock(moment: float, tz: str) -> str:
    """ "Tue 24 Jun 10:52"."""
    stamp = local(moment, tz)
    return f"{stamp:%a} {stamp.day} {stamp:%b %H:%M}"


def as_of(moment: float, now: float, tz: str) -> str:
    """A past moment: "Tue 24 Jun 03:40", with seconds and the year where they matter.

    The last moment before a full minute is that minute, at the end of a day "24:00".
    """
    stamp = local(moment, tz)
    if stamp.microsecond >= 999_000:
        stamp = (stamp.astimezone(dt.UTC) + dt.timedelta(microseconds=1_000)).astimezone(zone(tz))
        last = (stamp.hour, stamp.minute, stamp.second) == (0, 0, 0)
    else:
        last = False
    if last:
        stamp -= dt.timedelta(days=1)
    clock = "24:00" if last else f"{stamp:%H:%M:%S}" if stamp.second else f"{stamp:%H:%M}"
    year = f" {stamp.year}" if stamp.year != local(now, tz).year else ""
    return f"{stamp:%a} {stamp.day} {stamp:%b}{year} {clock}"


def since(moment: float | None, now: float, tz: str) -> str:
    """When something began, seen from now: "10:41" today, "Mon 10:41" within the week, "3 Jun", "24 Jun 13"."""
    if moment is None:
        return NONE
    stamp, today = local(moment, tz), local(now, tz)
    if stamp.date() == today.date():
        return stamp.strftime("%H:%M")
    if 0 <= (today.date() - stamp.date()).days < 7:
        return stamp.strftime("%a %H:%M")
    if stamp.year == today.year:
        return f"{stamp.day} {stamp:%b}"
    return f"{stamp.day} {stamp:%b %y}"


def span(start: float | None, end: float | None, tz: str) -> str:
    """A stretch of time: "06:00–10:52", with the days where they differ."""
    if start is None or end is None:
        return ""
    first, last = local(start, tz), local(end, tz)
    if first.date() == last.date():
        return f"{first:%H:%M}–{last:%H:%M}"
    if (first.hour, first.minute, last.hour, last.minute) == (0, 0, 0, 0):
        return f"{first.day} {first:%b} – {last.day} {last:%b %Y}"
    return f"{first.day} {first:%b %H:%M} – {last.day} {last:%b %H:%M}"


def value_text(value: object) -> str:
    """A cell of a table as text; moments without a useless fraction, "–" for none."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value == int(value) if math.isfinite(value) else False:
            return str(int(value)) if abs(value) < 1e15 else repr(value)
        return f"{value:.10g}"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "milliseconds" if value.microsecond else "seconds")
    return str(value)
