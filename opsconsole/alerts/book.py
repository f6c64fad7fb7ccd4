"""All alerts of a site: what an evaluation and what people do to them. Pure; what happened comes out as transitions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from opsconsole.alerts.condition import close, lose_sight, observe, occur
from opsconsole.alerts.facts import (
    LEVEL,
    Already,
    Config,
    Disposition,
    Facts,
    Letter,
    Quality,
    Refusal,
    Shelf,
    Step,
    What,
)
from opsconsole.alerts.handling import acknowledge, unacknowledge
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.card import sources_of
from opsconsole.site.model import Priority, Rule, Site

Labels = dict[str, str | None]
_ORDER: dict[Letter, int] = {
    "UNACK": 0, "RTNUN": 1, "ACK": 2, "LATCHED": 3, "SHELVED": 4, "SUPPRESSED": 5, "OOS": 6, "NORM": 7,
}  # fmt: skip
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:/+#")
SYSTEM = ("error:", "many:")


class Alert(Struct, frozen=True, omit_defaults=True):
    """One rule on one set of labels: its facts, and what was last seen of it."""

    id: str
    rule: str
    facts: Facts
    labels: Labels = {}
    text: str = ""
    value: float | None = None
    worst: float | None = None
    limit: float | None = None
    note: str = ""
    note_by: str = ""


class Open(Struct, frozen=True):
    """An open alert as consoles see it; the same fields as `AlertState` of the wire."""

    id: str
    rule: str
    text: str
    state: Letter
    priority: Priority
    since: float
    version: int
    labels: Labels = {}
    who: str = ""
    acked_at: float | None = None
    value: float | None = None
    worst: float | None = None
    count: int = 1
    kpi: str = ""
    source: str = ""
    area: str = ""
    procedure: str = ""
    quality: Quality = "good"
    beneath: Letter = "UNACK"
    put_by: str = ""
    put_at: float | None = None
    until: float | None = None
    reason: str = ""
    suppressed: tuple[str, ...] = ()
    owner: str = ""
    escalation: int = 0
    disposition: Disposition | None = None
    note: str = ""
    note_by: str = ""
    chatters: bool = False
    incident: str = ""
    first_out: bool = False


class Transition(Struct, frozen=True):
    """A change of state, for the journal: `alert` is what it is now, and enough to go on from after a restart."""

    at: float
    what: What
    why: str
    before: Letter
    after: Letter
    alert: Alert
    who: str = ""
    annunciate: bool = False


class Target(Struct, frozen=True):
    """An alert as the person saw it."""

    alert: str
    version: int


class Outcome(Struct, frozen=True):
    """What came of a command: the transitions, and for each refused alert the reason."""

    transitions: list[Transition]
    refused: dict[str, str]
    already: dict[str, str] = {}


def alert_id(rule: str, labels: Mapping[str, str | None]) -> str:
    """A readable name that stays: `late{carrier=F9}`. Members that could be misread are quoted; null is no member."""
    if not labels:
        return rule
    return f"{rule}{{{','.join(f'{_word(name)}={_word(labels[name])}' for name in sorted(labels))}}}"


def _word(text: str | None) -> str:
    if text is None:
        return "null"
    return text if text and text != "null" and set(text) <= _PLAIN else json.dumps(text)


class AlertBook:
    """The alerts of a site. Not thread-safe; it belongs to the engine's loop."""

    def __init__(self, site: Site) -> None:
        self._alerts: dict[str, Alert] = {}
        self._by_rule: dict[str, set[str]] = {}
        self._site = site

    def __len__(self) -> int:
        return len(self._alerts)

    @property
    def longest_delay(self) -> float:
        """Seconds of site time before now that an engine replays after a restart, so that running delays go on."""
        return max((max(rule.hold, rule.clear) for rule in self._site.rules.values()), default=0.0)

    def open(self) -> list[Open]:
        """The open alerts by priority, then state (unacknowledged first), then age (newest first)."""
        shown = [self._shown(alert) for alert in self._alerts.values() if alert.facts.letter != "NORM"]
        return sorted(shown, key=lambda one: (-LEVEL[one.priority], _ORDER[one.state], -one.since, one.id))

    def get(self, alert: str) -> Alert | None:
        """An alert that is or was open."""
        return self._alerts.get(alert)

    # --- what the rules say ----------------------------------------------------------------------------------

    def observe(self, evaluation: Evaluation) -> list[Transition]:
        """What an evaluation changes.

        An instance that a healthy rule no longer mentions is normal or missing, as the rule's verdict says. Rules
        without a verdict were not evaluated, and their alerts stay as they are.
        """
        now = evaluation.at
        transitions: list[Transition] = []
        seen: set[str] = set()
        for observation in evaluation.observations:
            if evaluation.verdicts.get(observation.rule, Verdict()).quality == "good":
                seen.add(self._observed(observation, now, transitions))
        for name, verdict in evaluation.verdicts.items():
            for alert_key in sorted(self._by_rule.get(name, set()) - seen):
                self._unseen(alert_key, verdict, now, transitions)
        return transitions

    def _observed(self, observation: Observation, now: float, transitions: list[Transition]) -> str:
        key = alert_id(observation.rule, observation.labels)
        known = self._alerts.get(key)
        if known is None:
            if observation.priority is None or observation.quality != "good":
                return key
            known = Alert(id=key, rule=observation.rule, facts=Facts(), labels=observation.labels)
        if observation.quality != "good":
            step = lose_sight(known.facts, observation.quality, now)
            self._take(known, step, "its data is missing", now, transitions)
            return key
        level = LEVEL[observation.priority]
        if observation.moments:
            step = occur(known.facts, level, self._config(observation.rule), now, len(observation.moments))
            self._take(_with(known, observation, step), step, observation.text, now, transitions)
            return key
        kept = LEVEL[observation.kept] if observation.kept is not None else None
        step = observe(known.facts, level, self._config(observation.rule), now, kept)
        self._take(_with(known, observation, step), step, observation.text or "back to normal", now, transitions)
        return key

    def _unseen(self, key: str, verdict: Verdict, now: float, transitions: list[Transition]) -> None:
        alert = self._alerts[key]
        if alert.facts.letter == "NORM" and not alert.facts.pending:
            return
        if verdict.quality == "good" and verdict.absent == "normal":
            step = observe(alert.facts, 0, self._config(alert.rule), now)
            self._take(alert, step, verdict.reason or "back to normal", now, transitions)
        else:
            quality: Literal["stale", "error"] = "error" if verdict.quality == "error" else "stale"
            step = lose_sight(alert.facts, quality, now)
            self._take(alert, step, verdict.reason or "its data is missing", now, transitions)

    def _config(self, rule: str) -> Config:
        known = self._site.rules.get(rule)
        if known is None:
            return Config()
        return Config(
            hold=known.hold,
            clear=known.clear,
            times=known.times,
            latch=known.latch,
            acked=not known.acknowledge,
            realarm=known.realarm,
            realarms=known.realarms,
        )

    # --- what people do --------------------------------------------------------------------------------------

    def command(self, name: str, targets: Sequence[Target], user: str, now: float) -> Outcome:
        """`ack` or `unack` for alerts as the user saw them. Raises ValueError for another command."""
        if name not in {"ack", "unack"}:
            raise ValueError(f"alerts know no command `{name}`")
        transitions: list[Transition] = []
        refused: dict[str, str] = {}
        already: dict[str, str] = {}
        for target in targets:
            alert = self._alerts.get(target.alert)
            if alert is None:
                refused[target.alert] = "there is no such alert"
                continue
            if name == "ack":
                outcome = acknowledge(alert.facts, user, now, target.version)
            else:
                outcome = unacknowledge(alert.facts)
            if isinstance(outcome, Refusal):
                refused[target.alert] = outcome.reason
            elif isinstance(outcome, Already):
                already[target.alert] = outcome.reason
            else:
                why = f"{outcome.what} by {user}"
                self._take(alert, outcome, why, now, transitions, who=user)
        return Outcome(transitions, refused, already)

    def take_back(self, alerts: Iterable[Alert]) -> None:
        """Put alerts back as they were before a command that could not be written to the journal."""
        for alert in alerts:
            self._keep(alert)

    # --- restarts and edits ----------------------------------------------------------------------------------

    def restore(self, alerts: Iterable[Alert | Mapping[str, Any]]) -> None:
        """Take alerts up again, from the `alert` of each one's last transition. Raises msgspec.ValidationError."""
        for entry in alerts:
            alert = entry if isinstance(entry, Alert) else msgspec.convert(entry, Alert)
            # What ran when the engine ended says nothing of now: a level begins to count with the next observation.
            facts = replace(alert.facts, raw=alert.facts.level)
            self._keep(replace(alert, facts=facts))

    def replace(self, site: Site, now: float) -> list[Transition]:
        """The site file was edited: alerts of rules that are gone, or that have other labels now, are closed."""
        self._site = site
        transitions: list[Transition] = []
        for key in list(self._alerts):
            alert = self._alerts[key]
            rule = self._rule_of(alert.rule)
            if rule is None:
                self._close(alert, "rule removed", now, transitions)
            elif not alert.rule.startswith(SYSTEM) and set(alert.labels) != set(rule.by):
                self._close(alert, "rule changed: other labels", now, transitions)
        return transitions

    def _rule_of(self, name: str) -> Rule | None:
        """The rule, also of an alert about the rule itself."""
        for prefix in SYSTEM:
            name = name.removeprefix(prefix)
        return self._site.rules.get(name)

    def _close(self, alert: Alert, why: str, now: float, transitions: list[Transition]) -> None:
        if alert.facts.letter != "NORM":
            self._take(alert, close(alert.facts), why, now, transitions)
        self._alerts.pop(alert.id, None)
        self._by_rule.get(alert.rule, set()).discard(alert.id)

    # --- within ----------------------------------------------------------------------------------------------

    def _take(
        self, alert: Alert, step: Step, why: str, now: float, transitions: list[Transition], who: str = ""
    ) -> None:
        before = self._alerts[alert.id].facts.letter if alert.id in self._alerts else "NORM"
        after = replace(alert, facts=step.facts)
        self._keep(after)
        if step.what is not None:
            transitions.append(
                Transition(
                    at=now,
                    what=step.what,
                    why=why,
                    before=before,
                    after=step.facts.letter,
                    alert=after,
                    who=who,
                    annunciate=step.annunciate,
                )
            )

    def _keep(self, alert: Alert) -> None:
        """Remember an alert; one that never rose and has nothing running is forgotten."""
        if alert.facts.count == 0 and not alert.facts.pending and alert.facts.letter == "NORM":
            self._alerts.pop(alert.id, None)
            self._by_rule.get(alert.rule, set()).discard(alert.id)
            return
        self._alerts[alert.id] = alert
        self._by_rule.setdefault(alert.rule, set()).add(alert.id)

    def _shown(self, alert: Alert) -> Open:
        facts = alert.facts
        rule = self._rule_of(alert.rule)
        put = facts.out or facts.shelf
        return Open(
            id=alert.id,
            rule=alert.rule,
            text=alert.text,
            state=facts.letter,
            priority=facts.priority,
            since=facts.since or 0.0,
            version=facts.version,
            labels=alert.labels,
            who=facts.who,
            acked_at=facts.acked_at,
            value=alert.value,
            worst=alert.worst,
            count=facts.count,
            kpi=rule.kpi or "" if rule is not None else "",
            source=self._source_of(rule),
            area=rule.area if rule is not None else "",
            procedure=rule.procedure if rule is not None else "",
            quality=facts.quality,
            beneath=facts.beneath,
            put_by=put.by if put is not None else "",
            put_at=put.at if put is not None else None,
            until=put.until if isinstance(put, Shelf) else None,
            reason=put.reason if put is not None else "",
            suppressed=facts.suppressed,
            owner=facts.owner,
            escalation=facts.escalation,
            disposition=facts.disposition,
            note=alert.note,
            note_by=alert.note_by,
        )

    def _source_of(self, rule: Rule | None) -> str:
        if rule is None:
            return ""
        kpi = self._site.kpis.get(rule.kpi or "")
        if kpi is None:
            return rule.source or ""
        return kpi.source or next(iter(sources_of(self._site.kpis, kpi)), "")


def _with(alert: Alert, observation: Observation, step: Step) -> Alert:
    """The alert with the figures of an observation; its text stays while it returns to normal."""
    value = observation.value
    worst = alert.worst
    if (
        step.what == "raised"
        or (step.what == "occurred" and step.facts.cleared == step.facts.since)
        or (
            value is not None
            and observation.priority is not None
            and (worst is None or observation.worse.than(value, worst))
        )
    ):
        worst = value
    return replace(
        alert,
        text=observation.text or alert.text,
        value=value,
        worst=worst,
        limit=observation.limit if observation.limit is not None else alert.limit,
    )
