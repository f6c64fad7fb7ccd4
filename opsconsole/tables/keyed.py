"""Sources with a `key`: of the rows with equal keys the table holds the latest one.

All rows of all files lie in a base table; the table that people see holds the winner of each key and is kept in step
within the same transaction. The winner is the row with the highest `latest` column (NULL is lowest), then that of the
file that changed last, then of the last path, then of the last line: a function of the files alone, so that a rebuild
gives the same table whatever order they came in. Without `latest` a file that grows or is touched moves up, and the
keys that it has in common with the files it passes are decided again.

A row with NULL in any column of its key is nobody's successor: it stands for itself and is always in the table, because
to group such rows would lose all but one of them.

Both tables hold `_keyhash`, 32 bits of the key's hash: a scan of it finds a thousand keys among ten million rows in
20 ms, five times as fast as one of the key itself. It only narrows the search; keys are compared in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opsconsole.tables import touched
from opsconsole.tables.names import HASH, ident

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MARKED = "temp._marked"
"""Keys that lost rows or whose files changed places; their winners are sought in the base table."""
_NEW = "temp._arrived"
_FOUND = "temp._found"
_WON = "temp._won"
_OWN_ROWS = 36_028_797_018_960_000
"""Rows that a transaction has inserted are numbered from here on until it ends (DuckDB)."""


@dataclass(frozen=True)
class Keyed:
    """The two tables of a keyed source, as quoted names. `columns` is column -> DuckDB type, without our own."""

    name: str
    key: tuple[str, ...]
    latest: str | None
    table: str
    base: str
    columns: Mapping[str, str]

    @property
    def key_columns(self) -> list[str]:
        """The key's columns, quoted as the table has them; empty while one of them is in no file yet."""
        known = {name.lower(): name for name in self.columns}
        found = [known.get(name.lower()) for name in self.key]
        return [ident(name) for name in found if name is not None] if None not in found else []

    @property
    def hashed(self) -> str:
        """The expression of `_keyhash` over the key's columns: NULL where a part of the key is."""
        key = self.key_columns
        if not key:
            return "CAST(NULL AS UINTEGER)"
        filled = " AND ".join(f"{column} IS NOT NULL" for column in key)
        return f"CASE WHEN {filled} THEN CAST(hash({', '.join(key)}) & 4294967295 AS UINTEGER) END"

    def hashed_of(self, present: Iterable[str]) -> str:
        """The same over rows that may lack columns of the table."""
        there = {ident(name) for name in present}
        return self.hashed if there.issuperset(self.key_columns) else "CAST(NULL AS UINTEGER)"

    @property
    def latest_value(self) -> str:
        """The column that says which row is the latest, quoted, or NULL where there is none."""
        known = {name.lower(): name for name in self.columns}
        column = known.get((self.latest or "").lower())
        return "NULL" if column is None else ident(column)

    @property
    def parts(self) -> list[str]:
        """Names of the parts of a key in our own tables, whatever the columns are called."""
        return [f"k{place}" for place in range(len(self.key_columns))]

    def identity(self, row: str) -> str:
        """Hash and parts of the key of a row of a source's table."""
        named = zip(self.key_columns, self.parts, strict=True)
        return ", ".join([f"{row}.{HASH} AS h", *(f"{row}.{column} AS {part}" for column, part in named)])

    def standing(self, row: str) -> str:
        """Identity and rank of a row of a source's table, and its place in that table."""
        latest = self.latest_value if self.latest_value == "NULL" else f"{row}.{self.latest_value}"
        place = f"{row}._file AS file, {row}._line AS line, {row}._time AS _time, {row}.rowid AS rid"
        return f"{self.identity(row)}, {latest} AS latest, {place}"

    def same(self, own: str, row: str) -> str:
        """A condition: a row of our own tables and one of a source's have one key."""
        named = zip(self.key_columns, self.parts, strict=True)
        return " AND ".join([f"{own}.h = {row}.{HASH}", *(f"{own}.{part} = {row}.{column}" for column, part in named)])

    @property
    def place(self) -> str:
        """The place of a row (`r`, of our own) of a file (`f`) among those of its key: 1 is the winner."""
        rank = "r.latest DESC NULLS LAST, f.mtime_ns DESC, f.name DESC, r.line DESC"
        return f"row_number() OVER (PARTITION BY {', '.join(f'r.{part}' for part in self.parts)} ORDER BY {rank})"


def base_name(source: str) -> str:
    """The quoted name of the table that holds all rows of a keyed source."""
    return f"_ops.{ident('all:' + source)}"


