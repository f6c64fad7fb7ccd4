"""SQL that fails on the data: what is said of it, and how the rest goes on."""

from __future__ import annotations

import duckdb

from opsconsole.kpis.scan import Cursor


def failure(error: duckdb.Error) -> str:
    """What DuckDB says of failed SQL, as one short line."""
    return str(error).strip().splitlines()[0][:200]


def begin_again(cursor: Cursor) -> None:
    """After an error a transaction can only be rolled back; outside of one there is nothing to do."""
    try:
        cursor.execute("ROLLBACK")
    except duckdb.TransactionException:
        return
    cursor.execute("BEGIN TRANSACTION READ ONLY")
