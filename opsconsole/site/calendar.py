"""Time as a site lives it: shifts across midnight, local days of 23 and 25 hours, windows and their comparisons.

Pure: "now" comes in as an argument. All moments are aware; what is returned is in UTC, where later is always
greater. A window's rows are those with start <= event time <= end while it still runs (`end` is now then), and with
start < event time <= end when it is a moving one.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import NamedTuple
from zoneinfo import ZoneInfo

from opsconsole.site.model import Shift, Site, Window

BEGINNING = dt.datetime(1, 1, 3, tzinfo=dt.UTC)  # two days clear of the edge, so that it can be shown in any zone
DAY = dt.timedelta(days=1)
STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200),
    *(86400, 7 * 86400, 28 * 86400, 91 * 86400, 364 * 86400, 3640 * 86400),
)


class ShiftSpan(NamedTuple):
    """One working of a shift, UTC."""

    name: str
    start: dt.datetime
    end: dt.datetime


class Buckets(NamedTuple):
    """Stretches of equal length that cover a window: edge i to edge i + 1. `step` is in seconds.

    Buckets of days and more follow the local day, so that one may last an hour less or more than `step`.
    """

    step: float
    edges: list[dt.datetime]


def zone(site: Site) -> ZoneInfo:
    """The site's zone."""
    return ZoneInfo(site.timezone)


def utc(date: dt.date, time: dt.time, tz: ZoneInfo) -> dt.datetime:
    """A local time in UTC. One that a clock change skips is as if the clocks had not moved; of two the first counts."""
    return dt.datetime.combine(date, time, tz).astimezone(dt.UTC)


def day_start(date: dt.date, tz: ZoneInfo) -> dt.datetime:
    """The first moment of a local day."""
    return utc(date, dt.time(), tz)


# --- shifts ----------------------------------------------------------------------------------------------------


def shift_on(shift: Shift, date: dt.date, tz: ZoneInfo) -> ShiftSpan:
    """The working of a shift that begins on a local date."""
    ends = date + DAY if shift.end <= shift.start else date
    return ShiftSpan(shift.name, utc(date, shift.start, tz), utc(ends, shift.end, tz))


def _spans(site: Site, moment: dt.datetime) -> list[tuple[Shift, dt.date, ShiftSpan]]:
    """Workings of shifts that began at or before a moment, from two days before it, by start."""
    tz = zone(site)
    today = moment.astimezone(tz).date()
    days = [today + dt.timedelta(days=offset) for offset in (-2, -1, 0, 1)]
    found = [(shift, date, shift_on(shift, date, tz)) for date in days for shift in site.shifts]
    begun = [entry for entry in found if entry[2].start <= moment and entry[2].start < entry[2].end]
    return sorted(begun, key=lambda entry: (entry[2].start, entry[2].end))


def _current(site: Site, moment: dt.datetime) -> tuple[Shift, dt.date, ShiftSpan] | None:
    """The shift that runs at a moment (of two the later begun), else the one that ended last."""
    begun = _spans(site, moment)
    running = [entry for entry in begun if moment < entry[2].end]
    if running:
        return running[-1]
    return max(begun, key=lambda entry: entry[2].end, default=None)


def shift_at(site: Site, moment: dt.datetime) -> ShiftSpan | None:
    """The shift that runs at a moment; where shifts overlap, the one that began last. None between shifts."""
    current = _current(site, moment)
    return current[2] if current is not None and moment < current[2].end else None


# --- windows ---------------------------------------------------------------------------------------------------


def window_bounds(window: Window, now: dt.datetime, site: Site) -> tuple[dt.datetime, dt.datetime]:
    """Where the window that runs now begins, and where it ends: now.

    Between two shifts a window of kind `shift` is the whole of the last one. `all` begins at `BEGINNING`.
    """
    now = now.astimezone(dt.UTC)
    if window.kind == "all":
        return BEGINNING, now
    if window.kind == "moving":
        return _back(now, window.seconds), now
    if window.kind == "shift":
        current = _current(site, now)
        if current is not None:
            return current[2].start, min(current[2].end, now)
    return _period(window, now, zone(site))[1], now


def previous_bounds(window: Window, now: dt.datetime, site: Site) -> tuple[dt.datetime, dt.datetime, str] | None:
    """The stretch to compare the present window with, up to the same point in it, and what to call it.

    A shift is compared with the same shift a day before, by time worked; days, weeks and months up to the same
    local time of day. None for `all`, which has nothing before it.
    """
    now = now.astimezone(dt.UTC)
    if window.kind == "all":
        return None
    if window.kind == "moving":
        start = _back(now, window.seconds)
        return _back(start, window.seconds), start, f"{window} before"
    if window.kind == "shift":
        current = _current(site, now)
        if current is not None:
            shift, date, span = current
            before = shift_on(shift, date - DAY, zone(site))
            worked = min(now, span.end) - span.start
            over = now >= span.end
            end = before.end if over else min(before.end, before.start + worked)
            return before.start, end, f"{shift.name} the day before"
    return _previous_period(window, now, zone(site))


def _back(moment: dt.datetime, seconds: float) -> dt.datetime:
    room = (moment - BEGINNING).total_seconds()
    return moment - dt.timedelta(seconds=seconds) if seconds < room else BEGINNING


def _first_day(window: Window) -> Callable[[dt.date], dt.date]:
    """What takes a date to the first day of its period."""
    if window.kind == "week":
        return lambda date: date - dt.timedelta(days=date.weekday())
    if window.kind == "month":
        return lambda date: date.replace(day=1)
    return lambda date: date


def _period(window: Window, now: dt.datetime, tz: ZoneInfo) -> tuple[dt.date, dt.datetime]:
    """The first date and the first moment of the period that runs now.

    Clocks set back across midnight bring a date twice; the period that began last holds.
    """
    first = _first_day(window)
    today = now.astimezone(tz).date()
    begun = [(day_start(date, tz), date) for date in (first(today - DAY), first(today), first(today + DAY))]
    start, date = max(entry for entry in begun if entry[0] <= now)
    return date, start


_BEFORE = {"day": "yesterday", "week": "last week", "month": "last month"}


def _previous_period(window: Window, now: dt.datetime, tz: ZoneInfo) -> tuple[dt.datetime, dt.datetime, str]:
    date, start = _period(window, now, tz)
    before = _first_day(window)(date - DAY)
    before_start = day_start(before, tz)
    local = now.astimezone(tz)
    point = utc(before + (local.date() - date), local.time(), tz)
    end = min(max(point, before_start), start)
    return before_start, end, _BEFORE.get(window.kind, "the day before")


# --- buckets ---------------------------------------------------------------------------------------------------


def buckets(start: dt.datetime, end: dt.datetime, count_hint: int, tz: dt.tzinfo = dt.UTC) -> Buckets:
    """At most `count_hint` buckets (but at least one) of a round length that cover start to end.

    They lie on the local clock (whole hours, whole days), so that they stay where they are while time passes; the
    first may begin before `start` and the last end after `end`.
    """
    start, end = start.astimezone(dt.UTC), max(start, end).astimezone(dt.UTC)
    for step in STEPS:
        if (end - start).total_seconds() / step > count_hint and step != STEPS[-1]:
            continue
        edges = _edges(start, end, step, tz)
        if len(edges) - 1 <= max(count_hint, 1) or step == STEPS[-1]:
            break
    return Buckets(float(step), edges)


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
