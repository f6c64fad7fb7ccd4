"""The cases behind a variant, a move from step to step, a hand-off, or rework: where a line of a flow leads to."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

import polars as pl

from opsconsole.engine.flow_messages import AskFlowCases, FlowCases, FlowPassed
from opsconsole.engine.insight.flow_read import hours_of, naive
from opsconsole.insight.flow import Log
from opsconsole.insight.flow.paths import cases_again, cases_between, cases_of
from opsconsole.insight.flow.stages import cases
from opsconsole.insight.flow.steps import durations
from opsconsole.site.model import Flow as FlowSpec
from opsconsole.site.model import Site

LISTED = 500


def key_of(steps: Sequence[str]) -> str:
    """What names a variant, for as long as its steps are the same."""
    return hashlib.blake2s("\0".join(steps).encode(), digest_size=4).hexdigest()


def cases_behind(log: Log, spec: FlowSpec, site: Site, body: AskFlowCases, now: dt.datetime) -> FlowCases:
    """The cases that are asked for, of the log as it is known at `now`; those that took longest first.

    Raises LookupError where there is no such variant, ValueError where not one thing is asked for.
    """
    hours = hours_of(log, spec, site, now)
    timed = durations(log, hours=hours, now=naive(now))
    steps: list[str] = []
    if sum(map(bool, (body.variant, body.before and body.after, body.again))) != 1:
        raise ValueError("say one of a variant, of two that follow each other, and of what was done again")
    if body.variant:
        steps = _variant(timed, spec, body.variant)
        chosen = cases_of(timed, steps)
    elif body.again:
        chosen = cases_again(timed, body.again)
    else:
        chosen = cases_between(timed, body.before, body.after, hands=body.hands)
    sound = Log(timed.filter(pl.col("fault").is_null()).select(log.steps.columns), (), log.in_order)
    known = chosen.join(cases(sound, done=spec.done, hours=hours), on="case", how="left", maintain_order="left")
    if body.variant:
        known = known.sort("duration", "start", descending=[True, False], nulls_last=True, maintain_order=True)
    return FlowCases(
        flow=spec.name,
        title=spec.title or spec.name,
        source=spec.source,
        column=spec.case,
        n=known.height,
        cases=[_passed(row) for row in known.head(LISTED).iter_rows(named=True)],
        steps=steps,
    )


def _variant(timed: pl.DataFrame, spec: FlowSpec, key: str) -> list[str]:
    paths = timed.group_by("case", maintain_order=True).agg(path=pl.col("activity"))
    for path in paths["path"].unique(maintain_order=True):
        if key_of(list(path)) == key:
            return list(path)
    raise LookupError(f"no case of {spec.title or spec.name} takes that way any more")


def _passed(row: dict[str, Any]) -> FlowPassed:
    return FlowPassed(
        case=row["case"],
        group=row["group"],
        begun=_epoch(row["start"]),
        ended=_epoch(row["end"]),
        lasted=row["duration"],
        steps=row["steps"] or 0,
        times=row.get("times", 1),
        seconds=row.get("seconds"),
    )


def _epoch(moment: dt.datetime | None) -> float | None:
    return None if moment is None else moment.replace(tzinfo=dt.UTC).timestamp()
