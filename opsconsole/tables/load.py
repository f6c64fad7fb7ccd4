"""Turns records of files that are written alike into rows of their table's types, and sets aside what does not fit."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import duckdb

from opsconsole.tables import convert, hours, retention, touched
from opsconsole.tables.columns import Column, Columns
from opsconsole.tables.names import HASH, ident, literal
from opsconsole.tables.reading.evidence import Found, Kind, Style
from opsconsole.tables.reading.shapes import (
    CLOCK,
    COMMA,
    FRACTION,
    INTEGER,
    NUMBER,
    POINT,
    REPEATED,
    SKIPPED,
    TEMPORAL,
    ZONE,
    shape_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from opsconsole.tables.writer import Take

RAW_LIMIT = 8192
_MOST_MISFITS = 100_000
_MOST_YEARS = 200
Facts = dict[str, dict[int, set[int]]]
"""By lower-case column name: facts (bits of `shapes`) with the ids of the files that have them."""
_FEW = 10_000
"""Pieces of fewer rows on average are joined into one: each would cost more than its rows."""


@contextlib.contextmanager
def _registered(cursor: DuckDBPyConnection, name: str, table: pa.Table) -> Iterator[None]:
    """A table under a name for some statements. What they raise is not hidden by a transaction that is aborted then."""
    cursor.register(name, table)
    try:
        yield
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            cursor.unregister(name)
        raise
    cursor.unregister(name)


class Load:
    """The pieces of some files that have the same columns, styles and types.

    `prepare` converts them as the table is now and notes the facts that this shows; `insert` writes them. The table may
    be changed in between, and then `prepare` is called again. `touched` are the times of the rows that were written.
    """

    def __init__(
        self, cursor: DuckDBPyConnection, columns: Columns, takes: Sequence[Take], styles: dict[str, Style]
    ) -> None:
        self._cursor = cursor
        self._columns = columns
        self._takes = takes
        piece = takes[0].piece
        assert piece is not None
        self._own = piece.kinds
        self._kinds = dict(piece.kinds)
        self._styles = styles
        self._words = columns.source.read.null
        self._used = [(i, n) for i, n in enumerate(piece.names) if n.lower() in columns.known]
        self._given = self._joined()
        self._raw = self._given
        self._typed: pa.Table | None = None
        self._misfits: list[tuple[int, str]] = []
        self.touched: list[touched.Range] = []

    def _joined(self) -> pa.Table:
        import numpy as np
        import pyarrow as pa

        parts = []
        for take in self._takes:
            piece = take.piece
            assert piece is not None
            data = piece.data.rename_columns([f"c{i}" for i in range(piece.data.num_columns)])
            files = pa.array(np.full(len(piece.lines), take.entry.id, np.int32))
            parts.append(data.append_column("_f", files).append_column("_l", pa.array(piece.lines)))
        if len(parts) == 1:
            return parts[0]
        joined = pa.concat_tables(parts)
        return joined.combine_chunks() if joined.num_rows < _FEW * len(parts) else joined

    def _column(self, name: str) -> Column:
        return self._columns.known[name.lower()]

    def _value(self, index: int, name: str) -> str:
        column = self._column(name)
        kind: Kind = column.kind
        own = self._kinds.get(name)
        if own is not None:
            return convert.recast(f"c{index}", kind, own, self._columns.zone)
        style = self._styles.get(name, Style())
        return convert.typed(f"c{index}", kind, style, self._columns.zone, self._words, column.pinned)

    # --- converting --------------------------------------------------------------------------------------------

    def prepare(self) -> Facts:
        """Convert, and return the facts that this shows. Raises duckdb.Error."""
        facts: Facts = {}
        self._misfits = []
        self._typed = None
        self._take_plain()
        alike = all(self._kinds.get(name) == self._column(name).kind for _, name in self._used)
        if alike and self._columns.cutoff is None:  # old rows are told by the converted ones
            for index, name in self._used:
                facts[name.lower()] = self._open_facts(name, self._raw.column(index), self._raw.column("_f"))
            return {name: found for name, found in facts.items() if found}
        with _registered(self._cursor, "_batch", self._raw):
            self._typed = self._converted()
            for place, (index, name) in enumerate(self._used):
                found = self._facts(place, index, name)
                if found:
                    facts[name.lower()] = found
        return facts

    def _take_plain(self) -> None:
        """Give columns of text whose every cell is plainly written their types without SQL, from the text as it came:
        the table's types may have changed since the last time."""
        from opsconsole.tables.reading import fastcsv

        self._raw, self._kinds = self._given, dict(self._own)
        for index, name in self._used:
            kind = self._column(name).kind
            if name in self._own or (kind == "number" and self._styles.get(name, Style()).decimal == ","):
                continue
            values = fastcsv.column(self._given.column(index), kind, self._words)
            if values is not None:
                self._raw = self._raw.set_column(index, f"c{index}", values)
                self._kinds[name] = kind

    def _converted(self) -> pa.Table:
        """The batch in the types of the table, with `_file`, `_line` and `_time`."""
        moment = "CAST(NULL AS TIMESTAMP)"
        time_column = (self._columns.source.time or "").lower()
        values = []
        for index, name in self._used:
            column = self._column(name)
            values.append(f"{self._value(index, name)} AS {ident(column.name)}")
            if name.lower() == time_column:
                moment = convert.moment_utc(ident(column.name), convert.TYPES[column.kind], self._columns.zone)
        listed = ", ".join([*values, "_f AS _file", "_l AS _line"])
        table: pa.Table = self._cursor.sql(
            f"SELECT *, {moment} AS _time FROM (SELECT {listed} FROM _batch)"
        ).to_arrow_table()
        return table

    def _facts(self, place: int, index: int, name: str) -> dict[int, set[int]]:
        """What the values of a column show that its type leaves open; notes whether some do not fit it."""
        import pyarrow.compute as pc

        assert self._typed is not None
        kind, typed, before = self._column(name).kind, self._typed.column(place), self._raw.column(index)
        if kind == "text":
            return {}
        facts: dict[int, set[int]] = {}
        empty = before.null_count
        if typed.null_count > empty and name not in self._kinds:
            empty += pc.sum(pc.equal(before, "")).as_py() or 0
        if typed.null_count > empty:
            strange = self._strange(index, name)
            if strange:
                self._misfits.append((index, name))
            for file, value in strange:
                for bit in _told_by(value, kind, self._styles.get(name, Style())):
                    facts.setdefault(bit, set()).add(file)
        return facts | self._open_facts(name, typed, self._typed.column("_file"))

    def _open_facts(self, name: str, typed: pa.ChunkedArray, files: pa.ChunkedArray) -> dict[int, set[int]]:
        """Which files have fractions, times of day, odd hours among values whose type allows them."""
        import pyarrow.compute as pc

        kind = self._column(name).kind
        shown = [(take.evidence or {}).get(name.lower(), Found()) for take in self._takes]
        facts: dict[int, set[int]] = {}
        if kind == "number" and not all(found.has(NUMBER) or found.has(FRACTION) for found in shown):
            facts[FRACTION] = _those(files, pc.not_equal(pc.floor(typed), typed))
        if kind == "time" and not all(found.has(CLOCK) for found in shown):
            facts[CLOCK] = _those(files, pc.not_equal(pc.floor_temporal(typed, unit="day"), typed))
        if kind == "time" and name.lower() == (self._columns.source.time or "").lower():
            facts |= self._odd_hours(typed, files)
        return {bit: found for bit, found in facts.items() if found}

    def _odd_hours(self, typed: pa.ChunkedArray, files: pa.ChunkedArray) -> dict[int, set[int]]:
        """Which files have event times in hours that the clocks of their zone skip or repeat."""
        import pyarrow as pa
        import pyarrow.compute as pc

        ends = pc.min_max(typed)
        low, high = ends["min"].as_py(), ends["max"].as_py()
        facts: dict[int, set[int]] = {}
        for year in range(low.year, min(high.year, low.year + _MOST_YEARS) + 1) if low is not None else ():
            for bit, stretches in zip((SKIPPED, REPEATED), hours.odd(self._columns.zone, year), strict=True):
                for start, end in stretches:
                    if start <= high and end > low:
                        first, last = pa.scalar(start, typed.type), pa.scalar(end, typed.type)
                        within = pc.and_(pc.greater_equal(typed, first), pc.less(typed, last))
                        facts.setdefault(bit, set()).update(_those(files, within))
        return facts

    def _filled(self, index: int, name: str) -> str:
        if name in self._kinds:
            return f"c{index} IS NOT NULL"
        return f"c{index} IS NOT NULL AND NOT {convert.null_words(f'c{index}', self._words)}"

    def _misfit(self, index: int, name: str) -> str:
        return f"c{index} IS NOT NULL AND ({self._value(index, name)}) IS NULL AND {self._filled(index, name)}"

    def _strange(self, index: int, name: str) -> list[tuple[int, str]]:
        """The different values of each file that do not fit, as far as they can be counted."""
        return self._cursor.execute(
            f"SELECT DISTINCT _f, CAST(c{index} AS VARCHAR) AS v FROM _batch WHERE {self._misfit(index, name)}"
            f" LIMIT {_MOST_MISFITS}"
        ).fetchall()

    # --- writing -----------------------------------------------------------------------------------------------

    def insert(self) -> None:
        """Write the rows, and the cells that do not fit into quarantine. Raises duckdb.Error."""
        if not self._raw.num_rows:
            return
        self._retain()
        with _registered(self._cursor, "_batch", self._raw):
            for index, name in self._misfits:
                self._set_aside(index, name, self._misfit(index, name))
            if self._typed is None:
                self._insert_as_they_are()
        if self._typed is not None:
            self._insert_converted(self._typed)

    def _insert_as_they_are(self) -> None:
        """Every column has its table's type already."""
        values = [f"c{index} AS {ident(self._column(name).name)}" for index, name in self._used]
        moment = "CAST(NULL AS TIMESTAMP)"
        for index, name in self._used:
            if name.lower() == (self._columns.source.time or "").lower():
                moment = convert.moment_utc(f"c{index}", convert.TYPES[self._column(name).kind], self._columns.zone)
        listed = ", ".join([*values, "_f AS _file", "_l AS _line", f"{moment} AS _time"])
        names = [self._column(name).name for _, name in self._used]
        query = f"SELECT *{self._key(names)} FROM (SELECT {listed} FROM _batch)"
        self._cursor.execute(f"INSERT INTO {self._columns.table} BY NAME {query}")
        self._times("_f", f"SELECT _f, {moment} AS _time FROM _batch")

    def _key(self, names: Sequence[str]) -> str:
        """The hash of the key over rows with these columns, as one more column, where the source has a key."""
        keyed = self._columns.keyed
        return f", {keyed.hashed_of(names)} AS {HASH}" if keyed is not None else ""

    def _insert_converted(self, typed: pa.Table) -> None:
        with _registered(self._cursor, "_typed", typed):
            key = self._key(typed.column_names)
            self._cursor.execute(f"INSERT INTO {self._columns.table} BY NAME SELECT *{key} FROM _typed")
            self._times("_file", "SELECT _file, _time FROM _typed")

    def _times(self, file: str, rows: str) -> None:
        """Note the newest event of each file, and the stretches of time that are touched."""
        found = self._cursor.execute(
            f"SELECT {file}, max(epoch_us(_time)), {touched.RANGE} FROM ({rows}) GROUP BY {file}, {touched.DAY}"
        ).fetchall()
        self.touched += dict.fromkeys((first, last) for _, _, first, last in found)
        newest: dict[int, int] = {}
        for number, at, _, _ in found:
            if at is not None:
                newest[number] = max(at, newest.get(number, at))
        for take in self._takes:
            moment = newest.get(take.entry.id)
            if moment is not None:
                take.newest = max(moment / 1e6, take.newest or moment / 1e6)

    def _retain(self) -> None:
        """Leave out rows that are older than the source retains, and their cells."""
        if self._typed is None:
            return
        kept, counts = retention.kept(self._typed, self._columns.cutoff)
        if kept is None:
            return
        self._raw, self._typed = self._raw.filter(kept), self._typed.filter(kept)
        for take in self._takes:
            take.expired += counts.get(take.entry.id, 0)

    def _set_aside(self, index: int, name: str, where: str) -> None:
        reason = _reason(self._column(name))
        source = literal(self._columns.source.name)
        self._cursor.execute(
            f"INSERT INTO _ops.quarantine SELECT _f, {source}, _l, {literal(name)}, {literal(reason)},"
            f" left(CAST(c{index} AS VARCHAR), {RAW_LIMIT}), {time.time()} FROM _batch WHERE {where}"
        )
        counts = dict(self._cursor.execute(f"SELECT _f, count(*) FROM _batch WHERE {where} GROUP BY _f").fetchall())
        for take in self._takes:
            take.cells += counts.get(take.entry.id, 0)


