"""Ranks of errors as intervals, against the definition; coverage of what is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opsconsole.insight.forecast.conformal import ends, held, needed, rank_level, usual_errors


def test_the_ends_are_the_errors_of_the_finite_sample_rank() -> None:
    paths = np.random.default_rng(0).permutation(np.arange(1.0, 100.0))[:, None]  # 99 errors, 1 to 99
    low, high = ends(paths, 0.9)
    assert (low[0], high[0]) == (5.0, 95.0)  # rank ceil(100 * 0.95) and its mirror


@pytest.mark.parametrize(("level", "count"), [(0.8, 9), (0.9, 19), (0.95, 39)])
def test_too_few_errors_give_no_interval(level: float, count: int) -> None:
    assert needed(level) == count
    errors = np.arange(float(count))[:, None]
    assert np.isfinite(ends(errors, level)[1]).all()
    assert np.isnan(ends(errors[1:], level)[0]).all()


def test_unknown_errors_have_no_rank() -> None:
    paths = np.arange(1.0, 20.0)[:, None]
    more = np.concatenate([paths, np.full((30, 1), np.nan)])
    assert ends(more, 0.9) == ends(paths, 0.9)
    assert np.isnan(ends(np.full((0, 2), np.nan), 0.9)).all()


def test_exchangeable_errors_are_held_as_often_as_was_asked() -> None:
    paths = np.random.default_rng(1).standard_cauchy((600, 8))
    share, count = held(paths, 0.9)
    assert share == pytest.approx(0.9, abs=0.02)
    assert count == 300 * 8
    assert rank_level(paths, 0.9) == pytest.approx(0.9, abs=0.02)


def test_errors_that_grow_ask_for_a_wider_interval_that_holds() -> None:
    paths = np.random.default_rng(2).normal(0, 1, (400, 4)) * np.linspace(1, 2.2, 400)[:, None]
    assert held(paths, 0.8)[0] < 0.78
    used = rank_level(paths, 0.8)
    assert used > 0.8
    assert held(paths, used)[0] == pytest.approx(0.81, abs=0.02)


def test_errors_that_shrink_ask_for_a_narrower_interval_that_still_holds() -> None:
    paths = np.random.default_rng(3).normal(0, 1, (400, 4)) * np.linspace(2.2, 1, 400)[:, None]
    used = rank_level(paths, 0.8)
    assert used < 0.8
    assert 0.8 <= held(paths, used)[0] < held(paths, 0.8)[0]


def test_nothing_known_holds_nothing() -> None:
    share, count = held(np.full((50, 3), np.nan), 0.9)
    assert math.isnan(share)
    assert count == 0
    assert rank_level(np.full((50, 3), np.nan), 0.9) == 0.9


def test_usual_errors_know_their_place_and_lean_on_the_rest() -> None:
    places = np.tile(np.arange(2), (100, 1))
    paths = np.tile([1.0, 9.0], (100, 1))
    assert usual_errors(paths, places, 3) == pytest.approx([120 / 104, 920 / 104, 5.0])
    assert usual_errors(np.zeros((5, 2)), places[:5], 2) == pytest.approx([1.0, 1.0])
