"""The columns of a source's table: made by the first file, added to by later ones, typed by what all files show.

A type that can take the old values and the new is changed in place. Any other change makes the table anew in a shadow
beside it, from the files, which takes its place when it has caught up: whoever reads sees the old table until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from opsconsole.site.model import Source
from opsconsole.tables import keyed as keys
from opsconsole.tables import touched
from opsconsole.tables.convert import PINS, TYPES
from opsconsole.tables.keyed import Keyed
from opsconsole.tables.names import ident, literal
from opsconsole.tables.reading import evidence as ev
from opsconsole.tables.reading.evidence import Decimal, Evidence, Found, Kind, Order
from opsconsole.tables.reading.piece import Piece
from opsconsole.tables.reading.shapes import LOCAL, ZONE

if TYPE_CHECKING:
    import datetime as dt

    from duckdb import DuckDBPyConnection

_WIDER: set[tuple[Kind, Kind]] = {
    ("integer", "number"),
    ("date", "time"),
    ("date", "zoned"),
    ("time", "zoned"),
}


UNREAD = "to be read again"
"""The reason of an entry whose rows are not in the table."""


class RetypeError(Exception):
    """What the files show by now asks for a type that the table cannot take on: it must be made anew."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{source}: {why}")
        self.source, self.why = source, why


class Column(Struct):
    """A column of a table. Not `decided`: no value so far. `order`: assumed of dates that do not show theirs."""

    name: str
    kind: Kind
    decided: bool
    pinned: bool
    order: Order = ""


