"""Derived sources in the database: views beside the tables of the others.

DuckDB binds a view anew whenever it is read, and keeps no tie between it and its tables: tables are made anew in the
shadow, renamed and dropped under it. What a view was made from is kept as its comment, which also tells it from others.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import duckdb

from opsconsole.tables.names import ident

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from opsconsole.tables.store import Store

_MARK = "derived "
_log = logging.getLogger(__name__)
_told: dict[Path, str] = {}


def keep(store: Store, wanted: Mapping[str, str]) -> None:
    """`sync`; what fails is told in the log, once as long as it is the same, and to be tried again."""
    try:
        with contextlib.closing(store.cursor()) as cursor:
            sync(cursor, wanted)
    except duckdb.Error as error:
        if _told.get(store.path) != str(error):
            _log.warning("the derived sources cannot be made: %s", error)
        _told[store.path] = str(error)
    else:
        _told.pop(store.path, None)


def sync(cursor: DuckDBPyConnection, wanted: Mapping[str, str]) -> bool:
    """Have exactly these views (name -> SELECT, each after those it reads), in one transaction; True if any changed.

    A view whose name a table still has waits until that is gone. Raises duckdb.Error.
    """
    present = _present(cursor)
    marks = {name: _MARK + hashlib.blake2b(sql.encode(), digest_size=16).hexdigest() for name, sql in wanted.items()}
    gone = [name for name in present if name not in wanted]
    missing = [name for name in wanted if present.get(name) != marks[name]]
    if missing:
        taken = {name.lower() for name in _tables(cursor)}
        missing = [name for name in missing if name.lower() not in taken]
    if not gone and not missing:
        return False
    cursor.execute("BEGIN")
    try:
        for name in gone:
            cursor.execute(f"DROP VIEW IF EXISTS main.{ident(name)}")
        for name in missing:
            cursor.execute(f"CREATE OR REPLACE VIEW main.{ident(name)} AS {wanted[name]}")
            cursor.execute(f"COMMENT ON VIEW main.{ident(name)} IS '{marks[name]}'")
        cursor.execute("COMMIT")
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    return True


def make_room(cursor: DuckDBPyConnection, names: Collection[str]) -> None:
    """Drop the views that have the names of tables which are to be made. Raises duckdb.Error."""
    wanted = {name.lower() for name in names}
    for name in _present(cursor):
        if name.lower() in wanted:
            cursor.execute(f"DROP VIEW IF EXISTS main.{ident(name)}")


def _present(cursor: DuckDBPyConnection) -> dict[str, str]:
    rows = cursor.execute(
        "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal AND schema_name = 'main'"
        f" AND database_name = current_database() AND starts_with(coalesce(comment, ''), '{_MARK}')"
    ).fetchall()
    return {str(name): str(comment) for name, comment in rows}


def _tables(cursor: DuckDBPyConnection) -> list[str]:
    rows = cursor.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND database_name = current_database()"
    ).fetchall()
    return [str(row[0]) for row in rows]
