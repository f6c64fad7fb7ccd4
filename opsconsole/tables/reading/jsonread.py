"""Readers of NDJSON (line by line, growing) and of JSON documents (taken whole): nested values become flat columns."""

from __future__ import annotations

from typing import Any

import msgspec

from opsconsole.tables.names import clean
from opsconsole.tables.reading import cut, decode, jsonparse
from opsconsole.tables.reading.evidence import gather
from opsconsole.tables.reading.jsonrows import DEPTH, Rows, encode
from opsconsole.tables.reading.piece import Dialect, NotReadyError, Piece, Stretch, Tail, Wish
from opsconsole.tables.records import Reject

_BLOCK = 2000
"""Lines parsed at once."""
_HEAD = 1 << 16
_CONTEXT = 50
_WRAPPERS = {
    "data",
    "items",
    "records",
    "rows",
    "results",
    "result",
    "features",
    "values",
    "value",
    "entries",
    "events",
}


class _Lines:
    """Records of lines as they are taken, with what was set aside. `nearly`: lines that only loose parsing took."""

    def __init__(self, wish: Wish) -> None:
        self.rows = Rows()
        self.rejects: list[Reject] = []
        self.nearly = 0
        self._fallback = decode.normal(wish.read.fallback or decode.FALLBACK)

    def take(self, data: bytes, before: int) -> int:
        """Take whole lines with `before` lines in front of them; returns how many lines there are up to their end."""
        lines = cut.normal(data).split(b"\n")
        if lines and not lines[-1]:
            lines.pop()
        for start in range(0, len(lines), _BLOCK):
            block = lines[start : start + _BLOCK]
            first = before + start + 1
            try:
                found = list(map(jsonparse.strict, block))
            except jsonparse.MALFORMED:
                self._one_by_one(block, first)
                continue
            if set(map(type, found)) == {dict}:
                self.rows.add(found, list(range(first, first + len(found))))
            else:
                self._one_by_one(block, first)
        return before + len(lines)

    def _one_by_one(self, block: list[bytes], first: int) -> None:
        for number, line in enumerate(block, first):
            if not line.strip():
                continue
            found, why = self.value(line)
            if isinstance(found, dict):
                self.rows.add([found], [number])
            else:
                self.rejects.append(Reject(number, "", why or "not a JSON object", line.decode("utf-8", "replace")))

    def value(self, line: bytes) -> tuple[Any, str]:
        """The value of a line, or why it is none."""
        try:
            return jsonparse.strict(line), ""
        except jsonparse.MALFORMED as error:
            try:
                found = jsonparse.loose(line, self._fallback)
            except ValueError:
                return None, f"not JSON: {jsonparse.reason(error)}"
            self.nearly += 1
            return found, ""

    def piece(self, dialect: Dialect, wish: Wish, note: str = "", constant: dict[str, Any] | None = None) -> Piece:
        """The gathered records as a piece; its `end` and `next_line` are the caller's to set."""
        import numpy as np

        table = self.rows.table(constant)
        names = clean(table.column_names)
        told = [dialect.encoding, *([note] if note else [])]
        told += [f"nearly JSON in {self.nearly} place{'s' if self.nearly > 1 else ''}"] if self.nearly else []
        lines = np.array(self.rows.lines, np.int64)
        decided = msgspec.structs.replace(dialect, names=list(dict.fromkeys([*dialect.names, *names])))
        table = table.rename_columns([f"c{i}" for i in range(len(names))])
        found = gather(names, table, lines, wish.read.null)
        return Piece(decided, names, table, lines, 0, 0, rejects=self.rejects, read_as=", ".join(told), evidence=found)


def read_lines(stretch: Stretch, dialect: Dialect | None, wish: Wish) -> Piece:
    """Read NDJSON. A last line without end is taken when the file is quiet and the line is a whole record.

    A file whose first line only begins a value is no NDJSON, whatever its name says: it is read as a document.
    """
    mark = 0
    data = stretch.data
    if dialect is None:
        encoding, mark = _encoding(data, wish)
        dialect = Dialect("ndjson", encoding=encoding, whole=not decode.plain(encoding))
        if not dialect.whole and _is_spread(data[mark:]):
            dialect = msgspec.structs.replace(dialect, whole=True)
            if not stretch.last:
                return _Lines(wish).piece(dialect, wish)  # read again with all of its bytes
            try:
                return read_document(stretch, wish)
            except NotReadyError:
                dialect = msgspec.structs.replace(dialect, whole=False)
    if dialect.whole:
        data, mark = decode.to_utf8(data[mark:], dialect.encoding), 0
    return _read_lines(data, mark, stretch, dialect, wish)


def _read_lines(data: bytes, mark: int, stretch: Stretch, dialect: Dialect, wish: Wish) -> Piece:
    length = max(data.rfind(b"\n") + 1, mark)
    rest = data[length:]
    tail: Tail = "none"
    taken = _Lines(wish)
    next_line = taken.take(_utf8(data[mark:length], dialect), stretch.lines)
    if rest.strip() and stretch.last:
        tail = "waiting"
        if stretch.quiet:
            tail = "taken" if isinstance(taken.value(_utf8(rest, dialect))[0], dict) else "held"
        if tail == "taken":
            next_line = taken.take(_utf8(rest, dialect), next_line)
            length = len(data)
    piece = taken.piece(dialect, wish)
    piece.end = stretch.start + length
    piece.next_line, piece.tail, piece.more = next_line, tail, not stretch.last
    return piece