def winners(cursor: DuckDBPyConnection) -> dict[str, int]:
    """How many rows the table of each keyed source holds. Raises duckdb.Error."""
    names = cursor.execute(
        """SELECT t.table_name FROM duckdb_tables() t JOIN duckdb_tables() b
           ON b.schema_name = '_ops' AND b.table_name = 'all:' || t.table_name WHERE t.schema_name = 'main'"""
    ).fetchall()
    counts = [cursor.execute(f"SELECT count(*) FROM {ident(name)}").fetchall()[0][0] for (name,) in names]
    return dict(zip((name for (name,) in names), counts, strict=True))


def align(cursor: DuckDBPyConnection, keyed: Keyed, anew: bool = False) -> None:
    """Make both tables (`anew`: whatever is there), or give them the columns that they lack. Raises duckdb.Error.

    Where that changes what equal keys are (the type of a key's column, a key's column that is new, another DuckDB's
    hash) all winners are found anew.
    """
    again = _changed_hash(cursor)
    own = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP", HASH: "UINTEGER"}
    wanted = {**keyed.columns, **own}
    key = {name.strip('"').lower() for name in keyed.key_columns}
    for table in (keyed.base, keyed.table):
        if anew:
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
        present = {str(r[0]): str(r[1]) for r in _described(cursor, table)}
        if not present:
            cursor.execute(f"CREATE TABLE {table} ({', '.join(f'{ident(n)} {t}' for n, t in wanted.items())})")
            again = True
            continue
        for name, type_ in wanted.items():
            if name not in present:
                cursor.execute(f"ALTER TABLE {table} ADD COLUMN {ident(name)} {type_}")
            elif present[name] != type_:
                cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {ident(name)} TYPE {type_}")
            else:
                continue
            again = again or name.lower() in key or name == HASH
    if again:
        rebuild(cursor, keyed)


def rebuild(cursor: DuckDBPyConnection, keyed: Keyed) -> None:
    """Fill the visible table from the base table, all keys at once. Raises duckdb.Error."""
    if keyed.table == ident(keyed.name):  # nobody sees a shadow
        touched.whole(cursor, keyed.name)
    cursor.execute(f"UPDATE {keyed.base} SET {HASH} = {keyed.hashed} WHERE {HASH} IS DISTINCT FROM {keyed.hashed}")
    cursor.execute(f"DELETE FROM {keyed.table}")
    cursor.execute(f"INSERT INTO {keyed.table} BY NAME SELECT * FROM {keyed.base} WHERE {HASH} IS NULL")
    if keyed.key_columns:
        rank = f"r.{keyed.latest_value}".replace("r.NULL", "NULL") + " DESC NULLS LAST, f.mtime_ns DESC, f.name DESC"
        parts = ", ".join(f"r.{column}" for column in keyed.key_columns)
        cursor.execute(
            f"INSERT INTO {keyed.table} BY NAME SELECT r.* FROM {keyed.base} r JOIN _ops.files f ON f.id = r._file"
            f" WHERE r.{HASH} IS NOT NULL"
            f" QUALIFY row_number() OVER (PARTITION BY {parts} ORDER BY {rank}, r._line DESC) = 1"
        )


def rename(cursor: DuckDBPyConnection, name: str, to: str) -> None:
    """Give the base table of `name`, if there is one, the place of that of `to`. Raises duckdb.Error."""
    cursor.execute(f"DROP TABLE IF EXISTS {base_name(to)}")
    if _described(cursor, base_name(name)):
        cursor.execute(f"ALTER TABLE {base_name(name)} RENAME TO {base_name(to).removeprefix('_ops.')}")


def keyless(cursor: DuckDBPyConnection, keyed: Keyed) -> int:
    """Rows in the table that have no complete key and stand for themselves. Raises duckdb.Error."""
    return int(cursor.execute(f"SELECT count(*) FROM {keyed.table} WHERE {HASH} IS NULL").fetchall()[0][0])


