"""Working time: the working hours of a site, else the time of its shifts without breaks, else all time.

Pure: moments come in as arguments; what comes out is in UTC. Holidays have no working time, but for shifts that run on
them; a night that began the day before goes on.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from opsconsole.site.holiday import holiday_on
from opsconsole.site.localtime import BEGINNING, DAY, day_start, zone
from opsconsole.site.model import Site
from opsconsole.site.shifts import Stretch, clip, merge, run_on, runs_on, worked_stretches

_WEEK = dt.timedelta(days=7)
_FARTHEST = dt.timedelta(days=400)  # without working time for so long, there is none to be found


def working_on(site: Site, date: dt.date, tz: ZoneInfo) -> list[Stretch]:
    """The working time that begins on a local date, in order."""
    if site.working:
        runs = [run for hours in site.working if (run := run_on(site, hours, date, tz)) is not None]
    elif site.shifts:
        runs = runs_on(site, date, tz)
    else:
        return [] if holiday_on(site, date) else merge([(day_start(date, tz), day_start(date + DAY, tz))])
    return merge([stretch for run in runs for stretch in worked_stretches(run, tz)])


def is_working_day(site: Site, date: dt.date) -> bool:
    """Whether work begins on a local date."""
    return bool(working_on(site, date, zone(site)))


def working_stretches(site: Site, start: dt.datetime, end: dt.datetime) -> list[Stretch]:
    """The working time between two moments, in order."""
    tz = zone(site)
    date, last = start.astimezone(tz).date() - 2 * DAY, end.astimezone(tz).date() + DAY
    found: list[Stretch] = []
    while date <= last:
        found += working_on(site, date, tz)
        date += DAY
    return clip(merge(found), start, end)


def working_seconds(site: Site, start: dt.datetime, end: dt.datetime) -> float:
    """Seconds of working time between two moments."""
    return sum((last - first).total_seconds() for first, last in working_stretches(site, start, end))


def working_back(site: Site, end: dt.datetime, seconds: float) -> dt.datetime:
    """The latest moment from which to `end` there are so many seconds of working time.

    Where there are not so many, the moment at which looking further back was given up.
    """
    end = end.astimezone(dt.UTC)
    found = worked = end
    while found > BEGINNING + _WEEK + DAY and worked - found < _FARTHEST:
        for first, last in reversed(working_stretches(site, found - _WEEK, found)):
            length = (last - first).total_seconds()
            if length >= seconds:
                return last - dt.timedelta(seconds=seconds)
            seconds, worked = seconds - length, first
        found -= _WEEK
    return found
