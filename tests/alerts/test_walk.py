"""Every state that an alert can reach, and what must hold on each way out of it (DOMAIN.md A4 of the design)."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

import pytest

from opsconsole.alerts.facts import Config, Facts, Refusal, Step
from opsconsole.alerts.table import EVENTS, Arc, markdown, plain, walk
from tests.alerts.invariants import holds

CONFIGS = [
    Config(acked=acked, latch=latch, realarm=1.0, realarms=1)
    for acked, latch in itertools.product((False, True), (False, True))
]


@lru_cache
def arcs(config: Config) -> list[Arc]:
    return list(walk(config))


@pytest.mark.parametrize("config", CONFIGS, ids=["plain", "latch", "no ack", "no ack, latch"])
def test_every_way_out_of_every_state_keeps_the_rules(config: Config) -> None:
    found = arcs(config)
    for arc in found:
        holds(arc, config)
    states = {arc.before for arc in found}
    assert len(states) > 1_000
    letters = {facts.letter for facts in states}
    missing = ({"UNACK", "RTNUN"} if config.acked else set()) | (set() if config.latch else {"LATCHED"})
    assert letters == {"NORM", "UNACK", "ACK", "RTNUN", "SHELVED", "SUPPRESSED", "OOS", "LATCHED"} - missing
    assert {arc.event for arc in found} == set(EVENTS)


@pytest.mark.parametrize("config", CONFIGS, ids=["plain", "latch", "no ack", "no ack, latch"])
def test_every_state_leads_back_to_normal(config: Config) -> None:
    """No dead states: from anywhere an alert can be closed again."""
    leads_here: dict[Facts, set[Facts]] = defaultdict(set)
    for arc in arcs(config):
        if isinstance(arc.outcome, Step):
            leads_here[plain(arc.outcome.facts)].add(arc.before)
    waiting = [facts for facts in leads_here if facts.letter == "NORM"]
    closable = set(waiting)
    while waiting:
        for before in leads_here[waiting.pop()] - closable:
            closable.add(before)
            waiting.append(before)
    assert {arc.before for arc in arcs(config)} <= closable


# A4 of the design: from a letter to those that can follow. `!` calls people; what is refused is left out.
DESIGN: dict[str, dict[str, str]] = {
    "the condition comes": {"A": "B!", "D": "B!", "L": "B!", "E": "E", "F": "F", "G": "G"},
    "it grows worse": {"B": "B B!", "C": "C B!", "E": "E", "F": "F", "G": "G"},
    "it eases": {"B": "B", "C": "C", "E": "E", "F": "F", "G": "G"},
    "it goes": {"B": "D", "C": "A L", "E": "E A D L", "F": "F", "G": "G"},
    "it happens at one moment": {"A": "D!", "D": "D!", "L": "D!", "E": "E", "F": "F", "G": "G"},
    "acknowledge": {"B": "C", "D": "A L"},
    "take the acknowledgement back": {"C": "B"},
    "reset": {"L": "A"},
    "shelve for a time": {"A": "E", "B": "E", "C": "E", "D": "E", "E": "E", "F": "F", "L": "E"},
    "shelve until it has gone": {"B": "E", "C": "E", "E": "E", "F": "F"},
    "end the shelf": {"E": "A B C D L", "F": "F"},
    "take out of service": dict.fromkeys("ABCDEFL", "G"),
    "return to service": {"G": "A B! E F"},
    "the time on the shelf is over": {"E": "A B! D L E"},
    "suppressed by design": {**dict.fromkeys("ABCDEFL", "F"), "G": "G"},
    "what suppresses has gone": {"F": "F E A B! D L"},
    "acknowledged for too long": {"C": "C B!"},
    "nobody acknowledges": {"B": "B B!", "D": "D D!"},
}


def test_the_table_is_that_of_the_design() -> None:
    head, _, *lines = markdown().splitlines()
    columns = [cell.split()[0] for cell in head.strip("|").split("|")[1:]]
    rows = {cells[0].strip(): cells[1:] for cells in (line.strip("|").split("|") for line in lines)}
    assert set(DESIGN) < set(rows)
    for event, expected in DESIGN.items():
        made = {name: set(cell.split()) - {"–", "="} for name, cell in zip(columns, rows[event], strict=True)}
        for name, results in made.items():
            stays = {name} if event in {"the time on the shelf is over", "what suppresses has gone"} else set()
            stays |= {name} if event in {"acknowledged for too long", "nobody acknowledges", "end the shelf"} else set()
            assert results - stays == set(expected.get(name, "").split()) - stays, (event, name)


def test_what_is_refused_says_why() -> None:
    reasons = {arc.outcome.reason for arc in arcs(CONFIGS[1]) if isinstance(arc.outcome, Refusal)}
    assert reasons == {
        "it is out of service",
        "it is suppressed",
        "it is shelved",
        "it is no longer open",
        "it has returned to normal",
        "it is still active; it can be reset once it is back to normal",
        "acknowledge it first",
        "it is not latched",
        "it is back to normal, so there is nothing to wait for",
        "there is nobody further to escalate it to",
    }


def test_the_walk_would_find_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk is worth something only if a broken machine does not pass it."""

    def broken(event: str, wrong: Callable[[Facts, Step], Step]) -> bool:
        right = EVENTS[event]

        def instead(facts: Facts, config: Config) -> object:
            outcome = right(facts, config)
            return wrong(facts, outcome) if isinstance(outcome, Step) and outcome.what else outcome

        monkeypatch.setitem(EVENTS, event, instead)
        try:
            for arc in itertools.islice(walk(CONFIGS[0]), 20_000):
                holds(arc, CONFIGS[0])
        except AssertionError:
            return True
        finally:
            monkeypatch.undo()
        return False

    def quiet(_: Facts, step: Step) -> Step:
        return Step(step.facts, step.what)

    def loud(_: Facts, step: Step) -> Step:
        return Step(step.facts, step.what, True)

    def cleared(_: Facts, step: Step) -> Step:
        return Step(replace_level(step.facts), step.what)

    assert broken("the time on the shelf is over", quiet)
    assert broken("what suppresses has gone", quiet)
    assert broken("it grows worse", loud)
    assert broken("data is missing", cleared)
    assert broken("shelve for a time", cleared)
    assert not broken("it grows worse", lambda _, step: step)


def replace_level(facts: Facts) -> Facts:
    """An alert that has cleared in silence."""
    values = {name: getattr(facts, name) for name in Facts.__struct_fields__}
    return Facts(**values | {"level": 0})
