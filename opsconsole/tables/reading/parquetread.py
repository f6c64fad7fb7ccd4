"""Reader of Parquet: a whole file, its columns in their own types; the row's number is its line."""

from __future__ import annotations

import bisect
import itertools

from opsconsole.tables.reading import arrowtypes
from opsconsole.tables.reading.piece import NotReadyError, Piece, Stretch

_MAGIC = b"PAR1"


def read(stretch: Stretch) -> Piece:
    """Read a whole file. Raises NotReadyError while it has no footer, or when it is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = stretch.data
    if not data:
        return arrowtypes.piece(pa.table({}), "parquet", "Parquet", 0)
    if data[:4] == b"PARE" or data[-4:] == b"PARE":
        raise NotReadyError("the Parquet file is encrypted: opsconsole has no key for it")
    if not data.startswith(_MAGIC[: len(data)]):
        raise NotReadyError(f"not a Parquet file, whatever its name says: it begins with {data[:4].hex(' ')}")
    if not data.endswith(_MAGIC) or len(data) < 12:
        raise NotReadyError("not a whole Parquet file: it has no footer yet")
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        table = file.read(use_threads=False)
        table.validate(full=True)
    except (pa.ArrowException, OSError) as error:
        raise NotReadyError(f"not a whole Parquet file: {_short(error)}") from error
    groups = file.metadata.num_row_groups
    told = "Parquet" if groups < 2 else f"Parquet, {groups} row groups"
    return arrowtypes.piece(table, "parquet", told, len(data))


def place(path: str, row: int) -> str:
    """Where a row lies: `row group 3, row 17` (both from 1). Raises OSError and ValueError for a file that changed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(path)
    except pa.ArrowException as error:
        raise ValueError(_short(error)) from error
    sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    return within("row group", sizes, row)


def within(word: str, sizes: list[int], row: int) -> str:
    """Row `row` of parts with so many rows each, in words. Raises ValueError where there is no such row."""
    ends = list(itertools.accumulate(sizes))
    if not ends or row > ends[-1]:
        raise ValueError(f"there is no row {row}")
    index = bisect.bisect_left(ends, row)
    return f"{word} {index + 1}, row {row - (ends[index] - sizes[index])}"


def _short(error: BaseException) -> str:
    return str(error).splitlines()[0].removeprefix("Could not open Parquet input source '<Buffer>': ")[:200]
