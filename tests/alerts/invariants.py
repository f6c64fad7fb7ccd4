"""What must hold of any event in any state of an alert (DOMAIN.md A4 of the design)."""

from __future__ import annotations

from opsconsole.alerts.facts import Config, Facts, Letter, Step
from opsconsole.alerts.table import NAMES, PEOPLE, Arc

MISSING = {"data is missing", "the rule fails"}
RETURNS = {"the time on the shelf is over", "what suppresses has gone", "the other has gone", "return to service"}
KNOWING = {"acknowledge", "close with a disposition"}
AWAY: set[Letter] = {"SHELVED", "SUPPRESSED", "OOS"}


def letter(facts: Facts) -> Letter:
    """The derived letter, word for word as the design has it."""
    active = facts.level > 0
    rules: list[tuple[bool, Letter]] = [
        (facts.out is not None, "OOS"),
        (len(facts.suppressed) > 0, "SUPPRESSED"),
        (facts.shelf is not None, "SHELVED"),
        (active and not facts.acked, "UNACK"),
        (active and facts.acked, "ACK"),
        (not active and not facts.acked, "RTNUN"),
        (not active and facts.acked and facts.latched, "LATCHED"),
    ]
    return next((name for holds, name in rules if holds), "NORM")


def holds(arc: Arc, config: Config) -> None:
    """What must hold of any event in any state."""
    event, before = arc.event, arc.before
    if not isinstance(arc.outcome, Step):
        assert event in PEOPLE, "only people are refused"
        assert arc.outcome.reason
        return
    step = arc.outcome
    after = step.facts
    put_aside = after.shelf is not None or bool(after.suppressed) or after.out is not None
    assert after.letter == letter(after)
    assert after.version == before.version + (step.what is not None)
    assert step.what is not None or (before.letter, before.level) == (after.letter, after.level), "in silence"

    assert not (step.annunciate and put_aside), "nobody is called about what is put aside"
    if step.annunciate:
        assert after.letter in {"UNACK", "RTNUN"} or config.acked or event == "escalate"
    if after.acked and not before.acked:
        assert event in KNOWING or config.acked or (event == "return to service" and not after.level), "by itself"
    if after.level and not before.level:
        assert after.acked == config.acked, "nothing comes as known"
        assert step.annunciate == (not put_aside)
        assert (after.latched, after.peak) == (config.latch, after.level)
    if after.level > before.peak and before.level:
        assert after.acked == config.acked, "what is worse than ever seen wants to be seen"
        assert step.annunciate == (not put_aside)
    assert not (before.letter == "UNACK" and after.letter == "NORM"), "it closed without acknowledgement"
    if before.letter == "RTNUN" and after.letter in {"NORM", "LATCHED"}:
        assert event in KNOWING, "it closed without acknowledgement"
    if event in RETURNS and before.letter in AWAY and after.letter not in AWAY and after.level:
        assert (after.letter, step.annunciate) == ("ACK" if config.acked else "UNACK", True), "it came back in silence"
    if event in MISSING:
        shown = {name: getattr(after, name) for name in Facts.__struct_fields__}
        frozen = {name: getattr(after, name) for name in ("quality", "frozen", "version", "like")}
        assert shown == {name: getattr(before, name) for name in Facts.__struct_fields__} | frozen, "it did not freeze"
    if before.latched and not after.latched:
        assert event in {"reset", "close with a disposition", "return to service"}, "a latch went by itself"
    if event in PEOPLE:
        assert (after.level, after.peak, after.raw, after.quality) == (
            before.level, before.peak, before.raw, before.quality,
        )  # fmt: skip
    if event in {"shelve for a time", "shelve until it has gone", "end the shelf", "take out of service", "comment"}:
        assert (after.acked, after.who, after.acked_at) == (before.acked, before.who, before.acked_at), "lost the ack"
    if event == "it goes":
        timed = before.shelf is not None and before.shelf.until is not None
        assert (after.shelf is not None) == timed, "one-shot ends with the condition, a timed shelf does not"
    elif event not in {"end the shelf", "the time on the shelf is over"}:
        assert after.shelf is not None or before.shelf is None, "a shelf went by itself"
    if event in {"what suppresses has gone", "the other has gone"}:
        gone = NAMES[event == "the other has gone"]
        assert after.suppressed == tuple(name for name in before.suppressed if name != gone)
    elif "suppressed" not in event:
        assert after.suppressed == before.suppressed
