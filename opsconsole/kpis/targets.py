"""Limits that lie in a table: the rows of a KPI's `targets_from` as entries beside those of its card."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import duckdb

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.expression import RESERVED, ident, number
from opsconsole.kpis.failing import begin_again, failure
from opsconsole.kpis.limits import BESIDE, LIMITS, LimitBook
from opsconsole.kpis.scan import Cursor
from opsconsole.site.calendar import zone
from opsconsole.site.model import Targets

MOST = 100_000
"""Rows of a source of limits that are looked at, the latest of its files and lines."""


def books_of(
    cursor: Cursor, binding: Binding, now: dt.datetime, failing: dict[str, str] | None = None
) -> dict[str, LimitBook]:
    """The limits of every bound KPI at `now`.

    A view may fail on the data: it then sets none, and `failing` grows with the source and why. Raises duckdb.Error
    where nothing is given for that.
    """
    tables: dict[str, list[tuple[str, Targets]]] = {}
    books = {}
    for name, bound in binding.kpis.items():
        source = bound.kpi.targets_from
        if source in binding.schemas and source not in tables and source not in (failing or ()):
            try:
                tables[source] = _read(cursor, binding, source, now)
            except duckdb.Error as error:
                if failing is None:
                    raise
                begin_again(cursor)
                failing[source] = failure(error)
        entries = [entry for kpi, entry in tables.get(source, []) if kpi in ("", name.casefold())]
        own = {column.casefold() for each in bound.sources for column in binding.schemas[each]}
        books[name] = LimitBook(
            bound.kpi,
            [entry for entry in entries if own >= {each.casefold() for each in entry.where}],
            missing=bool(source) and not tables.get(source) and not _rows(cursor, binding, source, failing),
        )
    return books


def _rows(cursor: Cursor, binding: Binding, source: str, failing: Mapping[str, str] | None) -> int:
    """How many rows a source of limits has, those for later too."""
    if source not in binding.schemas or source in (failing or ()):
        return 0
    found: int = cursor.execute(f"SELECT count(*) FROM {ident(source)}").fetchall()[0][0]
    return found


def without_limits(binding: Binding, failing: Mapping[str, str]) -> dict[str, str]:
    """KPIs whose limits cannot be had, so that nobody could say whether they are good, each with a sentence why."""
    return {
        name: f"its limits cannot be had from {kpi.kpi.targets_from}: {failing[kpi.kpi.targets_from]}"
        for name, kpi in binding.kpis.items()
        if kpi.kpi.targets_from in failing
    }


def _read(cursor: Cursor, binding: Binding, source: str, now: dt.datetime) -> list[tuple[str, Targets]]:
    """The KPI each row is for ("" for all) and the limits it sets, those that begin later last."""
    columns = {column.casefold(): column for column in binding.schemas[source] if column not in RESERVED}
    dimensions = [column for folded, column in columns.items() if folded not in {*LIMITS, *BESIDE}]

    def text(name: str) -> str:
        return f"trim(CAST({ident(columns[name])} AS VARCHAR))" if name in columns else "''"

    limits = [f"TRY_CAST({ident(columns[name])} AS DOUBLE)" if name in columns else "NULL" for name in LIMITS]
    members = "".join(f", CAST({ident(column)} AS VARCHAR)" for column in dimensions)
    order, kept = "_file, _line", ""
    if "since" in columns:
        since = f"TRY_CAST({ident(columns['since'])} AS TIMESTAMP)"
        local = now.astimezone(zone(binding.site)).replace(tzinfo=None).isoformat(sep=" ")
        order = f"{since} NULLS FIRST, {order}"
        kept = f" WHERE {since} IS NULL OR {since} <= TIMESTAMP '{local}'"
    rows = cursor.execute(
        f"SELECT {text('kpi')}, {text('shift')}, {', '.join(limits)}{members} FROM {ident(source)}{kept} "
        f"ORDER BY {order} LIMIT {MOST}"
    ).fetchall()
    return [((row[0] or "").casefold(), _entry(row, dimensions)) for row in rows]


def _entry(row: tuple[object, ...], dimensions: list[str]) -> Targets:
    members: Mapping[str, object] = dict(zip(dimensions, row[2 + len(LIMITS) :], strict=True))
    return Targets(
        where={name: str(member) for name, member in members.items() if member not in (None, "")},
        shift=str(row[1]) if row[1] else None,
        **{name: number(value) for name, value in zip(LIMITS, row[2 : 2 + len(LIMITS)], strict=True)},
    )
