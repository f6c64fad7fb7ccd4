"""Reader of CSV, TSV and kin: complete records only, all as text; ragged ones set aside with line and raw text."""

from __future__ import annotations

import csv
import logging
from typing import TYPE_CHECKING, Any

import msgspec

from opsconsole.tables import cut, decode, layout
from opsconsole.tables.names import clean
from opsconsole.tables.piece import Dialect, Piece, RereadError, Stretch, Tail, Wish, describe, judge
from opsconsole.tables.records import Reject

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_log = logging.getLogger(__name__)
_HEAD = 1 << 18
_TOTALS = (
    "total",
    "totals",
    "grand total",
    "summe",
    "gesamt",
    "gesamtsumme",
    "insgesamt",
    "total:",
    "summe:",
    "gesamt:",
)
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def read(stretch: Stretch, dialect: Dialect | None, wish: Wish) -> Piece:
    """Read a stretch; without a dialect it is the head of the file and decides one.

    Raises RereadError when the bytes do not fit the dialect, NotReadyError for an encoding that is not known.
    """
    if dialect is not None:
        return _read_as(stretch, dialect, wish, 0)
    encoding, mark = decode.detect(stretch.data[:_HEAD], wish.read.encoding)
    if decode.plain(encoding):
        decode.refuse_binary(stretch.data[:_HEAD])
    try:
        return _first(stretch, encoding, mark, wish)
    except RereadError:
        return _first(stretch, decode.FALLBACK, mark, wish)


