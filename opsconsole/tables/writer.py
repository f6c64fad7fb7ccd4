"""Puts pieces of files and their ledger entries into the store: all of a batch in one transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from opsconsole.site.model import Source
from opsconsole.tables import convert, ledger
from opsconsole.tables.columns import YOUNG, Column, Columns
from opsconsole.tables.guess import Kind, Style, guess
from opsconsole.tables.ledger import Entry
from opsconsole.tables.names import ident, literal
from opsconsole.tables.piece import Piece

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

RAW_LIMIT = 8192


class RetypeError(Exception):
    """A column's type, decided from few values, does not hold: the source's table must be made anew with text."""

    def __init__(self, source: str, column: str) -> None:
        super().__init__(f"{source}.{column}")
        self.source, self.column = source, column


@dataclass
class Take:
    """What one file gives to a transaction: its new entry, and a piece unless only the entry changed.

    `fresh`: rows of the file that are in the table already are replaced. `cells` counts those set aside so far.
    """

    entry: Entry
    piece: Piece | None = None
    fresh: bool = False
    cells: int = 0


@dataclass
class Batch:
    """What goes into one transaction. `gone` are entries whose files are no more."""

    takes: list[Take] = field(default_factory=list)
    gone: list[Entry] = field(default_factory=list)
    bytes: int = 0

    def __bool__(self) -> bool:
        return bool(self.takes or self.gone)


class Writer:
    """The only writer of a store. Not thread-safe: it lives in the feed's thread."""

    def __init__(self, cursor: DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._columns: dict[str, Columns] = {}

    def serve(self, sources: Sequence[tuple[Source, str]]) -> None:
        """Take on the sources, each with the zone of its naive stamps."""
        self._columns = {source.name: Columns(source, zone) for source, zone in sources}
        self.reload()

    def reload(self) -> None:
        """Read what is known of the tables from the database again."""
        for columns in self._columns.values():
            columns.load(self._cursor)

    def write(self, batch: Batch) -> None:
        """Write a batch in the transaction that the caller has begun. Raises duckdb.Error and RetypeError."""
        for take in batch.takes:  # a batch that failed as a whole is written again in parts
            take.entry.cells -= take.cells
            take.cells = 0
        self._remove([(e.source, e.id) for e in batch.gone], ledger_too=True)
        self._remove([(t.entry.source, t.entry.id) for t in batch.takes if t.fresh], ledger_too=False)
        groups: dict[str, list[Take]] = {}
        for take in batch.takes:
            if take.piece is not None:
                groups.setdefault(take.entry.source, []).append(take)
        for source, takes in groups.items():
            self._write_source(self._columns[source], takes)
        self._quarantine(batch.takes)
        ledger.put(self._cursor, [take.entry for take in batch.takes])

    def _remove(self, files: list[tuple[str, int]], ledger_too: bool) -> None:
        by_source: dict[str, list[int]] = {}
        for source, number in files:
            by_source.setdefault(source, []).append(number)
        for source, ids in by_source.items():
            listed = ", ".join(map(str, ids))
            columns = self._columns.get(source)
            if columns is not None and columns.known:
                self._cursor.execute(f"DELETE FROM {ident(source)} WHERE _file IN ({listed})")
            self._cursor.execute(f"DELETE FROM _ops.quarantine WHERE file IN ({listed})")
            if ledger_too:
                ledger.forget(self._cursor, ids)

    def _write_source(self, columns: Columns, takes: list[Take]) -> None:
        groups: dict[tuple[Any, ...], list[Take]] = {}
        for take in takes:
            piece = take.piece
            if piece is None or not piece.names:
                continue
            styles = piece.dialect.styles
            columns.fit(self._cursor, piece.names, styles, _worth(piece))
            key = (piece.typed, tuple(piece.names), tuple(styles.get(n, Style()) for n in piece.names), _types(piece))
            groups.setdefault(key, []).append(take)
        for group in groups.values() if columns.known else ():
            _Load(self._cursor, columns, group).run()

    def _quarantine(self, takes: Sequence[Take]) -> None:
        now = time.time()
        for take in takes:
            rejects = take.piece.rejects if take.piece else []
            for start in range(0, len(rejects), 200):
                values: list[Any] = []
                chunk = rejects[start : start + 200]
                for r in chunk:
                    values += [take.entry.id, take.entry.source, r.line, r.column, r.reason, r.raw[:RAW_LIMIT], now]
                rows = ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(chunk))
                self._cursor.execute(f"INSERT INTO _ops.quarantine VALUES {rows}", values)


def _worth(piece: Piece) -> set[str]:
    """Columns worth a place in the table: all but nameless ones without a value."""
    styles = piece.dialect.styles
    return {
        name
        for position, name in enumerate(piece.names, 1)
        if name != f"column_{position}" or not styles.get(name, Style(empty=True)).empty
    }


def _types(piece: Piece) -> tuple[str, ...]:
    return tuple(str(kind) for kind in piece.data.schema.types) if piece.typed else ()


