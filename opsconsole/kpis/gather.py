"""The values of several KPIs over one span, in as few scans as there are pairs of source and filter.

What a KPI needs of its rows goes into one scan with all others that share source and filter: its value, the sums it is
a ratio of, and limits that are SQL. One over several sources is computed from the values of its components, group by
group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import duckdb
from msgspec import Struct

from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.extent import Extent, Extents
from opsconsole.kpis.formula import formula_values
from opsconsole.kpis.scan import MEMBERS, Ask, Cursor, Dimensions, Found, Row, scan
from opsconsole.kpis.span import Span
from opsconsole.site.calendar import Buckets


class Frame(Struct, frozen=True):
    """What is asked of every KPI alike: span, buckets of trend and grid, chosen members, most members of a split."""

    span: Span
    trend: Buckets | None = None
    grid: Buckets | None = None
    filters: dict[str, str | None] = {}
    cap: int = MEMBERS


class Wanted(NamedTuple):
    """A KPI, the sets of dimensions to group it by (() is the whole), and the dimensions of its grids."""

    kpi: BoundKpi
    splits: tuple[Dimensions, ...] = ((),)
    grids: tuple[str, ...] = ()


class Picked(Struct, frozen=True):
    """One KPI's part of what was found: the places of its numbers in each `Row.values`.

    `numerator` and `denominator` are there for a ratio of sums, `limits` for limits that are SQL. `zero` is what the
    expression gives for no rows, `empty` the same where the source has delivered lately enough to believe it.
    """

    found: Found
    value: int
    extent: Extent
    zero: float | None = None
    empty: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    limits: dict[str, int] = {}


def gather(
    cursor: Cursor,
    binding: Binding,
    wanted: Sequence[Wanted],
    frame: Frame,
    extents: Extents,
    failing: dict[str, str] | None = None,
) -> dict[str, Picked | str]:
    """By KPI what was found, or one line saying why its expression fails on the data.

    `failing` holds KPIs of one source that are known to fail, and why; it grows with those that do. A failure ends a
    transaction: another is begun. Raises LookupError for a dimension that a source does not have.
    """
    leaves: dict[tuple[str, str | None], dict[str, Wanted]] = {}
    for want in wanted:
        for leaf in want.kpi.leaves:
            where = leaf.where.text if leaf.where is not None else None
            group = leaves.setdefault((leaf.source, where), {})
            known = group.get(leaf.kpi.name)
            splits, grids = (known.splits, known.grids) if known is not None else ((), ())
            group[leaf.kpi.name] = Wanted(
                leaf, tuple(dict.fromkeys((*splits, *want.splits))), tuple(dict.fromkeys((*grids, *want.grids)))
            )
    found: dict[str, Picked | str] = {}
    for group in leaves.values():
        known_bad = {name: failing[name] for name in group if failing and name in failing}
        well = [want for name, want in group.items() if name not in known_bad]
        found |= known_bad
        if well:
            found |= _scanned(cursor, binding, well, frame, extents)
            if failing is not None:
                failing |= {name: pick for name in group if isinstance(pick := found[name], str)}
    out: dict[str, Picked | str] = {}
    for want in wanted:
        parts = [found[leaf.kpi.name] for leaf in want.kpi.leaves]
        failed = [part for part in parts if isinstance(part, str)]
        if failed:
            out[want.kpi.kpi.name] = failed[0]
        elif not want.kpi.compound:
            out[want.kpi.kpi.name] = parts[0]
        else:
            whole = [part for part in parts if isinstance(part, Picked)]
            out[want.kpi.kpi.name] = _computed(cursor, want.kpi, whole, extents)
    return out


def failure(error: duckdb.Error) -> str:
    """What DuckDB says of a failed expression, as one short line."""
    return str(error).strip().splitlines()[0][:200]


def begin_again(cursor: Cursor) -> None:
    """After an error a transaction can only be rolled back; outside of one there is nothing to do."""
    try:
        cursor.execute("ROLLBACK")
    except duckdb.TransactionException:
        return
    cursor.execute("BEGIN TRANSACTION READ ONLY")


def _scanned(
    cursor: Cursor, binding: Binding, wanted: list[Wanted], frame: Frame, extents: Extents
) -> dict[str, Picked | str]:
    """KPIs of the same rows. When an expression fails on the data, each is tried by itself."""
    first = wanted[0].kpi
    extent = extents.of(first.source)
    values: dict[str, int] = {}

    def place(sql: str) -> int:
        return values.setdefault(sql, len(values))

    picks: dict[str, Picked | str] = {}
    found = Found()
    for want in wanted:
        kpi = want.kpi
        term = kpi.parts.terms[0] if len(kpi.parts.terms) == 1 else None
        shared = term is not None and term.denominator is not None
        picks[kpi.kpi.name] = Picked(
            found=found,
            value=place(kpi.value.text),
            extent=extent,
            zero=kpi.value.empty,
            empty=kpi.value.empty if extent.delivered(frame.span) else None,
            numerator=place(term.numerator) if term is not None and shared else None,
            denominator=place(term.denominator) if term is not None and term.denominator is not None else None,
            limits={name: place(bound.text) for name, bound in kpi.limits.items()},
        )
    ask = Ask(
        source=first.source,
        where=first.where.text if first.where is not None else None,
        span=frame.span,
        values=tuple(values),
        splits=tuple(dict.fromkeys(split for want in wanted for split in want.splits)),
        trend=frame.trend,
        grid=frame.grid,
        grids=tuple(dict.fromkeys(name for want in wanted for name in want.grids)),
        filters=frame.filters,
        cap=frame.cap,
        running=tuple(values[want.kpi.value.text] for want in wanted if want.kpi.kpi.cumulative),
    )
    try:
        found.take(scan(cursor, binding, ask))
    except duckdb.Error as error:
        begin_again(cursor)
        if len(wanted) == 1:
            return {first.kpi.name: failure(error)}
        alone = [_scanned(cursor, binding, [want], frame, extents) for want in wanted]
        return {name: pick for each in alone for name, pick in each.items()}
    return picks


def _computed(cursor: Cursor, kpi: BoundKpi, parts: list[Picked], extents: Extents) -> Picked:
    """A KPI over several sources: its formula on the components' values of each group that any of them has."""
    out = Found()
    names = [leaf.kpi.name for leaf in kpi.leaves]
    jobs: list[tuple[Sequence[Mapping[Any, Row]], dict[Any, Row]]] = []

    for side in ("now", "before"):
        sides = [getattr(part.found, side) for part in parts]
        for split in dict.fromkeys(split for each in sides for split in each):
            jobs.append(([each.get(split, {}) for each in sides], getattr(out, side).setdefault(split, {})))
    jobs.append(([part.found.trend for part in parts], out.trend))
    for name in dict.fromkeys(name for part in parts for name in part.found.grids):
        jobs.append(([part.found.grids.get(name, {}) for part in parts], out.grids.setdefault(name, {})))
    rows: list[list[float | None]] = []
    homes: list[tuple[dict[Any, Row], Any, int]] = []
    for groups, target in jobs:
        for key in dict.fromkeys(key for group in groups for key in group):
            seen = [group.get(key) for group in groups]
            rows.append(
                [
                    row.values[part.value] if row is not None else part.empty
                    for row, part in zip(seen, parts, strict=True)
                ]
            )
            homes.append((target, key, max(row.rows for row in seen if row is not None)))
    for (target, key, count), value in zip(homes, formula_values(cursor, kpi.formula, names, rows), strict=True):
        target[key] = Row(count, (value,))
    for part in parts:
        for split, total in part.found.members.items():
            out.members[split] = max(total, out.members.get(split, 0))
    zero, empty = formula_values(
        cursor, kpi.formula, names, [[part.zero for part in parts], [part.empty for part in parts]]
    )
    return Picked(found=out, value=0, extent=extents.common(kpi.sources), zero=zero, empty=empty)
