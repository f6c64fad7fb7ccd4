"""What a source holds: how many rows, and which times they span."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import duckdb
from msgspec import Struct

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.expression import ident
from opsconsole.kpis.failing import begin_again, failure
from opsconsole.kpis.scan import Cursor
from opsconsole.kpis.select import SITE_NOW_SQL
from opsconsole.kpis.span import Span, Stretch, moment
from opsconsole.site.calendar import Buckets

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

    def followed(self, stretch: Stretch) -> bool:
        """Whether no rows in a stretch that is over mean that nothing happened: some came since the one before it."""
        return self.last is not None and self.last >= stretch.start - (stretch.end - stretch.start)

    def known(self, zero: float | None, buckets: Buckets) -> list[float | None]:
        """For each bucket what no rows mean in it: a zero counts only where there are rows before and after."""
        if zero is None or self.first is None or self.last is None:
            return [None] * (len(buckets.edges) - 1)
        return [zero if end >= self.first and start <= self.last else None for start, end in pairwise(buckets.edges)]

    def within(self, other: Extent) -> Extent:
        """What both hold: for figures that are made of two sources."""
        return Extent(
            min(self.rows, other.rows),
            max(self.first, other.first) if self.first is not None and other.first is not None else None,
            min(self.last, other.last) if self.last is not None and other.last is not None else None,
        )


class Extents:
    """The extents of sources, each looked up once; with `until` of the rows up to a past moment.

    Rows without times cannot be told to be earlier or later: they all count. A view may fail on the data: it then holds
    nothing, `failing` grows with the source and why, and where a transaction ended with that another is begun.
    """

    def __init__(
        self,
        cursor: Cursor,
        binding: Binding,
        until: dt.datetime | None = None,
        failing: dict[str, str] | None = None,
    ) -> None:
        self._failing = {} if failing is None else failing
        self._cursor = cursor
        self._until = until
        self._timed = {name for name, source in binding.site.sources.items() if source.time is not None}
        self._ends = binding.until
        self._follows = {name: view.follows for name, view in binding.views.items() if view.follows}
        self._found: dict[str, Extent] = {}

    def of(self, source: str) -> Extent:
        """The extent of one source; of a view whose rows have the moments of another's, that of the other.

        It has all that the view can have, and the database knows it without computing the view.
        """
        if source in self._follows:
            return self.of(self._follows[source])
        if source not in self._found and source not in self._failing:
            until = self._until if source in self._timed else None
            try:
                self._found[source] = extent_of(self._cursor, source, until, self._ends.get(source))
            except duckdb.Error as error:
                begin_again(self._cursor)
                self._failing[source] = failure(error)
        return self._found.get(source, Extent())

    def learn(self, source: str, extent: Extent) -> None:
        """Take what is known of a source: it is not looked up any more."""
        self._found[source] = extent

    def failure(self, source: str) -> str:
        """Why the rows of a source cannot be had; nothing where they can, as far as they were asked for."""
        return self._failing.get(source, "")

    def common(self, sources: tuple[str, ...]) -> Extent:
        """What all of some sources hold."""
        found = self.of(sources[0])
        for source in sources[1:]:
            found = found.within(self.of(source))
        return found


def extent_of(cursor: Cursor, source: str, until: dt.datetime | None = None, ends: str | None = None) -> Extent:
    """How many rows a source has and which times they span; DuckDB answers from its statistics.

    With `until` those up to that moment only: for sources with times. `ends`: SQL for the end of rows that last, of
    which the source tells until they end, or now.
    """
    kept = "" if until is None else f" WHERE _time <= {moment(until)}"
    last = "max(_time)"
    if ends is not None:
        now = moment(until) if until is not None else SITE_NOW_SQL
        last = f"max(greatest(_time, least(coalesce({ends}, {now}), {now})))"
    query = f"SELECT count(*), min(_time), {last} FROM {ident(source)}{kept}"
    rows, first, last = cursor.execute(query).fetchall()[0]
    if first is None:
        return Extent(rows)
    return Extent(rows, first.replace(tzinfo=dt.UTC), last.replace(tzinfo=dt.UTC))