class _Load:
    """Insert the pieces of files that are written alike: check, widen or set aside what does not fit, insert."""

    def __init__(self, cursor: DuckDBPyConnection, columns: Columns, takes: list[Take]) -> None:
        self._cursor = cursor
        self._columns = columns
        self._takes = takes
        piece = takes[0].piece
        assert piece is not None
        self._typed = piece.typed
        self._styles = piece.dialect.styles
        self._words = columns.source.read.null
        self._used = [(i, n) for i, n in enumerate(piece.names) if n.lower() in columns.known]

    def run(self) -> None:
        """Raises duckdb.Error and RetypeError."""
        raw = self._joined()
        if not raw.num_rows:
            return
        self._cursor.register("_batch", raw)
        try:
            typed = self._converted()
            while self._check(raw, typed):
                typed = self._converted()
        finally:
            self._cursor.unregister("_batch")
        self._cursor.register("_typed", typed)
        try:
            self._cursor.execute(f"INSERT INTO {self._columns.table} BY NAME SELECT * FROM _typed")
        finally:
            self._cursor.unregister("_typed")
        self._events(typed)

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
        return parts[0] if len(parts) == 1 else pa.concat_tables(parts)

    def _column(self, name: str) -> Column:
        return self._columns.known[name.lower()]

    def _value(self, index: int, name: str) -> str:
        kind: Kind = self._column(name).kind
        style = self._styles.get(name, Style())
        if self._typed:
            return convert.recast(f"c{index}", kind, style.kind, self._columns.zone)
        return convert.typed(f"c{index}", kind, style, self._columns.zone, self._words)

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

    def _check(self, raw: pa.Table, typed: pa.Table) -> bool:
        """Deal with values that became NULL; True if a column was widened and all must be converted again.

        Most batches have none, which counting NULLs shows; only a column that lost values is asked in SQL
        (an aggregate per column in one query takes DuckDB quadratic time to plan).
        """
        import pyarrow.compute as pc

        again = False
        counts: dict[str, int] = {}
        misfits: list[tuple[int, str, int, int]] = []
        for place, (index, name) in enumerate(self._used):
            if self._column(name).kind == "text":
                continue
            before, nulls = raw.column(index), typed.column(place).null_count
            empty = before.null_count
            if nulls > empty and not self._typed:
                empty += pc.sum(pc.equal(before, "")).as_py() or 0
            counts[name] = raw.num_rows - nulls
            if nulls > empty:
                row = self._cursor.execute(
                    f"SELECT count(*), count(*) FILTER ({self._filled(index)}) FROM _batch"
                    f" WHERE ({self._value(index, name)}) IS NULL"
                ).fetchall()[0]
                if row[1]:
                    misfits.append((index, name, counts[name] + row[1], row[1]))
        for index, name, _, _ in misfits:
            again = self._widened(index, name) or again
        if again:
            return True
        for index, name, total, count in misfits:
            self._misfits(index, name, total, count)
        self._columns.saw(self._cursor, counts)
        return False

    def _filled(self, index: int) -> str:
        if self._typed:
            return f"c{index} IS NOT NULL"
        return f"c{index} IS NOT NULL AND NOT {convert.null_words(f'c{index}', self._words)}"

    def _misfit(self, index: int, name: str) -> str:
        return f"c{index} IS NOT NULL AND ({self._value(index, name)}) IS NULL AND {self._filled(index)}"

    def _strange(self, index: int, name: str) -> list[str]:
        """Some of the values that do not fit."""
        rows = self._cursor.execute(
            f"SELECT DISTINCT CAST(c{index} AS VARCHAR) AS v FROM _batch WHERE {self._misfit(index, name)}"
            " ORDER BY v LIMIT 2000"
        ).fetchall()
        return [row[0] for row in rows if row[0].strip().lower().lstrip("+-") not in ("inf", "infinity")]

    def _widened(self, index: int, name: str) -> bool:
        """Whether the column's type could be widened to take the values that do not fit."""
        values = self._strange(index, name)
        seen = guess(values, self._styles.get(name, Style()).decimal).kind
        return bool(values) and self._columns.widen(self._cursor, name, seen)

    def _misfits(self, index: int, name: str, total: int, count: int) -> None:
        """Set values aside that do not fit. Raises RetypeError where too many do not."""
        column = self._column(name)
        share = 0.25 if column.kind in ("date", "time", "zoned") else 0.02
        many = count > share * (total + column.seen)
        if many and not column.pinned and column.seen < YOUNG and self._strange(index, name):
            raise RetypeError(self._columns.source.name, name)
        self._set_aside(index, name, self._misfit(index, name))

    def _set_aside(self, index: int, name: str, where: str) -> None:
        kind = self._column(name).kind
        reason = f"not a {'time' if kind == 'zoned' else kind}"
        if kind == "integer":
            reason = "not an integer"
        source = literal(self._columns.source.name)
        self._cursor.execute(
            f"INSERT INTO _ops.quarantine SELECT _f, {source}, _l, {literal(name)}, {literal(reason)},"
            f" left(CAST(c{index} AS VARCHAR), {RAW_LIMIT}), {time.time()} FROM _batch WHERE {where}"
        )
        counts = dict(self._cursor.execute(f"SELECT _f, count(*) FROM _batch WHERE {where} GROUP BY _f").fetchall())
        for take in self._takes:
            take.cells += counts.get(take.entry.id, 0)
            take.entry.cells += counts.get(take.entry.id, 0)

    def _events(self, typed: pa.Table) -> None:
        """Note the newest event of each file."""
        import pyarrow as pa

        moments = typed.column("_time")
        if moments.null_count == len(moments):
            return
        pairs = pa.table({"file": typed.column("_file"), "at": moments.cast(pa.timestamp("us")).cast(pa.int64())})
        newest = pairs.group_by("file").aggregate([("at", "max")]).to_pydict()
        found = dict(zip(newest["file"], newest["at_max"], strict=True))
        for take in self._takes:
            at = found.get(take.entry.id)
            if at is not None:
                take.entry.last_event = max(at / 1e6, take.entry.last_event or at / 1e6)
