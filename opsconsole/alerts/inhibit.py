"""Which alerts others suppress by design: `inhibited_by` with equal labels, after Prometheus' Alertmanager. Pure.

An alert is suppressed while an alert of one of the rules in its rule's `inhibited_by` is active and both agree on the
labels in `equal` (empty: on all that both rules have); a missing label, a null and an empty text are the same. An alert
that is itself suppressed or shelved suppresses others all the same: its condition holds. One that is out of service
does not. No alert suppresses itself. Where rules inhibit each other in a circle, an alert is only suppressed by one
that came before it, so that of those that are active one is always left to be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from opsconsole.site.model import Rule

Labels = Mapping[str, str | None]
Order = tuple[float, str]
Key = tuple[str, ...]
_Bucket = tuple[int, Key]


class _Relation(Struct, frozen=True):
    """`child` is inhibited by `parent` where `equal` agree. `circle`: they inhibit each other, by whatever way."""

    number: int
    child: str
    parent: str
    equal: tuple[str, ...]
    circle: bool


class Inhibition:
    """The alerts of a site and what suppresses each. Changes are taken one by one and told all at once."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        relations = _relations(rules)
        self._as_child: dict[str, list[_Relation]] = {}
        self._as_parent: dict[str, list[_Relation]] = {}
        for relation in relations:
            self._as_child.setdefault(relation.child, []).append(relation)
            self._as_parent.setdefault(relation.parent, []).append(relation)
        self._relations = relations
        self._parents: dict[_Bucket, dict[str, Order]] = {}
        self._children: dict[_Bucket, set[str]] = {}
        self._known: dict[str, tuple[str, Labels, Order | None]] = {}
        self._stirred: set[_Bucket] = set()
        self._told: dict[str, tuple[str, ...]] = {}

    def concerns(self, rule: str) -> bool:
        """Whether alerts of a rule suppress others, or are suppressed."""
        return rule in self._as_child or rule in self._as_parent

    def put(self, alert: str, rule: str, labels: Labels, since: float | None) -> None:
        """An alert that is open, or about to be; `since` when it became active, None where it does not suppress."""
        if not self.concerns(rule):
            return
        order = None if since is None else (since, alert)
        before = self._known.get(alert)
        if before is not None and before[2] == order:
            return
        self._known[alert] = (rule, labels, order)
        for relation in self._as_child.get(rule, ()):
            bucket = (relation.number, _key(labels, relation.equal))
            self._children.setdefault(bucket, set()).add(alert)
            if before is None or relation.circle:
                self._stirred.add(bucket)
        if before is None and order is None:
            return
        for relation in self._as_parent.get(rule, ()):
            bucket = (relation.number, _key(labels, relation.equal))
            active = self._parents.setdefault(bucket, {})
            if order is None:
                active.pop(alert, None)
            else:
                active[alert] = order
            self._stirred.add(bucket)

    def drop(self, alert: str) -> None:
        """An alert is closed."""
        found = self._known.pop(alert, None)
        self._told.pop(alert, None)
        if found is None:
            return
        rule, labels, _ = found
        for relation in self._as_child.get(rule, ()):
            bucket = (relation.number, _key(labels, relation.equal))
            children = self._children.get(bucket, set())
            children.discard(alert)
            if not children:
                self._children.pop(bucket, None)
        for relation in self._as_parent.get(rule, ()):
            bucket = (relation.number, _key(labels, relation.equal))
            self._parents.get(bucket, {}).pop(alert, None)
            self._stirred.add(bucket)

    def settle(self) -> dict[str, tuple[str, ...]]:
        """The alerts whose suppression has changed since the last time, with the rules that suppress each now."""
        touched = {alert for bucket in self._stirred for alert in self._children.get(bucket, ())}
        for bucket in self._stirred:
            if not self._parents.get(bucket, True):
                del self._parents[bucket]
        self._stirred.clear()
        first: dict[_Bucket, Order] = {}
        changed: dict[str, tuple[str, ...]] = {}
        for alert in sorted(touched):
            by = self._by(alert, first)
            if by != self._told.get(alert, ()):
                changed[alert] = by
                self._told[alert] = by
        return changed

    def suppressors(self, alert: str) -> tuple[str, ...]:
        """The rules that suppressed an alert when it was last settled."""
        return self._told.get(alert, ())

    def _by(self, alert: str, first: dict[_Bucket, Order]) -> tuple[str, ...]:
        rule, labels, order = self._known[alert]
        found: list[str] = []
        for relation in self._as_child.get(rule, ()):
            bucket = (relation.number, _key(labels, relation.equal))
            active = self._parents.get(bucket)
            if not active:
                continue
            if not relation.circle:
                found.append(relation.parent)
                continue
            if bucket not in first:
                first[bucket] = min(active.values())
            if first[bucket] < (order if order is not None else (float("inf"), "")):
                found.append(relation.parent)
        return tuple(sorted(set(found)))


def _key(labels: Labels, equal: tuple[str, ...]) -> Key:
    return tuple(labels.get(label) or "" for label in equal)


def _relations(rules: Mapping[str, Rule]) -> list[_Relation]:
    """All pairs of rules of which one inhibits the other."""
    parents = {name: [each for each in rule.inhibited_by if each in rules] for name, rule in rules.items()}
    above = {name: _above(name, parents) for name, each in parents.items() if each}
    found: list[_Relation] = []
    for child, its in parents.items():
        for parent in dict.fromkeys(its):
            both = set(rules[child].by) & set(rules[parent].by)
            equal = rules[child].equal or tuple(sorted(both))
            circle = child == parent or child in above.get(parent, ())
            found.append(_Relation(len(found), child, parent, equal, circle))
    return found


def _above(name: str, parents: Mapping[str, Iterable[str]]) -> set[str]:
    """All rules that inhibit a rule, directly or by others."""
    seen: set[str] = set()
    waiting = list(parents[name])
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen.add(each)
            waiting.extend(parents.get(each, ()))
    return seen