class Columns:
    """The columns of one table, by lower-case name, in step with the database within the feed's transaction.

    `sums` is the evidence of all files of the source. `shadow` says why a shadow is being filled; empty: there is none.
    `decimal` is the sign that the last file used. `lenient`: types that no longer hold are borne for now (`outgrown`
    tells of them). `cutoff`: rows with older events are not inserted (naive, UTC).
    """

    def __init__(self, source: Source, zone: str, assumed: Order) -> None:
        self.source = source
        self.zone = zone
        self.known: dict[str, Column] = {}
        self.sums: Evidence = {}
        self.shadow = ""
        self.lenient = False
        self.decimal: Decimal = "."
        self.cutoff: dt.datetime | None = None
        self._assumed = assumed
        self._pins: dict[str, Kind] = {name.lower(): PINS[kind] for name, kind in source.columns.items()}

    @property
    def table(self) -> str:
        """The quoted name of the table that rows of files are written to."""
        name = shadow_name(self.source.name) if self.shadow else self.source.name
        return keys.base_name(name) if self.source.key else ident(name)

    @property
    def keyed(self) -> Keyed | None:
        """The two tables of a source with a key."""
        if not self.source.key:
            return None
        name = shadow_name(self.source.name) if self.shadow else self.source.name
        types = {column.name: TYPES[column.kind] for column in self.known.values()}
        return Keyed(self.source.name, self.source.key, self.source.latest, ident(name), keys.base_name(name), types)

    def plain(self) -> dict[str, Kind]:
        """Types, by lower-case name, as which plainly written text can be parsed before all of its file is known."""
        decided = [(key, column.kind) for key, column in list(self.known.items()) if column.decided]
        return {key: kind for key, kind in decided if kind != "number" or self.decimal == "."}

    def load(self, cursor: DuckDBPyConnection) -> None:
        """Read the state of the database again (at start and after a rollback)."""
        name = [self.source.name]
        rows = cursor.execute(
            'SELECT name, kind, decided, pinned, "order" FROM _ops.columns WHERE source = ? ORDER BY position', name
        ).fetchall()
        self.known = {row[0].lower(): Column(*row) for row in rows}
        found = cursor.execute("SELECT found FROM _ops.sums WHERE source = ?", name).fetchone()
        self.sums = ev.unpacked(found[0]) if found else {}
        why = cursor.execute("SELECT why FROM _ops.shadows WHERE source = ?", name).fetchone()
        self.shadow = why[0] if why else ""

    def save_sums(self, cursor: DuckDBPyConnection) -> None:
        """Write the evidence of all files."""
        self.sums = {name: found for name, found in self.sums.items() if found.counts or found.facts}
        cursor.execute("DELETE FROM _ops.sums WHERE source = ?", [self.source.name])
        cursor.execute("INSERT INTO _ops.sums VALUES (?, ?)", [self.source.name, ev.packed(self.sums)])

    def assumed(self, name: str) -> Order:
        """What to assume of a date such as 03/04/2024 in a file that does not show it: what other files show."""
        if self.source.read.dates:
            return self.source.read.dates
        return ev.order_of(self.sums.get(name.lower(), Found())) or self._assumed

    def fit(self, cursor: DuckDBPyConnection, names: Sequence[str], keep: set[str]) -> list[str]:
        """Make the table, or add the columns that it lacks; returns their names.

        `keep`: the columns of a file that are worth a place. Raises RetypeError.
        """
        fresh = not self.known
        added = []
        for name in names:
            if name.lower() not in self.known and name in keep:
                kind = self._wanted(name)
                column = Column(name, kind or "text", kind is not None, name.lower() in self._pins, self.assumed(name))
                self.known[name.lower()] = column
                added.append(column)
        keyed = self.keyed
        if keyed is not None:
            if added:
                keys.align(cursor, keyed, anew=fresh)
        elif fresh and added:
            own = ["_file INTEGER", "_line BIGINT", "_time TIMESTAMP"]
            body = ", ".join([f"{ident(c.name)} {TYPES[c.kind]}" for c in added] + own)
            cursor.execute(f"CREATE OR REPLACE TABLE {self.table} ({body})")
            self._made(cursor)
        for column in added if not fresh and keyed is None else ():
            cursor.execute(f"ALTER TABLE {self.table} ADD COLUMN {ident(column.name)} {TYPES[column.kind]}")
        self._insert(cursor, added)
        return [] if fresh else [column.name for column in added]

    def adapt(self, cursor: DuckDBPyConnection) -> list[tuple[str, Kind, Kind]]:
        """Give columns the types that the evidence asks for, in place; returns what changed. Raises RetypeError."""
        changed = []
        for column in self.known.values():
            wanted = self._wanted(column.name)
            if wanted is None or (wanted == column.kind and column.decided):
                continue
            before = column.kind
            if not column.decided or (before, wanted) in _WIDER:
                self._change(cursor, column, wanted)
                if column.decided:
                    self._made(cursor)
                    changed.append((column.name, before, wanted))
                column.decided = True
                self._note(cursor, column)
        if not self.lenient and (why := self.outgrown(narrower=False)):
            raise RetypeError(self.source.name, why)
        return changed

    def outgrown(self, narrower: bool = True) -> str:
        """Why the table should be made anew; empty if it need not. `narrower`: also for types wider than is needed."""
        for column in self.known.values():
            wanted = self._wanted(column.name)
            if column.decided and wanted is not None and wanted != column.kind:
                if not narrower and (wanted, column.kind) in _WIDER:
                    continue
                return f"column {column.name} is {wanted} after all, not {column.kind}"
            found = self.sums.get(column.name.lower())
            if found is not None and found.of(LOCAL) and column.kind in ("date", "time", "zoned"):
                order = self.assumed(column.name)
                if column.order != order:
                    return f"the dates of column {column.name} are {'D/M/Y' if order == 'dmy' else 'M/D/Y'} after all"
        return ""

    def _wanted(self, name: str) -> Kind | None:
        """The type that the site or the evidence asks for; None while nothing does."""
        found = self.sums.get(name.lower(), Found())
        shown = ev.kind_of(found)
        pinned = self._pins.get(name.lower())
        if pinned is not None:
            return "zoned" if pinned == "time" and found.has(ZONE) else pinned
        if shown == "text" and name.lower() == (self.source.time or "").lower():
            return "zoned"  # the site says that it is the time: with an offset, or in the source's zone
        return shown

    def _insert(self, cursor: DuckDBPyConnection, added: list[Column]) -> None:
        first = len(self.known) - len(added)
        for start in range(0, len(added), 200):
            rows = ", ".join(
                f"({literal(self.source.name)}, {first + start + i}, {literal(c.name)}, '{c.kind}', {c.decided},"
                f" {c.pinned}, '{c.order}')"
                for i, c in enumerate(added[start : start + 200])
            )
            cursor.execute(f"INSERT INTO _ops.columns VALUES {rows}")

    def _change(self, cursor: DuckDBPyConnection, column: Column, kind: Kind) -> None:
        if kind == column.kind:
            return
        name, type_ = ident(column.name), TYPES[kind]
        value = f"TRY_CAST({name} AS {type_})"
        if kind == "zoned" and column.kind in ("date", "time"):
            value = f"timezone({literal(self.zone)}, CAST({name} AS TIMESTAMP))"
        column.kind = kind
        keyed = self.keyed
        for table in (self.table,) if keyed is None else (keyed.base, keyed.table):
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {name} TYPE {type_} USING {value}")
        if keyed is not None and name in (*keyed.key_columns, keyed.latest_value):
            keys.rebuild(cursor, keyed)

    def _made(self, cursor: DuckDBPyConnection) -> None:
        """The table is another now; nobody sees a shadow yet."""
        if not self.shadow:
            touched.whole(cursor, self.source.name)

    def _note(self, cursor: DuckDBPyConnection, column: Column) -> None:
        cursor.execute(
            'UPDATE _ops.columns SET kind = ?, decided = ?, "order" = ? WHERE source = ? AND name = ?',
            [column.kind, column.decided, column.order, self.source.name, column.name],
        )

    def refused(self, piece: Piece) -> str:
        """With `schema: strict`, why a file with these columns is refused; empty if it is not.

        It must have the columns that the site declares, or, where it declares none, those of the table. Records of JSON
        leave out what they have no value for, so that none of theirs can be said to be missing.
        """
        if self.source.schema != "strict":
            return ""
        expected = {name.lower(): name for name in self.source.columns}
        expected = expected or {key: column.name for key, column in self.known.items()}
        if not expected or not piece.names:
            return ""
        there = {name.lower() for name in piece.names}
        strange = [name for name in piece.names if name.lower() not in expected]
        sparse = piece.dialect.format in ("json", "ndjson")
        lacking = [name for key, name in expected.items() if key not in there]
        if strange:
            return f"column {strange[0]!r} is not one of the table's (schema: strict)"
        return f"column {lacking[0]!r} is missing (schema: strict)" if lacking and not sparse else ""


