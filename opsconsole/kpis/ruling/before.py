"""Who had rows in the stretch before: the members alone, without any value of theirs."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from opsconsole.kpis.binding import BoundKpi
from opsconsole.kpis.expression import ident
from opsconsole.kpis.failing import begin_again
from opsconsole.kpis.lasting import meant
from opsconsole.kpis.ruling.context import Context
from opsconsole.kpis.ruling.grouping import grouping, grouping_sets, mask_of
from opsconsole.kpis.ruling.outcome import INSTANCES
from opsconsole.kpis.scan import Members
from opsconsole.kpis.span import Span, Stretch

_By = tuple[str, ...]
_Rows = tuple[str, str | None]


def members_before(
    context: Context, wanted: Iterable[tuple[BoundKpi, _By]], stretch: Stretch
) -> dict[tuple[str, _By], list[Members]]:
    """By KPI and labels the members that had rows in a stretch, of a KPI over several sources in any of them.

    Where the rows cannot be had there is nobody, and the KPI's own values will say why.
    """
    asked: dict[_Rows, dict[_By, None]] = {}
    pairs = list(dict.fromkeys((kpi.kpi.name, by) for kpi, by in wanted))
    kpis = {kpi.kpi.name: kpi for kpi, _ in wanted}
    for name, by in pairs:
        for leaf in kpis[name].leaves:
            asked.setdefault(_rows_of(leaf), {})[by] = None
    found = {rows: _had(context, rows, list(sets), stretch) for rows, sets in asked.items()}
    return {
        (name, by): list(dict.fromkeys(each for leaf in kpis[name].leaves for each in found[_rows_of(leaf)][by]))
        for name, by in pairs
    }


def _rows_of(leaf: BoundKpi) -> _Rows:
    return leaf.source, leaf.where.text if leaf.where is not None else None


def _had(context: Context, rows: _Rows, sets: list[_By], stretch: Stretch) -> dict[_By, list[Members]]:
    """By labels the members that had rows of a source which meet a filter."""
    binding, (source, where) = context.binding, rows
    columns = list(dict.fromkeys(binding.column(source, name) for by in sets for name in by))
    own = {by: [binding.column(source, name) for name in by] for by in sets}
    table, condition = meant(source, binding.until.get(source), Span(stretch))
    kept = f"{condition} AND (\n{where}\n)" if where is not None else condition
    members = "".join(f", CAST({ident(name)} AS VARCHAR)" for name in columns)
    query = (
        f"SELECT {grouping(columns)}{members} FROM {table} WHERE {kept}{grouping_sets(columns, own.values())} "
        f"LIMIT {INSTANCES * len(sets)}"
    )
    try:
        found = context.cursor.execute(query).fetchall()
    except duckdb.Error:
        begin_again(context.cursor)
        return {by: [] for by in sets}
    out: dict[_By, list[Members]] = {}
    for by in sets:
        mask = mask_of(columns, own[by])
        places = [1 + columns.index(name) for name in own[by]]
        out[by] = [tuple(row[place] for place in places) for row in found if row[0] == mask]
    return out
