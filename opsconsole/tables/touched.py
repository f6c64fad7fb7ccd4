"""Which stretches of event time a transaction touched, written in that transaction: what is known of them from before
no longer holds.

`_ops.touched` has a row for each UTC day of a source in which rows came, went or changed: from the first to the last of
their times, and the version of the transaction. Rows without a time make a row of NULLs; a table made anew, or whose
values changed, makes one from -infinity to infinity. Versions rise with each transaction that touches any table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from opsconsole.tables.names import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Range = tuple[str | None, str | None]
"""First and last event time of touched rows of a day, as DuckDB writes them; None: rows without a time."""

RANGE = "CAST(min(_time) AS VARCHAR), CAST(max(_time) AS VARCHAR)"
DAY = "CAST(_time AS DATE)"
"""The columns of a query that gives the `Range` of its rows, and what it is to be grouped by."""

ALL: Range = ("-infinity", "infinity")
_VERSION = "(SELECT coalesce(max(version), 0) FROM _ops.touched)"
_RECENT = 512
"""Of so many latest versions the touches of an hour are one row, of older ones those of a day."""


def of(cursor: DuckDBPyConnection, table: str, condition: str) -> list[Range]:
    """The stretches of the rows of a table (quoted) that meet a condition. Raises duckdb.Error."""
    found: list[Range] = cursor.execute(f"SELECT {RANGE} FROM {table} WHERE {condition} GROUP BY {DAY}").fetchall()
    return found


class Touched:
    """What the transaction under way has touched so far; forgotten at its beginning, written at its end."""

    def __init__(self, cursor: DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._found: dict[str, list[Range]] = {}
        self._notes = 0

    def forget(self) -> None:
        """Begin anew."""
        self._found.clear()

    def add(self, touched: Mapping[str, Iterable[Range]]) -> None:
        """Remember stretches, by source."""
        for source, found in touched.items():
            self._found.setdefault(source, []).extend(found)

    def write(self) -> None:
        """Write what was gathered. Raises duckdb.Error."""
        note(self._cursor, self._found)
        self._notes += bool(self._found)
        if self._notes >= _RECENT:
            self._notes = 0
            compact(self._cursor)


def note(cursor: DuckDBPyConnection, touched: Mapping[str, Iterable[Range]]) -> None:
    """Write what was touched, by source, in the transaction that touched it. Raises duckdb.Error."""
    rows = [
        f"({literal(source)}, {_moment(first)}, {_moment(last)})"
        for source, found in touched.items()
        for first, last in dict.fromkeys(found)
    ]
    if rows:
        listed = ", ".join(rows)
        cursor.execute(f"INSERT INTO _ops.touched SELECT *, {_VERSION} + 1 FROM (VALUES {listed})")


def whole(cursor: DuckDBPyConnection, source: str) -> None:
    """All of a source is touched: what was said of it before is said with that. Raises duckdb.Error."""
    note(cursor, {source: [ALL]})
    cursor.execute(f"DELETE FROM _ops.touched WHERE source = ? AND version < {_VERSION}", [source])


def _moment(value: str | None) -> str:
    return "NULL" if value is None else f"TIMESTAMP {literal(value)}"


def version(cursor: DuckDBPyConnection, source: str = "") -> int:
    """The version of the last transaction that touched a source, or any: 0 before the first. Raises duckdb.Error."""
    query = "SELECT coalesce(max(version), 0) FROM _ops.touched WHERE $1 = '' OR source = $1"
    return int(cursor.execute(query, [source]).fetchall()[0][0])


def since(cursor: DuckDBPyConnection, sources: Collection[str], known: int) -> tuple[float | None, float | None] | None:
    """From which to which event time (s since the epoch) rows of sources came, went or changed after a version.

    None where nothing did; (None, None) where only rows without a time did, or all rows. Raises duckdb.Error.
    """
    rows = cursor.execute(
        "SELECT min(first), max(last), count(*), count(*) FILTER (first IS NULL OR isinf(first)) FROM _ops.touched "
        "WHERE version > $1 AND list_contains($2, source)",
        [known, list(sources)],
    ).fetchall()
    first, last, touches, boundless = rows[0]
    if not touches:
        return None
    if boundless or first is None:
        return None, None
    return first.replace(tzinfo=dt.UTC).timestamp(), last.replace(tzinfo=dt.UTC).timestamp()


def compact(cursor: DuckDBPyConnection) -> None:
    """Keep no more rows than there are days, and hours lately; nothing untouched becomes so. Raises duckdb.Error.

    The touches of an hour, or of a day, become one that is as late as the latest of them.
    """
    recent = f"version > {_VERSION} - {_RECENT}"
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE _compacted AS SELECT source, min(first), max(last), max(version)"
        f" FROM _ops.touched GROUP BY source, CASE WHEN {recent} THEN date_trunc('hour', first)"
        " ELSE date_trunc('day', first) END, isinf(last)"
    )
    cursor.execute("DELETE FROM _ops.touched")
    cursor.execute("INSERT INTO _ops.touched SELECT * FROM _compacted")
    cursor.execute("DROP TABLE _compacted")
