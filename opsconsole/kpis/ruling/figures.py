"""Rules on KPIs: their values, or how these changed, against a comparison or against the KPI's own limits.

Rules with the window in common share its scans, and those on one KPI by the same labels its values, put in order once:
each rule then finds by bisection who is beyond its limit, and nothing is made of the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from itertools import chain

from opsconsole.kpis.binding import BoundKpi, BoundRule
from opsconsole.kpis.evaluate import Figures
from opsconsole.kpis.gather import Frame, Picked, Wanted, gather
from opsconsole.kpis.limits import Limits
from opsconsole.kpis.ruling.before import members_before
from opsconsole.kpis.ruling.context import Context
from opsconsole.kpis.ruling.outcome import INSTANCES, Outcome
from opsconsole.kpis.ruling.series import Series, Then, changed, present, then_of
from opsconsole.kpis.ruling.texts import name_of, shown
from opsconsole.kpis.scan import Members
from opsconsole.kpis.span import Span, span_of
from opsconsole.kpis.status import eased, limit_of, mildest, priority_of, worse_of
from opsconsole.kpis.when import When
from opsconsole.site.figures import figure
from opsconsole.site.model import Kpi, Priority

_By = tuple[str, ...]


def judge(context: Context, rules: list[BoundRule], outcome: Outcome) -> None:
    """Rules on KPIs that have the window in common."""
    kpi = _kpi(rules[0])
    span = span_of(kpi.kpi.window, kpi.timed, context.now, context.binding.site, context.until)
    now = _Values(context, span, rules)
    now.look_before(context, [rule for rule in rules if _wants_before(rule, now, outcome)])
    known: dict[tuple[str | None, float | None], Then | None] = {}
    thens: dict[Then, list[BoundRule]] = {}
    for rule in rules:
        name = _kpi(rule).kpi.name
        if isinstance(figures := now.figures[name], str):
            outcome.failed(rule.rule.name, figures)
            continue
        if not rule.changes:
            if rule.when is not None:
                _compare(rule, rule.when, now.series(name, rule.by), outcome)
            else:
                _limits(rule, figures, now.series(name, rule.by), context.books[name].missing, outcome)
            outcome.well(rule, now.total(name, rule.by), missing=True)
            continue
        back = (rule.rule.against, rule.rule.change)
        if back not in known:
            known[back] = then_of(rule, _kpi(rule), context.now, context.binding.site)
        then = known[back]
        if then is None:
            outcome.stale(rule.rule.name, "there is nothing to compare with at present")
        else:
            thens.setdefault(then, []).append(rule)
    for then, others in thens.items():
        _changes(context, others, now, then, outcome)


class _Values:
    """The values of some rules' KPIs over one span; what could not be had is text that says why."""

    def __init__(self, context: Context, span: Span, rules: Iterable[BoundRule]) -> None:
        self._span = span
        frame = Frame(span, cap=INSTANCES, bare=True)
        found = _gather(context, rules, frame)
        site = context.binding.site
        kpis = {_kpi(rule).kpi.name: _kpi(rule) for rule in rules}
        self.figures: dict[str, Figures | str] = {
            name: pick if isinstance(pick, str) else Figures(kpis[name], pick, frame, context.books[name], site)
            for name, pick in found.items()
        }
        self._series: dict[tuple[str, _By], Series] = {}
        self._before: dict[tuple[str, _By], list[Members]] = {}

    def look_before(self, context: Context, rules: list[BoundRule]) -> None:
        """Find out which members had rows in the stretch before, for the KPIs of these rules."""
        if rules and self._span.before is not None:
            wanted = [(_kpi(rule), rule.by) for rule in rules]
            self._before = members_before(context, wanted, self._span.before)

    def series(self, kpi: str, by: _By) -> Series:
        """The values of a KPI that could be had."""
        known = self._series.get((kpi, by))
        if known is None:
            known = self._series[kpi, by] = present(self._of(kpi), by, self._before.get((kpi, by), ()))
        return known

    def total(self, kpi: str, by: _By) -> int:
        """How many members there are, those beyond the most included."""
        return self._of(kpi).found.members.get(by, 0)

    def members(self, kpi: str, by: _By) -> Collection[Members]:
        """Those that have rows."""
        return self._of(kpi).found.now.get(by, {})

    def _of(self, kpi: str) -> Figures:
        found = self.figures[kpi]
        assert not isinstance(found, str)
        return found


def _gather(context: Context, rules: Iterable[BoundRule], frame: Frame) -> dict[str, Picked | str]:
    """What rules need to know of their KPIs."""
    kpis: dict[str, BoundKpi] = {}
    splits: dict[str, dict[_By, None]] = {}
    for rule in rules:
        kpi = _kpi(rule)
        kpis[kpi.kpi.name] = kpi
        splits.setdefault(kpi.kpi.name, {})[rule.by] = None
    asked = [Wanted(kpi, tuple(splits[name])) for name, kpi in kpis.items()]
    return gather(
        context.cursor, context.binding, asked, frame, context.extents, context.failing, context.sealed
    )  # fmt: skip


