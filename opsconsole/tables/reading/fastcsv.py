"""Columns of text whose every cell is written plainly, given their types at once: a tenth of what SQL needs for it.

Programs write most files, and write numbers and times in one way. Here a column is converted only if each of its cells
is of that way and comes out as `convert.typed` would give it; one other cell, and the whole column stays text for the
slow path, which knows every way of writing and tells what does not fit. So nothing is ever decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from opsconsole.tables.reading.evidence import Kind
from opsconsole.tables.reading.shapes import FALSE_WORDS, NULL_WORDS, TRUE_WORDS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_ZERO, _NINE, _MINUS, _POINT, _COLON, _ZULU = b"09-.:Z"
_YEAR_ONE_DAYS = -719_162
_YEAR_ONE = _YEAR_ONE_DAYS * 86_400_000_000
_CLOCKS = (10, 16, 19, *range(21, 27))
"""Lengths of a day, with minutes, with seconds, and with one to six digits of a fraction."""


def typed(
    table: pa.Table, names: Sequence[str], kinds: Mapping[str, Kind], words: Sequence[str] = ()
) -> tuple[pa.Table, dict[str, Kind]]:
    """The table with the columns converted that can be, and their kinds by name.

    `names` are those of its columns, `kinds` what is wished by lower-case name, `words` those that mean NULL. Columns
    that are not wished, or not all plain, stay text as they are. Never raises.
    """
    done: dict[str, Kind] = {}
    for position, name in enumerate(names):
        kind = kinds.get(name.lower())
        values = column(table.column(position), kind, words) if kind is not None else None
        if kind is not None and values is not None:
            table = table.set_column(position, table.column_names[position], values)
            done[name] = kind
    return table, done


def column(cells: pa.ChunkedArray, kind: Kind, words: Sequence[str] = ()) -> pa.ChunkedArray | None:
    """One column of text as `kind`; None where a cell is not written plainly."""
    import pyarrow as pa

    chunks = []
    for chunk in cells.chunks:
        try:
            values = _chunk(chunk, kind, words)
        except pa.ArrowException:  # a cell that the cast refuses
            values = None
        if values is None:
            return None
        chunks.append(values)
    return pa.chunked_array(chunks, _types()[kind])


def _types() -> dict[Kind, pa.DataType]:
    import pyarrow as pa

    return {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "time": pa.timestamp("us"),
        "zoned": pa.timestamp("us", "UTC"),
    }


def _chunk(cells: pa.StringArray, kind: Kind, words: Sequence[str]) -> pa.Array | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = _filled(cells)
    if words:
        lowered = cells if kind == "text" else pc.ascii_lower(cells)
        known = list(words) if kind == "text" else [word.lower() for word in words]
        cells = _without(cells, pc.is_in(lowered, pa.array(known, pa.string())))
    if kind == "text":
        return cells
    values = _cast(cells, kind)
    if values is None:
        # Words such as NA are NULL in a column of any type but text, and no misfit.
        rest = _without(cells, pc.is_in(pc.ascii_lower(cells), pa.array(sorted(NULL_WORDS), pa.string())))
        values = _cast(rest, kind) if rest.null_count > cells.null_count else None
    return values


def _filled(cells: pa.StringArray) -> pa.StringArray:
    """Empty cells as NULL, without a copy of the text."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if cells.null_count or cells.offset:
        return _without(cells, pc.equal(cells, ""))
    _, offsets, data = cells.buffers()
    places = np.frombuffer(offsets, np.int32, len(cells) + 1)
    filled = places[1:] > places[:-1]
    empty = len(cells) - int(np.count_nonzero(filled))
    if not empty:
        return cells
    valid = pa.py_buffer(np.packbits(filled, bitorder="little"))
    return pa.StringArray.from_buffers(len(cells), offsets, data, valid, empty)