def table_name(source: Source) -> str:
    """The quoted name of the table with all rows of a source, not of the shadow that may be filled."""
    return keys.base_name(source.name) if source.key else ident(source.name)


def shadow_name(source: str) -> str:
    """The name of the table that is being filled to take the place of a source's."""
    return f"_next {source}"


def begin_shadow(cursor: DuckDBPyConnection, source: str, why: str) -> None:
    """Forget what was taken from the files, so that they are read into a shadow; the evidence stays."""
    for table in ("columns", "quarantine", "shadows"):
        cursor.execute(f"DELETE FROM _ops.{table} WHERE source = ?", [source])
    cursor.execute(f"DROP TABLE IF EXISTS {ident(shadow_name(source))}")
    cursor.execute(f"DROP TABLE IF EXISTS {keys.base_name(shadow_name(source))}")
    cursor.execute("INSERT INTO _ops.shadows VALUES (?, ?)", [source, why])
    cursor.execute(  # archives are read again as well; what identifies their files stays
        """UPDATE _ops.files SET "rows" = 0, rejected = 0, cells = 0, expired = 0, reason = ?
           WHERE source = ? AND status = 'archived'""",
        [UNREAD, source],
    )
    cursor.execute(
        """UPDATE _ops.files SET "offset" = 0, lines = 0, prefix = '', "rows" = 0, rejected = 0, cells = 0,
           expired = 0, size = 0, mtime_ns = 0, status = 'waiting', reason = 'to be read again', tail = 'none',
           dialect = '', retry_at = NULL WHERE source = ? AND status <> 'archived'""",
        [source],
    )


def end_shadow(cursor: DuckDBPyConnection, source: str) -> None:
    """Put the shadow in the place of the table."""
    cursor.execute(f"DROP TABLE IF EXISTS {ident(source)}")
    made = cursor.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'main' AND table_name = ?", [shadow_name(source)]
    ).fetchone()
    if made == (1,):
        cursor.execute(f"ALTER TABLE {ident(shadow_name(source))} RENAME TO {ident(source)}")
    keys.rename(cursor, shadow_name(source), source)
    touched.whole(cursor, source)
    cursor.execute("DELETE FROM _ops.shadows WHERE source = ?", [source])


def drop(cursor: DuckDBPyConnection, source: str) -> None:
    """Drop a source's table with all that is known of it."""
    for name in (source, shadow_name(source)):
        cursor.execute(f"DROP TABLE IF EXISTS {ident(name)}")
        cursor.execute(f"DROP TABLE IF EXISTS {keys.base_name(name)}")
    touched.whole(cursor, source)
    for table in ("columns", "files", "evidence", "sums", "shadows", "quarantine", "drift"):
        cursor.execute(f"DELETE FROM _ops.{table} WHERE source = ?", [source])


def schemas(cursor: DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Source -> column -> DuckDB type of the tables as they are to be seen."""
    rows = cursor.execute(
        """SELECT table_name, column_name, data_type FROM duckdb_columns()
           WHERE schema_name = 'main' AND table_name IN (SELECT source FROM _ops.sources)
             AND column_name <> '_keyhash'
           ORDER BY table_name, column_index"""
    ).fetchall()
    result: dict[str, dict[str, str]] = {}
    for source, name, type_ in rows:
        result.setdefault(source, {})[name] = type_
    return result
