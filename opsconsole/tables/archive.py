"""Archives: what was taken from a file that is deleted or moved away, for sources with `on_delete: keep`.

Each file is one Parquet file below `<state>/archive/<source>`: its rows in the types of the table, its quarantined
records and cells, and in the metadata all that the ledger knew of it. It is on the disk before the ledger says so,
under a name that follows from the file's path and content, so that being killed in between costs nothing: the file is
still known as gone, and its archive is written again under the same name. An archive that the ledger does not speak of
is read as a file of the source (a database that is new), or removed where the file itself is back.

The rows of an archive have the types that they had: pinned otherwise later, they are cast as far as that goes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from opsconsole.tables import fingerprint
from opsconsole.tables.ledger import Entry
from opsconsole.tables.names import ident

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection


VERSION = 1
_FACTS = b"opsconsole.archive"
_ROWS = 1 << 17
"""Rows of a row group: as many are in memory at a time."""
_ASIDE = ("column", "reason", "raw", "noted")


class ArchiveError(Exception):
    """An archive cannot be read; the message says which and why."""


class Facts(Struct):
    """What an archive says of its file. `path` is the file's own, in the bytes of the system.

    `names` are the columns of the table, `aside` is the column of the archive that holds quarantined records,
    `evidence` what the file showed about types, packed as in the ledger.
    """

    version: int
    path: bytes
    entry: Entry
    names: list[str]
    aside: str
    evidence: bytes = b""

    def restored(self) -> Entry:
        """The entry as it was, with its path."""
        return msgspec.structs.replace(self.entry, path=os.fsdecode(self.path))


@dataclass(frozen=True)
class Content:
    """The rows of an archive with their lines, and what was in quarantine (`Reject`s with the time of their noting)."""

    facts: Facts
    rows: pa.Table
    lines: Sequence[int]
    aside: list[tuple[int, str, str, str, float]]


def folder(state: Path, source: str) -> Path:
    """Where the archives of a source lie."""
    return state / "archive" / urllib.parse.quote(source, safe=" -_.")


def file_name(entry: Entry) -> str:
    """The name of a file's archive: the same for the same content of the same path."""
    what = f"{entry.offset} {entry.prefix}" if entry.prefix else f"{entry.size} {entry.mtime_ns} {entry.rows}"
    digest = hashlib.blake2b(os.fsencode(entry.path) + b"\0" + what.encode(), digest_size=12).hexdigest()
    stem = "".join(c if c.isalnum() or c in "-_." else "_" for c in os.path.basename(entry.shown))[:60]
    return f"{stem or 'file'}-{digest}.parquet"


# --- writing -------------------------------------------------------------------------------------------------------


def write(cursor: DuckDBPyConnection, table: str, entry: Entry, columns: Sequence[str], state: Path) -> Path:
    """Put the rows of a file in `table` (a quoted name; `columns` without our own), and its quarantine, on the disk.

    When this returns they are there to stay. Raises OSError (a full disk: the rows are in the table still and nothing
    half-written is left behind) and duckdb.Error.
    """
    place = folder(state, entry.source)
    made = not place.exists()
    place.mkdir(parents=True, exist_ok=True)
    if made:
        for parent in (place, place.parent, state):
            sync_folder(parent)
    path = place / file_name(entry)
    half = path.with_name(f".{path.name}.tmp")
    try:
        with half.open("wb") as stream:
            _fill(stream, cursor, table, entry, columns)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(half, path)
    except BaseException:
        with contextlib.suppress(OSError):  # the first trouble is the one to tell of
            half.unlink()
        raise
    sync_folder(place)
    return path


