"""Reader of CSV, TSV and kin: complete records only, all as text; ragged ones set aside with line and raw text.

What is decided about a file depends on its content alone, not on how much of it was there at the first look: see
`choose` (what delimits and quotes), `layout` (header), `mend` (encoding), `aside` (rows that are no records).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from opsconsole.tables.names import clean
from opsconsole.tables.reading import aside, choose, cut, decode, layout, mend, parse, segments
from opsconsole.tables.reading.evidence import gather
from opsconsole.tables.reading.fields import split
from opsconsole.tables.reading.piece import (
    Dialect,
    NotReadyError,
    Piece,
    Seen,
    Stretch,
    Tail,
    Wish,
)
from opsconsole.tables.records import Reject

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_HEAD = 1 << 18
_MARKS = (b"\x1f", b"\x1e", b"\x1d", b"\x1c", b"\x02", b"\x03", b"\x04")
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space", ", ": "comma and space"}


def read(stretch: Stretch, dialect: Dialect | None, wish: Wish) -> Piece:
    """Read a stretch; without a dialect it is the head of the file and decides one.

    Raises RereadError when the bytes do not fit the dialect, NotReadyError for an encoding that is not known.
    """
    if dialect is not None:
        return _read_as(stretch, dialect, wish, 0)
    encoding, mark = decode.detect(stretch.data[:_HEAD], wish.read.encoding)
    sure = bool(mark) or wish.read.encoding is not None
    if decode.plain(encoding):
        decode.refuse_binary(stretch.data[:_HEAD])
        encoding = encoding if sure else "utf-8"
    first = _first(stretch, encoding, mark, sure, wish)
    piece = _read_as(stretch, first, wish, mark)
    if not decode.plain(piece.dialect.encoding) and not first.whole:  # the fallback is one that cannot be cut as bytes
        piece = _read_as(stretch, _first(stretch, piece.dialect.encoding, mark, True, wish), wish, mark)
    return piece


def _first(stretch: Stretch, encoding: str, mark: int, sure: bool, wish: Wish) -> Dialect:
    whole = not decode.plain(encoding)
    data = stretch.data[mark : mark + 4 * choose.BYTES]
    if whole:
        data = decode.to_utf8(data[: len(data) // 4 * 4], encoding)
    head, _ = choose.head_of(data)
    if not whole and encoding == "utf-8":
        text = _lenient(head, segments.fallback_of(wish))
    else:
        text = head.decode("utf-8" if whole else encoding, "replace")
    found = choose.choose(text.replace("\r\n", "\n").replace("\r", "\n"), wish.read)
    return Dialect(
        "csv", encoding=encoding, delimiter=found.delimiter, quote=found.quote, escape=found.escape, whole=whole,
        note=found.note, seen=Seen(sure=sure),
    )  # fmt: skip


def _lenient(head: bytes, fallback: str) -> str:
    """A head as text, line by line UTF-8 or the fallback."""
    if decode.valid(head):
        return head.decode("utf-8")
    lines = []
    for line in head.split(b"\n"):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            lines.append(line.decode(fallback, "replace"))
    return "\n".join(lines)


def _read_as(stretch: Stretch, dialect: Dialect, wish: Wish, mark: int) -> Piece:
    raw = stretch.data[mark:]
    torn = 0
    if dialect.whole:
        torn = len(raw) % decode.unit(dialect.encoding)
        raw = decode.to_utf8(raw[: len(raw) - torn], dialect.encoding)
    body = _body(raw, dialect, stretch, bool(torn))
    if dialect.whole and b"\xef\xbf\xbd" in raw and not decode.fits(stretch.data[mark:], dialect.encoding, torn):
        body = msgspec.structs.replace(body, noise=True)
    piece = _records(body, stretch, dialect, wish)
    end = len(stretch.data) if dialect.whole else mark + body.end
    piece.end, piece.tail, piece.more = stretch.start + end, body.tail, not stretch.last
    return piece


def _body(raw: bytes, dialect: Dialect, stretch: Stretch, torn: bool) -> segments.Body:
    """What of a stretch is complete, with its tail where that is to be taken."""
    grammar, mark = _grammar(raw, dialect)
    data = raw
    long = dialect.delimiter.encode("utf-8" if dialect.whole else dialect.encoding)
    if mark:
        data = raw.replace(long, mark.encode())
    found = None if cut.simple(data, grammar) else cut.scan(data, grammar)
    length = found.end if found is not None else data.rfind(b"\n") + 1
    tail: Tail = "none"
    rest = data[length:]
    if rest.strip(b"\r\n" if not dialect.whole else b"\r\n\0") and stretch.last:
        tail = "waiting"
        if stretch.quiet:
            tail = "held" if torn or _is_torn(rest, dialect) else "taken"
    elif torn and stretch.last:
        tail = "held" if stretch.quiet else "waiting"
    taken = data if tail == "taken" else data[:length]
    end = len(taken) + (taken.count(mark.encode()) * (len(long) - 1) if mark else 0)
    if tail == "taken":
        return segments.Body(taken + b"\n", grammar, mark, end, tail, None)
    return segments.Body(taken, grammar, mark, end, tail, found)


def _is_torn(rest: bytes, dialect: Dialect) -> bool:
    """Whether a text ends in the middle of a character, so that more must come."""
    if dialect.encoding != "utf-8" or rest.isascii():
        return False
    try:
        rest.decode("utf-8")
    except UnicodeDecodeError:
        return decode.is_utf8(rest)
    return False


def _grammar(raw: bytes, dialect: Dialect) -> tuple[cut.Grammar, str]:
    """The single bytes that delimit, quote and escape. A longer delimiter is replaced by a byte the text lacks.

    Raises NotReadyError where there is no such byte, or where a quote or escape is not ASCII.
    """
    mark = ""
    delimiter = dialect.delimiter.encode("utf-8")
    if len(delimiter) != 1:
        found = next((sign for sign in _MARKS if sign not in raw), None)
        if found is None:
            raise NotReadyError(
                f"its delimiter {dialect.delimiter!r} cannot be used: the text is full of control codes"
            )
        delimiter, mark = found, found.decode()
    quote, escape = dialect.quote.encode(), dialect.escape.encode()
    if len(quote) > 1 or len(escape) > 1:
        raise NotReadyError("quote and escape have to be ASCII characters: set read.quote and read.escape to such")
    return cut.Grammar(delimiter, quote, b"" if quote == escape else escape), mark


def _records(body: segments.Body, stretch: Stretch, dialect: Dialect, wish: Wish) -> Piece:
    dialect, skip, above = _begin(body, stretch, dialect, wish)
    quick = _quick(body, stretch, dialect, skip, above) if skip >= 0 else None
    if quick is not None:
        sifted, next_line, encoding = quick
        part = segments.Part([sifted.table], [sifted.lines], sifted.rejects)
        dialect = msgspec.structs.replace(dialect, seen=sifted.seen, encoding=encoding)
    else:
        dialect, part, next_line = segments.thorough(body, stretch, dialect, wish, above)
    table, lines = segments.joined(part, dialect)
    rejects = [
        msgspec.structs.replace(bad, raw=bad.raw.replace(body.mark, dialect.delimiter)) if body.mark else bad
        for bad in sorted(part.rejects, key=lambda bad: bad.line)
    ]
    if body.mark:
        table = segments.restored(table, body.mark, dialect.delimiter)
    found = gather(dialect.names, table, lines, wish.read.null)
    told = described(dialect)
    return Piece(dialect, dialect.names, table, lines, 0, next_line, rejects=rejects, read_as=told, evidence=found)


def described(dialect: Dialect) -> str:
    """The dialect in words."""
    words = [dialect.encoding, _DELIMITER_NAMES.get(dialect.delimiter, repr(dialect.delimiter))]
    words += [f"quote {dialect.quote}"] if dialect.quote not in ('"', "") else []
    words += [f"escape {dialect.escape}"] if dialect.escape else []
    words.append(f"header on line {dialect.header}" if dialect.header else "no header")
    words += [dialect.note] if dialect.note else []
    return ", ".join(words)


def _begin(body: segments.Body, stretch: Stretch, dialect: Dialect, wish: Wish) -> tuple[Dialect, int, int]:
    """Decide header and names; gives the byte behind the header (-1: look at all), and how many records are above."""
    if dialect.names:
        return dialect, 0, 0
    head, _ = choose.head_of(body.data)
    if wish.read.header and wish.read.header > choose.LINES - 1:
        head = body.data
    found = cut.scan(head if head.endswith((b"\n", b"\r")) else head + b"\n", body.grammar, final=True)
    signs = [sign.decode("latin-1") for sign in (body.grammar.delimiter, body.grammar.quote, body.grammar.escape)]
    fallback = segments.fallback_of(wish) if dialect.encoding == "utf-8" else dialect.encoding
    rows, places = [], []
    broken = set(found.broken.tolist())
    plain = head.decode("ascii") if head.isascii() and decode.plain(dialect.encoding) else None
    for index, (start, end) in enumerate(zip(found.starts.tolist(), found.ends.tolist(), strict=True)):
        text = plain[start:end] if plain is not None else _text_of(head[start:end], dialect, fallback)
        if index not in broken and not (not index and choose.HINT.match(text)):
            rows.append(split(text, *signs).texts)
            places.append(index)
        if wish.read.header is None and len(rows) > choose.LINES:
            break
    if not rows:
        return dialect, -1, 0
    wished = wish.read.header
    if wished is not None:
        index = next((i for i, place in enumerate(places) if int(found.lines[place]) + 1 == wished), -1)
        if wished and index < 0:
            return dialect, -1, len(found.starts)
        header = layout.Header(index, list(rows[index]) if index >= 0 else [None] * _width(rows))
    else:
        header = layout.headers_of(rows)
    if header.index < 0:
        return msgspec.structs.replace(dialect, names=clean(header.names)), 0, 0
    place = places[header.index]
    line = stretch.lines + int(found.lines[place]) + 1
    notes = [dialect.note] if dialect.note else []
    notes += [f"its header has {header.rows} lines"] if header.rows > 1 else []
    notes += ["records have one field more than the header, taken as a last one without a name"] if header.short else []
    decided = msgspec.structs.replace(dialect, names=clean(header.names), header=line, note=", ".join(notes))
    after = int(found.starts[place + 1]) if place + 1 < len(found.starts) else -1
    return decided, after, place + 1


def _text_of(record: bytes, dialect: Dialect, fallback: str) -> str:
    if dialect.whole:
        return record.decode("utf-8", "replace")
    return _lenient(record, fallback) if dialect.encoding == "utf-8" else record.decode(dialect.encoding, "replace")


def _width(rows: list[list[str]]) -> int:
    widths = [len(row) for row in rows]
    return max(set(widths), key=lambda width: (widths.count(width), width))


def _quick(
    body: segments.Body, stretch: Stretch, dialect: Dialect, skip: int, above: int
) -> tuple[aside.Sifted, int, str] | None:
    """All at once, for text without quotes, blank lines and the like; None where it has to be done thoroughly."""
    import numpy as np

    data = body.data
    if not dialect.names or body.noise or dialect.seen.places is not None or dialect.seen.gap or dialect.seen.foreign:
        return None
    if not cut.simple(data, body.grammar):
        return None
    if not data[skip:] or data.endswith((b"\n\n", b"\n\r\n")):
        return None
    seen = dialect.seen
    if not data.isascii():
        if dialect.encoding != "utf-8" or dialect.whole or not decode.valid(data):
            return None
        seen = mend.count_lines(data, stretch.start, seen)
        if dialect.seen.other or not seen.utf8:
            return None
    width = len(dialect.names)
    count = data.count(b"\n")
    parsed = parse.parse_all(
        memoryview(data)[skip:], width, body.grammar, count - above, False
    )  # none if lines are blank
    if parsed is None or aside.any_hollow(parsed.table):
        return None
    signs = (body.grammar.delimiter + body.grammar.quote).decode("latin-1") + " \t"
    for bad in parsed.ragged:
        if (
            bad.width == 1
            or not bad.raw.strip(signs)
            or layout.another(segments.fields_of(bad.raw, body), dialect.names)
        ):
            return None
    dialect = msgspec.structs.replace(dialect, seen=seen)
    base = stretch.lines + above + 1
    rows = np.arange(count - above, dtype=np.int64) if parsed.rows is None else parsed.rows
    sifted = aside.sift(parsed.table, rows + base, dialect, stretch.start)
    if sifted.change >= 0:
        return None
    ragged = [segments.ragged(bad, base + bad.index, width) for bad in parsed.ragged]
    done = msgspec.structs.replace(sifted, rejects=ragged + sifted.rejects)
    return done, stretch.lines + count, dialect.encoding


def unwanted(
    table: pa.Table, lines: NDArray[np.int64], dialect: Dialect
) -> tuple[pa.Table, NDArray[np.int64], list[Reject]]:
    """Set aside rows of a whole table that would be counted twice: totals, and the header repeated in its middle."""
    sifted = aside.sift(table, lines, dialect, 0)
    if sifted.change < 0:
        return sifted.table, sifted.lines, sifted.rejects
    rest = aside.sift(table, lines, msgspec.structs.replace(dialect, header=0), 0)
    return rest.table, rest.lines, rest.rejects
