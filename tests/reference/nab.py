"""The Numenta benchmark's score (NAB 1.1) over arrays, and its series with their windows.

The scorer that lies beside the data gives the same figures; it needs pandas. Each window is worth up to 1, the more
the earlier it is met; an alarm outside costs up to `false` of it, less shortly after a window; a window missed costs
`missed`. The first 15 % of a series, 750 points at most, count for nothing. 0 is a detector that never alarms, 100 one
that meets each window at its first point.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping
from math import exp
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DATA = Path(os.environ.get("OPSCONSOLE_DATA", "")) / "nab_known_cause"
Array = NDArray[np.float64]
Labelled = tuple[Array, Array, list[tuple[int, int]]]
"""Times, values, first and last point of each window."""
PROFILES = {"standard": (0.11, 1.0), "reward_low_FP_rate": (0.22, 1.0), "reward_low_FN_rate": (0.11, 2.0)}
"""What a false alarm and a missed window cost."""


def series() -> dict[str, Labelled]:
    """The series by name; times in seconds of their own clock."""
    return {
        name.split("/")[1].removesuffix(".csv"): _one(DATA / "data" / name, windows)
        for name, windows in json.loads((DATA / "labels" / "combined_windows.json").read_text()).items()
    }


def _one(path: Path, windows: list[list[str]]) -> Labelled:
    with path.open() as file:
        rows = list(csv.DictReader(file))
    stamps = np.array([row["timestamp"] for row in rows], "datetime64[s]")
    values = np.array([float(row["value"]) for row in rows])

    def at(text: str) -> int:
        return int(np.flatnonzero(stamps == np.datetime64(text[:19].replace(" ", "T"), "s"))[0])

    return stamps.astype(np.int64).astype(float), values, [(at(first), at(last)) for first, last in windows]


class Marks:
    """What an alarm at each point of a series is worth before weights, and which window it lies in (−1: none)."""

    def __init__(self, count: int, windows: list[tuple[int, int]]) -> None:
        self.probation = int(min(0.15 * count, 750))
        self.window = np.full(count, -1)
        self.worth = np.full(count, -1.0)
        for number, (first, last) in enumerate(windows):
            length = last - first + 1
            inside = np.arange(first, last + 1)
            self.window[inside] = number
            self.worth[inside] = [_sigmoid(-(last - point + 1) / length) / _sigmoid(-1.0) for point in inside.tolist()]
            end = windows[number + 1][0] if number + 1 < len(windows) else count
            after = np.arange(last + 1, end)
            self.worth[after] = [_sigmoid((point - last) / (last - first)) for point in after.tolist()]
        self.live = sorted({int(number) for number in self.window[self.probation :]} - {-1})

    def raw(self, scores: Array, threshold: float, false: float, missed: float) -> float:
        """The sum of what the alarms are worth less what was missed."""
        alarms = scores >= threshold
        alarms[: self.probation] = False
        total = false * float(self.worth[alarms & (self.window < 0)].sum())
        for number in self.live:
            met = alarms & (self.window == number)
            total += float(self.worth[met].max()) if met.any() else -missed
        return total


def _sigmoid(place: float) -> float:
    return -1.0 if place > 3 else 2 / (1 + exp(5 * place)) - 1


def score(
    marks: Mapping[str, Marks], scores: Mapping[str, Array], threshold: float, profile: str = "standard"
) -> float:
    """The benchmark's score of these series at one threshold."""
    return mean_score(marks, scores, dict.fromkeys(marks, threshold), profile)


def mean_score(
    marks: Mapping[str, Marks], scores: Mapping[str, Array], thresholds: Mapping[str, float], profile: str = "standard"
) -> float:
    """The benchmark's score of these series, each at a threshold of its own."""
    false, missed = PROFILES[profile]
    raw = sum(one.raw(scores[name], thresholds[name], false, missed) for name, one in marks.items())
    windows = sum(len(one.live) for one in marks.values())
    return 100 * (raw + windows * missed) / (windows * (1 + missed))


def best_threshold(marks: Mapping[str, Marks], scores: Mapping[str, Array], profile: str = "standard") -> float:
    """The threshold with the highest score on these series, to three digits."""
    return max(np.arange(0.05, 1.0, 0.005).tolist(), key=lambda level: score(marks, scores, level, profile))


def left_out(marks: Mapping[str, Marks], scores: Mapping[str, Array], profile: str = "standard") -> dict[str, float]:
    """For each series the threshold that was best on the others."""
    return {
        name: best_threshold({other: one for other, one in marks.items() if other != name}, scores, profile)
        for name in marks
    }
