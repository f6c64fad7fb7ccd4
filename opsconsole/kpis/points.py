"""A KPI's past as arrays: its value at each of many stretches, for each group of rows, from one scan of each source.

Missing is not zero: a group without rows in a stretch has no value (NaN) there, unless its expression gives a number
for none and the source had rows before and after.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.cadence import Stretches
from opsconsole.kpis.expression import ident
from opsconsole.kpis.extent import Extent, Extents
from opsconsole.kpis.formula import formula_values
from opsconsole.kpis.lasting import free
from opsconsole.kpis.scan import MEMBERS, Ask, Cursor, Members, bucketed
from opsconsole.kpis.span import Span, Stretch
from opsconsole.site.calendar import Buckets

Floats = NDArray[np.float64]


class Points(Struct, frozen=True):
    """Values of a KPI: `values[group, point]` (NaN: none), `rows[group, point]` the rows behind each.

    `members[group]` are in the order of `by`; () alone is the whole. Points end at `ends` (seconds since the epoch).
    `more[name][group, point]`: further aggregates that were asked for.
    """

    kpi: str
    by: tuple[str, ...]
    members: list[Members]
    starts: list[float]
    ends: list[float]
    step: float
    width: int
    values: Floats
    rows: NDArray[np.int64]
    more: dict[str, Floats] = {}

    def of(self, members: Members) -> Floats | None:
        """The values of one group; None where it has none."""
        return self.values[self.members.index(members)] if members in self.members else None


Reader = Callable[
    [
        Cursor, Binding, BoundKpi, Stretches, tuple[str, ...], dict[str, str | None], dict[str, str], Extents,
        "dt.datetime | None",
    ],
    Points,
]  # fmt: skip
"""What reads the points of a KPI of one source, with the arguments of `leaf_points`."""


def points(
    cursor: Cursor,
    binding: Binding,
    kpi: BoundKpi,
    stretches: Stretches,
    by: tuple[str, ...] = (),
    where: Mapping[str, str | None] | None = None,
    more: Mapping[str, str] | None = None,
    until: dt.datetime | None = None,
    read: Reader | None = None,
) -> Points:
    """The values of a KPI at stretches, for each group of the columns `by` among the rows of the members `where`.

    At most `MEMBERS` groups, those with the most rows. `more`: SQL aggregates over the same rows by name, of a KPI of
    one source. `until`: a past moment, whose later rows are left out. `read`: reads the points of one source in place
    of `leaf_points`, as `KeptPoints` does. Raises LookupError for an unknown column,
    ValueError for a KPI without times, duckdb.Error where an expression fails on the data.
    """
    if not kpi.timed:
        raise ValueError(f"{kpi.kpi.title or kpi.kpi.name}: its rows have no times, so it has no past")
    more = dict(more or {})
    if more and kpi.compound:
        raise ValueError(f"{kpi.kpi.title or kpi.kpi.name} is made of several sources")
    extents = Extents(cursor, binding, until)
    read = read or leaf_points
    found = [read(cursor, binding, leaf, stretches, by, dict(where or {}), more, extents, until) for leaf in kpi.leaves]
    if not kpi.compound:
        return found[0]
    members = list(dict.fromkeys(group for each in found for group in each.members))
    shape = (len(members), stretches.count)
    parts = [_spread(each, members, leaf, stretches, extents) for each, leaf in zip(found, kpi.leaves, strict=True)]
    names = [leaf.kpi.name for leaf in kpi.leaves]
    cells = [
        [None if np.isnan(value) else float(value) for value in cell]
        for cell in np.stack(parts, -1).reshape(-1, len(parts))
    ]
    values = formula_values(cursor, kpi.formula, names, cells)
    rows = np.zeros(shape, dtype=np.int64)
    for each in found:
        for at, group in enumerate(each.members):
            place = members.index(group)
            rows[place] = np.maximum(rows[place], each.rows[at])
    return _made(
        kpi, by, members, stretches, np.array([np.nan if v is None else v for v in values]).reshape(shape), rows, {}
    )


def leaf_points(
    cursor: Cursor, binding: Binding, kpi: BoundKpi, stretches: Stretches, by: tuple[str, ...],
    where: dict[str, str | None], more: dict[str, str], extents: Extents, until: dt.datetime | None,
) -> Points:  # fmt: skip
    """The points of a KPI of one source."""
    edges, places = _edges(stretches)
    values = (kpi.value.text, *more.values())
    stop = edges[-1] if until is None else min(edges[-1], until)
    ask = Ask(
        source=kpi.source,
        where=kpi.where.text if kpi.where is not None else None,
        span=Span(Stretch(edges[0], max(stop, edges[0]), after_start=False, to_end=False), until=until),
        values=values,
        trend=Buckets(stretches.step, edges),
        grids=by,
        filters=where,
    )
    base, bucket, columns, parameters = bucketed(binding, ask)
    taken = {name.lower() for name in binding.schemas[kpi.source]} | {bucket}
    slot, last = free("_slot", taken), len(edges) - 2
    if stretches.width > 1:
        base = (
            f"SELECT *, unnest(range(greatest({bucket}, {stretches.width - 1}), "
            f"least({bucket} + {stretches.width - 1}, {last}) + 1)) AS {slot} FROM ({base})"
        )
    else:
        base = f"SELECT *, {bucket} AS {slot} FROM ({base})"
    groups = [ident(columns[name]) for name in by]
    shown = "".join(f", CAST({each} AS VARCHAR)" for each in groups)
    numbers = "".join(f", CAST((\n{value}\n) AS DOUBLE)" for value in values)
    query = (
        f"SELECT {slot}, count(*){shown}{numbers} FROM ({base}) AS {ident(kpi.source)} "
        f"WHERE {slot} IS NOT NULL GROUP BY {', '.join([slot, *groups])}"
    )
    lines = cursor.execute(query, parameters).fetchall()
    totals: dict[Members, int] = {}
    for line in lines:
        group = tuple(line[2 : 2 + len(by)])
        totals[group] = totals.get(group, 0) + line[1]
    members = sorted(totals, key=lambda group: (-totals[group], tuple(name or "" for name in group)))[:MEMBERS]
    if not by:
        members = [()]
    order = {group: at for at, group in enumerate(members)}
    empty = known(kpi, stretches, extents)
    found = {name: np.full((len(members), stretches.count), np.nan) for name in ("", *more)}
    found[""][:] = empty
    rows = np.zeros((len(members), stretches.count), dtype=np.int64)
    for line in lines:
        at, place = order.get(tuple(line[2 : 2 + len(by)])), places.get(line[0])
        if at is None or place is None:
            continue
        rows[at, place] = line[1]
        for name, value in zip(found, line[2 + len(by) :], strict=True):
            found[name][at, place] = np.nan if value is None or not np.isfinite(value) else value
    return _made(kpi, by, members, stretches, found.pop(""), rows, found)


def _edges(stretches: Stretches) -> tuple[list[dt.datetime], dict[int, int]]:
    """The edges that cut out the stretches and what lies between and, for rolling points, before them; by bucket which
    point it ends."""
    lead = stretches.width - 1
    first = stretches.starts[0]
    before = [first - dt.timedelta(seconds=stretches.step * back) for back in range(lead, 0, -1)]
    edges = sorted({*before, *stretches.starts, *stretches.ends})
    at = {start: place for place, start in enumerate(stretches.starts)}
    return edges, {bucket: at[edge] for bucket, edge in enumerate(edges[:-1]) if edge in at}


def known(kpi: BoundKpi, stretches: Stretches, extents: Extents) -> Floats:
    """For each stretch what no rows mean in it."""
    zero = kpi.value.empty
    extent = extents.of(kpi.source) if zero is not None else Extent()
    if zero is None or extent.first is None or extent.last is None:
        return np.full(stretches.count, np.nan)
    inside = [
        end >= extent.first and start <= extent.last
        for start, end in zip(stretches.starts, stretches.ends, strict=True)
    ]
    return np.where(inside, float(zero), np.nan)


def _spread(found: Points, members: list[Members], leaf: BoundKpi, stretches: Stretches, extents: Extents) -> Floats:
    """The values of a component for all groups that any component has."""
    values = np.tile(known(leaf, stretches, extents), (len(members), 1))
    for at, group in enumerate(found.members):
        values[members.index(group)] = found.values[at]
    return values


def _made(
    kpi: BoundKpi, by: tuple[str, ...], members: list[Members], stretches: Stretches,
    values: Floats, rows: NDArray[np.int64], more: dict[str, Floats],
) -> Points:  # fmt: skip
    return Points(
        kpi=kpi.kpi.name,
        by=by,
        members=members,
        starts=[start.timestamp() for start in stretches.starts],
        ends=[end.timestamp() for end in stretches.ends],
        step=stretches.step,
        width=stretches.width,
        values=values,
        rows=rows,
        more=more,
    )