class Change:
    """What one transaction does to a keyed source. In this order, all inside the transaction:

    `leaving` before rows are deleted from the base table, `moving` before entries are put into the ledger, `decide`
    when the base table and the ledger are as they shall be. Each raises duckdb.Error.
    """

    def __init__(self, cursor: DuckDBPyConnection, keyed: Keyed) -> None:
        self._cursor = cursor
        self.keyed = keyed
        self._places: dict[int, tuple[int, bytes]] = {}
        self._sought = False
        # A column of the files may be called `rowid`, and then rows cannot be named by theirs: all is decided anew.
        self._plain = all(name.lower() != "rowid" for name in keyed.columns)
        self.touched: list[touched.Range] = []
        self._make(_MARKED, f"SELECT {keyed.identity('v')} FROM {keyed.table} v LIMIT 0")

    def leaving(self, condition: str) -> None:
        """Rows of the base table that meet an SQL condition on its columns are about to be deleted."""
        keyed = self.keyed
        self._cursor.execute(
            f"INSERT INTO {_MARKED} SELECT {keyed.identity('v')} FROM {keyed.table} v"
            f" WHERE ({condition}) AND {HASH} IS NOT NULL"
        )
        self.touched += touched.of(self._cursor, keyed.table, condition)
        self._cursor.execute(f"DELETE FROM {keyed.table} WHERE {condition}")
        self._sought = True

    def moving(self, ids: Iterable[int]) -> None:
        """The ledger entries of these files are about to change; remember where they stand among the files."""
        numbers = ", ".join(str(number) for number in ids)
        if numbers:
            rows = self._cursor.execute(f"SELECT id, mtime_ns, name FROM _ops.files WHERE id IN ({numbers})").fetchall()
            self._places |= {row[0]: (row[1], bytes(row[2])) for row in rows}

    def decide(self, added: Mapping[int, int]) -> None:
        """Bring the visible table up to date. `added`: file -> the first line of its rows that are new."""
        if not self._plain:
            rebuild(self._cursor, self.keyed)
            return
        if self.keyed.key_columns:
            self._passed()
        new = [f"(r._file = {number} AND r._line >= {line})" for number, line in added.items()]
        for start in range(0, len(new), 200):  # a condition of thousands of parts would take long to plan
            self._arrive(" OR ".join(new[start : start + 200]))
        if self._sought and self.keyed.key_columns:
            self._seek()
        for table in (_MARKED, _NEW, _FOUND, _WON):
            self._cursor.execute(f"DROP TABLE IF EXISTS {table}")

    def _make(self, table: str, query: str) -> None:
        self._cursor.execute(f"CREATE OR REPLACE TEMP TABLE {table.removeprefix('temp.')} AS {query}")

    # --- files that changed places ------------------------------------------------------------------------------

    def _passed(self) -> None:
        """Mark keys that a file has in common with files that it now stands before and did not, or no longer does."""
        if not self._places:
            return
        numbers = ", ".join(map(str, self._places))
        now = self._cursor.execute(f"SELECT id, mtime_ns, name FROM _ops.files WHERE id IN ({numbers})").fetchall()
        after = {row[0]: (int(row[1]), bytes(row[2])) for row in now}
        moved = [number for number in after if after[number] != self._places[number]]
        if not moved:
            return
        bounds = [place[0] for number in moved for place in (after[number], self._places[number])]
        others = self._cursor.execute(
            "SELECT id, mtime_ns, name FROM _ops.files WHERE source = ? AND mtime_ns BETWEEN ? AND ?",
            [self.keyed.name, min(bounds), max(bounds)],
        ).fetchall()
        spots = {int(row[0]): (int(row[1]), bytes(row[2])) for row in others}
        for number in moved:
            before = self._places[number]
            passed = [
                other
                for other, spot in spots.items()
                if other != number and (before < self._places.get(other, spot)) != (after[number] < spot)
            ]
            if passed and after[number] > before:
                self._mark_common(passed, [number])
            elif passed:
                self._mark_common([number], passed)

    def _mark_common(self, fallen: Sequence[int], risen: Sequence[int]) -> None:
        """Mark keys whose winner lies in one of the files `fallen` and that one of the files `risen` has too."""
        keyed = self.keyed
        held = f"v._file IN ({', '.join(map(str, fallen))}) AND v.{HASH} IS NOT NULL"
        rival = f"r._file IN ({', '.join(map(str, risen))}) AND {keyed.same('w', 'r')}"
        if keyed.latest_value != "NULL":
            rival += f" AND w.latest IS NOT DISTINCT FROM r.{keyed.latest_value}"
        self._make(_FOUND, f"SELECT {keyed.standing('v')} FROM {keyed.table} v WHERE {held}")
        self._make(_WON, f"SELECT * FROM {_FOUND} w WHERE EXISTS (FROM {keyed.base} r WHERE {rival})")
        self._cursor.execute(f"INSERT INTO {_MARKED} SELECT {', '.join(['h', *keyed.parts])} FROM {_WON}")
        self._delete("true")
        self._sought = True

    # --- winners --------------------------------------------------------------------------------------------------

    def _arrive(self, new: str) -> None:
        """New rows against those that stand in the table: the base table is not searched for others.

        Keys that are marked are left to `_seek`, which sees the new rows too.
        """
        keyed, cursor = self.keyed, self._cursor
        cursor.execute(
            f"INSERT INTO {keyed.table} BY NAME SELECT * FROM {keyed.base} r WHERE ({new}) AND r.{HASH} IS NULL"
        )
        if not keyed.key_columns:
            return
        query = f"SELECT {keyed.standing('r')} FROM {keyed.base} r WHERE ({new}) AND r.{HASH} IS NOT NULL"
        if self._sought:
            query += f" AND NOT EXISTS (FROM {_MARKED} m WHERE {keyed.same('m', 'r')})"
        self._make(_NEW, query)
        # First the places of rows by the narrow column alone, then what is compared of those few: much less is read.
        self._make(_FOUND, f"SELECT v.rowid AS rid FROM {keyed.table} v WHERE v.{HASH} IN (SELECT h FROM {_NEW})")
        stand = _at(f"SELECT {keyed.standing('v')} FROM {keyed.table} v WHERE v.rowid", f"SELECT rid FROM {_FOUND}")
        self._make(
            _WON,
            f"SELECT rid, stands, _time, {keyed.place} AS place FROM (SELECT *, false AS stands FROM {_NEW} UNION ALL"
            f" SELECT *, true FROM ({stand}) s WHERE EXISTS (FROM {_NEW} n WHERE {self._alike('n', 's')})) r"
            " JOIN _ops.files f ON f.id = r.file",
        )
        self._delete("stands AND place > 1")
        self._insert(f"SELECT rid FROM {_WON} WHERE NOT stands AND place = 1")

    def _alike(self, one: str, other: str) -> str:
        return " AND ".join(f"{one}.{part} = {other}.{part}" for part in ["h", *self.keyed.parts])

    def _seek(self) -> None:
        """Find the winners of the marked keys among all rows. None of these keys stands in the table now."""
        keyed = self.keyed
        self._make(_FOUND, f"SELECT r.rowid AS rid FROM {keyed.base} r WHERE r.{HASH} IN (SELECT h FROM {_MARKED})")
        rows = _at(f"SELECT {keyed.standing('b')} FROM {keyed.base} b WHERE b.rowid", f"SELECT rid FROM {_FOUND}")
        self._make(
            _WON,
            f"SELECT rid, _time, {keyed.place} AS place FROM (SELECT * FROM ({rows}) b"
            f" WHERE EXISTS (FROM {_MARKED} m WHERE {self._alike('m', 'b')})) r JOIN _ops.files f ON f.id = r.file",
        )
        self.touched += touched.of(self._cursor, _WON, "place = 1")
        self._insert(f"SELECT rid FROM {_WON} WHERE place = 1")

    def _delete(self, condition: str) -> None:
        """Rows of `_WON` that meet a condition leave the visible table."""
        self.touched += touched.of(self._cursor, _WON, condition)
        for places in _apart(f"SELECT rid FROM {_WON} WHERE {condition}"):
            self._cursor.execute(f"DELETE FROM {self.keyed.table} WHERE rowid IN ({places})")

    def _insert(self, places: str) -> None:
        rows = _at(f"SELECT * FROM {self.keyed.base} b WHERE b.rowid", places)
        self._cursor.execute(f"INSERT INTO {self.keyed.table} BY NAME {rows}")


