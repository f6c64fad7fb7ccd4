"""Expressions over named numbers, computed by DuckDB for many rows of them at once."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.kpis.expression import ident, number
from opsconsole.kpis.scan import Cursor


def formula_values(
    cursor: Cursor, formula: str, names: Sequence[str], rows: Sequence[Sequence[float | None]]
) -> list[float | None]:
    """What a formula gives for each row of numbers, which are in the order of the names.

    Raises duckdb.Error where it cannot be computed, such as the root of a negative number.
    """
    if not rows:
        return []
    place = "_at"
    while place in {name.casefold() for name in names}:
        place = f"_{place}"
    columns = ", ".join(f"unnest(${at + 1}::DOUBLE[]) AS {ident(name)}" for at, name in enumerate(names))
    query = (
        f"SELECT CAST((\n{formula}\n) AS DOUBLE) FROM "
        f"(SELECT unnest(range({len(rows)})) AS {place}, {columns}) ORDER BY {place}"
    )
    lists = [[row[at] for row in rows] for at in range(len(names))]
    return [number(value) for (value,) in cursor.execute(query, lists).fetchall()]
