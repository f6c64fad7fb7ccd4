"""Cases as a whole, and the stages they were in: which are open, in which stage, since when. Pure.

A stage is an activity being worked on ("in weld"), or what comes after one until the next begins ("after weld"). A case
enters a stage whenever a step begins or ends; a step without length has no stage of its own. With stages of a declared
order they are all of the second kind.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from itertools import pairwise

import polars as pl

from opsconsole.insight.flow.hours import Hours
from opsconsole.insight.flow.log import TIME, Log
from opsconsole.insight.flow.steps import between


def cases(log: Log, *, done: Collection[str] = (), hours: Hours | None = None) -> pl.DataFrame:
    """One row per case.

    A case is closed when its `closed` column says so, or when a step of `done` has ended; its end is the latest end of
    its steps (of its `closed`, where the log has such a column). Where neither is known, a case is closed once all of
    its steps have ended: an open one then cannot be told from one that waits.

    Columns: case, group, start, end (null while open), open, due, steps, duration in seconds (by the hours; null while
    open), impossible (ends before it starts; then without a duration), late (closed after it was due; null unless both
    moments are known).
    """
    steps = log.steps
    by_column = steps["closed"].is_not_null().any() or bool(log.in_order)
    if by_column:
        end = pl.col("closed").max()
    else:
        last = pl.col("end").max()
        running = pl.col("end").is_null().any()
        over = pl.col("end").filter(pl.col("activity").is_in(list(done))).count() > 0 if done else ~running
        end = pl.when(over).then(last)
    found = steps.group_by("case", maintain_order=True).agg(
        group=pl.col("group").first(),
        start=pl.min_horizontal(pl.col("start").min(), pl.col("end").min()),
        end=end,
        due=pl.col("due").max(),
        steps=pl.len(),
    )
    backwards = (pl.col("end") < pl.col("start")).fill_null(value=False)
    found = found.with_columns(open=pl.col("end").is_null(), impossible=backwards)
    duration = between(found, "start", "end", hours).alias("duration")
    found = found.with_columns(duration).with_columns(duration=pl.when(~pl.col("impossible")).then("duration"))
    found = found.with_columns(late=pl.col("end") > pl.col("due"))
    return found.select("case", "group", "start", "end", "open", "due", "steps", "duration", "impossible", "late")


def visits(log: Log, cases: pl.DataFrame, now: dt.datetime, *, hours: Hours | None = None) -> pl.DataFrame:
    """One row per stage that a case was in, in order: what the times of stages are learned from.

    Columns: case, group, activity, working (in it, not after it), next (activity of the stage after; null where there
    is none yet), entered, left (null while there), into (seconds from the beginning of the case until then), dwell
    (seconds until it was left or `now`), closed (whether the case is), row. Stages entered after the end of the case,
    or after `now`, are none.
    """
    moments = (
        log.steps.lazy()
        .select("case", "activity", "start", "end", "row", nth=pl.int_range(pl.len()).over("case"))
        .with_columns(length=(pl.col("end") > pl.col("start")).fill_null(value=True))
    )
    begun = moments.filter(pl.col("start").is_not_null() & pl.col("length")).select(
        "case", "activity", "row", "nth", pl.lit(True).alias("working"), pl.col("start").alias("entered")
    )
    over = moments.filter(pl.col("end").is_not_null()).select(
        "case", "activity", "row", "nth", pl.lit(False).alias("working"), pl.col("end").alias("entered")
    )
    moment = pl.lit(now, TIME)
    order = ["case", "nth"] if log.in_order else ["case", "entered", "nth", "working"]
    found = (
        pl.concat([begun, over])
        .filter(pl.col("entered") <= moment)
        .sort(order, descending=[name == "working" for name in order])
        .with_columns(left=pl.col("entered").shift(-1).over("case"), next=pl.col("activity").shift(-1).over("case"))
        .collect()
        .join(
            cases.select("case", "group", "end", "impossible", begun=pl.col("start")),
            on="case",
            how="inner",
            maintain_order="left",
        )
        .filter((pl.col("end").is_null() | (pl.col("entered") < pl.col("end"))) & ~pl.col("impossible"))
        .with_columns(closed=(pl.col("end") <= moment).fill_null(value=False))
        .with_columns(left=pl.when(pl.col("left") <= pl.coalesce("end", moment)).then("left"))
    )
    over_at = pl.when(pl.col("closed")).then("end").otherwise(moment)
    found = found.with_columns(stay=pl.coalesce("left", over_at))
    found = found.with_columns(
        between(found, "entered", "stay", hours).clip(0.0).alias("dwell"),
        between(found, "begun", "entered", hours).alias("into"),
        next=pl.when(pl.col("left").is_not_null()).then("next"),
    )
    columns = ("case", "group", "activity", "working", "next", "entered", "left", "into", "dwell", "closed", "row")
    return found.select(columns)


def expected_next(visits: pl.DataFrame, order: Collection[str] = ()) -> dict[str, str]:
    """After each activity the one that most cases came to next; with an `order` of stages the one that follows.

    An activity after which most cases are closed has none.
    """
    if order:
        return dict(pairwise(order))
    moved = visits.filter(~pl.col("working") & (pl.col("next").is_not_null() | pl.col("closed")))
    counted = moved.group_by("activity", "next").len().sort("activity", "len", "next", descending=[False, True, False])
    first = counted.group_by("activity", maintain_order=True).first().filter(pl.col("next").is_not_null())
    return dict(first.select("activity", "next").iter_rows())


def known_at(log: Log, now: dt.datetime) -> Log:
    """The log as it was at a moment: steps begun by then, their ends and the closing of cases only if they had come."""
    moment = pl.lit(now, TIME)
    begun = log.steps.filter(pl.min_horizontal("start", "end") <= moment)
    known = [pl.when(pl.col(name) <= moment).then(name).alias(name) for name in ("end", "closed")]
    return Log(begun.with_columns(known), (), log.in_order)
