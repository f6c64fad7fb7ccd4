from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.anomaly.distributions import f_quantile, incomplete_beta, normal_quantile
from opsconsole.insight.anomaly.monitor import learn, moved, watch
from opsconsole.insight.anomaly.pca import NotEnoughError, Rows, contributions, distances, fit, q_limit, t2_limit

NAMES = tuple(f"s{at}" for at in range(12))
STEP = 300.0


def sensors(rows: int, seed: int, columns: int = 12) -> Rows:
    """Three slow causes seen by twelve sensors, each with noise of its own."""
    mixing = np.random.default_rng(0).normal(size=(3, columns))
    chance = np.random.default_rng(seed)
    causes = np.zeros((rows, 3))
    for at in range(1, rows):
        causes[at] = 0.8 * causes[at - 1] + chance.normal(size=3) * 0.6
    found: Rows = 50 + causes @ mixing + 0.4 * chance.normal(size=(rows, columns))
    return found


def test_quantiles_as_tables_have_them() -> None:
    assert normal_quantile(0.99) == pytest.approx(2.326348)
    assert f_quantile(0.95, 5, 10) == pytest.approx(3.325835)  # F tables
    assert f_quantile(0.99, 10, 10) == pytest.approx(4.849, abs=1e-3)
    assert f_quantile(0.5, 7, 7) == pytest.approx(1.0)
    assert incomplete_beta(2, 3, 0.5) == pytest.approx(11 / 16)
    assert (incomplete_beta(2, 3, 0), incomplete_beta(2, 3, 1)) == (0, 1)


def test_parallel_analysis_finds_the_causes_that_there_are() -> None:
    assert fit(sensors(600, 1), NAMES).components == 3
    assert fit(np.random.default_rng(5).normal(size=(600, 12)), NAMES).components == 1


def test_limits_are_exceeded_as_often_as_they_say() -> None:
    chance = np.random.default_rng(4)
    mixing = chance.normal(size=(3, 12))
    mixing *= 2 / np.linalg.norm(mixing, axis=0)  # every column has as much noise of its own

    def draw(rows: int) -> Rows:
        found: Rows = chance.normal(size=(rows, 3)) @ mixing + 0.4 * chance.normal(size=(rows, 12))
        return found

    model = fit(draw(2000), NAMES, components=3)
    found = distances(model, draw(20000))
    assert (found.t2 > t2_limit(model)).mean() == pytest.approx(0.01, abs=0.004)
    assert (found.q > q_limit(model)).mean() == pytest.approx(0.01, abs=0.004)


def test_contributions_add_up() -> None:
    model, row = fit(sensors(600, 1), NAMES), sensors(1, 9)[0] + 3
    within, beside = contributions(model, row)
    found = distances(model, row[None, :])
    assert within.sum() == pytest.approx(found.t2[0])
    assert beside.sum() == pytest.approx(found.q[0])


def test_columns_that_never_change_are_left_out() -> None:
    rows = sensors(600, 1)
    rows[:, 4] = 7.5
    model = fit(rows, NAMES)
    assert model.left_out == ("s4",)
    assert np.isfinite(distances(model, sensors(10, 2)).q).all()


def test_not_enough() -> None:
    with pytest.raises(NotEnoughError, match="40 rows without a gap; 50 are needed for 12 columns"):
        fit(sensors(40, 1), NAMES)
    with pytest.raises(NotEnoughError, match="1 columns that change; 2 are needed"):
        fit(np.column_stack([np.arange(90.0), np.ones(90)]), ("a", "b"))
    with pytest.raises(ValueError, match="it must be above 0"):
        learn(sensors(600, 1), NAMES, STEP, 0.0)


def test_the_normal_run_alarms_within_the_budget() -> None:
    weeks = 8
    monitor = learn(sensors(2016, 1), NAMES, STEP, 2.0)
    assert len(watch(monitor, sensors(2016 * weeks, 2)).onsets) <= 2 * weeks + 8  # and two deviations of chance


def test_a_sensor_that_leaves_the_others_is_named_first() -> None:
    monitor = learn(sensors(1000, 1), NAMES, STEP, 2.0)
    rows = sensors(400, 3)
    rows[200:, 7] += 3.5
    found = watch(monitor, rows)
    (began, alarmed) = next(onset for onset in found.onsets if onset[1] >= 200)
    assert 200 <= began <= alarmed <= 206
    ranked = moved(monitor.model, rows[began:])
    assert ranked[0].name == "s7"
    assert ranked[0].mean - ranked[0].normal == pytest.approx(3.5, abs=0.6)


def test_no_look_ahead_and_gaps_change_nothing() -> None:
    monitor = learn(sensors(600, 1), NAMES, STEP, 2.0)
    rows = sensors(200, 3)
    rows[50] = np.nan
    rows[70, 3] = np.nan
    found = watch(monitor, rows)
    assert np.isnan(found.q[[50, 70]]).all()
    assert found.index[50] == found.index[49]
    assert np.array_equal(watch(monitor, rows[:120]).index, found.index[:120])
    assert moved(monitor.model, rows[50:51]) == []
