"""The columns of a source's table: made by the first file, added to and widened by later ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from opsconsole.site.model import Source
from opsconsole.tables.convert import PINS, TYPES
from opsconsole.tables.guess import Kind, Style
from opsconsole.tables.names import ident, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

YOUNG = 1000
"""A column's type rests on few values until it has seen so many: then it may still be decided anew."""

_WIDER: dict[tuple[Kind, Kind], Kind] = {
    ("integer", "number"): "number",
    ("date", "time"): "time",
    ("date", "zoned"): "zoned",
    ("time", "zoned"): "zoned",
}


class Column(Struct):
    """A column of a table. Not `decided`: only empty values so far. `seen` counts values up to `YOUNG`."""

    name: str
    kind: Kind
    decided: bool
    pinned: bool
    seen: int = 0


class Columns:
    """The columns of one table, by lower-case name, in step with the database within the feed's transaction."""

    def __init__(self, source: Source, zone: str) -> None:
        self.source = source
        self.zone = zone
        self.known: dict[str, Column] = {}
        self._forced: dict[str, Kind] = {}
        self._pins: dict[str, Kind] = {name.lower(): PINS[kind] for name, kind in source.columns.items()}

    @property
    def table(self) -> str:
        """The quoted name of the table."""
        return ident(self.source.name)

    def load(self, cursor: DuckDBPyConnection) -> None:
        """Read the state of the database again (at start and after a rollback)."""
        rows = cursor.execute(
            "SELECT name, kind, decided, pinned, seen FROM _ops.columns WHERE source = ? ORDER BY position",
            [self.source.name],
        ).fetchall()
        self.known = {row[0].lower(): Column(*row) for row in rows}
        rows = cursor.execute("SELECT name, kind FROM _ops.forced WHERE source = ?", [self.source.name]).fetchall()
        self._forced = {row[0]: row[1] for row in rows}

    def fit(self, cursor: DuckDBPyConnection, names: list[str], styles: dict[str, Style], keep: set[str]) -> None:
        """Make the table, or add the columns that it lacks; `keep` are those with values or a name of their own."""
        fresh = not self.known
        added = []
        for name in names:
            style = styles.get(name, Style(empty=True))
            column = self.known.get(name.lower())
            if column is None and name in keep:
                column = Column(name, self._kind(name, style), not style.empty, name.lower() in self._pins)
                self.known[name.lower()] = column
                added.append(column)
            elif column is not None and not column.decided and not column.pinned and not style.empty:
                self._change(cursor, column, self._kind(name, style))
                column.decided = True
                self._note(cursor, column)
        if fresh and added:
            own = ["_file INTEGER", "_line BIGINT", "_time TIMESTAMP"]
            body = ", ".join([f"{ident(c.name)} {TYPES[c.kind]}" for c in added] + own)
            cursor.execute(f"CREATE TABLE {self.table} ({body})")
        for column in added if not fresh else ():
            cursor.execute(f"ALTER TABLE {self.table} ADD COLUMN {ident(column.name)} {TYPES[column.kind]}")
        self._insert(cursor, added)

    def _kind(self, name: str, style: Style) -> Kind:
        pinned = self._pins.get(name.lower())
        if pinned == "time" and style.kind == "zoned":
            return "zoned"
        kind = pinned or self._forced.get(name.lower()) or style.kind
        if kind == "text" and not pinned and name.lower() not in self._forced and self._is_time(name):
            return "zoned"  # Parquet may hold the event times as text: with an offset, or in the source's zone
        return kind

    def _is_time(self, name: str) -> bool:
        return name.lower() == (self.source.time or "").lower()

    def _insert(self, cursor: DuckDBPyConnection, added: list[Column]) -> None:
        first = len(self.known) - len(added)
        for start in range(0, len(added), 200):
            rows = ", ".join(
                f"({literal(self.source.name)}, {first + start + i}, {literal(c.name)}, '{c.kind}', {c.decided},"
                f" {c.pinned}, 0)"
                for i, c in enumerate(added[start : start + 200])
            )
            cursor.execute(f"INSERT INTO _ops.columns VALUES {rows}")

    def widen(self, cursor: DuckDBPyConnection, name: str, seen: Kind) -> bool:
        """Give a column the wider type that takes the old values and the new; False if there is none."""
        column = self.known[name.lower()]
        wider = _WIDER.get((column.kind, seen))
        if wider is None or (column.pinned and wider != "zoned"):
            return False
        self._change(cursor, column, wider)
        self._note(cursor, column)
        return True

    def _change(self, cursor: DuckDBPyConnection, column: Column, kind: Kind) -> None:
        if kind == column.kind:
            return
        name, type_ = ident(column.name), TYPES[kind]
        value = f"CAST({name} AS {type_})"
        if kind == "zoned" and column.kind in ("date", "time"):
            value = f"timezone({literal(self.zone)}, CAST({name} AS TIMESTAMP))"
        cursor.execute(f"ALTER TABLE {self.table} ALTER COLUMN {name} TYPE {type_} USING {value}")
        column.kind = kind

    def _note(self, cursor: DuckDBPyConnection, column: Column) -> None:
        cursor.execute(
            "UPDATE _ops.columns SET kind = ?, decided = ?, seen = ? WHERE source = ? AND name = ?",
            [column.kind, column.decided, column.seen, self.source.name, column.name],
        )

    def saw(self, cursor: DuckDBPyConnection, counts: dict[str, int]) -> None:
        """Count the values that a column's type rests on, until they are enough."""
        for name, count in counts.items():
            column = self.known[name.lower()]
            if count and column.seen < YOUNG:
                column.seen += count
                self._note(cursor, column)


def force_text(cursor: DuckDBPyConnection, source: str, name: str) -> None:
    """Decide that a column is text, for the table that is made next."""
    cursor.execute("INSERT INTO _ops.forced VALUES (?, ?, 'text')", [source, name.lower()])


def drop(cursor: DuckDBPyConnection, source: str, forced: bool = True) -> None:
    """Drop a source's table with all that is known of it; `forced` also forgets types decided by trial."""
    cursor.execute(f"DROP TABLE IF EXISTS {ident(source)}")
    tables = ["columns", "files", "quarantine"] + (["forced"] if forced else [])
    for table in tables:
        cursor.execute(f"DELETE FROM _ops.{table} WHERE source = ?", [source])
