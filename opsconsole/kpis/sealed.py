"""Long windows answered from states of whole days instead of all their rows.

A sealed day holds, for each group of a KPI's rows in one local day, what its aggregates had come to as states that
DuckDB can add up (`EXPORT_STATE`, `combine_aggr`, `finalize`). It counts as long as no transaction has touched its
stretch of event time since it was built, which the ledger tells (`_ops.touched`): nobody has to delete anything in
time. What no sealed day covers, the first and the last part of a window and days that are not built yet, comes from the
rows, and both are added up in one query. Expressions whose aggregates cannot be kept so (distinct ones, medians, modes)
always come from the rows.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import duckdb
from msgspec import Struct
from msgspec.structs import replace

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.days import Day, by_days, cut, days_of, gaps, joined, sides, within
from opsconsole.kpis.expression import ident
from opsconsole.kpis.extent import Extent
from opsconsole.kpis.parts import Tree, together
from opsconsole.kpis.safety import expressions, functions
from opsconsole.kpis.scan import Ask, Cursor, Dimensions, Found, Names, Row, scan, sort
from opsconsole.kpis.span import bucket_sql
from opsconsole.tables.names import literal

FORMAT = 2
"""Of the tables of states; another one is built anew under another name."""
HOUR = "#hour"
"""The split of rows by the hour, for trends finer than a day."""
_RANGES = 64
_LATELY = 3600.0
"""Seconds for which an hour that an answer wanted is kept for the next one."""
_KEPT = {
    *(
        "sum",
        "count",
        "count_star",
        "count_if",
        "countif",
        "avg",
        "mean",
        "min",
        "max",
        "fsum",
        "kahan_sum",
        "sumkahan",
    ),
    *("favg", "stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop", "sem", "corr", "covar_pop"),
    *("covar_samp", "regr_slope", "regr_intercept", "regr_r2", "regr_count", "skewness", "kurtosis", "kurtosis_pop"),
    *("bool_and", "bool_or", "bit_and", "bit_or", "bit_xor", "arg_max", "arg_min", "max_by", "min_by", "product"),
    *("approx_quantile", "approx_count_distinct"),
}
"""Aggregates whose states are small and add up rightly."""


class Scope(Struct, frozen=True):
    """What states are of: the rows of a source that meet a filter, by local days of a zone, and the aggregates.

    `columns` are the source's, so that a change of their types makes another scope.
    """

    source: str
    where: str | None
    zone: str
    aggregates: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """Its name in the ledger."""
        told = repr((FORMAT, duckdb.__version__, self.source, self.where, self.zone, self.aggregates, self.columns))
        return hashlib.sha256(told.encode()).hexdigest()[:24]

    @property
    def table(self) -> str:
        """The table of its states, as SQL."""
        return f'_ops."sealed:{self.name}"'


class Missing(Struct):
    """Days that an answer would have liked to find built, by splits: columns as the table spells them, or `HOUR`."""

    scope: Scope
    splits: dict[str, tuple[str, ...]] = {}
    days: set[Day] = set()


class _Plan(NamedTuple):
    """How an ask is answered: the scope, the values it covers, and each value over a0, a1, …"""

    scope: Scope
    covered: tuple[int, ...]
    posts: tuple[str, ...]


class Sealed:
    """Answers asks, from states where that pays; `missing`, `used` and `hours` tell what to build and to keep."""

    def __init__(self, least_rows: int = 200_000, clock: Callable[[], float] = time.monotonic) -> None:
        """Sources with fewer rows are answered from these, which is as fast. `clock` counts seconds."""
        self._least_rows = least_rows
        self._clock = clock
        self.hours: dict[str, dict[Day, float]] = {}
        self.missing: dict[str, Missing] = {}
        self.used: dict[str, Scope] = {}
        self.bad: set[str] = set()
        self._taken: dict[tuple[str, ...], tuple[tuple[int, ...], tuple[str, ...], tuple[str, ...]]] = {}

    def answer(self, cursor: Cursor, binding: Binding, ask: Ask, extent: Extent) -> Found:
        """What `scan` would find. Raises as it does."""
        plan = self._plan(cursor, binding, ask) if extent.rows >= self._least_rows else None
        days = days_of(ask, extent, plan.scope.zone) if plan is not None else []
        if plan is None or not days:
            return scan(cursor, binding, ask)
        # What is cut finer than by days or, for a trend, by hours comes from the rows by itself.
        grid = ask.grid is not None and bool(ask.grids) and by_days(ask.grid.edges, days)
        fine = ask.trend is not None and not by_days(ask.trend.edges, days)
        trend = ask.trend is not None and not (fine and any(edge.timestamp() % 3600 for edge in ask.trend.edges))
        part = replace(
            ask,
            values=tuple(ask.values[at] for at in plan.covered),
            trend=ask.trend if trend else None,
            grid=ask.grid if grid else None,
            grids=ask.grids if grid else (),
            running=(),
        )
        names = Names(binding, part)
        columns = [[names.columns[name] for name in split] for split in part.splits]
        columns += [[names.columns[name]] for name in part.grids]
        wanted = {_key(each): tuple(each) for each in columns} | ({HOUR: ()} if fine and trend else {})
        if trend and not fine:
            wanted.setdefault(_key([]), ())
        built = self._built(cursor, plan.scope, wanted, days)
        units = sorted(built)
        if not units or len(joined(units)) > _RANGES:
            return scan(cursor, binding, ask)
        query = _query(part, names, plan, units, fine=fine)
        found = sort(part, names, cursor.execute(query).fetchall())
        rest = [at for at in range(len(ask.values)) if at not in plan.covered]
        finer = replace(
            ask,
            values=part.values,
            splits=((),),
            trend=None if trend else ask.trend,
            grid=None if grid else ask.grid,
            grids=() if grid else ask.grids,
            running=(),
        )
        if finer.trend is not None or finer.grids:
            cut = scan(cursor, binding, finer)
            found.trend, found.grids = found.trend or cut.trend, found.grids or cut.grids
        if not rest:
            return found
        places = {at: place for place, at in enumerate(rest)}
        others = replace(
            ask, values=tuple(ask.values[at] for at in rest), running=tuple(places[at] for at in ask.running)
        )
        return _merged(found, plan.covered, scan(cursor, binding, others), rest)

    def wanted(self, scope: str) -> set[Day]:
        """The hours of a scope that answers wanted lately; older wishes are forgotten."""
        least = self._clock() - _LATELY
        kept = {hour: at for hour, at in list(self.hours.get(scope, {}).items()) if at >= least}
        self.hours[scope] = kept
        return set(kept)

    def _plan(self, cursor: Cursor, binding: Binding, ask: Ask) -> _Plan | None:
        """None for what is always answered from the rows."""
        source = binding.site.sources.get(ask.source)
        if source is None or source.sql is not None or source.time is None or ask.source in binding.until:
            return None
        if ask.filters:
            return None
        covered, aggregates, posts = self._taken_apart(cursor, ask)
        if not covered:
            return None
        columns = tuple(binding.schemas[ask.source].items())
        scope = Scope(ask.source, ask.where, binding.site.timezone, aggregates, columns)
        return None if scope.name in self.bad else _Plan(scope, covered, posts)

    def _taken_apart(self, cursor: Cursor, ask: Ask) -> tuple[tuple[int, ...], tuple[str, ...], tuple[str, ...]]:
        key = (*ask.values, *map(str, ask.running))
        if key not in self._taken:
            connection = cast(duckdb.DuckDBPyConnection, cursor)
            known = functions(connection)
            trees = {at: _tree(connection, text) for at, text in enumerate(ask.values) if at not in ask.running}
            well = {
                at: tree for at, tree in trees.items() if all(map(_kept, filter(known.is_aggregate, expressions(tree))))
            }
            aggregates, posts = together(connection, list(well.values()), known.is_aggregate)
            self._taken[key] = (tuple(well), tuple(aggregates), tuple(posts))
        return self._taken[key]

    def _built(self, cursor: Cursor, scope: Scope, splits: dict[str, tuple[str, ...]], days: Sequence[Day]) -> set[Day]:
        """The days whose states still hold for all of some splits; the others are noted as missing."""
        self.used[scope.name] = scope
        now = self._clock()
        self.hours.setdefault(scope.name, {}).update((day, now) for day in days if day.hourly)
        found: dict[str, set[Day]] = {}
        for split, first, last in cursor.execute(
            """SELECT split, first, last FROM _ops.sealed AS s
               WHERE scope = $1 AND s.first >= $3 AND s.last <= $4 AND NOT EXISTS (
                   SELECT 1 FROM _ops.touched AS t
                   WHERE t.source = $2 AND t.version > s.built AND t.last >= s.first AND t.first < s.last)""",
            [scope.name, scope.source, _naive(min(days).first), _naive(max(day.last for day in days))],
        ).fetchall():
            found.setdefault(split, set()).add(Day(first.replace(tzinfo=dt.UTC), last.replace(tzinfo=dt.UTC)))
        built = {day for day in days if all(day in found.get(split, ()) for split in splits)}
        lacking = set(days) - built
        if lacking:
            missing = self.missing.setdefault(scope.name, Missing(scope, {}, set()))
            missing.splits |= splits
            missing.days |= lacking
        return built


# --- the query -------------------------------------------------------------------------------------------------


def _key(columns: Sequence[str]) -> str:
    return json.dumps(list(columns))


def _query(ask: Ask, names: Names, plan: _Plan, units: Sequence[Day], *, fine: bool) -> str:
    """Rows as `sort` wants them: states of the days and of the rows around them, added up and worked out."""
    heads = [f"m{index}" for index in range(len(names.dimensions))]
    states = [f"s{index}" for index in range(len(plan.scope.aggregates))]
    keys = ["g", "p", "b", "s", *heads]
    columns = ", ".join([*keys[:4], "n", *heads, *states])
    selects = [f"SELECT * FROM ({_rest(ask, names, plan, joined(units))}) AS q({columns})"]
    table = plan.scope.table
    for side in sides(ask):
        inside = within(units, side)
        for split in ask.splits:
            of = [names.columns[name] for name in split]
            placed = {column: f"members[{at + 1}]" for at, column in enumerate(of)}
            members = "".join(f", {placed.get(column, 'NULL::VARCHAR')}" for column in names.dimensions)
            selects.append(
                f"SELECT {names.mask(names.period, *of)}, {str(side.now).lower()}, NULL, NULL, n{members}, "
                f"{', '.join(states)} FROM {table} WHERE split = {literal(_key(of))} AND ({inside})"
            )
    if ask.trend is not None:
        key = HOUR if fine else _key([])
        none = "".join(", NULL::VARCHAR" for _ in heads)
        selects.append(
            f"SELECT {names.mask(names.bucket)}, NULL, {bucket_sql(ask.trend.edges)}, NULL, n{none}, "
            f"{', '.join(states)} FROM (SELECT *, start AS _time FROM {table} "
            f"WHERE split = {literal(key)} AND ({within(units, sides(ask)[0])}))"
        )
    for name in ask.grids if ask.grid is not None else ():
        assert ask.grid is not None
        column = names.columns[name]
        members = "".join(f", {'members[1]' if each == column else 'NULL::VARCHAR'}" for each in names.dimensions)
        selects.append(
            f"SELECT {names.mask(names.step, column)}, NULL, NULL, {bucket_sql(ask.grid.edges)}, n{members}, "
            f"{', '.join(states)} FROM (SELECT *, start AS _time FROM {table} "
            f"WHERE split = {literal(_key([column]))} AND ({within(units, sides(ask)[0])}))"
        )
    finals = ", ".join(f"finalize(combine_aggr({state})) AS a{at}" for at, state in enumerate(states))
    values = "".join(f", CAST(({post}) AS DOUBLE)" for post in plan.posts)
    whole = " UNION ALL ".join(selects)
    total = "count(*) OVER (PARTITION BY g, p, b, s)"
    order = ", ".join(["n DESC", *heads])
    capped = f"QUALIFY row_number() OVER (PARTITION BY g, p, b, s ORDER BY {order}) <= {ask.cap}"
    return (
        f"SELECT {', '.join([*keys[:4], 'n', *heads])}{values}, {total if heads else 1} FROM ("
        f"SELECT {', '.join(keys)}, CAST(sum(n) AS BIGINT) AS n, {finals} FROM ({whole}) AS u({columns}) "
        f"GROUP BY {', '.join(keys)}) {capped if heads else ''}"
    )


def _rest(ask: Ask, names: Names, plan: _Plan, ranges: Sequence[Day]) -> str:
    """The states of the rows that no sealed day covers, grouped as a scan groups them."""
    bases = []
    for side in sides(ask):
        columns = f"*, {str(side.now).lower()} AS {names.period}"
        if ask.trend:
            columns += f", {bucket_sql(ask.trend.edges) if side.now else 'NULL'} AS {names.bucket}"
        if ask.grid and ask.grids:
            columns += f", {bucket_sql(ask.grid.edges) if side.now else 'NULL'} AS {names.step}"
        for stretch in gaps(side, [day for one in ranges if (day := cut(one, side)) is not None]):
            where = f"({stretch})" + (f" AND (\n{ask.where}\n)" if ask.where is not None else "")
            bases.append(f"SELECT {columns} FROM {ident(ask.source)} WHERE {where}")
    sets = [(names.period, *(names.columns[name] for name in split)) for split in ask.splits]
    sets += [(names.bucket,)] if ask.trend else []
    sets += [(names.step, names.columns[name]) for name in ask.grids if ask.grid]
    listed = ", ".join(f"({', '.join(ident(name) for name in one)})" for one in dict.fromkeys(sets))
    keys = ", ".join(name if name in names.grouped else "NULL" for name in (names.period, names.bucket, names.step))
    members = "".join(f", CAST({ident(name)} AS VARCHAR)" for name in names.dimensions)
    states = ", ".join(f"{aggregate} EXPORT_STATE" for aggregate in plan.scope.aggregates)
    return (
        f"SELECT GROUPING({', '.join(ident(name) for name in names.grouped)}), {keys}, "
        f"count(*){members}, {states} FROM ({' UNION ALL '.join(bases)}) AS {ident(ask.source)} "
        f"GROUP BY GROUPING SETS ({listed})"
    )


def _naive(moment: dt.datetime) -> dt.datetime:
    """As tables have it: UTC without saying so."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def _tree(connection: duckdb.DuckDBPyConnection, text: str) -> Tree:
    answer = connection.execute("SELECT json_serialize_sql(?)", [f"SELECT {text}"]).fetchall()[0][0]
    tree: Tree = json.loads(answer)["statements"][0]["node"]["select_list"][0]
    return tree


