"""Reader of Arrow: files (Feather version 2) and streams, taken whole; the row's number is its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opsconsole.tables.reading import arrowtypes, parquetread
from opsconsole.tables.reading.piece import NotReadyError, Piece, Stretch

if TYPE_CHECKING:
    import pyarrow as pa

_FILE, _FEATHER_1 = b"ARROW1", b"FEA1"
_STREAM = b"\xff\xff\xff\xff"
_END = b"\xff\xff\xff\xff\0\0\0\0"


def read(stretch: Stretch) -> Piece:
    """Read a whole file or stream. Raises NotReadyError while its end is missing, or when it is damaged.

    Streams need not say where they end: one that stops between two batches is taken when the file is quiet.
    """
    import pyarrow as pa

    data = stretch.data
    if not data:
        return arrowtypes.piece(pa.table({}), "arrow", "Arrow", 0)
    try:
        table, told = _table(pa.BufferReader(data), data, stretch.quiet)
        table.validate(full=True)  # offsets are not checked on reading: a damaged one would end the process
    except (pa.ArrowException, OSError) as error:
        raise NotReadyError(f"not a whole Arrow file: {_short(error)}") from error
    return arrowtypes.piece(table, "arrow", told, len(data))


def _table(source: Any, data: bytes, quiet: bool) -> tuple[pa.Table, str]:
    if data.startswith(_FEATHER_1):
        raise NotReadyError("Feather version 1 is no longer read: write the file again as version 2 (Arrow IPC)")
    if _FILE.startswith(data[:6]):
        if len(data) < 24 or not data.endswith(_FILE):
            raise NotReadyError("not a whole Arrow file: it has no footer yet")
        opened = _opened(source, data)
        count = opened.num_record_batches
        return opened.read_all(), "Arrow file" + (f", {count} batches" if count > 1 else "")
    if data.startswith(_STREAM[: len(data)]) or data[4:8].startswith(b"\x10\0\0\0"[: len(data[4:8])]):
        if not data.endswith(_END) and not quiet:
            raise NotReadyError("the Arrow stream has no end yet")
        return _opened(source, data).read_all(), "Arrow stream"
    raise NotReadyError(f"not an Arrow file, whatever its name says: it begins with {data[:4].hex(' ')}")


def _opened(source: Any, data: bytes) -> Any:
    import pyarrow.ipc as ipc

    return ipc.open_file(source) if data.startswith(_FILE) else ipc.open_stream(source)


def place(path: str, row: int) -> str:
    """Where a row lies: `batch 3, row 17` (both from 1). Raises OSError and ValueError for a file that changed."""
    import pyarrow as pa

    try:
        with pa.memory_map(path) as source:
            opened = _opened(source, source.read_at(6, 0))
            count = getattr(opened, "num_record_batches", None)
            batches = opened if count is None else map(opened.get_batch, range(count))
            return parquetread.within("batch", [batch.num_rows for batch in batches], row)
    except pa.ArrowException as error:
        raise ValueError(_short(error)) from error


def _short(error: BaseException) -> str:
    return str(error).splitlines()[0][:200]
