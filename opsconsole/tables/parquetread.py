"""Reader of Parquet: typed columns as they are, structs flattened, lists as JSON text; the row's number is its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opsconsole.tables.guess import Kind, Style
from opsconsole.tables.names import clean
from opsconsole.tables.piece import Dialect, NotReadyError, Piece, Stretch

if TYPE_CHECKING:
    import pyarrow as pa

_DEPTH = 4


def read(stretch: Stretch) -> Piece:
    """Read a whole file. Raises NotReadyError while it has no footer, or when it is damaged."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not stretch.data:
        table = pa.table({})
    else:
        try:
            table = pq.ParquetFile(pa.BufferReader(stretch.data)).read(use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise NotReadyError(f"not a whole Parquet file: {_short(error)}") from error
    for _ in range(_DEPTH):
        if not any(pa.types.is_struct(kind) for kind in table.schema.types):
            break
        table = table.flatten()
    names = clean(name.replace(".", "_") for name in table.column_names)
    columns, styles = [], {}
    for name, column in zip(names, table.columns, strict=True):
        kind, plain = _plain(column)
        styles[name] = Style(kind, empty=plain.null_count == len(plain))
        columns.append(plain)
    data = pa.table(columns, names=[f"c{i}" for i in range(len(columns))])
    lines = np.arange(1, table.num_rows + 1, dtype=np.int64)
    dialect = Dialect("parquet", names=names, styles=styles, whole=True)
    told = "Parquet"
    return Piece(dialect, names, data, lines, len(stretch.data), table.num_rows, read_as=told, typed=True)


def _short(error: BaseException) -> str:
    return str(error).splitlines()[0].removeprefix("Could not open Parquet input source '<Buffer>': ")[:200]


def _plain(column: pa.ChunkedArray) -> tuple[Kind, pa.ChunkedArray]:
    """The kind of a column, and its values in a type that DuckDB casts to that kind."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    types = pa.types
    if types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type))
    if types.is_boolean(kind):
        return "boolean", column
    if types.is_uint64(kind):
        return "number", column
    if types.is_integer(kind):
        return "integer", column
    if types.is_floating(kind) or types.is_decimal(kind):
        numbers = column.cast(pa.float64(), safe=False)
        return "number", pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)  # pandas' missing
    if types.is_date(kind):
        return "date", column.cast(pa.date32(), safe=False)
    if types.is_timestamp(kind):
        return ("zoned" if kind.tz else "time"), column.cast(pa.timestamp("us", "UTC" if kind.tz else None), safe=False)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return "text", column
    if types.is_null(kind):
        return "text", column.cast(pa.string())
    return "text", pa.chunked_array([pa.array([_json(value) for value in column.to_pylist()], pa.string())])


def _json(value: Any) -> str | None:
    import msgspec

    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, list | dict | tuple):
        return str(msgspec.json.encode(value, enc_hook=str), "utf-8")
    return str(value)
