"""The flights of 2013 as files arriving: every row once, as it is, when its fate is known."""

from __future__ import annotations

import datetime as dt
import itertools
import statistics
from pathlib import Path

import duckdb
import pytest

from opsconsole.demo.airport import CLOSED, airport
from opsconsole.demo.demo import opening
from opsconsole.demo.drops import Append, Drop, write_history
from opsconsole.demo.packs import pack

FIRST, END = dt.date(2013, 6, 17), dt.datetime(2013, 6, 26, 12, tzinfo=dt.UTC)
SEEDS = pack("airport").seeds


@pytest.fixture(scope="module")
def drops() -> list[Drop]:
    return list(itertools.takewhile(lambda drop: drop.at <= END.timestamp(), airport(SEEDS, FIRST)))


def test_in_order_of_time(drops: list[Drop]) -> None:
    times = [drop.at for drop in drops]
    assert times == sorted(times)


def test_no_flight_is_known_before_it_was_to_leave(drops: list[Drop]) -> None:
    for drop in drops:
        if isinstance(drop, Append) and "flights" in drop.path:
            hour = drop.text.strip().rsplit(",", 1)[1]
            # 43 minutes before its time is the earliest that a flight left in 2013
            assert drop.at >= dt.datetime.fromisoformat(hour).timestamp()


def test_cancelled_flights_are_known_when_they_would_have_landed(drops: list[Drop]) -> None:
    rows = [drop for drop in drops if isinstance(drop, Append) and drop.path == "data/flights/2013-06-24.csv"]
    cancelled = 0
    for drop in rows:
        cells = dict(zip(drop.head.strip().split(","), drop.text.strip().split(","), strict=True))
        if cells["dep_delay"] == "":
            cancelled += 1
            hour = dt.datetime.fromisoformat(cells["time_hour"])
            assert drop.at == hour.timestamp() + int(cells["minute"]) * 60 + CLOSED
    assert cancelled == 111


def test_a_cancelled_flight_takes_as_long_as_a_flown_one(drops: list[Drop]) -> None:
    took = []
    for drop in drops:
        if isinstance(drop, Append) and "flights" in drop.path:
            cells = dict(zip(drop.head.strip().split(","), drop.text.strip().split(","), strict=True))
            if cells["air_time"]:
                departure = dt.datetime.fromisoformat(cells["time_hour"]).timestamp() + int(cells["minute"]) * 60
                took.append(drop.at - departure)
    assert abs(statistics.median(took) - CLOSED) < 1800


def test_the_newest_hours_are_no_pile_of_cancellations(drops: list[Drop]) -> None:
    start = opening(pack("airport")).moment.timestamp()
    newest = [
        drop.text.split(",")
        for drop in drops
        if isinstance(drop, Append) and "flights" in drop.path and start - 3 * 3600.0 < drop.at <= start
    ]
    at = next(drop.head for drop in drops if isinstance(drop, Append) and "flights" in drop.path).split(",")
    cancelled = sum(row[at.index("dep_delay")] == "" for row in newest)
    assert len(newest) > 100
    assert 0 < cancelled / len(newest) < 0.1


def test_written_days_equal_the_seed(drops: list[Drop], tmp_path: Path) -> None:
    write_history(tmp_path, drops, lambda at: at)
    db = duckdb.connect()
    both = []
    for source in (f"read_csv('{tmp_path}/data/flights/*.csv')", f"'{SEEDS}/flights.parquet'"):
        db.execute(f"CREATE OR REPLACE TABLE one AS FROM {source} WHERE month = 6 AND day BETWEEN 17 AND 24")
        both.append(
            db.execute(
                "SELECT day, carrier, flight, origin, dest, coalesce(tailnum, ''), dep_time::INT, dep_delay::INT, "
                "arr_delay::INT, air_time::INT, distance, hour, minute FROM one ORDER BY ALL"
            ).fetchall()
        )
    assert both[0] == both[1]
    assert len(both[0]) == 990 + 982 + 985 + 995 + 993 + 812 + 923 + 994


def test_weather_and_names_come_too(drops: list[Drop], tmp_path: Path) -> None:
    write_history(tmp_path, drops, lambda at: at)
    assert (tmp_path / "data/reference/airlines.csv").read_bytes() == (SEEDS / "airlines.csv").read_bytes()
    db = duckdb.connect()
    found = db.execute(
        f"SELECT count(*), count(DISTINCT origin) FROM read_csv('{tmp_path}/data/weather/*.csv')"
    ).fetchone()
    assert found is not None
    assert found[0] > 9 * 24 * 3 - 30
    assert found[1] == 3
