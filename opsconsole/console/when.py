"""Moments and ranges in addresses: read by the site's clocks and shifts, kept as text, asked for in seconds."""

from __future__ import annotations

import datetime as dt

from opsconsole.console import fmt
from opsconsole.console.model import Model
from opsconsole.site.moments import moment_of, moment_text, said
from opsconsole.site.ranges import Known, Range, Worked, kept_range, range_of, range_text, said_range

VIEWS = ("kpi", "sql", "rows", "log", "alerts")
"""The screens that a range narrows; what the others show has windows of its own."""


def kept(model: Model, now: float, typed: str) -> str:
    """A moment as it was typed, as an address keeps it. `now` is site time. Raises MomentError, a ValueError."""
    zone = fmt.zone(model.timezone)
    ended = [_utc(each) for each in (model.site.ended if model.site else [])]
    return moment_text(moment_of(typed, _utc(now), zone, ended), zone)


def seconds(model: Model, at: str) -> float | None:
    """The moment of an address in seconds since the epoch; None: now. Raises MomentError for a text that is none."""
    if not at:
        return None
    return moment_of(at, _LAST, fmt.zone(model.timezone)).timestamp()


def shown(model: Model, at: str) -> str:
    """The moment of an address for people: a day, or a day and a time."""
    if not at:
        return ""
    zone = fmt.zone(model.timezone)
    return said(moment_of(at, _LAST, zone), zone)


# --- ranges ------------------------------------------------------------------------------------------------------


def known(model: Model, now: float) -> Known:
    """By what ranges are read at a moment of site time."""
    shifts = [Worked(each.name, _utc(each.start), _utc(each.end)) for each in (model.site.shifts if model.site else [])]
    return Known(_utc(now), fmt.zone(model.timezone), shifts)


def kept_over(model: Model, now: float, typed: str) -> str:
    """A range as it was typed, as an address keeps it. Raises MomentError, a ValueError."""
    return kept_range(typed, known(model, now))


def over_seconds(model: Model, now: float, over: str) -> tuple[float, float] | None:
    """From when to before when the range of an address reaches, as far as it has come at `now`. None: none is chosen.

    Raises MomentError for a text that is none.
    """
    found = over_range(model, now, over)
    return (found.start.timestamp(), found.until(_utc(now)).timestamp()) if found is not None else None


def over_range(model: Model, now: float, over: str) -> Range | None:
    """The range of an address; None: none is chosen. Raises MomentError for a text that is none."""
    return range_of(over, known(model, now)) if over else None


def over_said(model: Model, now: float, over: str) -> str:
    """The range of an address for people: "Tue 24 Jun 06:00 – 14:00, 8 h". Raises MomentError as `over_range`."""
    found = over_range(model, now, over)
    return said_range(found, _utc(now), fmt.zone(model.timezone)) if found is not None else ""


def between(model: Model, start: float, end: float) -> str:
    """The range between two moments, as an address keeps it."""
    return range_text(_utc(start), _utc(end), fmt.zone(model.timezone))


def _utc(moment: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(moment, dt.UTC)


_LAST = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
