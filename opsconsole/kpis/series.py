"""A KPI over time: one scan of a stretch, cut into as many buckets as a chart has room for."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from msgspec import Struct

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.evaluate import Figures
from opsconsole.kpis.extent import Extents
from opsconsole.kpis.gather import Frame, Wanted, gather
from opsconsole.kpis.nodes import bound_kpi
from opsconsole.kpis.ranged import cut_off, fits, level, limited
from opsconsole.kpis.scan import Cursor
from opsconsole.kpis.span import Span, Stretch
from opsconsole.kpis.status import Status
from opsconsole.kpis.targets import books_of
from opsconsole.site.calendar import buckets, shift_at, zone
from opsconsole.site.model import Window

MOST = 2_000
_TELLING = 4
"""Buckets with rows from which on it shows that rows come at set times."""


class Course(Struct, frozen=True):
    """As in `opsconsole.engine.kpi_messages.Series`; moments are seconds since the epoch."""

    kpi: str
    edges: list[float]
    values: list[float | None]
    rows: list[int]
    statuses: list[Status]
    step: float
    partial: list[int]
    judged: str = ""
    first: float | None = None
    last: float | None = None


def _apart(filled: list[int]) -> int:
    """How many buckets lie at least from one with rows to the next; 1 where there are too few to tell."""
    if len(filled) < _TELLING:
        return 1
    return min(later - earlier for earlier, later in pairwise(sorted(filled)))


def series(
    cursor: Cursor,
    binding: Binding,
    kpi: str,
    where: dict[str, str | None],
    now: dt.datetime,
    start: dt.datetime,
    end: dt.datetime,
    most: int,
    until: dt.datetime | None = None,
) -> Course:
    """A KPI from `start` to before `end`, as far as that has come at `now`, among the rows of chosen members.

    At most `most` buckets; fewer where rows come by the hour, say, and shorter ones would have none in between.
    `until` is `now` where that is a past moment. Raises LookupError for an unknown KPI or
    dimension, ValueError for a KPI without times and where the expression fails on the data.
    """
    bound = bound_kpi(binding, kpi)
    if not bound.timed:
        raise ValueError("its rows have no times: it has no course over time")
    extents = Extents(cursor, binding, until)
    stop = cut_off(start, end, now)
    span = Span(Stretch(start, stop, after_start=False, to_end=False), until=until)
    most = max(1, min(most, MOST))
    while True:
        found = buckets(start, min(stop, now.astimezone(dt.UTC)), most, zone(binding.site))
        frame = Frame(span, trend=found, filters=dict(where))
        picked = gather(cursor, binding, [Wanted(bound)], frame, extents)[kpi]
        if isinstance(picked, str):
            raise ValueError(f"{bound.kpi.title or kpi} has no value: {picked}")
        # what lies on the last edge is in the last bucket, so that this one tells nothing
        apart = _apart([at for at in picked.found.trend if at < len(found.edges) - 2])
        if apart == 1 or most == 1:
            break
        most = max(1, len(found.edges) // apart)
    figures = Figures(bound, picked, frame, books_of(cursor, binding, now)[kpi], binding.site)
    values = figures.trend(found)
    rows = [picked.found.trend.get(at) for at in range(len(values))]
    stretches = list(pairwise(found.edges))
    own, steady = bound.kpi.window, level(bound)
    statuses: list[Status] = []
    judged = 0
    for at, (first, last) in enumerate(stretches):
        if not (steady or fits(own, Window("range", start=first, end=last), binding.site)):
            statuses.append("nolimit" if values[at] is not None else "nodata")
            continue
        judged += 1
        shift = shift_at(binding.site, first)
        limits = figures.limits({}, rows[at], shift.name if shift is not None else None)
        statuses.append(figures.status(limits, rows[at], values[at]))
    extent = picked.extent
    inside = [each for each in (start, stop, extent.first) if each is not None]
    return Course(
        kpi=kpi,
        edges=[edge.timestamp() for edge in found.edges],
        values=values,
        rows=[row.rows if row is not None else 0 for row in rows],
        statuses=statuses,
        step=found.step,
        partial=[at for at, (first, last) in enumerate(stretches) if any(first < each < last for each in inside)],
        judged="" if judged or not limited(bound) else f"not judged: the limits are for {own}",
        first=extent.first.timestamp() if extent.first is not None else None,
        last=extent.last.timestamp() if extent.last is not None else None,
    )
