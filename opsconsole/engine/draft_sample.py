"""A look into a few files: column names, kinds and some values, from a bounded number of bytes."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from opsconsole.engine.draft_files import Family, Found
from opsconsole.site.model import Format, Read
from opsconsole.tables.reading import reader
from opsconsole.tables.reading.guess import Kind, Style, guess
from opsconsole.tables.reading.piece import Dialect, NotReadyError, Piece, RereadError, Stretch, Wish, styles_of

if TYPE_CHECKING:
    import pyarrow as pa

HEAD = 96 << 10
TAIL = 32 << 10
LARGEST_WHOLE = 6 << 20
ROWS = 1500
MOST_COLUMNS = 300
WISH = Wish(Read())


class Column(Struct):
    """A column: numbers are floats, moments aware datetimes, all else text; None where there is no value.

    `as_text`: the file holds text in which the kind was recognised, although its format has types of its own.
    """

    name: str
    kind: Kind
    values: list[Any]
    as_text: bool = False

    @property
    def filled(self) -> list[Any]:
        """The values there are."""
        return [value for value in self.values if value is not None]


class Sample(Struct):
    """What some rows of a family look like. `newest`: the latest moment by column. `whole`: these are all rows."""

    columns: list[Column]
    rows: int
    whole: bool = False
    newest: dict[str, dt.datetime] = {}


def take(family: Family) -> Sample | None:
    """A sample of the newest file of a family that can be read, of three; None when none can."""
    for file in sorted(family.files, key=lambda file: (file.size > 0, round(file.changed), file.name), reverse=True)[
        :3
    ]:
        try:
            sample = _sample(file, family.format)
        except (OSError, NotReadyError, RereadError, MemoryError):
            continue  # the feed reports files that cannot be read, each with its reason
        if sample is not None and sample.columns:
            return sample
    return None


def _sample(file: Found, format_: Format) -> Sample | None:
    if format_ == "parquet":
        return _parquet(Path(file.path))
    grows = reader.grows(format_, file.path)
    if not grows and file.size > LARGEST_WHOLE:
        raise NotReadyError("too large to look into")
    with Path(file.path).open("rb") as stream:
        data = stream.read(HEAD if grows else LARGEST_WHOLE)
        whole = len(data) >= file.size
        piece = reader.read(format_, file.path, Stretch(data, last=whole, quiet=True), None, WISH)
        sample = _columns(piece, whole)
        if not whole:
            stream.seek(max(len(data), file.size - TAIL))
            _add_tail(sample, stream.read(TAIL), format_, file.path, piece.dialect)
    return sample


def _columns(piece: Piece, whole: bool) -> Sample:
    columns: list[Column] = []
    _, styles = styles_of(piece, WISH)
    for index, name in enumerate(piece.names[:MOST_COLUMNS]):
        columns.append(_column(name, piece.data.column(index), styles[name], typed=bool(piece.kinds)))
    newest = {
        column.name: max(column.filled)
        for column in columns
        if column.kind in ("time", "zoned", "date") and column.filled
    }
    return Sample(columns, piece.data.num_rows, whole and piece.data.num_rows <= ROWS, newest)


def _column(name: str, column: pa.ChunkedArray, style: Style, *, typed: bool) -> Column:
    # Moments in a row tell how often something happens; of the rest a spread shows more of what there is.
    in_a_row = style.kind in ("time", "zoned", "date") or len(column) <= ROWS
    raw = column.slice(0, ROWS).to_pylist() if in_a_row else column.to_pylist()[:: -(-len(column) // ROWS)]
    kind, as_text = style.kind, False
    if typed and kind == "text":
        found = guess([str(value) for value in raw[:300] if value is not None])
        if found.kind in ("time", "zoned", "date"):
            style, kind, as_text = found, found.kind, True
    return Column(name, kind, [value_of(value, style, kind) for value in raw], as_text)


def _parquet(path: Path) -> Sample:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from opsconsole.tables.reading import parquetread

    try:
        with pq.ParquetFile(path) as file:
            batch = next(file.iter_batches(batch_size=ROWS, use_threads=False), None)
            total = file.metadata.num_rows
            highest = _highest(file.metadata)
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_batches([batch] if batch is not None else [], schema=batch and batch.schema), sink)
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        raise NotReadyError(str(error)) from error
    # Through the reader of the tables, so that names and kinds are those that the table will have.
    piece = parquetread.read(Stretch(sink.getvalue().to_pybytes()))
    sample = _columns(piece, total <= ROWS)
    for column in sample.columns:
        if column.name in sample.newest and column.name in highest:
            newest = moment_of(highest[column.name], Style(column.kind))
            sample.newest[column.name] = max(newest or sample.newest[column.name], sample.newest[column.name])
    return sample


def _highest(metadata: Any) -> dict[str, Any]:
    """The highest value of each column by the statistics of a Parquet file."""
    highest: dict[str, Any] = {}
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            if column.statistics is None or not column.statistics.has_min_max:
                continue
            value = column.statistics.max
            before = highest.get(column.path_in_schema)
            highest[column.path_in_schema] = value if before is None or value > before else before
    return highest


def _add_tail(sample: Sample, data: bytes, format_: Format, path: str, dialect: Dialect) -> None:
    """Note the newest moments at the end of a file that was not read whole."""
    start = data.find(b"\n") + 1
    if dialect.whole or not start:
        return
    try:
        piece = reader.read(format_, path, Stretch(data[start:], start=1, lines=1, quiet=True), dialect, WISH)
    except (NotReadyError, RereadError):
        return  # the end is written otherwise than the head; the head alone then says how new the data is
    for column in _columns(piece, whole=False).columns:
        if column.kind in ("time", "zoned", "date") and column.filled:
            newest = max(column.filled)
            sample.newest[column.name] = max(newest, sample.newest.get(column.name, newest))


# --- values ----------------------------------------------------------------------------------------------------


def value_of(raw: Any, style: Style, kind: Kind) -> Any:
    """A value as numbers, aware moments and text; None when it does not fit its column."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if kind in ("integer", "number"):
        return _number(raw, style)
    if kind in ("time", "zoned", "date"):
        return moment_of(raw, style)
    return str(raw)


