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

import duckdb
from msgspec import Struct

from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.expression import ident
from opsconsole.kpis.limits import LimitBook, Limits
from opsconsole.kpis.measures import Heat, Measure, Measures, Split
from opsconsole.kpis.scan import Ask, Cursor, Found, Members, Row, scan
from opsconsole.kpis.span import Span, Stretch, grid_buckets, moment, span_of, trend_buckets
from opsconsole.kpis.status import badness, status_of
from opsconsole.kpis.words import leader
from opsconsole.site.calendar import Buckets
from opsconsole.site.model import Window

_SLACK = 0.05


class Extent(Struct, frozen=True):
    """What a source holds: how many rows, and the first and last of their times (aware; None without any)."""

    rows: int = 0
    first: dt.datetime | None = None
    last: dt.datetime | None = None

    def reaches_back(self, stretch: Stretch) -> bool:
        """Whether the rows begin early enough to cover a stretch."""
        slack = dt.timedelta(seconds=_SLACK * stretch.seconds)
        return self.first is not None and self.first <= stretch.start + slack

    def delivered(self, span: Span) -> bool:
        """Whether the source has delivered lately enough for no rows to mean that nothing happened."""
        if span.now is None:
            return self.rows > 0
        since = span.before.start if span.before is not None else span.now.start
        return self.last is not None and self.last >= since


def evaluate(cursor: Cursor, binding: Binding, now: dt.datetime, until: dt.datetime | None = None) -> Measures:
    """The figures of every KPI at `now` (aware, site time); of a past moment give it as `until` too.

    Then they are what is known today of the rows up to that moment, and what a source has delivered is judged by them.
    Never raises for the data: a KPI whose expression fails on it has no value, and its `reason` says why.
    """
    extents = {
        source: extent_of(cursor, source, until if timed else None)
        for source, timed in {(kpi.kpi.source, kpi.timed) for kpi in binding.kpis.values()}
    }
    groups: dict[tuple[str, str | None, Window, bool], list[BoundKpi]] = {}
    for kpi in binding.kpis.values():
        where = kpi.where.text if kpi.where is not None else None
        window = kpi.kpi.window if kpi.windowed else Window()
        groups.setdefault((kpi.kpi.source, where, window, kpi.timed), []).append(kpi)
    measured: dict[str, Measure] = {}
    grids: dict[tuple[str, str], Heat] = {}
    for kpis in groups.values():
        for group in _evaluate_group(cursor, binding, kpis, extents[kpis[0].kpi.source], now, until):
            measured |= group.measures
            grids |= group.grids
    for name in binding.site.kpis:
        if name not in measured:
            reason = binding.waiting.get(name) or binding.broken.get(name, "")
            measured[name] = Measure(name=name, status="nodata", reason=reason)
    return Measures(
        at=now.timestamp(),
        kpis={name: measured[name] for name in binding.site.kpis},
        grids=[grids[pair] for pair in binding.grids if pair in grids],
    )


class _Group(Struct):
    measures: dict[str, Measure]
    grids: dict[tuple[str, str], Heat]


def _evaluate_group(
    cursor: Cursor, binding: Binding, kpis: list[BoundKpi], extent: Extent, now: dt.datetime, until: dt.datetime | None
) -> list[_Group]:
    """KPIs with the same rows. When an expression fails on the data, each is tried by itself."""
    try:
        return [_measure(cursor, binding, kpis, extent, now, until)]
    except duckdb.Error as error:
        if len(kpis) > 1:
            return [group for kpi in kpis for group in _evaluate_group(cursor, binding, [kpi], extent, now, until)]
        name = kpis[0].kpi.name
        return [_Group({name: Measure(name=name, status="nodata", reason=failure(error))}, {})]


def _measure(
    cursor: Cursor, binding: Binding, kpis: list[BoundKpi], extent: Extent, now: dt.datetime, until: dt.datetime | None
) -> _Group:
    first = kpis[0]
    window = first.kpi.window if first.windowed else Window()
    span = span_of(window, first.timed, now, binding.site, until)
    stretch = span.now
    if stretch is None and first.timed and extent.first is not None and extent.last is not None:
        stretch = Stretch(extent.first, extent.last, after_start=False, to_end=True)
    by = tuple(dict.fromkeys(name for kpi in kpis for name in kpi.by))
    shown = {pair for pair in binding.grids if pair[0] in {kpi.kpi.name for kpi in kpis}}
    ask = Ask(
        source=first.kpi.source,
        where=first.where.text if first.where is not None else None,
        span=span,
        values=tuple(kpi.value.text for kpi in kpis),
        splits=((), *((name,) for name in by)),
        trend=trend_buckets(window, stretch, binding.site) if stretch is not None else None,
        grid=grid_buckets(window, stretch, binding.site) if stretch is not None and shown else None,
        grids=tuple(dict.fromkeys(name for _, name in sorted(shown))),
    )
    found = scan(cursor, binding, ask)
    measures: dict[str, Measure] = {}
    grids: dict[tuple[str, str], Heat] = {}
    for index, kpi in enumerate(kpis):
        figures = Figures(kpi, index, ask, found, extent)
        measures[kpi.kpi.name] = figures.measure()
        for pair in sorted(shown):
            if pair[0] == kpi.kpi.name and ask.grid is not None:
                grids[pair] = figures.heat(pair[1], ask.grid)
    return _Group(measures, grids)


