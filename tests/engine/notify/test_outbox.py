"""Messages on their way: in order, tried again with growing pauses, given up."""

from __future__ import annotations

import random

import pytest

from opsconsole.engine.notify.outbox import LONGEST_PAUSE, PATIENCE, By, Letter, Outbox, Verdict


def letter(name: str, target: str = "oncall", test: By | None = None) -> Letter:
    return Letter(name, target, "title", "body", "warning", test=test)


def names(letters: list[Letter]) -> list[str]:
    return [each.id for each in letters]


def test_each_target_gets_one_at_a_time_in_order_and_no_target_waits_for_another() -> None:
    box = Outbox(lambda: 0.5)
    for each in (letter("a"), letter("b"), letter("c", "leads")):
        box.add(each, 0.0)
    assert names(box.ready(0.0)) == ["a", "c"]
    assert box.busy() == {"oncall", "leads"}
    assert names(box.ready(100.0)) == []
    assert box.done("a", True, 100.0) == Verdict("sent", 1)
    assert names(box.ready(100.0)) == ["b"]
    assert box.done("c", False, 100.0) == Verdict("retried", 1, 5.0)
    assert names(box.ready(104.9)) == []
    assert names(box.ready(105.0)) == ["c"]


def test_what_waits_behind_one_that_is_tried_again_does_not_overtake_it() -> None:
    box = Outbox(lambda: 0.5)
    box.add(letter("a"), 0.0)
    box.add(letter("b"), 0.0)
    box.ready(0.0)
    box.done("a", False, 1.0)
    assert names(box.ready(3.0)) == []
    assert names(box.ready(6.0)) == ["a"]


def test_pauses_double_up_to_five_minutes_and_after_an_hour_it_is_given_up() -> None:
    box = Outbox(lambda: 0.5)
    box.add(letter("a"), 0.0)
    now, pauses = 0.0, []
    while True:
        assert names(box.ready(now)) == ["a"]
        verdict = box.done("a", False, now)
        assert verdict is not None
        if verdict.what == "given up":
            break
        pauses.append(verdict.after)
        now += verdict.after
    assert pauses[:8] == [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]
    assert PATIENCE - LONGEST_PAUSE <= now <= PATIENCE
    assert len(box) == 0
    assert box.done("a", True, now) is None


@pytest.mark.parametrize("seed", range(5))
def test_pauses_vary_by_a_fifth(seed: int) -> None:
    box = Outbox(random.Random(seed).random)
    box.add(letter("a"), 0.0)
    box.ready(0.0)
    verdict = box.done("a", False, 0.0)
    assert verdict is not None
    assert 4.0 <= verdict.after <= 6.0


def test_a_test_message_is_tried_once_and_waits_for_nothing() -> None:
    box = Outbox(lambda: 0.5)
    box.add(letter("before"), 0.0)
    box.ready(0.0)
    box.add(letter("a", test=By("ana", 1000)), 0.0)
    assert names(box.ready(0.0)) == ["a"]
    assert box.done("a", False, 0.0) == Verdict("given up", 1)


def test_what_was_for_a_target_that_is_gone_is_dropped() -> None:
    box = Outbox(lambda: 0.5)
    box.add(letter("a"), 0.0)
    box.add(letter("b", "leads"), 0.0)
    assert names(box.drop("oncall")) == ["a"]
    assert box.busy() == {"leads"}
