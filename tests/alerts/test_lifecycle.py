"""The life of an alert: every state that can be reached, and what must hold in each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.alerts.condition import close, lose_sight, observe
from opsconsole.alerts.facts import Already, Config, Facts, Refusal, Step
from opsconsole.alerts.handling import Outcome, acknowledge, unacknowledge

PLAIN = Config()
SLOW = Config(hold=20.0, clear=30.0)


def run(facts: Facts, *levels: int, config: Config = PLAIN, start: float = 0.0, step: float = 10.0) -> Facts:
    """Levels seen every ten seconds."""
    for index, level in enumerate(levels):
        facts = observe(facts, level, config, start + index * step).facts
    return facts


def acked(facts: Facts, who: str = "ana") -> Facts:
    outcome = acknowledge(facts, who, 1.0, facts.version)
    assert isinstance(outcome, Step), outcome
    return outcome.facts


def test_it_is_raised_acknowledged_and_returns_to_normal() -> None:
    raised = observe(Facts(), 2, PLAIN, 100.0)
    assert (raised.what, raised.annunciate, raised.facts.letter) == ("raised", True, "UNACK")
    assert (raised.facts.priority, raised.facts.since, raised.facts.count, raised.facts.version) == (
        "warning",
        100.0,
        1,
        1,
    )
    known = acknowledge(raised.facts, "ana", 110.0, 1)
    assert isinstance(known, Step)
    assert (known.what, known.annunciate, known.facts.letter) == ("acknowledged", False, "ACK")
    assert (known.facts.who, known.facts.acked_at) == ("ana", 110.0)
    normal = observe(known.facts, 0, PLAIN, 120.0)
    assert (normal.what, normal.annunciate, normal.facts.letter) == ("cleared", False, "NORM")


def test_what_clears_before_anyone_looked_still_wants_to_be_seen() -> None:
    facts = run(Facts(), 3, 0)
    assert (facts.letter, facts.priority) == ("RTNUN", "critical")
    assert acked(facts).letter == "NORM"
    again = observe(facts, 1, PLAIN, 50.0)
    assert (again.what, again.facts.letter, again.facts.count, again.facts.priority) == ("raised", "UNACK", 2, "low")


def test_growing_worse_calls_again_but_coming_back_to_what_was_acknowledged_does_not() -> None:
    facts = acked(run(Facts(), 2))
    worse = observe(facts, 3, PLAIN, 20.0)
    assert (worse.what, worse.annunciate, worse.facts.letter, worse.facts.who) == ("worsened", True, "UNACK", "")
    facts = acked(worse.facts)
    eased = observe(facts, 2, PLAIN, 30.0)
    assert (eased.what, eased.annunciate, eased.facts.letter, eased.facts.priority) == (
        "eased",
        False,
        "ACK",
        "warning",
    )
    back = observe(eased.facts, 3, PLAIN, 40.0)
    assert (back.what, back.annunciate, back.facts.letter) == ("worsened", False, "ACK")


def test_the_on_delay_wants_the_condition_without_a_break() -> None:
    assert run(Facts(), 2, 2, config=SLOW).letter == "NORM"
    assert run(Facts(), 2, 2, 2, config=SLOW).letter == "UNACK"
    assert run(Facts(), 2, 0, 2, 2, config=SLOW).letter == "NORM"
    assert run(Facts(), 2, 0, 2, 2, 2, config=SLOW).letter == "UNACK"


def test_each_level_has_its_own_on_delay() -> None:
    facts = run(Facts(), 2, 2, 3, config=SLOW)
    assert facts.priority == "warning"
    facts = run(facts, 3, config=SLOW, start=30.0)
    assert facts.priority == "warning"
    assert run(facts, 3, config=SLOW, start=40.0).priority == "critical"
    assert run(facts, 2, 3, config=SLOW, start=40.0).priority == "warning"


def test_the_off_delay_wants_normal_without_a_break() -> None:
    active = run(Facts(), 2, 2, 2, config=SLOW)
    assert run(active, 0, 0, 0, config=SLOW, start=30.0).level == 2
    assert run(active, 0, 0, 0, 0, config=SLOW, start=30.0).letter == "RTNUN"
    assert run(active, 0, 0, 2, 0, 0, config=SLOW, start=30.0).level == 2


@pytest.mark.parametrize("quality", ["stale", "error"])
def test_missing_data_freezes_everything(quality: str) -> None:
    active = acked(run(Facts(), 3))
    lost = lose_sight(active, quality, 20.0)  # type: ignore[arg-type]
    assert (lost.what, lost.facts.letter, lost.facts.priority, lost.annunciate) == (quality, "ACK", "critical", False)
    assert lose_sight(lost.facts, quality, 30.0) == Step(lost.facts)  # type: ignore[arg-type]
    found = observe(lost.facts, 3, PLAIN, 99.0)
    assert (found.what, found.facts.letter, found.facts.quality) == ("good", "ACK", "good")


def test_time_without_data_counts_for_no_delay() -> None:
    facts = run(Facts(), 2, 2, config=SLOW)  # ten seconds of twenty
    facts = lose_sight(facts, "stale", 10.0).facts
    facts = observe(facts, 2, SLOW, 1000.0).facts
    assert facts.letter == "NORM"
    assert observe(facts, 2, SLOW, 1009.0).facts.letter == "NORM"
    assert observe(facts, 2, SLOW, 1010.0).facts.letter == "UNACK"


def test_a_clock_that_jumps_back_starts_running_delays_anew_and_hangs_nothing() -> None:
    facts = run(Facts(), 2, 2, config=SLOW, start=3600.0)
    facts = observe(facts, 2, SLOW, 5.0).facts
    assert facts.letter == "NORM"
    assert observe(facts, 2, SLOW, 25.0).facts.letter == "UNACK"


def test_commands_that_do_not_fit_are_refused_with_the_reason() -> None:
    def reason(outcome: Outcome) -> str:
        assert isinstance(outcome, Refusal)
        return outcome.reason

    active = run(Facts(), 2)
    assert reason(acknowledge(Facts(), "ana", 1.0, 0)) == "it is no longer open"
    assert unacknowledge(active) == Already("nobody has acknowledged it")
    known = acked(active, "bob")
    assert acknowledge(known, "ana", 2.0, known.version) == Already("bob has already acknowledged it")
    gone = run(known, 0, start=10.0)
    assert acknowledge(gone, "ana", 11.0, known.version) == Already("bob has already acknowledged it")
    assert reason(unacknowledge(gone)) == "it has returned to normal"
    worse = run(active, 3, start=10.0)
    assert reason(acknowledge(worse, "ana", 2.0, active.version)) == "it has grown worse since you saw it, to critical"
    anew = run(active, 0, 2, start=10.0)
    assert reason(acknowledge(anew, "ana", 2.0, active.version)) == "it was raised anew since you saw it"
    # It cleared since, which takes nothing from having seen it.
    assert isinstance(acknowledge(run(active, 0, start=10.0), "ana", 2.0, active.version), Step)


def test_unack_takes_an_ack_back() -> None:
    outcome = unacknowledge(acked(run(Facts(), 2)))
    assert isinstance(outcome, Step)
    assert (outcome.what, outcome.facts.letter, outcome.facts.who, outcome.annunciate) == (
        "unacknowledged",
        "UNACK",
        "",
        False,
    )


# --- every reachable state -------------------------------------------------------------------------------------

EVENTS: dict[str, Callable[[Facts, Config, float], Outcome]] = {
    "normal": lambda facts, config, now: observe(facts, 0, config, now),
    "low": lambda facts, config, now: observe(facts, 1, config, now),
    "warning": lambda facts, config, now: observe(facts, 2, config, now),
    "critical": lambda facts, config, now: observe(facts, 3, config, now),
    "stale": lambda facts, config, now: lose_sight(facts, "stale", now),
    "error": lambda facts, config, now: lose_sight(facts, "error", now),
    "ack": lambda facts, config, now: acknowledge(facts, "ana", now, facts.version),
    "old ack": lambda facts, config, now: acknowledge(facts, "ana", now, facts.version - 1),
    "unack": lambda facts, config, now: unacknowledge(facts),
    "close": lambda facts, config, now: close(facts),
}
PEOPLE = {"ack", "old ack", "unack"}


def check(event: str, before: Facts, outcome: Outcome) -> None:
    """What must hold of any event in any state."""
    if not isinstance(outcome, Step):
        assert event in PEOPLE
        assert outcome.reason
        return
    after = outcome.facts
    changed = (before.letter, before.level) != (after.letter, after.level)
    assert not changed or outcome.what is not None  # no state changes in silence
    assert after.version == before.version + (outcome.what is not None)
    assert after.letter in {"NORM", "UNACK", "ACK", "RTNUN"}
    if event in {"stale", "error"}:
        assert not changed  # missing data neither raises nor clears
        assert after.quality == event
    if event in {"normal", "low", "warning", "critical"}:
        assert after.quality == "good"
    if event not in {"ack", "old ack", "close"}:
        assert not (before.letter == "UNACK" and after.letter in {"NORM", "ACK"})  # nothing is acknowledged by itself
        assert not (before.letter == "RTNUN" and after.letter in {"NORM", "ACK"})
    if before.letter in {"NORM", "RTNUN"} and after.level:
        assert after.letter == "UNACK"  # nothing enters as acknowledged
        assert outcome.annunciate
    if outcome.annunciate:
        assert after.letter == "UNACK"
        assert outcome.what in {"raised", "worsened"}
    if after.level > before.peak and before.level:
        assert after.letter == "UNACK"  # worse than ever seen always wants to be seen
    if event in PEOPLE:
        assert (after.level, after.raw, after.quality) == (before.level, before.raw, before.quality)
        assert not outcome.annunciate
    assert not after.level or after.peak >= after.level


def shape(facts: Facts, now: float) -> tuple[object, ...]:
    """A state without absolute times and counters; running delays as steps elapsed, up to what can matter."""
    elapsed = tuple(min(3, int((now - at) // 10)) for at in facts.crossed) if facts.pending or facts.frozen else ()
    frozen = min(3, int((now - facts.frozen) // 10)) if facts.frozen is not None else None
    news = (facts.version - facts.raised == 0, facts.version - facts.worsened == 0)
    return (facts.level, facts.peak, facts.acked, facts.quality, facts.raw, elapsed, frozen, news)


@pytest.mark.parametrize("config", [PLAIN, Config(hold=10.0), Config(clear=20.0), Config(hold=20.0, clear=10.0)])
def test_every_reachable_state_keeps_the_rules(config: Config) -> None:
    start = Facts()
    seen = {shape(start, 0.0)}
    letters = {start.letter}
    queue = deque([(start, 0.0)])
    while queue:
        facts, now = queue.popleft()
        outgoing = set()
        for event, apply in EVENTS.items():
            outcome = apply(facts, config, now + 10.0)
            check(event, facts, outcome)
            if isinstance(outcome, Step):
                letters.add(outcome.facts.letter)
                known = shape(outcome.facts, now + 10.0)
                outgoing.add(known)
                if known not in seen:
                    seen.add(known)
                    queue.append((outcome.facts, now + 10.0))
        assert outgoing - {shape(facts, now)}, "a state that nothing leads out of"
    assert letters == {"NORM", "UNACK", "ACK", "RTNUN"}
    assert len(seen) > 50


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(0, 4), st.integers(0, 4))
def test_delays_against_their_definition(levels: list[int], hold: int, clear: int) -> None:
    """At or above a level for the whole on-delay, below it for the whole off-delay; computed from the history alone."""
    config = Config(hold=hold * 10.0, clear=clear * 10.0)
    facts = Facts()
    expected = [False, False, False]
    for index, level in enumerate(levels):
        facts = observe(facts, level, config, index * 10.0).facts
        for rank in range(3):
            if not expected[rank]:
                recent = levels[max(0, index - hold) : index + 1]
                expected[rank] = len(recent) == hold + 1 and all(one > rank for one in recent)
            else:
                recent = levels[max(0, index - clear) : index + 1]
                expected[rank] = not (len(recent) == clear + 1 and all(one <= rank for one in recent))
        assert facts.level == sum(expected), (levels[: index + 1], index)
