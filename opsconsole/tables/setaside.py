"""Looking into quarantine: pages of what was set aside, how much for which reason, and the cells of given rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from opsconsole.tables.records import SetAside
from opsconsole.tables.store import Store

LARGEST_PAGE = 20_000
_FROM = "FROM _ops.quarantine q JOIN _ops.files f ON f.id = q.file"
_ORDER = 'q.noted DESC, f.path, q.line, q."column", q.rowid'


class Wanted(Struct, frozen=True):
    """Which of it: `file` is a glob over the shown path, `reason` a part of the reason in any case; "" for any."""

    source: str = ""
    file: str = ""
    reason: str = ""
    column: str = ""


class Heap(Struct, frozen=True):
    """What was set aside of one source for one reason in one column."""

    source: str
    reason: str
    column: str
    count: int
    files: int
    first: float
    last: float
    example: str


def page(
    store: Store, wanted: Wanted, after: list[Any] | None = None, limit: int = 500
) -> tuple[list[SetAside], int, list[Any] | None]:
    """Records newest first, how many there are in all, and the place of the next page (None: this was the last).

    Raises ValueError for an `after` that no page gave, duckdb.Error.
    """
    where, values = _where(wanted)
    limit = min(max(limit, 0), LARGEST_PAGE)
    behind, place = _behind(after)
    with contextlib.closing(store.cursor()) as cursor:
        total = cursor.execute(f"SELECT count(*) {_FROM} WHERE {where}", values).fetchall()[0][0]
        rows = cursor.execute(
            f"""SELECT q.source, f.path, q.line, q."column", q.reason, q.raw, q.noted, q.rowid {_FROM}
                WHERE {where}{behind} ORDER BY {_ORDER} LIMIT {limit + 1}""",
            values + place,
        ).fetchall()
    more = len(rows) > limit > 0
    last = rows[limit - 1] if more else None
    found = [SetAside(*row[:7]) for row in rows[:limit]]
    return found, total, [last[6], last[1], last[2], last[3], last[7]] if last else None


def heaps(store: Store, wanted: Wanted, limit: int = 500) -> tuple[list[Heap], int]:
    """The same by source, reason and column, the largest first; and how many records that are. Raises duckdb.Error."""
    where, values = _where(wanted)
    with contextlib.closing(store.cursor()) as cursor:
        total = cursor.execute(f"SELECT count(*) {_FROM} WHERE {where}", values).fetchall()[0][0]
        rows = cursor.execute(
            f"""SELECT q.source, q.reason, q."column", count(*), count(DISTINCT q.file), min(q.noted), max(q.noted),
                       coalesce(arg_max(q.raw, q.noted), '') {_FROM}
                WHERE {where} GROUP BY ALL ORDER BY count(*) DESC, q.source, q.reason, q."column" LIMIT {int(limit)}""",
            values,
        ).fetchall()
    return [Heap(*row) for row in rows], total


def cells_of(store: Store, source: str, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], list[SetAside]]:
    """What was set aside at given places (file id, line) of a source. Raises duckdb.Error."""
    wanted = sorted(set(places))
    if not wanted:
        return {}
    listed = ", ".join(f"({int(file)}, {int(line)})" for file, line in wanted)
    files = ", ".join(str(int(file)) for file in sorted({file for file, _ in wanted}))
    with contextlib.closing(store.cursor()) as cursor:
        rows = cursor.execute(
            f"""SELECT q.file, q.source, f.path, q.line, q."column", q.reason, q.raw, q.noted {_FROM}
                WHERE q.source = ? AND q.file IN ({files}) AND (q.file, q.line) IN (VALUES {listed})
                ORDER BY q.rowid""",
            [source],
        ).fetchall()
    found: dict[tuple[int, int], list[SetAside]] = {}
    for row in rows:
        found.setdefault((row[0], row[3]), []).append(SetAside(*row[1:]))
    return found


def at_line(store: Store, source: str, path: str, line: int) -> list[SetAside]:
    """What was set aside of one line of a file (its shown path). Raises duckdb.Error."""
    with contextlib.closing(store.cursor()) as cursor:
        rows = cursor.execute(
            f"""SELECT q.source, f.path, q.line, q."column", q.reason, q.raw, q.noted {_FROM}
                WHERE q.source = ? AND f.path = ? AND q.line = ? ORDER BY q.rowid LIMIT 100""",
            [source, path, line],
        ).fetchall()
    return [SetAside(*row) for row in rows]


def _where(wanted: Wanted) -> tuple[str, list[Any]]:
    conditions, values = ["true"], list[Any]()
    if wanted.source:
        conditions.append("q.source = ?")
        values.append(wanted.source)
    if wanted.file:
        conditions.append("(f.path GLOB ? OR f.path = ?)")
        values += [wanted.file if "/" in wanted.file else f"*{wanted.file}", wanted.file]
    if wanted.reason:
        conditions.append("contains(lower(q.reason), lower(?))")
        values.append(wanted.reason)
    if wanted.column:
        conditions.append('lower(q."column") = lower(?)')
        values.append(wanted.column)
    return " AND ".join(conditions), values


def _behind(after: list[Any] | None) -> tuple[str, list[Any]]:
    """The records after the last one of a page; noted is the one part that falls."""
    if after is None:
        return "", []
    kinds = (float, str, int, str, int)
    if len(after) != 5 or not all(isinstance(part, kind) for part, kind in zip(after, kinds, strict=True)):
        raise ValueError("this is not where a page ended")
    noted, path, line, column, row = after
    later = '(f.path, q.line, q."column", q.rowid) > (?, ?, ?, ?)'
    return f" AND (q.noted < ? OR (q.noted = ? AND {later}))", [noted, noted, path, line, column, row]
