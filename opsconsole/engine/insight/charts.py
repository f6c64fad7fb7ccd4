"""Control charts of a KPI: one for each group of its rows, from its points, limits new from each marked change on."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from opsconsole.insight.control.baseline import ENOUGH
from opsconsole.insight.control.chart import Control, control
from opsconsole.insight.control.limits import Kind
from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.cadence import Stretches, apart
from opsconsole.kpis.nature import Measured, measured, question
from opsconsole.kpis.points import Points, Reader, points
from opsconsole.kpis.scan import Cursor, Members
from opsconsole.site.calendar import zone
from opsconsole.site.localtime import DAY, day_start

MOST, FARTHEST = 1_000, 5_000
"""So many of the latest points are looked at, and so many at most where a declared baseline is older."""
_KEPT = 2_000
Changes = Callable[[Members], Sequence[float]]
"""The moments of the marked changes of a group, in order."""


class Charted(NamedTuple):
    """A chart and what it is of. `points` and `group`: where its values are. `first`: see `Points`; those before it
    are none of the chart's. An np chart plots numbers, not the KPI's shares."""

    members: Members
    points: Points
    measured: Measured
    control: Control
    first: int

    @property
    def ends(self) -> list[float]:
        """The moments at which its points end, seconds since the epoch."""
        return self.points.ends[self.first :]


def charts(
    cursor: Cursor,
    binding: Binding,
    kpi: BoundKpi,
    now: dt.datetime,
    *,
    by: tuple[str, ...] = (),
    where: Mapping[str, str | None] | None = None,
    rules: Sequence[str] = (),
    changes: Changes = lambda _: (),
    until: dt.datetime | None = None,
    read: Reader | None = None,
    kept: KeptCharts | None = None,
) -> Iterator[Charted]:
    """The chart of each group of the columns `by` among the rows of the members `where`, by the rules of the KPI's
    `chart`, or others.

    `read`: see `points`; `kept`: charts drawn before, of which those stand whose points are the same. Raises
    LookupError, ValueError and duckdb.Error as `points` does, ValueError for a kind of chart that does not fit.
    """
    asked = question(kpi)
    stretches = _stretches(binding, kpi, now)
    found = points(cursor, binding, kpi, stretches, by, where, asked.more, until, read)
    for group, members in enumerate(found.members):
        own, cuts = measured(asked, found, group), changes(members)
        if kept is None:
            yield _chart(binding, kpi, found, group, own, rules, cuts)
            continue
        key = (kpi.kpi.name, by, members, tuple(sorted((where or {}).items())))
        charted = kept.same(key, binding, found.starts, own, (*rules, *cuts))
        if charted is None:
            charted = kept.keep(key, own, (*rules, *cuts), _chart(binding, kpi, found, group, own, rules, cuts))
        yield charted._replace(points=found, members=found.members[group])


class KeptCharts:
    """Charts as they were drawn last, of one site. For one thread."""

    def __init__(self) -> None:
        self._binding: Binding | None = None
        self._kept: dict[tuple[object, ...], tuple[Measured, tuple[object, ...], Charted]] = {}

    def same(
        self, key: tuple[object, ...], binding: Binding, starts: list[float], own: Measured, asked: tuple[object, ...]
    ) -> Charted | None:  # fmt: skip
        """The chart of these points as it was drawn; None where they, or what was asked, were others."""
        if binding is not self._binding:
            self._kept.clear()
            self._binding = binding
        before = self._kept.get(key)
        if before is None or before[1] != asked or before[2].points.starts != starts:
            return None
        return before[2] if _alike(before[0], own) else None

    def keep(self, key: tuple[object, ...], own: Measured, asked: tuple[object, ...], charted: Charted) -> Charted:
        """Keep a chart that was drawn of `own`."""
        self._kept.pop(key, None)
        self._kept[key] = own, asked, charted
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return charted


def _alike(before: Measured, own: Measured) -> bool:
    if (before.nature, before.scale) != (own.nature, own.scale):
        return False
    pairs = ((before.values, own.values), (before.sizes, own.sizes), (before.spread, own.spread))
    return all(
        (old is None) == (new is None) and (old is None or new is None or np.array_equal(old, new, equal_nan=True))
        for old, new in pairs
    )


def _stretches(binding: Binding, kpi: BoundKpi, now: dt.datetime) -> Stretches:
    """Those of the latest points, back to the declared baseline as far as `FARTHEST` reaches."""
    wanted = kpi.kpi.chart
    found = apart(binding, kpi, now, MOST, wanted.every)
    if wanted.baseline is None or not found.starts:
        return found
    begun = day_start(wanted.baseline[0], zone(binding.site))
    if begun >= found.starts[0]:
        return found
    count = math.ceil((now - begun).total_seconds() / found.step) + 1
    return apart(binding, kpi, now, min(FARTHEST, count), wanted.every)


def _chart(
    binding: Binding, kpi: BoundKpi, found: Points, group: int, own: Measured, rules: Sequence[str],
    changes: Sequence[float],
) -> Charted:  # fmt: skip
    wanted = kpi.kpi.chart
    there = np.flatnonzero(np.isfinite(own.values))
    first = int(there[0]) if len(there) else len(own.values)
    starts = np.array(found.starts[first:])
    cuts = [int(np.searchsorted(starts, at)) for at in changes]
    baseline = None
    if wanted.baseline is not None:
        tz = zone(binding.site)
        days = day_start(wanted.baseline[0], tz).timestamp(), day_start(wanted.baseline[1] + DAY, tz).timestamp()
        inside = np.flatnonzero((starts >= days[0]) & (np.array(found.ends[first:]) <= days[1]))
        # without a point in those days nothing of it is there: the chart says so
        baseline = (int(inside[0]), int(inside[-1])) if len(inside) else (0, -1)
    kind: Kind | None = None if wanted.kind == "auto" else wanted.kind  # type: ignore[assignment]  # parsed as one
    if kind == "np" and own.sizes is not None:
        own = replace(own, values=own.values * own.sizes, scale=1.0)
    part = slice(first, None)
    made = control(
        own.values[part],
        sizes=None if own.sizes is None else own.sizes[part],
        spread=None if own.spread is None else own.spread[part],
        ranged=kind == "xbar_r",
        nature=own.nature,
        kind=kind,
        baseline=baseline,
        changes=cuts,
        rules=rules or wanted.rules,
    )
    return Charted(found.members[group], found, own, made, first)


def lacking(charted: Charted) -> str:
    """Why the latest points have no limits, in words, or nothing."""
    if not charted.control.segments:
        return f"not enough: 0 of {ENOUGH} points"
    return charted.control.segments[-1].lacking
