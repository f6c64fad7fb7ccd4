"""Reader of Excel workbooks: one sheet as text, its header found below title rows; the sheet's row is the line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from opsconsole.tables.names import clean
from opsconsole.tables.reading import delimited, exceltimes, exceltrial, excelzip, layout
from opsconsole.tables.reading.evidence import gather
from opsconsole.tables.reading.piece import Dialect, NotReadyError, Piece, Stretch, Wish
from opsconsole.tables.records import Reject

if TYPE_CHECKING:
    import pyarrow as pa

_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_MIDNIGHT = r"^(\d{4}-\d\d-\d\d) 00:00:00$"
_RANGE = re.compile(r"([A-Za-z]{1,3})(\d*):([A-Za-z]{1,3})(\d*)")
_ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}


@dataclass
class _Sheet:
    """A sheet's cells as text from its first row on, what is wrong with some, and the letters of its columns.

    `faults` are reason and raw text by row and column of the cells, both from 0.
    """

    name: str
    columns: list[pa.Array]
    absolute: list[int]
    faults: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    start: int = 0


def read(stretch: Stretch, wish: Wish) -> Piece:
    """Read one sheet of a workbook, or the text that lies under such a name.

    Raises NotReadyError when it is half-written, broken, locked, or lacks the sheet.
    """
    import fastexcel

    data = stretch.data
    if not data.startswith((_ZIP, _COMPOUND)):
        return _text(stretch, wish)
    if data.startswith(_COMPOUND) and _LOCKED in data:
        raise NotReadyError("the workbook is locked with a password: save it without one")
    if data.startswith(_ZIP):
        excelzip.check(data)
    if data.startswith(_COMPOUND) or not excelzip.measured(data):
        exceltrial.attempt(data)
    try:
        workbook = fastexcel.read_excel(data)
        sheet = _cut(_sheet(workbook, data, wish), wish)
    except fastexcel.FastExcelError as error:
        raise NotReadyError(f"not a whole workbook: {_short(error)}") from error
    return _piece(stretch, wish, sheet)


def _text(stretch: Stretch, wish: Wish) -> Piece:
    """Many programs write a table of text, or a web page, under the name of a workbook."""
    data = stretch.data
    if not data.strip() or (b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff"))):
        raise NotReadyError("not an Excel workbook" if data else "empty")
    if data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise NotReadyError("not an Excel workbook but a web page or XML: open it and save it as .xlsx or .csv")
    piece = delimited.read(Stretch(data, quiet=stretch.quiet), None, wish)
    piece.dialect = msgspec.structs.replace(piece.dialect, whole=True)
    piece.read_as = f"no workbook but text, whatever its name says, {piece.read_as}"
    return piece


def _short(error: BaseException) -> str:
    return str(error).splitlines()[0].removeprefix("calamine error: ")[:200]


def _sheet(workbook: Any, data: bytes, wish: Wish) -> _Sheet:
    """The wished sheet, else the first visible one that holds something."""
    import fastexcel

    names: list[str] = list(workbook.sheet_names)
    wished = wish.read.sheet
    hidden = excelzip.hidden(data)
    if wished is not None:
        chosen = next((name for name in names if name.strip().lower() == wished.strip().lower()), None)
        if chosen is None:
            raise NotReadyError(f"no sheet {wished!r}; it has {', '.join(names)}")
        return _loaded(workbook, data, chosen, names, hidden)
    for name in names:
        if name in hidden:
            continue
        try:
            sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, n_rows=1, dtypes="string")
        except fastexcel.FastExcelError:
            if len(names) == 1:
                raise
            continue  # a sheet of nothing but a chart
        if sheet.visible == "visible" and sheet.height > 0:
            return _loaded(workbook, data, name, names, hidden)
        if sheet.visible != "visible":
            hidden.add(name)
    raise NotReadyError("the workbook holds no visible sheet with anything in it")


def _loaded(workbook: Any, data: bytes, name: str, names: list[str], hidden: set[str]) -> _Sheet:
    """All cells of a sheet as text, with what stands in the way of reading some."""

    def load(position: int, kind: str) -> tuple[Any, list[tuple[int, str]]]:
        one = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes=kind, use_columns=[position])
        batch, wrong = one.to_arrow_with_errors()
        return batch.column(0), [(each.position[0], each.detail) for each in wrong.errors] if wrong else []

    sheet = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    if not sheet.height or not sheet.width:
        raise NotReadyError(f"sheet {name} has nothing in it")
    batch, wrong = sheet.to_arrow_with_errors()
    absolute = [column.absolute_index for column in sheet.available_columns()]
    result = _Sheet(name, list(batch.columns), absolute)
    for each in wrong.errors if wrong else []:
        row, position = each.offset_position
        _fault(result, row, position, each.detail)
    for position, column in enumerate(result.columns):
        result.columns[position], note = exceltimes.restored(column, position, load)
        if note:
            result.notes.append(f"column {excelzip.letters(absolute[position])} {note}")
    extra = excelzip.extra(data, name)
    place = {column: position for position, column in enumerate(absolute)}
    for (row, column), formula in extra.formulas.items():
        if column in place and result.columns[place[column]][row].as_py() is None:
            result.faults[row, place[column]] = ("a formula without a stored value: open and save it once", formula)
    _say(result, names, hidden, extra)
    return result


def _fault(sheet: _Sheet, row: int, position: int, detail: str) -> None:
    """A cell that the library cannot give as text: a time of OpenDocument, or an error value."""
    import pyarrow as pa

    span = exceltimes.iso(detail)
    if span is not None:
        values = sheet.columns[position].to_pylist()
        values[row] = exceltimes.clock(span) if span < 86_400_000 else str(span / 1000)
        sheet.columns[position] = pa.array(values, pa.string())
        return
    found = re.search(r"got 'Error\((\w+)\)'", detail)
    raw = _ERRORS.get(found[1], found[1]) if found else detail
    sheet.faults[row, position] = (f"error value {raw}" if found else "cannot be read", raw)


def _say(sheet: _Sheet, names: list[str], hidden: set[str], extra: excelzip.Extra) -> None:
    others = [name for name in names if name != sheet.name and name not in hidden]
    unseen = [name for name in names if name != sheet.name and name in hidden]
    sheet.notes += [f"not read: {', '.join(others)}"] if others else []
    sheet.notes += [f"hidden: {', '.join(unseen)}"] if unseen else []
    tall = [last for first, last in extra.merged if last > first]
    sheet.notes += [f"{len(tall)} merged cells over several rows: the first row has the value"] if tall else []


def _cut(sheet: _Sheet, wish: Wish) -> _Sheet:
    """The wished range of a sheet."""
    found = _RANGE.fullmatch((wish.read.range or "").strip())
    if found is None:
        return sheet
    left, right = sorted((excelzip.column(found[1]), excelzip.column(found[3])))
    top = int(found[2] or 1) - 1
    height = len(sheet.columns[0]) if sheet.columns else 0
    bottom = min(int(found[4] or height), height)
    kept = [i for i, column in enumerate(sheet.absolute) if left <= column <= right]
    if not kept or bottom <= top:
        raise NotReadyError(f"nothing in the range {wish.read.range} of sheet {sheet.name}")
    place = {old: new for new, old in enumerate(kept)}
    faults = {
        (row - top, place[position]): fault
        for (row, position), fault in sheet.faults.items()
        if position in place and top <= row < bottom
    }
    columns = [sheet.columns[i].slice(top, bottom - top) for i in kept]
    notes = [f"range {wish.read.range}", *sheet.notes]
    return _Sheet(sheet.name, columns, [sheet.absolute[i] for i in kept], faults, notes, top)


def _piece(stretch: Stretch, wish: Wish, sheet: _Sheet) -> Piece:
    import numpy as np
    import pyarrow as pa

    head = [
        [cell or "" for cell in row] for row in zip(*(c.slice(0, 100).to_pylist() for c in sheet.columns), strict=True)
    ]
    index, names = _header(head, wish, sheet.start)
    below = index + 1
    columns = [pa.chunked_array([_dates(column.slice(below))]) for column in sheet.columns]
    table = pa.table(columns, names=[f"c{i}" for i in range(len(columns))])
    lines = np.arange(sheet.start + below + 1, sheet.start + below + 1 + table.num_rows, dtype=np.int64)
    filled = np.zeros(table.num_rows, np.bool_)
    for column in columns:
        filled |= column.is_valid().to_numpy()
    wrong = [row - below for (row, _), (_, raw) in sheet.faults.items() if row >= below and raw.startswith("#")]
    filled[wrong] = True
    table, lines = table.filter(pa.array(filled)), lines[filled]
    dialect = Dialect(
        "excel",
        names=names,
        header=sheet.start + index + 1 if index >= 0 else 0,
        whole=True,
        delimiter="\t",
        note=sheet.name,
    )
    table, lines, rejects = delimited.unwanted(table, lines, dialect)
    rejects += _cells(sheet, names, set(lines.tolist()))
    told = [f"sheet {sheet.name}", f"header in row {dialect.header}" if dialect.header else "no header", *sheet.notes]
    empty = sum(each.raw.startswith("=") for each in rejects if each.column)
    told += [f"{empty} formulas without a stored value"] if empty else []
    found = gather(names, table, lines, wish.read.null)
    size, text = len(stretch.data), ", ".join(told)
    return Piece(dialect, names, table, lines, size, len(lines), rejects=rejects, read_as=text, evidence=found)


def _cells(sheet: _Sheet, names: list[str], lines: set[int]) -> list[Reject]:
    """Cells of the rows taken that hold no value that could be read."""
    found = sorted((sheet.start + row + 1, position, *fault) for (row, position), fault in sheet.faults.items())
    return [Reject(line, names[position], reason, raw) for line, position, reason, raw in found if line in lines]


def _header(head: list[list[str]], wish: Wish, start: int) -> tuple[int, list[str]]:
    """Row index of the header (-1: none) and the column names.

    All rows of a sheet are equally wide, so what counts is how many cells are filled up to the last one.
    """
    if wish.read.header is not None:
        index = wish.read.header - 1 - start if wish.read.header else -1
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
    import pyarrow.compute as pc

    stamps = pc.match_substring_regex(column, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
    midnights = pc.match_substring_regex(column, _MIDNIGHT)
    count = pc.sum(midnights).as_py()
    if not count or count != pc.sum(stamps).as_py():
        return column
    return pc.replace_substring_regex(column, pattern=_MIDNIGHT, replacement=r"\1")
