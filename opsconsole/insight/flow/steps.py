"""Each step's waiting, service and sojourn, and the steps ranked by what they make cases wait. Pure.

Of the steps of a case, ordered by when they began, with E_i the latest end of those before step i:

* service_i = end_i - start_i
* waiting_i = max(0, start_i - E_i): a step that begins while another still runs has not waited, and is said to overlap
* sojourn_i = max(0, end_i - E_i): what the step added to the time of the case
* gap_i = max(0, start_i - end_{i-1}), of the step directly before: the time of an edge (as pm4py's performance graph)

The first step of a case has service alone. In a log of events alone, where start and end are one, waiting, sojourn and
gap are the time since the event before.

A step that ends before it starts, lies in the future, or reached a stage before the stage in front of it is impossible:
it stays where it is in its case, but has no durations, and is counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from opsconsole.insight.flow.hours import Hours, elapsed
from opsconsole.insight.flow.log import TIME, Fault, Log

_EXAMPLES = 20
BACKWARDS, FUTURE, DISORDER = "ends before it starts", "in the future", "before the stage in front of it"


def durations(log: Log, *, hours: Hours | None = None, now: dt.datetime | None = None) -> pl.DataFrame:
    """The steps with their durations in seconds, by the working calendar where `hours` are given.

    To the columns of `log.STEPS` come `before` (activity of the step directly before) and `resource_before`, `waiting`,
    `service`, `sojourn`, `gap`, `overlaps` and `fault` (null, or what makes the step impossible). `now` (in the zone of
    the steps, UTC or naive) finds what lies in the future.
    """
    steps = log.steps
    impossible = pl.when(pl.col("end") < pl.col("start")).then(pl.lit(BACKWARDS)).otherwise(pl.lit(None, pl.String))
    steps = steps.with_columns(fault=impossible)
    if now is not None:
        ahead = pl.col("fault").is_null() & (pl.max_horizontal("start", "end") > pl.lit(now, TIME))
        steps = steps.with_columns(fault=pl.when(ahead).then(pl.lit(FUTURE)).otherwise("fault"))
    end = pl.when(pl.col("fault").is_null()).then("end")
    steps = steps.with_columns(until=end.cum_max().forward_fill().over("case"))
    steps = steps.with_columns(
        before=pl.col("activity").shift(1).over("case"),
        resource_before=pl.col("resource").shift(1).over("case"),
        until=pl.col("until").shift(1).over("case"),
        ended=pl.when(pl.col("fault").is_null()).then("end").shift(1).over("case"),
    )
    late = pl.col("start") < pl.col("until")
    if log.in_order:
        astray = pl.col("fault").is_null() & late
        steps = steps.with_columns(fault=pl.when(astray).then(pl.lit(DISORDER)).otherwise("fault"))
    good = pl.col("fault").is_null()
    timed = steps.with_columns(
        between(steps, "start", "end", hours).alias("service"),
        between(steps, "until", "start", hours).alias("waiting"),
        between(steps, "until", "end", hours).alias("sojourn"),
        between(steps, "ended", "start", hours).alias("gap"),
        overlaps=(late & good).fill_null(value=False),
    )
    bounded = (pl.col(name).clip(0.0) for name in ("waiting", "sojourn", "gap"))
    timed = timed.with_columns(bounded).with_columns(
        pl.when(good).then(name).alias(name) for name in ("service", "waiting", "sojourn", "gap")
    )
    return timed.drop("until", "ended")


def between(frame: pl.DataFrame, start: str, end: str, hours: Hours | None) -> pl.Series:
    """Seconds between two columns of times; null where one of them is."""
    if hours is None:
        return frame.select((pl.col(end) - pl.col(start)).dt.total_microseconds() / 1e6).to_series()
    seconds = elapsed(hours, epoch(frame[start]), epoch(frame[end]))
    return pl.Series(end, seconds).fill_nan(None)


def epoch(times: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Times as seconds since the epoch; NaN where there is none."""
    return (times.cast(TIME).dt.epoch("us").cast(pl.Float64) / 1e6).fill_null(float("nan")).to_numpy()


def faults(timed: pl.DataFrame) -> tuple[Fault, ...]:
    """The impossible steps of `durations`, counted by what makes them so, with the first of their rows."""
    found = timed.filter(pl.col("fault").is_not_null()).group_by("fault", maintain_order=True)
    row = pl.col("row").unique(maintain_order=True)  # a row of many stages counts once
    counted = found.agg(n=row.len(), rows=row.head(_EXAMPLES)).sort("n", descending=True)
    return tuple(Fault(kind, n, tuple(rows)) for kind, n, rows in counted.rows())


def ranked(timed: pl.DataFrame) -> pl.DataFrame:
    """One row per activity, by the waiting before it in all: mean and median beside each other, and p95.

    Columns: activity, n, waits (steps with a wait known), waiting_sum, waiting_mean, waiting_median, waiting_p95, the
    same of service and sojourn, overlaps, impossible. Seconds; null where there is nothing to average.
    """
    columns = [column for name in ("waiting", "service", "sojourn") for column in aggregates(name)]
    found = timed.group_by("activity", maintain_order=True).agg(
        pl.len().alias("n"),
        pl.col("waiting").count().alias("waits"),
        *columns,
        pl.col("overlaps").sum(),
        pl.col("fault").count().alias("impossible"),
    )
    return found.sort("waiting_sum", descending=True, maintain_order=True)


def edges(timed: pl.DataFrame) -> pl.DataFrame:
    """The performance graph: one row per pair of activities that directly follow each other, by time in all.

    Columns: from, to, n (times that one followed the other), timed (of these with a duration known), sum, mean, median,
    p95 in seconds.
    """
    followed = timed.filter(pl.col("before").is_not_null())
    return (
        followed.group_by(pl.col("before").alias("from"), pl.col("activity").alias("to"), maintain_order=True)
        .agg(pl.len().alias("n"), pl.col("gap").count().alias("timed"), *aggregates("gap", prefix=""))
        .sort("sum", descending=True, maintain_order=True)
    )


def aggregates(column: str, prefix: str | None = None) -> Sequence[pl.Expr]:
    """Sum, mean, median and p95 of a column; quantiles by linear interpolation, as NumPy's."""
    stem, value = f"{column}_" if prefix is None else prefix, pl.col(column)
    return (
        value.sum().alias(f"{stem}sum"),
        value.mean().alias(f"{stem}mean"),
        value.median().alias(f"{stem}median"),
        value.quantile(0.95, interpolation="linear").alias(f"{stem}p95"),
    )
