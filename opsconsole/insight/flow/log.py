"""An event log, however it is written, as one frame of steps; what cannot be is counted, with the rows it is in. Pure.

Three forms are read:

* one row per event: case, activity, time. A step then begins and ends at that moment;
* one row per step: case, activity, start, end. A step without an end is still being worked on. With a lifecycle column
  there is one row for each start and each completion instead: the n-th completion of an activity in a case belongs to
  its n-th start, and one that was never started is a step without length (as in pm4py's `to_interval`);
* one row per case: a time for each stage, in the order that the stages are declared in.

A frame of steps has the columns of `STEPS`, sorted by case and time; rows of one moment keep the order they came in.
Times are Datetime("us"): zoned ones become UTC, naive ones stay as they are, numbers are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import polars as pl
from msgspec import Struct

TIME = pl.Datetime("us")
STEPS: dict[str, pl.DataType | type[pl.DataType]] = {
    "case": pl.String,
    "activity": pl.String,
    "resource": pl.String,
    "group": pl.String,  # the class of the case
    "start": TIME,
    "end": TIME,  # null while the step is being worked on
    "closed": TIME,  # when the case was closed, where a column says so
    "due": TIME,  # until when the case has to be closed, where a column says so
    "row": pl.UInt32,  # the row of the frame given that the step ends with
}
"""The columns of a frame of steps."""

Kind = Literal["no case", "no time", "never started", "other lifecycle"]
_EXAMPLES = 20
_START, _END = ("start",), ("complete", "end")


class Fault(Struct, frozen=True):
    """What was wrong with rows: how many there are, and the first of them (their numbers in the frame given)."""

    kind: str
    n: int
    rows: tuple[int, ...] = ()


class Log(Struct, frozen=True):
    """A log as steps; `in_order` where the stages have an order of their own, whatever the times say."""

    steps: pl.DataFrame
    faults: tuple[Fault, ...] = ()
    in_order: tuple[str, ...] = ()


def read_events(
    frame: pl.DataFrame,
    *,
    case: str,
    activity: str,
    time: str | None = None,
    start: str | None = None,
    end: str | None = None,
    resource: str | None = None,
    lifecycle: str | None = None,
    group: str | None = None,
    closed: str | None = None,
    due: str | None = None,
) -> Log:
    """The steps of a log with one row per event or per step.

    Every argument but the frame is the name of a column: `time` alone (with or without `lifecycle`), or `start` and
    `end`. Raises ValueError where neither is given, or a column is not there.
    """
    if (time is None) == (start is None or end is None):
        raise ValueError("flow: give the column of the time, or the columns of start and end")
    if time is not None and (start is not None or end is not None):
        raise ValueError("flow: a time, or start and end; not both")
    if lifecycle is not None and time is None:
        raise ValueError("flow: a lifecycle goes with one column of times")
    first, last = (time, time) if time is not None else (start, end)
    assert first is not None
    assert last is not None
    named = (("case", case), ("activity", activity), ("resource", resource), ("group", group))
    _expect(frame, [case, activity, first, last, *filter(None, (resource, group, lifecycle, closed, due))])
    columns = [_text(column, name) for name, column in named]
    columns += [_time(frame, first, "start"), _time(frame, last, "end")]
    columns += [_time(frame, column, name) for name, column in (("closed", closed), ("due", due))]
    if lifecycle is not None:
        columns.append(pl.col(lifecycle).cast(pl.String).str.to_lowercase().alias("lifecycle"))
    events = frame.select(columns).with_row_index("row")
    events, faults = _usable(events)
    if lifecycle is not None:
        events, more = _paired(events)
        faults += more
    moment = pl.coalesce("start", "end")
    steps = events.sort("case", moment, "row", maintain_order=True).select(_typed())
    return Log(steps, tuple(faults))


def read_wide(
    frame: pl.DataFrame,
    *,
    case: str,
    stages: Mapping[str, str],
    resource: str | None = None,
    group: str | None = None,
    due: str | None = None,
) -> Log:
    """The steps of a log with one row per case and a time for each stage.

    `stages` names them in their order: {stage: column of the time it was reached}. A case is closed once it has reached
    the last of them; a stage without a time was not reached, or left out.
    """
    if len(stages) < 2:
        raise ValueError("flow: at least two stages, each with the column of its time")
    _expect(frame, [case, *stages.values(), *filter(None, (resource, group, due))])
    named = (("case", case), ("resource", resource), ("group", group))
    wide = frame.select(
        *(_text(column, name) for name, column in named),
        _time(frame, due, "due"),
        *(_time(frame, column, f"stage {at}") for at, column in enumerate(stages.values())),
    ).with_row_index("row")
    wide = wide.with_columns(closed=pl.col(f"stage {len(stages) - 1}"))
    parts = [
        wide.select(
            "row", "case", "resource", "group", "due", "closed",
            pl.lit(stage).alias("activity"),
            pl.lit(at, pl.Int32).alias("order"),
            pl.col(f"stage {at}").alias("start"),
            pl.col(f"stage {at}").alias("end"),
        ).filter(pl.col("start").is_not_null())
        for at, stage in enumerate(stages)
    ]  # fmt: skip
    events, faults = _usable(pl.concat(parts))
    reached = wide.filter(pl.any_horizontal(pl.col(f"stage {at}").is_not_null() for at in range(len(stages))))
    faults += _fault("no time", wide.filter(~pl.col("row").is_in(reached["row"].implode())))
    return Log(events.sort("case", "row", "order").select(_typed()), tuple(faults), tuple(stages))


def _expect(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"flow: no column {missing[0]!r}; there are {', '.join(frame.columns)}")


def _text(column: str | None, name: str) -> pl.Expr:
    source = pl.lit(None) if column is None else pl.col(column)
    return source.cast(pl.String).alias(name)


def _time(frame: pl.DataFrame, column: str | None, name: str) -> pl.Expr:
    if column is None:
        return pl.lit(None, TIME).alias(name)
    kind, source = frame.schema[column], pl.col(column)
    if kind.is_numeric():
        return (source.cast(pl.Float64) * 1e6).round().cast(pl.Int64).cast(TIME).alias(name)
    if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
        source = source.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    elif not isinstance(kind, pl.Datetime | pl.Date):
        raise ValueError(f"flow: column {column!r} holds {kind}, no times")
    return source.cast(TIME).alias(name)


def _typed() -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in STEPS.items()]


def _fault(kind: str, rows: pl.DataFrame) -> list[Fault]:
    # a row of many stages counts once
    numbers = rows["row"].unique(maintain_order=True)
    return [Fault(kind, len(numbers), tuple(numbers.head(_EXAMPLES).to_list()))] if len(numbers) else []


def _usable(events: pl.DataFrame) -> tuple[pl.DataFrame, list[Fault]]:
    """The events that have case, activity and a time; the others counted."""
    nameless = pl.col("case").is_null() | pl.col("activity").is_null()
    timeless = pl.col("start").is_null() & pl.col("end").is_null()
    faults = _fault("no case", events.filter(nameless)) + _fault("no time", events.filter(~nameless & timeless))
    return events.filter(~nameless & ~timeless), faults


def _paired(events: pl.DataFrame) -> tuple[pl.DataFrame, list[Fault]]:
    """Starts and completions as steps: the n-th of an activity in a case with each other."""
    known = pl.col("lifecycle").is_in([*_START, *_END])
    faults = _fault("other lifecycle", events.filter(~known.fill_null(value=False)))
    keys = ["case", "activity"]
    ordered = events.filter(known).sort("case", "start", "row", maintain_order=True)
    nth = pl.int_range(pl.len()).over([*keys, "kind"])
    ordered = ordered.with_columns(kind=pl.col("lifecycle").is_in(_START)).with_columns(nth=nth)
    starts = ordered.filter("kind").drop("end")
    ends = ordered.filter(~pl.col("kind")).drop("start")
    pairs = starts.join(ends, on=[*keys, "nth"], how="full", coalesce=True, suffix="_end")
    both = ("resource", "group", "closed", "due", "row")
    pairs = pairs.with_columns(pl.coalesce(f"{name}_end", name).alias(name) for name in both)
    alone = pl.col("start").is_null()
    faults += _fault("never started", pairs.filter(alone).sort("row"))
    return pairs.with_columns(start=pl.when(alone).then("end").otherwise("start")), faults
