"""Alerts that nobody acknowledges go a step further after a time: who is told then, the site's `escalation` says. Pure.

The steps of an alert are those that fit its priority and its area, the soonest first. `Facts.escalation` counts how
many of them have been taken, by time or by hand; a new occurrence begins anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.alerts.facts import Facts, Step
from opsconsole.alerts.standing import escalate
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


def escalated(facts: Facts, steps: Sequence[Escalation], since: float | None, now: float) -> Step:
    """The alert as time has escalated it: as far as the steps that are due."""
    if since is None or not waits(facts):
        return Step(facts)
    due = sum(now - since >= step.after for step in steps)
    return escalate(facts, due)
