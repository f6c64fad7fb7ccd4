"""What files say, read with the standard library alone: the other opinion that the tables are compared with.

It knows the shape of the files that `deeds` writes (the header `id,name,qty` on line 1, UTF-8, commas) and the rules
that hold for all files: a quoted field that is never closed spoils its line only, a last line without an end counts
when it is whole, a half-written whole-file unit gives nothing.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = tuple[str, str, int, str | None, str | None, str | None]
"""Source, path below the site, line, and the fields `id`, `name`, `qty` as text."""
Aside = tuple[str, str, int, str, str]
"""Source, path, line, column (empty for a whole record), raw text."""

NAMES = ("id", "name", "qty")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass
class Found:
    """What one file gives: lines with their fields, what is set aside, and how many records there are."""

    rows: list[tuple[int, str | None, str | None, str | None]] = field(default_factory=list)
    aside: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def records(self) -> int:
        """Rows and records set aside; cells set aside are in rows that are there."""
        return len(self.rows) + sum(1 for _, column, _ in self.aside if not column)

    def add(self, line: int, fields: tuple[str | None, ...]) -> None:
        """A whole record; its `qty` is an integer, or set aside."""
        id_, name, qty = (value or None for value in fields)
        if qty is not None and not _WHOLE.fullmatch(qty):
            self.aside.append((line, "qty", qty))
            qty = None
        self.rows.append((line, id_, name, None if qty is None else str(int(qty))))


class Oracle:
    """Reads whole folders. What a file gave is remembered by its bytes; Parquet files only so, as they were written."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], Found] = {}
        self.rows: Counter[Row] = Counter()
        self.aside: Counter[Aside] = Counter()
        self.records: dict[tuple[str, str], tuple[int, int]] = {}

    def teach(self, data: bytes, rows: list[tuple[str, str, int]]) -> None:
        """Bytes of a Parquet file, and the rows that its writer put into it."""
        found = Found()
        for line, row in enumerate(rows, 1):
            found.add(line, (row[0], row[1], str(row[2])))
        self._known["parquet", _digest(data)] = found

    def read(self, root: Path, sources: dict[str, str]) -> None:
        """Read the folder of every source (source -> folder below `root`) anew."""
        self.rows, self.aside, self.records = Counter(), Counter(), {}
        for source, below in sources.items():
            for path in sorted((root / below).rglob("*")):
                if path.is_file() and not path.name.endswith(".tmp"):
                    self._file(source, str(path.relative_to(root)), path)

    def _file(self, source: str, shown: str, path: Path) -> None:
        data = path.read_bytes()
        kind = path.name.removesuffix(".gz").rpartition(".")[2]
        key = (kind + (".gz" if path.suffix == ".gz" else ""), _digest(data))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = read_file(key[0], data)
        for row in found.rows:
            self.rows[source, shown, *row] += 1
        for aside in found.aside:
            self.aside[source, shown, *aside] += 1
        self.records[source, shown] = (len(found.rows), found.records - len(found.rows))


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def read_file(kind: str, data: bytes) -> Found:
    """The records of a file of a kind (`csv`, `csv.gz`, `ndjson`, `json`; an unknown Parquet file has none)."""
    if kind == "csv.gz":
        try:
            return _csv(gzip.decompress(data))
        except (OSError, EOFError, zlib.error):
            return Found()
    if kind == "csv":
        return _csv(data)
    if kind == "ndjson":
        return _lines(data)
    return _document(data) if kind == "json" else Found()


def _csv(data: bytes) -> Found:
    """Records by the csv module; where it finds a quote never closed, the line is set aside and reading goes on."""
    found = Found()
    if data and not data.endswith(b"\n"):
        data = _without_torn_end(data)
    lines = data.decode("utf-8").split("\n")
    if not lines[-1]:
        lines.pop()
    at = 0
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        fields, taken = _record(lines, at)
        text = "\n".join(lines[at : at + taken])
        if fields is None or len(fields) != len(NAMES):
            found.aside.append((at + 1, "", text))
        elif at:
            found.add(at + 1, tuple(fields))
        at += taken
    return found


def _record(lines: list[str], at: int) -> tuple[list[str] | None, int]:
    """The record that begins at a line and its number of lines; None for one whose quote is never closed."""
    if '"' not in lines[at]:
        return lines[at].split(","), 1
    reader = csv.reader((line + "\n" for line in lines[at:]), strict=True)
    try:
        fields = next(reader)
    except csv.Error:
        return None, 1
    return fields, reader.line_num


def _without_torn_end(data: bytes) -> bytes:
    """Without the last record if it ends inside a character: more bytes must come before it can be read."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "ignore")
        lines = text.split("\n")
        at = 0
        while at < len(lines):
            fields, taken = _record([*lines], at)
            if fields is None or at + taken >= len(lines):
                break
            at += taken
        return "".join(line + "\n" for line in lines[:at]).encode()
    return data


def _lines(data: bytes) -> Found:
    found = Found()
    lines = data.split(b"\n")
    last = len(lines)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        record = _json(line)
        if isinstance(record, dict):
            found.add(number, tuple(_text(record.get(name)) for name in NAMES))
        elif number != last:
            found.aside.append((number, "", line.decode("utf-8", "replace")))
    return found


def _document(data: bytes) -> Found:
    found = Found()
    records = _json(data)
    for number, record in enumerate(records if isinstance(records, list) else [], 1):
        found.add(number, tuple(_text(record.get(name)) for name in NAMES))
    return found


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8"))
    except ValueError:
        return None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
