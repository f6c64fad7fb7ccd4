"""Simulated operations whose truth is known."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from opsconsole.insight.flow import Log, read_events
from opsconsole.insight.flow.shifting import Period

START = dt.datetime(2026, 6, 1)


def serial_line(means: list[float], parts: int, *, buffer: int = 2, seed: int = 1) -> list[Period]:
    """The active periods of a line of stations with small buffers in between; service times are uniform ± 40 %.

    A station starts a part when it has one and is free; it stays blocked, and not active, while the buffer behind it is
    full. Stations are named s0, s1, …
    """
    chance = np.random.default_rng(seed)
    service = np.asarray(means) * chance.uniform(0.6, 1.4, size=(parts, len(means)))
    left = np.zeros((parts, len(means)))
    periods: list[Period] = []
    for part in range(parts):
        for station in range(len(means)):
            here = left[part, station - 1] if station else 0.0
            free = left[part - 1, station] if part else 0.0
            begun = max(here, free)
            over = begun + service[part, station]
            periods.append((f"s{station}", float(begun), float(over)))
            ahead = part - buffer - 1
            room = left[ahead, station + 1] if station + 1 < len(means) and ahead >= 0 else 0.0
            left[part, station] = max(over, room)
    return periods


def office(cases: int, *, seed: int = 1, slow: float = 1.0, slow_from: float = np.inf) -> Log:
    """Cases through check, decide and send, exponential times in hours; a third goes back from decide to check once.

    What begins after `slow_from` hours takes three times as long.
    """
    chance = np.random.default_rng(seed)
    rows: list[tuple[str, str, dt.datetime]] = []
    begun = np.cumsum(chance.exponential(2.0, cases))
    for case in range(cases):
        at = float(begun[case])
        stages = [("open", 0.0), ("check", 10.0), ("decide", 20.0 * slow)]
        if chance.random() < 1 / 3:
            stages += [("check", 10.0), ("decide", 20.0 * slow)]
        for stage, mean in [*stages, ("send", 5.0)]:
            at += float(chance.exponential(mean)) * (3 if at >= slow_from else 1) if mean else 0.0
            rows.append((f"c{case:05}", stage, START + dt.timedelta(hours=at)))
    frame = pl.DataFrame(rows, schema=["case", "activity", "time"], orient="row")
    return read_events(frame, case="case", activity="activity", time="time")
