"""Did it help: intervals hold what was planted, nothing is claimed of nothing, and too little data is said to be so."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opsconsole.insight.change.effect import effect, intervals
from opsconsole.insight.change.sentence import sentence
from opsconsole.insight.change.student import t_below, t_quantile
from tests.insight.change.noises import noise, planted

RUNS = 400


def series(points: int, at: int, level: float, *, seed: int = 1, sd: float = 0.4) -> np.ndarray:
    return sd * noise("ar1", 0.2, (1, points), np.random.default_rng(seed))[0] + planted(points, at, level, 0.0)


@pytest.mark.parametrize(
    ("points", "at", "phi", "season", "least"),
    [(60, 30, 0.0, 0, 0.92), (60, 40, 0.3, 7, 0.92), (120, 80, 0.3, 0, 0.92), (30, 18, 0.8, 0, 0.9)],
)
def test_the_interval_holds_what_was_planted(points: int, at: int, phi: float, season: int, least: float) -> None:
    """The full table is `python -m tests.reference.score_change`; 400 runs know a share of 95 % to 2.1 points."""
    rng = np.random.default_rng([points, at])
    drawn = noise("ar1", phi, (RUNS, points), rng) + planted(points, at, -1.0, -0.02, season)
    middle, low, high = intervals(drawn, at, seasons=(season,) if season else ())
    near = min(points - at, at // 2)
    truth = np.array([-1.0 - 0.02 * (near - 1) / 2, -1.0, -0.02, -1.0 - 0.02 * (points - 1 - at)])
    covered = ((low[:, :4] <= truth) & (truth <= high[:, :4])).mean(0)
    assert (covered >= least).all(), covered
    # of the mean, by which the verdict goes: neither too wide, nor help claimed of nothing, nor a bias
    assert phi > 0.3 or covered[0] <= 0.99
    assert (high[:, 0] - truth[0] < 0).mean() <= 0.05
    assert abs(middle[:, 0].mean() - truth[0]) < 4 * middle[:, 0].std() / math.sqrt(RUNS)


def test_an_effect_is_found_and_said() -> None:
    found = effect(series(90, 60, -2.0), 60, better="lower")
    assert found.verdict == "helped"
    assert found.mean is not None
    assert found.mean.low < -2.0 < found.mean.high < 0
    assert found.better == pytest.approx(1.0, abs=0.01)
    assert found.placebo is not None
    assert found.placebo.dates >= 19
    said = sentence(found, "Scrap", lambda size: f"{size:.1f} points", "30 days")
    assert said.startswith("Helped: Scrap fell ")
    assert "points (95 %: " in said
    assert said.endswith(f"over the 30 days after; chance of such a fall without a change: less than "
                         f"{100 * found.placebo.chance:.0f} %")  # fmt: skip
    assert effect(series(90, 60, -2.0), 60, better="higher").verdict == "worse"
    assert effect(series(90, 60, -2.0), 60).verdict == "changed"


def test_the_counterfactual_is_what_would_have_been() -> None:
    found = effect(series(90, 60, -2.0), 60, better="lower", seasons=(7,))
    without = series(90, 60, 0.0)[60:]
    assert found.counterfactual is not None
    low, high = np.array(found.counterfactual.low), np.array(found.counterfactual.high)
    assert len(low) == 30
    assert ((low <= without) & (without <= high)).mean() >= 0.9
    assert ((low <= without - 2) & (without - 2 <= high)).mean() < 0.5
    # farther out less is known
    assert high[-1] - low[-1] > high[0] - low[0]


def test_of_nothing_nothing_is_claimed() -> None:
    """`effect` asks the placebo too, so it claims less than the interval alone would."""
    rng = np.random.default_rng(8)
    drawn = noise("ar1", 0.3, (60, 60), rng) + planted(60, 40, 0.0, 0.0)
    said = [effect(row, 40, better="lower").verdict for row in drawn]
    assert said.count("helped") <= 6  # 5 % of 60 are 3, and 7 or more of them have a chance of 3 %


def test_nearer_to_the_target_is_better() -> None:
    near = series(60, 40, 3.0)
    assert effect(near, 40, better="target", target=54.0).verdict == "helped"
    assert effect(near, 40, better="target", target=50.0).verdict == "worse"
    assert effect(near, 40, better="target").verdict == "changed"


@pytest.mark.parametrize(
    ("points", "at", "verdict", "reason"),
    [
        (30, 11, "not enough", "11 points before the change, 12 are needed"),
        (30, 26, "not enough", "4 points after the change, 6 are needed"),
        (30, 0, "not enough", "0 points before the change, 12 are needed"),
    ],
)
def test_too_few_points_are_said(points: int, at: int, verdict: str, reason: str) -> None:
    found = effect(series(points, at, -5.0), at, better="lower")
    assert (found.verdict, found.reason, found.mean) == (verdict, reason, None)
    assert sentence(found, "Scrap", str) == f"Not enough: {reason}"


def test_gaps_and_flat_series() -> None:
    gappy = series(90, 60, -2.0)
    gappy[[3, 4, 5, 40, 70]] = np.nan
    found = effect(gappy, 60, better="lower")
    assert (found.before, found.after, found.verdict) == (56, 29, "helped")
    assert effect(np.full(60, 3.0), 40).verdict == "cannot tell"
    assert effect(np.full(60, np.nan), 40).verdict == "not enough"
    # it was flat before, so that nobody knows how it moves by chance
    assert effect(np.r_[np.full(40, 3.0), np.full(20, 2.0)], 40, better="lower").verdict == "cannot tell"


def test_the_unit_does_not_matter() -> None:
    plain, scaled = effect(series(60, 40, -2.0), 40), effect(series(60, 40, -2.0) * 1000 + 1e6, 40)
    assert plain.mean is not None
    assert scaled.mean is not None
    assert scaled.mean.low == pytest.approx(1000 * plain.mean.low, rel=1e-6)
    assert scaled.mean.high == pytest.approx(1000 * plain.mean.high, rel=1e-6)


def test_a_series_beside_that_was_not_touched_narrows_the_interval() -> None:
    common = 2 * noise("ar1", 0.5, (1, 60), np.random.default_rng(5))[0]
    alone = effect(series(60, 40, -2.0) + common, 40)
    beside = effect(series(60, 40, -2.0) + common, 40, controls=common + series(60, 40, 0.0, seed=9, sd=0.1))
    assert alone.mean is not None
    assert beside.mean is not None
    assert beside.mean.high - beside.mean.low < 0.7 * (alone.mean.high - alone.mean.low)


@pytest.mark.parametrize(
    ("at", "more", "message"),
    [
        (99, {}, "outside of 40 points"),
        (20, {"better": "up"}, "`up` is no direction"),
        (20, {"controls": [1.0, 2.0]}, "controls have 2 points"),
    ],
)
def test_what_cannot_be_meant_is_refused(at: int, more: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        effect(series(40, 20, 0.0), at, **more)  # type: ignore[arg-type]


def test_students_t() -> None:
    """Quantiles as tables print them (NIST/SEMATECH e-Handbook 1.3.6.7.2)."""
    assert t_quantile(0.975, 10) == pytest.approx(2.228, abs=0.0006)
    assert t_quantile(0.975, 30) == pytest.approx(2.042, abs=0.0006)
    assert t_quantile(0.95, 3) == pytest.approx(2.353, abs=0.0006)
    assert float(t_below(np.array([0.0]), 5)[0]) == pytest.approx(0.5, abs=1e-6)