def _without(cells: pa.StringArray, unwanted: pa.BooleanArray) -> pa.StringArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    unwanted = pc.fill_null(unwanted, False)
    return pc.if_else(unwanted, pa.scalar(None, pa.string()), cells) if pc.any(unwanted).as_py() else cells


def _cast(cells: pa.StringArray, kind: Kind) -> pa.Array | None:
    """Typed values, or None where a cell is anything but plain."""
    import pyarrow as pa
    import pyarrow.compute as pc

    type_ = _types()[kind]
    if cells.null_count == len(cells):
        return pa.nulls(len(cells), type_)
    if kind == "boolean":
        return _boolean(cells)
    try:
        if kind in ("integer", "number"):
            values = pc.cast(cells, type_) if _plain_number(cells, kind) else None
            return values if values is not None and _finite(values, kind) else None
        if not _plain_moment(cells, kind):
            return None
        values = pc.cast(cells, type_)
    except pa.ArrowInvalid:
        return None
    least = pc.min(values.cast(pa.int32() if kind == "date" else pa.int64())).as_py()
    return values if least >= (_YEAR_ONE_DAYS if kind == "date" else _YEAR_ONE) else None


def _boolean(cells: pa.StringArray) -> pa.Array | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    lowered = pc.ascii_lower(cells)
    true = pc.is_in(lowered, pa.array(sorted(TRUE_WORDS), pa.string()))
    false = pc.is_in(lowered, pa.array(sorted(FALSE_WORDS), pa.string()))
    known = pc.or_(pc.or_(true, false), pc.is_null(cells))
    if not pc.all(known).as_py():
        return None
    return pc.if_else(pc.is_null(cells), pa.scalar(None, pa.bool_()), true)


def _places(cells: pa.StringArray) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """The bytes of the cells that are not NULL: all of them, where each cell begins, and how long it is."""
    import numpy as np
    import pyarrow.compute as pc

    if cells.null_count:
        cells = pc.drop_null(cells)
    _, offsets, data = cells.buffers()
    places = np.frombuffer(offsets, np.int32, len(cells) + 1 + cells.offset)[cells.offset :]
    # One byte more, so that the byte after a cell's first may be looked at even where there is none.
    raw = np.append(np.frombuffer(data, np.uint8)[: int(places[-1])], np.uint8(0))
    return raw, places[:-1].astype(np.int64), np.diff(places).astype(np.int64)


def _plain_number(cells: pa.StringArray, kind: Kind) -> bool:
    """No leading zeros (nor 0x), no plus sign, no words: what is left is for the cast to take or refuse."""
    import numpy as np

    raw, at, size = _places(cells)
    minus = raw[at] == _MINUS
    if minus.any():
        at, size = at + minus, size - minus
    first, second = raw[at], raw[np.minimum(at + 1, len(raw) - 1)]
    digit = (first >= _ZERO) & (first <= _NINE)
    begins = digit | ((first == _POINT) if kind == "number" else False)
    zero = (first == _ZERO) & (size > 1)
    if kind == "number":
        zero &= (second >= _ZERO) & (second <= _NINE)
    return bool(np.all(begins & (size > 0) & ~zero))


def _finite(values: pa.Array, kind: Kind) -> bool:
    import pyarrow.compute as pc

    return kind == "integer" or bool(pc.all(pc.is_finite(values)).as_py())


def _plain_moment(cells: pa.StringArray, kind: Kind) -> bool:
    """Four digits of year and a length that ISO text has; anything else about it is for the cast to refuse."""
    import numpy as np

    raw, at, size = _places(cells)
    if kind == "date":
        return bool(np.all(size == 10))
    if kind == "time":
        return bool(np.isin(size, _CLOCKS).all())
    last = raw[at + size - 1]
    offset = raw[np.maximum(at + size - 3, 0)] == _COLON
    zulu = (last == _ZULU) & np.isin(size - 1, _CLOCKS[2:])
    return bool(np.all(zulu | (offset & np.isin(size - 6, _CLOCKS[2:]))))
