"""One scan of a source that answers for several KPIs at once: now and before, by dimensions, over time.

KPIs that share source, filter and window share one scan; the splits are GROUPING SETS of it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Protocol

from msgspec import Struct

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.expression import ident, number
from opsconsole.kpis.lasting import SECONDS, Slots, free
from opsconsole.kpis.span import Span, bucket_sql
from opsconsole.site.calendar import Buckets

MEMBERS = 500
Members = tuple[str | None, ...]
Dimensions = tuple[str, ...]


class Cursor(Protocol):
    """What is needed of a DuckDB cursor. One per thread; always read to the end."""

    def execute(self, query: str, parameters: object = None, /) -> Any:
        """Run a statement."""


class Row(NamedTuple):
    """The number of rows behind a group, and what each expression gives for it."""

    rows: int
    values: tuple[float | None, ...]


class Ask(Struct, frozen=True):
    """A scan: `values` are aggregate expressions; `splits` the sets of dimensions to group by (() is the whole).

    `where` is SQL; `filters` are chosen members. `cap`: at most so many members of a split, those with the most rows.
    `running`: places of values whose trend adds up from the first bucket on.
    """

    source: str
    where: str | None
    span: Span
    values: tuple[str, ...]
    splits: tuple[Dimensions, ...] = ((),)
    trend: Buckets | None = None
    grid: Buckets | None = None
    grids: tuple[str, ...] = ()
    filters: dict[str, str | None] = {}
    cap: int = MEMBERS
    running: tuple[int, ...] = ()


class Found:
    """The answer to an `Ask`. Groups without rows are absent."""

    def __init__(self) -> None:
        self.now: dict[Dimensions, dict[Members, Row]] = {}
        self.before: dict[Dimensions, dict[Members, Row]] = {}
        self.members: dict[Dimensions, int] = {}
        self.trend: dict[int, Row] = {}
        self.grids: dict[str, dict[tuple[str | None, int], Row]] = {}

    def take(self, other: Found) -> None:
        """Become what another is."""
        self.__dict__.update(other.__dict__)


def scan(cursor: Cursor, binding: Binding, ask: Ask) -> Found:
    """Run one scan. Raises duckdb.Error when an expression fails on the data, LookupError for an unknown dimension."""
    names = Names(binding, ask)
    query, parameters = _query(binding, ask, names)
    found = sort(ask, names, cursor.execute(query, parameters).fetchall())
    if ask.running and ask.trend is not None:
        query, parameters = _running_query(binding, ask, names)
        for bucket, *values in cursor.execute(query, parameters).fetchall():
            row = found.trend.get(bucket, Row(0, (None,) * len(ask.values)))
            running = dict(zip(ask.running, map(number, values), strict=True))
            found.trend[bucket] = Row(row.rows, tuple(running.get(at, value) for at, value in enumerate(row.values)))
    return found


class Names:
    """The columns a scan groups by: the period, the trend's bucket, the grid's bucket, then the dimensions."""

    def __init__(self, binding: Binding, ask: Ask) -> None:
        taken = {name.lower() for name in binding.schemas[ask.source]}
        self.period, self.bucket, self.step = (free(name, taken) for name in ("_period", "_bucket", "_step"))
        wanted = [name for split in ask.splits for name in split] + list(ask.grids)
        self.columns = {name: binding.column(ask.source, name) for name in dict.fromkeys(wanted)}
        self.dimensions = list(dict.fromkeys(self.columns.values()))
        self.grouped = [self.period]
        self.grouped += [self.bucket] if ask.trend else []
        self.grouped += [self.step] if ask.grid and ask.grids else []
        self.grouped += self.dimensions

    def mask(self, *grouped: str) -> int:
        """What GROUPING() gives for a grouping set: a bit for each column that it leaves out, the last the lowest."""
        size = len(self.grouped)
        return sum(1 << (size - 1 - index) for index, name in enumerate(self.grouped) if name not in grouped)


def bucketed(binding: Binding, ask: Ask) -> tuple[str, str, dict[str, str], list[str]]:
    """The rows of a scan by the buckets of its trend: SQL, the column of the bucket, those of the dimensions by name
    as they were asked for (in `grids`), and the values of parameters. Raises LookupError for an unknown dimension."""
    names = Names(binding, ask)
    conditions, parameters = _conditions(binding, ask)
    if ask.source in binding.until:
        return _lasting(binding, ask, names), names.bucket, names.columns, parameters
    conditions.append(ask.span.sql)
    return _base(ask, names, conditions), names.bucket, names.columns, parameters


def _conditions(binding: Binding, ask: Ask) -> tuple[list[str], list[str]]:
    """Which rows are meant, whenever they were, as SQL and the values of its parameters."""
    conditions, parameters = binding.filters(ask.source, ask.filters)
    if ask.where is not None:
        conditions.append(f"(\n{ask.where}\n)")
    return conditions, parameters


def _running_query(binding: Binding, ask: Ask, names: Names) -> tuple[str, list[str]]:
    """For each bucket of the trend what the values are over all rows up to its end.

    Every row counts in its bucket and in all that follow, so that any aggregate runs up rightly, distinct ones too.
    """
    assert ask.trend is not None
    conditions, parameters = _conditions(binding, ask)
    if ask.source in binding.until:
        base = _lasting(binding, ask, names, running=True)
        values = "".join(f", CAST((\n{ask.values[at]}\n) AS DOUBLE)" for at in ask.running)
        return f"SELECT {names.bucket}{values} FROM ({base}) AS {ident(ask.source)} GROUP BY 1", parameters
    now = ask.span.now.sql if ask.span.now is not None else ask.span.sql
    if now != "true":
        conditions.append(now)
    upto = free("_upto", {name.lower() for name in binding.schemas[ask.source]} | set(names.grouped))
    values = "".join(f", CAST((\n{ask.values[at]}\n) AS DOUBLE)" for at in ask.running)
    query = (
        f"SELECT {upto}{values} FROM (SELECT * FROM ({_base(ask, names, conditions)}) AS b, "
        f"(SELECT unnest(range({len(ask.trend.edges) - 1})) AS {upto}) AS u WHERE b.{names.bucket} <= u.{upto}) "
        f"AS {ident(ask.source)} GROUP BY {upto}"
    )
    return query, parameters


def _query(binding: Binding, ask: Ask, names: Names) -> tuple[str, list[str]]:
    conditions, parameters = _conditions(binding, ask)
    if ask.span.sql != "true":
        conditions.append(ask.span.sql)
    base = _base(ask, names, conditions) if ask.source not in binding.until else _lasting(binding, ask, names)
    sets = [(names.period, *(names.columns[name] for name in split)) for split in ask.splits]
    sets += [(names.bucket,)] if ask.trend else []
    sets += [(names.step, names.columns[name]) for name in ask.grids if ask.grid]
    grouping = ", ".join(ident(name) for name in names.grouped)
    listed = ", ".join(f"({', '.join(ident(name) for name in one)})" for one in dict.fromkeys(sets))
    keys = ", ".join(name if name in names.grouped else "NULL" for name in (names.period, names.bucket, names.step))
    members = "".join(f", CAST({ident(name)} AS VARCHAR)" for name in names.dimensions)
    values = "".join(f", CAST((\n{value}\n) AS DOUBLE)" for value in ask.values)
    inner = (
        f"SELECT GROUPING({grouping}), {keys}, count(*){members}{values} "
        f"FROM ({base}) AS {ident(ask.source)} GROUP BY GROUPING SETS ({listed})"
    )
    if not names.dimensions:
        return f"SELECT *, 1 FROM ({inner})", parameters
    heads = "".join(f", m{index}" for index in range(len(names.dimensions)))
    parts = "PARTITION BY g, p, b, s"
    return (
        f"SELECT *, count(*) OVER ({parts}) FROM ({inner}) AS q(g, p, b, s, n{heads}) "
        f"QUALIFY row_number() OVER ({parts} ORDER BY n DESC{heads}) <= {ask.cap}"
    ), parameters


def _base(ask: Ask, names: Names, conditions: list[str]) -> str:
    """The rows of a scan with the period and the buckets they fall into."""
    is_now = ask.span.now.sql if ask.span.now is not None else "true"
    columns = f"*, {is_now} AS {names.period}"
    if ask.trend:
        columns += f", CASE WHEN {is_now} THEN {bucket_sql(ask.trend.edges)} END AS {names.bucket}"
    if ask.grid and ask.grids:
        columns += f", CASE WHEN {is_now} THEN {bucket_sql(ask.grid.edges)} END AS {names.step}"
    kept = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {columns} FROM {ident(ask.source)}{kept}"


def _lasting(binding: Binding, ask: Ask, names: Names, *, running: bool = False) -> str:
    """The same for rows that last: each once in every stretch it reaches into, with its seconds there.

    `running`: only the buckets of the trend, each from the first one's start on.
    """
    taken = {name.lower() for name in binding.schemas[ask.source]}
    ends = free("_ends", taken)
    slots = Slots(ask.span, ends)
    if not running:
        slots.periods()
    if ask.trend:
        slots.buckets(ask.trend, running=running)
    if ask.grid and ask.grids and not running:
        slots.buckets(ask.grid, grid=True)
    conditions, _ = binding.filters(ask.source, ask.filters)
    conditions += slots.outer(until := binding.until[ask.source])
    # A filter may ask for seconds, which a row has in a stretch only.
    late = ask.where is not None and SECONDS in ask.where.casefold()
    where = f"(\n{ask.where}\n)" if ask.where is not None else "true"
    kept = " AND ".join([*conditions, "true" if late else where])
    rows = f"SELECT *, {until} AS {ends} FROM {ident(ask.source)} WHERE {kept}"
    found = slots.sql(rows, (names.period, names.bucket, names.step), taken | {ends})
    return f"SELECT * FROM ({found}) WHERE {where}" if late else found


def sort(ask: Ask, names: Names, rows: list[tuple[Any, ...]]) -> Found:
    """The rows of a scan's answer by what they are about."""
    found = Found()
    index_of = {name: index for index, name in enumerate(names.dimensions)}
    splits: dict[int, list[tuple[Dimensions, tuple[int, ...]]]] = {}
    for split in ask.splits:
        columns = [names.columns[name] for name in split]
        places = tuple(5 + index_of[column] for column in columns)
        splits.setdefault(names.mask(names.period, *columns), []).append((split, places))
    trend = names.mask(names.bucket)
    grids: dict[int, list[tuple[str, int]]] = {}
    for name in ask.grids:
        column = names.columns[name]
        grids.setdefault(names.mask(names.step, column), []).append((name, 5 + index_of[column]))
    first = 5 + len(index_of)
    for row in rows:
        group = Row(row[4], _finite(row[first:-1]))
        if row[0] in splits and row[1] is not None:
            for split, places in splits[row[0]]:
                members = tuple(row[place] for place in places)
                side = found.now if row[1] else found.before
                side.setdefault(split, {})[members] = group
                if row[1]:
                    found.members[split] = row[-1]
        elif row[0] == trend:
            if row[2] is not None:
                found.trend[row[2]] = group
        elif row[0] in grids and row[3] is not None:
            for name, place in grids[row[0]]:
                found.grids.setdefault(name, {})[row[place], row[3]] = group
    return found


def _finite(values: tuple[float | None, ...]) -> tuple[float | None, ...]:
    """The values of a group, where what is not finite is none. Mostly all are: then their sum is finite too."""
    try:
        if math.isfinite(sum(values)):  # type: ignore[arg-type]  # None is what the except is for
            return values
    except TypeError:
        pass
    return tuple(number(value) for value in values)
