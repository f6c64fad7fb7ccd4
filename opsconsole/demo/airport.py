"""The airport pack: the flights that left New York in 2013, each written down when its fate is known.

A flight is known when it has landed, a cancelled one when it would have, a diverted one some hours later. The weather
follows five minutes after each full hour.
"""

from __future__ import annotations

import csv
import datetime as dt
import heapq
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from opsconsole.demo.drops import Append, Drop, Whole

TAXI = 25 * 60.0  # seconds from gate to runway and runway to gate together, on average
# Seconds after its scheduled departure at which a cancelled flight is closed. The flown ones take 188 minutes from then
# to the gate on average (median 165). Were a cancellation written at once, the newest hours would hold little else: a
# share of 90 % cancelled, while the flights that went are in the air.
CLOSED = 3 * 3600.0
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
    dates = pc.add(pc.multiply(table["month"], 100), table["day"])
    head = ",".join(table.column_names) + "\n"
    waiting: list[tuple[float, int, Append]] = []
    count = itertools.count()
    day = first
    while day.year == first.year:
        # A day at a time: a demo has to open soon, and nobody watches it for half a year.
        flights = table.filter(pc.equal(dates, day.month * 100 + day.day))
        path = f"data/flights/{day}.csv"
        for at, text in _lines(flights):
            heapq.heappush(waiting, (at, next(count), Append(at, path, text, head)))
        day += dt.timedelta(days=1)
        # New York is behind UTC: no flight of the next day is known before its date begins in UTC.
        until = dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()
        while waiting and waiting[0][0] < until:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def _lines(flights: Any) -> Iterator[tuple[float, str]]:
    """When each flight of a table is known, and its line."""
    rows = zip(*(_texts(flights[name].to_pylist()) for name in flights.column_names), strict=True)
    facts = flights.select(["time_hour", "minute", "dep_delay", "air_time"]).to_pylist()
    for fact, row in zip(facts, rows, strict=True):
        yield _known(fact), ",".join(row) + "\n"


def _known(row: dict[str, Any]) -> float:
    """When a flight's row is complete, in seconds since the epoch."""
    hour = dt.datetime.fromisoformat(row["time_hour"])
    scheduled: float = hour.timestamp() + row["minute"] * 60.0
    if row["dep_delay"] is None:
        return scheduled + CLOSED
    left: float = scheduled + row["dep_delay"] * 60.0
    flown: float | None = row["air_time"]
    return left + DIVERTED if flown is None else left + flown * 60.0 + TAXI


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
