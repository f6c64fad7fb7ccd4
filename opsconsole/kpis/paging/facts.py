"""What is in a column: figures, a histogram, and the values that are there most often.

One scan gives what it gives exactly. Distinct values, quantiles and the commonest values of large tables are told
about: by sketches, and by a sample where there are very many different ones.
"""

from __future__ import annotations

from typing import Any

import duckdb
from msgspec import Struct

from opsconsole.kpis.bound import is_number
from opsconsole.kpis.cells import cell
from opsconsole.kpis.expression import number
from opsconsole.kpis.paging.filters import column_of
from opsconsole.kpis.paging.rowset import RowSet
from opsconsole.tables.names import ident, literal

EXACT = 2_000_000
"""Up to so many rows all is counted."""
FEW = 100_000
"""Up to about so many different values they are counted exactly in any table."""
SAMPLE = 200_000


class Facts(Struct, frozen=True):
    """Figures of a column. `values` and `counts`: the commonest; `edges` and `bins`: the histogram."""

    column: str
    kind: str
    rows: int
    empty: int
    distinct: int
    exact: bool
    values: list[Any]
    counts: list[int]
    low: Any = None
    high: Any = None
    mean: float | None = None
    median: float | None = None
    deviation: float | None = None
    p05: float | None = None
    p95: float | None = None
    total: float | None = None
    edges: list[float] = []
    bins: list[int] = []


def facts(cursor: duckdb.DuckDBPyConnection, rows: RowSet, name: str, bins: int, most: int) -> Facts:
    """The facts of a column of a row set. Raises LookupError for an unknown column, duckdb.Error."""
    column = column_of(rows.columns, name, rows.source)
    kind, sql = rows.columns[column], ident(column)
    numeric = is_number(kind) and kind != "BOOLEAN"
    moments = kind.startswith(("TIMESTAMP", "DATE"))
    where, values = rows.where()
    total, filled, about, low, high, mean, deviation, summed = cursor.execute(
        f"SELECT count(*), count({sql}), approx_count_distinct({sql}), min({sql}), max({sql}), "
        + (f"avg({sql}), stddev_samp({sql}), sum({sql}) " if numeric else "NULL, NULL, NULL ")
        + f"FROM {rows.table}{where}",
        values,
    ).fetchall()[0]
    small = total <= EXACT
    exact = small or about <= FEW
    distinct, common, counts = _commonest(cursor, rows, sql, min(max(most, 0), 10_000), exact, filled, about)
    quantiles: list[Any] = [None, None, None]
    if numeric and filled:
        quantile = "quantile_cont" if small else "approx_quantile"
        quantiles = cursor.execute(
            f"SELECT {quantile}({sql}, [0.05, 0.5, 0.95]) FROM {rows.table}{where}", values
        ).fetchall()[0][0]
    edges, counted = ([], []) if not (numeric or moments) else _histogram(cursor, rows, sql, kind, bins)
    return Facts(
        column=column,
        kind=kind,
        rows=total,
        empty=total - filled,
        distinct=distinct,
        exact=exact and (small or not numeric),
        values=[cell(value) for value in common],
        counts=counts,
        low=cell(low),
        high=cell(high),
        mean=number(mean),
        median=number(quantiles[1]),
        deviation=number(deviation),
        p05=number(quantiles[0]),
        p95=number(quantiles[2]),
        total=number(summed),
        edges=edges,
        bins=counted,
    )


def _commonest(
    cursor: duckdb.DuckDBPyConnection, rows: RowSet, sql: str, most: int, exact: bool, filled: int, about: int
) -> tuple[int, list[Any], list[int]]:
    """How many different values there are, and the commonest with their counts; of a sample where not `exact`."""
    where, values = rows.where((f"{sql} IS NOT NULL", []))
    read = f"SELECT {sql} AS v FROM {rows.table}{where}"
    if not exact:
        read += f" USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE (1)"
    found = cursor.execute(
        f"SELECT v, count(*) AS n, count(*) OVER () FROM ({read}) GROUP BY v ORDER BY n DESC, v LIMIT {max(most, 1)}",
        values,
    ).fetchall()
    if exact:
        distinct = int(found[0][2]) if found else 0
        return distinct, [row[0] for row in found[:most]], [int(row[1]) for row in found[:most]]
    scale = filled / min(SAMPLE, filled)
    often = [row for row in found[:most] if row[1] > 1]  # what a sample has once is there by chance
    return int(about), [row[0] for row in often], [round(row[1] * scale) for row in often]


def _histogram(
    cursor: duckdb.DuckDBPyConnection, rows: RowSet, sql: str, kind: str, bins: int
) -> tuple[list[float], list[int]]:
    """Counts between edges of equal distance; moments as epoch seconds."""
    bins, numeric = min(max(bins, 1), 500), is_number(kind)
    value = f"CAST({sql} AS DOUBLE)" if numeric else _epoch(rows, sql, kind)
    where, values = rows.where((f"isfinite({sql if not numeric else value})", []))
    low, high = cursor.execute(f"SELECT min({value}), max({value}) FROM {rows.table}{where}", values).fetchall()[0]
    if low is None:
        return [], []
    if low == high:
        many = cursor.execute(f"SELECT count(*) FROM {rows.table}{where}", values).fetchall()[0][0]
        return [low, high], [many]
    width = (high - low) / bins
    found = cursor.execute(
        f"SELECT least(CAST(floor(({value} - {low!r}) / {width!r}) AS BIGINT), {bins - 1}) AS bin, count(*) "
        f"FROM {rows.table}{where} GROUP BY bin",
        values,
    ).fetchall()
    counted = [0] * bins
    for at, many in found:
        counted[max(int(at), 0)] += int(many)
    return [low + width * at for at in range(bins)] + [high], counted


def _epoch(rows: RowSet, sql: str, kind: str) -> str:
    """A moment in seconds since the epoch; one without a zone is by the clocks of its source."""
    return f"epoch({sql})" if "ZONE" in kind else f"epoch(CAST({sql} AS TIMESTAMP) AT TIME ZONE {literal(rows.zone)})"