def _first(stretch: Stretch, encoding: str, mark: int, wish: Wish) -> Piece:
    whole = not decode.plain(encoding)
    sample = stretch.data[mark : mark + _HEAD * 16]
    if whole:
        sample = decode.to_utf8(sample[: len(sample) // 4 * 4], encoding)
    head = cut.normal(sample).decode("utf-8" if whole or encoding == "utf-8" else encoding, "replace")
    delimiter = layout.delimiter_of(head[:_HEAD], wish.read)
    return _read_as(stretch, Dialect("csv", encoding=encoding, delimiter=delimiter, whole=whole), wish, mark)


def _read_as(stretch: Stretch, dialect: Dialect, wish: Wish, mark: int) -> Piece:
    raw = stretch.data[mark:]
    if dialect.whole:
        raw = decode.to_utf8(raw, dialect.encoding)
    delimiter = dialect.delimiter.encode()
    length = cut.complete(raw, delimiter)
    tail: Tail = "none"
    if length < len(raw) and stretch.last:
        tail = "waiting"
        if stretch.quiet:
            torn = dialect.encoding == "utf-8" and not _is_utf8(raw[length:])
            tail, length = ("held", length) if torn else ("taken", len(raw))
    body = raw[:length]
    if dialect.encoding == "utf-8" and not _is_utf8(body):
        raise RereadError("not UTF-8")
    if tail == "taken":
        body += b"\n"
    if not dialect.whole:
        body = decode.to_utf8(body, dialect.encoding)
    body = cut.normal(body)
    end = stretch.start + (len(stretch.data) if dialect.whole else mark + length)
    piece = _records(body, stretch, dialect, wish)
    piece.end, piece.tail, piece.more = end, tail, not stretch.last
    return piece


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _records(body: bytes, stretch: Stretch, dialect: Dialect, wish: Wish) -> Piece:
    found = cut.records(body, dialect.delimiter.encode())
    lines = cut.line_numbers(body, found.starts, stretch.lines)
    starts, ends = found.starts, found.ends
    next_line = stretch.lines + body.count(b"\n")
    skip = 0
    if not dialect.names:
        dialect, skip = _header(body, found, lines, dialect, wish)
    rejects = [
        Reject(_line_at(body, at, stretch.lines), "", "quote never closed", _line_text(body, at)) for at in found.broken
    ]
    if found.broken:
        body, starts, ends, lines = _without(body, starts, ends, lines, found.broken)
    starts, ends, lines = starts[skip:], ends[skip:], lines[skip:]
    table, lines, ragged = _parse(body, starts, ends, lines, dialect)
    rejects += ragged
    table, lines, extra = unwanted(table, lines, dialect)
    rejects += extra
    columns = [table.column(i) for i in range(table.num_columns)]
    styles = judge(dialect.names, columns, dialect.styles, wish)
    decided = msgspec.structs.replace(dialect, styles=styles)
    return Piece(decided, dialect.names, table, lines, 0, next_line, rejects=rejects, read_as=told(decided))


def told(dialect: Dialect) -> str:
    """The dialect in words."""
    words = [dialect.encoding, _DELIMITER_NAMES.get(dialect.delimiter, repr(dialect.delimiter))]
    words.append(f"header on line {dialect.header}" if dialect.header else "no header")
    return ", ".join(words + describe(dialect.styles))


def _line_at(body: bytes, at: int, before: int) -> int:
    return before + body.count(b"\n", 0, at) + 1


def _line_text(body: bytes, at: int) -> str:
    end = body.find(b"\n", at)
    return body[at : end if end >= 0 else None].decode("utf-8", "replace")


def _without(
    body: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], lines: NDArray[np.int64], broken: list[int]
) -> tuple[bytes, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Blank out broken lines so that the parser skips them and every offset stays."""
    import numpy as np

    patched = bytearray(body)
    for at in broken:
        stop = body.find(b"\n", at)
        patched[at:stop] = b"\n" * (stop - at)
    keep = ~np.isin(starts, np.array(broken, np.int64))
    return bytes(patched), starts[keep], ends[keep], lines[keep]


def _header(body: bytes, found: cut.Cut, lines: NDArray[np.int64], dialect: Dialect, wish: Wish) -> tuple[Dialect, int]:
    """Decide header and names; returns how many records stand above the data."""
    rows: list[list[str]] = []
    size = 0
    for start, end in zip(found.starts[:100].tolist(), found.ends[:100].tolist(), strict=True):
        size += end - start
        if size > _HEAD * 16 and len(rows) > 1:
            break
        parsed = layout.parse(body[start:end].decode("utf-8", "replace"), dialect.delimiter)
        rows.append(parsed[0] if parsed else [])
    if not rows:
        return dialect, 0
    wished = wish.read.header
    if wished is not None:
        index = next((i for i, line in enumerate(lines.tolist()[: len(rows)]) if line == wished), -1)
        if wished and index < 0:
            return dialect, len(found.starts)
        head = layout.Header(index, list(rows[index]) if index >= 0 else [None] * max(map(len, rows)))
    else:
        head = layout.header_of(rows)
    line = int(lines[head.index]) if head.index >= 0 else 0
    return msgspec.structs.replace(dialect, names=clean(head.names), header=line), head.index + 1


def _parse(
    body: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], lines: NDArray[np.int64], dialect: Dialect
) -> tuple[pa.Table, NDArray[np.int64], list[Reject]]:
    """Parse records into text columns c0, c1 … with pyarrow, and set the ragged ones aside."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv as pc

    columns = [f"c{i}" for i in range(len(dialect.names))]
    empty = pa.table({name: pa.array([], pa.string()) for name in columns})
    if not len(starts) or not columns:
        return empty, lines[:0], []
    text = body[int(starts[0]) :]
    bad: list[tuple[int, int, str]] = []

    def aside(row: Any) -> str:
        bad.append((row.number - 1, row.actual_columns, row.text))
        return "skip"

    quoted = b'"' in text
    try:
        table = pc.read_csv(
            pa.BufferReader(text),
            read_options=pc.ReadOptions(use_threads=False, column_names=columns, block_size=len(text) + 1),
            parse_options=pc.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char='"' if quoted else False,
                newlines_in_values=quoted,
                invalid_row_handler=aside,
            ),
            convert_options=pc.ConvertOptions(
                column_types={name: pa.string() for name in columns}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:  # all rows ragged, or a text that it takes otherwise than the cut
        _log.info("parsing record by record: %s", error)
        return _parse_slowly(body, starts, ends, lines, dialect)
    if table.num_rows + len(bad) != len(starts):
        return _parse_slowly(body, starts, ends, lines, dialect)
    if not bad:
        return table, lines, []
    keep = np.ones(len(lines), np.bool_)
    keep[[index for index, _, _ in bad]] = False
    rejects = [_ragged(int(lines[index]), width, len(columns), raw) for index, width, raw in bad]
    return table, lines[keep], rejects


def _ragged(line: int, width: int, expected: int, raw: str) -> Reject:
    return Reject(line, "", f"{width} fields where {expected} are expected", raw)


def _parse_slowly(
    body: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], lines: NDArray[np.int64], dialect: Dialect
) -> tuple[pa.Table, NDArray[np.int64], list[Reject]]:
    """One record at a time with the standard library, for text on which the fast parser disagrees with the cut."""
    import numpy as np
    import pyarrow as pa

    width = len(dialect.names)
    columns: list[list[str]] = [[] for _ in range(width)]
    kept: list[int] = []
    rejects: list[Reject] = []
    csv.field_size_limit(1 << 30)
    for start, end, line in zip(starts.tolist(), ends.tolist(), lines.tolist(), strict=True):
        raw = body[start:end]
        text = raw.decode("utf-8", "replace")
        try:
            fields = next(csv.reader([text], delimiter=dialect.delimiter), [])
        except csv.Error as error:
            rejects.append(Reject(line, "", str(error), text))
            continue
        if len(fields) != width:
            rejects.append(_ragged(line, len(fields), width, text))
            continue
        kept.append(line)
        for column, value in zip(columns, fields, strict=True):
            column.append(value)
    table = pa.table({f"c{i}": pa.array(column, pa.string()) for i, column in enumerate(columns)})
    return table, np.array(kept, np.int64), rejects


def unwanted(
    table: pa.Table, lines: NDArray[np.int64], dialect: Dialect
) -> tuple[pa.Table, NDArray[np.int64], list[Reject]]:
    """Set aside rows that would be counted twice: totals, and the header repeated in the middle of a file."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if not table.num_rows or table.num_columns < 2:
        return table, lines, []
    first = table.column(0)
    suspects = pa.array([*_TOTALS, dialect.names[0].lower()])
    marked = np.flatnonzero(pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(first)), suspects).to_numpy())
    rejects = []
    drop = []
    for index in marked.tolist():
        row = [table.column(i)[index].as_py() or "" for i in range(table.num_columns)]
        if row[0].strip().lower() in _TOTALS:
            reason = "a total row: it would be counted twice"
        elif dialect.header and clean(row) == dialect.names:
            reason = "the header again"
        else:
            continue
        drop.append(index)
        rejects.append(Reject(int(lines[index]), "", reason, dialect.delimiter.join(row)))
    if not drop:
        return table, lines, []
    keep = np.ones(len(lines), np.bool_)
    keep[drop] = False
    return table.filter(pa.array(keep)), lines[keep], rejects
