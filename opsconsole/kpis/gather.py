"""The values of several KPIs over one span, in as few scans as there are pairs of source and filter.

What a KPI needs of its rows goes into one scan with all others that share source and filter: its value, the sums it is
a ratio of, and limits that are SQL. One over several sources is computed from the values of its components, group by
group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import duckdb
from msgspec import Struct
from msgspec.structs import replace

from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.extent import Extent, Extents
from opsconsole.kpis.failing import begin_again, failure
from opsconsole.kpis.formula import formula_values
from opsconsole.kpis.scan import MEMBERS, Ask, Cursor, Dimensions, Found, Row, scan
from opsconsole.kpis.sealed import Sealed
from opsconsole.kpis.span import Span
from opsconsole.site.calendar import Buckets


class Frame(Struct, frozen=True):
    """What is asked of every KPI alike: span, buckets of trend and grid, chosen members, most members of a split.

    `bare`: only the values of now are wanted, not the sums of ratios and nothing of the stretch before; what no rows
    mean is judged by it all the same.
    """

    span: Span
    trend: Buckets | None = None
    grid: Buckets | None = None
    filters: dict[str, str | None] = {}
    cap: int = MEMBERS
    bare: bool = False


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


_Key = tuple[str, bool]


class _Job(NamedTuple):
    """Groups of each component, and where what the formula makes of them goes.

    Over time, `bucket` is that of a group, and `empty` what no rows mean by component and bucket.
    """

    groups: Sequence[Mapping[Any, Row]]
    target: dict[Any, Row]
    empty: Sequence[Sequence[float | None]] = ()
    bucket: Callable[[Any], int] | None = None


def gather(
    cursor: Cursor,
    binding: Binding,
    wanted: Sequence[Wanted],
    frame: Frame,
    extents: Extents,
    failing: dict[str, str] | None = None,
    sealed: Sealed | None = None,
) -> dict[str, Picked | str]:
    """By KPI what was found, or one line saying why its expression fails on the data.

    `failing` holds KPIs of one source that are known to fail, and why; it grows with those that do. A failure ends a
    transaction: another is begun. With `sealed` long windows are answered from states of days.

    Raises LookupError for a dimension that a source does not have.
    """
    failing = {} if failing is None else failing
    leaves: dict[tuple[str, str | None], dict[_Key, Wanted]] = {}
    for want in wanted:
        for leaf in want.kpi.leaves:
            where = leaf.where.text if leaf.where is not None else None
            group = leaves.setdefault((leaf.source, where), {})
            known = group.get(_key(want, leaf))
            splits, grids = (known.splits, known.grids) if known is not None else ((), ())
            group[_key(want, leaf)] = Wanted(
                leaf, tuple(dict.fromkeys((*splits, *want.splits))), tuple(dict.fromkeys((*grids, *want.grids)))
            )
    found: dict[_Key, Picked | str] = {}
    for group in leaves.values():
        found |= {key: failing[key[0]] for key in group if key[0] in failing}
        well = {key: want for key, want in group.items() if key not in found}
        source = next(iter(group.values())).kpi.source
        if well and extents.failure(source):
            found |= dict.fromkeys(well, extents.failure(source))
        elif well:
            found |= _scanned(cursor, binding, well, frame, extents, sealed)
            failing |= {key[0]: pick for key in group if isinstance(pick := found[key], str)}
    out: dict[str, Picked | str] = {}
    for want in wanted:
        name = want.kpi.kpi.name
        parts = [found[_key(want, leaf)] for leaf in want.kpi.leaves]
        failed = [part for part in parts if isinstance(part, str)]
        if name in failing or failed:
            out[name] = failing.get(name) or failed[0]
        elif not want.kpi.compound:
            out[name] = parts[0]
        else:
            whole = [part for part in parts if isinstance(part, Picked)]
            try:
                out[name] = _computed(cursor, want.kpi, whole, frame, extents)
            except duckdb.Error as error:
                begin_again(cursor)
                out[name] = failing[name] = failure(error)
    return out


def _key(want: Wanted, leaf: BoundKpi) -> _Key:
    """A KPI of a site and the same one as a component are two: the latter has no limits and does not run up."""
    return leaf.kpi.name, want.kpi.compound


def _scanned(
    cursor: Cursor,
    binding: Binding,
    wanted: dict[_Key, Wanted],
    frame: Frame,
    extents: Extents,
    sealed: Sealed | None,
) -> dict[_Key, Picked | str]:
    """KPIs of the same rows. When an expression fails on the data, each is tried by itself."""
    first = next(iter(wanted.values())).kpi
    extent = extents.of(first.source)
    values: dict[tuple[str, bool], int] = {}

    def place(sql: str, *, running: bool = False) -> int:
        """One and the same expression has two places where one trend of it adds up and another does not."""
        return values.setdefault((sql, running), len(values))

    picks: dict[_Key, Picked | str] = {}
    found = Found()
    for key, want in wanted.items():
        kpi = want.kpi
        term = kpi.parts.terms[0] if len(kpi.parts.terms) == 1 and not frame.bare else None
        shared = term is not None and term.denominator is not None
        picks[key] = Picked(
            found=found,
            value=place(kpi.value.text, running=kpi.kpi.cumulative),
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
        span=replace(frame.span, before=None) if frame.bare else frame.span,
        values=tuple(sql for sql, _ in values),
        splits=tuple(dict.fromkeys(split for want in wanted.values() for split in want.splits)),
        trend=frame.trend,
        grid=frame.grid,
        grids=tuple(dict.fromkeys(name for want in wanted.values() for name in want.grids)),
        filters=frame.filters,
        cap=frame.cap,
        running=tuple(at for (_, running), at in values.items() if running),
    )
    try:
        found.take(sealed.answer(cursor, binding, ask, extent) if sealed is not None else scan(cursor, binding, ask))
    except duckdb.Error as error:
        begin_again(cursor)
        if len(wanted) == 1:
            return {key: failure(error) for key in wanted}
        alone = [_scanned(cursor, binding, {key: want}, frame, extents, sealed) for key, want in wanted.items()]
        return {key: pick for each in alone for key, pick in each.items()}
    return picks


def _computed(cursor: Cursor, kpi: BoundKpi, parts: list[Picked], frame: Frame, extents: Extents) -> Picked:
    """A KPI over several sources: its formula on the components' values of each group that any of them has.

    Raises duckdb.Error where the formula fails on them.
    """
    out = Found()
    names = [leaf.kpi.name for leaf in kpi.leaves]
    jobs: list[_Job] = []

    for side in ("now", "before"):
        sides = [getattr(part.found, side) for part in parts]
        for split in dict.fromkeys(split for each in sides for split in each):
            jobs.append(_Job([each.get(split, {}) for each in sides], getattr(out, side).setdefault(split, {})))
    if frame.trend is not None:
        known = [part.extent.known(part.zero, frame.trend) for part in parts]
        jobs.append(_Job([part.found.trend for part in parts], out.trend, known, lambda key: key))
    if frame.grid is not None:
        known = [part.extent.known(part.zero, frame.grid) for part in parts]
        for name in dict.fromkeys(name for part in parts for name in part.found.grids):
            groups = [part.found.grids.get(name, {}) for part in parts]
            jobs.append(_Job(groups, out.grids.setdefault(name, {}), known, lambda key: key[1]))
    rows: list[list[float | None]] = []
    homes: list[tuple[dict[Any, Row], Any, int]] = []
    for job in jobs:
        for key in dict.fromkeys(key for group in job.groups for key in group):
            seen = [group.get(key) for group in job.groups]
            at = job.bucket(key) if job.bucket is not None else None
            rows.append(
                [
                    row.values[part.value] if row is not None else part.empty if at is None else job.empty[place][at]
                    for place, (row, part) in enumerate(zip(seen, parts, strict=True))
                ]
            )
            homes.append((job.target, key, max(row.rows for row in seen if row is not None)))
    for (target, key, count), value in zip(homes, formula_values(cursor, kpi.formula, names, rows), strict=True):
        target[key] = Row(count, (value,))
    for part in parts:
        for split, total in part.found.members.items():
            out.members[split] = max(total, out.members.get(split, 0))
    zero, empty = formula_values(
        cursor, kpi.formula, names, [[part.zero for part in parts], [part.empty for part in parts]]
    )
    return Picked(found=out, value=0, extent=extents.common(kpi.sources), zero=zero, empty=empty)
