"""Retention: rows whose event is older than a source retains leave its table.

They leave in steps of a day (of an hour, where less than two days are retained), at the midnight of the source's zone,
so that a table is a function of the files and the day and not of the moment at which somebody looked. Rows of newly
read files that are older than the step's cutoff are not inserted at all. Both are counted per file as `expired`, so
that `rows + rejected + expired` are the records of the file. Rows that have no event time stay.

Cells in quarantine of a row that left leave with it; records that never became rows have no event time and stay.
The clock is the wall's unless told otherwise: moments are seconds since the epoch.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct

from opsconsole.site.model import Source
from opsconsole.tables.ledger import Entry

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

_HOUR = 3600.0
_DAY = 86400.0


class Leaving(Struct, frozen=True):
    """What leaves a table with the next step: `rows` with events before `cutoff`, at the moment `at`.

    Both moments are seconds since the epoch.
    """

    rows: int
    at: float
    cutoff: float


def cutoff(source: Source, zone: str, now: float) -> dt.datetime | None:
    """The oldest event that is retained at a moment, naive in UTC as in `_time`; None: all are."""
    if source.retain is None:
        return None
    moment = dt.datetime.fromtimestamp(now - source.retain, ZoneInfo(zone))
    midnight = moment.replace(minute=0, second=0, microsecond=0)
    if source.retain >= 2 * _DAY:
        midnight = midnight.replace(hour=0, fold=0)
    return midnight.astimezone(dt.UTC).replace(tzinfo=None)


def next_step(source: Source, zone: str, now: float) -> tuple[float, dt.datetime] | None:
    """When the cutoff moves next (seconds since the epoch), and to what; None: never."""
    before = cutoff(source, zone, now)
    if before is None or source.retain is None:
        return None
    step = _DAY if source.retain >= 2 * _DAY else _HOUR
    # A day has 23 to 25 hours, so the moment is looked for: after `low` the cutoff has not moved, at `high` it has.
    low, high = now, now + step + 2 * _HOUR
    while high - low > 0.5:
        middle = (low + high) / 2
        moved = cutoff(source, zone, middle)
        low, high = (low, middle) if moved is not None and moved > before else (middle, high)
    at = float(round(high))
    after = cutoff(source, zone, at)
    assert after is not None
    return at, after


def applied(cursor: DuckDBPyConnection, source: str) -> tuple[dt.datetime, float] | None:
    """The cutoff that was last put into effect for a source, and what it retained then (s). Raises duckdb.Error."""
    rows = cursor.execute("SELECT value FROM _ops.meta WHERE key = ?", [_key(source)]).fetchall()
    if not rows:
        return None
    moment, _, retained = rows[0][0].partition(" ")
    return dt.datetime.fromisoformat(moment), float(retained)


def note(cursor: DuckDBPyConnection, source: Source, cutoff: dt.datetime | None) -> None:
    """Note which cutoff is in effect. Raises duckdb.Error."""
    cursor.execute("DELETE FROM _ops.meta WHERE key = ?", [_key(source.name)])
    if cutoff is not None:
        value = f"{cutoff.isoformat()} {source.retain}"
        cursor.execute("INSERT INTO _ops.meta VALUES (?, ?)", [_key(source.name), value])


def effective(cursor: DuckDBPyConnection, source: Source, zone: str, now: float) -> dt.datetime | None:
    """The cutoff for rows that are inserted now: today's, but never before one that was in effect. duckdb.Error.

    A clock that is set back brings no rows back. When the site retains more than before, call `lengthened` first.
    """
    wanted = cutoff(source, zone, now)
    before = applied(cursor, source.name)
    return wanted if wanted is None or before is None else max(wanted, before[0])


def _key(source: str) -> str:
    return f"cutoff:{source}"


# --- rows that leave -----------------------------------------------------------------------------------------------


def kept(rows: pa.Table, cutoff: dt.datetime | None) -> tuple[pa.ChunkedArray | None, dict[int, int]]:
    """Which rows (with `_file` and `_time`) are young enough, None: all; and how many of each file are not."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if cutoff is None or not rows.num_rows:
        return None, {}
    moments = rows.column("_time")
    old = pc.fill_null(pc.less(moments, pa.scalar(cutoff, moments.type)), False)
    if not pc.any(old).as_py():
        return None, {}
    counts = pc.value_counts(rows.filter(old).column("_file"))
    return pc.invert(old), {int(each["values"]): int(each["counts"]) for each in counts.to_pylist()}


