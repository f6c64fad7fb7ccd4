"""The windows of KPIs on the site's calendar: where the one that runs now began.

Pure: "now" comes in as an argument. All moments are aware; what is returned is in UTC, where later is always
greater. A window's rows are those with start <= event time <= end while it still runs (`end` is now then), and with
start < event time <= end when it is a moving one.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from opsconsole.site.buckets import STEPS as STEPS
from opsconsole.site.buckets import Buckets as Buckets
from opsconsole.site.buckets import buckets as buckets
from opsconsole.site.localtime import BEGINNING as BEGINNING
from opsconsole.site.localtime import DAY, day_start
from opsconsole.site.localtime import utc as utc
from opsconsole.site.localtime import zone as zone
from opsconsole.site.model import Site, Window
from opsconsole.site.shifts import ShiftSpan as ShiftSpan
from opsconsole.site.shifts import current_run as current_run
from opsconsole.site.shifts import shift_at as shift_at
from opsconsole.site.working import working_back

MOVING = ("moving", "working")  # windows that end now and slide with it


def window_bounds(window: Window, now: dt.datetime, site: Site) -> tuple[dt.datetime, dt.datetime]:
    """Where the window that runs now begins, and where it ends: now.

    Between two shifts a window of kind `shift` is the whole of the last one. `all` begins at `BEGINNING`; a `range` is
    where it is, whatever the time.
    """
    now = now.astimezone(dt.UTC)
    if window.kind == "all":
        return BEGINNING, now
    if window.kind == "moving":
        return back(now, window.seconds), now
    if window.kind == "working":
        return working_back(site, now, window.seconds), now
    if window.start is not None and window.end is not None:
        return window.start, window.end
    if window.kind == "shift":
        run = current_run(site, now)
        if run is not None:
            return run.span.start, min(run.span.end, now)
    return period_of(window, now, zone(site))[1], now


def window_end(window: Window, start: dt.datetime, site: Site) -> dt.datetime | None:
    """Where the window that began at a moment will end; None for one that slides with now, or has no end."""
    if window.kind in ("all", "range") or window.kind in MOVING:
        return None
    run = current_run(site, start) if window.kind == "shift" else None
    if run is not None:
        return run.span.end
    tz = zone(site)
    return day_start(next_first_day(window, period_of(window, start, tz)[0]), tz)


def back(moment: dt.datetime, seconds: float) -> dt.datetime:
    """So many seconds before a moment, but not before `BEGINNING`."""
    room = (moment - BEGINNING).total_seconds()
    return moment - dt.timedelta(seconds=seconds) if seconds < room else BEGINNING


def first_day(window: Window, date: dt.date) -> dt.date:
    """The first day of the period that a date lies in: the date itself for days (and shifts of a site without any)."""
    if window.kind == "week":
        return date - dt.timedelta(days=date.weekday())
    if window.kind == "month":
        return date.replace(day=1)
    if window.kind == "quarter":
        return date.replace(month=date.month - (date.month - 1) % 3, day=1)
    if window.kind == "year":
        return date.replace(month=1, day=1)
    return date


def next_first_day(window: Window, date: dt.date) -> dt.date:
    """The first day of the period after the one that begins on a date."""
    longest = {"week": 7, "month": 31, "quarter": 92, "year": 366}.get(window.kind, 1)
    return first_day(window, date + dt.timedelta(days=longest))


def period_of(window: Window, now: dt.datetime, tz: ZoneInfo) -> tuple[dt.date, dt.datetime]:
    """The first date and the first moment of the period that runs now.

    Clocks set back across midnight bring a date twice; the period that began last holds.
    """
    today = now.astimezone(tz).date()
    firsts = [first_day(window, date) for date in (today - DAY, today, today + DAY)]
    start, date = max((day_start(date, tz), date) for date in firsts if day_start(date, tz) <= now)
    return date, start