def _number(raw: Any, style: Style) -> float | None:
    if isinstance(raw, str):
        text = re.sub(r"[^0-9.,eE+-]", "", raw)
        text = text.replace(".", "").replace(",", ".") if style.decimal == "," else text.replace(",", "")
    else:
        text = str(raw)
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e300 else None


_LOCAL = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{2,4})(?:[T ]+(\d{1,2}):(\d{2}))?")
_ISO = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


def moment_of(raw: Any, style: Style) -> dt.datetime | None:
    """A moment, aware; one without a zone is taken as UTC, which is near enough to tell its age."""
    if isinstance(raw, dt.datetime):
        return raw if raw.tzinfo else raw.replace(tzinfo=dt.UTC)
    if isinstance(raw, dt.date):
        return dt.datetime.combine(raw, dt.time(), dt.UTC)
    text = str(raw).strip()
    try:
        exact = dt.datetime.fromisoformat(text)
        return exact if exact.tzinfo else exact.replace(tzinfo=dt.UTC)
    except ValueError:
        return _loose(text, style)


def _loose(text: str, style: Style) -> dt.datetime | None:
    iso, local = _ISO.match(text), _LOCAL.match(text)
    if iso:
        year, month, day, hour, minute, second = (int(part or 0) for part in iso.groups())
    elif local:
        first, other, year, hour, minute = (int(part or 0) for part in local.groups())
        day, month = (other, first) if style.order == "mdy" else (first, other)
        year, second = year + (2000 if year < 100 else 0), 0
    else:
        return None
    try:
        return dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC)
    except ValueError:
        return None
