"""Alerts that belong together: grouped into incidents by labels and time, with the one that came first marked. Pure.

Alerts are of one group when they agree on the labels that incidents go by; missing and empty labels are the same. An
alert that becomes active joins the group's latest incident if that is still open and the last one that joined did so
within the time given; else it begins a new one. It stays in its incident until it is closed, and the incident is over
when all its alerts are. First-out is the alert that became active first; of several at one evaluation that whose
condition came true first, then the worse, then by name. It stays first-out when it closes before the others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from opsconsole.site.model import Incidents as Grouping
from opsconsole.site.model import Rule

Group = tuple[str | None, ...]


class Arrival(Struct, frozen=True):
    """An alert that became active at `at`; `began`: when its condition came true; `level`: how bad, 3 the worst."""

    alert: str
    rule: str
    labels: Mapping[str, str | None]
    at: float
    began: float
    level: int

    @property
    def order(self) -> tuple[float, float, int, str]:
        """The earliest first; see the module."""
        return self.at, self.began, -self.level, self.alert


class Member(Struct, frozen=True):
    """What an alert has to do with an incident, as it is kept beside its facts."""

    incident: str
    first_out: bool


class _Incident:
    __slots__ = ("alerts", "group", "id", "joined")

    def __init__(self, id_: str, group: Group, joined: float) -> None:
        self.id = id_
        self.group = group
        self.joined = joined
        self.alerts: set[str] = set()


class Incidents:
    """The open incidents of a site."""

    def __init__(self, grouping: Grouping, rules: Mapping[str, Rule]) -> None:
        self._grouping = grouping
        self._rules = rules
        self._common = _common_labels(rules.values())
        self._open: dict[str, _Incident] = {}
        self._latest: dict[Group, _Incident] = {}
        self._of: dict[str, tuple[_Incident, bool]] = {}

    def group(self, rule: str, labels: Mapping[str, str | None]) -> Group:
        """What an alert has in common with the others of its incident.

        By the site's `incidents: by`, else by the area of its rule and the labels that all rules of that area have
        which have any. Where there is no such label, alerts go by all of theirs; alerts about rules are by themselves.
        """
        kind, _, name = rule.partition(":") if rule not in self._rules else ("", "", rule)
        known = self._rules.get(name)
        area = known.area if known is not None else ""
        if self._grouping.by is not None:
            return (kind, *(labels.get(label) or None for label in self._grouping.by))
        names = self._common.get(area, ()) or tuple(sorted(labels)) if labels else ()
        return (kind, area, *(part for label in names if labels.get(label) for part in (label, labels[label])))

    def arrive(self, arrivals: Sequence[Arrival]) -> dict[str, Member]:
        """The alerts that became active at one evaluation, and the incident of each."""
        found: dict[str, Member] = {}
        for arrival in sorted(arrivals, key=lambda each: each.order):
            held = self._of.get(arrival.alert)
            if held is None:
                held = self._join(arrival)
            found[arrival.alert] = Member(held[0].id, held[1])
        return found

    def closed(self, alert: str) -> bool:
        """An alert is closed; whether its incident is over with it."""
        held = self._of.pop(alert, None)
        if held is None:
            return False
        incident = held[0]
        incident.alerts.discard(alert)
        if incident.alerts:
            return False
        del self._open[incident.id]
        if self._latest.get(incident.group) is incident:
            del self._latest[incident.group]
        return True

    def restore(self, arrival: Arrival, member: Member) -> None:
        """An open alert and its incident, as they were written down before a restart."""
        if arrival.alert in self._of:
            return
        group = self.group(arrival.rule, arrival.labels)
        incident = self._open.setdefault(member.incident, _Incident(member.incident, group, arrival.at))
        incident.joined = max(incident.joined, arrival.at)
        incident.alerts.add(arrival.alert)
        latest = self._latest.setdefault(group, incident)
        if latest.joined < incident.joined:
            self._latest[group] = incident
        self._of[arrival.alert] = (incident, member.first_out)

    def _join(self, arrival: Arrival) -> tuple[_Incident, bool]:
        group = self.group(arrival.rule, arrival.labels)
        incident = self._latest.get(group)
        first = incident is None or not 0 <= arrival.at - incident.joined <= self._grouping.within
        if incident is None or first:
            incident = _Incident(f"{arrival.alert}@{_moment(arrival.at)}", group, arrival.at)
            self._latest[group] = self._open[incident.id] = incident
        incident.joined = arrival.at
        incident.alerts.add(arrival.alert)
        held = self._of[arrival.alert] = (incident, first)
        return held


def _common_labels(rules: Iterable[Rule]) -> dict[str, tuple[str, ...]]:
    """By area the labels that all its rules have which have any, in the order of the first of them."""
    common: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        if rule.by:
            common[rule.area] = tuple(label for label in common.get(rule.area, rule.by) if label in rule.by)
    return common


def _moment(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
