"""Who moved it: ranked over all dimensions, the small held back, with intervals that hold."""

from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.change.contribution import Part, Quantity, of_members
from opsconsole.insight.change.explain import Explained, Sides, explain, too_small, uncertainty

Groups = dict[str | None, Quantity]


def scrap() -> Explained:
    """Scrap of 1,000 pieces a line rises from 2 to 5 % on line 3 alone; shifts are all alike; one product is small."""
    before: dict[str, Groups] = {
        "line": {"1": Quantity(20, 1000), "2": Quantity(20, 1000), "3": Quantity(20, 1000)},
        "shift": {"early": Quantity(30, 1500), "late": Quantity(30, 1500)},
        "product": {"a": Quantity(59, 2990), "b": Quantity(1, 10)},
    }
    now: dict[str, Groups] = {
        "line": {"1": Quantity(20, 1000), "2": Quantity(20, 1000), "3": Quantity(50, 1000)},
        "shift": {"early": Quantity(45, 1500), "late": Quantity(45, 1500)},
        "product": {"a": Quantity(81, 2990), "b": Quantity(9, 10)},
    }
    parts = {name: of_members(Quantity(60, 3000), Quantity(90, 3000), before[name], now[name]) or {} for name in before}
    rows = {
        name: {member: (int(before[name][member].below or 0), int(now[name][member].below or 0)) for member in members}
        for name, members in before.items()
    }
    return explain(0.01, parts, rows)


def test_the_one_that_did_it_comes_first() -> None:
    found = scrap()
    first = found.shares[0]
    assert (first.dimension, first.member) == ("line", "3")
    assert first.part == Part(pytest.approx(0.01), pytest.approx(0.01), pytest.approx(0.0, abs=1e-12))  # type: ignore[arg-type]
    assert first.beyond == pytest.approx(0.01 * 2 / 3)


def test_dimensions_in_which_all_moved_alike_tell_nothing() -> None:
    told = {each.name: each for each in scrap().dimensions}
    assert told["shift"].even
    assert told["shift"].explains == pytest.approx(0.0, abs=1e-9)
    assert not told["line"].even
    assert told["line"].explains == pytest.approx(2 / 3)


def test_small_samples_are_held_back() -> None:
    found = scrap()
    assert [(each.dimension, each.member, each.rows) for each in found.held] == [("product", "b", (10, 10))]
    assert all(each.member != "b" for each in found.shares)
    assert too_small((0, 19))
    assert not too_small((0, 20))  # one that is new, with enough rows
    assert too_small((19, 500))


def test_those_that_moved_against_the_whole_come_last() -> None:
    parts = {"line": {"up": Part(-1.0), "down": Part(3.0), "still": Part(0.0)}}
    rows = {"line": dict.fromkeys(("up", "down", "still"), (100, 100))}
    assert [each.member for each in explain(2.0, parts, rows).shares] == ["down", "still", "up"]


def test_nothing_moved() -> None:
    found = explain(0.0, {"line": {"a": Part(0.0)}}, {"line": {"a": (50, 50)}})
    assert found.dimensions[0].explains == 0.0


def blocks(rng: np.random.Generator, ratios: dict[str | None, float], count: int = 8) -> list[Groups]:
    return [{name: Quantity(float(rng.binomial(400, ratio)), 400.0) for name, ratio in ratios.items()}
            for _ in range(count)]  # fmt: skip


def test_the_interval_holds_the_true_part() -> None:
    """Scrap of line b rises from 5 to 8 %, half of all pieces: its true part is 1.5 points, that of a none."""
    rng = np.random.default_rng(4)
    runs, held, sure = 150, {"a": 0, "b": 0}, 0
    for _ in range(runs):
        sides = [Sides(blocks(rng, {"a": 0.05, "b": 0.05}), blocks(rng, {"a": 0.05, "b": 0.08}))]
        found = uncertainty(sides)
        for member, true in (("a", 0.0), ("b", 0.015)):
            low, high = found[member]
            held[member] += low <= true <= high
        sure += found["b"][0] > 0
    assert all(count / runs >= 0.9 for count in held.values()), held
    assert sure / runs > 0.8


def test_an_interval_needs_blocks() -> None:
    rng = np.random.default_rng(4)
    few = blocks(rng, {"a": 0.05}, 3)
    assert uncertainty([Sides(few, few)]) == {}
    assert uncertainty([Sides([{"a": Quantity(0.0, 0.0)}] * 5, [{"a": Quantity(1.0, 5.0)}] * 5)]) == {}


def test_sums_have_intervals_too() -> None:
    rng = np.random.default_rng(6)
    before = [{"a": Quantity(float(rng.poisson(50)))} for _ in range(8)]
    now = [{"a": Quantity(float(rng.poisson(60)))} for _ in range(8)]
    low, high = uncertainty([Sides(before, now)])["a"]
    assert low < 80 < high
    assert 40 < high - low < 400
