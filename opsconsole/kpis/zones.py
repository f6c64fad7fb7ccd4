"""Of which zone the moments without one in a SELECT's columns are.

Tables have two kinds of moments that do not say it: `_time`, which is UTC, and columns of files, which are in the zone
of their source. DuckDB gives both the same type. To tell what comes out of a SELECT it is bound once more for each
zone, over tables in which the moments of that zone, and only these, are of the type that has one: the columns that
then come out with a zone are made of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from opsconsole.kpis.select import SITE_NOW, Select
from opsconsole.tables.convert import TYPES, moment_utc
from opsconsole.tables.names import ident

UTC = "UTC"
_NAIVE, _ZONED = TYPES["time"], TYPES["zoned"]
_EXACT = ("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT", "UHUGEINT")


class Zones:
    """The zones of moments by source and column. `connection` is private: it gets schemas for the second binding."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._columns: dict[str, dict[str, str]] = {}
        self._zones: dict[str, dict[str, str]] = {}
        self._schemas: dict[str, str] = {}
        self._made: set[tuple[str, str]] = set()
        connection.execute(f"CREATE MACRO main.{SITE_NOW}() AS CAST('2000-01-01' AS TIMESTAMP)")

    def table(self, source: str, columns: Mapping[str, str], zone: str) -> None:
        """A source of files, whose moments without a zone are in `zone`."""
        naive = {name: zone for name, kind in columns.items() if kind == _NAIVE}
        self.view(source, columns, {**naive, "_time": UTC})

    def view(self, source: str, columns: Mapping[str, str], zones: Mapping[str, str]) -> None:
        """A source with the zones of its columns; `_time` is UTC in any case."""
        self._columns[source] = dict(columns)
        self._zones[source] = {**zones, "_time": UTC}

    def known(self, source: str) -> Mapping[str, str]:
        """The zones of a source's columns."""
        return self._zones[source]

    def of(self, select: Select, found: Mapping[str, str]) -> dict[str, str]:
        """The zones of the columns that a SELECT gives (name -> type); "" where that cannot be told."""
        naive = [name for name, kind in found.items() if kind == _NAIVE]
        if not naive:
            return {}
        sources = [read.source for read in select.reads]
        wanted = list(dict.fromkeys(zone for source in sources for zone in self._zones[source].values() if zone))
        local = [zone for zone in wanted if zone != UTC]
        # Where `_time` is not named, what is no moment of UTC by itself can only be of files.
        unsure = select.times or any("" in self._zones[source].values() for source in sources)
        claims: dict[str, list[str]] = {name: [] for name in naive}
        for zone in wanted if len(wanted) > 1 else ():
            if zone != UTC and len(local) == 1 and not unsure:
                continue
            bound = self._bound(select, sources, zone)
            unsure = unsure or (bound is None and zone != UTC)
            for name, kind in (bound or {}).items():
                if name in claims and kind == _ZONED:
                    claims[name].append(zone)
        rest = "" if unsure and len(wanted) > 1 else local[0] if len(local) == 1 else "" if local else UTC
        return {name: zones[0] if len(zones) == 1 else "" if zones else rest for name, zones in claims.items()}

    def _bound(self, select: Select, sources: list[str], zone: str) -> dict[str, str] | None:
        """The columns of a SELECT where the moments of one zone are of the type that has one; None: that fails."""
        schema = self._schemas.get(zone)
        if schema is None:
            schema = self._schemas[zone] = f"zone{len(self._schemas)}"
            kind = _ZONED if zone == UTC else _NAIVE
            self._connection.execute(f"CREATE SCHEMA {schema}")
            self._connection.execute(f"CREATE MACRO {schema}.{SITE_NOW}() AS CAST('2000-01-01' AS {kind})")
        for source in sources:
            if (schema, source) not in self._made:
                self._made.add((schema, source))
                listed = ", ".join(
                    f"{ident(name)} {_ZONED if self._zones[source].get(name) == zone else kind}"
                    for name, kind in self._columns[source].items()
                )
                self._connection.execute(f"CREATE TABLE {schema}.{ident(source)} ({listed})")
        self._connection.execute(f"SET schema = '{schema}'")
        try:
            text = select.text.rstrip("; \t\r\n")
            described = self._connection.execute(f"SELECT * FROM (\n{text}\n) LIMIT 0").description
        except duckdb.Error:
            return None  # a function that takes no moments with a zone: this way nothing can be told
        finally:
            self._connection.execute("SET schema = 'main'")
        return {str(column[0]): str(column[1]) for column in described}


def moment_sql(column: str, kind: str, zone: str) -> str | None:
    """SQL for the naive UTC of a column; None for a type that tells no moment.

    Numbers are seconds since 1970, or milliseconds where they are that large.
    """
    if kind in _EXACT:
        return moment_utc(f"CAST({column} AS TIMESTAMP)", _NAIVE, zone)
    if kind in _WHOLE:
        return moment_utc(f"CAST({column} AS BIGINT)", TYPES["integer"], zone)
    if kind.startswith("DECIMAL") or kind == "FLOAT":
        return moment_utc(f"CAST({column} AS DOUBLE)", TYPES["number"], zone)
    known = (_NAIVE, _ZONED, TYPES["date"], TYPES["integer"], TYPES["number"])
    return moment_utc(column, kind, zone) if kind in known else None