def _encoding(data: bytes, wish: Wish) -> tuple[str, int]:
    """The encoding and the length of its mark. JSON is UTF-8 unless marked or declared otherwise."""
    encoding, mark = decode.detect(data[:4096], wish.read.encoding)
    if decode.plain(encoding) and not wish.read.encoding:
        encoding = "utf-8"
    return encoding, mark


def _utf8(data: bytes, dialect: Dialect) -> bytes:
    return data if dialect.whole else decode.to_utf8(data, dialect.encoding)


def _is_spread(data: bytes) -> bool:
    """Whether the first line only begins a value: a document over several lines under the name of NDJSON."""
    head, end, rest = data[:_HEAD].lstrip().partition(b"\n")
    if not end or not rest.strip() or (head.strip() not in (b"{", b"[", b"[{") and not head.rstrip().endswith(b",")):
        return False
    try:
        jsonparse.strict(head)
    except jsonparse.MALFORMED:
        return head.startswith((b"{", b"["))
    return False


def read_document(stretch: Stretch, wish: Wish) -> Piece:
    """Read a JSON document: a list of records, or the list of records inside an object, or one record.

    Documents one after the other are read too, and NDJSON under this name. Raises NotReadyError when it is no whole
    document.
    """
    data = stretch.data
    encoding, mark = _encoding(data, wish)
    data = decode.to_utf8(data[mark:], encoding)
    dialect = Dialect("json", encoding=encoding, whole=True)
    if not data.strip():
        return _Lines(wish).piece(dialect, wish)
    try:
        document = jsonparse.strict(data)
    except jsonparse.MALFORMED as error:
        return _not_one(data, stretch, dialect, wish, jsonparse.reason(error, data))
    return _document(document, dialect, wish)


def _not_one(data: bytes, stretch: Stretch, dialect: Dialect, wish: Wish, reason: str) -> Piece:
    """What is no document by the book: NDJSON, documents one after the other, or one with NaN and the like in it."""
    by_line = msgspec.structs.replace(dialect, note="lines")
    first, end, _ = data.lstrip().partition(b"\n")
    piece = None
    if end and isinstance(_Lines(wish).value(first)[0], dict):
        piece = _read_lines(data, 0, stretch, by_line, wish)
        if not piece.rejects and piece.tail in ("none", "taken"):
            return piece
    try:
        found = list(jsonparse.several(data.decode("utf-8", "replace")))
    except NotReadyError:
        if piece is not None:
            return piece
        raise NotReadyError(f"not a whole JSON document: {reason}") from None
    if len(found) == 1:
        return _document(found[0][1], dialect, wish, "nearly JSON")
    taken = _Lines(wish)
    for line, value in found:
        for each in value if isinstance(value, list) else [value]:
            _put(taken, each, line)
    return taken.piece(by_line, wish, f"{len(found)} documents")


def _put(taken: _Lines, record: Any, number: int) -> None:
    if isinstance(record, dict):
        taken.rows.add([record], [number])
    else:
        taken.rejects.append(Reject(number, "", "not a JSON object", str(encode(record), "utf-8")))


def _document(document: Any, dialect: Dialect, wish: Wish, note: str = "") -> Piece:
    taken = _Lines(wish)
    constant: dict[str, Any] = {}
    records = document
    if isinstance(document, dict):
        records, constant, told = _inside(document)
        note = ", ".join(filter(None, [note, told]))
    elif not isinstance(document, list):
        raise NotReadyError("the JSON document holds no records: it is a single value")
    plain = isinstance(document, list) and not any(isinstance(item, dict) for item in document)
    for number, record in enumerate(records, 1):
        _put(taken, {"value": record} if plain else record, number)
    return taken.piece(dialect, wish, note, constant)


def _inside(document: dict[str, Any]) -> tuple[list[Any], dict[str, Any], str]:
    """The records inside an object, what stands beside them for all of them, and both in words."""
    path, records = _longest(document, (), 0)
    if not records:
        empty = next((key for key, value in document.items() if value == [] and key.lower() in _WRAPPERS), None)
        return ([], {}, f"no records in {empty}") if empty else ([document], {}, "one record")
    left: list[str] = []
    constant = dict(list(_beside(document, path, "", left).items())[:_CONTEXT])
    told = f"records of {'.'.join(path)}" + (f", not read: {', '.join(left)}" if left else "")
    return records, constant, told


def _longest(found: dict[str, Any], path: tuple[str, ...], depth: int) -> tuple[tuple[str, ...], list[Any]]:
    """The longest list of objects in an object, with the keys that lead to it."""
    best: tuple[tuple[str, ...], list[Any]] = ((), [])
    for key, value in found.items():
        if isinstance(value, list) and value and any(isinstance(item, dict) for item in value):
            candidate = ((*path, key), value)
        elif isinstance(value, dict) and depth < DEPTH:
            candidate = _longest(value, (*path, key), depth + 1)
        else:
            continue
        if len(candidate[1]) > len(best[1]):
            best = candidate
    return best


def _beside(found: dict[str, Any], path: tuple[str, ...], prefix: str, left: list[str]) -> dict[str, Any]:
    """Values beside the list of records; other lists of objects go to `left` by name."""
    result: dict[str, Any] = {}
    for key, value in found.items():
        if path and key == path[0]:
            if len(path) > 1:
                result |= _beside(value, path[1:], prefix + key + "_", left)
        elif isinstance(value, dict):
            result |= _beside(value, (), prefix + key + "_", left)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            left.append(prefix + key)
        else:
            result[prefix + key] = value
    return result
