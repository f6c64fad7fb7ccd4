"""Chooses the reader of a file by its format, and turns every way a file can be broken into `NotReadyError`."""

from __future__ import annotations

import logging
import os
import zlib

from opsconsole.site.model import Format
from opsconsole.tables.piece import Dialect, NotReadyError, Piece, RereadError, Stretch, Wish

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
}
_log = logging.getLogger(__name__)


def format_of(path: str, wished: Format | None) -> Format | None:
    """The format of a file: what the site says, else by its ending (of what is inside a `.gz`)."""
    if wished is not None:
        return wished
    base = path.lower()
    return _ENDINGS.get(os.path.splitext(base.removesuffix(".gz"))[1])


def grows(format_: Format, path: str) -> bool:
    """Whether files of the format are read on from where reading stopped; others are taken whole."""
    return format_ in ("csv", "ndjson") and not path.lower().endswith(".gz")


def read(format_: Format, path: str, stretch: Stretch, dialect: Dialect | None, wish: Wish) -> Piece:
    """Read a stretch of a file. Raises NotReadyError, RereadError, MemoryError; nothing else whatever the bytes are."""
    try:
        return _read(format_, path, stretch, dialect, wish)
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


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__


def _read(format_: Format, path: str, stretch: Stretch, dialect: Dialect | None, wish: Wish) -> Piece:
    if path.lower().endswith(".gz"):
        stretch = Stretch(_unzip(stretch.data))
        piece = _read_plain(format_, stretch, None, wish)
        piece.read_as = f"gzip, {piece.read_as}"
        return piece
    return _read_plain(format_, stretch, dialect, wish)


def _read_plain(format_: Format, stretch: Stretch, dialect: Dialect | None, wish: Wish) -> Piece:
    if format_ == "csv":
        from opsconsole.tables import delimited

        return delimited.read(stretch, dialect, wish)
    if format_ in ("ndjson", "json"):
        from opsconsole.tables import jsonread

        return (
            jsonread.read_lines(stretch, dialect, wish)
            if format_ == "ndjson"
            else jsonread.read_document(stretch, wish)
        )
    if format_ == "parquet":
        from opsconsole.tables import parquetread

        return parquetread.read(stretch)
    from opsconsole.tables import excelread

    return excelread.read(stretch, wish)


def _unzip(data: bytes) -> bytes:
    """All members of a gzip file. Raises NotReadyError while its end is missing."""
    pieces = []
    while data:
        member = zlib.decompressobj(wbits=31)
        try:
            pieces.append(member.decompress(data))
        except zlib.error as error:
            raise NotReadyError(f"not a whole gzip file: {error}") from error
        if not member.eof:
            raise NotReadyError("the gzip file has no end yet")
        data = member.unused_data.lstrip(b"\0")
    return b"".join(pieces)