def _fill(stream: Any, cursor: DuckDBPyConnection, table: str, entry: Entry, columns: Sequence[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    aside = "_quarantine"
    while aside.lower() in {name.lower() for name in columns}:
        aside += "_"
    found = cursor.execute("SELECT found FROM _ops.evidence WHERE file = ?", [entry.id]).fetchall()
    listed = ", ".join(["_line", *map(ident, columns)])
    rows = cursor.sql(f"SELECT {listed} FROM {table} WHERE _file = {int(entry.id)}").to_arrow_reader(_ROWS)
    struct = pa.struct([(n, pa.float64() if n == "noted" else pa.string()) for n in _ASIDE])
    facts = Facts(
        VERSION, os.fsencode(entry.path), msgspec.structs.replace(entry, path="", status="archived"), list(columns),
        aside, bytes(found[0][0]) if found and found[0][0] is not None else b"",
    )  # fmt: skip
    schema = pa.schema([*rows.schema, pa.field(aside, struct)], {_FACTS: msgspec.json.encode(facts)})
    # Whatever ends this early, the cursor must be free for other work again.
    with contextlib.closing(rows), pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(_batch(schema, batch.columns, batch.num_rows))
        query = f'SELECT line, "column", reason, raw, noted FROM _ops.quarantine WHERE file = {int(entry.id)}'
        for batch in cursor.sql(query).to_arrow_table().to_batches(_ROWS):
            told = pa.StructArray.from_arrays(
                [batch.column(i + 1).cast(struct.field(i).type) for i in range(4)], names=list(_ASIDE)
            )
            writer.write_batch(_batch(schema, [batch.column(0)], batch.num_rows, told))


def _batch(schema: pa.Schema, columns: Sequence[pa.Array], rows: int, aside: pa.Array | None = None) -> pa.RecordBatch:
    """Columns of the archive, those that are missing as NULL."""
    import pyarrow as pa

    missing = [pa.nulls(rows, field.type) for field in list(schema)[len(columns) : -1]]
    last = aside if aside is not None else pa.nulls(rows, schema.field(len(schema) - 1).type)
    return pa.record_batch([*columns, *missing, last], schema=schema)


# --- reading -------------------------------------------------------------------------------------------------------


def facts_of(path: Path) -> Facts:
    """What an archive says of its file. Raises ArchiveError."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(path).metadata or {}
        facts = msgspec.json.decode(metadata[_FACTS], type=Facts)
    except KeyError as error:
        raise ArchiveError(f"{path} is not an archive of opsconsole") from error
    except (pa.ArrowException, OSError, msgspec.MsgspecError) as error:
        raise ArchiveError(f"the archive {path} cannot be read: {str(error).splitlines()[0]}") from error
    if facts.version != VERSION:
        raise ArchiveError(f"the archive {path} was written by another version of opsconsole ({facts.version})")
    return facts


def read(path: Path) -> Iterator[Content]:
    """The content of an archive, a part at a time and at least one part. Raises ArchiveError."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    facts = facts_of(path)
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            for group in range(max(file.num_row_groups, 1)):
                part = file.read_row_group(group) if file.num_row_groups else file.read()
                told = part.column(part.num_columns - 1)
                rows = part.filter(pc.is_null(told))
                records = part.filter(pc.is_valid(told))
                aside = [
                    (line, each["column"], each["reason"], each["raw"], each["noted"])
                    for line, each in zip(
                        records.column(0).to_pylist(), records.column(part.num_columns - 1).to_pylist(), strict=True
                    )
                ]
                data = rows.select(range(1, part.num_columns - 1))
                yield Content(facts, data, rows.column(0).to_pylist(), aside)
    except (pa.ArrowException, OSError) as error:
        raise ArchiveError(f"the archive {path} cannot be read: {str(error).splitlines()[0]}") from error


def listing(state: Path, source: str) -> list[Path]:
    """The archives of a source, by name; what a write left behind that was cut off is removed. Raises OSError."""
    place = folder(state, source)
    found = []
    try:
        names = sorted(os.listdir(place))
    except FileNotFoundError:
        return []
    for name in names:
        if name.startswith(".") and name.endswith(".tmp"):
            (place / name).unlink(missing_ok=True)
        elif name.endswith(".parquet"):
            found.append(place / name)
    return found


def remove(path: Path) -> None:
    """Remove an archive for good; one that is gone already is fine. Raises OSError."""
    path.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make names in a folder survive a crash of the machine. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


# --- the file is back ----------------------------------------------------------------------------------------------


def returned(entry: Entry, path: str, full: bool = False) -> bool:
    """Whether the file at a path begins with all that was taken from the file of an entry.

    It may have grown since, if it is of a kind that grows; of others the whole was taken, and a longer file is another.
    Ask it of the entry's own path, and of a file with the entry's inode. `full`: fingerprints are of all bytes.
    Raises OSError when that cannot be told.
    """
    if not entry.offset or not entry.prefix:
        return False
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        return os.fstat(fd).st_size >= entry.offset and fingerprint.of_file(fd, entry.offset, full) == entry.prefix
    finally:
        os.close(fd)


def covered(entry: Entry, live: Mapping[str, Entry], full: bool = False) -> bool:
    """Whether a live file of the ledger holds the content of an archived entry: then the archive is superfluous.

    Looked for under its path and under its inode. Raises OSError when the file cannot be read to tell.
    """
    for other in live.values():
        same = other.path == entry.path or (other.dev, other.ino) == (entry.dev, entry.ino)
        if not same or other.offset < entry.offset or not entry.prefix:
            continue
        if other.offset == entry.offset:
            if other.prefix == entry.prefix:
                return True
        elif returned(entry, other.path, full):
            return True
    return False
