"""The waiting that goes on: which step the open cases wait for now, and how long they have waited together. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import polars as pl

from opsconsole.insight.flow.hours import Hours
from opsconsole.insight.flow.log import Log
from opsconsole.insight.flow.stages import cases, expected_next, visits
from opsconsole.insight.flow.steps import durations


def sound_cases(
    log: Log, now: dt.datetime, *, done: Collection[str] = (), hours: Hours | None = None
) -> tuple[Log, pl.DataFrame]:
    """The log without its impossible steps, and its cases (`stages.cases`)."""
    timed = durations(log, hours=hours, now=now)
    sound = Log(timed.filter(pl.col("fault").is_null()).select(log.steps.columns), (), log.in_order)
    return sound, cases(sound, done=done, hours=hours)


def waiting_now(log: Log, now: dt.datetime, *, done: Collection[str] = (), hours: Hours | None = None) -> pl.DataFrame:
    """One row per step that open cases wait for, the one that holds most of the waiting first.

    A case that waits is taken to go where most went from its last step (`stages.expected_next`); after a last step that
    most ended with it waits for nothing. Columns: step, cases, seconds (waited so far, together), oldest (seconds),
    share (of all waiting, of 1).
    """
    sound, every = sound_cases(log, now, done=done, hours=hours)
    stays = visits(sound, every, now, hours=hours)
    follows = expected_next(stays, log.in_order)
    there = stays.filter(~pl.col("closed")).group_by("case", maintain_order=True).last()
    waits = there.filter(~pl.col("working")).with_columns(
        step=pl.col("activity").replace_strict(follows, default=None, return_dtype=pl.String)
    )
    found = (
        waits.filter(pl.col("step").is_not_null())
        .group_by("step", maintain_order=True)
        .agg(cases=pl.len(), seconds=pl.col("dwell").sum(), oldest=pl.col("dwell").max())
    )
    share = pl.when(pl.col("seconds").sum() > 0).then(pl.col("seconds") / pl.col("seconds").sum()).otherwise(0.0)
    return found.with_columns(share=share).sort("seconds", "step", descending=[True, False])
