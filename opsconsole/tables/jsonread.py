"""Readers of NDJSON (line by line, growing) and of JSON documents (taken whole): nested values become flat columns."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from opsconsole.tables import cut, decode
from opsconsole.tables.names import clean
from opsconsole.tables.piece import Dialect, NotReadyError, Piece, Stretch, Tail, Wish, describe, judge
from opsconsole.tables.records import Reject

if TYPE_CHECKING:
    import pyarrow as pa

_DEPTH = 4
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Rows:
    """Records gathered into text columns by key, in the order in which keys first came."""

    def __init__(self) -> None:
        self.columns: dict[str, list[str | None]] = {}
        self.lines: list[int] = []

    def add(self, record: dict[str, Any], line: int) -> None:
        """Append one record; keys that it lacks are empty, keys of nested objects are joined with `_`."""
        count = len(self.lines)
        self._put(record, "", count, 0)
        self.lines.append(line)

    def _put(self, record: dict[str, Any], prefix: str, count: int, depth: int) -> None:
        columns = self.columns
        for key, value in record.items():
            name = prefix + key
            if isinstance(value, dict) and value and depth < _DEPTH:
                self._put(value, name + "_", count, depth + 1)
                continue
            column = columns.get(name)
            if column is None:
                column = columns[name] = []
            missing = count - len(column)
            if missing > 0:
                column.extend([None] * missing)
            elif missing < 0:
                continue  # {"a_b": 1, "a": {"b": 2}}: the first one has the name
            column.append(value if isinstance(value, str) else _text(value))

    def piece(self, dialect: Dialect, wish: Wish, rejects: list[Reject]) -> Piece:
        """The gathered records as a piece; its `end` and `next_line` are the caller's to set."""
        import numpy as np
        import pyarrow as pa

        count = len(self.lines)
        arrays: list[pa.ChunkedArray] = []
        for column in self.columns.values():
            column.extend([None] * (count - len(column)))
            values = [v if v is None or v.isascii() else v.encode("utf-8", "replace").decode() for v in column]
            arrays.append(pa.chunked_array([pa.array(values, pa.string())]))
        names = clean(self.columns)
        styles = judge(names, arrays, dialect.styles, wish)
        known = list(dict.fromkeys([*dialect.names, *names]))
        decided = msgspec.structs.replace(dialect, names=known, styles=styles)
        table = pa.table(arrays, names=[f"c{i}" for i in range(len(arrays))])
        lines = np.array(self.lines, np.int64)
        told = ", ".join([dialect.encoding, *describe(styles)])
        return Piece(decided, names, table, lines, 0, 0, rejects=rejects, read_as=told)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    return repr(value) if isinstance(value, float) else str(_encode(value), "utf-8")


def read_lines(stretch: Stretch, dialect: Dialect | None, wish: Wish) -> Piece:
    """Read NDJSON. A last line without end is taken when the file is quiet and the line is a whole record."""
    first = dialect is None
    dialect = dialect or Dialect("ndjson")
    data = stretch.data
    mark = len(codecs.BOM_UTF8) if first and data.startswith(codecs.BOM_UTF8) else 0
    if first and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding, mark = decode.detect(data, None)
        data = decode.to_utf8(data[mark:], encoding)
        dialect, mark = Dialect("ndjson", encoding=encoding, whole=True), 0
    length = data.rfind(b"\n") + 1
    length = max(length, mark)
    rest = data[length:]
    tail: Tail = "none"
    rows, rejects = Rows(), list[Reject]()
    next_line = _take_lines(data[mark:length], stretch.lines, rows, rejects)
    if rest.strip() and stretch.last:
        tail = "waiting"
        if stretch.quiet:
            tail = "taken" if _record(rest) is not None else "held"
        if tail == "taken":
            next_line = _take_lines(rest, next_line, rows, rejects)
            length = len(data)
    piece = rows.piece(dialect, wish, rejects)
    piece.end = stretch.start + length
    piece.next_line, piece.tail, piece.more = next_line, tail, not stretch.last
    return piece


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        found = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) else None


def _take_lines(data: bytes, before: int, rows: Rows, rejects: list[Reject]) -> int:
    """Take whole lines; returns how many lines there are up to their end."""
    lines = cut.normal(data).split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, before + 1):
        if not line.strip():
            continue
        try:
            found = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            reason = str(error).removeprefix("JSON is malformed: ")
            rejects.append(Reject(number, "", f"not JSON: {reason}", line.decode("utf-8", "replace")))
            continue
        if isinstance(found, dict):
            rows.add(found, number)
        else:
            rejects.append(Reject(number, "", "not a JSON object", line.decode("utf-8", "replace")))
    return before + len(lines)


def read_document(stretch: Stretch, wish: Wish) -> Piece:
    """Read a JSON document: a list of records, or the list of records inside an object, or one record.

    Raises NotReadyError when it is no whole document.
    """
    data = stretch.data
    encoding, mark = decode.detect(data[:4096], None)
    if encoding.startswith("utf-"):
        text = decode.to_utf8(data[mark:], encoding)
    else:
        text, encoding = data, "utf-8"
    if not text.strip():
        return Rows().piece(Dialect("json", encoding=encoding, whole=True), wish, [])
    dialect = Dialect("json", encoding=encoding, whole=True)
    try:
        document = _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        piece = _as_lines(text, wish)
        if piece is None:
            raise NotReadyError(
                f"not a whole JSON document: {str(error).removeprefix('JSON is malformed: ')}"
            ) from error
        return piece
    rows, rejects = Rows(), list[Reject]()
    for number, record in enumerate(_records(document), 1):
        if isinstance(record, dict):
            rows.add(record, number)
        elif isinstance(document, list) and not any(isinstance(item, dict) for item in document):
            rows.add({"value": record}, number)
        else:
            rejects.append(Reject(number, "", "not a JSON object", str(_encode(record), "utf-8")))
    return rows.piece(dialect, wish, rejects)


def _as_lines(text: bytes, wish: Wish) -> Piece | None:
    """NDJSON under the name `.json`: only if its first line is a record and there are several."""
    lines = text.strip().split(b"\n")
    if len(lines) < 2 or _record(lines[0]) is None or _record(lines[-1]) is None:
        return None
    rows, rejects = Rows(), list[Reject]()
    _take_lines(text, 0, rows, rejects)
    return rows.piece(Dialect("json", whole=True, note="lines"), wish, rejects)


def _records(document: Any) -> Iterable[Any]:
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        raise NotReadyError("the JSON document holds no records")
    return _longest(document, 0) or [document]


def _longest(found: dict[str, Any], depth: int) -> list[Any]:
    """The longest list of objects in an object."""
    best: list[Any] = []
    for value in found.values():
        if isinstance(value, list) and value and any(isinstance(item, dict) for item in value):
            candidate = value
        elif isinstance(value, dict) and depth < _DEPTH:
            candidate = _longest(value, depth + 1)
        else:
            continue
        if len(candidate) > len(best):
            best = candidate
    return best
