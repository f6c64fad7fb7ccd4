"""Sign posts along an order: how many rows lie before some keys of it, so that row n is found without counting.

They are counted in one scan: by time in buckets, those that hold too much in finer ones; in files by stretches of
lines. Exact for the data they were counted on. When rows come or go within a stretch of time, only its buckets are
counted again; posts of older data still tell about where row n is.
"""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
from typing import Any

import duckdb
from msgspec import Struct
from msgspec.structs import replace

from opsconsole.kpis.paging.order import FILE, NUMBER, TIME, Key, Order, legs_from
from opsconsole.kpis.paging.rowset import RowSet

BUCKETS = 1024
HEAVY = 8_000
"""A bucket of more rows, and of more than its share, is counted in finer ones."""
_MOST = 8192
"""About so many posts at most."""
_LINES = 13
"""Stretches of 2^13 lines of a file are counted."""
_RECOUNTED = 8
_DEEPEST = 6
_TOP: Key = [round(dt.datetime(9999, 12, 31, tzinfo=dt.UTC).timestamp()) * 10**6, -1, -1]
_UNDATED: Key = [None, 2**31 - 1, 2**62]


class Posts(Struct, frozen=True):
    """`starts[i]`: a key that lies just before bucket i; `before[i]`: rows that come before it."""

    order: str
    starts: list[Key]
    counts: list[int]
    before: list[int]
    total: int

    def near(self, row: int) -> tuple[Key | None, int, Key | None]:
        """A key before row number `row`, how many rows after it that is, and a key that lies beyond it, if any."""
        if not self.starts:
            return None, row, None
        at = max(bisect.bisect_right(self.before, row) - 1, 0)
        return self.starts[at], row - self.before[at], self.starts[at + 1] if at + 1 < len(self.starts) else None


def planted(cursor: duckdb.DuckDBPyConnection, rows: RowSet, order: Order) -> Posts:
    """Posts along an order of a row set as its data is now. Raises duckdb.Error."""
    if order is NUMBER:
        where, values = rows.where()
        total = int(cursor.execute(f"SELECT count(*) FROM {rows.table}{where}", values).fetchall()[0][0])
        return _posts(order, [([-1], total)])
    return _posts(order, _by_time(cursor, rows) if order is TIME else _by_file(cursor, rows))


def first_of(cursor: duckdb.DuckDBPyConnection, rows: RowSet, order: Order, posts: Posts, key: Key) -> int:
    """The number of the row with a key, of data on which the posts were counted. Raises duckdb.Error."""
    if not posts.starts:
        return 0
    at = max(bisect.bisect_right([_rank(order, start) for start in posts.starts], _rank(order, key)) - 1, 0)
    start = posts.starts[at]
    (leg, (after, _)), *_ = legs_from(order, start, forward=True)
    if order.leg_of(start) != order.leg_of(key):
        return posts.before[at] + posts.counts[at]
    where, values = rows.where((f"{after} AND {leg.beyond(key, forward=False, including=False)}", []))
    inside = cursor.execute(f"SELECT count(*) FROM {rows.table}{where}", values).fetchall()[0][0]
    return posts.before[at] + int(inside)


