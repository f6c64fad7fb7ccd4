from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.anomaly.budget import NEEDED, Budget
from opsconsole.insight.anomaly.detector import Detector, detect
from tests.insight.anomaly.simulated import quiet

WEEKS = 8


@pytest.mark.parametrize("kind", ["white", "ar0.9", "season", "counts"])
def test_a_quiet_stream_alarms_within_the_budget(kind: str) -> None:
    # eight weeks of half hours; of 2 a week 16 are allowed, and 24 are two standard deviations of chance above
    times, values = quiet(kind, WEEKS * 336, 1800.0, 11)
    assert detect(times, values, 2.0).alarms.sum() <= 24


def test_a_larger_budget_allows_more_and_a_tiny_one_hardly_any() -> None:
    times, values = quiet("ar0.5", WEEKS * 336, 1800.0, 12)
    often, seldom = (int(detect(times, values, budget).alarms.sum()) for budget in (5.0, 0.05))
    assert seldom <= 2 < often


def test_what_is_planted_is_found() -> None:
    times, values = quiet("season", WEEKS * 336, 1800.0, 13)
    values[2000:2004] += 8
    found = detect(times, values, 1.0)
    assert found.alarms[2000:2004].any()
    assert (found.scores[found.alarms] > found.thresholds[found.alarms]).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_what_comes_each_morning_is_no_anomaly_however_far_from_the_night(seed: int) -> None:
    hours = np.arange(24 * 7 * 12)
    hour, day = hours % 24, hours // 24 % 7
    at_work = (hour >= 6) & (hour < 22)
    busy = np.where(day < 5, 1.0, 0.6) * (60 - 1.5 * (hour - 6))
    values = np.round(np.where(at_work, busy + np.random.default_rng(seed).normal(0, 3, len(hours)), 0.0))
    found = detect(hours * 3600.0, values, 2.0)
    assert found.alarms.any()
    assert (np.abs(values - found.expected)[found.alarms] > 3.0).all()


def test_alarms_look_at_the_past_alone() -> None:
    times, values = quiet("ar0.9", 1500, 600.0, 14)
    whole, part = detect(times, values, 2.0), detect(times[:1100], values[:1100], 2.0)
    assert np.array_equal(whole.alarms[:1100], part.alarms)
    assert np.array_equal(whole.thresholds[:1100], part.thresholds, equal_nan=True)


def test_too_little_past_says_how_much_is_missing() -> None:
    times, values = quiet("white", 600, 600.0, 15)
    detector, needed = Detector(2.0), []
    for time, value in zip(times.tolist(), values.tolist(), strict=True):
        assert not (detector.alarm(time, value) and not detector.ready)
        needed.append(detector.still_needed)
    assert detector.ready
    assert needed[100] > needed[200] > 0 == needed[-1]


@pytest.mark.parametrize("budget", [0.0, -1.0, float("nan")])
def test_a_budget_must_be_above_nothing(budget: float) -> None:
    with pytest.raises(ValueError, match="it must be above 0"):
        Budget(budget)


def test_true_anomalies_of_the_past_hardly_move_the_threshold() -> None:
    chance = np.random.default_rng(3)
    calm, wild = Budget(2.0), Budget(2.0)
    for at, highest in enumerate((0.2 + 0.05 * chance.gumbel(size=100)).tolist()):
        calm.block(highest, 43200.0)
        wild.block(1.0 if at % 20 == 7 else highest, 43200.0)
        if at + 1 < NEEDED:
            assert calm.threshold is None
    assert calm.threshold is not None
    assert wild.threshold == pytest.approx(calm.threshold, rel=0.1)
