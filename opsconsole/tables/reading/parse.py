"""Records of delimited text into columns of text: with pyarrow, and those that it may not see one by one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from opsconsole.tables.reading import fields
from opsconsole.tables.reading.cut import Grammar

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_FEW = 200
_MARK = b"\xef\xbb\xbf"
_log = logging.getLogger(__name__)


class Ragged(Struct, frozen=True):
    """A record with another number of fields than the table has columns, by its index.

    With the same number it is one in which a quote stands so that a delimiter seems to be missing.
    """

    index: int
    width: int
    raw: str


class Parsed(Struct, frozen=True):
    """Columns c0, c1 … of text, the index of the record of each row (None: all, in order), and the ragged records."""

    table: pa.Table
    rows: NDArray[np.int64] | None
    ragged: list[Ragged]


def parse(
    body: bytes,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    width: int,
    grammar: Grammar,
    odd: NDArray[np.int64],
    skip: NDArray[np.int64],
) -> Parsed:
    """Parse the records that begin at `starts`: `odd` ones slowly, and those of `skip` not at all."""
    import numpy as np

    if not len(starts) or not width:
        return Parsed(_empty(width), np.zeros(0, np.int64), [])
    fast = np.ones(len(starts), np.bool_)
    fast[odd] = False
    fast[skip] = False
    places = np.flatnonzero(fast)
    slow = np.setdiff1d(odd, skip)
    first = int(starts[0])
    done = None
    if len(places):
        text = memoryview(body)[first:] if bool(fast.all()) else _blanked(body, starts, ends, ~fast)[first:]
        done = parse_all(text, width, grammar, len(places), bool(grammar.quote) and grammar.quote in body)
        if done is None:
            slow = np.setdiff1d(np.arange(len(starts)), skip)
    if done is None:
        return _one_by_one(body, starts, ends, width, grammar, slow)
    rows = places if done.rows is None else places[done.rows]
    ragged = [Ragged(int(places[bad.index]), bad.width, bad.raw) for bad in done.ragged]
    if not len(slow):
        return Parsed(done.table, None if len(rows) == len(starts) else rows, ragged)
    return _merged(Parsed(done.table, rows, ragged), _one_by_one(body, starts, ends, width, grammar, slow))


def parse_all(text: bytes | memoryview, width: int, grammar: Grammar, count: int, quoted: bool) -> Parsed | None:
    """Parse a text of `count` records in one go; None where pyarrow sees it otherwise, or finds no whole record."""
    import numpy as np
    import pyarrow as pa

    few = _few(text, width, grammar) if count <= _FEW and not quoted else None
    if few is not None and few.num_rows == count:
        return Parsed(few, None, [])
    import pyarrow.csv as pc

    names = [f"c{i}" for i in range(width)]
    bad: list[Ragged] = []

    def aside(row: Any) -> str:
        bad.append(Ragged(row.number - 1, row.actual_columns, row.text.rstrip("\r\n")))
        return "skip"

    try:
        table = pc.read_csv(
            pa.BufferReader(text),
            read_options=pc.ReadOptions(use_threads=False, column_names=names, block_size=len(text) + 1),
            parse_options=pc.ParseOptions(
                delimiter=grammar.delimiter.decode("latin-1"),
                quote_char=grammar.quote.decode("latin-1") if quoted else False,
                escape_char=grammar.escape.decode("latin-1") if grammar.escape else False,
                newlines_in_values=quoted or bool(grammar.escape),
                invalid_row_handler=aside,
            ),
            convert_options=pc.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:  # all rows ragged, or a text that it takes otherwise than the cut
        _log.info("parsing record by record: %s", error)
        return None
    if table.num_rows + len(bad) != count:
        return None
    if not bad:
        return Parsed(table, None, [])
    keep = np.ones(count, np.bool_)
    keep[[row.index for row in bad]] = False
    return Parsed(table, np.flatnonzero(keep).astype(np.int64), bad)


def _few(text: bytes | memoryview, width: int, grammar: Grammar) -> pa.Table | None:
    """A few records on a line each, all of the same width, as pyarrow would give them, whose start costs more.

    None where it may see more in the text than such lines.
    """
    import pyarrow as pa

    whole = bytes(text).replace(b"\r\n", b"\n")
    if b"\r" in whole or whole.startswith(b"\n") or b"\n\n" in whole or (grammar.escape and grammar.escape in whole):
        return None
    if not whole or grammar.delimiter >= b"\x80" or whole.startswith(_MARK):
        return None
    try:
        lines = whole.removesuffix(b"\n").decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return None
    sign = grammar.delimiter.decode()
    rows = [line.split(sign) for line in lines]
    if any(len(row) != width for row in rows):
        return None
    columns = [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]
    return pa.Table.from_arrays(columns, [f"c{i}" for i in range(width)])


def _empty(width: int) -> pa.Table:
    import pyarrow as pa

    return pa.table({f"c{i}": pa.array([], pa.string()) for i in range(width)})


def _blanked(body: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], which: NDArray[np.bool_]) -> memoryview:
    """The text with some records made blank lines, so that the parser skips them and every place stays."""
    patched = bytearray(body)
    for start, end in zip(starts[which].tolist(), ends[which].tolist(), strict=True):
        patched[start:end] = b"\n" * (end - start)
    return memoryview(patched)


def _one_by_one(
    body: bytes,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    width: int,
    grammar: Grammar,
    which: NDArray[np.int64],
) -> Parsed:
    import numpy as np
    import pyarrow as pa

    delimiter, quote, escape = (sign.decode("latin-1") for sign in (grammar.delimiter, grammar.quote, grammar.escape))
    columns: list[list[str]] = [[] for _ in range(width)]
    kept: list[int] = []
    ragged: list[Ragged] = []
    for index in which.tolist():
        text = body[starts[index] : ends[index]].decode("utf-8", "replace")
        one = fields.split(text, delimiter, quote, escape)
        found = one.texts
        if len(found) != width or (quote and quote in text and one.torn(quote)):
            ragged.append(Ragged(index, len(found), text))
            continue
        kept.append(index)
        for column, value in zip(columns, found, strict=True):
            column.append(value)
    table = pa.table({f"c{i}": pa.array(column, pa.string()) for i, column in enumerate(columns)})
    return Parsed(table, np.array(kept, np.int64), ragged)


def _merged(one: Parsed, other: Parsed) -> Parsed:
    import numpy as np
    import pyarrow as pa

    assert one.rows is not None
    assert other.rows is not None
    rows = np.concatenate([one.rows, other.rows])
    order = np.argsort(rows, kind="stable")
    table = pa.concat_tables([one.table, other.table]).take(pa.array(order))
    return Parsed(table, rows[order], sorted(one.ragged + other.ragged, key=lambda bad: bad.index))
