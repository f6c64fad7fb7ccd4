"""What the chances of a flow were worth lately, and how those of now are corrected by it: found every six hours."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl

from opsconsole.engine.flow_messages import Rehearsal, Worth
from opsconsole.engine.insight.flow_read import hours_of, naive
from opsconsole.insight.flow import Log
from opsconsole.insight.flow.hours import elapsed
from opsconsole.insight.flow.recalibration import Recalibration
from opsconsole.insight.flow.rehearsal import corrected, correction, rehearse
from opsconsole.insight.flow.reliability import off, reliability
from opsconsole.insight.flow.risk import LEAST
from opsconsole.insight.flow.stages import known_at
from opsconsole.kpis.binding import BoundFlow
from opsconsole.site.model import Flow as FlowSpec
from opsconsole.site.model import Site

_EVERY = 6 * 3600
"""Seconds of site time for which it is known what chances said before were worth."""
_MOMENTS = 12
_REHEARSABLE = 100_000
_SHARE, _KEPT = 0.1, 32


class Lesson(NamedTuple):
    """What was learned: the correction, and what is told of it; None where nothing could be."""

    correction: Recalibration | None = None
    worth: Rehearsal | None = None


class Lessons:
    """What the chances of flows were worth. For one thread."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, dt.datetime], tuple[BoundFlow, int, Lesson]] = {}

    def of(self, log: Log, bound: BoundFlow, site: Site, now: dt.datetime) -> Lesson:
        """By what was known at the last whole six hours before `now`, so that all who ask hear the same.

        It is learned anew where more than a tenth of what it was learned from has come or gone since, as when files are
        still being read.
        """
        moment = naive(now)
        until = moment - (moment - dt.datetime(1970, 1, 1)) % dt.timedelta(seconds=_EVERY)
        steps = int(log.steps.select((pl.min_horizontal("start", "end") <= until).sum()).item())
        key = (bound.flow.name, until)
        known, size, lesson = self._kept.pop(key, (None, 0, Lesson()))
        if known != bound or abs(steps - size) > _SHARE * size:
            size, lesson = steps, lesson_of(log, bound.flow, site, until)
        self._kept[key] = bound, size, lesson
        while len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return lesson


def lesson_of(log: Log, spec: FlowSpec, site: Site, until: dt.datetime) -> Lesson:
    """What chances would have been worth that were said at moments before `until` (naive UTC), of cases due by then.

    The moments are a third of the usual time limit apart, or as far as the later half of the log lets them. Nothing
    where no case can be late, nothing tells when one was closed, the log is too long for it, or too little was said.
    """
    if not (spec.sla or spec.due) or not (spec.done or spec.closed or spec.stages) or log.steps.height > _REHEARSABLE:
        return Lesson()
    known = known_at(log, until)
    first = known.steps.select(pl.min_horizontal(pl.col("start").min(), pl.col("end").min())).item()
    if first is None or until <= first:
        return Lesson()
    hours = hours_of(log, spec, site, until.replace(tzinfo=dt.UTC))
    half = (until - first) / 2
    limit = known.steps.select((pl.col("due") - pl.col("start").min().over("case")).median()).item()
    if spec.sla is not None:
        span = [first.replace(tzinfo=dt.UTC).timestamp(), until.replace(tzinfo=dt.UTC).timestamp()]
        worked = float(elapsed(hours, span[0], span[1])) or 1.0
        limit = dt.timedelta(seconds=spec.sla * (span[1] - span[0]) / worked)
    step = min(half / _MOMENTS, max(limit / 3, dt.timedelta(seconds=1)) if limit is not None else half)
    moments = [until - step * at for at in range(_MOMENTS, 0, -1)]
    said = rehearse(known, moments, until, done=spec.done, sla=spec.sla, hours=hours)
    if said.height < LEAST:
        return Lesson()
    was = corrected(said)
    table = reliability(was["late"], was["was_late"])
    worth = [Worth(each.low, each.high, each.n, each.said, each.came) for each in table]
    return Lesson(correction(said, until), Rehearsal(said.height, said["case"].n_unique(), off(table), worth))
