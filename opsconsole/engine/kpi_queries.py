"""Answers to what clients ask of one KPI: by what it can be broken down, compared with what, moved by whom, its SQL."""

from __future__ import annotations

import datetime as dt

import duckdb
import msgspec

from opsconsole.engine.messages import (
    AskCompare,
    AskDimensions,
    AskMoved,
    AskSeries,
    AskSql,
    Compared,
    Dimension,
    Dimensions,
    Moved,
    Series,
    Sql,
)
from opsconsole.kpis.behind import behind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.compare import compare
from opsconsole.kpis.dimensions import dimensions
from opsconsole.kpis.moved import moved
from opsconsole.kpis.ranged import Ranged, over_range
from opsconsole.kpis.series import series

AskOfKpi = AskDimensions | AskCompare | AskMoved | AskSeries | AskSql
_MOST_LIKES = 200


def ranged(binding: Binding, kpi: str, start: float | None, end: float | None, now: dt.datetime) -> Ranged:
    """A binding in which a KPI covers a range that was asked for (seconds since the epoch), else it as it is.

    Raises LookupError for a KPI that cannot be computed, ValueError for a range that ends before it begins.
    """
    if start is None or end is None:
        return Ranged(binding, "")
    return over_range(binding, kpi, *between(start, end), now)


def between(start: float, end: float) -> tuple[dt.datetime, dt.datetime]:
    """Two moments that were asked for. Raises ValueError where they are no range."""
    try:
        first, last = (dt.datetime.fromtimestamp(each, dt.UTC) for each in (start, end))
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError(f"{start:g} to {end:g} are no moments") from error
    if last < first:
        raise ValueError("that range ends before it begins")
    return first, last


def answer(
    cursor: duckdb.DuckDBPyConnection, binding: Binding, body: AskOfKpi, now: dt.datetime, until: dt.datetime | None
) -> Dimensions | Compared | Moved | Series | Sql:
    """The answer at `now`, all of one version of the data. `until` is `now` where that is a past moment.

    Raises LookupError for unknown names, ValueError or duckdb.Error where an expression fails on the data.
    """
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    if isinstance(body, AskDimensions):
        found = dimensions(cursor, binding, body.kpi, now, until)
        return Dimensions(body.kpi, [msgspec.convert(each, Dimension, from_attributes=True) for each in found])
    if isinstance(body, AskSeries):
        course = series(
            cursor, binding, body.kpi, body.where, now, *between(body.start, body.end), body.most, until
        )  # fmt: skip
        return msgspec.structs.replace(
            msgspec.convert(course, Series, from_attributes=True), where=body.where, at=body.at
        )
    binding = ranged(binding, body.kpi, body.start, body.end, now).binding
    if isinstance(body, AskCompare):
        likes = min(max(body.likes, 1), _MOST_LIKES)
        compared = compare(cursor, binding, body.kpi, body.where, now, likes, until)
        return msgspec.structs.replace(
            msgspec.convert(compared, Compared, from_attributes=True), where=body.where, at=body.at
        )
    if isinstance(body, AskMoved):
        by = (body.by,) if body.by else ()
        moving = moved(cursor, binding, body.kpi, body.where, now, by, body.against, until)
        return msgspec.structs.replace(
            msgspec.convert(moving, Moved, from_attributes=True), where=body.where, at=body.at
        )
    return Sql(body.kpi, behind(binding, body.kpi, body.what, body.where, now, body.by, until))
