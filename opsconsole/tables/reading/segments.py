"""Records one by one where a text needs it: odd quotes, bytes that are not UTF-8, blank records, changed headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from opsconsole.tables.names import clean
from opsconsole.tables.reading import aside, below, cut, decode, layout, mend, parse
from opsconsole.tables.reading.fields import split
from opsconsole.tables.reading.piece import Dialect, RereadError, Stretch, Tail, Wish
from opsconsole.tables.records import Reject

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


class Body(Struct, frozen=True):
    """Text of a stretch with single-byte delimiters: how many bytes of it are complete, and what became of its tail.

    `mark` stands for a delimiter that has more than one byte; else it is empty. `found` are its records, where they had
    to be looked for: a second look at the complete part alone might see a CR at its end otherwise. `noise`: it holds
    U+FFFD for bytes that its encoding does not know.
    """

    data: bytes
    grammar: cut.Grammar
    mark: str
    end: int
    tail: Tail
    found: cut.Cut | None
    noise: bool = False


class Part(Struct):
    """Rows of a stretch with the names they have now, and what was set aside."""

    tables: list[pa.Table]
    lines: list[NDArray[np.int64]]
    rejects: list[Reject]


def fallback_of(wish: Wish) -> str:
    return decode.normal(wish.read.fallback) if wish.read.fallback else decode.FALLBACK


def fields_of(raw: str, body: Body) -> list[str]:
    signs = [sign.decode("latin-1") for sign in (body.grammar.delimiter, body.grammar.quote, body.grammar.escape)]
    return split(raw, *signs).texts


def ragged(bad: parse.Ragged, line: int, expected: int) -> Reject:
    if bad.width == 1 and aside.is_note(bad.raw):
        return Reject(line, "", aside.NOTE, bad.raw)
    if bad.width == expected:
        return Reject(line, "", "a quote in the middle of a field: a delimiter may be missing before it", bad.raw)
    return Reject(line, "", f"{bad.width} fields where {expected} are expected", bad.raw)


def thorough(body: Body, stretch: Stretch, dialect: Dialect, wish: Wish, above: int) -> tuple[Dialect, Part, int]:
    """Record by record where that is needed, and with new columns from where the header changes."""
    found = body.found or cut.scan(body.data, body.grammar, final=body.tail == "taken")
    next_line = stretch.lines + found.count
    data, starts, ends = body.data[: found.end], found.starts, found.ends
    lines = found.lines + (stretch.lines + 1)
    part = Part([], [], [])
    skip = set(found.broken.tolist())
    part.rejects += [
        Reject(int(lines[i]), "", "quote never closed", data[starts[i] : ends[i]].decode("utf-8", "replace"))
        for i in sorted(skip)
    ]
    if not dialect.whole:
        data, starts, ends, dialect, noise = _mended(data, starts, ends, lines, stretch, dialect, wish)
        part.rejects += [reject for index, reject in noise if index not in skip and index >= above]
        skip |= {index for index, _ in noise}
    elif body.noise:
        bad = [i for i in range(above, len(starts)) if b"\xef\xbf\xbd" in data[starts[i] : ends[i]] and i not in skip]
        raws = [data[starts[i] : ends[i]].decode("utf-8", "replace") for i in bad]
        reason = f"bytes that are not {dialect.encoding}"
        part.rejects += [Reject(int(lines[i]), "", reason, raw) for i, raw in zip(bad, raws, strict=True)]
        skip |= set(bad)
    if not dialect.names:
        return dialect, part, next_line
    hollow = _hollow(data, starts, ends, len(dialect.names), body.grammar)
    hollow = [index for index in hollow if index >= above and index not in skip]
    part.rejects += [
        Reject(int(lines[index]), "", aside.EMPTY, data[starts[index] : ends[index]].decode("utf-8"))
        for index in hollow
    ]
    skip |= set(hollow)
    pool = _Pool(
        data,
        starts,
        ends,
        lines,
        set(found.odd.tolist()),
        skip,
        below.gaps(data, starts, ends, lines),
        body.grammar.delimiter[0],
    )
    at = above
    while at < len(starts):
        if dialect.seen.foreign:
            dialect, at = _elsewhere(pool, at, body, dialect, part)
        else:
            dialect, at = _segment(pool, at, body, stretch, dialect, part)
    gap = _gap_after(pool, above, body, dialect)
    dialect = msgspec.structs.replace(dialect, seen=msgspec.structs.replace(dialect.seen, gap=gap))
    return dialect, part, next_line


class _Pool(Struct):
    data: bytes
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    lines: NDArray[np.int64]
    odd: set[int]
    skip: set[int]
    gaps: set[int]
    delimiter: int

    def raw(self, index: int) -> str:
        return self.data[self.starts[index] : self.ends[index]].decode("utf-8", "replace")

    def candidates(self) -> list[int]:
        """Records that may hold one field at most: all with fewer delimiters than the table has."""
        import numpy as np

        sign = np.frombuffer(self.data, np.uint8) == self.delimiter
        counts = np.add.reduceat(sign, self.starts, dtype=np.int32) if len(self.starts) else self.starts
        hollow = sorted(self.skip)
        return sorted({*np.flatnonzero(counts == 0).tolist(), *hollow})

    def short(self, index: int, body: Body) -> bool:
        """Whether a record holds one field at most, so that it is a title or a gap."""
        data = self.data[self.starts[index] : self.ends[index]]
        return body.grammar.delimiter not in data or not data.strip(
            body.grammar.delimiter + body.grammar.quote + b" \t"
        )


def _elsewhere(pool: _Pool, at: int, body: Body, dialect: Dialect, part: Part) -> tuple[Dialect, int]:
    """Records of another table are set aside, until the header of the first one is there again."""
    reason = below.FOREIGN.format(dialect.seen.foreign)
    while at < len(pool.starts):
        raw = pool.raw(at)
        if dialect.names[0] in raw and clean(fields_of(raw, body)) == dialect.names:
            seen = msgspec.structs.replace(dialect.seen, foreign=0, gap=False)
            return msgspec.structs.replace(dialect, seen=seen), at
        if at not in pool.skip:
            part.rejects.append(Reject(int(pool.lines[at]), "", reason, raw))
        at += 1
    return dialect, at


def _segment(pool: _Pool, at: int, body: Body, stretch: Stretch, dialect: Dialect, part: Part) -> tuple[Dialect, int]:
    """Records from `at` on that stand under one header; gives where the next header has been passed."""
    import numpy as np

    places = dialect.seen.places
    width = len(dialect.names) if places is None else len(places)

    def parsed_to(stop: int) -> parse.Parsed:
        odd = np.array(sorted(i - at for i in pool.odd if at <= i < stop), np.int64)
        skip = np.array(sorted(i - at for i in pool.skip if at <= i < stop), np.int64)
        end = int(pool.ends[stop - 1]) + 1
        return parse.parse(pool.data[:end], pool.starts[at:stop], pool.ends[at:stop], width, body.grammar, odd, skip)

    stop = len(pool.starts)
    parsed = parsed_to(stop)
    change = next(
        (bad for bad in parsed.ragged if dialect.header and layout.another(fields_of(bad.raw, body), dialect.names)),
        None,
    )
    if change is not None:
        stop = at + change.index
        if stop > at:
            parsed = parsed_to(stop)
        else:
            parsed = parse.parse(
                b"", pool.starts[:0], pool.ends[:0], width, body.grammar, pool.starts[:0], pool.starts[:0]
            )
    rows = np.arange(len(parsed.table), dtype=np.int64) if parsed.rows is None else parsed.rows
    lines = pool.lines[at:stop][rows]
    sifted = aside.sift(parsed.table, lines, dialect, stretch.start, _below(pool, at, stop, body, dialect))
    if sifted.change >= 0:
        stop = at + int(rows[sifted.change])
    expected = [bad for bad in parsed.ragged if at + bad.index < stop]
    part.rejects += [ragged(bad, int(pool.lines[at + bad.index]), width) for bad in expected]
    part.rejects += sifted.rejects
    part.lines.append(sifted.lines)
    dialect = msgspec.structs.replace(dialect, seen=sifted.seen)
    part.tables.append(_placed(sifted.table, dialect))
    if stop == len(pool.starts):
        return dialect, stop
    if sifted.foreign:
        seen = msgspec.structs.replace(dialect.seen, foreign=int(pool.lines[stop]))
        return msgspec.structs.replace(dialect, seen=seen), stop
    raw = pool.raw(stop)
    part.rejects.append(Reject(int(pool.lines[stop]), "", "the header changes: its names hold from here on", raw))
    return _renamed(dialect, fields_of(raw, body)), stop + 1


def _below(pool: _Pool, at: int, stop: int, body: Body, dialect: Dialect) -> list[int]:
    """Lines of the records that stand behind a gap or a title."""
    found = []
    width = len(dialect.names)
    if width < 2:
        return []
    short = [index for index in pool.candidates() if at <= index < stop and pool.short(index, body)]
    behind = {index for index in pool.gaps if at <= index < stop} | {index + 1 for index in short}
    if at == 0 and dialect.seen.gap:
        behind.add(at)
    queue = sorted(behind)
    while queue:
        index = queue.pop(0)
        if index >= stop:
            continue
        found.append(int(pool.lines[index]))
        texts = fields_of(pool.raw(index), body)
        if len(texts) == width and below.is_title(texts) and index + 1 not in behind:
            behind.add(index + 1)
            queue.insert(0, index + 1)
    return found


def _gap_after(pool: _Pool, above: int, body: Body, dialect: Dialect) -> bool:
    """Whether the next record stands behind a gap."""
    last = len(pool.starts) - 1
    if len(dialect.names) < 2 or dialect.seen.foreign:
        return False
    if below.open_end(pool.data, pool.starts, pool.ends, dialect.seen.gap):
        return True
    if last < above:
        return False
    title = below.is_title(fields_of(pool.raw(last), body))
    return pool.short(last, body) or (title and int(pool.lines[last]) in _below(pool, above, last + 1, body, dialect))


def _renamed(dialect: Dialect, cells: list[str]) -> Dialect:
    """The dialect under a header that was changed: new names come last."""
    current = clean(cells)
    names = [*dialect.names, *(name for name in current if name not in dialect.names)]
    places = [names.index(name) for name in current]
    seen = msgspec.structs.replace(dialect.seen, places=places, typed=[], dense=[])
    return msgspec.structs.replace(dialect, names=names, seen=seen)


def _placed(table: pa.Table, dialect: Dialect) -> pa.Table:
    """Columns where the names of the dialect have them."""
    import pyarrow as pa

    places = dialect.seen.places
    if places is None:
        return table
    columns = {place: table.column(index) for index, place in enumerate(places)}
    nothing = pa.nulls(table.num_rows, pa.string())
    return pa.table({f"c{i}": columns.get(i, nothing) for i in range(len(dialect.names))})


def joined(part: Part, dialect: Dialect) -> tuple[pa.Table, NDArray[np.int64]]:
    import numpy as np
    import pyarrow as pa

    width = len(dialect.names)
    tables = []
    for table in part.tables or [pa.table({f"c{i}": pa.array([], pa.string()) for i in range(width)})]:
        extra = {f"c{i}": pa.nulls(table.num_rows, pa.string()) for i in range(table.num_columns, width)}
        for name, column in extra.items():
            table = table.append_column(name, column)
        tables.append(table)
    lines = np.concatenate(part.lines) if part.lines else np.zeros(0, np.int64)
    return (tables[0] if len(tables) == 1 else pa.concat_tables(tables)), lines


def restored(table: pa.Table, mark: str, delimiter: str) -> pa.Table:
    """Cells that hold the delimiter have it again in place of the byte that stood for it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [pc.replace_substring(column, mark, delimiter) for column in table.columns]
    return pa.table(columns, names=table.column_names)


