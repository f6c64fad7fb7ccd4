"""Flows looked at: the cases that rules want to know of, and what clients ask. Polars is loaded with the first use."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

import duckdb
from msgspec.structs import replace

from opsconsole.engine.flow_messages import AskFlowCases, FlowCases, FlowState, Rehearsal
from opsconsole.engine.flow_words import brief, came_of, percent
from opsconsole.engine.insight.study import Ground, Task
from opsconsole.kpis.binding import Binding, BoundFlow, BoundRule
from opsconsole.kpis.ruling.insights import Found, Seen
from opsconsole.site.rule_keys import chance

if TYPE_CHECKING:
    import polars as pl

    from opsconsole.engine.insight.flow_rehearse import Lessons

_EVERY = 60.0
"""Seconds of site time after which a flow is looked at anew."""


class FlowStudy:
    """The rules on cases that will be late."""

    def __init__(self) -> None:
        self._lessons: Lessons | None = None

    def tasks(self, binding: Binding) -> Mapping[str, Task]:
        """A flow for all the rules on it."""
        found: dict[str, tuple[str, ...]] = {}
        for name, rule in binding.rules.items():
            if rule.kind == "late" and rule.rule.flow is not None:
                found[rule.rule.flow] = (*found.get(rule.rule.flow, ()), name)
        return {flow: Task(max(_EVERY, binding.site.every), rules) for flow, rules in found.items()}

    def look(self, key: str, task: Task, ground: Ground) -> Mapping[str, Found]:
        """The open cases of a flow, each as likely late as it is."""
        bound = ground.binding.flows.get(key)
        if bound is None:
            raise LookupError(ground.binding.stuck.get(key) or f"there is no flow `{key}`")
        from opsconsole.engine.insight import flow_read, flow_rehearse

        if self._lessons is None:
            self._lessons = flow_rehearse.Lessons()
        if ground.past is not None:
            log = ground.past.flow(bound).log(ground.now)
        else:
            rows, _ = flow_read.rows_of(ground.cursor, bound)
            log = flow_read.log_of(rows, bound.flow)
        lesson = self._lessons.of(log, bound, ground.binding.site, ground.now)
        found = flow_read.at_risk_of(log, bound.flow, ground.binding.site, ground.now, lesson.correction)
        rules = {name: ground.binding.rules[name] for name in task.rules if name in ground.binding.rules}
        return {name: _found(rule, found, ground.now, lesson.worth) for name, rule in rules.items()}


def _found(rule: BoundRule, found: pl.DataFrame, now: dt.datetime, worth: Rehearsal | None) -> Found:
    limit = chance(rule.rule.late or "")
    assert limit is not None, "the file was checked"
    seen = []
    for row in found.iter_rows(named=True):
        late = row["late"]
        if late is None:
            seen.append(Seen((row["case"],), unknown=True, text="too few cases lasted so long"))
            continue
        raised = late > limit
        seen.append(
            Seen(
                (row["case"],),
                rule.rule.priority if raised else None,
                late,
                limit,
                _said(late, row["late_low"], row["late_high"], row["remaining"], worth) if raised else "",
                percent(late),
                percent(limit),
            )
        )
    return Found(now.timestamp(), 0.0, tuple(seen), gone=True)


def _said(late: float, low: float, high: float, remaining: float, worth: Rehearsal | None) -> str:
    if remaining <= 0:
        return f"late for {brief(-remaining)}"
    past = came_of(worth, late)
    text = f"late with {percent(late)} ({low * 100:.0f}–{high * 100:.0f}), due in {brief(remaining)}"
    return f"{text}; {past}" if past else text


class FlowDesk:
    """Answers what clients ask of flows. What was found last is kept until tables or time have moved on."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, FlowState]] = {}
        self._lessons: Lessons | None = None
        self._lock = threading.Lock()

    def answer(
        self,
        cursor: duckdb.DuckDBPyConnection,
        binding: Binding,
        name: str,
        now: dt.datetime,
        version: int,
        *,
        past: bool,
        brief: bool = False,
    ) -> FlowState:
        """How a flow is at `now`. Raises LookupError for one that the site does not have."""
        flows = list(binding.site.flows)
        if not flows:
            return FlowState([])
        name = name or flows[0]
        bound = _bound(binding, name)
        if bound is None:
            spec = binding.site.flows[name]
            return FlowState(flows, name, spec.title or name, waits=binding.stuck.get(name, "it cannot be looked at"))
        key = (bound, version, now if past else int(now.timestamp() // 10))
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or kept[0] != key:
                kept = self._kept[name] = (key, self._state(cursor, binding, bound, now, flows, past=past))
        if not brief:
            return kept[1]
        return replace(kept[1], cases=[], variants=[], edges=[], handoffs=[], resources=[], course=None)

    def cases(
        self, cursor: duckdb.DuckDBPyConnection, binding: Binding, body: AskFlowCases, now: dt.datetime, *, past: bool
    ) -> FlowCases:
        """The cases behind a variant, a move, a hand-off or rework at `now`.

        Raises LookupError for a flow or a variant that is not there, ValueError where not one thing is asked for.
        """
        from opsconsole.engine.insight import flow_cases, flow_read
        from opsconsole.insight.flow import stages

        bound = _bound(binding, body.flow)
        if bound is None:
            raise LookupError(binding.stuck.get(body.flow, "it cannot be looked at"))
        if bound.flow.station:
            raise LookupError(f"`{body.flow}` is of stations, which have no cases")
        rows, _ = flow_read.rows_of(cursor, bound)
        log = flow_read.log_of(rows, bound.flow)
        known = stages.known_at(log, flow_read.naive(now)) if past else log
        return flow_cases.cases_behind(known, bound.flow, binding.site, body, now)

    def _state(
        self,
        cursor: duckdb.DuckDBPyConnection,
        binding: Binding,
        bound: BoundFlow,
        now: dt.datetime,
        flows: list[str],
        *,
        past: bool,
    ) -> FlowState:
        from opsconsole.engine.insight import flow_answer, flow_read, flow_rehearse

        spec = bound.flow
        if spec.station:
            return flow_answer.stations_of(flow_read.bottlenecks(cursor, bound, now), bound, now, flows)
        rows, cut = flow_read.rows_of(cursor, bound)
        log = flow_read.log_of(rows, spec)
        if self._lessons is None:
            self._lessons = flow_rehearse.Lessons()
        lesson = self._lessons.of(log, bound, binding.site, now)
        found = flow_read.found_of(log, spec, binding.site, now, lesson.correction, past=past)
        state = flow_answer.state_of(found, bound, binding.site, now, flows, cut=cut)
        return replace(state, rehearsal=lesson.worth if state.limited else None)


def _bound(binding: Binding, name: str) -> BoundFlow | None:
    """A flow; None where it cannot be looked at. Raises LookupError for one that the site does not have."""
    if name not in binding.site.flows:
        raise LookupError(f"this site has no flow `{name}`; there are {', '.join(binding.site.flows) or 'none'}")
    return binding.flows.get(name)
