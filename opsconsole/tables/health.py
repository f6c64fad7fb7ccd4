"""Data health as tables: views over the ledger, one row a source or a file, that KPIs, rules and people may query.

Ages are in seconds. `age_s` goes by the wall clock; `event_age_s` by site time, which whoever asks tells the cursor
with `at` (else by the wall clock too).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from opsconsole.site.builtin import HEALTH, HEALTH_FILES
from opsconsole.tables.records import Drift, FileInfo

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DRIFT_WITHIN = 86_400.0
"""Seconds for which a change of schema counts in `drift`."""

LONGEST = 30.0
"""Seconds that one statement for KPIs, rules or screens may take: a hundred times what it takes over 50 M rows."""

_OWN = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
_COUNTS = {
    "records": "BIGINT", "rows": "BIGINT", "rejected": "BIGINT", "rejected_share": "DOUBLE", "cells": "BIGINT",
    "expired": "BIGINT",
}  # fmt: skip
SCHEMAS: dict[str, dict[str, str]] = {
    HEALTH: {
        "source": "VARCHAR", "files": "BIGINT", **_COUNTS, "waiting": "BIGINT", "failed": "BIGINT",
        "archived": "BIGINT", "bytes": "BIGINT", "taken": "BIGINT", "age_s": "DOUBLE", "event_age_s": "DOUBLE",
        "drift": "BIGINT", **_OWN,
    },
    HEALTH_FILES: {
        "source": "VARCHAR", "file": "VARCHAR", "status": "VARCHAR", "reason": "VARCHAR", "read_as": "VARCHAR",
        **_COUNTS, "bytes": "BIGINT", "taken": "BIGINT", "age_s": "DOUBLE", "event_age_s": "DOUBLE",
        "retry_s": "DOUBLE", **_OWN,
    },
}  # fmt: skip
"""Columns of the views with their DuckDB types."""

_SITE_NOW = "coalesce(CAST(getvariable('site_now') AS DOUBLE), epoch(now()))"

_BODIES = {
    HEALTH: f"""
WITH f AS (
    SELECT source, count(*) AS files, sum("rows") AS taken_rows, sum(rejected) AS rejected, sum(cells) AS cells,
           sum(expired) AS expired, count(*) FILTER (status = 'waiting') AS waiting,
           count(*) FILTER (status = 'failed') AS failed, count(*) FILTER (status = 'archived') AS archived,
           sum(size) AS bytes, sum("offset") AS taken, max(arrived) AS arrived, max(last_event) AS last_event
    FROM _ops.files GROUP BY source),
d AS (SELECT source, count(*) AS drift FROM _ops.drift WHERE noted > epoch(now()) - {DRIFT_WITHIN} GROUP BY source)
SELECT s.source, coalesce(f.files, 0) AS files, coalesce(f.taken_rows + f.rejected + f.expired, 0) AS records,
       coalesce(f.taken_rows, 0) AS "rows", coalesce(f.rejected, 0) AS rejected,
       100 * f.rejected / nullif(f.taken_rows + f.rejected + f.expired, 0) AS rejected_share,
       coalesce(f.cells, 0) AS cells, coalesce(f.expired, 0) AS expired, coalesce(f.waiting, 0) AS waiting,
       coalesce(f.failed, 0) AS failed, coalesce(f.archived, 0) AS archived, coalesce(f.bytes, 0) AS bytes,
       coalesce(f.taken, 0) AS taken, epoch(now()) - f.arrived AS age_s, {_SITE_NOW} - f.last_event AS event_age_s,
       coalesce(d.drift, 0) AS drift, 0 AS _file, row_number() OVER (ORDER BY s.source) AS _line, NULL AS _time
FROM _ops.sources s LEFT JOIN f USING (source) LEFT JOIN d USING (source)""",
    HEALTH_FILES: f"""
