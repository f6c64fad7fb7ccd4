"""An archive as a file to be taken: its rows, records and cells as a reader of the file itself would give them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from opsconsole.tables import archive
from opsconsole.tables.reading import evidence as ev
from opsconsole.tables.reading.evidence import Evidence, Kind
from opsconsole.tables.reading.piece import Dialect, Piece
from opsconsole.tables.records import Reject
from opsconsole.tables.writer import Take

if TYPE_CHECKING:
    import pyarrow as pa


def take_of(path: Path, number: int) -> Take:
    """The whole of an archive for one transaction, under the id `number`. Raises ArchiveError."""
    import numpy as np
    import pyarrow as pa

    parts = list(archive.read(path))
    facts = parts[0].facts
    entry = msgspec.structs.replace(
        facts.restored(), id=number, status="archived", reason="", rows=0, rejected=0, cells=0, expired=0,
        retry_at=None, tries=0, racy=False,
    )  # fmt: skip
    data = pa.concat_tables([part.rows for part in parts])
    kinds: dict[str, Kind] = {name: _kind(column.type) for name, column in zip(facts.names, data.columns, strict=True)}
    found: Evidence = ev.unpacked(facts.evidence) if facts.evidence else {}
    if not found:
        for name, column in zip(facts.names, data.columns, strict=True):
            found[name.lower()] = ev.of_typed(kinds[name], len(column) - column.null_count)
    lines = np.array([line for part in parts for line in part.lines], np.int64)
    dialect = msgspec.json.decode(entry.dialect, type=Dialect) if entry.dialect else Dialect("parquet")
    piece = Piece(
        dialect,
        facts.names,
        data.rename_columns([f"c{place}" for place in range(data.num_columns)]),
        lines,
        entry.offset,
        entry.lines,
        rejects=[Reject(line, column, reason, raw) for part in parts for line, column, reason, raw, _ in part.aside],
        read_as="from its archive",
        kinds=kinds,
        evidence=found,
    )
    return Take(entry, piece, fresh=True)


def _kind(type_: pa.DataType) -> Kind:
    import pyarrow as pa

    if pa.types.is_timestamp(type_):
        return "zoned" if type_.tz else "time"
    kinds: list[tuple[bool, Kind]] = [
        (pa.types.is_boolean(type_), "boolean"),
        (pa.types.is_integer(type_), "integer"),
        (pa.types.is_floating(type_), "number"),
        (pa.types.is_date(type_), "date"),
    ]
    return next((kind for fits, kind in kinds if fits), "text")
