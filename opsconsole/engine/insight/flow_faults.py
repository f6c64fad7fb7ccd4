"""What of a flow's log is flagged, with an SQL condition on its source that gives the rows, so that a number leads to
them."""

from __future__ import annotations

import datetime as dt

import polars as pl

from opsconsole.engine.flow_messages import FlowFault
from opsconsole.insight.flow import Flow
from opsconsole.insight.flow.steps import BACKWARDS, DISORDER, FUTURE
from opsconsole.kpis.binding import BoundFlow
from opsconsole.kpis.expression import ident
from opsconsole.kpis.span import moment
from opsconsole.tables.names import literal

CLOSED = "closed before it began"
_MOST = 200
"""Cases that are named in a condition at most."""


def faults_of(found: Flow, bound: BoundFlow, now: dt.datetime) -> list[FlowFault]:
    """The faults of an analysis at `now` (aware)."""
    return [
        FlowFault(each.kind, each.n, _within(bound, _where(each.kind, bound, found, now)), each.kind == CLOSED)
        for each in found.faults
    ]


def backwards_of(bound: BoundFlow, n: int) -> list[FlowFault]:
    """The times of stations that end before they begin."""
    return [FlowFault(BACKWARDS, n, _within(bound, _before(bound, "end", "start")))] if n else []


def _within(bound: BoundFlow, condition: str) -> str:
    """The same among the rows that the flow is of."""
    return f"({bound.flow.where}) AND ({condition})" if bound.flow.where and condition else condition


def _where(kind: str, bound: BoundFlow, found: Flow, now: dt.datetime) -> str:
    spec, moments = bound.flow, bound.moments
    stamps = [moments[key] for key in ("time", "start", "end", *spec.stages) if key in moments]
    columns = [spec.stages[key] for key in spec.stages] or [each for each in (spec.time, spec.start, spec.end) if each]
    empty = " AND ".join(f"{ident(column)} IS NULL" for column in columns)
    if kind == "no case":
        return " OR ".join(f"{ident(column)} IS NULL" for column in (spec.case, spec.activity) if column)
    if kind == "no time":
        return empty
    if kind == FUTURE and spec.lifecycle is None:
        return " OR ".join(f"{each} > {moment(now)}" for each in stamps)
    if kind == BACKWARDS and spec.lifecycle is None and spec.end:
        return _before(bound, "end", "start")
    if kind == DISORDER:
        stages = list(spec.stages)
        pairs = ((earlier, later) for at, later in enumerate(stages) for earlier in stages[:at])
        return " OR ".join(_before(bound, later, earlier) for earlier, later in pairs)
    if kind == "other lifecycle" and spec.lifecycle is not None:
        known = ", ".join(literal(each) for each in ("start", "complete", "end"))
        return f"coalesce(lower({ident(spec.lifecycle)}) NOT IN ({known}), true)"
    return _of_cases(bound, _cases(kind, found))


def _before(bound: BoundFlow, one: str, other: str) -> str:
    """That one moment lies before another; by their columns alone where both are told in the same way."""
    columns = [bound.flow.stages.get(key) or getattr(bound.flow, key) for key in (one, other)]
    sql = [bound.moments[key] for key in (one, other)]
    plain = [text.replace(ident(column), "?") for text, column in zip(sql, columns, strict=True)]
    first, second = map(ident, columns) if plain[0] == plain[1] else sql
    return f"{first} < {second}"


def _cases(kind: str, found: Flow) -> list[str]:
    """The cases that a fault is in, where no condition on a row can tell."""
    if kind == CLOSED:
        return list(found.cases.filter("impossible")["case"])
    return list(found.steps.filter(pl.col("fault") == kind)["case"].unique(maintain_order=True))


def _of_cases(bound: BoundFlow, cases: list[str]) -> str:
    if not cases:
        return ""
    return f"CAST({ident(bound.flow.case)} AS VARCHAR) IN ({', '.join(literal(each) for each in cases[:_MOST])})"
