"""At which stretches of the past a KPI is looked at as a series of points: for control charts, forecasts, anomalies.

Points that must not share rows (`apart`) follow each other: of a moving window they are as long as the window, or an
hour where the value does not grow with the length; of calendar windows they are its whole periods. Points as the screen
showed them (`rolling`) are of a moving window at steps of about a sixth of it, each over the whole window.
"""

from __future__ import annotations

import datetime as dt
from itertools import chain

from msgspec import Struct

from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.ranged import level
from opsconsole.site.buckets import STEPS, regular
from opsconsole.site.calendar import current_run, first_day, period_of, zone
from opsconsole.site.localtime import DAY, day_start
from opsconsole.site.model import Site, Window
from opsconsole.site.shifts import runs_before

_HOUR = 3600.0
_DAY = 86_400.0
_LOOKS = 6
_PERIODS = ("day", "week", "month", "quarter", "year")


class Stretches(Struct, frozen=True):
    """`count` stretches of event time from `starts[i]` to before `ends[i]` (aware UTC), in order, without overlap.

    A point is the value over the last `width` stretches up to its own: 1 unless the points are rolling. `step`: seconds
    from one to the next (of periods: on average).
    """

    starts: list[dt.datetime]
    ends: list[dt.datetime]
    step: float
    width: int = 1

    @property
    def count(self) -> int:
        """How many."""
        return len(self.starts)


def apart(binding: Binding, kpi: BoundKpi, now: dt.datetime, count: int, every: float | None = None) -> Stretches:
    """The last `count` whole stretches before `now` that share no rows; `every`: seconds, in place of the default."""
    window = kpi.kpi.window
    if every is None and window.kind in _PERIODS:
        return _periods(binding.site, window, now, count)
    if every is None and window.kind == "shift" and binding.site.shifts:
        return _shifts(binding.site, now, count)
    own = window.seconds if window.kind in ("moving", "working") else _DAY
    if every is None:
        every = min(own, _HOUR) if level(kpi) else own
    return _regular(binding.site, now, count, every)


def rolling(binding: Binding, kpi: BoundKpi, now: dt.datetime, count: int, every: float | None = None) -> Stretches:
    """The last `count` points as the screen showed the KPI.

    Where its rows last, or its window does not move, the points are those of `apart`.
    """
    window = kpi.kpi.window
    lasts = any(source in binding.until for source in kpi.sources)
    if window.kind != "moving" or lasts or kpi.kpi.cumulative:
        return apart(binding, kpi, now, count, every)
    step = every if every is not None else _look(window.seconds)
    width = max(1, round(window.seconds / step))
    found = _regular(binding.site, now, count, window.seconds / width)
    return Stretches(found.starts, found.ends, found.step, width)


def _look(seconds: float) -> float:
    """The longest round step, of which there are at least six in a window and which divides it."""
    fit = [step for step in STEPS if step >= 1 and step * _LOOKS <= seconds and seconds % step == 0]
    return float(max(fit, default=seconds / _LOOKS))


def _regular(site: Site, now: dt.datetime, count: int, step: float) -> Stretches:
    edges = regular(now, count, step, zone(site))
    return Stretches(edges[:-1], edges[1:], step)


def _periods(site: Site, window: Window, now: dt.datetime, count: int) -> Stretches:
    tz = zone(site)
    date, end = period_of(window, now.astimezone(dt.UTC), tz)
    edges = [end]
    while len(edges) <= count:
        date = first_day(window, date - DAY)
        edges.insert(0, day_start(date, tz))
    step = (edges[-1] - edges[0]).total_seconds() / max(1, count)
    return Stretches(edges[:-1], edges[1:], step)


def _shifts(site: Site, now: dt.datetime, count: int) -> Stretches:
    """The last workings of shifts that are over; of shifts that overlap the later."""
    spans: list[tuple[dt.datetime, dt.datetime]] = []
    run = current_run(site, now)
    for each in chain([run], runs_before(site, run)) if run is not None else ():
        start, end = each.span.start, each.span.end
        if end <= now and (not spans or end <= spans[0][0]):
            spans.insert(0, (start, end))
        if len(spans) == count:
            break
    step = (spans[-1][1] - spans[0][0]).total_seconds() / len(spans) if spans else _DAY
    return Stretches([start for start, _ in spans], [end for _, end in spans], step)
