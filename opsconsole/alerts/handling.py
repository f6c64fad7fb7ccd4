"""What a person does to an alert: each a function of the facts, with the reason where it does not fit. Pure.

`seen` is the version that the person saw: what was raised anew or has grown worse since is not what they meant.
"""

from __future__ import annotations

from msgspec.structs import replace

from opsconsole.alerts.facts import LEVELS, Already, Config, Disposition, Facts, Held, Refusal, Shelf, Step
from opsconsole.alerts.step import called, changed

Outcome = Step | Refusal | Already
_AWAY = {"OOS": "it is out of service", "SUPPRESSED": "it is suppressed", "SHELVED": "it is shelved"}


def moved_on(facts: Facts, seen: int) -> Refusal | None:
    """Why a command about version `seen` no longer means this alert."""
    if seen < facts.raised:
        return Refusal("it was raised anew since you saw it")
    if seen < facts.worsened:
        return Refusal(f"it has grown worse since you saw it, to {LEVELS[facts.peak - 1]}")
    return None


def acknowledge(facts: Facts, who: str, now: float, seen: int) -> Outcome:
    """Someone has taken notice of it. Two who do so at once do not conflict: the second is told of the first."""
    known = facts.letter in ("ACK", "LATCHED") or (facts.letter == "NORM" and facts.who and seen >= facts.raised)
    if known:
        return Already(f"{facts.who} has already acknowledged it" if facts.who else "it needs no acknowledgement")
    if facts.letter not in ("UNACK", "RTNUN"):
        return Refusal(_AWAY.get(facts.letter, "it is no longer open"))
    return moved_on(facts, seen) or changed(replace(facts, acked=True, who=who, acked_at=now), "acknowledged")


def unacknowledge(facts: Facts) -> Outcome:
    """An acknowledgement is taken back, and with it what was said of it."""
    if facts.letter == "ACK" and facts.who:
        return changed(called(facts), "unacknowledged")
    if facts.letter in _AWAY:
        return Refusal(_AWAY[facts.letter])
    if facts.beneath in ("NORM", "LATCHED"):
        return Refusal("it has returned to normal")
    return Already("nobody has acknowledged it")


def reset(facts: Facts) -> Outcome:
    """A latched alert, back to normal and acknowledged, is let go."""
    if facts.letter == "LATCHED":
        return changed(replace(facts, latched=False), "reset")
    if facts.letter in _AWAY:
        return Refusal(_AWAY[facts.letter])
    if facts.level and facts.latched:
        return Refusal("it is still active; it can be reset once it is back to normal")
    if facts.latched:
        return Refusal("acknowledge it first")
    return Refusal("it is not latched")


def shelve(facts: Facts, shelf: Shelf, seen: int) -> Outcome:
    """Put aside for a time, or until the condition has gone; who had acknowledged it is kept."""
    if facts.out is not None:
        return Refusal(_AWAY["OOS"])
    if not shelf.reason.strip():
        return Refusal("a shelf needs a reason")
    if shelf.until is not None and shelf.until <= shelf.at:
        return Refusal("the time to shelve it until has passed")
    if shelf.until is None and not facts.level:
        return Refusal("it is back to normal, so there is nothing to wait for")
    return moved_on(facts, seen) or changed(replace(facts, shelf=shelf), "shelved")


def unshelve(facts: Facts) -> Outcome:
    """A shelf is ended by a person; an acknowledgement is kept."""
    if facts.shelf is None:
        return Already("it is not shelved")
    return changed(replace(facts, shelf=None), "unshelved")


def take_out(facts: Facts, held: Held) -> Outcome:
    """Out of service, until someone returns it."""
    if facts.out is not None:
        return Already(f"{facts.out.by} has already taken it out of service")
    if not held.reason.strip():
        return Refusal("taking it out of service needs a reason")
    return changed(replace(facts, out=held), "out-of-service")


def bring_back(facts: Facts, config: Config) -> Outcome:
    """In service again: what is active has to be acknowledged, what is not begins afresh."""
    if facts.out is None:
        return Already("it is in service")
    facts = replace(facts, out=None)
    if facts.level:
        facts = called(facts, acked=config.acked)
        return changed(facts, "returned", annunciate=facts.visible)
    return changed(replace(facts, acked=True, latched=False), "returned")


def assign(facts: Facts, owner: str) -> Outcome:
    """Someone has it now; nobody where `owner` is empty."""
    if facts.owner == owner:
        return Already(f"{owner} has it already" if owner else "nobody has it")
    return changed(replace(facts, owner=owner), "assigned")


def comment(facts: Facts) -> Outcome:
    """Someone wrote something about it; the words are kept beside the facts."""
    return changed(facts, "commented")


def escalate_by_hand(facts: Facts, most: int) -> Outcome:
    """The next step of escalation now, of `most` that there are."""
    if facts.letter in _AWAY:
        return Refusal(_AWAY[facts.letter])
    if facts.beneath == "NORM":
        return Refusal("it is no longer open")
    if facts.escalation >= most:
        return Refusal("there is nobody further to escalate it to" if most else "the site has no steps of escalation")
    return changed(replace(facts, escalation=facts.escalation + 1), "escalated", annunciate=True)


def dispose(facts: Facts, disposition: Disposition, who: str, now: float, seen: int) -> Outcome:
    """What it turned out to be. It counts as acknowledged and reset; one that is still active closes when it ends."""
    if facts.letter in _AWAY:
        return Refusal(_AWAY[facts.letter])
    if facts.beneath == "NORM":
        return Refusal("it is no longer open")
    if facts.acked and facts.disposition == disposition:
        return Already("it has been closed so already")
    told = facts if facts.acked else replace(facts, acked=True, who=who, acked_at=now)
    told = replace(told, disposition=disposition, latched=False)
    return moved_on(facts, seen) or changed(told, "disposed")


def undo(facts: Facts, before: Facts, version: int) -> Outcome:
    """What a person did is taken back, as long as nothing has happened to the alert since its version `version`.

    The condition stays what it is; only what people decide goes back to what it was in `before`. What happened since
    and was undone itself has not happened, so that one thing after another can be taken back.
    """
    if (facts.like or facts.version) != version:
        return Refusal("it has moved on since")
    restored = replace(
        facts,
        acked=before.acked,
        who=before.who,
        acked_at=before.acked_at,
        latched=before.latched,
        shelf=before.shelf,
        out=before.out,
        owner=before.owner,
        escalation=before.escalation,
        disposition=before.disposition,
    )
    step = changed(restored, "undone")
    return Step(replace(step.facts, like=before.version), step.what)
