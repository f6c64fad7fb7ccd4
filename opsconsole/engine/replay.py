"""The alerts that rules would have raised over a past stretch of time: their conditions through the same lives.

An alert is looked at where its condition changes and where a delay of it ends: at all other points of the grid nothing
can happen to it. A rule that applies only in some hours is looked at where these begin and end, too, and a combination
after each look at one of its parts.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from opsconsole.alerts.alert import Alert, Transition, alert_id
from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.facts import Config, Facts
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.due import OUTSIDE
from opsconsole.kpis.observation import Absent, Evaluation, Observation, Verdict
from opsconsole.kpis.rules import COMBINED
from opsconsole.site.grid import Grid
from opsconsole.site.model import Rule

_DELAY, _COMBINED = 0, 1
"""At one point delays end first, and combinations look at what came of it."""


class Move(NamedTuple):
    """What is known of a rule from a point on: an evaluation in full, or of some instances only (`partial`)."""

    at: float
    rule: str
    evaluation: Evaluation
    partial: bool = False


class Hours(NamedTuple):
    """From this point on a rule applies, or does not."""

    at: float
    rule: str
    applies: bool


class Replay:
    """One run through a past: moves of several rules in order of time, and the transitions that they bring."""

    def __init__(self, binding: Binding, grids: dict[str, Grid]) -> None:
        """`grids`: by rule the grid that it is evaluated on, of all that are looked at."""
        self.book = AlertBook(binding.site)
        self._site = binding.site
        self._rules = binding.rules
        self._grids = grids
        self._combined: dict[str, list[str]] = {}
        for name in grids:
            for part in binding.rules[name].parts:
                self._combined.setdefault(part, []).append(name)
        self._current: dict[str, dict[str, Observation]] = {}
        self._verdicts: dict[str, dict[str, Verdict]] = {}
        self._idle: set[str] = set()
        self._due: list[tuple[float, int, str, str]] = []
        self._waits: dict[str, float] = {}

    def run(self, moves: Iterable[Move | Hours], last: float) -> Iterator[tuple[float, list[Transition]]]:
        """The transitions up to the point `last`, by point; moves come in order of time."""
        begun = False
        for move in moves:
            if move.at > last:
                break
            if not begun:
                begun = True
                self._combine_all(move.at)
            yield from self._let_pass(move.at, before=True)
            if isinstance(move, Hours):
                yield move.at, self._hours(move)
            else:
                yield move.at, self._take(move)
        yield from self._let_pass(last, before=False)

    def _take(self, move: Move) -> list[Transition]:
        found, rule = move.evaluation, move.rule
        current = self._current.setdefault(rule, {})
        if not move.partial:
            current.clear()
            self._verdicts[rule] = found.verdicts
        for each in found.observations:
            if not each.moments:
                current[alert_id(each.rule, each.labels)] = each
        if rule in self._idle:
            states = [each for each in found.observations if each.moments]
            return self._observe(Evaluation(move.at, states, {})) if states else []
        if rule in self._combined and move.partial:
            # a combination has to know of all members of its parts
            absent: Absent = "stale" if self._rules[rule].kpi is not None else "normal"
            found = Evaluation(move.at, list(current.values()), {rule: Verdict(absent=absent)})
        return self._observe(found)

    def _hours(self, move: Hours) -> list[Transition]:
        """A rule that begins to apply is seen as it is; the alerts of one that ends to do so end."""
        if not move.applies:
            self._idle.add(move.rule)
            return self._observe(Evaluation(move.at, [], {move.rule: Verdict(reason=OUTSIDE)}))
        self._idle.discard(move.rule)
        if self._rules[move.rule].kind == "combine":
            return self._observe(Evaluation(move.at, [], {move.rule: COMBINED}))
        known = list(self._current.get(move.rule, {}).values())
        return self._observe(Evaluation(move.at, known, dict(self._verdicts.get(move.rule, {}))))

    def _let_pass(self, upto: float, *, before: bool) -> Iterator[tuple[float, list[Transition]]]:
        """Delays that end up to a moment: their alerts are seen once more as they were last."""
        while self._due and (self._due[0][0] < upto or (not before and self._due[0][0] == upto)):
            at, _, rule, key = heapq.heappop(self._due)
            if self._waits.get(key) != at:
                continue
            del self._waits[key]
            yield at, self._observe(self._again(at, rule, key))

    def _again(self, at: float, rule: str, key: str) -> Evaluation:
        if rule not in self._idle and rule in self._rules and self._rules[rule].kind == "combine":
            return Evaluation(at, [], {rule: COMBINED})
        known = self._current.get(rule, {}).get(key)
        alert = self.book.get(key)
        if rule in self._idle or known is None:
            known = Observation(rule=alert.rule, labels=alert.labels) if alert is not None else None
        return Evaluation(at, [known] if known is not None else [], {})

    def _observe(self, evaluation: Evaluation) -> list[Transition]:
        found = self.book.observe(evaluation)
        names = {each.rule for each in evaluation.observations} | set(evaluation.verdicts)
        keys = {alert_id(each.rule, each.labels) for each in evaluation.observations}
        if evaluation.verdicts:
            keys |= {alert.id for alert in self.book.running() if alert.rule in names}
        for key in keys:
            alert = self.book.get(key)
            if alert is not None:
                self._wait_for(alert, evaluation.at)
        for combination in dict.fromkeys(each for name in names for each in self._combined.get(name, ())):
            self._wait(_COMBINED, combination, combination, self._grids[combination].at_or_after(evaluation.at))
        return found

    def _combine_all(self, at: float) -> None:
        """A combination holds or does not from the beginning on.

        Of a rule on rows that never moves nothing is told: none of its members is raised, and that is known.
        """
        parts = {name: self._rules[name] for name in self._combined if name in self._rules}
        calm = {
            name: Verdict() for name, rule in parts.items() if rule.kind in ("rows", "due") and rule.recovered is None
        }
        if calm:
            self.book.observe(Evaluation(at, [], calm))
        for names in self._combined.values():
            for name in names:
                self._wait(_COMBINED, name, name, self._grids[name].at_or_after(at))

    def _wait_for(self, alert: Alert, now: float) -> None:
        """Look at an alert again where a delay of it ends."""
        rule = alert.rule.partition(":")[2] if alert.rule.startswith(("error:", "many:")) else alert.rule
        config = _config(self._site.rules.get(rule))
        end = ends(alert.facts, config, now)
        grid = self._grids.get(rule)
        if end is None or grid is None:
            self._waits.pop(alert.id, None)
            return
        self._wait(_DELAY, rule, alert.id, grid.at_or_after(end))

    def _wait(self, phase: int, rule: str, key: str, point: float) -> None:
        key = key if phase == _DELAY else f"combine {key}"
        if self._waits.get(key) != point:
            self._waits[key] = point
            heapq.heappush(self._due, (point, phase, rule, key))


def ends(facts: Facts, config: Config, now: float) -> float | None:
    """When the first of the delays that run on an alert ends; None where none does, or time stands still for it."""
    if facts.frozen is not None:
        return None
    found = [
        facts.crossed[index] + (config.hold if facts.raw > index else config.clear)
        for index in range(3)
        if (facts.raw > index) != (facts.level > index)
    ]
    return min((end for end in found if end > now), default=None)


def _config(rule: Rule | None) -> Config:
    return Config(hold=rule.hold, clear=rule.clear) if rule is not None else Config()


def as_partial(at: float, rule: str, observations: list[Observation]) -> Move:
    """What is known of some instances of a rule; the others stay as they are."""
    return Move(at, rule, Evaluation(at, observations, {}), partial=True)


def gone(rule: str, labels: dict[str, str | None]) -> Observation:
    """An instance that is not mentioned any more."""
    return Observation(rule=rule, labels=labels)
