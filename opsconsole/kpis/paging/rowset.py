"""Row sets: the rows of one table that are meant, as SQL with parameters, and how a row of it is found again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.drill import Subject
from opsconsole.kpis.expression import RESERVED, Checker, Fault
from opsconsole.kpis.lasting import SECONDS, among, overlap
from opsconsole.kpis.paging.filters import Condition, column_of, filtered, searched
from opsconsole.kpis.paging.wanted import Narrowing
from opsconsole.kpis.quick import QUICK
from opsconsole.kpis.span import Stretch, moment
from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.names import did_you_mean, show
from opsconsole.tables.names import HASH, ident

Place = Literal["lines", "numbers", "none", "groups"]
"""How a row is known again: by file and line, by the number it has in a kept result, or not at all: derived rows may
be there twice, and groups are no rows."""

_FIRST, _LAST = dt.datetime(1, 1, 1, tzinfo=dt.UTC), dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


class RowSet(Struct, frozen=True):
    """Rows of a source or of a kept result.

    `table`: what stands after FROM, with the values of its parameters in `given`. `identity`: SQL for the place of a
    row in the table's storage, "" where it has none. `columns`: those that are shown, with their DuckDB types. `of`:
    the conditions of what it is about, `kept`: those that people narrow it with. `bounded`: the conditions hold for a
    stretch of event time that moves with the clock. `zone`: that of moments without one. `note`: what could not be
    done.
    """

    source: str
    table: str
    columns: dict[str, str]
    place: Place
    identity: str = ""
    given: tuple[Any, ...] = ()
    of: tuple[Condition, ...] = ()
    kept: tuple[Condition, ...] = ()
    bounded: bool = False
    zone: str = "UTC"
    note: str = ""

    def where(self, *more: Condition) -> Condition:
        """All conditions, and some more, as ` WHERE …`, empty where there are none."""
        sql, values = conjunction((*self.of, *self.kept, *more))
        return sql, [*self.given, *values]

    @property
    def key(self) -> str:
        """Two row sets with one key have the same rows as long as the data is the same."""
        return repr((self.table, self.given, self.of, self.kept, list(self.columns)))

    @property
    def whole(self) -> bool:
        """Whether it is all rows of a table."""
        return not self.of and not self.kept and not self.table.startswith("(")


def conjunction(conditions: tuple[Condition, ...]) -> Condition:
    """Conditions as ` WHERE …` with their values; empty where there are none."""
    if not conditions:
        return "", []
    return " WHERE " + " AND ".join(sql for sql, _ in conditions), [each for _, values in conditions for each in values]


ALL = Narrowing()


def row_set(binding: Binding, subject: Subject, where: Mapping[str, str | None], narrowing: Narrowing = ALL) -> RowSet:
    """The rows of a subject, of chosen members, narrowed.

    Raises LookupError for an unknown source, dimension or column, ValueError for a filter or an expression that does
    not fit.
    """
    schema = binding.schemas.get(subject.source)
    if schema is None:
        known = (*binding.site.sources, *BUILT_IN)
        if subject.source not in known:
            raise LookupError(f"there is no source `{show(subject.source)}`{did_you_mean(subject.source, known)}")
        raise LookupError(f"`{subject.source}` has no rows yet")
    plain, members = binding.filters(subject.source, dict(where))
    taken = iter(members)
    of: list[Condition] = [(sql, [next(taken)] if sql.endswith("= ?") else []) for sql in plain]
    of += [(f"(\n{condition}\n)", []) for condition in subject.conditions]
    table, identity = ident(subject.source), "rowid"
    until = binding.until.get(subject.source)
    if until is not None:
        own = "" if subject.source in binding.views else "rowid AS _rowid"
        lasting = among(subject.source, until, subject.stretch, subject.until, also=own)
        table, identity = f"({lasting}) AS {table}", "_rowid"
    elif subject.stretch is not None:
        of.append((subject.stretch.sql, []))
    if subject.stretch is None and subject.until is not None:
        of.append((f"_time <= {moment(subject.until)}", []))
    derived = subject.source in binding.views or subject.source in BUILT_IN
    source = binding.site.sources.get(subject.source)
    timed = source is not None and source.time is not None
    note = ""
    if narrowing.start is not None or narrowing.end is not None:
        if timed:
            of.append((_within(narrowing, until), []))
        else:
            note = "its rows have no times: all of them, as now"
    found = RowSet(
        source=subject.source,
        table=table,
        columns={name: kind for name, kind in schema.items() if name not in (*RESERVED, HASH)},
        place="none" if derived else "lines",
        identity="" if derived or any(name.lower() == identity for name in schema) else identity,
        of=tuple(of),
        bounded=subject.stretch is not None or subject.until is not None or until is not None,
        note=note,
    )
    shown = (source.timezone if source is not None else "") or binding.site.timezone
    extra = {**schema, SECONDS: "DOUBLE"} if until is not None else schema
    return narrowed(found, narrowing, binding.site.timezone, shown, extra)


def numbered_set(name: str, table: str, columns: Mapping[str, str], narrowing: Narrowing, zone: str) -> RowSet:
    """The rows of a kept result, whose table has `_row` besides its columns. Raises as `row_set` does."""
    found = RowSet(source=name, table=ident(table), columns=dict(columns), place="numbers")
    if narrowing.start is not None or narrowing.end is not None:
        found = replace(found, note="the rows of a result have no times: all of them")
    return narrowed(found, narrowing, zone, zone, columns)


def narrowed(rows: RowSet, by: Narrowing, zone: str, shown: str, schema: Mapping[str, str]) -> RowSet:
    """A row set with words, filters and an expression; `schema`: the columns that an expression may name."""
    kept: list[Condition] = []
    for wanted in by.filters:
        column = column_of(rows.columns, wanted.column, rows.source)
        kept.append(filtered(wanted, column, rows.columns[column], zone, shown))
    kept += searched(by.words, list(rows.columns))
    if by.expression.strip():
        kept.append((f"(\n{_checked(rows.source, by.expression, schema)}\n)", []))
    return replace(rows, kept=tuple(kept), zone=shown)


def _checked(source: str, expression: str, schema: Mapping[str, str]) -> str:
    """An expression that is a condition on one row of a source, quick on any row. Raises ValueError."""
    checker = Checker({source: schema}, only=QUICK)
    try:
        found = checker.condition(source, expression)
    finally:
        checker.close()
    if isinstance(found, Fault):
        raise ValueError(f"{found.message} (at character {found.offset + 1})" if found.offset else found.message)
    return found.text


def _within(narrowing: Narrowing, until: str | None) -> str:
    """Event times from `start` to before `end`; rows that last are in it where they reach into it."""
    start = _FIRST if narrowing.start is None else dt.datetime.fromtimestamp(narrowing.start, dt.UTC)
    end = _LAST if narrowing.end is None else dt.datetime.fromtimestamp(narrowing.end, dt.UTC)
    stretch = Stretch(start, end, after_start=False, to_end=False)
    return f"({overlap(stretch, until)})" if until is not None else stretch.sql
