"""The stretch of event time that a KPI covers now, as bounds and as SQL conditions on `_time`.

A moving or working window is (start, end]: rows exactly as old as the window no longer belong to it. A shift, day or
longer period is [start, end]: it begins with the first moment of the period. A range that a person looks at is
[start, end), so that what stands beside it begins where it ends. The stretch it is compared with is open
or closed likewise, but for the end of a whole period, so that no row is in both.
"""

from __future__ import annotations

import datetime as dt
import math
from itertools import pairwise

from msgspec import Struct

from opsconsole.site.buckets import MONTH
from opsconsole.site.calendar import MOVING, Buckets, buckets, window_bounds, window_end, zone
from opsconsole.site.model import Site, Window
from opsconsole.site.periods import Period, comparisons

TREND_BUCKETS = 32
GRID_BUCKETS = 48
_HOUR = 3600.0
_INSTANT = dt.timedelta(microseconds=1)


class Stretch(Struct, frozen=True):
    """Event times between two moments; which of them belong to it is part of it."""

    start: dt.datetime
    end: dt.datetime
    after_start: bool
    to_end: bool

    @property
    def sql(self) -> str:
        """The condition that a row's `_time` lies in the stretch."""
        low = ">" if self.after_start else ">="
        high = "<=" if self.to_end else "<"
        return f"_time {low} {moment(self.start)} AND _time {high} {moment(self.end)}"

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start).total_seconds()


class Span(Struct, frozen=True):
    """What a window covers now, and what it is compared with. `now` is None for all rows, whenever they were.

    `until`: a past moment is looked at, and of all rows those up to it are meant; rows without a time are not. `at`:
    the moment that is looked at where there is no window, up to which rows last that have no end.
    """

    now: Stretch | None = None
    before: Stretch | None = None
    before_label: str = ""
    until: dt.datetime | None = None
    at: dt.datetime | None = None

    @property
    def sql(self) -> str:
        """The condition that a row's `_time` lies in one of the two; "true" where all rows are meant."""
        if self.now is None:
            return "true" if self.until is None else f"_time <= {moment(self.until)}"
        if self.before is None:
            return self.now.sql
        # The outer bounds are said once more by themselves: zone maps cannot make use of an OR.
        low, high = min(self.now.start, self.before.start), max(self.now.end, self.before.end)
        outer = f"_time >= {moment(low)} AND _time <= {moment(high)}"
        return f"{outer} AND (({self.now.sql}) OR ({self.before.sql}))"


def span_of(window: Window, timed: bool, now: dt.datetime, site: Site, until: dt.datetime | None = None) -> Span:
    """The span of a window at a moment of site time; sources without a time column always give all rows.

    `until` is that moment where it is a past one: then rows that came to pass after it must be kept out.
    """
    if not timed:
        return Span()
    if window.kind == "all":
        return Span(until=until, at=now)
    moving = window.kind in MOVING
    start, end = window_bounds(window, now, site)
    stretch = Stretch(start, end, after_start=moving, to_end=window.kind != "range")
    earlier = next(iter(comparisons(window, now, site).values()), None)
    if earlier is None:
        return Span(stretch, until=until)
    return Span(stretch, stretch_of(window, earlier), earlier.brief or earlier.label, until)


def stretch_of(window: Window, period: Period) -> Stretch:
    """The rows of an earlier period of a window, up to the point it is compared to.

    Now itself belongs to the present one, so that point belongs to the earlier; the end of a whole period, where the
    next begins, does not.
    """
    moving = window.kind in MOVING
    return Stretch(period.start, period.end, after_start=moving, to_end=moving or period.end < period.whole_end)


def trend_buckets(window: Window, stretch: Stretch, site: Site) -> Buckets:
    """About 24 buckets of a round length; those of a moving window begin with the first whole one.

    A period that has just begun gets the buckets it will have in the end, as far as it has come.
    """
    end = max(stretch.end, window_end(window, stretch.start, site) or stretch.end)
    return _cut(_buckets(stretch, end, TREND_BUCKETS, site), window, stretch)


def grid_buckets(window: Window, stretch: Stretch, site: Site) -> Buckets:
    """Hours; longer steps for a stretch of more than two days."""
    hours = math.ceil(stretch.seconds / _HOUR)
    hint = hours + 1 if hours <= GRID_BUCKETS else GRID_BUCKETS
    return _cut(_buckets(stretch, stretch.end, max(hint, 2), site), window, stretch)


def _buckets(stretch: Stretch, end: dt.datetime, most: int, site: Site) -> Buckets:
    """The buckets of a stretch. Of months the one that begins just now is there too.

    What is reported once a month bears the first moment of it: with the clock `data` that is now, and its rows are not
    those of the month before.
    """
    found = buckets(stretch.start, end, most, zone(site))
    return found if found.step < MONTH else buckets(stretch.start, end + _INSTANT, most, zone(site))


def _cut(found: Buckets, window: Window, stretch: Stretch) -> Buckets:
    """The buckets up to the end of the stretch, without a first one that a moving window covers in part only."""
    monthly = found.step >= MONTH
    end, start = (stretch.end + _INSTANT, stretch.start + _INSTANT) if monthly else (stretch.end, stretch.start)
    begun = max(1, sum(1 for edge in found.edges[:-1] if edge < end))
    edges = found.edges[: begun + 1]
    if window.kind in MOVING and len(edges) > 2 and edges[0] < start:
        edges = edges[1:]
    return Buckets(found.step, edges)


def moment(value: dt.datetime) -> str:
    """A moment as an SQL literal in the naive UTC of `_time`."""
    return f"TIMESTAMP '{value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=' ')}'"


def bucket_sql(edges: list[dt.datetime]) -> str:
    """SQL for the number of the bucket that `_time` falls into; NULL outside. A row on the last edge is in the last."""
    inside = f"_time >= {moment(edges[0])} AND _time <= {moment(edges[-1])}"
    last = len(edges) - 2
    step = edges[1] - edges[0]
    if all(right - left == step for left, right in pairwise(edges)):
        width = round(step.total_seconds() * 1e6)
        return f"CASE WHEN {inside} THEN least((epoch_us(_time) - epoch_us({moment(edges[0])})) // {width}, {last}) END"
    branches = " ".join(f"WHEN _time < {moment(edge)} THEN {index}" for index, edge in enumerate(edges[1:-1]))
    return f"CASE WHEN {inside} THEN CASE {branches} ELSE {last} END END"
