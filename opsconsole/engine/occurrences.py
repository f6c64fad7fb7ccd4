"""Occurrences as they are found live: single rows and stretches of time that hold, each counted once.

At each point only the rows that came since the point before are looked at, by event time; and where the tables say that
rows of other times came or changed since, those times as well. So a file that comes late is counted in full, in its
order, and costs nothing while it does not come. Rows and stretches that are older than `LATE` raise nothing any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import duckdb

from opsconsole.alerts.alert import alert_id
from opsconsole.engine.counted import Counted
from opsconsole.journal.journal import Entry
from opsconsole.kpis.binding import Binding, BoundRule
from opsconsole.kpis.due import Due, Plan, stretches_at, with_rows
from opsconsole.kpis.failing import begin_again, failure
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.kpis.ruling.outcome import ERROR
from opsconsole.kpis.single import FailedError, observed, rows_that_meet
from opsconsole.site.hours import applies
from opsconsole.tables import touched

LATE = 86_400.0
"""Seconds of event time that a row may be late; more where a rule looks back further."""
_MOST_LATE = 200
"""Stretches that are looked at again at once at most, the latest."""
_ALL = float("-inf")


class Occurrences:
    """What the rules on single rows and on stretches of one site find. Used by the tick's thread alone."""

    def __init__(self, counted: Counted) -> None:
        self._counted = counted
        self._version: int | None = None
        self._scanned: dict[str, float] = {}
        self._low: dict[str, float] = {}

    def forget(self) -> None:
        """Rules have changed: all that may still come late is looked at again."""
        self._version = None

    def look(
        self, cursor: duckdb.DuckDBPyConnection, plan: Plan, upto: float | None, since: dt.datetime | None
    ) -> None:
        """Note which event times have changed since the last look, by rule.

        `upto`: what was evaluated so far, None at a first load: then all that counts is looked at.
        """
        names = [name for group in (plan.single, plan.stretches) for rules in group.values() for name in rules]
        if not names:
            return
        version = touched.version(cursor)
        for name in names:
            rule = plan.binding.rules[name]
            counts = since.timestamp() if since is not None else _ALL
            floor = max(counts, upto - _late(rule)) if upto is not None else counts
            low: float | None = floor
            if self._version is not None and version >= self._version:
                low = _changed(cursor, plan.binding, rule, self._version)
            if low is not None:
                self._low[name] = max(floor, min(low, self._low.get(name, low)))
        self._version = version

    def at(
        self, cursor: duckdb.DuckDBPyConnection, plan: Plan, due: Due, since: dt.datetime | None, *, last: bool
    ) -> tuple[list[Evaluation], list[Entry]]:
        """What is found at a point, and what is to be written with it. `last`: no point is left for now.

        Raises JournalError.
        """
        found: list[Evaluation] = []
        entries: list[Entry] = []
        for step in due.steps:
            for name in plan.single.get(step, ()):
                self._rows(cursor, plan.binding, plan.binding.rules[name], due.at, since, found, entries)
        if any(step in plan.stretches for step in due.steps):
            self._stretches(stretches_at(cursor, plan, due, since), due.at, due.at, found, entries)
        if last:
            for step, names in plan.stretches.items():
                self._late(cursor, plan, step, names, due.at, since, found, entries)
        return found, entries

    def _rows(
        self,
        cursor: duckdb.DuckDBPyConnection,
        binding: Binding,
        rule: BoundRule,
        at: float,
        since: dt.datetime | None,
        found: list[Evaluation],
        entries: list[Entry],
    ) -> None:
        name = rule.rule.name
        low, before = self._low.get(name), self._scanned.get(name)
        if not rule.timed and low is None:
            return
        first = min(each for each in (low, before, at) if each is not None)
        if since is not None:
            first = max(first, since.timestamp())
        try:
            rows = rows_that_meet(cursor, binding, rule, None if first == _ALL else first, at)
        except FailedError as error:
            found.append(_failed(name, str(error), at))
            return
        self._scanned[name] = max(at, before or at)
        self._low.pop(name, None)
        if rule.rule.during:
            rows = [row for row in rows if applies(binding.site, rule.rule.during, _moment(row.at or at))]
        fresh = self._counted.fresh(name, (row.key for row in rows))
        rows = [row for row in rows if row.key in fresh]
        found.append(Evaluation(at, observed(rule, rows, at), {name: Verdict(), ERROR + name: Verdict()}))
        if rows:
            entries.append(self._counted.count(name, {row.key: row.at or at for row in rows}, at))
        if rule.timed:
            self._counted.forget(name, at - 2 * _late(rule))

    def _stretches(
        self, evaluation: Evaluation, at: float, end: float, found: list[Evaluation], entries: list[Entry]
    ) -> None:
        """Those stretches that were not counted yet."""
        kept: list[Observation] = []
        fresh: dict[str, dict[str, float]] = {}
        for each in evaluation.observations:
            key = f"{end:.0f} {alert_id(each.rule, each.labels)}"
            if not each.moments:
                kept.append(each)
            elif self._counted.fresh(each.rule, [key]):
                kept.append(each)
                fresh.setdefault(each.rule, {})[key] = end
        found.append(Evaluation(at, kept, evaluation.verdicts))
        entries += [self._counted.count(rule, keys, at) for rule, keys in fresh.items()]

    def _late(
        self,
        cursor: duckdb.DuckDBPyConnection,
        plan: Plan,
        step: float,
        names: Iterable[str],
        at: float,
        since: dt.datetime | None,
        found: list[Evaluation],
        entries: list[Entry],
    ) -> None:
        """Stretches that are over and for which rows came late."""
        for name in names:
            low = self._low.pop(name, None)
            if low is None:
                continue
            first = max(low, at - _MOST_LATE * step)
            ends = list(plan.grids[step].between(first, plan.grids[step].last(at)))
            try:
                ends = with_rows(cursor, plan.binding, plan.binding.rules[name], plan.grids[step], ends)
            except duckdb.Error as error:
                begin_again(cursor)
                found.append(_failed(name, failure(error), at))
                continue
            for end in ends:
                late = stretches_at(cursor, plan, Due(end, frozenset({step})), since, [name])
                self._stretches(late, at, end, found, entries)
            self._counted.forget(name, at - 2 * _late(plan.binding.rules[name]))


def _late(rule: BoundRule) -> float:
    """How old what is new may be, in seconds of event time."""
    return max(LATE, rule.rule.within, 2 * (rule.rule.every or 0.0))


def _changed(cursor: duckdb.DuckDBPyConnection, binding: Binding, rule: BoundRule, version: int) -> float | None:
    """The first event time of what came or changed in a rule's sources after a version; None where nothing did."""
    low: float | None = None
    for source in rule.kpi.sources if rule.kpi is not None else (rule.source,):
        view = binding.views.get(source)
        hull = touched.since(cursor, binding.files(source), version)
        if hull is None:
            continue
        known = hull[0] if view is None or view.follows else None
        first = _ALL if known is None else known
        low = first if low is None else min(low, first)
    return low


def _failed(name: str, reason: str, at: float) -> Evaluation:
    text = f"Rule {name} cannot be evaluated: {reason}"
    told = Observation(rule=ERROR + name, priority="warning", text=text)
    return Evaluation(at, [told], {name: Verdict(quality="error", reason=reason), ERROR + name: Verdict()})


def _moment(at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)