SELECT source, path AS file, status, reason, read_as, "rows" + rejected + expired AS records, "rows", rejected,
       100 * rejected / nullif("rows" + rejected + expired, 0) AS rejected_share, cells, expired, size AS bytes,
       "offset" AS taken, epoch(now()) - arrived AS age_s, {_SITE_NOW} - last_event AS event_age_s,
       retry_at - epoch(now()) AS retry_s, id AS _file, 1 AS _line, NULL AS _time
FROM _ops.files""",
}


def define(connection: DuckDBPyConnection) -> None:
    """Make the views in a new database that has the ledger's tables; a change of them raises its version."""
    for name, body in _BODIES.items():
        columns = ", ".join(f'CAST("{column}" AS {kind}) AS "{column}"' for column, kind in SCHEMAS[name].items())
        connection.execute(f"CREATE OR REPLACE VIEW main.{name} AS SELECT {columns} FROM ({body})")


def at(cursor: DuckDBPyConnection, epoch: float) -> None:
    """Tell a cursor what site time is, in seconds since the epoch: event ages are counted from it.

    What a site's own SQL asks of it from now on ends with an error after `LONGEST`, so that one expression that would
    take for ever holds up the others for so long at most.
    """
    cursor.execute(f"SET VARIABLE site_now = {float(epoch)!r}")
    cursor.execute(f"SET max_execution_time = {round(LONGEST * 1000)}")


def files(cursor: DuckDBPyConnection, source: str, limit: int) -> tuple[list[FileInfo], int]:
    """The first files of a source, or of all: those with trouble, then the latest; and how many there are.

    Raises duckdb.Error.
    """
    total = cursor.execute("SELECT count(*) FROM _ops.files WHERE $1 = '' OR source = $1", [source]).fetchall()[0][0]
    rows = cursor.execute(
        """SELECT id, source, path, status, size, "offset", "rows", rejected, cells, expired, reason, read_as, arrived,
                  retry_at
           FROM _ops.files WHERE $1 = '' OR source = $1
           ORDER BY status IN ('ready', 'archived'), rejected + cells = 0, arrived DESC NULLS LAST, path LIMIT $2""",
        [source, limit],
    ).fetchall()
    return [FileInfo(*row) for row in rows], total


class Trouble(Struct, frozen=True):
    """Why a file waits or failed, and when it is tried again (s since the epoch); `more` of its source do too."""

    path: str
    reason: str
    retry_at: float | None
    more: int


def troubles(cursor: DuckDBPyConnection) -> dict[str, Trouble]:
    """By source what keeps a file from being taken: those that failed first. Raises duckdb.Error."""
    rows = cursor.execute(
        """SELECT source, path, reason, retry_at, count(*) OVER (PARTITION BY source) - 1
           FROM _ops.files WHERE status IN ('waiting', 'failed') AND reason <> ''
           QUALIFY row_number() OVER (PARTITION BY source ORDER BY status, retry_at NULLS LAST, path) = 1"""
    ).fetchall()
    return {row[0]: Trouble(*row[1:]) for row in rows}


def drifted(cursor: DuckDBPyConnection, since: float) -> dict[str, tuple[int, Drift]]:
    """By source how many changes of schema were noted since a moment, and the latest. Raises duckdb.Error."""
    rows = cursor.execute(
        """SELECT count(*) OVER (PARTITION BY source), source, noted, file, kind, "column", detail
           FROM _ops.drift WHERE noted > ?
           QUALIFY row_number() OVER (PARTITION BY source ORDER BY noted DESC, "column") = 1""",
        [since],
    ).fetchall()
    return {row[1]: (row[0], Drift(*row[1:])) for row in rows}


def drifts(cursor: DuckDBPyConnection, source: str, limit: int) -> list[Drift]:
    """The latest changes of schema of one source, or of all, newest first. Raises duckdb.Error."""
    rows = cursor.execute(
        """SELECT source, noted, file, kind, "column", detail FROM _ops.drift WHERE $1 = '' OR source = $1
           ORDER BY noted DESC, source, file, "column" LIMIT $2""",
        [source, limit],
    ).fetchall()
    return [Drift(*row) for row in rows]