def _wants_before(rule: BoundRule, now: _Values, outcome: Outcome) -> bool:
    """Whether it matters to a rule who had rows before: where no rows mean a number, which may be beyond its limit, or
    be the end of an alert."""
    if not rule.by or rule.changes:
        return False
    name = _kpi(rule).kpi.name
    figures = now.figures[name]
    if isinstance(figures, str) or figures.empty is None:
        return False
    watched = outcome.watched(rule)
    if watched is None or rule.when is None or rule.when.met(figures.empty):
        return True
    return not watched <= set(now.members(name, rule.by))


def _changes(context: Context, rules: list[BoundRule], now: _Values, then: Then, outcome: Outcome) -> None:
    """Rules on how values have changed since one earlier stretch."""
    was = _Values(context, then.span, rules)
    made: dict[tuple[str, _By, bool], Series] = {}
    for rule in rules:
        name = _kpi(rule).kpi.name
        figures, earlier = now.figures[name], was.figures[name]
        assert rule.when is not None
        assert not isinstance(figures, str)
        if isinstance(earlier, str):
            outcome.failed(rule.rule.name, earlier)
            continue
        key = (name, rule.by, rule.when.share)
        if key not in made:
            made[key] = changed(now.series(name, rule.by), figures, earlier, rule.by, share=rule.when.share)
        _compare(rule, rule.when, made[key], outcome, then.label)
        outcome.well(rule, max(now.total(name, rule.by), was.total(name, rule.by)), missing=True)


def _compare(rule: BoundRule, when: When, series: Series, outcome: Outcome, label: str = "") -> None:
    """A rule that compares values; `label`: they are changes, and since when."""
    watched = outcome.watched(rule)
    rest = set(series.found) if watched is None else watched & series.found.keys() if watched else watched
    for place in chain.from_iterable(when.among(series.values)):
        members, value = series.members[place], series.values[place]
        rest.discard(members)
        text = partial(_compared, rule, when, value, series.was.get(members), label)
        outcome.add(rule, members, rule.rule.priority, value, when.limit(value), text, when.worse(value))
    for members in rest:
        found = series.found[members]
        if found is None:
            outcome.unknown(rule, members)
            continue
        kept = rule.rule.priority if _held(rule, when, found) else None
        outcome.add(rule, members, None, found, when.limit(found), None, when.worse(found), kept)


def _held(rule: BoundRule, when: When, value: float) -> bool:
    """Whether a value that does not raise an alert holds one that was raised before."""
    if rule.recover is not None:
        return not rule.recover.met(value)
    return bool(rule.rule.deadband) and when.wider(rule.rule.deadband).met(value)


def _limits(rule: BoundRule, figures: Figures, series: Series, missing: bool, outcome: Outcome) -> None:
    """A rule by the KPI's own limits; `missing`: of some nobody knows at present what they are."""
    kpi = figures.kpi.kpi
    watched = outcome.watched(rule)
    for members, value in series.found.items():
        if value is None:
            if watched is None or members in watched:
                outcome.unknown(rule, members)
            continue
        limits = figures.limits(dict(zip(rule.by, members, strict=True)), series.rows.get(members))
        priority = priority_of(limits, value)
        if priority is None and watched is not None and members not in watched:
            continue
        if priority is None and missing:
            # An alert by limits that are gone is not back to normal: their file may just be written anew.
            outcome.unknown(rule, members)
            continue
        limit = limit_of(limits, priority)
        kept = _kept(rule, limits, value)
        text = partial(_beyond, kpi, value, limit, limits.target)
        outcome.add(rule, members, priority, value, limit, text, worse_of(limits), kept)


def _kept(rule: BoundRule, limits: Limits, value: float) -> Priority | None:
    """The priority at which a value holds an alert that was raised before.

    A recovery condition says when it is over: until then it may ease, but not end.
    """
    if rule.recover is not None:
        return None if rule.recover.met(value) else mildest(limits)
    return priority_of(eased(limits, rule.rule.deadband), value) if rule.rule.deadband else None


def _compared(
    rule: BoundRule, when: When, value: float, was: tuple[float, float] | None, label: str
) -> tuple[str, str, str]:
    kpi = _kpi(rule).kpi
    limit = when.limit(value)
    if not label:
        said, limited = shown(kpi, value), shown(kpi, limit)
        return f"{name_of(kpi)} {said} {when.words} {limited}", said, limited
    said, limited = (figure(value, "%"), figure(limit, "%")) if when.share else (shown(kpi, value), shown(kpi, limit))
    said = f"+{said}" if value > 0 else said
    before = f" ({shown(kpi, was[0])} → {shown(kpi, was[1])})" if was is not None else ""
    return f"{name_of(kpi)} {said} {label}{before}, {when.words} {limited}", said, limited


def _beyond(kpi: Kpi, value: float, limit: float | None, target: float | None) -> tuple[str, str, str]:
    said, limited = shown(kpi, value), shown(kpi, limit)
    if limit is None:
        return f"{name_of(kpi)} {said}", said, limited
    if kpi.better == "target":
        return f"{name_of(kpi)} {said}, more than {limited} from {shown(kpi, target)}", said, limited
    side = "under" if kpi.better == "higher" else "over"
    return f"{name_of(kpi)} {said} {side} {limited}", said, limited


def _kpi(rule: BoundRule) -> BoundKpi:
    assert rule.kpi is not None
    return rule.kpi
