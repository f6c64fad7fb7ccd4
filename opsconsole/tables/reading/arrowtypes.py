"""Columns of Arrow's types as the kinds of a table: structs flattened, lists and maps as JSON text, nothing rounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from opsconsole.tables.names import clean
from opsconsole.tables.reading.evidence import Kind, of_typed
from opsconsole.tables.reading.piece import Dialect, Piece

if TYPE_CHECKING:
    import pyarrow as pa

    from opsconsole.site.model import Format

_DEPTH = 4
_WHOLE = 1 << 63


def piece(table: pa.Table, format_: Format, told: str, size: int) -> Piece:
    """A file's table as a piece; `told` says in words what was read, `size` is that of the file in bytes."""
    import numpy as np
    import pyarrow as pa

    flat = list(_flat(table))
    names = clean(name for name, _ in flat)
    columns, notes = [], []
    kinds, found = {}, {}
    for name, (_, column) in zip(names, flat, strict=True):
        kind, plain, note = _plain(column)
        kinds[name] = kind
        found[name.lower()] = of_typed(kind, len(plain) - plain.null_count)
        columns.append(plain)
        notes += [f"{name} {note}"] if note else []
    data = pa.table(columns, names=[f"c{i}" for i in range(len(columns))])
    lines = np.arange(1, table.num_rows + 1, dtype=np.int64)
    dialect = Dialect(format_, names=names, whole=True)
    text = ", ".join([told, *notes])
    return Piece(dialect, names, data, lines, size, table.num_rows, read_as=text, kinds=kinds, evidence=found)


def _flat(table: pa.Table) -> Iterator[tuple[str, pa.ChunkedArray]]:
    for name, column in zip(table.column_names, table.columns, strict=True):
        yield from _fields(name, column, 0)


def _fields(name: str, column: pa.ChunkedArray, depth: int) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """A column itself, or the fields of a struct as columns `name_field`."""
    import pyarrow as pa

    if not pa.types.is_struct(column.type) or not column.type.num_fields or depth >= _DEPTH:
        yield name, column
        return
    for field, part in zip(column.type, column.flatten(), strict=True):
        yield from _fields(f"{name}_{field.name}", part, depth + 1)


def _plain(column: pa.ChunkedArray) -> tuple[Kind, pa.ChunkedArray, str]:
    """The kind of a column, its values in a type that DuckDB casts to that kind, and what was done to them."""
    import pyarrow as pa

    kind, types = column.type, pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return "text", _texts(column), ""
    if types.is_dictionary(kind):
        return _plain(pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], kind.value_type))
    if types.is_run_end_encoded(kind):
        return _plain(column.cast(kind.value_type))
    if types.is_boolean(kind):
        return "boolean", column, ""
    if types.is_integer(kind) or (types.is_decimal(kind) and kind.scale <= 0):
        return _integers(column)
    if types.is_floating(kind) or types.is_decimal(kind):
        return "number", _numbers(column), ""
    if types.is_date(kind):
        return "date", column.cast(pa.date32(), safe=False), ""
    if types.is_timestamp(kind):
        return _moments(column)
    if types.is_duration(kind):
        seconds = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
        return "number", _divided(column.cast(pa.int64()), seconds), "in seconds"
    if types.is_time(kind):
        return "text", column.cast(pa.string()), ""
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return "text", column.cast(pa.large_string() if types.is_large_string(kind) else pa.string()), ""
    if types.is_null(kind):
        return "text", column.cast(pa.string()), ""
    return "text", _texts(column), ""


def _integers(column: pa.ChunkedArray) -> tuple[Kind, pa.ChunkedArray, str]:
    """Integers of any width; those beyond 64 bits with sign are identifiers and stay exact as text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return "integer", column.cast(pa.int64()), ""
    except pa.ArrowInvalid:
        whole = column.cast(pa.decimal256(76, 0)) if pa.types.is_decimal(column.type) else column
        return "text", pc.cast(whole, pa.string()), "as text (too long for a number)"


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = column.cast(pa.float64(), safe=False)
    return pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)  # pandas' missing


def _divided(whole: pa.ChunkedArray, by: float) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.divide(whole.cast(pa.float64(), safe=False), by)


def _moments(column: pa.ChunkedArray) -> tuple[Kind, pa.ChunkedArray, str]:
    """Stamps in microseconds; those too far away for that (year 294,000) as text, so that they are seen."""
    import pyarrow as pa

    zone = column.type.tz
    target = pa.timestamp("us", "UTC" if zone else None)
    try:
        # From nanoseconds digits are cut off; from seconds a cast that is not checked would wrap around.
        return ("zoned" if zone else "time"), column.cast(target, safe=column.type.unit in ("s", "ms")), ""
    except pa.ArrowInvalid:
        return "text", pa.chunked_array([column.cast(pa.int64()).combine_chunks()]).cast(pa.string()), "as raw numbers"


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    return pa.chunked_array([pa.array([text(value) for value in column.to_pylist()], pa.string())])


def text(value: Any) -> str | None:
    """Any other value as text: JSON for lists and maps, hexadecimal for bytes that are no UTF-8."""
    import msgspec

    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.hex()
    if isinstance(value, list | dict | tuple):
        return str(msgspec.json.encode(_pairs(value), enc_hook=text), "utf-8")
    return str(value)


def _pairs(value: Any) -> Any:
    """Maps come as lists of pairs: as objects where their keys are text."""
    if isinstance(value, list):
        if value and all(isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str) for pair in value):
            return {key: _pairs(item) for key, item in value}
        return [_pairs(item) for item in value]
    if isinstance(value, dict):
        return {key: _pairs(item) for key, item in value.items()}
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
