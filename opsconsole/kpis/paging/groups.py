"""Rows as groups: one row per members of some columns with aggregates, and the members of one column side by side."""

from __future__ import annotations

from typing import Any

import duckdb

from opsconsole.kpis.bound import is_number
from opsconsole.kpis.paging.filters import column_of
from opsconsole.kpis.paging.rowset import RowSet
from opsconsole.kpis.paging.wanted import Aggregate, Grouping, Sort
from opsconsole.tables.names import ident

PIVOTED = 50
"""Members that are put side by side, at most: those with the most rows."""
_OF_NUMBERS = ("sum", "mean", "median", "p95")
_SQL = {
    "sum": "sum({})",
    "mean": "avg({})",
    "median": "median({})",
    "min": "min({})",
    "max": "max({})",
    "distinct": "count(DISTINCT {})",
    "p95": "quantile_cont({}, 0.95)",
}


def grouped(cursor: duckdb.DuckDBPyConnection, rows: RowSet, grouping: Grouping) -> RowSet:
    """The groups of a row set, as a row set.

    Raises LookupError for an unknown column, ValueError for an aggregate that a column has not, duckdb.Error.
    """
    by = [column_of(rows.columns, name, rows.source) for name in dict.fromkeys(grouping.by)]
    if not by and not grouping.pivot:
        raise ValueError("group by at least one column")
    wanted = list(dict.fromkeys(grouping.aggregates)) or [Aggregate("count")]
    measures = [(_title(rows, each), _sql(rows, each)) for each in wanted]
    note, values = "", []
    items = [(name, ident(name)) for name in by]
    if grouping.pivot:
        pivot = column_of(rows.columns, grouping.pivot, rows.source)
        members, note = _members(cursor, rows, pivot)
        held = f"{ident(pivot)} IS NOT DISTINCT FROM CAST(? AS {rows.columns[pivot]})"
        for member in members:
            for title, sql in measures:
                text = "(none)" if member is None else str(member)
                items.append((text if len(measures) == 1 else f"{text} {title}", f"{sql} FILTER (WHERE {held})"))
                values.append(member)
    if not grouping.pivot or not items:  # nothing to put side by side: what is shown of no rows
        items += measures
    names = _distinct([name for name, _ in items])
    listed = ", ".join(f"{sql} AS {ident(name)}" for name, (_, sql) in zip(names, items, strict=True))
    where, inner = rows.where()
    members_of = f" GROUP BY {', '.join(str(place + 1) for place in range(len(by)))}" if by else ""
    query = f"SELECT {listed} FROM {rows.table}{where}{members_of}"
    given = (*values, *inner)
    described = cursor.execute(f"SELECT * FROM ({query}) LIMIT 0", given).description or []
    return RowSet(
        source=rows.source,
        table=f"({query}) AS groups",
        columns={str(each[0]): str(each[1]) for each in described},
        place="groups",
        given=given,
        bounded=rows.bounded,
        zone=rows.zone,
        note="; ".join(text for text in (rows.note, note) if text),
    )


def usual(rows: RowSet, grouping: Grouping) -> tuple[Sort, ...]:
    """How groups stand unless told otherwise: the largest first, or by their members where one is put side by side."""
    names = list(rows.columns)
    by = len(dict.fromkeys(grouping.by))
    if grouping.pivot:
        return tuple(Sort(name) for name in names[:by])
    return (Sort(names[by], descending=True),)


def _members(cursor: duckdb.DuckDBPyConnection, rows: RowSet, pivot: str) -> tuple[list[Any], str]:
    """The members of a column with the most rows, in order, and what to say where there are more."""
    where, values = rows.where()
    found = cursor.execute(
        f"SELECT {ident(pivot)} AS member, count(*) AS many, count(*) OVER () AS members "
        f"FROM {rows.table}{where} GROUP BY member ORDER BY many DESC, member NULLS LAST LIMIT {PIVOTED}",
        values,
    ).fetchall()
    total = found[0][2] if found else 0
    note = f"{pivot} has {total} members: the {PIVOTED} with the most rows are shown" if total > PIVOTED else ""
    members = [row[0] for row in found]
    return sorted(members, key=lambda member: (member is None, member if member is not None else 0)), note


def _title(rows: RowSet, aggregate: Aggregate) -> str:
    if aggregate.kind == "count":
        return "count"
    return f"{aggregate.kind} {column_of(rows.columns, aggregate.column, rows.source)}"


def _sql(rows: RowSet, aggregate: Aggregate) -> str:
    if aggregate.kind == "count":
        return "count(*)"
    column = column_of(rows.columns, aggregate.column, rows.source)
    kind = rows.columns[column]
    if aggregate.kind in _OF_NUMBERS and not is_number(kind):
        raise ValueError(f"`{column}` holds {kind}, no numbers: there is no {aggregate.kind} of it")
    return _SQL[aggregate.kind].format(ident(column))


def _distinct(names: list[str]) -> list[str]:
    """Names of which no two are the same, whatever their case."""
    taken: set[str] = set()
    found = []
    for name in names:
        number, free = 1, name or " "
        while free.lower() in taken:
            number += 1
            free = f"{name} ({number})"
        taken.add(free.lower())
        found.append(free)
    return found
