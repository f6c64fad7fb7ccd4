"""The disk budget of a site, and the room on its volume: told in words before either runs out.

Used is what the database holds (its used blocks, so that rows that left make room at once, though the file itself does
not shrink), its log, the archives and the scratch files. From 80 % on there is a notice; at 100 % no new rows are
taken: files wait, deletions go on, and it heals when the budget is raised or rows leave.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from opsconsole.tables.names import ident, literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOTICE = 0.8
LEAST_SHARE = 0.05
LEAST_BYTES = 500 * 10**6
RETRY = 15.0
"""Seconds after which a file that waits for room is looked at again."""


class Usage(Struct, frozen=True):
    """Bytes on the disk. `free` and `size` are those of the volume that the state lies on."""

    database: int
    log: int
    archives: int
    scratch: int
    free: int
    size: int

    @property
    def used(self) -> int:
        """What counts against the budget."""
        return self.database + self.log + self.archives + self.scratch


class Verdict(Struct, frozen=True):
    """`notice` is a sentence for the screen, empty while all is well. `full`: take no new rows, for `reason`."""

    full: bool = False
    notice: str = ""
    reason: str = ""


def usage(cursor: DuckDBPyConnection, database: Path) -> Usage:
    """What a store uses; `database` is its file, beside which all else of it lies. Raises duckdb.Error and OSError."""
    cursor.execute("PRAGMA database_size")
    names = [column[0] for column in cursor.description or []]
    sizes = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    used = next(
        (each["block_size"] * each["used_blocks"] for each in sizes if each["database_name"] == database.stem), 0
    )
    volume = os.statvfs(database.parent)
    return Usage(
        database=int(used),
        log=_size(database.with_name(database.name + ".wal")),
        archives=sum(_sizes(database.parent / "archive")),
        scratch=sum(_sizes(database.parent / "scratch")),
        free=volume.f_bavail * volume.f_frsize,
        size=volume.f_blocks * volume.f_frsize,
    )


def judge(found: Usage, budget: int | None, shares: Mapping[str, int], state: str = "") -> Verdict:
    """What to say and do about it. `shares`: bytes by source, as far as known; `state` names the place of the state."""
    room = _volume(found, state)
    if budget is None:
        return Verdict(notice=room)
    if found.used < NOTICE * budget:
        return Verdict(notice=room)
    most = max(shares.items(), key=lambda item: item[1], default=None)
    who = f"source {most[0]} takes most of it ({size_text(most[1])})" if most else ""
    what = "raise `disk`, or let rows leave sooner (`retain`)"
    if found.used >= budget:
        reason = f"the disk budget of {size_text(budget)} is used up; {what}"
        notice = (
            f"the disk budget of {size_text(budget)} is used up ({size_text(found.used)}), so no new rows are taken"
        )
        return Verdict(True, "; ".join(text for text in (notice, who, what, room) if text), reason)
    share = f"{size_text(found.used)} of the disk budget of {size_text(budget)} are used"
    return Verdict(notice="; ".join(text for text in (share, who, what, room) if text))


def _volume(found: Usage, state: str) -> str:
    if found.free >= max(LEAST_SHARE * found.size, min(LEAST_BYTES, 2 * LEAST_SHARE * found.size)):
        return ""
    where = f" of {state}" if state else " of the tables"
    return f"the disk{where} is nearly full: {size_text(found.free)} of {size_text(found.size)} are free; make room"


def shares(cursor: DuckDBPyConnection, database: Path, tables: Mapping[str, list[str]]) -> dict[str, int]:
    """Bytes by source: blocks of its tables (source -> schema-less names as in `duckdb_tables`) and its archives.

    Blocks that hold parts of several columns count for each, so the sum may pass the whole; the order is what matters.
    It reads the map of all blocks: ask it when there is a reason. Raises duckdb.Error and OSError.
    """
    from opsconsole.tables import archive

    block = cursor.execute("SELECT block_size FROM pragma_database_size()").fetchall()[0][0]
    result = {}
    for source, names in tables.items():
        blocks = 0
        for name in names:
            there = cursor.execute(
                "SELECT schema_name FROM duckdb_tables() WHERE table_name = ? AND NOT internal AND NOT temporary",
                [name],
            ).fetchall()
            for (schema,) in there:
                where = literal(f"{ident(schema)}.{ident(name)}")
                blocks += cursor.execute(
                    f"SELECT count(DISTINCT block_id) FROM pragma_storage_info({where}) WHERE persistent"
                ).fetchall()[0][0]
        result[source] = blocks * int(block) + sum(_sizes(archive.folder(database.parent, source)))
    return result


def size_text(size: float) -> str:
    """Bytes as people write them: 20 GB, 1.5 MB. Decimal, as `disk` in the site file is read."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}" if size < 999.5 * factor else f"{size / factor:.0f} {unit}"
    return f"{size:.0f} B"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _sizes(folder: Path) -> Iterator[int]:
    for place, _, names in os.walk(folder):
        for name in names:
            yield _size(Path(place) / name)