def moved(
    cursor: duckdb.DuckDBPyConnection, rows: RowSet, posts: Posts, first: float | None, last: float | None
) -> Posts | None:
    """The posts by time after rows came or went between two event times (s); None: all has to be counted again."""
    if posts.order != TIME.name or first is None or last is None or not posts.starts:
        return None
    high, low = (round(last * 1e6) + 1, round(first * 1e6) - 1)
    dated = [start for start in posts.starts if start[0] is not None]
    ends = [*(start[0] or 0 for start in dated[1:]), None]
    counts = list(posts.counts)
    met = [
        at for at, (start, end) in enumerate(zip(dated, ends, strict=True))
        if (start[0] or 0) > low and (end is None or end <= high)
    ]  # fmt: skip
    if len(met) > _RECOUNTED:
        return None
    for at in met:
        end = ends[at]
        sql = legs_from(TIME, dated[at], forward=True)[0][1][0]
        if end is not None:
            sql += f" AND {TIME.legs[0].beyond([end, -1, -1], False, False)}"
        where, values = rows.where((sql, []))
        counts[at] = int(cursor.execute(f"SELECT count(*) FROM {rows.table}{where}", values).fetchall()[0][0])
        if counts[at] > 4 * max(HEAVY, posts.total // _MOST):
            return None
    before = [0, *itertools.accumulate(counts)]
    return replace(posts, counts=counts, before=before[:-1], total=before[-1])


def _by_time(cursor: duckdb.DuckDBPyConnection, rows: RowSet) -> list[tuple[Key, int]]:
    where, values = rows.where()
    low, high, dated, total = cursor.execute(
        f"SELECT epoch_us(min(_time)), epoch_us(max(_time)), count(_time), count(*) FROM {rows.table}{where}", values
    ).fetchall()[0]
    found: list[tuple[Key, int]] = []
    if dated:
        edges = _histogram(cursor, rows, low, high, dated, max(HEAVY, dated // _MOST), 0)
        edges.sort(reverse=True)
        # the newest bucket goes on for ever, so that it takes what is still to come
        found = [(_TOP if at == 0 else [end, -1, -1], many) for at, (end, many) in enumerate(edges)]
    if total > dated:
        found.append((_UNDATED, total - dated))
    return found


def _histogram(
    cursor: duckdb.DuckDBPyConnection, rows: RowSet, low: int, high: int, many: int, heavy: int, depth: int
) -> list[tuple[int, int]]:
    """Buckets of the times low..high (µs) as (end, exclusive, rows), those without rows left out."""
    if many <= heavy or low == high or depth == _DEEPEST:
        return [(high + 1, many)]
    # as many as would do if the rows were spread evenly, as they mostly are
    width = (high - low) // max(BUCKETS, 2 * many // heavy) + 1
    inside = f"_time >= make_timestamp({low}) AND _time <= make_timestamp({high})"
    where, values = rows.where((inside, []))
    counted = cursor.execute(
        f"SELECT (epoch_us(_time) - {low}) // {width} AS bucket, count(*) FROM {rows.table}{where} "
        "GROUP BY bucket ORDER BY bucket",
        values,
    ).fetchall()
    found: list[tuple[int, int]] = []
    for bucket, rows_in in counted:
        start = low + int(bucket) * width
        end = min(start + width - 1, high)
        if rows_in > heavy:
            found += _histogram(cursor, rows, start, end, rows_in, heavy, depth + 1)
        elif found and depth == 0 and found[-1][1] + rows_in <= heavy // 2:
            found[-1] = (end + 1, found[-1][1] + rows_in)
        else:
            found.append((end + 1, rows_in))
    return found


def _by_file(cursor: duckdb.DuckDBPyConnection, rows: RowSet) -> list[tuple[Key, int]]:
    where, values = rows.where()
    counted = cursor.execute(
        f"SELECT coalesce(_file, 0) AS f, coalesce(_line, 0) >> {_LINES} AS stretch, count(*) "
        f"FROM {rows.table}{where} GROUP BY ALL ORDER BY f, stretch",
        values,
    ).fetchall()
    found: list[tuple[Key, int]] = []
    for file, stretch, many in counted:
        if found and found[-1][1] + many <= HEAVY:
            found[-1] = (found[-1][0], found[-1][1] + many)
        else:
            found.append(([file, (stretch << _LINES) - 1], many))
    return found


def _posts(order: Order, found: list[tuple[Key, int]]) -> Posts:
    counts = [many for _, many in found]
    before = [0, *itertools.accumulate(counts)]
    return Posts(order.name, [key for key, _ in found], counts, before[:-1], before[-1])


def _rank(order: Order, key: Key) -> tuple[Any, ...]:
    """What sorts keys as their order does."""
    if order is FILE or order is NUMBER:
        return tuple(key)
    if key[0] is None:
        return (1, 0, -(key[1] or 0), -(key[2] or 0))
    return (0, -key[0], -(key[1] or 0), -(key[2] or 0))
