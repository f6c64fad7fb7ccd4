"""Points of KPIs for many moments of a past, read from few scans: each moment gets what it would have read by itself.

A series is read further than the first moment asks for, and a later one gets its part of that. What the rows of a
stretch come to does not depend on the moment, once the stretch is over; which groups there are, and what no rows mean,
does, and is made anew for each.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Sequence

import numpy as np
from msgspec.structs import replace

from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.cadence import Stretches
from opsconsole.kpis.expression import ident
from opsconsole.kpis.extent import Extent, Extents
from opsconsole.kpis.points import Floats, Points, known, leaf_points
from opsconsole.kpis.scan import MEMBERS, Cursor

_US = 1_000_000
_LONGEST = 43_200.0
"""Steps that are longer follow the calendar and have few points: those are read each time."""
_MORE = 1_000
"""So many points further than asked for are read at least; else as many again as were asked for."""
_SERIES = 4
"""So many series are kept."""


class Ahead:
    """What was read ahead for some moments (seconds since the epoch, in order). For one thread and one transaction."""

    def __init__(self, cursor: Cursor, binding: Binding, moments: Sequence[float]) -> None:
        self._cursor = cursor
        self._binding = binding
        self._moments = moments
        self._series: dict[Hashable, Points] = {}
        self._grown: dict[str, dict[float, Extent]] = {}

    def extents(self, until: dt.datetime) -> Extents:
        """What the sources held at one of the moments."""
        return _Grown(self._cursor, self._binding, until, self._extent)

    def read(
        self, cursor: Cursor, binding: Binding, kpi: BoundKpi, stretches: Stretches, by: tuple[str, ...],
        where: dict[str, str | None], more: dict[str, str], extents: Extents, until: dt.datetime | None,
    ) -> Points:  # fmt: skip
        """The points of one source, see `leaf_points`; from what was read ahead where stretches are over by then."""
        lasts = kpi.source in binding.until or (until is not None and until < stretches.ends[-1])
        if not lasts and stretches.step <= _LONGEST and _even(stretches):
            kept = kpi.where.text if kpi.where is not None else ""
            shown = tuple(sorted(where.items())), tuple(sorted(more.items()))
            whole, place = self._whole(
                (kpi.kpi.name, kpi.value.text, kept, by, shown, stretches.step, stretches.width),
                stretches,
                lambda further: leaf_points(cursor, binding, kpi, further, by, where, more, extents, None),
            )
            if len(whole.members) < MEMBERS:  # else which of them count depends on the moment
                grown = self.extents(until) if until is not None else extents
                return _cut(whole, stretches, place, known(kpi, stretches, grown))
        return leaf_points(cursor, binding, kpi, stretches, by, where, more, extents, until)

    def _whole(
        self, key: Hashable, stretches: Stretches, read: Callable[[Stretches], Points]
    ) -> tuple[Points, int]:  # fmt: skip
        """A series that has some stretches, and where they lie in it."""
        whole = self._series.pop(key, None)
        place = _place(whole, stretches) if whole is not None else None
        if whole is None or place is None:
            whole, place = read(self._further(stretches)), 0
        self._series[key] = whole
        while len(self._series) > _SERIES:
            del self._series[next(iter(self._series))]
        return whole, place

    def _further(self, stretches: Stretches) -> Stretches:
        last = stretches.ends[-1]
        step = dt.timedelta(seconds=stretches.step)
        left = int((self._moments[-1] - last.timestamp()) / stretches.step) if self._moments else 0
        count = max(0, min(left, max(_MORE, stretches.count)))
        more = [last + step * at for at in range(count + 1)]
        return replace(stretches, starts=[*stretches.starts, *more[:-1]], ends=[*stretches.ends, *more[1:]])

    def _extent(self, source: str, until: float) -> Extent | None:
        """What a source held at one of the moments; None for another moment."""
        if source not in self._grown:
            self._grown[source] = self._grow(source)
        return self._grown[source].get(until)

    def _grow(self, source: str) -> dict[float, Extent]:
        moments = [round(each * _US) for each in self._moments]
        query = (
            f"SELECT p, count(*), min(t), max(t) FROM (SELECT epoch_us(_time) AS t FROM {ident(source)} "
            "WHERE _time IS NOT NULL) AS rows ASOF JOIN (SELECT unnest($1::BIGINT[]) AS p) AS moments ON t <= p "
            "GROUP BY p ORDER BY p"
        )
        found = {p: line for p, *line in self._cursor.execute(query, [moments]).fetchall()}
        rows, first, last = 0, None, None
        grown: dict[float, Extent] = {}
        for at, moment in zip(self._moments, moments, strict=True):
            if moment in found:
                count, low, high = found[moment]
                rows, last = rows + count, high
                first = low if first is None else first
            grown[at] = Extent(rows, _utc(first), _utc(last))
        return grown


class _Grown(Extents):
    """The extents at a moment, from what was read at once."""

    def __init__(
        self, cursor: Cursor, binding: Binding, until: dt.datetime, grown: Callable[[str, float], Extent | None]
    ) -> None:
        super().__init__(cursor, binding, until)
        self._at = until.timestamp()
        self._read = grown
        self._untimed = {name for name, source in binding.site.sources.items() if source.time is None}

    def of(self, source: str) -> Extent:
        """As `Extents` has it."""
        if source in self._follows or source in self._ends or source in self._untimed:
            return super().of(source)
        found = self._read(source, self._at)
        return found if found is not None else super().of(source)


def _even(stretches: Stretches) -> bool:
    """Whether stretches follow each other, all as long as the step."""
    starts, ends = stretches.starts, stretches.ends
    step = dt.timedelta(seconds=stretches.step)
    if not starts or starts[1:] != ends[:-1] or ends[-1] - starts[0] != step * len(starts):
        return False
    return all(end - start == step for start, end in zip(starts, ends, strict=True))


def _place(whole: Points, stretches: Stretches) -> int | None:
    """Where stretches lie among those that were read."""
    place = round((stretches.starts[0].timestamp() - whole.starts[0]) / stretches.step)
    end = place + stretches.count
    if not 0 <= place < end <= len(whole.starts):
        return None
    first, last = stretches.starts[0].timestamp(), stretches.ends[-1].timestamp()
    return place if (whole.starts[place], whole.ends[end - 1]) == (first, last) else None


def _cut(whole: Points, stretches: Stretches, place: int, empty: Floats) -> Points:
    part = slice(place, place + stretches.count)
    rows = whole.rows[:, part]
    totals = rows.sum(axis=1)
    chosen = sorted(
        (at for at in range(len(whole.members)) if totals[at] or not whole.by),
        key=lambda at: (-totals[at], tuple(name or "" for name in whole.members[at])),
    )
    rows = rows[chosen]
    return replace(
        whole,
        members=[whole.members[at] for at in chosen],
        starts=whole.starts[part],
        ends=whole.ends[part],
        values=np.where(rows > 0, whole.values[:, part][chosen], empty),
        rows=rows,
        more={name: np.where(rows > 0, each[:, part][chosen], np.nan) for name, each in whole.more.items()},
    )


def _utc(moment: int | None) -> dt.datetime | None:
    return None if moment is None else dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=moment)
