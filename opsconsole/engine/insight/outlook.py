"""Where a KPI is going: its points as the screen showed them, forecast for each group of its rows, and its limits.

How a series is best forecast is found once and kept (`Outlooks`); after so many new points it is found anew, at the
same points whenever the engine was started, so that a backtest finds what it found. Points
that are as they were are not forecast again.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from opsconsole.engine.insight.season_keys import Calendars
from opsconsole.insight.forecast import Calendar, Crossing, Forecast, NotEnough, Plan, plan, refresh
from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.cadence import Stretches, rolling
from opsconsole.kpis.limits import LimitBook, Limits
from opsconsole.kpis.nature import ends
from opsconsole.kpis.points import Points, Reader, points
from opsconsole.kpis.scan import Cursor, Members
from opsconsole.kpis.targets import books_of
from opsconsole.site.calendar import shift_at

LEVELS = (0.8, 0.9)
DAY, WEEK, YEAR = 86_400.0, 604_800.0, 31_557_600.0
SHIFT = 8 * 3600.0
"""Seconds that are seen ahead unless asked for otherwise: as far as a shift goes."""
LEAST_STEPS, MOST_STEPS = 6, 168
MOST_POINTS, WEEKS = 4_000, 12
_OLD = 3
"""The newest value may be so many steps old."""
_KEPT = 2_000


class Outlook(NamedTuple):
    """What is known of one group's future; `forecast` says why where there is none."""

    members: Members
    points: Points
    group: int
    forecast: Forecast | NotEnough | str
    limits: Limits

    @property
    def end(self) -> float:
        """The moment of the newest point, seconds since the epoch: steps are counted from it."""
        return self.points.ends[-1]

    def moment(self, steps: float) -> float | None:
        """The moment so many steps ahead; None for NaN."""
        return None if math.isnan(steps) else self.end + steps * self.points.step

    def alike(self, other: Outlook) -> bool:
        """Whether it says the same, from the same forecast."""
        return self.forecast is other.forecast and self.end == other.end and self.limits == other.limits

    def crosses(self, limit: str | float, within: float | None = None) -> Crossing | None:
        """When it crosses a limit (`critical`, `warning` or a number) within so many seconds; None: it has none, or no
        forecast. Where no direction is better it is whichever side it is not on; of two limits the likelier."""
        found = self.forecast
        if not isinstance(found, Forecast):
            return None
        steps = None if within is None else within / self.points.step
        crossings = [
            found.crosses(edge, below=below, within=steps) for edge, below in edges(self.limits, limit, found.now)
        ]
        return max(crossings, key=lambda each: each.probability, default=None)


def edges(limits: Limits, limit: str | float, now: float) -> list[tuple[float, bool]]:
    """The values that a limit stands for, and whether below them is beyond."""
    value = limit if isinstance(limit, float) else getattr(limits, limit)
    if value is None:
        return []
    if isinstance(limit, float) or limits.better in ("higher", "lower"):
        return [(value, limits.better == "higher" if limits.better in ("higher", "lower") else now >= value)]
    if limits.better == "target" and limits.target is not None:
        return [(limits.target - value, True), (limits.target + value, False)]
    return []


class _Made(NamedTuple):
    """A forecast, and what it was made of."""

    plan: Plan
    first: int
    row: np.ndarray[tuple[int], np.dtype[np.float64]]
    calendar: Calendar
    forecast: Forecast

    def stands(
        self, plan: Plan, first: int, row: np.ndarray[tuple[int], np.dtype[np.float64]], calendar: Calendar
    ) -> bool:  # fmt: skip
        """Whether it would be made of the same."""
        same = plan is self.plan and calendar is self.calendar and first == self.first
        return same and np.array_equal(row, self.row, equal_nan=True)


