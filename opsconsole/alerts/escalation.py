"""Alerts that nobody acknowledges go a step further after a time: who is told then, the site's `escalation` says. Pure.

The steps of an alert are those that fit its priority and its area, the soonest first. `Facts.escalation` counts how
many of them have been taken, by time or by hand; a new occurrence begins anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from opsconsole.alerts.alert import Alert
from opsconsole.alerts.facts import Facts, Step
from opsconsole.alerts.shown import rule_of
from opsconsole.alerts.timers import Timers
from opsconsole.site.model import Priority, Site
from opsconsole.site.notifying import Escalation

_ANSWERS = ("escalated", "commented", "assigned")


def steps_of(site: Site, priority: Priority, area: str) -> tuple[Escalation, ...]:
    """The steps that there are for an alert, the soonest first."""
    return tuple(
        step
        for step in site.escalation
        if (not step.priority or priority in step.priority) and (not step.areas or area in step.areas)
    )


def waits(facts: Facts) -> bool:
    """Whether an alert waits for somebody to acknowledge it: it is visible, and active or over at once."""
    over_at_once = facts.cleared is not None and facts.cleared == facts.since
    return facts.letter == "UNACK" or (facts.letter == "RTNUN" and over_at_once)


def waiting_since(since: float | None, before: Facts, step: Step, now: float) -> float | None:
    """Since when an alert waits for somebody (site time), after a step; None while it does not.

    What calls anew (it has grown worse, come back, waited too long after an acknowledgement) is waited for anew; that
    it was escalated is no new call.
    """
    if not waits(step.facts):
        return None
    anew = step.annunciate and step.what not in _ANSWERS
    return now if since is None or anew or not waits(before) else min(since, now)


class Ladder:
    """When which alert is to go how far. It follows the alerts of a book; moments are site time."""

    def __init__(self, site: Site, alerts: Iterable[Alert] = ()) -> None:
        self.configure(site, alerts)

    def configure(self, site: Site, alerts: Iterable[Alert]) -> None:
        """Take over a site and its open alerts, at the start or when it was edited."""
        self._site = site
        self._alerts: dict[str, Alert] = {}
        self._since: dict[str, float] = {}
        self._timers = Timers()
        self._now = float("-inf")
        for alert in alerts:
            self.heed(alert)

    def steps(self, alert: Alert) -> tuple[Escalation, ...]:
        """The steps that there are for an alert."""
        rule = rule_of(self._site, alert.rule)
        return steps_of(self._site, alert.facts.priority, rule.area if rule is not None else "")

    def heed(self, alert: Alert) -> None:
        """An alert has changed."""
        if not self._site.escalation:
            return
        if alert.waits is None:
            self._alerts.pop(alert.id, None)
            self._since.pop(alert.id, None)
            self._timers.set(alert.id, None)
            return
        self._alerts[alert.id] = alert
        self._since[alert.id] = alert.waits
        self._set(alert)

    def due(self, now: float) -> dict[str, int]:
        """The alerts that are to be escalated now, and as far as which step; for `AlertBook.escalate`."""
        if now < self._now:  # the clock jumped back: nobody waits for the time that it showed before
            for key in [key for key, since in self._since.items() if since > now]:
                self._since[key] = now
                self._set(self._alerts[key])
        self._now = now
        found: dict[str, int] = {}
        for key in self._timers.due(now):
            waited = now - self._since[key]
            alert = self._alerts[key]
            found[key] = sum(waited >= step.after for step in self.steps(alert))
        return found

    def _set(self, alert: Alert) -> None:
        further = self.steps(alert)[alert.facts.escalation :]
        self._timers.set(alert.id, self._since[alert.id] + further[0].after if further else None)
