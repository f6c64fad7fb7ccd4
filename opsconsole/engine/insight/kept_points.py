"""The points of KPIs kept from one look to the next: only those are read again whose rows came, went or changed since.

The tables say of which event times rows were touched, and by which transaction (`tables/touched`). A point is of the
rows from its start, of rolling points from before it, to its end: those that end before all that was touched stand as
they were; the others are read anew, a late row's and all after it too. What no rows mean at a point hangs on how far
the source reaches, and is told anew each time.

All is read anew after a change of the site, for sources whose rows last, for views on which a touched row may bear at
any time, for stretches with gaps in between, and where there may be more groups than are read.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left, bisect_right
from functools import partial

import duckdb
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.cadence import Stretches
from opsconsole.kpis.extent import Extent, Extents
from opsconsole.kpis.points import Floats, Points, Reader, known, leaf_points
from opsconsole.kpis.scan import MEMBERS, Cursor, Members
from opsconsole.tables import touched

_KEPT = 20_000_000
"""Numbers of all points together, at most: 160 MB."""
_DAY = 86_400.0
_HULLS = 1_000
_ALL, _NONE = -math.inf, math.inf


class _Kept(Struct, frozen=True):
    version: int
    stretches: Stretches
    empty: Floats
    found: Points


class KeptPoints:
    """Reads the points of KPIs of one source as `leaf_points` does, and keeps them. For one thread."""

    def __init__(self) -> None:
        self._binding: Binding | None = None
        self._kept: dict[tuple[object, ...], _Kept] = {}
        self._noted: bool | None = None
        self._extents: dict[str, tuple[int, Extent]] = {}
        self._hulls: dict[tuple[str, int, int], tuple[float | None, float | None] | None] = {}

    def on(self, tables: duckdb.DuckDBPyConnection) -> Reader:
        """What reads points for `points`, by a cursor in a transaction."""
        return partial(self._read, tables)

    def _read(
        self, tables: duckdb.DuckDBPyConnection, cursor: Cursor, binding: Binding, kpi: BoundKpi, stretches: Stretches,
        by: tuple[str, ...], where: dict[str, str | None], more: dict[str, str], extents: Extents,
        until: dt.datetime | None,
    ) -> Points:  # fmt: skip
        if binding is not self._binding:
            for kept_of in (self._kept, self._extents, self._hulls):
                kept_of.clear()
            self._binding = binding
        if until is not None or not self._lasts(tables, binding, kpi, stretches):
            return leaf_points(cursor, binding, kpi, stretches, by, where, more, extents, until)
        meant = kpi.where.text if kpi.where is not None else None
        key = (
            kpi.kpi.name, kpi.source, kpi.value.text, meant, by, tuple(sorted(where.items())), tuple(more.items()),
            stretches.step, stretches.width,
        )  # fmt: skip
        version = touched.version(tables)
        self._reach(kpi.source, version, extents)
        empty = known(kpi, stretches, extents)
        kept = self._kept.pop(key, None)
        same = (
            0
            if kept is None
            else _same(kept.stretches, stretches, self._changed(tables, binding, kpi, kept.version, version))
        )
        rest = Stretches(stretches.starts[same:], stretches.ends[same:], stretches.step, stretches.width)
        found = None
        if rest.count or not same:
            found = leaf_points(cursor, binding, kpi, rest, by, where, more, extents, until)
        if kept is not None and same:
            if max(len(kept.found.members), len(found.members) if found is not None else 0) >= MEMBERS:
                found = leaf_points(cursor, binding, kpi, stretches, by, where, more, extents, until)
            elif found is None and kept.stretches == stretches and np.array_equal(kept.empty, empty, equal_nan=True):
                found = kept.found
            else:
                found = _joined(kept.found, found, stretches, empty)
        assert found is not None
        self._kept[key] = _Kept(version, stretches, empty, found)
        while sum(each.found.values.size * (2 + len(each.found.more)) for each in self._kept.values()) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return found

    def _reach(self, source: str, version: int, extents: Extents) -> None:
        """How far a source reaches, looked up once for a version of the tables."""
        at, known_then = self._extents.get(source, (-1, Extent()))
        if at == version:
            extents.learn(source, known_then)
        else:
            self._extents[source] = version, extents.of(source)

    def _changed(
        self, tables: duckdb.DuckDBPyConnection, binding: Binding, kpi: BoundKpi, since: int, version: int
    ) -> float:  # fmt: skip
        """The event time from which points may be others than they were at a version."""
        if version == since:
            return _NONE
        if version < since:
            return _ALL
        key = (kpi.source, since, version)
        if key not in self._hulls:
            if len(self._hulls) > _HULLS:
                self._hulls.clear()
            self._hulls[key] = touched.since(tables, binding.files(kpi.source), since)
        hull = self._hulls[key]
        if hull is None:
            return _NONE
        view = binding.views.get(kpi.source)
        known_from = hull[0] if view is None or view.follows else None
        return _ALL if known_from is None else known_from

    def _lasts(self, tables: duckdb.DuckDBPyConnection, binding: Binding, kpi: BoundKpi, stretches: Stretches) -> bool:
        """Whether points read once can stand: see above."""
        if self._noted is None:
            query = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = '_ops' AND table_name = 'touched'"
            self._noted = tables.execute(query).fetchall()[0][0] > 0
        whole = stretches.starts[1:] == stretches.ends[:-1] and stretches.count > 0
        steady = stretches.width == 1 or stretches.step < _DAY
        return self._noted and whole and steady and kpi.source not in binding.until


def _same(kept: Stretches, stretches: Stretches, changed: float) -> int:
    """How many of the first stretches have their point among those kept, as it was."""
    offset = bisect_left(kept.starts, stretches.starts[0])
    shared = min(kept.count - offset, stretches.count)
    if changed < _NONE:
        upto = dt.datetime.fromtimestamp(changed, dt.UTC) if changed > _ALL else stretches.starts[0]
        shared = min(shared, bisect_right(stretches.ends, upto))
    if shared <= 0:
        return 0
    own, before = slice(0, shared), slice(offset, offset + shared)
    if stretches.starts[own] == kept.starts[before] and stretches.ends[own] == kept.ends[before]:
        return shared
    pairs = zip(stretches.starts, stretches.ends, kept.starts[before], kept.ends[before], strict=False)
    return next(at for at, (start, end, *other) in enumerate(pairs) if [start, end] != other)


def _joined(kept: Points, rest: Points | None, stretches: Stretches, empty: Floats) -> Points:
    """The kept points from the first of the stretches on and the rest after them, as if read at once."""
    offset = bisect_left(kept.starts, stretches.starts[0].timestamp())
    same = stretches.count - (0 if rest is None else len(rest.starts))
    starts = kept.starts[offset : offset + same] + (rest.starts if rest is not None else [])
    ends = kept.ends[offset : offset + same] + (rest.ends if rest is not None else [])
    parts = [(kept, slice(offset, offset + same), slice(0, same))]
    if rest is not None:
        parts.append((rest, slice(None), slice(same, None)))
    groups = list(dict.fromkeys(group for part, _, _ in parts for group in part.members))
    place = {group: at for at, group in enumerate(groups)}
    shape = (len(groups), stretches.count)
    rows = np.zeros(shape, dtype=np.int64)
    columns = {name: np.full(shape, np.nan) for name in ("", *kept.more)}
    for part, of, to in parts:
        at = [place[group] for group in part.members]
        if at:
            rows[at, to] = part.rows[:, of]
            for name, column in columns.items():
                column[at, to] = (part.values if not name else part.more[name])[:, of]
    values = np.where(rows > 0, columns.pop(""), empty)
    order = _order(groups, rows, kept.by)
    return Points(
        kept.kpi, kept.by, [groups[at] for at in order], starts, ends, stretches.step, stretches.width, values[order],
        rows[order], {name: column[order] for name, column in columns.items()},
    )  # fmt: skip


def _order(groups: list[Members], rows: NDArray[np.int64], by: tuple[str, ...]) -> list[int]:
    """Those with rows, in the order of `leaf_points`."""
    totals = rows.sum(axis=1)
    there = [at for at in range(len(groups)) if totals[at] > 0 or not by]
    return sorted(there, key=lambda at: (-totals[at], tuple(name or "" for name in groups[at])))
