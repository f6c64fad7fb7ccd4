"""The factory as it is when nothing is wrong: lines, stations, products, shifts, and what they make of time."""

from __future__ import annotations

import datetime as dt

from opsconsole.demo.incidents import BURST, DRIFT, ZONE, seconds

BEGIN = seconds(dt.datetime(2026, 6, 21, 6, 0))
LINES = (1, 2, 3, 4)
STATIONS = ("cut", "press", "weld", "paint")
TRAY = 6  # pieces that go from station to station together
BUFFER = 5  # trays that fit between two stations
PLAN = 0.84  # the share of the ideal output that planning counts on

# Planned run time per piece (PRU of ISO 22400) in seconds, by product and station.
PRODUCTS: dict[str, tuple[float, float, float, float]] = {
    "K1": (16.5, 17.0, 17.5, 17.2),
    "K2": (17.0, 17.4, 18.2, 17.6),
    "K3": (15.8, 16.4, 17.0, 16.5),
    "M5": (17.6, 17.8, 18.4, 18.0),
}
PACE = {1: 1.03, 2: 1.045, 3: 1.035, 4: 1.01}  # actual over planned run time of a line
SCRAP = {"cut": 0.003, "press": 0.006, "weld": 0.005, "paint": 0.004}
STOP_REASONS = {
    "cut": ("blade change", "jam", "no material"),
    "press": ("jam", "sensor", "die cleaning"),
    "weld": ("wire feed", "tip cleaning", "sensor"),
    "paint": ("nozzle", "filter", "no material"),
}
SHIFTS = (("Early", 6), ("Late", 14), ("Night", 22))


def local(at: float) -> dt.datetime:
    """Seconds since the epoch as the factory's aware local time."""
    return dt.datetime.fromtimestamp(at, ZONE)


def stamp(at: float) -> str:
    """Naive local time to the second, as the machines write it."""
    return local(at).strftime("%Y-%m-%d %H:%M:%S")


def shift_name(at: float) -> str:
    """The shift at a moment."""
    hour = local(at).hour
    return "Early" if 6 <= hour < 14 else "Late" if 14 <= hour < 22 else "Night"


def next_shift_start(at: float) -> float:
    """The first shift start after a moment."""
    here = local(at)
    for days in (0, 1):
        for hour in sorted(start for _, start in SHIFTS):
            start = dt.datetime.combine(here.date() + dt.timedelta(days), dt.time(hour), ZONE).timestamp()
            if start > at:
                return start
    raise AssertionError("a day has three shift starts")


def slowness(line: int, station: str, at: float) -> float:
    """By what factor a station is slower than it should be: the planted drift, else 1."""
    if (str(line), station) != (DRIFT.labels["line"], DRIFT.labels["station"]) or not DRIFT.within(at):
        return 1.0
    hours = (at - seconds(DRIFT.begins)) / 3600.0
    return 1.0 + min(0.32, 0.058 * hours)


def scrap_chance(line: int, station: str, at: float) -> float:
    """The chance that a station spoils a piece."""
    here = (str(line), station) == (BURST.labels["line"], BURST.labels["station"])
    return 0.25 if here and BURST.within(at) else SCRAP[station]