class Figures:
    """One KPI's part of a scan."""

    def __init__(
        self,
        kpi: BoundKpi,
        index: int,
        ask: Ask,
        found: Found,
        extent: Extent,
        book: LimitBook | None = None,
        shift: str | None = None,
    ) -> None:
        self.kpi = kpi
        self.index = index
        self.span = ask.span
        self.ask = ask
        self.found = found
        self.extent = extent
        self.book = book or LimitBook(kpi.kpi)
        self.shift = shift
        self.empty = kpi.value.empty if extent.delivered(ask.span) else None
        self.comparable = self.span.before is not None and extent.reaches_back(self.span.before)

    def measure(self) -> Measure:
        span, kpi, limits = self.span, self.kpi.kpi, self.limits({})
        whole = self.found.now.get((), {}).get(())
        value = self.of(whole)
        previous = self.before((), ())
        splits = {name: self.split(name) for name in self.kpi.by}
        return Measure(
            name=kpi.name,
            status=status_of(limits, value),
            value=value,
            start=span.now.start.timestamp() if span.now is not None else None,
            end=span.now.end.timestamp() if span.now is not None else None,
            previous=previous,
            previous_label=span.before_label if previous is not None else "",
            change=value - previous if value is not None and previous is not None else None,
            trend=self.trend(self.ask.trend) if self.ask.trend is not None else [],
            trend_start=self.ask.trend.edges[0].timestamp() if self.ask.trend is not None else None,
            trend_step=self.ask.trend.step if self.ask.trend is not None else 0.0,
            rows=whole.rows if whole is not None else 0,
            partial=span.now is not None and value is not None and not self.extent.reaches_back(span.now),
            reason="" if value is not None else self.reason(whole),
            leader=leader(kpi, next(iter(splits.values()), None), limits),
            splits=splits,
            limits=limits,
        )

    def limits(self, labels: Mapping[str, str | None]) -> Limits:
        """The limits of a group: those of the members chosen on the way and of its own."""
        return self.book.at({**self.ask.filters, **labels}, self.shift)

    def of(self, row: Row | None) -> float | None:
        """A group's value; a group without rows has what the expression means by none."""
        return row.values[self.index] if row is not None else self.empty

    def before(self, split: tuple[str, ...], members: Members) -> float | None:
        """The value of the stretch before, where there is one to compare with."""
        if not self.comparable:
            return None
        row = self.found.before.get(split, {}).get(members)
        return row.values[self.index] if row is not None else self.kpi.value.empty

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
            statuses=[status_of(self.limits({name: key[0]}), value) for key, value in zip(keys, values, strict=True)],
            total=total,
        )

    def trend(self, buckets: Buckets) -> list[float | None]:
        known = self.known(buckets)
        return [
            self.found.trend[index].values[self.index] if index in self.found.trend else empty
            for index, empty in enumerate(known)
        ]

    def heat(self, name: str, buckets: Buckets) -> Heat:
        """The KPI by a dimension and by time, members as in the breakdown."""
        cells = self.found.grids.get(name, {})
        members = self.split(name).members
        known = self.known(buckets)
        values = [
            [
                cells[member, index].values[self.index] if (member, index) in cells else empty
                for index, empty in enumerate(known)
            ]
            for member in members
        ]
        return Heat(
            kpi=self.kpi.kpi.name,
            by=name,
            members=members,
            starts=[edge.timestamp() for edge in buckets.edges[:-1]],
            step=buckets.step,
            values=values,
            statuses=[
                [status_of(limits, value) for value in row]
                for row, limits in zip(values, (self.limits({name: member}) for member in members), strict=True)
            ],
        )

    def known(self, buckets: Buckets) -> list[float | None]:
        """For each bucket what no rows mean in it: a zero counts only where the source has rows before and after."""
        first, last = self.extent.first, self.extent.last
        if self.kpi.value.empty is None or first is None or last is None:
            return [None] * (len(buckets.edges) - 1)
        return [
            self.kpi.value.empty if start >= first - (end - start) and start <= last else None
            for start, end in zip(buckets.edges, buckets.edges[1:], strict=False)
        ]


def extent_of(cursor: Cursor, source: str, until: dt.datetime | None = None) -> Extent:
    """How many rows a source has and which times they span; DuckDB answers from its statistics.

    With `until` those up to that moment only: for sources with times.
    """
    kept = "" if until is None else f" WHERE _time <= {moment(until)}"
    query = f"SELECT count(*), min(_time), max(_time) FROM {ident(source)}{kept}"
    rows, first, last = cursor.execute(query).fetchall()[0]
    if first is None:
        return Extent(rows)
    return Extent(rows, first.replace(tzinfo=dt.UTC), last.replace(tzinfo=dt.UTC))


def failure(error: duckdb.Error) -> str:
    """What DuckDB says of a failed expression, as one short line."""
    return str(error).strip().splitlines()[0][:200]
