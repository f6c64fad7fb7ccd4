"""Streams as operations have them, with anomalies planted in them or without. Seeded.

The setting of the scorer was chosen on these, so that it owes nothing to the labels of any public set.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labelled = tuple[Array, Array, list[tuple[int, int]]]
"""Times, values, and the first and last point of each window around an anomaly."""

DAY = 86400.0
QUIET = ("white", "ar0.5", "ar0.9", "ar0.99", "season", "weekly", "counts", "heavy", "ratio", "sparse")
KINDS = "cpu_spiky seasonal_day ar counts flat_steps daily_weekly ratio heavy latency temp_walk toggles sparse".split()
ANOMALIES = "spike level dropout variance season_lost drift burst flatline".split()


def autoregressive(chance: np.random.Generator, count: int, memory: float, size: float = 1.0) -> Array:
    """x_i = memory · x_(i−1) + normal noise."""
    noise, values = chance.normal(size=count) * size, np.zeros(count)
    for at in range(1, count):
        values[at] = memory * values[at - 1] + noise[at]
    return values


def quiet(kind: str, count: int, step: float, seed: int) -> tuple[Array, Array]:
    """Times and values of a stream in which nothing happens."""
    chance = np.random.default_rng(seed)
    times = 1.4e9 + np.arange(count) * step
    day = np.sin(2 * np.pi * times / DAY)
    noise = chance.normal(size=count)
    if kind.startswith("ar"):
        return times, autoregressive(chance, count, float(kind[2:]))
    weekend = np.where((times // DAY) % 7 >= 5, 0.4, 1.0)
    values = {
        "white": noise,
        "season": 10 + 4 * day + noise / 2,
        "weekly": (100 + 60 * day) * weekend + 8 * noise,
        "counts": chance.poisson(np.maximum(0.3, 5 + 4 * day)),
        "heavy": chance.standard_t(3, count),
        "ratio": np.clip(0.97 + 0.02 * noise, 0, 1),
        "sparse": np.where(chance.random(count) < 0.03, chance.exponential(5, count), 0.0),
    }[kind]
    return times, np.asarray(values, float)


def corpus(seed: int, rounds: int = 1) -> dict[str, Labelled]:
    """`rounds` streams of each kind with one to three anomalies each, windows a tenth of the stream in all."""
    chance = np.random.default_rng(seed)
    return {f"{kind}_{turn}": _labelled(chance, kind) for turn in range(rounds) for kind in KINDS}


def _labelled(chance: np.random.Generator, kind: str) -> Labelled:
    count, step = {"daily_weekly": (6000, 1800), "temp_walk": (6000, 3600)}.get(kind, (4032, 300))
    times = 1.4e9 + np.arange(count) * float(step)
    values = _values(chance, kind, times)
    many = int(chance.integers(1, 4))
    width, spans = int(0.1 * count / many), []
    size = float(np.median(np.abs(np.diff(values))) + 0.3 * values.std() + 1e-9)
    for tenth in np.sort(chance.choice(np.arange(3, 10), many, replace=False)):
        centre = min(int((tenth + chance.uniform(0.2, 0.8)) * count / 10), count - width // 2 - 2)
        length = int(chance.uniform(0.1, 0.45) * width) + 3
        _plant(chance, str(chance.choice(ANOMALIES)), values, centre, length, size)
        spans.append((centre - width // 2, centre + width // 2))
    return times, values, spans


def _values(chance: np.random.Generator, kind: str, times: Array) -> Array:
    count = len(times)
    day, noise = 2 * np.pi * (times % DAY) / DAY, chance.normal(size=count)
    weekend = np.where((times // DAY) % 7 >= 5, 0.7, 1.0)
    if kind == "seasonal_day":
        slow = autoregressive(chance, count, 0.8, 2)
        return 100 + 40 * np.sin(day) + 15 * np.sin(2 * day + 1) + 6 * noise + slow
    if kind == "ar":
        return 50 + autoregressive(chance, count, 0.97)
    if kind == "daily_weekly":
        slow = autoregressive(chance, count, 0.9, 25)
        return (1000 + 600 * np.sin(day - 1.9) + 250 * np.sin(2 * day)) * weekend + 60 * noise + slow
    if kind == "temp_walk":
        return 70 + 4 * np.sin(day) + autoregressive(chance, count, 0.995, 0.35) + noise / 2
    if kind == "toggles":
        period = int(chance.integers(40, 60))
        return np.where((np.arange(count) // period) % 2 == 0, 20.0, 60.0) + 1.5 * noise
    rare, large = chance.random(count), chance.exponential(1.0, count)
    plain: dict[str, Array] = {
        "cpu_spiky": 40 + 3 * noise + np.where(rare < 0.01, 15 * large, 0),
        "counts": chance.poisson(np.maximum(0.2, 8 + 7 * np.sin(day))).astype(float),
        "flat_steps": np.round(30 + 0.3 * noise),
        "ratio": np.clip(0.93 + 0.03 * np.sin(day) + 0.02 * noise, 0, 1),
        "heavy": 20 + 2 * chance.standard_t(3, count),
        "latency": np.exp(3 + 0.25 * noise + 0.1 * np.sin(day)),
        "sparse": np.where(rare < 0.05, 5 * large, 0.0),
    }
    return plain[kind]


def _plant(chance: np.random.Generator, anomaly: str, values: Array, start: int, length: int, size: float) -> None:
    """Change the values from `start` on, for about `length` points."""
    sign, much = chance.choice([-1, 1]), chance.uniform(3, 7) * size
    part = values[start : start + length]
    if anomaly == "spike":
        part[: int(chance.integers(1, 4))] += sign * much * 1.5
    elif anomaly == "level":
        values[start : len(values) if chance.random() < 0.3 else start + length] += sign * much * 0.7
    elif anomaly == "dropout":
        part[:] = values.min() if chance.random() < 0.5 else 0.0
    elif anomaly == "variance":
        part += chance.normal(size=len(part)) * much * 0.6
    elif anomaly == "season_lost":
        part[:] = values.mean() + chance.normal(size=len(part)) * size * 0.3
    elif anomaly == "drift":
        part += sign * np.linspace(0, 1.2 * much, len(part))
    elif anomaly == "burst":
        part += np.abs(chance.normal(size=len(part))) * much * (chance.random(len(part)) < 0.3)
    else:
        part[:] = part[0]
