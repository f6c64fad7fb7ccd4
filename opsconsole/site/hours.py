"""The hours in which something applies: shifts by name, or working time. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from opsconsole.site.localtime import DAY, zone
from opsconsole.site.model import Site
from opsconsole.site.rule_times import WORKING
from opsconsole.site.shifts import run_on
from opsconsole.site.working import working_on


def applies(site: Site, during: Collection[str], moment: dt.datetime) -> bool:
    """Whether a moment lies in one of the shifts, or in working time; without any it always does.

    A shift begins with its first moment; that in which it ends is no longer in it. Breaks are part of a shift, but not
    of working time.
    """
    if not during:
        return True
    tz = zone(site)
    today = moment.astimezone(tz).date()
    dates = (today - 2 * DAY, today - DAY, today, today + DAY)
    named = [shift for shift in site.shifts if shift.name in during]
    for date in dates:
        runs = [run for shift in named if (run := run_on(site, shift, date, tz)) is not None]
        if any(run.span.start <= moment < run.span.end for run in runs):
            return True
    if WORKING not in during:
        return False
    return any(start <= moment < end for date in dates for start, end in working_on(site, date, tz))


def edges(site: Site, during: Collection[str], first: float, last: float) -> list[float]:
    """Where hours may begin or end between two moments (s since the epoch), in order."""
    tz = zone(site)
    date = dt.datetime.fromtimestamp(first, tz).date() - 2 * DAY
    end = dt.datetime.fromtimestamp(last, tz).date() + DAY
    found: set[float] = set()
    named = [shift for shift in site.shifts if shift.name in during]
    while date <= end:
        runs = [run for shift in named if (run := run_on(site, shift, date, tz)) is not None]
        spans = [(run.span.start, run.span.end) for run in runs]
        spans += working_on(site, date, tz) if WORKING in during else []
        found |= {edge.timestamp() for span in spans for edge in span}
        date += DAY
    return sorted(edge for edge in found if first <= edge <= last)
