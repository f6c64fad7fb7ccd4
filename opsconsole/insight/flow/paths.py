"""The ways cases take: variants, what is done again, and where work goes from hand to hand. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opsconsole.insight.flow.steps import aggregates

COVERED = 0.8


def variants(timed: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """One row per sequence of activities, the most common first.

    `timed` from `steps.durations`, `cases` from `stages.cases`. Columns: activities (list, in order of start), n,
    share, mean and median of the time of a case in seconds (open ones have none).
    """
    paths = timed.group_by("case", maintain_order=True).agg(activities=pl.col("activity"))
    paths = paths.join(cases.select("case", "duration"), on="case", how="left")
    return (
        paths.group_by("activities", maintain_order=True)
        .agg(n=pl.len(), mean=pl.col("duration").mean(), median=pl.col("duration").median())
        .sort("n", descending=True, maintain_order=True)
        .select("activities", "n", (pl.col("n") / max(paths.height, 1)).alias("share"), "mean", "median")
    )


def covering(variants: pl.DataFrame, share: float = COVERED) -> int:
    """How many of the most common variants it takes to cover this share of the cases."""
    return int((variants["share"].cum_sum().shift(1, fill_value=0.0) < share - 1e-12).sum())


def cases_of(timed: pl.DataFrame, activities: Sequence[str]) -> pl.DataFrame:
    """The cases that took just this way. Column: case."""
    paths = timed.group_by("case", maintain_order=True).agg(path=pl.col("activity"))
    return paths.filter(pl.col("path") == pl.lit(list(activities), pl.List(pl.String))).select("case")


def cases_between(timed: pl.DataFrame, before: str, after: str, *, hands: bool = False) -> pl.DataFrame:
    """The cases in which one activity directly followed another, or with `hands` one resource took over from another.

    Columns: case, times (how often), seconds (the time in between, added up; null where it is not known). The longest
    first.
    """
    column, earlier = ("resource", "resource_before") if hands else ("activity", "before")
    passed = timed.filter((pl.col(earlier) == before) & (pl.col(column) == after))
    return _counted(passed, "gap")


def cases_again(timed: pl.DataFrame, activity: str) -> pl.DataFrame:
    """The cases that went through an activity more than once.

    Columns: case, times (more than once), seconds (of work on what was done again). Most times first.
    """
    nth = pl.int_range(pl.len()).over("case", "activity")
    again = timed.with_columns(nth=nth).filter((pl.col("nth") > 0) & (pl.col("activity") == activity))
    return _counted(again, "service").sort("times", "seconds", descending=True, nulls_last=True, maintain_order=True)


def _counted(steps: pl.DataFrame, column: str) -> pl.DataFrame:
    value = pl.col(column)
    found = steps.group_by("case", maintain_order=True).agg(
        times=pl.len(), seconds=pl.when(value.count() > 0).then(value.sum())
    )
    return found.sort("seconds", descending=True, nulls_last=True, maintain_order=True)


def rework(timed: pl.DataFrame) -> pl.DataFrame:
    """One row per activity that a case went through more than once.

    Columns: activity, cases (that did), again (times more than once), loops (times it followed itself at once),
    service_sum of what was done again, in seconds. Most cases first.
    """
    nth = pl.int_range(pl.len()).over("case", "activity")
    again = timed.with_columns(nth=nth).filter(pl.col("nth") > 0)
    return (
        again.group_by("activity", maintain_order=True)
        .agg(
            cases=pl.col("case").n_unique(),
            again=pl.len(),
            loops=(pl.col("before") == pl.col("activity")).sum(),
            service_sum=pl.col("service").sum(),
        )
        .sort("cases", "again", descending=True, maintain_order=True)
    )


def handoffs(timed: pl.DataFrame) -> pl.DataFrame:
    """One row per pair of resources of which one took over from the other, by the time that passed in between.

    Columns: from, to, n, sum, mean, median, p95 (seconds of gap).
    """
    passed = timed.filter(pl.col("resource_before") != pl.col("resource"))
    return (
        passed.group_by(pl.col("resource_before").alias("from"), pl.col("resource").alias("to"), maintain_order=True)
        .agg(pl.len().alias("n"), *aggregates("gap", prefix=""))
        .sort("sum", "n", descending=True, maintain_order=True)
    )


def resources(timed: pl.DataFrame) -> pl.DataFrame:
    """One row per resource, the busiest first. Columns: resource, n, activities, service_sum in seconds."""
    return (
        timed.filter(pl.col("resource").is_not_null())
        .group_by("resource", maintain_order=True)
        .agg(n=pl.len(), activities=pl.col("activity").n_unique(), service_sum=pl.col("service").sum())
        .sort("service_sum", "n", descending=True, maintain_order=True)
    )
