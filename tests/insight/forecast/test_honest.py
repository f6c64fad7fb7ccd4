"""Chances of a crossing are corrected by how right they were on the series' own past."""

from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.forecast.honest import NONE, corrected, crossing_correction


def trials(narrow: float, count: int = 60, horizon: int = 6) -> tuple[float, float]:
    """The correction where paths are `narrow` times as wide as errors turned out to be."""
    rng = np.random.default_rng(7)
    values = rng.normal(0, 1, count * horizon + 1)
    targets = 1 + np.arange(count)[:, None] * horizon + np.arange(horizon)
    errors = rng.normal(0, 1, (count, horizon))
    ways = np.stack([narrow * rng.normal(0, 1, (count, horizon)), np.ones_like(errors)], axis=1)
    return crossing_correction(values, targets, errors, ways)


def test_chances_that_were_too_sure_come_nearer_to_the_middle() -> None:
    by = trials(0.3)
    assert by[1] < 0.8
    assert corrected(0.95, by) - corrected(0.05, by) < 0.8
    assert trials(1.0)[1] > by[1]


def test_where_too_little_was_tried_nothing_is_corrected() -> None:
    assert trials(0.3, count=10) == NONE
    assert corrected(0.83, NONE) == pytest.approx(0.83)


def test_a_higher_chance_stays_the_higher_one() -> None:
    by = trials(0.3)
    chances = [corrected(each, by) for each in (0.02, 0.3, 0.6, 0.9, 0.99)]
    assert chances == sorted(chances)
    assert 0 < chances[0] < chances[-1] < 1
