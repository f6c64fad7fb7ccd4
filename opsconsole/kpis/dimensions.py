"""By what a KPI can be broken down: its own dimensions, and any other column of its sources that has few members."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct

from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.expression import RESERVED, ident
from opsconsole.kpis.lasting import meant
from opsconsole.kpis.nodes import bound_kpi
from opsconsole.kpis.scan import MEMBERS, Cursor
from opsconsole.kpis.span import span_of

# Text and truth values are what people group by; numbers come after them, times and nested values not at all.
_WORDS = ("VARCHAR", "BOOLEAN", "ENUM", "UUID")
_NEVER = ("TIMESTAMP", "TIME", "BLOB", "INTERVAL")


class Dimension(Struct, frozen=True):
    """A column to break a KPI down by. `own`: the site file names it; `members` is about how many it has."""

    name: str
    own: bool
    members: int


def dimensions(
    cursor: Cursor, binding: Binding, kpi: str, now: dt.datetime, until: dt.datetime | None = None
) -> list[Dimension]:
    """The KPI's own dimensions in their order, then other columns: text before numbers, each by name.

    Of the others those with 2 to 500 members among the rows of the KPI's window at `now`, as far as a sketch can count
    them. Raises LookupError for an unknown KPI, duckdb.Error when its filter fails on the data.
    """
    bound = bound_kpi(binding, kpi)
    shared = _shared(binding, bound)
    leaf = bound.leaves[0]
    own = {name.casefold() for name in bound.by}
    counts = _members(cursor, binding, bound, leaf, [binding.column(leaf.source, name) for name in shared], now, until)
    found = [Dimension(name, True, counts.get(name.casefold(), 0)) for name in bound.by]
    others = [
        Dimension(name, False, counts[name.casefold()])
        for name in shared
        if name.casefold() not in own and 2 <= counts[name.casefold()] <= MEMBERS
    ]
    kinds = binding.schemas[leaf.source]
    others.sort(key=lambda each: (not kinds[binding.column(leaf.source, each.name)].startswith(_WORDS), each.name))
    return found + others


def _shared(binding: Binding, kpi: BoundKpi) -> list[str]:
    """The columns that all sources of a KPI have, as the first spells them."""
    first, *others = [binding.schemas[source] for source in kpi.sources]
    known = [{name.casefold() for name in columns} for columns in others]
    return [
        name
        for name, kind in first.items()
        if name not in RESERVED
        and not kind.startswith(_NEVER)
        and not kind.endswith(("]", ")"))
        and all(name.casefold() in columns for columns in known)
    ]


def _members(
    cursor: Cursor,
    binding: Binding,
    kpi: BoundKpi,
    leaf: BoundKpi,
    columns: list[str],
    now: dt.datetime,
    until: dt.datetime | None,
) -> dict[str, int]:
    if not columns:
        return {}
    conditions = [f"(\n{leaf.where.text}\n)"] if leaf.where is not None else []
    span = span_of(kpi.kpi.window, kpi.timed, now, binding.site, until)
    table, condition = meant(leaf.source, binding.until.get(leaf.source), span)
    conditions.append(condition)
    counted = ", ".join(f"approx_count_distinct({ident(name)})" for name in columns)
    query = f"SELECT {counted} FROM {table} WHERE {' AND '.join(conditions)}"
    row = cursor.execute(query).fetchall()[0]
    return {name.casefold(): count for name, count in zip(columns, row, strict=True)}
