"""What is in a file, from a look at its head: for the draft of a site that has none yet."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from opsconsole.site.model import ColumnType, Format, Read
from opsconsole.tables import fingerprint, intake
from opsconsole.tables.reading import decode, reader
from opsconsole.tables.reading.evidence import Kind, Style
from opsconsole.tables.reading.piece import NotReadyError, RereadError, Stretch, Wish, styles_of, told

_HEAD = 1 << 20
_KINDS: dict[Kind, ColumnType] = {
    "text": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "zoned": "time",
}


class Sniffed(Struct, frozen=True):
    """A file's columns with their types, some values of each, and how many different ones the seen rows have.

    `rows` were seen; `whole` says that these are all. `told` is how the file is read, in words; `styles` how the values
    of each column are written.
    """

    format: Format
    columns: dict[str, ColumnType]
    samples: dict[str, list[str]]
    distinct: dict[str, int]
    empty: dict[str, int]
    rows: int
    whole: bool
    header: int
    encoding: str
    delimiter: str
    told: str
    styles: dict[str, Style]
    quote: str = ""
    escape: str = ""


def sniff(
    path: Path,
    read: Read | None = None,
    format: Format | None = None,  # noqa: A002 - the word of the site file
    timezone: str = "UTC",
) -> Sniffed:
    """Look at the head of a file. Raises OSError, and ValueError with a reason where it cannot be understood."""
    from opsconsole.site.model import Source

    text = os.fspath(path)
    found = reader.format_of(text, format)
    if found is None:
        raise ValueError("not a kind of file that is read")
    wish: Wish = intake.wish_of(Source("", (), read=read or Read()), timezone)
    fd = os.open(text, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(fd).st_size
        limit = _HEAD if reader.grows(found, text) else size
        data = fingerprint.read_at(fd, 0, min(limit, size))
        if len(data) < size and not decode.plain(decode.detect(data[:4096], None)[0]):
            data = fingerprint.read_at(fd, 0, size)
    finally:
        os.close(fd)
    try:
        piece = reader.read(found, text, Stretch(data, last=len(data) >= size), None, wish)
    except (NotReadyError, RereadError) as reason:
        raise ValueError(str(reason)) from reason
    columns, samples, distinct, empty = {}, {}, {}, {}
    decimal, styles = styles_of(piece, wish)
    notes = told(msgspec.structs.replace(piece.dialect, decimal=decimal), styles)
    for name, column in zip(piece.names, piece.data.columns, strict=True):
        style = styles[name]
        values = [value for value in column.to_pylist() if value is not None and value != ""]
        columns[name] = _KINDS[style.kind]
        unique = dict.fromkeys(map(str, values))
        samples[name], distinct[name] = list(unique)[:20], len(unique)
        empty[name] = len(column) - len(values)
    return Sniffed(
        found, columns, samples, distinct, empty, len(piece.lines), len(data) >= size, piece.dialect.header,
        piece.dialect.encoding, piece.dialect.delimiter, ", ".join([piece.read_as, *notes]), styles,
        piece.dialect.quote, piece.dialect.escape,
    )  # fmt: skip
