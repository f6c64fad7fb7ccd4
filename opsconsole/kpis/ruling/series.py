"""The values that a rule on a KPI is about, by members: the KPI's own, or how they changed, in order.

How a value has changed is told only where both are known: the source's rows reach back to the earlier stretch, and for
percents that value is not zero. Of a window that begins with a period of the calendar, `change` looks back within the
period only: a day that has just begun has no value of ten minutes ago.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import NamedTuple

from opsconsole.kpis.binding import BoundKpi, BoundRule
from opsconsole.kpis.evaluate import Figures
from opsconsole.kpis.scan import Members, Row
from opsconsole.kpis.span import Span, span_of, stretch_of
from opsconsole.site.calendar import MOVING, window_bounds
from opsconsole.site.figures import duration
from opsconsole.site.model import Site, Window
from opsconsole.site.periods import Period, comparisons

_DAY = 86400.0


class Then(NamedTuple):
    """An earlier stretch that a value is held against, and what to call it: "in 10 min", "against last week"."""

    span: Span
    label: str


class Series:
    """Values by members: `values` in order with `members` beside them; `rows` behind them, `was` what they were."""

    def __init__(self, found: Mapping[Members, float | None], rows: Mapping[Members, Row] | None = None) -> None:
        self.found = found
        self.rows = rows or {}
        self.was: Mapping[Members, tuple[float, float]] = {}
        ordered = sorted(((value, members) for members, value in found.items() if value is not None), key=itemgetter(0))
        self.values = [value for value, _ in ordered]
        self.members = [members for _, members in ordered]


def present(figures: Figures, by: tuple[str, ...], before: Iterable[Members]) -> Series:
    """The values now. Where no rows mean a number, a member that had rows before and has none now has that number."""
    now = figures.found.now.get(by, {})
    index = figures.index
    found: dict[Members, float | None] = {members: row.values[index] for members, row in now.items()}
    if figures.empty is not None:
        for members in before if by else ((),):
            found.setdefault(members, figures.empty)
    return Series(found, now)


def changed(now: Series, figures: Figures, then: Figures, by: tuple[str, ...], *, share: bool) -> Series:
    """How the values of now have changed since an earlier stretch, in their unit or in percent of what they were."""
    known = then.span.now is None or then.extent.reaches_back(then.span.now)
    rows = then.found.now.get(by, {}) if known else {}
    empty = then.empty if known else None
    found: dict[Members, float | None] = {}
    was: dict[Members, tuple[float, float]] = {}
    for members in dict.fromkeys((*now.found, *rows)):
        value = now.found.get(members, figures.empty)
        row = rows.get(members)
        earlier = row.values[then.index] if row is not None else empty
        found[members] = change(earlier, value, share=share)
        if earlier is not None and value is not None:
            was[members] = (earlier, value)
    series = Series(found)
    series.was = was
    return series


def change(earlier: float | None, value: float | None, *, share: bool) -> float | None:
    """By how much a value has changed; None where that cannot be told."""
    if earlier is None or value is None:
        return None
    if not share:
        return value - earlier
    return 100 * (value - earlier) / abs(earlier) if earlier else None


def then_of(rule: BoundRule, kpi: BoundKpi, now: dt.datetime, site: Site) -> Then | None:
    """The earlier stretch that a rule compares with; None where there is none at present."""
    window = kpi.kpi.window
    if rule.rule.against is not None:
        period = earlier(window, now, site, rule.rule.against)
        return Then(Span(stretch_of(window, period)), f"against {period.label}") if period is not None else None
    seconds = rule.rule.change or 0.0
    at = now - dt.timedelta(seconds=seconds)
    label = f"in {duration(seconds)}"
    if window.kind == "all" or not kpi.timed:
        return Then(Span(until=at, at=at), label)
    if window.kind not in MOVING and at < window_bounds(window, now, site)[0]:
        return None
    return Then(Span(span_of(window, kpi.timed, at, site).now), label)


def earlier(window: Window, now: dt.datetime, site: Site, against: str) -> Period | None:
    """The period that a window is compared with; one that is the same by another name is found by either."""
    found: dict[str, Period] = {str(key): period for key, period in comparisons(window, now, site).items()}
    same = {"before": "day", "day": "before", "week": "before"}[against]
    if against in found or not _is_one(window, against):
        return found.get(against)
    return found.get(same)


def _is_one(window: Window, against: str) -> bool:
    """Whether the period before is that of the day or the week before."""
    if against == "week":
        return window.kind == "week" or (window.kind == "moving" and window.seconds == 7 * _DAY)
    if against == "before":
        return window.kind == "shift"
    return window.kind in ("shift", "day") or (window.kind == "moving" and window.seconds == _DAY)


def never_has(window: Window, against: str) -> bool:
    """Whether a window is never compared with such a period: it overlaps it, or is longer than it."""
    if window.kind == "all":
        return True
    if against == "before":
        return False
    longest = _DAY if against == "day" else 7 * _DAY
    if window.kind == "moving":
        return window.seconds > longest
    return window.kind in ("month", "quarter", "year") or (window.kind == "week" and against == "day")
