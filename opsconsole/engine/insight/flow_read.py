"""Flows from the tables: the log of a flow, its working time, and its analysis."""

from __future__ import annotations

import datetime as dt

import duckdb
import numpy as np
import polars as pl

from opsconsole.insight.flow import Flow, Hours, Log, analyse, at_risk, read_events, read_wide
from opsconsole.insight.flow.recalibration import Recalibration
from opsconsole.insight.flow.shifting import Bottleneck, shifting, with_latest
from opsconsole.insight.flow.stages import known_at
from opsconsole.kpis.bind_flows import MOST
from opsconsole.kpis.binding import BoundFlow
from opsconsole.site.model import Flow as FlowSpec
from opsconsole.site.model import Site
from opsconsole.site.working import working_stretches

BRIDGE = 1.0
"""Seconds between two rows of a station that are no interruption: times are written to the second."""
_AHEAD = dt.timedelta(days=400)


def rows_of(cursor: duckdb.DuckDBPyConnection, bound: BoundFlow) -> tuple[pl.DataFrame, bool]:
    """The rows of a flow in the order of its files, and whether there were more than are looked at."""
    newest = cursor.sql(bound.sql).pl()
    return newest.head(MOST).reverse(), newest.height > MOST


def log_of(rows: pl.DataFrame, spec: FlowSpec) -> Log:
    """The log of a flow of cases. Raises ValueError for what is none."""
    group = "by" if spec.by else None
    resource = "resource" if spec.resource else None
    due = "due" if spec.due else None
    if spec.stages:
        stages = {stage: f"stage {at}" for at, stage in enumerate(spec.stages)}
        return read_wide(rows, case="case", stages=stages, resource=resource, group=group, due=due)
    return read_events(
        rows,
        case="case",
        activity="activity",
        time="time" if spec.time else None,
        start="start" if spec.start and not spec.time else None,
        end="end" if spec.end and not spec.time else None,
        resource=resource,
        lifecycle="lifecycle" if spec.lifecycle else None,
        group=group,
        closed="closed" if spec.closed else None,
        due=due,
    )


def found_of(
    log: Log, spec: FlowSpec, site: Site, now: dt.datetime, taught: Recalibration | None = None, *, past: bool = False
) -> Flow:
    """The analysis at `now` (aware); `past`: what came later is not known yet."""
    moment = naive(now)
    known = known_at(log, moment) if past else log
    hours = hours_of(log, spec, site, now)
    found = analyse(known, now=moment, done=spec.done, sla=spec.sla, hours=hours, recalibration=taught)
    return found if not past else _with_faults(found, log)


def at_risk_of(
    log: Log, spec: FlowSpec, site: Site, now: dt.datetime, taught: Recalibration | None = None
) -> pl.DataFrame:  # fmt: skip
    """The open cases alone, as the analysis has them."""
    hours = hours_of(log, spec, site, now)
    return at_risk(log, now=naive(now), done=spec.done, sla=spec.sla, hours=hours, recalibration=taught)


class KnownFlow:
    """The rows of a flow as they were at moments of the past: those with event times up to then, and what of them was
    over."""

    def __init__(self, rows: pl.DataFrame, spec: FlowSpec) -> None:
        self._rows = rows
        self._spec = spec
        self._log: Log | None = None
        self._came: pl.Series | None = None

    def log(self, now: dt.datetime) -> Log:
        """The log of a flow of cases at a moment (aware). Raises ValueError for what is no log."""
        if self._log is None:
            self._log = log_of(self._rows, self._spec)
            if "_time" in self._rows.columns and not self._spec.lifecycle:  # of a step of two rows each has its own
                self._came = self._rows["_time"].gather(self._log.steps["row"])
        moment, log = naive(now), self._log
        if self._came is not None:
            log = Log(log.steps.filter((self._came <= moment).fill_null(value=True)), (), log.in_order)
        return known_at(log, moment)

    def periods(self, now: dt.datetime) -> pl.DataFrame:
        """The rows of a flow of stations at a moment (aware)."""
        if "_time" not in self._rows.columns:
            return self._rows
        return self._rows.filter((pl.col("_time") <= naive(now)).fill_null(value=True))


def _with_faults(found: Flow, log: Log) -> Flow:
    return Flow(
        **{name: getattr(found, name) for name in found.__struct_fields__} | {"faults": log.faults + found.faults}
    )


def hours_of(log: Log, spec: FlowSpec, site: Site, now: dt.datetime) -> Hours | None:
    """The working time of the site around a log; None where all time counts, or there is nothing in the log."""
    first = log.steps.select(pl.min_horizontal(pl.col("start").min(), pl.col("end").min())).item()
    if not spec.working or first is None:
        return None
    last = log.steps.select(pl.max_horizontal(pl.col("end").max(), pl.col("due").max(), pl.lit(naive(now)))).item()
    begun = first.replace(tzinfo=dt.UTC) - dt.timedelta(days=1)
    until = min(last.replace(tzinfo=dt.UTC), now + _AHEAD) + dt.timedelta(days=1)
    stretches = working_stretches(site, begun, until)
    if not stretches:
        return None
    return Hours(*(np.array([each[side].timestamp() for each in stretches]) for side in (0, 1)))


def naive(moment: dt.datetime) -> dt.datetime:
    """An aware moment as the naive UTC of a log."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def bottlenecks(
    cursor: duckdb.DuckDBPyConnection,
    bound: BoundFlow,
    now: dt.datetime,
    *,
    known: bool = False,
    rows: pl.DataFrame | None = None,
) -> list[tuple[str | None, Bottleneck]]:
    """The bottleneck of each group of stations in the time that the flow looks back on.

    `known`: only by periods that were over by then, or have no end yet, as a rule saw them. `rows`: those that there
    were then.
    """
    until = now.timestamp()
    if rows is None:
        rows, _ = rows_of(cursor, bound)
    if known:
        rows = rows.filter(pl.col("end").is_null() | (pl.col("end") <= naive(now)))
    start, end = pl.col("start"), pl.coalesce("end", pl.lit(naive(now)))
    group = pl.col("by") if bound.flow.by else pl.lit(None, pl.String).alias("by")
    periods = rows.filter(pl.col("station").is_not_null() & start.is_not_null()).select(
        group, "station", (start.dt.epoch("us") / 1e6).alias("start"), (end.dt.epoch("us") / 1e6).alias("end")
    )
    since = until - bound.flow.within
    recent = periods.filter((pl.col("end") > since) & (pl.col("start") < until) | (pl.col("end") < pl.col("start")))
    found = []
    for (name,), part in recent.group_by("by", maintain_order=True):
        of = part.select("station", "start", "end").rows()
        found.append((name, with_latest(shifting(of, since, until, bridge=BRIDGE), of, until, bridge=BRIDGE)))
    return sorted(found, key=lambda each: each[0] or "")
