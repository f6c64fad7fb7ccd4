"""What is known of alerts beside each other: which belong to one incident, which chatter, where there is a flood. Pure.

Incidents are written down with each alert and so outlive a restart. Floods and chatter by time are made again from what
the journal holds of the last minutes (`recall`). Flapping counts evaluations from the restart on: until 20 of them have
gone by, an alert has to flap anew to be marked, which harms nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.alerts.alert import Alert
from opsconsole.alerts.chatter import CALM, RING, Chatters
from opsconsole.alerts.counts import Counts
from opsconsole.alerts.facts import Facts, Step, What
from opsconsole.alerts.flood import WITHIN, Floods, position_of
from opsconsole.alerts.incidents import Arrival, Incidents, Member
from opsconsole.alerts.step import NEW
from opsconsole.site.model import Chatter, Site
from opsconsole.site.model import Incidents as Grouping

LATELY = max(WITHIN, CALM)
"""Seconds of transitions before a restart that `recall` has a use for."""


class Bygone(Struct, frozen=True):
    """A transition from before a restart."""

    at: float
    alert: str
    rule: str
    what: What
    annunciate: bool = False


class Together:
    """The alerts of a site beside each other."""

    def __init__(self) -> None:
        self.floods = Floods()
        self._incidents = Incidents(Grouping(), {})
        self._chatter = Chatter()
        self._chatters = Chatters()
        self._evaluations: Counter[str] = Counter()
        self._site = Site(name="")
        self._memory = LATELY

    def configure(self, site: Site) -> None:
        """Take over a site. The open alerts have to be told anew with `heed`."""
        self._incidents = Incidents(site.incidents, site.rules)
        if site.chatter != self._chatter:
            self._chatter, self._chatters = site.chatter, Chatters(site.chatter)
        self._site = site
        longest = max((rule.every or site.every for rule in site.rules.values()), default=site.every)
        self._memory = max(LATELY, site.chatter.within, RING * longest)

    # --- as things happen ------------------------------------------------------------------------------------

    def evaluated(self, verdicts: Iterable[str]) -> None:
        """These rules were evaluated once more; what they found comes next."""
        self._evaluations.update(verdicts)

    def arrive(self, steps: Iterable[tuple[Alert, Step]], now: float) -> dict[str, Member]:
        """The incidents of the alerts, of all that took a step in one evaluation, that became active."""
        return self._incidents.arrive(
            [
                Arrival(alert.id, alert.rule, alert.labels, now, *_onset(step.facts, now))
                for alert, step in steps
                if step.what in NEW
            ]
        )

    def took(self, before: Facts, alert: Alert, step: Step, now: float) -> None:
        """An alert took a step."""
        if step.annunciate and step.what != "escalated":
            self.floods.add(position_of(self._site, alert.rule), now)
        if step.what == "occurred":
            self._chatters.changed(alert.id, now, active=True)
        elif (alert.facts.level > 0) != (before.level > 0):
            number = self._evaluations[alert.rule]
            self._chatters.changed(alert.id, now, number, active=alert.facts.level > 0)

    def heed(self, alert: Alert) -> None:
        """An alert is open or closed now; an open one keeps the incident that is written down with it."""
        if alert.facts.letter == "NORM":
            self._incidents.closed(alert.id)
        elif alert.incident:
            since = alert.facts.since or 0.0
            arrival = Arrival(alert.id, alert.rule, alert.labels, since, since, alert.facts.level)
            self._incidents.restore(arrival, Member(alert.incident, alert.first_out))

    def forget(self, alert: str) -> None:
        """An alert can never come again."""
        self._incidents.closed(alert)
        self._chatters.drop(alert)

    def look(self, now: float, rules: Mapping[str, str]) -> None:
        """Let time pass. `rules`: by alert the rule of those that are `chattering`."""
        self.floods.look(now)
        for alert, rule in rules.items():
            self._chatters.look(alert, now, self._evaluations[rule])
        self._chatters.forget(now - self._memory)

    def recall(self, bygone: Iterable[Bygone]) -> None:
        """Take up what happened before a restart, the oldest first."""
        for each in bygone:
            if each.annunciate and each.what != "escalated":
                self.floods.add(position_of(self._site, each.rule), each.at)
            if each.what in NEW:
                self._chatters.changed(each.alert, each.at, active=True)

    # --- what is known ---------------------------------------------------------------------------------------

    def chatters(self, alert: str) -> bool:
        """Whether an alert comes and goes too often to be read."""
        return self._chatters.chatters(alert)

    @property
    def chattering(self) -> list[str]:
        """All alerts that do."""
        return self._chatters.marked

    def counted(self, counts: Counts) -> Counts:
        """The counts with what is known of floods."""
        flooded = self.floods.flooded
        since = min(flooded.values(), default=None)
        return replace(counts, recent=self.floods.recent, flood_since=since, flooded=tuple(flooded))


def _onset(facts: Facts, now: float) -> tuple[float, int]:
    """When the condition came true, and how bad it is; what happened at one moment began then."""
    return (min(facts.crossed[0], now), facts.level) if facts.level else (now, facts.peak)
