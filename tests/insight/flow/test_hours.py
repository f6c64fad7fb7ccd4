from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.flow.hours import Hours, after, elapsed

DAYS = Hours(np.array([8.0, 32.0, 56.0]), np.array([16.0, 40.0, 64.0]))  # three days of eight hours


def test_only_open_time_passes() -> None:
    assert elapsed(DAYS, [10.0, 10, 0, 17, 12], [12.0, 34, 100, 31, 10]).tolist() == [2.0, 8.0, 24.0, 0.0, -2.0]
    assert elapsed(None, [1.0], [4.0]).tolist() == [3.0]
    assert np.isnan(elapsed(DAYS, [np.nan], [4.0])).all()


def test_the_moment_after_so_much_open_time() -> None:
    assert after(DAYS, [10.0, 10, 0, 20, 15], [2.0, 8, 0, 1, 1]).tolist() == [12.0, 34.0, 8.0, 33.0, 16.0]
    assert after(DAYS, [10.0], [1000.0]).tolist() == [np.inf]
    assert after(None, [10.0], [5.0]).tolist() == [15.0]


def test_there_and_back() -> None:
    chance = np.random.default_rng(5)
    start, seconds = chance.uniform(0, 40, 200), chance.uniform(0.1, 8, 200)
    assert elapsed(DAYS, start, after(DAYS, start, seconds)) == pytest.approx(seconds)


@pytest.mark.parametrize(("opens", "closes"), [([0.0, 5], [6.0, 8]), ([3.0], [2.0]), ([], []), ([1.0], [2.0, 3])])
def test_intervals_that_are_none(opens: list[float], closes: list[float]) -> None:
    with pytest.raises(ValueError, match="hours"):
        Hours(np.array(opens), np.array(closes))