class Outlooks:
    """Forecasts of KPIs, with what was found of each series. For one thread."""

    def __init__(self) -> None:
        self._plans: dict[tuple[object, ...], tuple[int, Plan | NotEnough]] = {}
        self._made: dict[tuple[object, ...], _Made] = {}
        self._calendars = Calendars()

    def of(
        self,
        cursor: Cursor,
        binding: Binding,
        kpi: BoundKpi,
        now: dt.datetime,
        *,
        ahead: float | None = None,
        by: tuple[str, ...] = (),
        where: Mapping[str, str | None] | None = None,
        until: dt.datetime | None = None,
        read: Reader | None = None,
    ) -> list[Outlook]:
        """The outlook of each group of the columns `by` among the rows of the members `where`, `ahead` seconds far.

        `read`: see `points`. A forecast whose points, plan and calendar are the same stands as it was made.

        Raises LookupError, ValueError and duckdb.Error as `points` does.
        """
        stretches = _stretches(binding, kpi, now)
        if not stretches.count:
            return []
        found = points(cursor, binding, kpi, stretches, by, where, until=until, read=read)
        seasons = seasons_of(found.step)
        horizon = _horizon(found.step, ahead)
        first = round(found.starts[0] / found.step)
        calendar = self._calendars.of(binding, found, horizon)
        book = books_of(cursor, binding, now)[kpi.kpi.name]
        chosen = tuple(sorted((where or {}).items()))
        key = (kpi.kpi.name, kpi.value.text, kpi.kpi.range, chosen, by, found.step, horizon, calendar.keys is None)
        forecasts = self._forecasts(key, found, seasons, horizon, calendar, first, kpi)
        return [
            Outlook(members, found, group, forecasts[group], _limits(book, binding, now, where, by, members))
            for group, members in enumerate(found.members)
        ]

    def _forecasts(
        self, key: tuple[object, ...], found: Points, seasons: tuple[int, ...], horizon: int, calendar: Calendar,
        first: int, kpi: BoundKpi,
    ) -> dict[int, Forecast | NotEnough | str]:  # fmt: skip
        told: dict[int, Forecast | NotEnough | str] = {}
        alike: dict[tuple[int, ...], list[tuple[int, Plan]]] = {}
        last = first + found.values.shape[1]
        for group, row in enumerate(found.values):
            known = np.flatnonzero(np.isfinite(row))
            if len(known) and len(row) - 1 - known[-1] > _OLD:
                told[group] = "its newest value is too old to go on from"
                continue
            own = (*key, found.members[group])
            made = self._plan(own, row, seasons, horizon, calendar, last)
            before = self._made.get(own)
            if isinstance(made, NotEnough):
                told[group] = made
            elif before is not None and before.stands(made, first, row, calendar):
                told[group] = before.forecast
            else:
                alike.setdefault(made.seasons, []).append((group, made))
        low, high = ends(kpi, found.values)
        for groups in alike.values():
            rows = found.values[[group for group, _ in groups]]
            plans = [each for _, each in groups]
            made_now = refresh(rows, plans, lower=low, upper=high, calendar=calendar, start=first)
            for (group, plan_of), each in zip(groups, made_now, strict=True):
                told[group] = each
                self._made.pop((*key, found.members[group]), None)
                self._made[(*key, found.members[group])] = _Made(plan_of, first, found.values[group], calendar, each)
        while len(self._made) > _KEPT:
            del self._made[next(iter(self._made))]
        return told

    def _plan(
        self, key: tuple[object, ...], row: np.ndarray[tuple[int], np.dtype[np.float64]], seasons: tuple[int, ...],
        horizon: int, calendar: Calendar, last: int,
    ) -> Plan | NotEnough:  # fmt: skip
        made, kept = self._plans.get(key, (0, None))
        lasts = 1 if isinstance(kept, NotEnough) else max(24, *seasons[:1])
        if kept is not None and last // lasts == made // lasts:
            return kept
        found = plan(row, seasons, horizon, LEVELS, calendar=calendar, start=last - len(row))
        self._plans.pop(key, None)
        self._plans[key] = last, found
        while len(self._plans) > _KEPT:
            del self._plans[next(iter(self._plans))]
        return found


def seasons_of(step: float) -> tuple[int, ...]:
    """Day, week and year in steps, those that are two steps or more; a year only of steps of a day or more."""
    wanted = [DAY, WEEK] if step < DAY else [WEEK, YEAR]
    found = [round(each / step) for each in wanted]
    return tuple(each for each in found if each >= 2)


def _stretches(binding: Binding, kpi: BoundKpi, now: dt.datetime) -> Stretches:
    step = rolling(binding, kpi, now, 2).step
    count = MOST_POINTS if step >= DAY else min(MOST_POINTS, round(WEEKS * WEEK / step))
    return rolling(binding, kpi, now, min(count, round(10 * YEAR / step)))


def _horizon(step: float, ahead: float | None) -> int:
    if ahead is None:
        return min(MOST_STEPS, max(LEAST_STEPS, math.ceil(SHIFT / step)))
    return min(MOST_STEPS, max(1, math.ceil(ahead / step)))


def _limits(
    book: LimitBook, binding: Binding, now: dt.datetime, where: Mapping[str, str | None] | None, by: tuple[str, ...],
    members: Members,
) -> Limits:  # fmt: skip
    shift = shift_at(binding.site, now) if book.by_shift else None
    labels = {**(where or {}), **dict(zip(by, members, strict=True))}
    return book.at(labels, shift.name if shift is not None else None)