def _apart(places: str) -> tuple[str, str]:
    """Numbers of rows that were there before, and of those of this transaction.

    Sought with one scan, DuckDB 2.0 overlooks some of them once in a hundred times when it has two threads.
    """
    return (
        f"SELECT rid FROM ({places}) WHERE rid < {_OWN_ROWS}",
        f"SELECT rid FROM ({places}) WHERE rid >= {_OWN_ROWS}",
    )


def _at(query: str, places: str) -> str:
    """A query that ends with a `rowid`, at some places."""
    return " UNION ALL ".join(f"{query} IN ({each})" for each in _apart(places))


def _described(cursor: DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    """Columns and types of a table, none if it is not there."""
    schema, _, name = table.rpartition("_ops.")
    plain = (name if schema == "" and table.startswith("_ops.") else table)[1:-1].replace('""', '"')
    return cursor.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? AND schema_name = ?"
        " AND database_name = current_database() ORDER BY column_index",
        [plain, "_ops" if table.startswith("_ops.") else "main"],
    ).fetchall()


def _changed_hash(cursor: DuckDBPyConnection) -> bool:
    """Whether this DuckDB hashes otherwise than the one that filled the tables; noted for the next time."""
    now = cursor.execute("SELECT CAST(hash('opsconsole', 1) AS VARCHAR)").fetchall()[0][0]
    before = cursor.execute("SELECT value FROM _ops.meta WHERE key = 'hash'").fetchall()
    if before == [(now,)]:
        return False
    cursor.execute("DELETE FROM _ops.meta WHERE key = 'hash'")
    cursor.execute("INSERT INTO _ops.meta VALUES ('hash', ?)", [now])
    return bool(before)
