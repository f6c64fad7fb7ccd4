"""Run rules: which points take part, what is none, and what gaps do."""

from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.control.rules import NELSON, RUN_RULES, Signal, fires, signals


def test_points_that_take_part() -> None:
    found = signals([0.0, 2.2, 0.3, 2.3, -0.1], ["nelson5"])
    assert found == [Signal("nelson5", 3, (1, 3), "above")]
    found = signals([-1.2, -1.3, 0.5, -1.4, -1.1], ["nelson6"])
    assert found == [Signal("nelson6", 4, (0, 1, 3, 4), "below")]
    assert signals([0.2] * 10, ["nelson2"])[1] == Signal("nelson2", 9, tuple(range(1, 10)), "above")
    assert signals([1.2, 0.7, 0.2, -0.3, -0.6, -0.9], ["nelson3"])[0].side == "below"
    assert signals([1.5, -1.4] * 4, ["nelson8"])[0].side == "both"


@pytest.mark.parametrize(
    ("rule", "z"),
    [
        ("rule1", [3.0, -3.0]),
        ("nelson2", [0.5] * 4 + [0.0] + [0.5] * 8),
        ("nelson3", [0.1, 0.2, 0.3, 0.3, 0.4, 0.5, 0.6]),
        ("nelson4", [0.5, -0.5] * 3 + [-0.5] + [0.5, -0.5] * 6),
        ("nelson5", [2.0, 2.0, 2.0]),
        ("nelson5", [2.5, -2.5, 0.0]),
        ("nelson5", [2.5, 2.5]),
        ("nelson6", [1.0] * 10),
        ("nelson7", [1.0] * 20),
        ("nelson8", [1.0, -1.0] * 10),
        ("western4", [0.0] * 20),
    ],
)
def test_a_point_on_a_limit_is_none(rule: str, z: list[float]) -> None:
    assert signals(z, [rule]) == []


def test_a_point_computed_to_lie_on_a_limit_is_none() -> None:
    z = np.array([0.1 + 0.2, 0.3]) * 10  # 3.0000000000000004 and 3.0
    assert signals(z, ["rule1"]) == []


def test_two_of_three_are_complete_when_three_points_were_seen() -> None:
    assert [signal.at for signal in signals([2.5, 2.5, 0.0, 0.0], ["nelson5"])] == [2]
    assert [signal.at for signal in signals([0.0, 2.5, 2.5, 0.0], ["nelson5"])] == [2]


def test_missing_points_are_passed_over() -> None:
    found = signals([0.5] * 5 + [np.nan] + [0.5] * 4, ["nelson2"])
    assert found == [Signal("nelson2", 9, (0, 1, 2, 3, 4, 6, 7, 8, 9), "above")]
    assert signals([np.nan] * 30, RUN_RULES) == signals([], RUN_RULES) == []


def test_many_series_at_once_are_as_each_alone() -> None:
    z = np.random.default_rng(2).standard_normal((40, 300)) * 1.3
    for rule in RUN_RULES:
        together = fires(rule, z)
        for row, alone in zip(together, z, strict=True):
            assert np.flatnonzero(row).tolist() == [signal.at for signal in signals(alone, [rule])]


def test_the_future_changes_nothing() -> None:
    z = np.random.default_rng(3).standard_normal(200)
    whole = signals(z, NELSON)
    for end in (50, 100, 150):
        assert signals(z[:end], NELSON) == [signal for signal in whole if signal.at < end]


def test_an_unknown_rule_is_said() -> None:
    with pytest.raises(ValueError, match="`nelson9` is no run rule; there are rule1"):
        signals([1.0], ["nelson9"])
