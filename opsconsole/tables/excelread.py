"""Reader of Excel workbooks: one sheet as text, its header found below title rows; the sheet's row is the line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from opsconsole.tables import delimited, layout
from opsconsole.tables.names import clean
from opsconsole.tables.piece import Dialect, NotReadyError, Piece, Stretch, Wish, describe, judge

if TYPE_CHECKING:
    import pyarrow as pa

_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_MIDNIGHT = re.compile(r"\d{4}-\d\d-\d\d 00:00:00")


def read(stretch: Stretch, wish: Wish) -> Piece:
    """Read one sheet of a workbook. Raises NotReadyError when it is half-written, broken, or lacks the sheet."""
    import fastexcel

    if not stretch.data.startswith(_MAGIC):
        raise NotReadyError(
            "not an Excel workbook" + (" (its content is plain text)" if _is_text(stretch.data) else "")
        )
    try:
        workbook = fastexcel.read_excel(stretch.data)
        name, rows, others = _sheet(workbook, wish)
    except fastexcel.FastExcelError as error:
        raise NotReadyError(f"not a whole workbook: {_short(error)}") from error
    return _piece(stretch, wish, name, rows, others)


def _is_text(data: bytes) -> bool:
    return bool(data.strip()) and b"\0" not in data[:4096]


def _short(error: BaseException) -> str:
    return str(error).splitlines()[0].removeprefix("calamine error: ")[:200]


def _sheet(workbook: Any, wish: Wish) -> tuple[str, pa.RecordBatch, list[str]]:
    """The wished sheet, else the first visible one that holds something."""
    names: list[str] = list(workbook.sheet_names)
    wished = wish.read.sheet
    if wished is not None:
        chosen = next((name for name in names if name.strip().lower() == wished.strip().lower()), None)
        if chosen is None:
            raise NotReadyError(f"no sheet {wished!r}; it has {', '.join(names)}")
        sheet = workbook.load_sheet(chosen, header_row=None, skip_rows=0, dtypes="string")
        return chosen, sheet.to_arrow(), [name for name in names if name != chosen]
    for name in names:
        sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        if sheet.visible == "visible" and sheet.height > 0:
            return name, sheet.to_arrow(), [other for other in names if other != name]
    raise NotReadyError("the workbook holds no visible sheet with anything in it")


def _piece(stretch: Stretch, wish: Wish, sheet: str, rows: pa.RecordBatch, others: list[str]) -> Piece:
    import msgspec
    import numpy as np
    import pyarrow as pa

    head = [[cell or "" for cell in row.values()] for row in rows.slice(0, 100).to_pylist()]
    index, names = _header(head, wish)
    columns = [pa.chunked_array([_dates(column.slice(index + 1))]) for column in rows.columns[: len(names)]]
    table = pa.table(columns, names=[f"c{i}" for i in range(len(columns))])
    lines = np.arange(index + 2, index + 2 + table.num_rows, dtype=np.int64)
    filled = np.zeros(table.num_rows, np.bool_)
    for column in columns:
        filled |= column.is_valid().to_numpy()
    table, lines = table.filter(pa.array(filled)), lines[filled]
    dialect = Dialect("excel", names=names, header=index + 1, whole=True, delimiter="\t")
    table, lines, rejects = delimited.unwanted(table, lines, dialect)
    styles = judge(names, [table.column(i) for i in range(table.num_columns)], {}, wish)
    decided = msgspec.structs.replace(dialect, styles=styles)
    told = [f"sheet {sheet}", f"header in row {index + 1}" if index >= 0 else "no header"]
    told += [f"not read: {', '.join(others)}"] if others else []
    text = ", ".join(told + describe(styles))
    return Piece(decided, names, table, lines, len(stretch.data), len(lines), rejects=rejects, read_as=text)


def _header(head: list[list[str]], wish: Wish) -> tuple[int, list[str]]:
    """Row index of the header (-1: none) and the column names.

    All rows of a sheet are equally wide, so what counts is how many cells are filled up to the last one.
    """
    if wish.read.header is not None:
        index = wish.read.header - 1
        return index, clean(head[index] if 0 <= index < len(head) else [None] * len(head[0]))
    trimmed = [_trim(row) for row in head]
    rows = [row for row in trimmed if row]
    if not rows:
        return -1, clean([None] * len(head[0])) if head else []
    widest = max(len(row) for row in rows)
    full = [i for i, row in enumerate(trimmed) if row and sum(map(bool, row)) >= max(2, widest * 0.6)]
    first = full[0] if full else trimmed.index(rows[0])
    body = [row + [""] * (widest - len(row)) for row in trimmed[first:] if row]
    found = layout.header_of(body)
    index = first if found.index >= 0 else -1
    names = head[first] if index >= 0 else [None] * len(head[0])
    return index, clean(names)


def _trim(row: list[str]) -> list[str]:
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _dates(column: pa.Array) -> pa.Array:
    """Dates come as midnights: without their clock they are dates again."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = [value for value in column.slice(0, 200).to_pylist() if value]
    if not values or not all(_MIDNIGHT.fullmatch(value) for value in values):
        return column
    stripped = pc.replace_substring_regex(column, pattern=r"^(\d{4}-\d\d-\d\d) 00:00:00$", replacement=r"\1")
    return stripped if isinstance(stripped, pa.Array) else column
