from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.insight.anomaly.onset import Onset
from opsconsole.insight.anomaly.scorer import Scorer, scores
from opsconsole.insight.anomaly.tail import NEEDED, Tail
from tests.insight.anomaly.simulated import QUIET, quiet

ODD = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([0.0, 1.0, float("nan"), float("inf"), -float("inf"), 1e300]))


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(ODD, min_size=60, max_size=160),
    intervals=st.lists(st.sampled_from([0.0, 1.0, 300.0, 301.0, 90000.0]), min_size=160, max_size=160),
    cut=st.integers(0, 160),
)
def test_the_scores_of_a_prefix_are_the_prefix_of_the_scores(
    values: list[float], intervals: list[float], cut: int
) -> None:
    times = np.cumsum(intervals[: len(values)])
    whole = scores(times, np.array(values))
    assert np.array_equal(whole[:cut], scores(times[:cut], np.array(values[:cut])))
    assert ((whole >= 0) & (whole <= 1)).all()


@pytest.mark.parametrize("kind", QUIET)
def test_no_look_ahead_and_point_by_point_as_in_one_go(kind: str) -> None:
    times, values = quiet(kind, 900, 600.0, 3)
    whole, scorer = scores(times, values), Scorer()
    assert [scorer.score(time, value) for time, value in zip(times.tolist(), values.tolist(), strict=True)] == list(
        whole
    )
    changed = np.concatenate((values[:600], values[600:] * -7 + 100))
    assert np.array_equal(whole[:600], scores(times, changed)[:600])
    assert whole.max() > 0


def test_a_flat_stream_scores_nothing_until_it_moves() -> None:
    times = np.arange(2000) * 300.0
    values = np.full(2000, 0.1 + 0.2)
    assert not scores(times, values).any()
    values[1500:] += 1.0
    found = scores(times, values)
    assert found[1500] == 1.0
    assert not found[1501:].any(), "onset only"


def test_a_value_of_rounding_is_no_move() -> None:
    times = np.arange(1000) * 300.0
    values = np.full(1000, 1e6)
    values[500:] += 1e-8
    assert not scores(times, values).any()


def test_a_level_shift_scores_once_and_is_then_normal() -> None:
    chance = np.random.default_rng(1)
    times, values = np.arange(6000) * 300.0, chance.normal(size=6000)
    values[3000:] += 8
    found = scores(times, values)
    assert found[3000:3003].max() > 0.5
    assert found[3300:].max() < 0.5


def test_the_season_is_learnt_so_that_a_lost_cycle_is_odd_and_its_own_ups_and_downs_are_not() -> None:
    times, values = quiet("season", 4032, 600.0, 5)
    values[3600:3672] = 10.0  # half a day on the mean: no value is out of its range
    found = scores(times, values)
    assert found[3600:3672].max() > 0.4
    assert found[1000:3600].max() < found[3600:3672].max()


def test_the_scale_and_the_place_of_a_stream_make_no_difference() -> None:
    times, values = quiet("ar0.5", 1500, 600.0, 2)
    assert scores(times, values * 1000 + 5e4) == pytest.approx(scores(times, values), abs=1e-6)


def test_gaps() -> None:
    times, values = quiet("season", 3000, 600.0, 5)
    missing = values.copy()
    missing[1000:1010] = np.nan
    assert not scores(times, missing)[1000:1010].any()
    later = times.copy()
    later[1500:] += 3 * 86400 + 6 * 3600  # the season goes on while nothing comes
    values[1500:] = quiet("season", 3000 + 468, 600.0, 5)[1][1968:]
    assert scores(later, values)[1500:1560].max() < 0.4


def test_too_little_past_says_nothing() -> None:
    values = np.concatenate((np.zeros(NEEDED - 1), [1e9]))
    assert not scores(np.arange(NEEDED) * 60.0, values).any()


def test_lengths_that_differ() -> None:
    with pytest.raises(ValueError, match="3 times and 2 values: they must be as many"):
        scores(np.zeros(3), np.zeros(2))


def test_onset_keeps_what_exceeds_the_last_points() -> None:
    onset = Onset(2)
    assert [onset.keep(score) for score in (1, 3, 2, 2, 2, 1, 4, 4)] == [1, 3, 0, 0, 0, 0, 4, 0]


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(1, 8))
def test_onset_is_what_its_sentence_says(given: list[float], points: int) -> None:
    onset = Onset(points)
    kept = [onset.keep(score) for score in given]
    assert kept == [
        score if score > max(given[max(0, at - points) : at], default=-1) else 0 for at, score in enumerate(given)
    ]


def test_rarity_is_the_share_of_the_past_and_beyond_it_exponential() -> None:
    chance, tail = np.random.default_rng(2), Tail()
    for number in chance.exponential(size=3000).tolist():
        tail.rarity_then_add(number)
    for number in (3.5, 6.0, 12.0):  # −log10 e^−x
        assert Tail.rarity_then_add(tail, number) == pytest.approx(number / np.log(10), rel=0.12)


def test_a_tail_forgets_and_stays_small() -> None:
    tail = Tail()
    for number in range(20000):
        tail.rarity_then_add(float(number % 7))
    for _ in range(20000):
        tail.rarity_then_add(100.0)
    assert tail.rarity_then_add(100.0) < 1.4
