"""Anomalies scored: on the Numenta benchmark's real series, on simulated ones, and on the Tennessee Eastman plant.

    OPSCONSOLE_DATA=… python -m tests.reference.score_anomaly

`SETTING` is the threshold that was best on the simulated series (`tests.insight.anomaly.simulated.corpus`, seed 3, four
rounds); no label of a real series had a say in it.
"""

from __future__ import annotations

import time

import numpy as np

from opsconsole.insight.anomaly.detector import detect
from opsconsole.insight.anomaly.monitor import learn, moved, watch
from opsconsole.insight.anomaly.pca import distances, q_limit, t2_limit
from opsconsole.insight.anomaly.scorer import scores
from tests.insight.anomaly.simulated import QUIET, corpus, quiet
from tests.reference import nab, plant

SETTING = 0.28
BUDGET = 2.0


def streams() -> None:
    """Real and simulated series by the benchmark's score."""
    real = nab.series()
    marks = {name: nab.Marks(len(values), windows) for name, (_, values, windows) in real.items()}
    began = time.process_time()
    found = {name: scores(times, values) for name, (times, values, _) in real.items()}
    points = sum(len(values) for _, values, _ in real.values())
    print(f"{(time.process_time() - began) / points * 1e6:.1f} µs CPU a point")
    out = nab.left_out(marks, found)
    print(f"{'series':45}{'left out':>9}{'at':>7}{'one setting':>13} at {SETTING}")
    for name, one in marks.items():
        alone = {name: one}
        print(
            f"{name:45}{nab.mean_score(alone, found, out):9.1f}{out[name]:7.3f}{nab.score(alone, found, SETTING):13.1f}"
        )
    print(f"{'all':45}{nab.mean_score(marks, found, out):9.1f}{'':7}{nab.score(marks, found, SETTING):13.1f}")
    for profile in nab.PROFILES:
        best = nab.best_threshold(marks, found, profile)
        print(f"{profile}: best in hindsight {nab.score(marks, found, best, profile):.1f} at {best:.3f}")
    simulated = corpus(3, rounds=4)
    marks = {name: nab.Marks(len(values), windows) for name, (_, values, windows) in simulated.items()}
    found = {name: scores(times, values) for name, (times, values, _) in simulated.items()}
    best = nab.best_threshold(marks, found)
    print(
        f"simulated: {nab.score(marks, found, best):.1f} at {best:.3f}, "
        f"{nab.score(marks, found, SETTING):.1f} at {SETTING}"
    )


def budget(weeks: int = 12) -> None:
    """False alarms a week on quiet streams, for budgets of one, two and seven."""
    for step in (600.0, 3600.0):
        for kind in QUIET:
            times, values = quiet(kind, int(weeks * 604800 / step), step, 21)
            rates = [detect(times, values, float(wanted)).alarms.sum() / weeks for wanted in (1, 2, 7)]
            print(f"every {step:5.0f} s {kind:8} " + "  ".join(f"{rate:.2f}" for rate in rates) + "  of 1, 2, 7 a week")


def many() -> None:
    """The plant: textbook figures, budget, detection, and the variables named."""
    names, normal = plant.run("d00")
    expected = plant.expected()
    monitor = learn(normal, names, plant.STEP, BUDGET)
    model = monitor.model
    print(f"{model.components} components; T² {t2_limit(model):.3f}, Q {q_limit(model):.3f} by theory;", end=" ")
    print(f"held out {monitor.t2_limit:.3f}, {monitor.q_limit:.3f}; index {monitor.threshold:.3f}")
    for fault in (0, *plant.faults()):
        rows = plant.run(f"d{fault:02}_te")[1]
        begin = plant.ONSET if fault else 0
        known = expected["by_fault_test_file"][f"{fault:02}"]
        seen, found = watch(monitor, rows), distances(model, rows)
        onset = next((pair for pair in seen.onsets if pair[1] >= begin), None)
        named = [one.name for one in moved(model, rows[onset[0] :])[:3]] if onset else []
        print(
            f"{fault:2} missed T² {(found.t2[begin:] <= t2_limit(model)).mean():.4f} ({known['T2_missed_rate']:.4f})"
            f" Q {(found.q[begin:] <= q_limit(model)).mean():.4f} ({known['Q_missed_rate']:.4f});"
            f" rows alarmed {np.mean(seen.alarms[begin:]):.4f}, alarms {len(seen.onsets)}, first {onset},"
            f" named {' '.join(named)}: {len(set(named) & set(known['vars_with_largest_mean_shift']))} of 3"
        )


if __name__ == "__main__":
    streams()
    budget()
    many()
