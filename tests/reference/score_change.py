"""How often the interval of a change's effect holds what was planted, and how often help is claimed where none was.

    python -m tests.reference.score_change [RUNS]

Prints a line for each length, place of the change, season and noise: the share of runs (of 1,000, unless told) in which
the 95 % interval covers the planted mean effect, level, slope and effect now; and the share in which `helped` would be
said of series without an effect. With 1,000 runs a share of 95 % is known to 1.4 points.
"""

from __future__ import annotations

import sys

import numpy as np

from opsconsole.insight.change.breaks import change_points
from opsconsole.insight.change.effect import effect, intervals
from tests.insight.change.noises import noise, planted

_LENGTHS = (
    (24, 14, 0), (30, 18, 0), (40, 20, 0), (40, 30, 0), (60, 30, 0), (60, 48, 0), (60, 18, 0), (60, 30, 7),
    (90, 45, 7), (120, 60, 0), (120, 100, 12), (240, 120, 24), (300, 200, 7),
)  # fmt: skip
_NOISES = (
    ("ar1", -0.3), ("ar1", 0.0), ("ar1", 0.15), ("ar1", 0.3), ("ar1", 0.6), ("ar1", 0.8), ("ar1", 0.95),
    ("ar2", 0.6), ("ma1", 0.6), ("wander", 0.9), ("heavy", 0.3),
)  # fmt: skip
_LEVEL, _SLOPE = -1.0, -0.02


def coverage(
    points: int, at: int, season: int, kind: str, phi: float, runs: int, seed: int
) -> tuple[list[float], float]:
    """The share of runs in which the intervals of mean, level, slope and now hold the planted effect; and the share in
    which `helped` would be said without an effect."""
    rng = np.random.default_rng([seed, points, at])
    drawn = noise(kind, phi, (runs, points), rng)
    series = drawn + planted(points, at, _LEVEL, _SLOPE, season)
    seasons = (season,) if season else ()
    _, low, high = intervals(series, at, seasons=seasons)
    near = min(points - at, at // 2)
    truth = [_LEVEL + _SLOPE * (near - 1) / 2, _LEVEL, _SLOPE, _LEVEL + _SLOPE * (points - 1 - at)]
    held = [(low[:, i] <= true) & (true <= high[:, i]) for i, true in enumerate(truth)]
    # the estimates move with what is planted, so that without it the interval lies where this one does around the truth
    claimed = float((high[:, 0] - truth[0] < 0).mean())
    return [float(each.mean()) for each in held], claimed


def helped(points: int, at: int, phi: float, runs: int, level: float, seed: int = 5) -> dict[str, float]:
    """The share of each verdict of `effect` on AR(1) series with a step of `level`; lower is better."""
    rng = np.random.default_rng([seed, points, at])
    series = noise("ar1", phi, (runs, points), rng) + planted(points, at, level, 0.0)
    said = [effect(row, at, better="lower").verdict for row in series]
    return {verdict: said.count(verdict) / runs for verdict in ("helped", "worse", "cannot tell")}


def false_change_points(points: int, phi: float, runs: int, seed: int = 3) -> float:
    """The share of AR(1) series without a change in which one is found."""
    rng = np.random.default_rng([seed, points])
    return sum(bool(change_points(row).found) for row in noise("ar1", phi, (runs, points), rng)) / runs


def found_change_points(points: int, phi: float, step: float, runs: int, seed: int = 4) -> tuple[float, float]:
    """The share of series with one step (in standard deviations) in which it is found; of those, the share whose
    dates hold the true one."""
    rng = np.random.default_rng([seed, points])
    at = points // 2
    series = noise("ar1", phi, (runs, points), rng) * np.sqrt(1 - phi**2)
    series[:, at:] += step
    hits = [[each for each in change_points(row).found if abs(each.at - at) <= points // 10] for row in series]
    dated = [any(each.first <= at <= each.last for each in found) for found in hits if found]
    return sum(map(bool, hits)) / runs, sum(dated) / max(len(dated), 1)


def main(runs: int = 1000) -> None:
    """Prints the tables."""
    print("coverage of 95 % intervals in % of runs: mean level slope now; helped without an effect in %")
    for points, at, season in _LENGTHS:
        for kind, phi in _NOISES:
            held, claimed = coverage(points, at, season, kind, phi, runs, 1)
            shares = " ".join(f"{100 * each:5.1f}" for each in held)
            print(
                f"n={points:<4}at={at:<4}season={season:<3}{kind:>7} {phi:5.2f}:  {shares}   {100 * claimed:4.1f}",
                flush=True,
            )
    few = max(runs // 5, 20)
    print(f"verdicts of effect() in % of {few} runs, lower is better")
    for points, at in ((40, 28), (60, 30), (120, 90)):
        for phi in (0.0, 0.3, 0.6):
            for level in (0.0, -1.0, -2.0, 2.0):
                said = helped(points, at, phi, few, level)
                words = ", ".join(f"{name} {100 * share:.1f}" for name, share in said.items())
                print(f"n={points:<4}at={at:<4}phi={phi} step={level:4.1f}: {words}", flush=True)
    print("change points: false in % of series without one; found, and dates that hold the true one, for a step")
    for points in (40, 100, 300):
        for phi in (0.0, 0.3, 0.6, 0.9):
            false = false_change_points(points, phi, few)
            ways = "  ".join(
                "{:.0f}/{:.0f}".format(*(100 * each for each in found_change_points(points, phi, step, few)))
                for step in (1.0, 2.0, 3.0)
            )
            print(f"n={points:<4}phi={phi}: false {100 * false:4.1f}   steps of 1, 2, 3 sd: {ways}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
