"""What a workbook's archive tells that its reader does not: hidden sheets, formulas without a value, merged cells."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from xml.etree import ElementTree

from msgspec import Struct

from opsconsole.tables.reading import exceltrial, unpack
from opsconsole.tables.reading.piece import NotReadyError

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_FORMULA = re.compile(
    rb'<c r="([A-Z]{1,3})(\d+)"(?![^>]*t="str")[^>]*>\s*<f(?:[^>]*/>|[^>]*>([^<]*)</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
_FAR = re.compile(rb'<c r="([A-Z]{2,})\d')
_ROW = re.compile(rb'<row\b[^>]*?\br="(\d+)"')
_MERGED = re.compile(rb'<mergeCell ref="[A-Z]+(\d+):[A-Z]+(\d+)"')


class Extra(Struct, frozen=True):
    """`formulas` without a stored value by (row, column), both from 0; `merged`: first and last rows, from 1."""

    formulas: dict[tuple[int, int], str] = {}
    merged: list[tuple[int, int]] = []


def check(data: bytes) -> None:
    """Raises NotReadyError for an archive that unpacks to more than the memory is for."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(each.file_size for each in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return  # half-written: the reader says what is wrong
    limit = unpack.most()
    if size > limit:
        raise NotReadyError(f"the workbook unpacks to more than {limit / (1 << 30):.3g} GiB: export it as CSV")


def measured(data: bytes) -> bool:
    """Whether this is an .xlsx whose sheets all fit into memory by the cells that they name; False for other kinds.

    Raises NotReadyError for one with a sheet that does not fit.
    """
    sheets = _sheets(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name, (path, _) in sheets.items():
                if path.endswith(".xml"):
                    exceltrial.room(_cells(archive.read(path)), name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError):
        return True  # half-written or damaged: the reader finds that before it makes room for anything
    return bool(sheets)


def _cells(xml: bytes) -> int:
    """How many cells a sheet reaches over: its last row by its last column."""
    wide = {column(found.decode()) for found in set(_FAR.findall(xml))}
    rows = [int(row) for row in _ROW.findall(xml)]
    return (max(rows, default=0) or xml.count(b"<row")) * (max(wide, default=25) + 1)


def hidden(data: bytes) -> set[str]:
    """Names of hidden sheets of an .xlsx; of other kinds nothing is known here."""
    return {name for name, (_, state) in _sheets(data).items() if state != "visible"}


def extra(data: bytes, sheet: str) -> Extra:
    """What the sheet's own XML tells; nothing for kinds that have none."""
    path, _ = _sheets(data).get(sheet, ("", ""))
    if not path:
        return Extra()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        xml = archive.read(path)
    formulas = {}
    if b"<f" in xml:
        for letters, row, text in _FORMULA.findall(xml):
            formulas[int(row) - 1, column(letters.decode())] = "=" + text.decode("utf-8", "replace")
    merged = [(int(first), int(last)) for first, last in _MERGED.findall(xml)]
    return Extra(formulas, merged)


def column(letters: str) -> int:
    """The position of a column, from 0: `A` is 0, `AA` is 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def letters(position: int) -> str:
    """The letters of a column by its position from 0."""
    text, number = "", position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


def _sheets(data: bytes) -> dict[str, tuple[str, str]]:
    """Path and state of each sheet of an .xlsx by its name."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
            links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
            there = set(archive.namelist())
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, NotImplementedError):
        return {}
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    found = {}
    for sheet in [*book.iter(_MAIN + "sheet"), *book.iter(_STRICT + "sheet")]:
        number = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
        path = posixpath.normpath(posixpath.join("/xl", targets.get(number, ""))).lstrip("/")
        found[sheet.get("name", "")] = (path if path in there else "", sheet.get("state", "visible"))
    return found
