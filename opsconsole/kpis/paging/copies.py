"""Copies of rows that know no place of their own, groups among them: written once in their order, read by slices.

An Arrow file beside the tables, compressed by batches, so that a page is read without reading the rest.
"""

from __future__ import annotations

import bisect
import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

_BATCH = 4096


def build(
    cursor: duckdb.DuckDBPyConnection, query: str, values: list[Any], path: Path, went_on: Callable[[int], None]
) -> list[int]:
    """Write what a query gives to a file. `went_on` is told of rows written, and may raise to end it.

    Gives the rows before each of its batches, and after the last. Raises duckdb.Error, OSError.
    """
    starts = [0]
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with (
        contextlib.closing(cursor.sql(query, params=values).to_arrow_reader(_BATCH)) as found,
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_file(file, found.schema, options=options) as writer,
    ):
        for batch in found:
            writer.write_batch(batch)
            starts.append(starts[-1] + batch.num_rows)
            went_on(starts[-1])
    return starts


def read(path: Path, starts: Sequence[int], kinds: Sequence[str], row: int, limit: int) -> list[tuple[Any, ...]]:
    """Rows of a copy from `row` on; `kinds`: the DuckDB types of its columns. Raises OSError."""
    found: list[tuple[Any, ...]] = []
    if row >= starts[-1]:
        return found
    with pa.memory_map(str(path), "rb") as file:
        reader = pa.ipc.open_file(file)
        at = bisect.bisect_right(starts, row) - 1
        while at < reader.num_record_batches and len(found) < limit:
            part = reader.get_batch(at).slice(max(row - starts[at], 0), limit - len(found))
            columns = [_values(column, kind) for column, kind in zip(part.columns, kinds, strict=True)]
            found += zip(*columns, strict=True)
            at += 1
    return found


def _values(column: Any, kind: str) -> list[Any]:
    """What DuckDB itself would give; Arrow has no integers of 128 bits."""
    values: list[Any] = column.to_pylist()
    if kind.endswith("HUGEINT"):
        return [None if value is None else int(value) for value in values]
    return values
