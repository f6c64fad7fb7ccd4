"""The life of an alert under any order of events, any clock, any restart: the same rules as in the exhaustive walk."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from opsconsole.alerts.condition import lose_sight, observe, occur
from opsconsole.alerts.facts import Config, Facts, Held, Shelf, Step
from opsconsole.alerts.handling import (
    Outcome,
    acknowledge,
    bring_back,
    comment,
    dispose,
    escalate_by_hand,
    reset,
    shelve,
    take_out,
    unacknowledge,
    unshelve,
)
from opsconsole.alerts.standing import escalate, expire, realarm, release, set_back, suppress
from opsconsole.alerts.table import NAMES, Arc
from tests.alerts.invariants import holds

Apply = Callable[[Facts, Config, float, int], Outcome]
"""Facts, config, now, and a small number that says how bad or how long."""

EVENTS: dict[str, Apply] = {
    "it is seen": lambda facts, config, now, size: observe(facts, size, config, now),
    "it is seen within its deadband": lambda facts, config, now, size: observe(facts, 0, config, now, kept=size),
    "it is normal": lambda facts, config, now, _: observe(facts, 0, config, now),
    "it happens at one moment": lambda facts, config, now, size: (
        Step(facts) if facts.level else occur(facts, max(1, size), config, now)
    ),
    "data is missing": lambda facts, _config, now, _: lose_sight(facts, "stale", now),
    "the rule fails": lambda facts, _config, now, _: lose_sight(facts, "error", now),
    "acknowledge": lambda facts, _config, now, _: acknowledge(facts, "ana", now, facts.version),
    "acknowledge what was seen before": lambda facts, _config, now, size: acknowledge(
        facts, "ana", now, facts.version - size
    ),
    "take the acknowledgement back": lambda facts, _config, _now, _: unacknowledge(facts),
    "reset": lambda facts, _config, _now, _: reset(facts),
    "close with a disposition": lambda facts, _config, now, _: dispose(facts, "expected", "ana", now, facts.version),
    "escalate": lambda facts, _config, _now, size: escalate_by_hand(facts, size),
    "comment": lambda facts, _config, _now, _: comment(facts),
    "shelve for a time": lambda facts, _config, now, size: shelve(
        facts, Shelf("ana", now, "why", now + 600 * size), facts.version
    ),
    "shelve until it has gone": lambda facts, _config, now, size: shelve(
        facts, Shelf("ana", now, "why", latest=now + 600 * size if size else None), facts.version
    ),
    "end the shelf": lambda facts, _config, _now, _: unshelve(facts),
    "take out of service": lambda facts, _config, now, _: take_out(facts, Held("ana", now, "why")),
    "return to service": lambda facts, config, _now, _: bring_back(facts, config),
    "the time on the shelf is over": lambda facts, config, now, _: expire(facts, config, now),
    "the clock was set back": lambda facts, config, now, size: set_back(facts, config, now - 600 * size),
    "suppressed by design": lambda facts, _config, _now, _: suppress(facts, NAMES[0]),
    "suppressed by another as well": lambda facts, _config, _now, _: suppress(facts, NAMES[1]),
    "what suppresses has gone": lambda facts, config, _now, _: release(facts, config, NAMES[0]),
    "the other has gone": lambda facts, config, _now, _: release(facts, config, NAMES[1]),
    "acknowledged for too long": lambda facts, config, now, _: realarm(facts, config, now),
    "nobody acknowledges": lambda facts, _config, _now, size: escalate(facts, size),
}
# By the names of the walk.
SAME = {
    "acknowledge what was seen before": "acknowledge",
    "the clock was set back": "the time on the shelf is over",
}

configs = st.builds(
    Config,
    hold=st.sampled_from([0.0, 10.0, 600.0]),
    clear=st.sampled_from([0.0, 10.0, 600.0]),
    times=st.sampled_from([0, 2, 3]),
    latch=st.booleans(),
    acked=st.booleans(),
    realarm=st.sampled_from([None, 30.0, 3600.0]),
    realarms=st.sampled_from([0, 1, 3]),
)
histories = st.lists(
    st.tuples(
        st.sampled_from([*sorted(EVENTS), "restart"]),
        st.integers(0, 3),
        st.sampled_from([0.0, 1.0, 10.0, 700.0, 7200.0, -1.0, -3600.0]) | st.floats(-7200, 7200),
    ),
    max_size=50,
)


def restarted(facts: Facts) -> Facts:
    """What a restart leaves: the facts as they were written, no running delay."""
    again = msgspec.json.decode(msgspec.json.encode(facts), type=Facts)
    assert again == facts
    return replace(again, raw=again.level)


def happened(event: str, before: Facts, outcome: Outcome) -> Arc:
    """The event by the name that the rules know it by."""
    if isinstance(outcome, Step) and outcome.what == "cleared":
        event = "it goes"
    return Arc(SAME.get(event, event), before, outcome)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(configs, histories)
def test_the_rules_hold_under_any_order_any_clock_and_any_restart(
    config: Config, history: list[tuple[str, int, float]]
) -> None:
    facts, now = Facts(), 1e9
    for event, size, jump in history:
        now += jump
        if event == "restart":
            facts = restarted(facts)
            continue
        before, outcome = facts, EVENTS[event](facts, config, now, size)
        holds(happened(event, before, outcome), config)
        if not isinstance(outcome, Step):
            continue
        facts = outcome.facts
        if event == "it is seen within its deadband":
            assert facts.level >= min(before.level, size)
        if event == "acknowledged for too long" and outcome.what:
            assert facts.realarms <= config.realarms
        if event == "acknowledge what was seen before" and outcome.what:
            assert before.version - size >= max(before.raised, before.worsened)
    closes(facts, config, now)


def closes(facts: Facts, config: Config, now: float) -> None:
    """Whatever has happened, people and a condition that is gone bring an alert back to normal."""

    def after(outcome: Outcome) -> Facts:
        return outcome.facts if isinstance(outcome, Step) else facts

    facts = after(unshelve(facts))
    facts = after(bring_back(facts, config))
    for name in NAMES:
        facts = after(release(facts, config, name))
    for wait in (0.0, config.hold + config.clear + 1.0):
        facts = after(observe(facts, 0, config, now + wait))
    assert facts.level == 0
    facts = after(acknowledge(facts, "ana", now, facts.version))
    facts = after(reset(facts))
    assert (facts.letter, facts.quality) == ("NORM", "good")
