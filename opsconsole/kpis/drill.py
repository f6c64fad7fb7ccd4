"""From a number to what it is made of: a KPI by a dimension, and the rows behind a KPI, a rule or a source."""

from __future__ import annotations

import datetime as dt

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.kpis.binding import Binding, BoundKpi, BoundRule
from opsconsole.kpis.evaluate import Figures, frame_of
from opsconsole.kpis.extent import Extents
from opsconsole.kpis.gather import Wanted, gather
from opsconsole.kpis.measures import Measure, Split
from opsconsole.kpis.ranged import cut_off
from opsconsole.kpis.scan import Cursor
from opsconsole.kpis.span import Stretch, moment, span_of
from opsconsole.kpis.targets import books_of
from opsconsole.site.builtin import BUILT_IN


class Subject(Struct, frozen=True):
    """Which rows are meant: those of a source that meet conditions, within a stretch of event time.

    `until`: without a stretch, those up to a past moment.
    """

    source: str
    conditions: tuple[str, ...] = ()
    stretch: Stretch | None = None
    until: dt.datetime | None = None


def breakdown(
    cursor: Cursor,
    binding: Binding,
    kpi: str,
    by: str,
    where: dict[str, str | None],
    now: dt.datetime,
    until: dt.datetime | None = None,
) -> Split:
    """A KPI by one dimension over its window at `now`, among the rows of the members chosen in `where`.

    `until` is `now` where that is a past moment.

    Raises LookupError for an unknown KPI or dimension, ValueError when the expression fails on the data.
    """
    return _figures(cursor, binding, replace(_kpi(binding, kpi), by=(by,)), where, now, until).split(by)


def measure_among(
    cursor: Cursor,
    binding: Binding,
    kpi: str,
    where: dict[str, str | None],
    now: dt.datetime,
    until: dt.datetime | None = None,
) -> Measure:
    """A KPI's figures and trend at `now`, among the rows of the members chosen in `where`.

    `until` is `now` where that is a past moment.

    Raises LookupError for an unknown KPI or dimension, ValueError when the expression fails on the data.
    """
    return _figures(cursor, binding, replace(_kpi(binding, kpi), by=()), where, now, until).measure()


def _figures(
    cursor: Cursor,
    binding: Binding,
    bound: BoundKpi,
    where: dict[str, str | None],
    now: dt.datetime,
    until: dt.datetime | None,
) -> Figures:
    extents = Extents(cursor, binding, until)
    frame = frame_of(bound, binding, now, extents, until, filters=where)
    wanted = Wanted(bound, ((), *((name,) for name in bound.by)))
    picked = gather(cursor, binding, [wanted], frame, extents)[bound.kpi.name]
    if isinstance(picked, str):
        raise ValueError(f"{bound.kpi.title or bound.kpi.name} has no value: {picked}")
    return Figures(bound, picked, frame, books_of(cursor, binding, now)[bound.kpi.name], binding.site)


def subject_of_kpi(binding: Binding, kpi: str, now: dt.datetime, until: dt.datetime | None = None) -> Subject:
    """The rows behind a KPI at `now`: of one over several sources those of the first.

    Raises LookupError for one that is unknown or not bound.
    """
    bound = _kpi(binding, kpi)
    parts = [part for part in bound.components if part.source == bound.source] or [bound]
    filters = [part.where.text for part in parts if part.where is not None]
    # Rows that none of the components takes are not behind the number.
    conditions = (
        (" OR ".join(f"(\n{text}\n)" for text in dict.fromkeys(filters)),) if len(filters) == len(parts) else ()
    )
    span = span_of(bound.kpi.window, bound.timed, now, binding.site, until)
    return Subject(bound.source, conditions, span.now, span.until)


def subject_of_source(binding: Binding, source: str, until: dt.datetime | None = None) -> Subject:
    """All rows of a source; up to a past moment where they have times."""
    known = binding.site.sources.get(source)
    return Subject(source, until=until if known is not None and known.time is not None else None)


def subject_of_rule(
    binding: Binding,
    rule: str,
    now: dt.datetime,
    alert_from: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> Subject:
    """The rows behind a rule at `now`: of its KPI, those that meet its condition, or its whole silent source.

    Of a combination those of its first rule that has any. `until` is `now` where that is a past moment.
    Raises LookupError for a rule that is unknown or not bound.
    """
    bound = binding.rules.get(rule)
    while bound is not None and bound.parts:  # the parts of a site go round in no circle
        rule = next((part for part in bound.parts if part in binding.rules), bound.parts[0])
        bound = binding.rules.get(rule)
    if bound is None:
        raise LookupError(binding.idle.get(rule) or f"there is no rule `{rule}`")
    if bound.kpi is not None:
        return subject_of_kpi(binding, bound.kpi.kpi.name, now, until)
    if bound.kind in ("silent", "late", "wip", "bottleneck"):
        return subject_of_source(binding, bound.source, until)
    return Subject(bound.source, (condition_of(bound, now),), within(bound, now, alert_from))


def within_range(
    subject: Subject, binding: Binding, start: dt.datetime, end: dt.datetime, now: dt.datetime
) -> Subject:  # fmt: skip
    """What of rows lies in a range as far as that has come at `now`; rows without times are in any."""
    known = binding.site.sources.get(subject.source) or BUILT_IN.get(subject.source)
    if known is None or known.time is None:
        return subject
    chosen, own = Stretch(start, cut_off(start, end, now), after_start=False, to_end=False), subject.stretch
    if own is None:
        return replace(subject, stretch=chosen)
    later, earlier = own.start > chosen.start, own.end < chosen.end
    return replace(
        subject,
        stretch=Stretch(
            max(own.start, chosen.start),
            min(own.end, chosen.end),
            after_start=own.after_start if later else chosen.after_start,
            to_end=own.to_end if earlier else chosen.to_end,
        ),
    )


def condition_of(rule: BoundRule, now: dt.datetime) -> str:
    """The rows that a rule on rows or on due dates counts, as SQL."""
    if rule.kind == "anomaly":
        return "true"
    if rule.due is None:
        return rule.rows.text if rule.rows is not None else "false"
    due = f"{rule.due.moment} <= {moment(now + dt.timedelta(seconds=rule.rule.ahead))}"
    return due if rule.due.unless is None else f"{due} AND NOT coalesce((\n{rule.due.unless.text}\n), false)"


def within(rule: BoundRule, now: dt.datetime, alert_from: dt.datetime | None) -> Stretch | None:
    """The stretch that a rule on rows looks at: (now - within, now], not before `alert_from`; None without times.

    What is due is so whenever its row was.
    """
    if not rule.timed or rule.kind == "due":
        return None
    start = now - dt.timedelta(seconds=rule.rule.within)
    if alert_from is not None and alert_from > start:
        return Stretch(alert_from, now, after_start=False, to_end=True)
    return Stretch(start, now, after_start=True, to_end=True)


def _kpi(binding: Binding, name: str) -> BoundKpi:
    bound = binding.kpis.get(name)
    if bound is None:
        raise LookupError(binding.waiting.get(name) or binding.broken.get(name) or f"there is no KPI `{name}`")
    return bound
