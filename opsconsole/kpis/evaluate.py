"""All KPIs of a site at one moment of site time, in as few scans as possible.

What a value is when there are no rows (missing is not zero):

* An expression that gives NULL for no rows (sum, avg, a ratio) has no value then: `nodata`, with the reason.
* One that gives a number for no rows (count(*)) means it: nothing happened. That is believed as long as the source
  has delivered anything since the stretch before began (for windows of all rows: anything at all). A source whose
  newest row is older than that is missing, not zero.
* A bucket of the trend or a grid without rows is such a zero only between the source's first and last row; before
  and after there is nothing to know. A member that had rows in the stretch before and has none now counts likewise.
* A stretch before that the source's rows do not reach back to is not compared with: half a day's count is no
  yesterday. A twentieth of the stretch may be missing, as days seldom begin with an event at midnight.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.extent import Extent, Extents
from opsconsole.kpis.gather import Frame, Picked, Wanted, gather
from opsconsole.kpis.limits import LimitBook, Limits
from opsconsole.kpis.measures import Heat, Measure, Measures, Split
from opsconsole.kpis.scan import Cursor, Members, Row
from opsconsole.kpis.sealed import Sealed
from opsconsole.kpis.span import Stretch, grid_buckets, span_of, trend_buckets
from opsconsole.kpis.status import Status, badness, status_of
from opsconsole.kpis.targets import books_of, without_limits
from opsconsole.kpis.words import leader
from opsconsole.site.calendar import Buckets, shift_at
from opsconsole.site.model import Site, Window

# Clear of the ends of the calendar, where a trend's buckets could not be told; stray stamps are not in it then.
_EARLIEST = dt.datetime(2, 1, 1, tzinfo=dt.UTC)
_LATEST = dt.datetime(9900, 1, 1, tzinfo=dt.UTC)


def evaluate(
    cursor: Cursor,
    binding: Binding,
    now: dt.datetime,
    until: dt.datetime | None = None,
    sealed: Sealed | None = None,
) -> Measures:
    """The figures of every KPI at `now` (aware, site time); of a past moment give it as `until` too.

    Of a past moment they are what is known today of the rows up to that moment, and what a source has delivered is
    judged by them. With `sealed` long windows are answered from states of days.

    Never raises for the data: a KPI whose expression fails on it has no value, and its `reason` says why. In a
    transaction all are of one version of the data: where one failed and so ended it, the others are computed again.
    """
    failing: dict[str, str] = {}
    sources: dict[str, str] = {}
    while True:
        known = len(failing) + len(sources)
        found = _evaluate(cursor, binding, now, until, sealed, failing, sources)
        if len(failing) + len(sources) == known:
            return found


def _evaluate(
    cursor: Cursor,
    binding: Binding,
    now: dt.datetime,
    until: dt.datetime | None,
    sealed: Sealed | None,
    failing: dict[str, str],
    sources: dict[str, str],
) -> Measures:
    """Once, without the KPIs and the sources that are known to fail; both grow with those that do."""
    extents = Extents(cursor, binding, until, sources)
    books = books_of(cursor, binding, now, sources)
    failing |= without_limits(binding, sources)
    groups: dict[tuple[Window, bool, tuple[str, ...]], list[BoundKpi]] = {}
    for kpi in binding.kpis.values():
        window = kpi.kpi.window if kpi.windowed else Window()
        # Windows of all rows are as long as their source is: their buckets cannot be shared.
        groups.setdefault((window, kpi.timed, () if kpi.windowed else kpi.sources), []).append(kpi)
    measured: dict[str, Measure] = {}
    grids: dict[tuple[str, str], Heat] = {}
    for kpis in groups.values():
        names = {kpi.kpi.name for kpi in kpis}
        shown = {name: tuple(by for kpi, by in binding.grids if kpi == name) for name in names}
        frame = frame_of(kpis[0], binding, now, extents, until, grids=any(shown.values()))
        wanted = [Wanted(kpi, ((), *((by,) for by in kpi.by)), shown[kpi.kpi.name]) for kpi in kpis]
        for name, pick in gather(cursor, binding, wanted, frame, extents, failing, sealed).items():
            if isinstance(pick, str):
                measured[name] = Measure(name=name, status="nodata", reason=pick, limits=books[name].at({}))
                continue
            figures = Figures(binding.kpis[name], pick, frame, books[name], binding.site)
            measured[name] = figures.measure()
            grids |= {(name, by): figures.heat(by, frame.grid) for by in shown[name] if frame.grid is not None}
    for name, card in binding.site.kpis.items():
        if name not in measured:
            reason = binding.waiting.get(name) or binding.broken.get(name, "")
            measured[name] = Measure(name=name, status="nodata", reason=reason, limits=LimitBook(card).at({}))
    return Measures(
        at=now.timestamp(),
        kpis={name: measured[name] for name in binding.site.kpis},
        grids=[grids[pair] for pair in binding.grids if pair in grids],
    )


def frame_of(
    kpi: BoundKpi,
    binding: Binding,
    now: dt.datetime,
    extents: Extents,
    until: dt.datetime | None = None,
    *,
    filters: Mapping[str, str | None] | None = None,
    grids: bool = False,
) -> Frame:
    """What to ask for a KPI's window at a moment, with a trend; with buckets for grids where these are shown."""
    window = kpi.kpi.window if kpi.windowed else Window()
    span = span_of(window, kpi.timed, now, binding.site, until)
    stretch = span.now
    extent = extents.common(kpi.sources)
    if stretch is None and kpi.timed and extent.first is not None and extent.last is not None:
        low, high = max(extent.first, _EARLIEST), min(extent.last, _LATEST)
        stretch = Stretch(low, max(low, high), after_start=False, to_end=True)
    return Frame(
        span=span,
        trend=trend_buckets(window, stretch, binding.site) if stretch is not None else None,
        grid=grid_buckets(window, stretch, binding.site) if stretch is not None and grids else None,
        filters=dict(filters or {}),
    )


