"""Answers to what clients ask of one KPI: by what it can be broken down, compared with what, moved by whom, its SQL."""

from __future__ import annotations

import datetime as dt

import duckdb
import msgspec

from opsconsole.engine.messages import (
    AskCompare,
    AskDimensions,
    AskMoved,
    AskSql,
    Compared,
    Dimension,
    Dimensions,
    Moved,
    Sql,
)
from opsconsole.kpis.behind import behind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.compare import compare
from opsconsole.kpis.dimensions import dimensions
from opsconsole.kpis.moved import moved

AskOfKpi = AskDimensions | AskCompare | AskMoved | AskSql
_MOST_LIKES = 200


def answer(
    cursor: duckdb.DuckDBPyConnection, binding: Binding, body: AskOfKpi, now: dt.datetime, until: dt.datetime | None
) -> Dimensions | Compared | Moved | Sql:
    """The answer at `now`, all of one version of the data. `until` is `now` where that is a past moment.

    Raises LookupError for unknown names, ValueError or duckdb.Error where an expression fails on the data.
    """
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    if isinstance(body, AskDimensions):
        found = dimensions(cursor, binding, body.kpi, now, until)
        return Dimensions(body.kpi, [msgspec.convert(each, Dimension, from_attributes=True) for each in found])
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