def _kept(node: Tree) -> bool:
    """Whether a call of an aggregate can be kept as a state."""
    return node["function_name"].lower() in _KEPT and not node["distinct"] and not node["order_bys"]["orders"]


# --- two answers as one ----------------------------------------------------------------------------------------


def _merged(first: Found, at_first: Sequence[int], second: Found, at_second: Sequence[int]) -> Found:
    """What both found of the same groups, with each value at its place."""
    size = len(at_first) + len(at_second)

    def both(left: Row | None, right: Row | None) -> Row:
        values: list[float | None] = [None] * size
        for row, places in ((left, at_first), (right, at_second)):
            for place, value in zip(places, row.values if row is not None else (), strict=False):
                values[place] = value
        known = left or right
        assert known is not None
        return Row(known.rows, tuple(values))

    def both_of(left: dict[Any, Row], right: dict[Any, Row]) -> dict[Any, Row]:
        return {key: both(left.get(key), right.get(key)) for key in dict.fromkeys([*left, *right])}

    found = Found()
    for side in ("now", "before"):
        one, other = getattr(first, side), getattr(second, side)
        splits: list[Dimensions] = list(dict.fromkeys([*one, *other]))
        setattr(found, side, {split: both_of(one.get(split, {}), other.get(split, {})) for split in splits})
    found.trend = both_of(first.trend, second.trend)
    for name in dict.fromkeys([*first.grids, *second.grids]):
        found.grids[name] = both_of(first.grids.get(name, {}), second.grids.get(name, {}))
    found.members = second.members | first.members
    return found
