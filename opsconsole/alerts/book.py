"""All alerts of a site: what evaluations, time and people do to them, told as transitions. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from opsconsole.alerts import deeds
from opsconsole.alerts.alert import Alert, Open, Outcome, Transition
from opsconsole.alerts.combine import Combinations, Labels
from opsconsole.alerts.condition import close, lose_sight, observe, occur
from opsconsole.alerts.counts import Counts
from opsconsole.alerts.course import Course, Move
from opsconsole.alerts.deed import Covers, Deed, Take
from opsconsole.alerts.facts import LEVEL, Already, Config, Facts, Refusal, Step
from opsconsole.alerts.handling import undo
from opsconsole.alerts.holding import CLOSED, OfRule
from opsconsole.alerts.memo import NOTHING, Memo
from opsconsole.alerts.observed import is_steady, seen_with, tells_news
from opsconsole.alerts.shown import SYSTEM, rule_of, shown
from opsconsole.alerts.standing import escalate, expire, realarm, set_back
from opsconsole.alerts.timers import due_of
from opsconsole.alerts.together import Bygone
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Site

_HEALTHY = Verdict()


class AlertBook:
    """The alerts of a site. Not thread-safe; it belongs to the engine's loop.

    So many closed alerts as `most_closed` are remembered.
    """

    def __init__(self, site: Site, most_closed: int = CLOSED) -> None:
        self._site = site
        self._course = Course(site, most_closed)
        self._memos: dict[str, Memo] = {}
        self._combinations = Combinations(site)

    def __len__(self) -> int:
        return len(self._course.held.alerts)

    @property
    def longest_delay(self) -> float:
        """Seconds of site time before now that an engine replays after a restart, so that running delays go on."""
        return max((max(rule.hold, rule.clear) for rule in self._site.rules.values()), default=0.0)

    def open(self, limit: int | None = None) -> list[Open]:
        """The open alerts, or the `limit` most urgent of them.

        First what nobody and nothing has put aside; then by priority, state (unacknowledged first) and age (newest
        first).
        """
        return [self.shown(alert) for alert in islice(self._course.held.ranked(), limit)]

    def ranked(self) -> Iterator[Alert]:
        """The open alerts in the same order, as the book has them; for queries that want few of many."""
        return self._course.held.ranked()

    def shown(self, alert: Alert) -> Open:
        """An alert as consoles see it."""
        chatters = self._course.together.chatters(alert.id)
        return shown(alert, self._site, rule_of(self._site, alert.rule), chatters=chatters)

    def counts(self) -> Counts:
        """How many are open, and whether there is a flood, as of the last evaluation."""
        return self._course.together.counted(self._course.held.counts())

    def get(self, alert: str) -> Alert | None:
        """An alert that is or was open."""
        return self._course.held.alerts.get(alert)

    def watched(self) -> dict[str, list[Labels]]:
        """By rule the labels of alerts that are open or about to be: of these an evaluation has to say something."""
        alerts = self._course.held.alerts
        return {
            rule: [alerts[key].labels for key in of.open | of.active | of.stale | of.error]
            for rule, of in self._course.held.of_rule.items()
        }

    # --- what the rules say ----------------------------------------------------------------------------------

    def observe(self, evaluation: Evaluation) -> list[Transition]:
        """What an evaluation changes.

        An instance that a healthy rule no longer mentions is normal or missing, as the rule's verdict says. Rules
        without a verdict were not evaluated, and their alerts stay as they are. What others inhibit, or what is
        covered, is suppressed from the first, whatever comes first in the evaluation.
        """
        transitions: list[Transition] = []
        moves: dict[str, Move] = {}
        self._course.together.evaluated(name for name, each in evaluation.verdicts.items() if each.quality == "good")
        self._said(evaluation, moves, transitions)
        for combined in self._combinations.evaluate(evaluation, partial(self._active, moves)):
            self._said(combined, moves, transitions)
        self._course.apply(moves, evaluation.at, transitions)
        self._course.let_pass(evaluation.at)
        return transitions

    def _said(self, evaluation: Evaluation, moves: dict[str, Move], transitions: list[Transition]) -> None:
        """What the observations and the verdicts of an evaluation make of the alerts of its rules."""
        seen: dict[str, frozenset[str]] = {}
        observations, first = evaluation.observations, 0
        while first < len(observations):
            rule = observations[first].rule
            memo = self._memos.get(rule)
            if evaluation.verdicts.get(rule, _HEALTHY).quality != "good":
                first = _end(observations, first)
                continue
            if memo is None or not memo.again(observations, first):
                run = observations[first : _end(observations, first)]
                memo = self._memos[rule] = self._run(memo or NOTHING, run, evaluation.at, moves, transitions)
            first += len(memo.observations)
            seen[rule] = seen.get(rule, frozenset()) | memo.seen
        for name, verdict in evaluation.verdicts.items():
            if name not in seen and not verdict.combine:
                self._memos.pop(name, None)
            of = self._course.held.of_rule.get(name)
            if of is not None and not verdict.combine:
                self._unseen(of, seen.get(name, frozenset()), verdict, evaluation.at, moves)

    def _active(self, moves: Mapping[str, Move], rule: str) -> Iterator[tuple[Labels, bool | None]]:
        """The labels of a rule's alerts, and whether each is active as far as is known; `moves`: steps to be taken."""
        of = self._course.held.of_rule.get(rule)
        keys = [] if of is None else of.open | of.active | of.stale | of.error
        for key in keys:
            if key not in moves:
                alert = self._course.held.alerts[key]
                yield alert.labels, alert.facts.level > 0 if alert.facts.quality == "good" else None
        for move in moves.values():
            if move.alert.rule == rule:
                facts = move.step.facts
                yield move.alert.labels, facts.level > 0 if facts.quality == "good" else None

    def _run(
        self,
        memo: Memo,
        observations: list[Observation],
        now: float,
        moves: dict[str, Move],
        transitions: list[Transition],
    ) -> Memo:
        """What the observations of one rule make of its alerts."""
        config = self._course.config(observations[0].rule)
        alerts = self._course.held.alerts
        keys: list[str] = []
        place, steady = 0, True
        for observation in observations:
            key, place = memo.find(place, observation)
            keys.append(key)
            if key in moves:  # of a rule on single rows there can be several
                self._course.apply(moves, now, transitions)
            alert = alerts.get(key)
            if alert is None:
                if observation.priority is not None and observation.quality == "good":
                    steady = False
                    fresh = Alert(key, observation.rule, self._course.held.fresh(), observation.labels)
                    self._look(fresh, observation, config, now, moves)
            elif is_steady(alert.facts, observation):
                if tells_news(alert, observation):
                    alerts[key] = seen_with(alert, observation, Step(alert.facts))
            else:
                steady = False
                self._look(alert, observation, config, now, moves)
        return Memo(observations, keys, steady=steady)

    def _look(self, known: Alert, observation: Observation, config: Config, now: float, moves: dict[str, Move]) -> None:
        """What one observation makes of an alert."""
        level = LEVEL[observation.priority]
        again: Callable[[Facts], Step]
        if observation.quality != "good":
            why = "its data is missing"
            again = partial(lose_sight, quality=observation.quality, now=now)
        elif observation.moments:
            why = observation.text
            again = partial(occur, level=level, config=config, now=now, times=len(observation.moments))
        else:
            why = observation.text or "back to normal"
            kept = LEVEL[observation.kept] if observation.kept is not None else None
            again = partial(observe, level=level, config=config, now=now, kept=kept)
        step = again(known.facts)
        if observation.quality == "good":
            known = seen_with(known, observation, step)
        self._move(Move(known, step, again, why), moves)

    def _unseen(self, of: OfRule, seen: frozenset[str], verdict: Verdict, now: float, moves: dict[str, Move]) -> None:
        """What it means to the alerts of a rule that an evaluation did not mention them."""
        again: Callable[[Facts], Step]
        if verdict.quality == "good" and verdict.absent == "normal":
            keys, why = (of.active | of.stale | of.error) - seen, verdict.reason or "back to normal"
        else:
            quality: Literal["stale", "error"] = "error" if verdict.quality == "error" else "stale"
            keys = (of.open | of.active) - seen - (of.error if quality == "error" else of.stale)
            why, again = verdict.reason or "its data is missing", partial(lose_sight, quality=quality, now=now)
        for key in sorted(keys):
            alert = self._course.held.alerts[key]
            if verdict.quality == "good" and verdict.absent == "normal":
                again = partial(observe, level=0, config=self._course.config(alert.rule), now=now)
            self._move(Move(alert, again(alert.facts), again, why), moves)

    def _move(self, move: Move, moves: dict[str, Move]) -> None:
        """Keep at once what is no transition; the others wait until it is known what all of them suppress."""
        if move.step.what is None:
            self._course.keep(replace(move.alert, facts=move.step.facts))
        else:
            moves[move.alert.id] = move

    # --- what time does --------------------------------------------------------------------------------------

    def tick(self, now: float) -> list[Transition]:
        """What time alone changes: shelves that end, acknowledged alerts that call again. Once in each evaluation."""
        transitions: list[Transition] = []
        due = self._course.timers.due(now)
        kinds: tuple[tuple[Callable[..., Step], str], ...] = (
            (expire, "its time on the shelf is over"),
            (realarm, "still active"),
        )
        for function, why in kinds:
            moves: dict[str, Move] = {}
            for key in due:
                alert = self._course.held.alerts.get(key)
                if alert is not None:
                    again = partial(function, config=self._course.config(alert.rule), now=now)
                    self._move(Move(alert, again(alert.facts), again, why), moves)
            self._course.apply(moves, now, transitions)
        for key in due:
            alert = self._course.held.alerts.get(key)
            if alert is not None:
                self._course.timers.set(key, due_of(alert.facts, self._course.config(alert.rule)))
        return transitions

    def set_back(self, now: float) -> list[Transition]:
        """The clock was set back to `now`: what people did after that would last too long (see `standing.set_back`)."""
        transitions: list[Transition] = []
        moves: dict[str, Move] = {}
        for alert in list(self._course.held.alerts.values()):
            facts = alert.facts
            if (facts.shelf is not None and facts.shelf.at > now) or (facts.acked_at or 0.0) > now:
                again = partial(set_back, config=self._course.config(alert.rule), now=now)
                self._move(Move(alert, again(facts), again, "the clock was set back"), moves)
        self._course.apply(moves, now, transitions)
        return transitions

    def escalate(self, steps: Mapping[str, int], now: float) -> list[Transition]:
        """Escalation has gone as far as these steps (1 is the first), by the ids of alerts."""
        transitions: list[Transition] = []
        for key, step in steps.items():
            alert = self._course.held.alerts.get(key)
            if alert is not None:
                self._course.take(alert, escalate(alert.facts, step), f"step {step} of escalation", now, transitions)
        return transitions

    def cover(self, covers: Covers, now: float) -> list[Transition]:
        """What is planned and running now, by name (`maintenance:…`); to be told before each evaluation.

        What is covered is suppressed, also what is raised while it is; what is covered no more is let go.
        """
        return self._course.cover(covers, now)

    # --- what people do --------------------------------------------------------------------------------------

    def command(self, deed: Deed) -> Outcome:
        """A deed on alerts as the person saw them, each by itself. Raises ValueError where its name is unknown."""
        if deed.name not in deeds.DONE:
            raise ValueError(f"alerts know no command `{deed.name}`")
        outcome = Outcome([], {}, {})
        for target in deed.targets:
            alert = self._course.held.alerts.get(target.alert)
            if alert is None:
                outcome.refused[target.alert] = "there is no such alert"
                continue
            step = deeds.do(deed, alert.facts, target.version, self._course.config(alert.rule))
            if isinstance(step, Step):
                take = deeds.take_of(alert.id, deed, alert.facts, step.facts, (alert.note, alert.note_by))
                if note := deeds.note_of(deed):
                    alert = replace(alert, note=note, note_by=deed.by)
                why = f"{deeds.DONE[deed.name]} by {deed.by}"
                self._course.take(alert, step, why, deed.at, outcome.transitions, deed.by, deed.text.strip(), take)
            else:
                _turned_down(outcome, alert.id, step)
        return outcome

    def undo(self, takes: Sequence[Take], by: str, now: float) -> Outcome:
        """Take deeds back, each from its alert as long as nothing has happened to it since."""
        outcome = Outcome([], {}, {})
        for take in takes:
            alert = self._course.held.alerts.get(take.alert)
            if alert is None:
                outcome.refused[take.alert] = "there is no such alert"
                continue
            step = undo(alert.facts, take.before, take.version)
            if isinstance(step, Step):
                if take.note is not None:
                    alert = replace(alert, note=take.note[0], note_by=take.note[1])
                self._course.take(alert, step, f"undone by {by}", now, outcome.transitions, by)
            else:
                _turned_down(outcome, alert.id, step)
        return outcome

    def take_back(self, alerts: Iterable[Alert]) -> None:
        """Put alerts back as they were before a command that could not be written to the journal."""
        for alert in alerts:
            self._course.keep(alert)

    # --- restarts and edits ----------------------------------------------------------------------------------

    def restore(self, alerts: Iterable[Alert | Mapping[str, Any]]) -> None:
        """Take alerts up again, from the `alert` of each one's last transition. Raises msgspec.ValidationError."""
        for entry in alerts:
            alert = entry if isinstance(entry, Alert) else msgspec.convert(entry, Alert)
            # What ran when the engine ended says nothing of now: a level begins to count with the next observation.
            self._course.keep(replace(alert, facts=replace(alert.facts, raw=alert.facts.level)))
        self._memos.clear()
        self._course.unsure()

    def recall(self, bygone: Iterable[Bygone]) -> None:
        """Take up the transitions of the last `together.LATELY` seconds before a restart, the oldest first."""
        self._course.together.recall(bygone)

    def running(self) -> list[Alert]:
        """The alerts on which a delay runs: what a restart would lose, for it is no transition and in no journal."""
        alerts = self._course.held.alerts.values()
        return [
            alert
            for alert in alerts
            if alert.facts.pending or alert.facts.frozen is not None or any(alert.facts.onsets)
        ]

    def resume(self, alerts: Iterable[Alert]) -> None:
        """Delays that ran when the engine ended go on, of alerts to which nothing has happened since."""
        for alert in alerts:
            known = self.get(alert.id)
            if known is None and alert.facts.count == 0:
                self._course.keep(alert)
            elif known is not None and known.facts.version == alert.facts.version:
                ran = alert.facts
                facts = replace(
                    known.facts, raw=ran.raw, crossed=ran.crossed, onsets=ran.onsets, frozen=ran.frozen,
                    quality=ran.quality,
                )  # fmt: skip
                self._course.keep(replace(known, facts=facts))
        self._memos.clear()

    def replace(self, site: Site, now: float) -> list[Transition]:
        """The site file was edited: alerts of rules that are gone, or that have other labels now, are closed."""
        self._site = site
        self._memos.clear()
        self._course.configure(site)
        self._combinations = Combinations(site, self._combinations)
        transitions: list[Transition] = []
        for key in list(self._course.held.alerts):
            alert = self._course.held.alerts[key]
            rule = rule_of(site, alert.rule)
            if rule is None:
                self._close(alert, "rule removed", now, transitions)
            elif not alert.rule.startswith(SYSTEM) and set(alert.labels) != set(rule.by):
                self._close(alert, "rule changed: other labels", now, transitions)
            else:
                self._course.heed(alert)
        return transitions

    def _close(self, alert: Alert, why: str, now: float, transitions: list[Transition]) -> None:
        if alert.facts.letter != "NORM":
            self._course.take(alert, close(alert.facts), why, now, transitions)
        self._course.forget(alert.id)


def _turned_down(outcome: Outcome, alert: str, why: Refusal | Already) -> None:
    (outcome.already if isinstance(why, Already) else outcome.refused)[alert] = why.reason


def _end(observations: list[Observation], first: int) -> int:
    """Where the observations of a rule end that begin at `first`."""
    rule, end = observations[first].rule, first + 1
    while end < len(observations) and observations[end].rule == rule:
        end += 1
    return end
