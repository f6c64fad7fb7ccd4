"""Combinations of rules: which of them hold, from the alerts of the rules that they are made of. Pure.

A part holds where it has an active alert: after its delays, within its deadband, whether or not someone has
acknowledged, shelved or suppressed it. The bare condition at one moment would be the worse measure: inside a deadband
it does not even have a truth of its own, a combination of two that flicker would chatter although each of them has a
delay against just that, and a person who reads "a and b" looks for the alerts a and b on the screen, and has to find
them.

What is not known (stale data, a rule that fails, a member without rows, a rule not evaluated since the engine began)
makes the combination unknown wherever it could decide it; then its alert stays as it is.

An instance of a combination is a set of labels `by`. A part with fewer labels counts for all instances that agree with
it; one with more holds where it holds for any of its members. There are the instances that some part with all these
labels has a word to say of: a combination without any label always has its one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.kpis.ruling.texts import short, titled
from opsconsole.kpis.words import labelled
from opsconsole.site.combination import Part, Truth, holds, names, order, parse
from opsconsole.site.figures import figure
from opsconsole.site.model import Rule, Site

Labels = Mapping[str, str | None]
Members = tuple[str | None, ...]
Alerts = Callable[[str], Iterable[tuple[Labels, Truth]]]
"""By the name of a rule the labels of its alerts that are open or about to be, and whether each is active."""


class _Combination(Struct, frozen=True):
    rule: Rule
    part: Part
    names: tuple[str, ...]


class _Said(Struct):
    """What the last evaluation of a rule said: what is so of the members it did not mention, and of those it did."""

    rest: Truth
    members: dict[Members, Truth]


class Combinations:
    """The combinations of a site, and what was last said of the rules that they are made of."""

    def __init__(self, site: Site, before: Combinations | None = None) -> None:
        """`before`: those before the site was edited; what was said of rules that have the same labels still is."""
        texts = {name: rule.combine for name, rule in site.rules.items() if rule.combine is not None}
        parts = {name: parse(text) for name, text in texts.items()}
        made_of = {name: tuple(dict.fromkeys(each.name for each in names(part))) for name, part in parts.items()}
        self._all = {name: _Combination(site.rules[name], parts[name], made_of[name]) for name in order(made_of)}
        self._labels = {name: site.rules[name].by for each in made_of.values() for name in each if name in site.rules}
        self._said: dict[str, _Said] = {}
        if before is not None:
            same = (name for name in before._said if before._labels[name] == self._labels.get(name))
            self._said = {name: before._said[name] for name in same}

    def evaluate(self, evaluation: Evaluation, alerts: Alerts) -> Iterator[Evaluation]:
        """What the combinations come to that an evaluation asks for, one after the other.

        `alerts` is asked for each when what those before have said has been taken.
        """
        if not self._all:
            return
        self._heed(evaluation)
        for name, combination in self._all.items():
            verdict = evaluation.verdicts.get(name)
            if verdict is not None and verdict.combine:
                found = self._evaluate(combination, evaluation.at, alerts)
                self._heed(found)
                yield found

    def _heed(self, evaluation: Evaluation) -> None:
        """Remember what was said of rules that are parts."""
        for name, verdict in evaluation.verdicts.items():
            if name in self._labels and not verdict.combine:
                known = verdict.quality == "good" and verdict.absent == "normal"
                self._said[name] = _Said(False if known else None, {})
        for observation in evaluation.observations:
            said = self._said.get(observation.rule)
            if said is not None and observation.rule in evaluation.verdicts:
                members = _members(observation.labels, self._labels[observation.rule])
                # Whether what is raised is active, its delays decide.
                said.members[members] = False if observation.quality == "good" else None

    def _evaluate(self, combination: _Combination, at: float, alerts: Alerts) -> Evaluation:
        rule = combination.rule
        truths = {name: self._truths(name, alerts) for name in combination.names}
        own = dict.fromkeys(_members(labels, rule.by) for labels, _ in alerts(rule.name))
        observations = []
        whole = rule.name in self._labels
        for members in dict.fromkeys((*own, *self._instances(rule.by, truths))):
            parts = {name: self._at(name, rule.by, members, truths[name]) for name in combination.names}
            found = _observation(combination, members, parts)
            if found.priority is not None or whole or members in own:
                observations.append(found)
        return Evaluation(at, observations, {rule.name: Verdict()})

    def _truths(self, name: str, alerts: Alerts) -> _Said:
        """What is so of each member of a rule: its alert tells, else what was last said."""
        said = self._said.get(name) or _Said(None, {})
        by = self._labels.get(name, ())
        return _Said(said.rest, said.members | {_members(labels, by): active for labels, active in alerts(name)})

    def _instances(self, by: tuple[str, ...], truths: Mapping[str, _Said]) -> Iterator[Members]:
        if not by:
            yield ()
        for name, said in truths.items():
            labels = self._labels.get(name, ())
            if by and set(by) <= set(labels):
                places = [labels.index(label) for label in by]
                for members in said.members:
                    yield tuple(members[place] for place in places)

    def _at(self, name: str, by: tuple[str, ...], members: Members, said: _Said) -> Truth:
        """Whether a part holds for an instance."""
        labels = self._labels.get(name, ())
        of = dict(zip(by, members, strict=True))
        if set(labels) <= set(by):
            return said.members.get(tuple(of[label] for label in labels), said.rest)
        shared = [(place, of[label]) for place, label in enumerate(labels) if label in of]
        found = [
            truth for each, truth in said.members.items() if all(each[place] == member for place, member in shared)
        ]
        if True in found:
            return True
        return said.rest if not found else None if None in found else False


def _observation(combination: _Combination, members: Members, parts: Mapping[str, Truth]) -> Observation:
    rule = combination.rule
    labels = dict(zip(rule.by, members, strict=True))
    truth = holds(combination.part, parts.__getitem__)
    if truth is None:
        return Observation(rule=rule.name, labels=labels, quality="stale")
    active = [name for name, each in parts.items() if each]
    value = float(len(active))
    text = ""
    if truth:
        text = short(rule.combine or "")
        text += f": {', '.join(active)}" if active else ""
        text += f" · {labelled(labels)}" if labels else ""
        if rule.title:
            text = titled(rule.title, labels, figure(value), figure(None))
    return Observation(rule=rule.name, labels=labels, priority=rule.priority if truth else None, value=value, text=text)


def _members(labels: Labels, by: tuple[str, ...]) -> Members:
    return tuple(labels.get(label) for label in by)
