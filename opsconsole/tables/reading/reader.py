"""Chooses the reader of a file by its format, and turns every way a file can be broken into `NotReadyError`."""

from __future__ import annotations

import logging
import os

from opsconsole.site.model import Format
from opsconsole.tables.reading import unpack
from opsconsole.tables.reading.piece import Dialect, NotReadyError, Piece, RereadError, Stretch, Wish

_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".psv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".arrows": "arrow",
}
_OTHERS: dict[bytes, str] = {
    b"\x1f\x8b\x08": "a gzip file: let its name end in .gz",
    b"BZh91AY&SY": "a bzip2 file: let its name end in .bz2",
    b"\x28\xb5\x2f\xfd": "a Zstandard file: let its name end in .zst",
    b"PK\x03\x04": "a ZIP archive or a workbook: unpack it, or let its name end in .xlsx",
    b"\xd0\xcf\x11\xe0": "a workbook: let its name end in .xls",
    b"PAR1\x15": "a Parquet file: let its name end in .parquet",
    b"ARROW1\0\0": "an Arrow file: let its name end in .arrow",
    b"%PDF-": "a PDF document, which is not read",
    b"SQLite format 3\0": "an SQLite database, which is not read",
}
"""What files under the name of a text turn out to be, by their first bytes."""
_MANY = 1000
"""Fewer rows are typed by SQL with all others of their transaction."""
_log = logging.getLogger(__name__)


def format_of(path: str, wished: Format | None) -> Format | None:
    """The format of a file: what the site says, else by its ending (of what is inside a packed file)."""
    return wished if wished is not None else _ENDINGS.get(os.path.splitext(unpack.inner(path))[1])


def grows(format_: Format, path: str) -> bool:
    """Whether files of the format are read on from where reading stopped; others are taken whole."""
    return format_ in ("csv", "ndjson", "lines") and unpack.packing_of(path) is None


def read(format_: Format, path: str, stretch: Stretch, dialect: Dialect | None, wish: Wish) -> Piece:
    """Read a stretch of a file. Raises NotReadyError, RereadError, MemoryError; nothing else whatever the bytes are."""
    try:
        piece = _read(format_, path, stretch, dialect, wish)
        return _typed(piece, wish) if wish.kinds and not piece.kinds and len(piece.lines) >= _MANY else piece
    except (NotReadyError, RereadError, MemoryError):
        raise
    except Exception as error:
        _log.exception("reading %s", path)
        raise NotReadyError(f"cannot be read: {_first_line(error)}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a Rust library's panic derives from BaseException
            raise
        _log.error("a library panicked on %s: %s", path, error)
        raise NotReadyError(f"cannot be read: {_first_line(error)}") from error


def _typed(piece: Piece, wish: Wish) -> Piece:
    """Columns whose every cell is plainly written, parsed as what the table has: here, in a reader's thread."""
    from opsconsole.tables.reading import fastcsv

    piece.data, piece.kinds = fastcsv.typed(piece.data, piece.names, wish.kinds, wish.read.null)
    piece.parsed = bool(piece.kinds)
    return piece


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


def _read(format_: Format, path: str, stretch: Stretch, dialect: Dialect | None, wish: Wish) -> Piece:
    packing = unpack.packing_of(path)
    if packing is None:
        if not stretch.start and format_ in ("csv", "ndjson", "json", "lines"):
            _refuse_others(stretch.data)
        return _read_plain(format_, stretch, dialect, wish)
    data, told = unpack.unpack(stretch.data, packing)
    packed = data is not stretch.data
    piece = _read_plain(format_, Stretch(data, quiet=packed or stretch.quiet), None, wish)
    piece.read_as = f"{told}, {piece.read_as}"
    return piece


def _refuse_others(data: bytes) -> None:
    for magic, what in _OTHERS.items():
        if data.startswith(magic):
            raise NotReadyError(f"not text but {what}")


def _read_plain(format_: Format, stretch: Stretch, dialect: Dialect | None, wish: Wish) -> Piece:
    if format_ == "csv":
        from opsconsole.tables.reading import delimited

        return delimited.read(stretch, dialect, wish)
    if format_ in ("ndjson", "json"):
        from opsconsole.tables.reading import jsonread

        return (
            jsonread.read_lines(stretch, dialect, wish)
            if format_ == "ndjson"
            else jsonread.read_document(stretch, wish)
        )
    if format_ == "lines":
        from opsconsole.tables.reading import linesread

        return linesread.read(stretch, dialect, wish)
    if format_ == "parquet":
        from opsconsole.tables.reading import parquetread

        return parquetread.read(stretch)
    if format_ == "arrow":
        from opsconsole.tables.reading import arrowread

        return arrowread.read(stretch)
    from opsconsole.tables.reading import excelread

    return excelread.read(stretch, wish)
