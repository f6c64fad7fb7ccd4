"""What time and design do to an alert: shelves that end, suppression, alarms that call again, escalation. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from opsconsole.alerts.facts import Config, Facts, Step, What
from opsconsole.alerts.step import called, changed


def expire(facts: Facts, config: Config, now: float) -> Step:
    """A shelf whose time is over ends: what is still active has to be acknowledged anew."""
    if facts.shelf is None or facts.shelf.end is None or now < facts.shelf.end:
        return Step(facts)
    return _back(replace(facts, shelf=None), config, "unshelved-by-time")


def set_back(facts: Facts, config: Config, now: float) -> Step:
    """The clock was set back to before what people did: a shelf from then ends, for it would last too long.

    An acknowledgement from then counts as one of now, so that its alert calls again in time.
    """
    if facts.acked_at is not None and facts.acked_at > now:
        facts = replace(facts, acked_at=now)
    if facts.shelf is None or facts.shelf.at <= now:
        return Step(facts)
    return _back(replace(facts, shelf=None), config, "unshelved-by-time")


def suppress(facts: Facts, by: str) -> Step:
    """A rule or a maintenance window suppresses it by design."""
    if by in facts.suppressed:
        return Step(facts)
    return changed(replace(facts, suppressed=tuple(sorted((*facts.suppressed, by)))), "suppressed")


def release(facts: Facts, config: Config, by: str) -> Step:
    """What suppressed it has gone; after the last one what is still active has to be acknowledged anew."""
    if by not in facts.suppressed:
        return Step(facts)
    rest = tuple(each for each in facts.suppressed if each != by)
    facts = replace(facts, suppressed=rest)
    return changed(facts, "released") if rest else _back(facts, config, "released")


def realarm(facts: Facts, config: Config, now: float) -> Step:
    """What somebody acknowledged calls again after so long if it is still active, so many times an occurrence.

    What is put aside waits until it is back; what somebody closed with a disposition is known for what it is.
    """
    if config.realarm is None or facts.letter != "ACK" or facts.acked_at is None or facts.disposition is not None:
        return Step(facts)
    if now - facts.acked_at < config.realarm or facts.realarms >= config.realarms:
        return Step(facts)
    return changed(replace(called(facts), realarms=facts.realarms + 1), "realarmed", annunciate=True)


def escalate(facts: Facts, step: int) -> Step:
    """Nobody has acknowledged it, and escalation has gone as far as `step` (1 is the first)."""
    if step <= facts.escalation or facts.letter not in ("UNACK", "RTNUN"):
        return Step(facts)
    return changed(replace(facts, escalation=step), "escalated", annunciate=True)


def _back(facts: Facts, config: Config, what: What) -> Step:
    active = facts.level > 0
    if active:
        facts = called(facts, acked=config.acked)
    return changed(facts, what, annunciate=active and facts.visible)
