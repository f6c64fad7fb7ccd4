"""The airport pack: the flights that left New York in 2013, each written down when its fate is known.

A flight is known when it has landed, a cancelled one at its scheduled departure, a diverted one some hours later. The
weather follows five minutes after each full hour.
"""

from __future__ import annotations

import csv
import datetime as dt
import heapq
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opsconsole.demo.drops import Append, Drop, Whole

TAXI = 25 * 60.0  # seconds from gate to runway and runway to gate together, on average
DIVERTED = 5 * 3600.0  # after its departure a flight that came down elsewhere is written off
_FIRST = dt.date(2013, 6, 17)
_WHOLE = ("airlines.csv", "airports.csv")


def airport(seeds: Path, first: dt.date = _FIRST) -> Iterator[Drop]:
    """The drops of the airport pack from a day on, in order of site time, until the data ends."""
    begin = dt.datetime.combine(first, dt.time(), dt.UTC).timestamp()
    for name in _WHOLE:
        yield Whole(begin, f"data/reference/{name}", (seeds / name).read_bytes)
    yield from heapq.merge(_flights(seeds, first), _weather(seeds, begin), key=lambda drop: drop.at)


def _flights(seeds: Path, first: dt.date) -> Iterator[Append]:
    import pyarrow.compute as pc  # heavy, and only the player needs it
    import pyarrow.parquet as pq

    table = pq.read_table(seeds / "flights.parquet")
    order = first.month * 100 + first.day
    table = table.filter(pc.greater_equal(pc.add(pc.multiply(table["month"], 100), table["day"]), order))
    names = table.column_names
    head = ",".join(names) + "\n"
    rows = zip(*(_texts(table[name].to_pylist()) for name in names), strict=True)
    known = [_known(row) for row in table.select(["time_hour", "minute", "dep_delay", "air_time"]).to_pylist()]
    drops = [
        Append(at, f"data/flights/2013-{int(row[1]):02d}-{int(row[2]):02d}.csv", ",".join(row) + "\n", head)
        for at, row in zip(known, rows, strict=True)
    ]
    yield from sorted(drops, key=lambda drop: drop.at)


def _known(row: dict[str, Any]) -> float:
    """When a flight's row is complete, in seconds since the epoch."""
    hour = dt.datetime.fromisoformat(row["time_hour"])
    scheduled = hour.timestamp() + row["minute"] * 60.0
    if row["dep_delay"] is None:
        return scheduled
    left = scheduled + row["dep_delay"] * 60.0
    return left + DIVERTED if row["air_time"] is None else left + row["air_time"] * 60.0 + TAXI


def _texts(values: list[Any]) -> list[str]:
    """Cells of a CSV file; whole numbers without a fraction, nothing for what is missing."""
    return ["" if value is None else f"{value:g}" if isinstance(value, float) else str(value) for value in values]


def _weather(seeds: Path, begin: float) -> Iterator[Append]:
    with (seeds / "weather.csv").open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        head = next(reader)
        at = head.index("time_hour")
        rows = [(dt.datetime.fromisoformat(row[at]).timestamp() + 300.0, row) for row in reader]
    for moment, row in sorted(item for item in rows if item[0] >= begin):
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(row)
        yield Append(moment, f"data/weather/2013-{int(row[2]):02d}.csv", line.getvalue(), ",".join(head) + "\n")
