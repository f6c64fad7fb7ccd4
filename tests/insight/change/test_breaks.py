"""Change points: found where they are, with honest dates, and none where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.change.breaks import change_points, without_season
from tests.insight.change.noises import noise


def drawn(phi: float, points: int, runs: int, seed: int = 2) -> np.ndarray:
    return noise("ar1", phi, (runs, points), np.random.default_rng(seed)) * np.sqrt(1 - phi**2)


def test_steps_are_found_with_their_dates() -> None:
    series = drawn(0.2, 150, 1)[0]
    series[50:] += 3
    series[110:] -= 4
    found = change_points(series).found
    assert [abs(each.at - true) <= 2 for each, true in zip(found, (50, 110), strict=True)] == [True, True]
    for each, true in zip(found, (50, 110), strict=True):
        assert each.first <= true <= each.last
        assert each.factor > 20
    assert found[0].after - found[0].before == pytest.approx(3, abs=0.6)


def test_a_bump_in_the_middle_is_found() -> None:
    series = drawn(0.0, 200, 1)[0]
    series[95:125] += 3
    assert [round(each.at / 10) for each in change_points(series).found] in ([9, 12], [10, 12], [9, 13], [10, 13])


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_noise_that_wanders_is_no_change(phi: float) -> None:
    false = sum(bool(change_points(row).found) for row in drawn(phi, 80, 40))
    assert false <= 5  # at 5 % more have a chance of 1.4 %


def test_gaps_are_left_out_and_places_are_those_of_the_series() -> None:
    series = drawn(0.0, 120, 1)[0]
    series[70:] += 4
    series[10:20] = np.nan
    (only,) = change_points(series).found
    assert abs(only.at - 70) <= 1


def test_a_season_with_nights_off_is_taken_out() -> None:
    hours = np.arange(24 * 20) % 24
    series = 40 + 20 * np.sin((hours - 5) / 19 * np.pi) + np.random.default_rng(4).normal(0, 2, len(hours))
    series[hours < 7] = np.nan
    assert np.nanstd(without_season(series, (24,))) < 2.5
    assert change_points(series, seasons=(24,)).found == []


def test_a_season_is_taken_out() -> None:
    week = np.tile([0.0, 0, 0, 0, 0, 5, 5], 20)
    series = week + drawn(0.0, 140, 1)[0]
    assert change_points(series, seasons=(7,)).found == []
    left = without_season(series, (7,))
    assert abs(left[week > 0].mean() - left[week == 0].mean()) < 0.5


def test_too_little_and_flat() -> None:
    assert change_points(np.arange(19.0)).reason == "19 points, 20 are needed"
    assert change_points(np.full(50, 2.0)).found == []
