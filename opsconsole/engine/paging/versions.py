"""Versions of the data that rows are of: a number that rises with every change of the tables they are made of."""

from __future__ import annotations

import duckdb

from opsconsole.engine.paging.subjects import Scope
from opsconsole.tables import touched
from opsconsole.tables.store import Store

_OPENED = 40
"""A database that was opened anew may count from 1 again: how often it was stands above so many bits."""


class Versions:
    """Reads the versions that the tables' transactions leave."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, cursor: duckdb.DuckDBPyConnection, scope: Scope) -> int:
        """The version of the rows that a cursor sees; of what is always of now, that of all data."""
        if scope.kept is not None:
            return 1
        if not scope.files_of:
            return (self._store.opened << _OPENED) | self._store.data_version
        found = max(touched.version(cursor, source) for source in scope.files_of)
        return (self._store.opened << _OPENED) | found

    def shown(self, cursor: duckdb.DuckDBPyConnection, scope: Scope) -> int:
        """The version that is shown: where columns are members, the one they are of. Data may be newer by then; what is
        made of both must not pass for the newest."""
        return self.of(cursor, scope) if scope.seen is None else scope.seen

    def since(
        self, cursor: duckdb.DuckDBPyConnection, sources: tuple[str, ...], known: int
    ) -> tuple[float | None, float | None] | None:
        """Between which event times (s) rows came or went after a version; None where that cannot be told."""
        if known >> _OPENED != self._store.opened or not sources:
            return None
        return touched.since(cursor, sources, known & ((1 << _OPENED) - 1))
