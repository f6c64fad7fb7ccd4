"""A row index: the rows of a set in a sorted order, as their places in the table, in a file.

DuckDB sorts, spills where it must, and the order streams into the file: 16 bytes a row, read by slices. Each entry has
a hash of the row's place and of what it was sorted by, so that a row that has gone, moved or changed since is noticed
and never shown in a place that is not its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import numpy as np

from opsconsole.kpis.paging.filters import column_of
from opsconsole.kpis.paging.order import Name
from opsconsole.kpis.paging.pages import Found, found_of, ordered, shown
from opsconsole.kpis.paging.rowset import RowSet
from opsconsole.kpis.paging.wanted import Sort
from opsconsole.tables.names import ident

_BATCH = 65_536
_ENTRY = 16


class StaleError(Exception):
    """Rows of the index have gone or changed: it has to be built anew."""


def checked_sql(rows: RowSet, sort: Sequence[Sort]) -> str:
    """SQL for the hash of a row's place and of what it is sorted by."""
    names = [ident(column_of(rows.columns, each.column, rows.source)) for each in sort]
    return f"hash({', '.join([*names, '_time', '_file', '_line'])})"


def build(
    cursor: duckdb.DuckDBPyConnection,
    rows: RowSet,
    sort: Sequence[Sort],
    name: Name,
    path: Path,
    went_on: Callable[[int], None],
) -> int:
    """Write the index to a file; how many rows it has. What is equal stands as it does in the order `name`.

    `went_on` is told of rows written, and may raise to end it. Raises duckdb.Error, OSError.
    """
    where, values = rows.where()
    query = (
        f"SELECT {rows.identity} AS place, {checked_sql(rows, sort)} AS check_ FROM {rows.table}{where} "
        f"ORDER BY {ordered(rows, sort, name)}"
    )
    written = 0
    with path.open("wb") as file, contextlib.closing(cursor.sql(query, params=values).to_arrow_reader(_BATCH)) as found:
        for batch in found:
            entries = np.empty((batch.num_rows, 2), dtype=np.uint64)
            entries[:, 0] = batch.column(0).to_numpy(zero_copy_only=False)
            entries[:, 1] = batch.column(1).to_numpy(zero_copy_only=False)
            file.write(entries.tobytes())
            written += batch.num_rows
            went_on(written)
    return written


def read(
    cursor: duckdb.DuckDBPyConnection, rows: RowSet, sort: Sequence[Sort], path: Path, row: int, limit: int
) -> Found:
    """The rows of the index from `row` on. Raises StaleError, duckdb.Error, OSError."""
    with path.open("rb") as file:
        file.seek(row * _ENTRY)
        entries = np.frombuffer(file.read(limit * _ENTRY), dtype=np.uint64).reshape(-1, 2)
    if not len(entries):
        return found_of(rows, [])
    places = entries[:, 0].astype(np.int64).tolist()
    where, values = rows.where((f"{rows.identity} IN (SELECT unnest(?::BIGINT[]))", [places]))
    listed = ", ".join([*shown(rows), *(ident(name) for name in rows.columns)])
    got = cursor.execute(
        f"SELECT {rows.identity}, {checked_sql(rows, sort)}, {listed} FROM {rows.table}{where}", values
    ).fetchall()
    by_place = {each[0]: each for each in got}
    ordered = [by_place.get(place) for place in places]
    whole = [each for each in ordered if each is not None]
    if len(whole) != len(places) or [each[1] for each in whole] != entries[:, 1].tolist():
        raise StaleError
    return found_of(rows, [([row + at], each[2:]) for at, each in enumerate(whole)])
