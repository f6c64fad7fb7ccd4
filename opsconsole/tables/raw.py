"""The place in a file that a row came from: the raw lines with their neighbours, or the record field by field."""

from __future__ import annotations

import contextlib
import gzip
import os
import zlib
from collections.abc import Iterator
from typing import IO, Any

import msgspec

from opsconsole.tables.cut import normal
from opsconsole.tables.names import ident, shown
from opsconsole.tables.piece import Dialect
from opsconsole.tables.records import StoreError
from opsconsole.tables.store import Store

_LONGEST = 4000
"""Characters of a line that are shown."""


def raw_lines(store: Store, source: str, file: str, line: int, around: int = 8) -> tuple[str, int, int, list[str], str]:
    """Path, number of the first line, number of the wanted line, the texts, and a note where there is one.

    `file` is the path as `Store.path_of` gives it. Raises StoreError with a sentence for a person.
    """
    with contextlib.closing(store.cursor()) as cursor:
        found = cursor.execute(
            'SELECT name, dialect, id, "offset" FROM _ops.files WHERE source = ? AND path = ?',
            [source, file],
        ).fetchall()
    if not found:
        raise StoreError(f"{file} is no longer a file of {source}")
    name, text, number, offset = found[0]
    path = os.fsdecode(name)
    dialect = msgspec.json.decode(text, type=Dialect) if text else Dialect("csv")
    if dialect.format not in ("csv", "ndjson") and dialect.note != "lines":
        return _fields(store, source, path, int(number), line, dialect)
    try:
        changed = os.stat(path).st_size < offset
        with _open(path) as stream:
            first, lines = _around(stream, dialect.encoding, line, around)
    except (OSError, EOFError, zlib.error) as error:
        raise StoreError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    note = "the file has changed since it was read" if changed or not first <= line < first + len(lines) else ""
    return shown(path), first, line, lines, note


def _open(path: str) -> IO[bytes] | gzip.GzipFile:
    if path.lower().endswith(".gz"):
        return gzip.open(path, "rb")
    return open(path, "rb")


def _around(stream: IO[bytes] | gzip.GzipFile, encoding: str, line: int, around: int) -> tuple[int, list[str]]:
    first = max(1, line - around)
    result = []
    for number, text in enumerate(_texts(stream, encoding), 1):
        if number > line + around:
            break
        if number >= first:
            result.append(text[:_LONGEST])
    return first, result


def _texts(stream: IO[bytes] | gzip.GzipFile, encoding: str) -> Iterator[str]:
    if encoding.startswith(("utf-16", "utf-32")):
        whole = stream.read().decode(encoding, "replace").removeprefix("\ufeff").encode("utf-8", "replace")
        yield from normal(whole).decode("utf-8").removesuffix("\n").split("\n")
        return
    for index, raw in enumerate(stream):
        piece = raw.removesuffix(b"\n").removesuffix(b"\r")
        if index == 0:
            piece = piece.removeprefix(b"\xef\xbb\xbf")
        for part in piece.split(b"\r"):
            yield part.decode(encoding, "replace")


def _fields(
    store: Store, source: str, path: str, number: int, line: int, dialect: Dialect
) -> tuple[str, int, int, list[str], str]:
    """A record of a format without lines, one field per line."""
    with contextlib.closing(store.cursor()) as cursor:
        columns = [name for name in store.schemas().get(source, {}) if not name.startswith("_")]
        listed = ", ".join(f"CAST({ident(name)} AS VARCHAR)" for name in columns) or "1"
        rows: list[Any] = cursor.execute(
            f"SELECT {listed} FROM {ident(source)} WHERE _file = ? AND _line = ? LIMIT 1", [number, line]
        ).fetchall()
    if not rows:
        raise StoreError(f"{shown(path)} no longer holds record {line}")
    text = [
        f"{name}: {'' if value is None else value[:_LONGEST]}" for name, value in zip(columns, rows[0], strict=True)
    ]
    where = {"excel": "row", "parquet": "row"}.get(dialect.format, "record")
    return shown(path), 1, 1, text, f"{where} {line}, field by field"
