"""Moments in addresses: read as the site's clocks and shifts have them, kept as text, asked for in seconds."""

from __future__ import annotations

import datetime as dt

from opsconsole.console import fmt
from opsconsole.console.model import Model
from opsconsole.site.moments import moment_of, moment_text, said


def kept(model: Model, now: float, typed: str) -> str:
    """A moment as it was typed, as an address keeps it. `now` is site time. Raises MomentError, a ValueError."""
    zone = fmt.zone(model.timezone)
    ended = [dt.datetime.fromtimestamp(each, dt.UTC) for each in (model.site.ended if model.site else [])]
    return moment_text(moment_of(typed, dt.datetime.fromtimestamp(now, dt.UTC), zone, ended), zone)


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


_LAST = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
