"""The journal for ad-hoc SQL: the tables `journal` and `alert_history`, in memory, brought up to date by number.

They are made with the first query that names them; what is asked then reads the records that came since. A source of
the site of the same name comes first.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from opsconsole.journal.search import rows_after

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

JOURNAL, HISTORY = "journal", "alert_history"
TABLES = (JOURNAL, HISTORY)
_DATABASE = "recorded"
_PLACE = "recorded.kept.journal"  # a schema that nobody looks for a site's tables in
_COLUMNS = {
    "seq": "BIGINT", "site_time": "TIMESTAMP", "utc": "TIMESTAMP", "actor": "VARCHAR", "uid": "BIGINT",
    "origin": "VARCHAR", "kind": "VARCHAR", "what": "VARCHAR", "object": "VARCHAR", "rule": "VARCHAR",
    "labels": "VARCHAR", "value": "DOUBLE", "disposition": "VARCHAR", "text": "VARCHAR", "before": "VARCHAR",
    "after": "VARCHAR", "reason": "VARCHAR", "data": "VARCHAR",
}  # fmt: skip
"""Moments are UTC. `rule`, `labels` (JSON), `value` and `disposition` are of alerts, `data` (JSON) of all else."""
_MADE = ("rule", "labels", "value", "disposition")
_READ = (*(name for name in _COLUMNS if name not in _MADE), "hash")
_CHUNK = 50_000

_HISTORY = f"""
WITH changes AS (
    SELECT *, count(*) FILTER (what IN ('raised', 'occurred')) OVER (PARTITION BY object ORDER BY seq) AS number
    FROM {_PLACE} WHERE kind = 'alert'),
occurrences AS (
    SELECT object AS alert, any_value(rule) AS rule, any_value(labels) AS labels, number,
           arg_min("text", seq) AS "text", min(site_time) AS raised,
           min(site_time) FILTER (what = 'acknowledged') AS acknowledged,
           arg_min(actor, seq) FILTER (what = 'acknowledged') AS acknowledged_by,
           min(site_time) FILTER (what IN ('cleared', 'occurred', 'closed')) AS cleared,
           arg_max(disposition, seq) AS disposition
    FROM changes WHERE number > 0 GROUP BY object, number)
SELECT *, epoch(acknowledged) - epoch(raised) AS to_acknowledge_s, epoch(cleared) - epoch(raised) AS to_clear_s
FROM occurrences"""

SCHEMAS: dict[str, tuple[str, dict[str, str]]] = {
    JOURNAL: ("Journal: what people and the system did", _COLUMNS),
    HISTORY: (
        "Alerts as they came and went",
        {
            "alert": "VARCHAR", "rule": "VARCHAR", "labels": "VARCHAR", "number": "BIGINT", "text": "VARCHAR",
            "raised": "TIMESTAMP", "acknowledged": "TIMESTAMP", "acknowledged_by": "VARCHAR", "cleared": "TIMESTAMP",
            "disposition": "VARCHAR", "to_acknowledge_s": "DOUBLE", "to_clear_s": "DOUBLE",
        },
    ),
}  # fmt: skip
"""The title of each table, and its columns with their DuckDB types."""


class JournalTable:
    """The journal of a path as tables for the cursors of one database. May be used from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._last: tuple[int, str] | None = None

    def offer(self, cursor: DuckDBPyConnection, named: Collection[str], taken: Collection[str]) -> None:
        """Have the tables that a query names there for this cursor, as they are now, but for names that are `taken`.

        Raises JournalError, duckdb.Error.
        """
        wanted = [name for name in TABLES if name in named and name not in taken]
        if not wanted:
            return
        with self._lock:
            self._follow(cursor)
        for name in wanted:
            body = f"SELECT * FROM {_PLACE}" if name == JOURNAL else _HISTORY
            cursor.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {body}")

    def _follow(self, cursor: DuckDBPyConnection) -> None:
        """Take the records that came since the last time; all of them where the database or the journal is another."""
        known = cursor.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND table_name = ?", [_DATABASE, JOURNAL]
        ).fetchall()
        if known == [(0,)]:
            columns = ", ".join(f'"{name}" {kind}' for name, kind in _COLUMNS.items())
            cursor.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {_DATABASE} (COMPRESS)")
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {_DATABASE}.kept")
            cursor.execute(f"CREATE TABLE {_PLACE} ({columns})")
            self._last = None
        import polars as pl

        kinds = {"BIGINT": pl.Int64}
        schema = {name: kinds.get(_COLUMNS[name], pl.String) for name in _READ[:-1]}
        for rows, anew in rows_after(self._path, self._last, _READ, _CHUNK):
            if anew:
                cursor.execute(f"DELETE FROM {_PLACE}")
            if rows:
                found = dict(zip(schema, zip(*rows, strict=True), strict=False))
                frame = pl.DataFrame(found, schema=schema)
                cursor.register("_records", frame)
                try:
                    cursor.execute(_INSERT)
                finally:
                    cursor.unregister("_records")
                self._last = (rows[-1][0], rows[-1][-1])


_TAKEN = {
    **{
        name: f"CAST(replace({name}, '+00:00', '') AS TIMESTAMP)"
        for name, kind in _COLUMNS.items()
        if kind == "TIMESTAMP"
    },
    "rule": "json_extract_string(data, '$.alert.rule')",
    "labels": "json_extract(data, '$.alert.labels')",
    "value": "TRY_CAST(json_extract_string(data, '$.alert.value') AS DOUBLE)",
    "disposition": "json_extract_string(data, '$.alert.facts.disposition')",
    "data": "CASE WHEN kind <> 'alert' THEN data END",
}
_INSERT = (
    f"INSERT INTO {_PLACE} SELECT " + ", ".join(_TAKEN.get(name, f'"{name}"') for name in _COLUMNS) + " FROM _records"
)
