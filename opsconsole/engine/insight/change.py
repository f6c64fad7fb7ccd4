"""Did a change help: the points of a KPI around a moment, and what became of it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from msgspec import Struct

from opsconsole.insight.change.effect import LEAST_BEFORE, Effect, effect
from opsconsole.insight.change.noise import Floats
from opsconsole.insight.change.sentence import sentence
from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.cadence import apart
from opsconsole.kpis.points import points
from opsconsole.kpis.scan import Cursor
from opsconsole.site.figures import duration, number
from opsconsole.site.model import Kpi

_HOUR, _DAY, _WEEK = 3_600.0, 86_400.0, 604_800.0
_COARSER = (4 * _HOUR, 8 * _HOUR, _DAY, _WEEK)
_MOST_AFTER = 120
"""More points than this after a change, and they are taken further apart."""
_MOST_BEFORE = 360


class Studied(Struct, frozen=True):
    """What a change did to a KPI.

    `starts`, `values` are the points that were looked at (seconds; NaN: none), `at` the first after the change; `step`
    seconds lie between two. `digits`: decimals that the interval is worth. `note`: what was left out, and why.
    """

    effect: Effect
    said: str
    starts: list[float]
    values: Floats
    at: int
    step: float
    digits: int = 0
    note: str = ""


def study(
    cursor: Cursor,
    binding: Binding,
    kpi: BoundKpi,
    changed: float,
    now: dt.datetime,
    where: dict[str, str | None],
    others: Sequence[float] = (),
) -> Studied:
    """What became of a KPI after a moment (seconds), among the rows of some members.

    `others`: moments of other changes that should move it; points beyond the nearest on each side are left out, unless
    too few are left before.
    Raises ValueError for a KPI without times, LookupError for an unknown column, duckdb.Error.
    """
    every = _spacing(binding, kpi, changed, now)
    step = every if every is not None else apart(binding, kpi, now, 2).step
    after = max(1, math.ceil((now.timestamp() - changed) / step))
    count = after + min(max(2 * after, 4 * LEAST_BEFORE), _MOST_BEFORE)
    found = points(cursor, binding, kpi, apart(binding, kpi, now, count, every), where=where)
    starts, ends = np.array(found.starts), np.array(found.ends)
    values = np.array(found.values[0]) if len(found.values) else np.full(len(starts), np.nan)
    values[(starts < changed) & (ends > changed)] = np.nan  # half before and half after
    keep, note = _apart_from(others, changed, starts, ends, values)
    known = np.flatnonzero(np.isfinite(values) & keep)
    if len(known):
        keep[: known[0]] = False
        keep[known[-1] + 1 :] = False
    starts, values = starts[keep], values[keep]
    at = int((starts < changed).sum())
    card = kpi.kpi
    target = float(card.target) if isinstance(card.target, int | float) else None
    seasons = tuple(round(each / step) for each in (_DAY, _WEEK) if step < each and round(each / step) > 1)
    result = _effect(values.tobytes(), at, card.better, target, seasons)
    amount = _amounts(card, result)
    said = sentence(result, card.title or card.name, amount, _stretch(result, step))
    return Studied(result, said, starts.tolist(), values, at, step, amount.decimals, note)


@lru_cache(maxsize=256)
def _effect(values: bytes, at: int, better: str | None, target: float | None, seasons: tuple[int, ...]) -> Effect:
    """As `effect`; what was worked out of the same points before is known."""
    return effect(np.frombuffer(values), at, better=better, target=target, seasons=seasons)


def _spacing(binding: Binding, kpi: BoundKpi, changed: float, now: dt.datetime) -> float | None:
    """How far apart points are taken, in seconds; None where the KPI's own distance does."""
    own = apart(binding, kpi, now, 2).step
    length = now.timestamp() - changed
    if length / own <= _MOST_AFTER:
        return None
    return next((each for each in _COARSER if each > own and length / each <= _MOST_AFTER), None)


def _apart_from(
    others: Sequence[float], changed: float, starts: Floats, ends: Floats, values: Floats
) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], str]:
    """Which points are this change's alone, and what has to be said of it."""
    keep = np.ones(len(starts), dtype=bool)
    note = ""
    later = [each for each in others if each > changed]
    if later:
        keep &= ends <= min(later)
        note = "up to the next change of it"
    earlier = [each for each in others if each < changed]
    if earlier:
        alone = keep & (starts >= max(earlier))
        if (np.isfinite(values) & alone & (ends <= changed)).sum() >= LEAST_BEFORE:
            return alone, " · ".join(each for each in ("since the change before", note) if each)
        note = " · ".join(each for each in ("an earlier change lies in the stretch before", note) if each)
    return keep, note


def _amounts(card: Kpi, found: Effect) -> _Amount:
    """How sizes are written: with as many decimals as the interval is worth."""
    wide = found.mean.high - found.mean.low if found.mean is not None else 1.0
    fine = math.ceil(-math.log10(wide) - 1e-9) + 1 if wide > 0 else 0
    return _Amount("points" if card.unit == "%" else card.unit, min(max(card.decimals or 0, fine, 0), 6))


class _Amount(Struct, frozen=True):
    unit: str
    decimals: int

    def __call__(self, size: float) -> str:
        return f"{number(size, self.decimals)} {self.unit}".rstrip()


def _stretch(found: Effect, step: float) -> str:
    return duration(found.horizon * step) if found.horizon else ""
