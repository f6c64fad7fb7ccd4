"""The whole analysis of a log in one call. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import numpy as np
import polars as pl
from msgspec import Struct

from opsconsole.insight.flow import paths, steps
from opsconsole.insight.flow.counting import Little, little
from opsconsole.insight.flow.hours import Hours
from opsconsole.insight.flow.log import Fault, Log
from opsconsole.insight.flow.recalibration import Recalibration
from opsconsole.insight.flow.risk import learn, open_cases
from opsconsole.insight.flow.stages import cases, visits
from opsconsole.insight.flow.steps import epoch


class Flow(Struct, frozen=True):
    """A log analysed; each frame as the function of its name describes it.

    `order` are the activities in the order that cases go through them. `at_risk` is `risk.open_cases`. `little` is None
    where no time has passed.
    """

    steps: pl.DataFrame
    cases: pl.DataFrame
    visits: pl.DataFrame
    ranked: pl.DataFrame
    edges: pl.DataFrame
    variants: pl.DataFrame
    rework: pl.DataFrame
    handoffs: pl.DataFrame
    resources: pl.DataFrame
    at_risk: pl.DataFrame
    order: tuple[str, ...]
    faults: tuple[Fault, ...]
    little: Little | None


def analyse(
    log: Log,
    *,
    now: dt.datetime,
    done: Collection[str] = (),
    sla: float | None = None,
    hours: Hours | None = None,
    recalibration: Recalibration | None = None,
) -> Flow:
    """Steps, waits, variants, rework, hand-offs, open cases and their chance of being late.

    `log` from `log.read_events` or `log.read_wide`; `now` in the zone of its times (UTC where they were zoned); `done`
    the activities that close a case; `sla` the seconds a case may take (by the hours, where given);
    `recalibration` what earlier chances taught (`rehearsal.correction`).
    """
    timed = steps.durations(log, hours=hours, now=now)
    every, stays, listed = _cases(log, timed, now, done, sla, hours, recalibration)
    found = steps.faults(timed) + _backwards(every)
    return Flow(
        timed,
        every,
        stays,
        steps.ranked(timed),
        steps.edges(timed),
        paths.variants(timed, every),
        paths.rework(timed),
        paths.handoffs(timed),
        paths.resources(timed),
        listed,
        log.in_order or in_order(timed),
        log.faults + found,
        _little(every, now),
    )


def at_risk(
    log: Log,
    *,
    now: dt.datetime,
    done: Collection[str] = (),
    sla: float | None = None,
    hours: Hours | None = None,
    recalibration: Recalibration | None = None,
) -> pl.DataFrame:
    """The open cases alone, as `analyse` has them: what rules look at time and again."""
    timed = steps.durations(log, hours=hours, now=now)
    return _cases(log, timed, now, done, sla, hours, recalibration)[2]


def _cases(
    log: Log, timed: pl.DataFrame, now: dt.datetime, done: Collection[str], sla: float | None, hours: Hours | None,
    recalibration: Recalibration | None,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:  # fmt: skip
    """All cases, the stages they were in, and the open ones with their chances."""
    # What is impossible tells neither when a case ended nor in which stage it was.
    sound = Log(timed.filter(pl.col("fault").is_null()).select(log.steps.columns), (), log.in_order)
    every = cases(sound, done=done, hours=hours)
    stays = visits(sound, every, now, hours=hours)
    model = learn(every, stays, now, limit=sla, hours=hours)
    listed = open_cases(model, every, stays, now, limit=sla, hours=hours, recalibration=recalibration)
    return every, stays, listed


def in_order(timed: pl.DataFrame) -> tuple[str, ...]:
    """The activities by the median place that they take in their cases, from 0 (first) to 1 (last)."""
    nth, count = pl.int_range(pl.len()).over("case"), pl.len().over("case")
    placed = timed.select("activity", place=pl.when(count > 1).then(nth / (count - 1)).otherwise(0.0))
    ordered = placed.group_by("activity").agg(pl.col("place").median(), mean=pl.col("place").mean())
    return tuple(ordered.sort("place", "mean", "activity")["activity"])


def _backwards(every: pl.DataFrame) -> tuple[Fault, ...]:
    n = int(every["impossible"].sum())
    return (Fault("closed before it began", n),) if n else ()


def _little(every: pl.DataFrame, now: dt.datetime) -> Little | None:
    sound = every.filter(~pl.col("impossible"))
    if sound.is_empty():
        return None
    start, end = epoch(sound["start"]), epoch(sound["end"])
    until = now.replace(tzinfo=dt.UTC).timestamp()
    since = float(np.min(start))
    return little(start, end, since, until) if until > since else None
