"""The claims about anomalies on the benchmark's series and the plant; `score_anomaly` prints the figures."""

from __future__ import annotations

import random

import numpy as np
import pytest

from opsconsole.insight.anomaly.monitor import Monitor, learn, moved, watch
from opsconsole.insight.anomaly.pca import distances, q_limit, t2_limit
from opsconsole.insight.anomaly.scorer import scores
from tests.reference import nab, plant
from tests.reference.score_anomaly import BUDGET, SETTING

FOREST = 51.7  # the Random Cut Forest's standard score on the whole corpus


def test_the_scorer_gives_what_the_one_beside_the_data_gives() -> None:
    chance, marks, found = random.Random(1), {}, {}
    for name, (times, _, windows) in nab.series().items():
        marks[name], found[name] = nab.Marks(len(times), windows), np.zeros(len(times))
        for at in chance.sample(range(len(times)), 40):
            found[name][at] = chance.random()
    for threshold, given in ((0.5, (38.073, 9.506, 49.944)), (0.8, (20.143, 6.789, 25.709))):
        for profile, score in zip(nab.PROFILES, given, strict=True):
            assert nab.score(marks, found, threshold, profile) == pytest.approx(score, abs=1e-3)


def test_one_setting_found_on_simulated_series_is_above_the_forest() -> None:
    real = nab.series()
    marks = {name: nab.Marks(len(values), windows) for name, (_, values, windows) in real.items()}
    found = {name: scores(times, values) for name, (times, values, _) in real.items()}
    assert nab.score(marks, found, SETTING) > FOREST


@pytest.fixture(scope="module")
def monitor() -> Monitor:
    names, normal = plant.run("d00")
    return learn(normal, names, plant.STEP, BUDGET)


def test_limits_and_rates_are_the_textbooks(monitor: Monitor) -> None:
    expected, model = plant.expected(), monitor.model
    assert model.components == 11
    assert model.explained == pytest.approx(expected["explained_variance_k11"])
    assert t2_limit(model) == pytest.approx(expected["T2_limit"], rel=1e-9)
    assert q_limit(model) == pytest.approx(expected["Q_limit"], rel=1e-9)
    for fault in (0, *plant.faults()):
        known = expected["by_fault_test_file"][f"{fault:02}"]
        found = distances(model, plant.run(f"d{fault:02}_te")[1][plant.ONSET if fault else 0 :])
        assert (found.t2 <= t2_limit(model)).mean() == pytest.approx(known["T2_missed_rate"], abs=1e-9)
        assert (found.q <= q_limit(model)).mean() == pytest.approx(known["Q_missed_rate"], abs=1e-9)


def test_the_normal_run_keeps_the_budget(monitor: Monitor) -> None:
    rows = plant.run("d00_te")[1]
    # two days: of 2 a week 0.57 are to be expected, so one is within it
    assert len(watch(monitor, rows).onsets) <= 1


@pytest.mark.parametrize("fault", [1, 2, 4, 6])
def test_faults_are_found_as_the_textbook_finds_them(monitor: Monitor, fault: int) -> None:
    rows = plant.run(f"d{fault:02}_te")[1]
    found = watch(monitor, rows)
    known = plant.expected()["by_fault_test_file"][f"{fault:02}"]
    assert found.alarms[plant.ONSET :].mean() >= known["T2_or_Q_alarm_rate_after_onset"] - 0.01
    began, alarmed = next(pair for pair in found.onsets if pair[1] >= plant.ONSET)
    assert alarmed <= known["first_detection_row0_6_consecutive"] + 5
    named = [one.name for one in moved(monitor.model, rows[began:])[:3]]
    assert len(set(named) & set(known["vars_with_largest_mean_shift"])) >= 2
