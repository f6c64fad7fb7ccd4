"""The periods that a window is compared with, each up to the point that the running one has come to.

Pure: "now" comes in as an argument; all moments come out in UTC. A period belongs to a window as `window_bounds` says:
its rows are start <= event time < end, those of a moving window start < event time <= end.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from opsconsole.site.calendar import previous_bounds, shift_at, utc, window_bounds, zone
from opsconsole.site.model import Site, Window

BEFORE, DAY, WEEK = "before", "day", "week"


class Period(NamedTuple):
    """An earlier period, UTC: from `start` to `end`, the point in it where the running one is now.

    `whole_end` is where it ended as a whole (at or after `end`). `label` is for people.
    """

    start: dt.datetime
    end: dt.datetime
    label: str
    whole_end: dt.datetime


def comparisons(window: Window, now: dt.datetime, site: Site) -> dict[str, Period]:
    """What the present window is compared with, by the kind of comparison; those that there are, in this order:

    * `before`: the period before (what tiles show),
    * `day`: the same shift or period yesterday; of moving windows the same stretch a day earlier by the local clock,
    * `week`: the same shift or day last week; of moving windows the same stretch a week earlier.

    A comparison that is the same stretch as one named before is left out. Empty for `all`.
    """
    found: dict[str, Period] = {}
    before = previous_bounds(window, now, site)
    if before is None:
        return found
    found[BEFORE] = Period(before[0], before[1], before[2], before[1])
    start, end = window_bounds(window, now, site)
    tz = zone(site)
    for key, days, label in ((DAY, 1, "a day earlier"), (WEEK, 7, "a week earlier")):
        first, last = (
            utc(each.astimezone(tz).date() - dt.timedelta(days), each.astimezone(tz).time(), tz)
            for each in (start, end)
        )
        if window.kind in ("moving", "working", "shift", "day") and first != found[BEFORE].start:
            found[key] = Period(first, last, label, last)
    return found


def like(window: Window, now: dt.datetime, site: Site, n: int) -> list[Period]:
    """The last `n` periods like the present one, the newest first; fewer near the beginning of time, none for `all`.

    Of a shift its last workings; of a day the last days that are working days as today is one or is none; of a week,
    month, quarter or year the last ones; of a moving window of at most a day the same local stretch on the days
    before, of a longer one the windows before.
    """
    found: list[Period] = []
    while len(found) < n:
        before = previous_bounds(window, now, site)
        if before is None or before[0] >= before[1]:
            break
        found.append(Period(before[0], before[1], before[2], before[1]))
        now = before[1]
    return found


def shift_ends(site: Site, now: dt.datetime, n: int = 9) -> list[dt.datetime]:
    """When the last `n` shifts that are over ended, the newest first; empty for a site without shifts."""
    found: list[dt.datetime] = []
    running = shift_at(site, now)
    probe = running.start if running is not None else now
    while site.shifts and len(found) < n:
        probe -= dt.timedelta(microseconds=1)
        start, end = window_bounds(Window("shift"), probe, site)
        span = shift_at(site, probe)
        found.append(min(span.end if span is not None else end, now))
        if start >= probe:
            break
        probe = start
    return found
