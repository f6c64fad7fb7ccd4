"""Formats of exports: what is selected for each, and how what comes is written, batch by batch.

CSV: comma, a header, missing values empty, text that a spreadsheet would run as a formula has an apostrophe before it.
JSON: one array, a row on each line. Parquet: with the types of the table. XLSX: one sheet, written row by row.
Markdown: a table. Moments with a zone are in UTC in all of them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from opsconsole.engine.quarantine_file import no_formula
from opsconsole.engine.table_messages import ExportFormat
from opsconsole.kpis.bound import is_number
from opsconsole.tables.names import ident, literal

XLSX_ROWS = 1_048_575
"""What a sheet of Excel holds below its header."""
_XLSX_TEXT = 32_767
_EXACT = 10**15
_FORMULA = "'=', '+', '-', '@', chr(9), chr(13)"

Write = Callable[[pa.RecordBatch], None]


class FormatError(Exception):
    """The rows do not fit into the format; one sentence for a person."""


def selected(columns: Mapping[str, str], format_: ExportFormat) -> str:
    """The items of the SELECT that gives what is written. `columns`: name -> DuckDB type."""
    if format_ == "json":
        parts = ", ".join(f"{ident(name)} := {_finite(name, kind)}" for name, kind in columns.items())
        return f"CAST(to_json(struct_pack({parts})) AS VARCHAR) AS row"
    if format_ == "md":
        cells = " || ' | ' || ".join(_markdown(name) for name in columns)
        return f"'| ' || {cells} || ' |' AS row"
    if format_ == "csv":
        return ", ".join(_guarded(name, kind) for name, kind in columns.items())
    return ", ".join(ident(name) if _arrow(kind) else _text(name) for name, kind in columns.items())


@contextlib.contextmanager
def writer(path: Path, columns: Mapping[str, str], schema: pa.Schema, format_: ExportFormat) -> Iterator[Write]:
    """Takes the batches that `selected` gives; the file is whole when the context ends. Raises OSError, FormatError."""
    if format_ == "parquet":
        found = _parquet(path, schema)
    else:
        found = {"csv": _csv, "json": _json, "xlsx": _xlsx, "md": _md}[format_](path, columns)
    with found as write:
        yield write


@contextlib.contextmanager
def _csv(path: Path, columns: Mapping[str, str]) -> Iterator[Write]:
    from pyarrow import csv

    header = pa.table({str(at): pa.array([no_formula(name)]) for at, name in enumerate(columns)})
    options = csv.WriteOptions(include_header=False)
    with path.open("wb") as file:
        csv.write_csv(header, file, options)
        yield lambda batch: csv.write_csv(batch, file, options)


@contextlib.contextmanager
def _json(path: Path, _: Mapping[str, str]) -> Iterator[Write]:
    begun = False
    with path.open("w", encoding="utf-8") as file:

        def write(batch: pa.RecordBatch) -> None:
            nonlocal begun
            if batch.num_rows:
                file.write((",\n" if begun else "[\n") + ",\n".join(batch.column(0).to_pylist()))
                begun = True

        yield write
        file.write("\n]\n" if begun else "[]\n")


@contextlib.contextmanager
def _md(path: Path, columns: Mapping[str, str]) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as file:
        heads = (name.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ") for name in columns)
        file.write(f"| {' | '.join(heads)} |\n")
        file.write(f"| {' | '.join('---:' if is_number(kind) else '---' for kind in columns.values())} |\n")

        def write(batch: pa.RecordBatch) -> None:
            file.writelines(f"{row}\n" for row in batch.column(0).to_pylist())

        yield write


@contextlib.contextmanager
def _parquet(path: Path, schema: pa.Schema) -> Iterator[Write]:
    from pyarrow import parquet

    with parquet.ParquetWriter(path, schema, compression="zstd") as file:
        yield file.write_batch


@contextlib.contextmanager
def _xlsx(path: Path, columns: Mapping[str, str]) -> Iterator[Write]:
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent)})
    sheet = book.add_worksheet("rows")
    day, moment = (book.add_format({"num_format": text}) for text in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"))
    bold = book.add_format({"bold": True})
    for at, name in enumerate(columns):
        sheet.write_string(0, at, name[:_XLSX_TEXT], bold)
    sheet.freeze_panes(1, 0)
    row = 0

    def put(at: int, value: Any) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, at, value)
        elif isinstance(value, int | float | Decimal) and math.isfinite(value) and abs(float(value)) < _EXACT:
            sheet.write_number(row, at, value)
        elif isinstance(value, dt.datetime) and value.year >= 1900:
            sheet.write_datetime(row, at, value.replace(tzinfo=None), moment)
        elif isinstance(value, dt.date) and not isinstance(value, dt.datetime) and value.year >= 1900:
            sheet.write_datetime(row, at, value, day)
        else:
            sheet.write_string(row, at, str(value)[:_XLSX_TEXT])  # never as a formula

    def write(batch: pa.RecordBatch) -> None:
        nonlocal row
        if row + batch.num_rows > XLSX_ROWS:
            raise FormatError(too_many(None))
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            row += 1
            for at, value in enumerate(values):
                put(at, value)

    try:
        yield write
    finally:
        _closed(book)


def _closed(book: Any) -> None:
    """Close a workbook, which writes the file. Raises OSError."""
    from xlsxwriter.exceptions import FileCreateError

    try:
        book.close()
    except FileCreateError as error:
        cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(str(error))
        raise cause from error


def too_many(total: int | None) -> str:
    """That a sheet cannot hold the rows."""
    many = f"these are {total:,}" if total is not None else "there are more"
    return (
        f"a sheet of Excel holds {XLSX_ROWS:,} rows below its header, and {many}: narrow them, or take csv or parquet"
    )


def _guarded(name: str, kind: str) -> str:
    """A cell of CSV: numbers as they are, everything else as text that no spreadsheet runs."""
    if is_number(kind):
        return _finite(name, kind) + f" AS {ident(name)}"
    text = f"CAST({ident(name)} AS VARCHAR)"
    return (
        f"CASE WHEN left({text}, 1) IN ({_FORMULA}) THEN {literal(chr(39))} || {text} ELSE {text} END AS {ident(name)}"
    )


def _markdown(name: str) -> str:
    text = f"coalesce(CAST({ident(name)} AS VARCHAR), '')"
    for found, instead in (("\\", "\\\\"), ("|", "\\|")):
        text = f"replace({text}, {literal(found)}, {literal(instead)})"
    return f"regexp_replace({text}, '[\\r\\n]+', ' ', 'g')"


def _finite(name: str, kind: str) -> str:
    column = ident(name)
    return f"CASE WHEN isfinite({column}) THEN {column} END" if kind in ("DOUBLE", "FLOAT") else column


def _text(name: str) -> str:
    return f"CAST({ident(name)} AS VARCHAR) AS {ident(name)}"


def _arrow(kind: str) -> bool:
    """Whether other programs know what Arrow makes of a type."""
    return is_number(kind) or kind.startswith(("VARCHAR", "TIMESTAMP", "DATE"))
