"""Pages of a row set: by keys, by counting, and by the places of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
from msgspec import Struct

from opsconsole.kpis.cells import columns_of
from opsconsole.kpis.paging.filters import column_of
from opsconsole.kpis.paging.order import Key, Leg, Name, Order, legs_from
from opsconsole.kpis.paging.rowset import RowSet
from opsconsole.kpis.paging.wanted import Sort
from opsconsole.tables.names import ident

LARGEST = 10_000


class Found(Struct, frozen=True):
    """Rows of a page: their keys in the order that was asked for, `data[column][row]` as cells, file ids and lines."""

    keys: list[Key]
    data: list[list[Any]]
    files: list[int]
    lines: list[int]

    def __len__(self) -> int:
        return len(self.lines)


def read(
    cursor: duckdb.DuckDBPyConnection,
    rows: RowSet,
    order: Order,
    key: Key | None,
    limit: int,
    *,
    forward: bool = True,
    including: bool = False,
    skip: int = 0,
    end: Key | None = None,
) -> tuple[Found, bool]:
    """Up to `limit` rows after a key (or before it), always in the order itself; and whether there are more.

    `key` None: from the end where reading begins. `skip`: so many rows of those are left out. `end`: a key
    known to lie beyond all that is wanted, so that less has to be read. Raises duckdb.Error.
    """
    if skip:
        key, including = key_at(cursor, rows, order, key, skip, forward=forward, including=including), True
        if key is None:
            return found_of(rows, []), False
    got: list[tuple[Any, ...]] = []
    for leg, (sql, _) in legs_from(order, key, forward, including):
        where, values = rows.where((_within(order, leg, sql, end, forward), []))
        wanted = limit + 1 - len(got)
        got += cursor.execute(
            f"SELECT {', '.join(order.keys)}, {_listed(rows)} FROM {rows.table}{where} "
            f"ORDER BY {leg.ordered(forward)} LIMIT {wanted}",
            values,
        ).fetchall()
        if len(got) > limit:
            break
    more, got = len(got) > limit, got[:limit]
    width = len(order.keys)
    return found_of(rows, [(list(row[:width]), row[width:]) for row in (got if forward else got[::-1])]), more


def key_at(
    cursor: duckdb.DuckDBPyConnection,
    rows: RowSet,
    order: Order,
    key: Key | None,
    skip: int,
    *,
    forward: bool = True,
    including: bool = False,
    end: Key | None = None,
) -> Key | None:
    """The key of the row that comes after `skip` others after a key (or before it); None where there are fewer.

    `end`: a key known to lie beyond it, so that less has to be read. Raises duckdb.Error.
    """
    for leg, (sql, _) in legs_from(order, key, forward, including):
        where, values = rows.where((_within(order, leg, sql, end, forward), []))
        got = cursor.execute(
            f"SELECT {', '.join(order.keys)} FROM {rows.table}{where} "
            f"ORDER BY {leg.ordered(forward)} LIMIT 1 OFFSET {skip}",
            values,
        ).fetchall()
        if got:
            return list(got[0])
        skip -= _count(cursor, rows, sql)
    return None


def _within(order: Order, leg: Leg, sql: str, end: Key | None, forward: bool) -> str:
    """The condition on a leg, and that its rows do not lie beyond a key of that leg."""
    if end is None or leg is not order.legs[order.leg_of(end)]:
        return sql
    return f"{sql} AND {leg.beyond(end, not forward, including=True)}"


def any_beyond(cursor: duckdb.DuckDBPyConnection, rows: RowSet, order: Order, key: Key, forward: bool) -> bool:
    """Whether any row lies after a key (or before it). Raises duckdb.Error."""
    for _, condition in legs_from(order, key, forward):
        where, values = rows.where(condition)
        if cursor.execute(f"SELECT 1 FROM {rows.table}{where} LIMIT 1", values).fetchall():
            return True
    return False


def count_before(cursor: duckdb.DuckDBPyConnection, rows: RowSet, order: Order, key: Key) -> int:
    """How many rows come before a key. Raises duckdb.Error."""
    return sum(_count(cursor, rows, condition[0]) for _, condition in legs_from(order, key, forward=False))


def _count(cursor: duckdb.DuckDBPyConnection, rows: RowSet, condition: str) -> int:
    where, values = rows.where((condition, []))
    return int(cursor.execute(f"SELECT count(*) FROM {rows.table}{where}", values).fetchall()[0][0])


def count(cursor: duckdb.DuckDBPyConnection, rows: RowSet) -> int:
    """How many rows there are. Raises duckdb.Error."""
    where, values = rows.where()
    return int(cursor.execute(f"SELECT count(*) FROM {rows.table}{where}", values).fetchall()[0][0])


def ordered(rows: RowSet, sort: Sequence[Sort], name: Name = "time") -> str:
    """ORDER BY (without the words) of a sort; what is equal stands as it does in the order `name`.

    Rows that know no place are ordered by all their columns at last, so that pages fit together. Raises LookupError.
    """
    parts = []
    for each in sort:
        column = ident(column_of(rows.columns, each.column, rows.source))
        parts.append(f"{column} {'DESC' if each.descending else 'ASC'} NULLS LAST")
    if rows.place == "numbers":
        return ", ".join([*parts, "_row"])
    if rows.place != "groups":
        parts += FILE_FIRST if name == "file" else TIME_FIRST
    if rows.place in ("none", "groups"):
        parts += [f"{ident(column)} NULLS LAST" for column in rows.columns]
    return ", ".join(parts)


TIME_FIRST = ("_time DESC NULLS LAST", "_file DESC NULLS LAST", "_line DESC NULLS LAST")
FILE_FIRST = ("_file NULLS LAST", "_line NULLS LAST", "_time DESC NULLS LAST")


def by_count(cursor: duckdb.DuckDBPyConnection, rows: RowSet, order_by: str, skip: int, limit: int) -> Found:
    """A page by counting, its keys the numbers of its rows: for the first one, and for tables that are small.

    Raises duckdb.Error.
    """
    where, values = rows.where()
    got = cursor.execute(
        f"SELECT {_listed(rows)} FROM {rows.table}{where} ORDER BY {order_by} LIMIT {limit} OFFSET {skip}", values
    ).fetchall()
    return found_of(rows, [([skip + at], row) for at, row in enumerate(got)])


def found_of(rows: RowSet, got: Sequence[tuple[Key, tuple[Any, ...]]]) -> Found:
    """Keys, and rows that begin with file and line, as a page."""
    return Found(
        keys=[key for key, _ in got],
        data=columns_of([row[2:] for _, row in got], len(rows.columns)),
        files=[row[0] for _, row in got],
        lines=[row[1] for _, row in got],
    )


def shown(rows: RowSet) -> list[str]:
    """SQL for file and line, 0 where there is none."""
    if rows.place in ("numbers", "groups"):
        return ["0", "0"]
    return ["coalesce(_file, 0)", "coalesce(_line, 0)"]


def _listed(rows: RowSet) -> str:
    return ", ".join([*shown(rows), *(ident(name) for name in rows.columns)])
