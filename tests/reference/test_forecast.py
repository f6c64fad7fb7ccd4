"""A cheap part of what `score_forecast` measures: every eighth weekly series, two of hours from fewer origins."""

from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.forecast.smooth import Floats
from tests.reference.score_forecast import departures, hourly, m4, taxi


def test_weekly_series_of_the_competition() -> None:
    ours, naive = m4(every=8)
    # Comb, the competition's combination, has 0.976 and 0.876 of Naive2 on all 359
    assert ours.smape < 0.93 * naive.smape
    assert ours.mase < 0.876 * naive.mase
    assert 0.86 <= ours.inside[1] <= 0.96


@pytest.fixture(scope="module")
def hours() -> list[Floats]:
    return [departures()["JFK"], taxi()]


def test_hours_of_operations_against_the_better_seasonal_naive(hours: list[Floats]) -> None:
    found = [hourly(values, stride=41) for values in hours]
    for each in found:
        assert max(each.to_week, each.to_day) <= 0.87
        assert 0.86 <= each.inside[1] <= 0.94
    claimed, held = np.mean([each.claimed for each in found]), np.mean([each.inside[1] for each in found])
    assert claimed == pytest.approx(held, abs=0.04)