class Figures:
    """One KPI's figures, made of what was found for it."""

    def __init__(self, kpi: BoundKpi, picked: Picked, frame: Frame, book: LimitBook, site: Site) -> None:
        self.kpi = kpi
        self.index = picked.value
        self.picked = picked
        self.frame = frame
        self.span = frame.span
        self.found = picked.found
        self.extent: Extent = picked.extent
        self.empty = picked.empty
        self.comparable = self.span.before is not None and self.extent.reaches_back(self.span.before)
        self._book = book
        self._site = site
        self._shift = _shift(site, self.span.now)

    def limits(self, labels: Mapping[str, str | None], row: Row | None = None, shift: str | None = None) -> Limits:
        """The limits of a group: those of the members chosen on the way and of its own, and what its rows give."""
        computed = {name: row.values[at] for name, at in self.picked.limits.items()} if row is not None else {}
        return self._book.at({**self.frame.filters, **labels}, shift or self._shift, computed)

    def status(self, limits: Limits, row: Row | None, value: float | None) -> Status:
        """How a group's value stands; rows that give none are another thing than no rows."""
        return "novalue" if value is None and row is not None else status_of(limits, value)

    def measure(self) -> Measure:
        span, kpi = self.span, self.kpi.kpi
        whole = self.found.now.get((), {}).get(())
        limits = self.limits({}, whole)
        value = self.of(whole)
        previous = self.before((), ())
        splits = {name: self.split(name) for name in self.kpi.by}
        ratio = self.kpi.parts.terms[0] if self.picked.denominator is not None else None
        return Measure(
            name=kpi.name,
            status=self.status(limits, whole, value),
            value=value,
            start=span.now.start.timestamp() if span.now is not None else None,
            end=span.now.end.timestamp() if span.now is not None else None,
            previous=previous,
            previous_label=span.before_label if previous is not None else "",
            change=value - previous if value is not None and previous is not None else None,
            trend=self.trend(self.frame.trend) if self.frame.trend is not None else [],
            trend_start=self.frame.trend.edges[0].timestamp() if self.frame.trend is not None else None,
            trend_step=self.frame.trend.step if self.frame.trend is not None else 0.0,
            rows=whole.rows if whole is not None else 0,
            partial=span.now is not None and value is not None and not self.extent.reaches_back(span.now),
            reason="" if value is not None else self.reason(whole),
            leader=leader(kpi, next(iter(splits.values()), None), limits),
            splits=splits,
            limits=limits,
            numerator=_at(whole, self.picked.numerator),
            denominator=_at(whole, self.picked.denominator),
            over=ratio.numerator if ratio is not None else "",
            under=ratio.denominator or "" if ratio is not None else "",
            sources=self.kpi.sources,
        )

    def of(self, row: Row | None) -> float | None:
        """A group's value; a group without rows has what the expression means by none."""
        return row.values[self.index] if row is not None else self.empty

    def before(self, split: tuple[str, ...], members: Members) -> float | None:
        """The value of the stretch before, where there is one to compare with."""
        if not self.comparable or self.span.before is None:
            return None
        row = self.found.before.get(split, {}).get(members)
        if row is not None:
            return row.values[self.index]
        return self.picked.zero if self.extent.followed(self.span.before) else None

    def reason(self, whole: Row | None) -> str:
        """Why there is no value, in a few words."""
        if self.extent.rows == 0:
            return "no rows yet"
        if whole is not None:
            return f"no value from {whole.rows} rows" if whole.rows > 1 else "no value from 1 row"
        if self.span.now is None:
            return "no rows meet the filter"
        return "no rows in the window"

    def split(self, name: str) -> Split:
        """The KPI by one dimension, worst first, then by name."""
        now = self.found.now.get((name,), {})
        keys = list(now)
        total = self.found.members.get((name,), 0)
        if self.empty is not None and total <= len(now):
            gone = [key for key in self.found.before.get((name,), {}) if key not in now]
            keys += gone
            total += len(gone)
        whole = self.limits({})
        keys.sort(key=lambda key: (-badness(whole, self.of(now.get(key))), key[0] is None, key[0] or ""))
        values = [self.of(now.get(key)) for key in keys]
        return Split(
            kpi=self.kpi.kpi.name,
            by=name,
            members=[key[0] for key in keys],
            values=values,
            previous=[self.before((name,), key) for key in keys],
            rows=[now[key].rows if key in now else 0 for key in keys],
            statuses=[
                self.status(self.limits({name: key[0]}, now.get(key)), now.get(key), value)
                for key, value in zip(keys, values, strict=True)
            ],
            total=total,
        )

    def trend(self, buckets: Buckets) -> list[float | None]:
        known = self.extent.known(self.picked.zero, buckets)
        return [
            self.found.trend[index].values[self.index] if index in self.found.trend else empty
            for index, empty in enumerate(known)
        ]

    def heat(self, name: str, buckets: Buckets) -> Heat:
        """The KPI by a dimension and by time, members as in the breakdown."""
        cells = self.found.grids.get(name, {})
        members = self.split(name).members
        known = self.extent.known(self.picked.zero, buckets)
        edges = buckets.edges[:-1]
        shifts: list[str | None] = [None] * len(edges)
        if self._book.by_shift:
            shifts = [_shift(self._site, Stretch(edge, edge, after_start=False, to_end=True)) for edge in edges]
        values: list[list[float | None]] = []
        statuses: list[list[Status]] = []
        for member in members:
            rows = [cells.get((member, index)) for index in range(len(known))]
            line = [row.values[self.index] if row is not None else known[at] for at, row in enumerate(rows)]
            limits = [self.limits({name: member}, row, shifts[at]) for at, row in enumerate(rows)]
            values.append(line)
            statuses.append([self.status(limits[at], row, line[at]) for at, row in enumerate(rows)])
        return Heat(
            kpi=self.kpi.kpi.name,
            by=name,
            members=members,
            starts=[edge.timestamp() for edge in edges],
            step=buckets.step,
            values=values,
            statuses=statuses,
        )


def _shift(site: Site, stretch: Stretch | None) -> str | None:
    """The shift that a stretch ends in; at the very end of one it is still that one."""
    if stretch is None:
        return None
    inside = max(stretch.start, stretch.end - dt.timedelta(microseconds=1))
    shift = shift_at(site, inside)
    return shift.name if shift is not None else None


def _at(row: Row | None, place: int | None) -> float | None:
    return row.values[place] if row is not None and place is not None else None
