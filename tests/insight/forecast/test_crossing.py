"""Crossings of limits: known ones to the fraction of a step, likely ones as often as they happen."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opsconsole.insight.forecast import Plan, crossing, plan, refresh

SURE = np.zeros((99, 8))
FALLING = np.arange(9.0, 1.0, -1.0)  # from 10 now, one a step


def test_a_sure_way_crosses_where_its_line_does() -> None:
    found = crossing(10.0, FALLING, SURE, 6.5, below=True, within=8)
    assert found.at == found.soonest == found.latest == pytest.approx(3.5)
    assert found.probability == pytest.approx(0.995)


def test_upward_is_the_mirror() -> None:
    down = crossing(10.0, FALLING, SURE + 0.1, 6.5, below=True, within=8)
    up = crossing(-10.0, -FALLING, SURE - 0.1, -6.5, below=False, within=8)
    assert (up.at, up.soonest, up.latest, up.probability) == (down.at, down.soonest, down.latest, down.probability)


def test_on_the_limit_is_not_across() -> None:
    found = crossing(10.0, np.full(8, 6.0), SURE, 6.0, below=True, within=8)
    assert found.probability == pytest.approx(0.005)
    assert math.isnan(found.at)


def test_beyond_already_is_said() -> None:
    found = crossing(5.0, FALLING, SURE, 6.0, below=True, within=8)
    assert found.crossed
    assert (found.probability, found.at) == (1.0, 0.0)


def test_only_what_lies_within_counts() -> None:
    assert crossing(10.0, FALLING, SURE, 6.5, below=True, within=3).probability < 0.01
    assert crossing(10.0, FALLING, SURE, 6.5, below=True, within=3.5).probability > 0.99


def test_errors_of_a_path_stay_together() -> None:
    """Ten equal steps whose errors are one number: the chance is that of one step, not that of ten tries."""
    offsets = np.random.default_rng(0).normal(0, 1, 400)
    together = crossing(1.0, np.ones(10), np.tile(offsets[:, None], (1, 10)), 0.0, below=True, within=10)
    assert together.probability == pytest.approx((offsets < -1).mean(), abs=0.01)


def test_the_interval_is_open_where_too_few_paths_cross() -> None:
    paths = np.where(np.arange(100)[:, None] < 60, -5.0, 5.0) * np.ones((100, 8))
    found = crossing(10.0, np.full(8, 10.0), paths, 6.0, below=True, within=8)
    assert found.probability == pytest.approx(60.5 / 101)
    assert found.at == pytest.approx(0.8)  # four of five in the first step
    assert math.isnan(found.latest)


def test_unknown_errors_are_taken_as_the_last_known() -> None:
    paths = np.full((20, 8), np.nan)
    paths[:, 0] = -4.5
    assert crossing(10.0, np.r_[12.0, np.full(7, 10.0)], paths, 6.0, below=True, within=8).probability > 0.95


def test_no_paths_no_answer() -> None:
    with pytest.raises(ValueError):
        crossing(1.0, np.ones(3), np.zeros((0, 3)), 0.0, below=True, within=3)


def test_what_is_called_likely_happens_as_often() -> None:
    rng = np.random.default_rng(5)
    said, came = [], []
    for _ in range(10):
        errors = np.zeros(1600)
        for each in range(1, len(errors)):
            errors[each] = 0.95 * errors[each - 1] + rng.normal()
        values = 10 * np.sin(2 * np.pi * np.arange(len(errors)) / 24) + errors
        kept = plan(values[:1000], (24,), 12)
        assert isinstance(kept, Plan)
        for origin in range(1000, len(values) - 12, 9):
            [found] = refresh(values[None, :origin], [kept])
            crossed = found.crosses(-11.0, below=True)
            if not crossed.crossed:
                said.append(crossed.probability)
                came.append(bool((values[origin : origin + 12] < -11.0).any()))
    likely, happened = np.array(said), np.array(came)
    assert likely.mean() == pytest.approx(happened.mean(), abs=0.06)
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.01)):
        inside = (likely >= low) & (likely < high)
        assert inside.sum() > 20
        assert happened[inside].mean() == pytest.approx(likely[inside].mean(), abs=0.15)
    assert ((likely - happened) ** 2).mean() < 0.8 * happened.mean() * (1 - happened.mean())
