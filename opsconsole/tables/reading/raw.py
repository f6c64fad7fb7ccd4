"""The place in a file that a row came from: the raw lines with their neighbours, or the record field by field."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import Any

import msgspec

from opsconsole.tables import fingerprint
from opsconsole.tables.names import ident, shown
from opsconsole.tables.reading import rawlines
from opsconsole.tables.reading.piece import Dialect, NotReadyError
from opsconsole.tables.records import StoreError
from opsconsole.tables.store import Store

_CHANGED = "the file has changed since it was read"
_GONE = "the file is gone"

Found = tuple[str, int, int, list[str], str]


@dataclass(frozen=True)
class _File:
    """A file as the ledger knows it. `path` is that of the system."""

    number: int
    source: str
    path: str
    dialect: Dialect
    offset: int
    prefix: str

    @property
    def has_lines(self) -> bool:
        """Whether its records are lines of text that can be shown as they stand."""
        return self.dialect.format in ("csv", "ndjson", "lines") or (
            self.dialect.format == "json" and self.dialect.note == "lines"
        )

    def state(self) -> str:
        """What happened to the file since it was read, in words; empty if nothing did. Raises OSError."""
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return _GONE
        try:
            if os.fstat(fd).st_size < self.offset or fingerprint.of_file(fd, self.offset) != self.prefix:
                return _CHANGED
        finally:
            os.close(fd)
        return ""


def raw_lines(store: Store, source: str, file: str, line: int, around: int = 8) -> Found:
    """Path, number of the first line, number of the wanted line, the texts, and a note where there is one.

    `file` is the path as `Store.path_of` gives it. Of a file that is gone or has no lines the record is shown as the
    table holds it, one field per line. Raises StoreError with a sentence for a person.
    """
    entry = _file(store, source, file)
    try:
        state = entry.state()
        if state == _GONE or not entry.has_lines:
            return _fields(store, entry, line, state)
        with open(entry.path, "rb") as stream:
            first, lines = rawlines.around(stream, entry.dialect.encoding, line, around)
    except (OSError, NotReadyError) as error:
        raise StoreError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    note = state if first <= line < first + len(lines) else _CHANGED
    return shown(entry.path), first, line, lines, note


def _file(store: Store, source: str, file: str) -> _File:
    with contextlib.closing(store.cursor()) as cursor:
        found = cursor.execute(
            'SELECT name, dialect, id, "offset", prefix FROM _ops.files WHERE source = ? AND path = ?', [source, file]
        ).fetchall()
    if not found:
        raise StoreError(f"{file} is no longer a file of {source}")
    name, text, number, offset, prefix = found[0]
    dialect = msgspec.json.decode(text, type=Dialect) if text else Dialect("csv")
    return _File(int(number), source, os.fsdecode(name), dialect, int(offset), prefix)


def _fields(store: Store, entry: _File, line: int, state: str) -> Found:
    """A record as the table holds it, one field per line; one that was set aside as quarantine holds it."""
    place = ", ".join(filter(None, [state, _place(entry, line, state)]))
    with contextlib.closing(store.cursor()) as cursor:
        columns = [name for name in store.schemas().get(entry.source, {}) if not name.startswith("_")]
        listed = ", ".join(f"CAST({ident(name)} AS VARCHAR)" for name in columns) or "1"
        rows: list[Any] = []
        if columns:
            rows = cursor.execute(
                f"SELECT {listed} FROM {ident(entry.source)} WHERE _file = ? AND _line = ? LIMIT 1",
                [entry.number, line],
            ).fetchall()
        aside = cursor.execute(
            'SELECT "column", reason, raw FROM _ops.quarantine WHERE file = ? AND line = ? ORDER BY 1',
            [entry.number, line],
        ).fetchall()
    cells = {column: (reason, raw) for column, reason, raw in aside}
    if rows:
        text = [_field(name, value, cells.get(name)) for name, value in zip(columns, rows[0], strict=True)]
        return shown(entry.path), 1, 1, text, f"{place}, field by field"
    if aside:
        text = [raw[: rawlines.LONGEST] for _, _, raw in aside]
        return shown(entry.path), 1, 1, text, f"{place}, set aside: {aside[0][1]}"
    raise StoreError(f"{shown(entry.path)} no longer holds record {line}")


def _field(name: str, value: str | None, aside: tuple[str, str] | None) -> str:
    """A field in words; of a cell that was set aside its raw text and why."""
    if value is None and aside is not None:
        return f"{name}:  ({aside[1][: rawlines.LONGEST]}: {aside[0]})"
    return f"{name}: {'' if value is None else value[: rawlines.LONGEST]}"


def _place(entry: _File, line: int, state: str) -> str:
    """Where a record lies in its file, in the words of its format."""
    kind = entry.dialect.format
    if entry.has_lines:
        return f"line {line}"
    if kind == "excel":
        return f"sheet {entry.dialect.note}, row {line}" if entry.dialect.note else f"row {line}"
    if kind == "json":
        return f"record {line}"
    if not state:
        from opsconsole.tables.reading import arrowread, parquetread

        try:
            return (parquetread.place if kind == "parquet" else arrowread.place)(entry.path, line)
        except (OSError, ValueError):
            pass  # packed, or replaced a moment ago: the row's number is right all the same
    return f"row {line}"
