"""Sources whose rows last: stretches of time, of which a window or a bucket holds a part.

A row belongs to every stretch that it reaches into, and `_seconds` is how much of it that row fills: from where the
later of the two begins to where the earlier ends. A row without an end goes on to the end of what is looked at, which
is now at the latest. Stretches are half open, so that a row that ends when another begins is not in the other's; a row
that ends when it begins is where it begins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from itertools import pairwise
from typing import NamedTuple

from opsconsole.kpis.select import SITE_NOW_SQL
from opsconsole.kpis.span import Span, Stretch, moment
from opsconsole.site.calendar import Buckets
from opsconsole.tables.names import ident

SECONDS = "_seconds"
_US = 1e6


class Slot(NamedTuple):
    """A stretch that rows are counted in (naive UTC as SQL; `start` None: all from the first row on)."""

    period: str
    bucket: int | None
    step: int | None
    start: str | None
    end: str


class Slots:
    """The stretches of one scan, numbered, and for a row the list of the numbers that it belongs to."""

    def __init__(self, span: Span, ends: str) -> None:
        """`ends`: the column that holds the end of a row."""
        self.slots: list[Slot] = []
        self.lists: list[str] = []
        self._span = span
        self._ends = ends
        self.latest = SITE_NOW_SQL
        if span.now is not None:
            self.latest = moment(span.now.end)
        elif span.until is not None or span.at is not None:
            self.latest = moment(span.until or span.at)  # type: ignore[arg-type]  # one of them is there

    def periods(self) -> None:
        """The window, and what it is compared with."""
        now, before = self._span.now, self._span.before
        if now is None:
            self._single(Slot("true", None, None, None, self.latest), self._all)
            return
        self._single(Slot("true", None, None, moment(now.start), self.latest), overlap(now, self._ends))
        if before is not None:
            end = moment(before.end)
            reached = _reaches(moment(before.start), self._ends)
            self._single(Slot("false", None, None, moment(before.start), end), f"_time < {end} AND {reached}")

    def outer(self, until: str) -> list[str]:
        """Conditions that leave out rows which can be in no stretch, by the source's own columns."""
        now, before = self._span.now, self._span.before
        if now is None:
            return [] if self._all == "true" else [self._all]
        start = min(now.start, before.start) if before is not None else now.start
        return [f"_time <= {self.latest}", _reaches(moment(start), until)]

    @property
    def _all(self) -> str:
        return "true" if self._span.until is None else f"_time <= {self.latest}"

    def _single(self, slot: Slot, condition: str) -> None:
        self.lists.append(f"CASE WHEN {condition} THEN [{len(self.slots)}::BIGINT] ELSE []::BIGINT[] END")
        self.slots.append(slot)

    def buckets(self, found: Buckets, *, grid: bool = False, running: bool = False) -> None:
        """The buckets of the trend or the grid within the window; `running`: each from the first one's start on."""
        low, high = found.edges[0], found.edges[-1]
        now = self._span.now
        if now is not None:
            low, high = max(low, now.start), min(high, now.end)
        start, end = moment(low), f"least({moment(high)}, {self.latest})"
        first = len(self.slots)
        last = len(found.edges) - 2
        ends = f"least(coalesce({self._ends}, {end}), {end})"
        begins = _index("_time", found.edges, closed=False)
        stops = (
            f"{first + last}" if running else f"{first} + greatest({begins}, {_index(ends, found.edges, closed=True)})"
        )
        reached = f"_time <= {end} AND {_reaches(start, self._ends)}"
        self.lists.append(f"CASE WHEN {reached} THEN range({first} + {begins}, {stops} + 1) ELSE []::BIGINT[] END")
        for index, (left, right) in enumerate(pairwise(found.edges)):
            begin = start if running else moment(max(left, low))
            stop = f"least({moment(min(right, high))}, {end})"
            self.slots.append(Slot("NULL", None if grid else index, index if grid else None, begin, stop))

    def sql(self, rows: str, names: tuple[str, str, str], taken: Collection[str]) -> str:
        """The rows of a query, one that has the column of ends, each once in every stretch it belongs to.

        `names`: of the columns for the period and the numbers of bucket and step; `taken`: those of the source.
        """
        slot, start, end = (free(name, {*taken, *names}) for name in ("_slot", "_from", "_to"))
        values = ", ".join(
            f"({number}, {each.period}, {_or_null(each.bucket)}, {_or_null(each.step)}, "
            f"CAST({_or_null(each.start)} AS TIMESTAMP), {each.end})"
            for number, each in enumerate(self.slots)
        )
        return (
            f"SELECT *, {seconds(start, end, self._ends)} AS {SECONDS} "
            f"FROM (SELECT *, unnest(flatten([{', '.join(self.lists)}])) AS {slot} FROM ({rows})) AS r "
            f"JOIN (VALUES {values}) AS slots({', '.join((slot, *names, start, end))}) USING ({slot})"
        )