def expire(
    cursor: DuckDBPyConnection,
    source: Source,
    table: str,
    cutoff: dt.datetime,
    before: Callable[[str], None] | None = None,
) -> dict[int, int]:
    """Delete rows of `table` (a quoted name) with events before a cutoff, in the caller's transaction.

    Counts them as expired in the ledger, takes their cells out of quarantine, notes the cutoff, and returns the rows
    that left by file. `before` is called with the SQL condition before anything is deleted (keyed sources listen).
    Raises duckdb.Error.
    """
    condition = f"_time < TIMESTAMP '{cutoff.isoformat(sep=' ')}'"
    counts = dict(cursor.execute(f"SELECT _file, count(*) FROM {table} WHERE {condition} GROUP BY _file").fetchall())
    if counts:
        if before is not None:
            before(condition)
        cells = (
            f"file IN ({', '.join(map(str, counts))}) AND \"column\" <> '' AND (file, line) IN"
            f" (SELECT (_file, _line) FROM {table} WHERE {condition})"
        )
        lost = cursor.execute(f"SELECT file, count(*) FROM _ops.quarantine WHERE {cells} GROUP BY file").fetchall()
        if lost:
            cursor.execute(f"DELETE FROM _ops.quarantine WHERE {cells}")
        cursor.execute(f"DELETE FROM {table} WHERE {condition}")
        of_file = dict(lost)
        for number, rows in counts.items():
            cursor.execute(
                'UPDATE _ops.files SET "rows" = "rows" - ?, expired = expired + ?, cells = cells - ? WHERE id = ?',
                [rows, rows, of_file.get(number, 0), number],
            )
    note(cursor, source, cutoff)
    return counts


def lengthened(cursor: DuckDBPyConnection, source: Source, zone: str, now: float) -> list[int]:
    """Files to read again because the site retains more than when their rows left; notes the new cutoff.

    Empty when it does not. To be called in the transaction that notes in the ledger that they are to be read, so that
    being killed loses nothing. Raises duckdb.Error.
    """
    before, wanted = applied(cursor, source.name), cutoff(source, zone, now)
    if before is None or (source.retain is not None and source.retain <= before[1]):
        return []
    note(cursor, source, wanted)
    rows = cursor.execute("SELECT id FROM _ops.files WHERE source = ? AND expired > 0", [source.name]).fetchall()
    return [row[0] for row in rows]


def spent(archived: Sequence[Entry], cutoff: dt.datetime) -> list[Entry]:
    """Archived files of which nothing is left: all their rows are older than the cutoff. Their archives may go."""
    edge = cutoff.replace(tzinfo=dt.UTC).timestamp()
    return [
        entry
        for entry in archived
        if entry.status == "archived" and not entry.rows and (entry.last_event is not None and entry.last_event < edge)
    ]


def leaving(
    cursor: DuckDBPyConnection, source: Source, table: str, zone: str, now: float, columns: Sequence[str] = ("_time",)
) -> Leaving | None:
    """How many rows of a table leave with the next step, and when; None where rows do not leave. Raises duckdb.Error.

    `table` is a quoted name, `columns` are those that it has (a table without files has none).
    """
    step = next_step(source, zone, now)
    if step is None:
        return None
    at, after = step
    count = 0
    if "_time" in columns:
        count = int(cursor.execute(f"SELECT count(*) FROM {table} WHERE _time < ?", [after]).fetchall()[0][0])
    return Leaving(count, at, after.replace(tzinfo=dt.UTC).timestamp())