def _mended(
    data: bytes,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    lines: NDArray[np.int64],
    stretch: Stretch,
    dialect: Dialect,
    wish: Wish,
) -> tuple[bytes, NDArray[np.int64], NDArray[np.int64], Dialect, list[tuple[int, Reject]]]:
    """The text as UTF-8. Raises RereadError when the encoding turns out to be another one."""
    if dialect.seen.sure and dialect.encoding != "utf-8":
        if data.isascii():
            return data, starts, ends, dialect, []
        beyond = mend.marked(data, starts).tolist()
        body, starts, ends = mend.transcode(data, starts, ends, beyond, dialect.encoding)
        return body, starts, ends, dialect, []
    fallback = fallback_of(wish)
    mended = mend.mend(data, starts, ends, stretch.start, dialect.seen, fallback)
    if stretch.start and not decode.plain(mended.encoding):
        raise RereadError(f"{mended.encoding} after all")
    dialect = msgspec.structs.replace(dialect, seen=mended.seen, encoding=mended.encoding)
    rejects = mend.rejects(mended.body, mended, lines)
    return mended.body, mended.starts, mended.ends, dialect, list(zip(mended.bad, rejects, strict=True))


def _hollow(
    data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], width: int, grammar: cut.Grammar
) -> list[int]:
    """Records of nothing but delimiters, quotes and blanks."""
    import numpy as np

    if width < 2 or not len(starts):
        return []
    sizes = ends - starts
    raw = np.frombuffer(data, np.uint8)
    nothing = np.isin(raw[starts], np.frombuffer(grammar.delimiter + grammar.quote + b" ", np.uint8))
    signs = grammar.delimiter + grammar.quote + b" \t"
    few = np.flatnonzero(nothing & (sizes <= 4 * width)).tolist()
    return [index for index in few if not data[starts[index] : ends[index]].strip(signs)]