def among(source: str, until: str, stretch: Stretch | None, latest: dt.datetime | None, *, also: str = "") -> str:
    """The rows of a source that reach into a stretch (None: all) with their seconds, and one more column, `also`.

    `until` is SQL for the end of a row; without a stretch those that go on do so to `latest`, None: site time.
    """
    start = moment(stretch.start) if stretch is not None else "CAST(NULL AS TIMESTAMP)"
    end = moment(latest) if latest is not None else SITE_NOW_SQL
    kept = ""
    if stretch is not None:
        end, kept = moment(stretch.end), f" WHERE {overlap(stretch, until)}"
    more = f", {also}" if also else ""
    return f"SELECT *, {seconds(start, end, until)} AS {SECONDS}{more} FROM {ident(source)}{kept}"


def meant(source: str, until: str | None, span: Span) -> tuple[str, str]:
    """What to read for a span's present stretch: a table or a subquery named as the source, and the condition on it.

    `until` is SQL for the end of a row, None for rows that do not last; no condition is "true".
    """
    if until is None:
        return ident(source), span.now.sql if span.now is not None else span.sql
    lasting = among(source, until, span.now, span.until or span.at)
    return f"({lasting}) AS {ident(source)}", "true" if span.now is not None else span.sql


def overlap(stretch: Stretch, until: str) -> str:
    """The condition that a row reaches into a stretch."""
    high = "<=" if stretch.to_end else "<"
    return f"_time {high} {moment(stretch.end)} AND {_reaches(moment(stretch.start), until)}"


def seconds(start: str, end: str, until: str) -> str:
    """SQL for the seconds that a row and a stretch have in common, all moments being naive UTC."""
    last = f"epoch_us(least(coalesce({until}, {end}), {end}))"
    return f"CASE WHEN _time IS NOT NULL THEN greatest(0, {last} - epoch_us(greatest(_time, {start}))) / {_US!r} END"


def _reaches(start: str, until: str) -> str:
    return f"(_time >= {start} OR {until} > {start} OR {until} IS NULL)"


def _or_null(value: object) -> str:
    return "NULL" if value is None else str(value)


def _index(column: str, edges: list[dt.datetime], *, closed: bool) -> str:
    """SQL for the number of the bucket that a moment lies in, the first or last if before or after all.

    `closed`: on an edge, the bucket that ends there.
    """
    last = len(edges) - 2
    width = round((edges[1] - edges[0]).total_seconds() * _US)
    if all(round((right - left).total_seconds() * _US) == width for left, right in pairwise(edges)):
        past = f"epoch_us({column}) - epoch_us({moment(edges[0])})"
        return f"greatest(0, least({last}, ({past}{' - 1' if closed else ''}) // {width}))"
    sign = "<=" if closed else "<"
    branches = " ".join(f"WHEN {column} {sign} {moment(edge)} THEN {at}" for at, edge in enumerate(edges[1:-1]))
    return f"CASE {branches} ELSE {last} END" if branches else "0"


def free(name: str, taken: Collection[str]) -> str:
    """A name that is not taken yet (lower-case names), with underscores before it."""
    while name in taken:
        name = f"_{name}"
    return name
