"""A KPI against its target, against other periods, and against the best and the typical of its last like periods.

Comparisons are fair: while the present period still runs, every other one is cut at the same point in it. A period that
the source's rows do not reach back to is missing, not zero: nothing is compared with it, and it is no like period.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.drill import measure_among
from opsconsole.kpis.limits import verdict
from opsconsole.kpis.measures import Measure
from opsconsole.kpis.nodes import Nodes, bound_kpi
from opsconsole.kpis.scan import Cursor
from opsconsole.kpis.span import stretch_of
from opsconsole.kpis.status import badness
from opsconsole.site.periods import Key, Period, comparisons, like

Kind = Literal["target", "before", "day", "week", "best", "typical"]
LIKES = 20
# Of fewer like periods nobody can say what is typical.
FEWEST = 3
TOO_FAR = "the source's rows do not reach back that far"


class Comparison(Struct, frozen=True):
    """What the value now is held against; as in `opsconsole.engine.kpi_messages.Comparison`."""

    against: Kind
    label: str
    value: float | None = None
    change: float | None = None
    verdict: str = ""
    start: float | None = None
    end: float | None = None
    whole_end: float | None = None
    rows: int = 0
    low: float | None = None
    high: float | None = None
    periods: int = 0
    reason: str = ""


class Like(Struct, frozen=True):
    """A like period and its value; moments are seconds since the epoch."""

    label: str
    start: float
    end: float
    value: float | None


class Comparing(Struct, frozen=True):
    """A KPI's value now and all that it is compared with. `running`: the others are cut to the point it has come to."""

    kpi: str
    value: float | None
    start: float | None
    end: float | None
    running: bool
    comparisons: list[Comparison]
    likes: list[Like]


def compare(
    cursor: Cursor,
    binding: Binding,
    kpi: str,
    where: dict[str, str | None],
    now: dt.datetime,
    likes: int = LIKES,
    until: dt.datetime | None = None,
) -> Comparing:
    """A KPI at `now` among the rows of the members chosen in `where`, against all there is to compare it with.

    `until` is `now` where that is a past moment. Raises LookupError for an unknown KPI or dimension, duckdb.Error when
    the expression fails on the data.
    """
    bound = bound_kpi(binding, kpi)
    measure = measure_among(cursor, binding, kpi, where, now, until)
    window = bound.kpi.window
    found = [_target(measure)] if measure.limits.target is not None else []
    if not bound.windowed:
        return _answer(measure, False, found, [])
    earlier = comparisons(window, now, binding.site)
    alike = like(window, now, binding.site, likes)
    stretches = list(dict.fromkeys(stretch_of(window, period) for period in (*earlier.values(), *alike)))
    nodes = Nodes(cursor, binding, bound, stretches, where, until=until)
    values = {stretch: nodes.value(bound, at) for at, stretch in enumerate(stretches)}
    for kind, period in earlier.items():
        at = stretches.index(stretch_of(window, period))
        far = "" if nodes.known(bound, at) else TOO_FAR
        found.append(_against(kind, period, values[stretches[at]], nodes.rows(bound, at), far, measure))
    past = [
        Like(period.label, period.start.timestamp(), period.end.timestamp(), values[stretch_of(window, period)])
        for period in alike
    ]
    found += [_best(past, measure), _typical(past, measure)]
    running = any(period.end < period.whole_end for period in (*earlier.values(), *alike))
    return _answer(measure, running, found, past)


def _answer(measure: Measure, running: bool, found: list[Comparison], likes: list[Like]) -> Comparing:
    return Comparing(measure.name, measure.value, measure.start, measure.end, running, found, likes)


def _judged(against: Kind, label: str, measure: Measure, value: float, **more: object) -> Comparison:
    change = measure.value - value if measure.value is not None else None
    return Comparison(
        against,
        label,
        value,
        change,
        verdict(measure.limits, measure.value, change),
        reason="" if measure.value is not None else "there is no value now",
        **more,  # type: ignore[arg-type]  # fields of the struct
    )


def _target(measure: Measure) -> Comparison:
    assert measure.limits.target is not None
    found = _judged("target", "target", measure, measure.limits.target)
    if measure.limits.better == "target" and found.change is not None:
        inside = abs(found.change) <= measure.limits.tolerance
        return replace(found, verdict="same" if inside else "worse")
    return found


def _against(kind: Key, period: Period, value: float | None, rows: int, far: str, measure: Measure) -> Comparison:
    """`far` says that the rows do not reach back to the period, where they do not."""
    moments = {
        "start": period.start.timestamp(),
        "end": period.end.timestamp(),
        "whole_end": period.whole_end.timestamp(),
        "rows": rows,
    }
    if value is None:
        reason = far or ("no rows then" if not rows else f"no value from {rows} rows")
        return Comparison(kind, period.label, reason=reason, **moments)  # type: ignore[arg-type]  # fields of the struct
    return _judged(kind, period.label, measure, value, **moments)


def _best(likes: Sequence[Like], measure: Measure) -> Comparison:
    known = [each for each in likes if each.value is not None]
    label = f"best of {len(known)}"
    if measure.limits.better is None:
        return Comparison("best", "best", reason="no direction is better (`better:` in site.yaml)")
    if not known:
        return Comparison("best", "best", reason="no like period before this one")
    best = min(known, key=lambda each: badness(measure.limits, each.value))
    assert best.value is not None
    return _judged(
        "best", label, measure, best.value, start=best.start, end=best.end, whole_end=best.end, periods=len(known)
    )


def _typical(likes: Sequence[Like], measure: Measure) -> Comparison:
    known = sorted(each.value for each in likes if each.value is not None)
    if len(known) < FEWEST:
        there = "no like period" if not known else f"{len(known)} like period{'s' if len(known) > 1 else ''}"
        return Comparison("typical", "typical", reason=f"{there} before this one, {FEWEST} are needed")
    low, middle, high = (quantile(known, share) for share in (0.1, 0.5, 0.9))
    found = _judged("typical", f"typical of {len(known)}", measure, middle, low=low, high=high, periods=len(known))
    if measure.value is not None and low <= measure.value <= high and found.verdict:
        return replace(found, verdict="same")
    return found


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile of values in order, linear between them (type 7 of Hyndman and Fan, as quantile_cont has it)."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