def _reason(column: Column) -> str:
    """What a cell that does not fit is not. A type that is not pinned may widen later: that changes no reason."""
    if column.kind == "integer":
        return "not an integer" if column.pinned else "not a number"
    if column.kind in ("date", "time", "zoned") and not column.pinned:
        return "not a date or time"
    return f"not a {'time' if column.kind == 'zoned' else column.kind}"


def _those(files: pa.ChunkedArray, mask: pa.ChunkedArray) -> set[int]:
    """The files of the rows that a mask chooses."""
    import pyarrow.compute as pc

    return set(pc.unique(files.filter(mask)).to_pylist()) if pc.any(mask).as_py() else set()


def _told_by(value: str, kind: Kind, style: Style) -> set[int]:
    """Facts told by a value that does not fit a type: that a wider one would take it."""
    facts: set[int] = set()
    shape = shape_of(value.strip())
    numeric = NUMBER | (COMMA if style.decimal == "," else POINT)
    if kind == "integer" and shape & numeric and not shape & INTEGER and "inf" not in value.lower():
        facts.add(FRACTION)
    if kind == "date" and shape & TEMPORAL and shape & CLOCK:
        facts.add(CLOCK)
    if kind in ("date", "time") and shape & TEMPORAL and shape & ZONE:
        facts.add(ZONE)
    return facts
