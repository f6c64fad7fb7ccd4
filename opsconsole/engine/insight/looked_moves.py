"""What looks found of a rule over a past, as moves for a replay: those in which an alert of it may change."""

from __future__ import annotations

from opsconsole.alerts.alert import alert_id
from opsconsole.engine.replay import Move, as_partial, gone
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.kpis.ruling.insights import Found
from opsconsole.kpis.ruling.insights import take as taken
from opsconsole.kpis.ruling.outcome import Outcome
from opsconsole.site.grid import Grid


class LookedMoves:
    """The moves of one rule. A point of its grid takes the last that was found up to it, as a running engine does."""

    def __init__(self, binding: Binding, rule: str, grid: Grid, first: float, last: float) -> None:
        """From the first point of its grid after `first` to `last`; a finding after the last point is of `last`."""
        self._rule = binding.rules[rule]
        self._grid = grid
        self._first = grid.at_or_after(first)
        self._last = last
        self._whole = any(rule in each.parts for each in binding.rules.values())
        self._waiting: tuple[float, Found] | None = None
        self._told: dict[str, Observation] = {}
        """By alert what was said of it last."""
        self._begun = False
        self._moves: list[Move] = []

    def take(self, found: Found) -> None:
        """What was found next."""
        at = min(max(self._grid.at_or_after(found.at), self._first), self._last)
        if self._waiting is not None and self._waiting[0] < at:
            self._move(*self._waiting)
        self._waiting = at, found

    def moves(self) -> list[Move]:
        """All of them, in order of time."""
        if self._waiting is not None:
            self._move(*self._waiting)
            self._waiting = None
        return self._moves

    def _move(self, at: float, found: Found) -> None:
        name, outcome = self._rule.rule.name, Outcome(None)
        taken(self._rule, found, found.at, outcome)
        verdict = outcome.verdicts[name]
        seen = {alert_id(each.rule, each.labels): each for each in outcome.observations}
        plain = verdict.quality == "good" and not verdict.reason
        if not (plain and self._begun):
            self._moves.append(Move(at, name, Evaluation(at, outcome.observations, outcome.verdicts)))
            self._told, self._begun = seen, plain
            return
        changed = {key: each for key, each in seen.items() if self._says_more(key, each)}
        for key, each in self._told.items():
            if key not in seen:
                absent = _absent(each, verdict)
                if (absent.priority, absent.quality) != (each.priority, each.quality):
                    changed[key] = absent
        if changed:
            self._moves.append(as_partial(at, name, list(changed.values())))
            self._told |= changed

    def _says_more(self, key: str, seen: Observation) -> bool:
        known = self._told.get(key)
        if known is None:
            return self._whole or seen.priority is not None
        return (seen.priority, seen.quality) != (known.priority, known.quality)


def _absent(seen: Observation, verdict: Verdict) -> Observation:
    """What is known of an instance that is not mentioned any more."""
    if verdict.absent == "stale":
        return Observation(rule=seen.rule, labels=seen.labels, quality="stale")
    return gone(seen.rule, seen.labels)
