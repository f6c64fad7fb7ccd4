"""A series that leaves its habits is followed where it goes; one that keeps them is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.forecast import Forecast, Plan, plan, refresh
from opsconsole.insight.forecast.plan import PLAIN
from tests.insight.forecast.series import hours

HORIZON = 12


def ordinary(length: int = 600) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Comes back to 100 within an hour, whatever happens."""
    rng = np.random.default_rng(4)
    values = np.full(length, 100.0)
    for at in range(1, length):
        values[at] = 100 + 0.5 * (values[at - 1] - 100) + rng.normal()
    return values


def test_a_drift_that_never_was_before_is_announced_before_it_crosses() -> None:
    values = ordinary()
    found = plan(values, (144,), HORIZON)
    assert isinstance(found, Plan)
    assert not refresh(values[None], [found])[0].plan.adapted
    drifting = np.concatenate([values, 100 + 1.0 * np.arange(1, 41)])  # one a step, over 130 at the 31st
    announced = 0
    for length in range(601, 631):
        [each] = refresh(drifting[None, :length], [found])
        crossing = each.crosses(130.0, below=False)
        if crossing.probability > 0.8 and not announced:
            announced = length
            assert each.plan.adapted
            assert length - 1 + crossing.soonest <= 630 <= length - 1 + crossing.latest + 2
    assert 605 < announced <= 626  # five steps ahead at least, and not before anything had happened


def test_intervals_are_wider_while_nobody_knows_where_it_goes() -> None:
    values = ordinary()
    found = plan(values, (144,), HORIZON)
    assert isinstance(found, Plan)
    [calm] = refresh(values[None], [found])
    jumped = np.concatenate([values, np.full(HORIZON, 120.0)])
    [after] = refresh(jumped[None], [found])
    assert after.plan.adapted
    assert (after.high - after.low)[0].mean() > 1.5 * (calm.high - calm.low)[0].mean()
    assert after.low[0, 0] < 120 < after.high[0, 0]


@pytest.mark.parametrize("length", [30, 60])
def test_too_few_paths_behind_tell_nothing(length: int) -> None:
    values = ordinary(length)
    found = plan(values, (144,), HORIZON, (0.8,))
    if isinstance(found, Plan):
        [each] = refresh(np.concatenate([values, [500.0] * HORIZON])[None], [found])
        assert each.plan.adapted == (len(found.paths) >= 50)


def test_a_series_that_keeps_its_habits_is_seldom_taken_for_another() -> None:
    values = hours(14, 11)
    found = plan(values[: 10 * 168], (24, 168), HORIZON)
    assert isinstance(found, Plan)
    each: list[Forecast] = []
    for origin in range(10 * 168, len(values), 7):
        each += refresh(values[None, :origin], [found], calendar=PLAIN)
    assert np.mean([one.plan.adapted for one in each]) < 0.08
