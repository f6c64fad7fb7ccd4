"""KPIs over a range of time that a person looks at, instead of their own windows.

Limits are made for a window: 5 000 pieces are a target for a shift, not for a month. So over another length a value is
judged only where it does not grow with the length: a ratio of sums, a mean, a quantile. Over a range that is as long as
its window (a whole shift, a whole day) any value is.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from msgspec.structs import replace

from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.nodes import bound_kpi
from opsconsole.site.calendar import next_first_day, period_of
from opsconsole.site.localtime import day_start, zone
from opsconsole.site.model import Site, Window
from opsconsole.site.moments import TICK
from opsconsole.site.shifts import current_run

_LEVELS = {"median", "mode", "quantile", "quantile_cont", "quantile_disc", "approx_quantile", "avg", "mean", "mad"}
_NEARLY = 0.02
"""A moving window of 8 h and a range of 8 h 5 min are as long."""


class Ranged(NamedTuple):
    """A binding in which one KPI covers a range; `note` says for people by which limits it is judged, if any."""

    binding: Binding
    note: str


def over_range(binding: Binding, kpi: str, start: dt.datetime, end: dt.datetime, now: dt.datetime) -> Ranged:
    """A KPI over event times from `start` to before `end`, of what has come to pass at `now`.

    One whose rows have no times keeps all of them. Raises LookupError for one that is unknown or not bound.
    """
    bound = bound_kpi(binding, kpi)
    if not bound.timed:
        return Ranged(binding, "its rows have no times: these are all of them, whatever the range")
    whole = Window("range", start=start.astimezone(dt.UTC), end=end.astimezone(dt.UTC))
    own = bound.kpi.window
    card = replace(bound.kpi, window=replace(whole, end=cut_off(start, end, now)))
    note = ""
    if limited(bound) and not fits(own, whole, binding.site):
        if level(bound):
            note = f"judged by the limits for {own}: it does not grow with the range"
        else:
            note = f"not judged: its limits are for {own}, and it grows with the range"
            card = replace(card, target=None, warning=None, critical=None, targets=(), targets_from="")
            bound = replace(bound, limits={})
    return Ranged(replace(binding, kpis={**binding.kpis, kpi: replace(bound, kpi=card)}), note)


def limited(kpi: BoundKpi) -> bool:
    """Whether a KPI has anything that it is judged by."""
    card = kpi.kpi
    return bool(card.targets or card.targets_from) or any(
        limit is not None for limit in (card.target, card.warning, card.critical)
    )


def cut_off(start: dt.datetime, end: dt.datetime, now: dt.datetime) -> dt.datetime:
    """Where a range ends of which only what has come to pass is known; what happens just now is in it."""
    return max(start, min(end, now + TICK)).astimezone(dt.UTC)


def level(kpi: BoundKpi) -> bool:
    """Whether a value does not grow with the stretch it is taken over."""
    if kpi.kpi.cumulative:
        return False
    if kpi.compound:
        return all(map(level, kpi.components))
    parts = kpi.parts
    if parts.terms:
        return all(term.denominator is not None for term in parts.terms)
    named = {part.sql.partition("(")[0].strip().lower() for part in parts.aggregates}
    return bool(named) and named <= _LEVELS


def fits(own: Window, chosen: Window, site: Site) -> bool:
    """Whether a range is what a window covers at some time: a moving one as long, a whole shift, day, month …"""
    start, end = chosen.start, chosen.end
    if start is None or end is None:
        return False
    if own.kind == "moving":
        return abs((end - start).total_seconds() - own.seconds) <= _NEARLY * own.seconds
    run = current_run(site, start) if own.kind == "shift" else None
    if run is not None:
        return (run.span.start, run.span.end) == (start, end)
    if own.kind in ("all", "working", "range"):
        return False
    tz = zone(site)
    first, begins = period_of(own, start, tz)
    return (begins, day_start(next_first_day(own, first), tz)) == (start, end)
