"""What time and design do to an alert: shelves that end, suppression, alarms that call again, escalation. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from opsconsole.alerts.facts import Config, Facts, Step, What
from opsconsole.alerts.step import changed


def expire(facts: Facts, now: float) -> Step:
    """A shelf whose time is over ends: what is still active has to be acknowledged anew."""
    if facts.shelf is None or facts.shelf.until is None or now < facts.shelf.until:
        return Step(facts)
    return _back(replace(facts, shelf=None), "unshelved-by-time")


def suppress(facts: Facts, by: str) -> Step:
    """A rule or a maintenance window suppresses it by design."""
    if by in facts.suppressed:
        return Step(facts)
    return changed(replace(facts, suppressed=tuple(sorted((*facts.suppressed, by)))), "suppressed")


def release(facts: Facts, by: str) -> Step:
    """What suppressed it has gone; after the last one what is still active has to be acknowledged anew."""
    if by not in facts.suppressed:
        return Step(facts)
    rest = tuple(each for each in facts.suppressed if each != by)
    facts = replace(facts, suppressed=rest)
    return changed(facts, "released") if rest else _back(facts, "released")


def realarm(facts: Facts, config: Config, now: float) -> Step:
    """An acknowledged alert that is still active after so long calls again, so many times an occurrence."""
    due = config.realarm is not None and facts.acked_at is not None and now - facts.acked_at >= config.realarm
    if not due or facts.beneath != "ACK" or facts.realarms >= config.realarms:
        return Step(facts)
    facts = replace(facts, acked=False, realarms=facts.realarms + 1, who="", acked_at=None)
    return changed(facts, "realarmed", annunciate=facts.visible)


def escalate(facts: Facts, step: int) -> Step:
    """Escalation has gone as far as `step` (1 is the first)."""
    if step <= facts.escalation:
        return Step(facts)
    return changed(replace(facts, escalation=step), "escalated", annunciate=facts.visible)


def _back(facts: Facts, what: What) -> Step:
    active = facts.level > 0
    if active:
        facts = replace(facts, acked=False, who="", acked_at=None)
    return changed(facts, what, annunciate=active and facts.visible)
