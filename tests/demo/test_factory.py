"""The simulated plant: the same for the same seed, in order of time, and its seconds add up."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from opsconsole.demo.drops import Append, Drop, Whole
from opsconsole.demo.factory import factory
from opsconsole.demo.packs import pack
from opsconsole.demo.plant import BEGIN, LINES, STATIONS, TRAY, local, next_shift_start, shift_name
from opsconsole.site.parse import load_site
from tests.demo.plantfiles import at, drops_until, tables, write_until

DIGEST = """
import hashlib, itertools
from opsconsole.demo.factory import factory
digest = hashlib.sha256()
for drop in itertools.islice(factory({seed}), 20000):
    digest.update(repr((drop.at, drop.path, getattr(drop, "text", ""))).encode())
print(digest.hexdigest())
"""


def digest(seed: int, hash_seed: str = "0") -> str:
    done = subprocess.run(
        [sys.executable, "-c", DIGEST.format(seed=seed)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_same_seed_same_bytes() -> None:
    assert digest(7, "1") == digest(7, "2") != digest(8, "1")


def test_files_of_one_seed_are_equal(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        write_until(tmp_path / name, at(12), drops_until(at(12)))
        paths = sorted((tmp_path / name).rglob("*.[cj]s*"))
        found.append([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths])
    assert found[0] == found[1]
    assert len(found[0]) == 8


@pytest.fixture(scope="module")
def drops() -> list[Drop]:
    return drops_until(at(15))


@pytest.fixture(scope="module")
def db(drops: list[Drop], tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    root = tmp_path_factory.mktemp("plant")
    write_until(root, at(15), drops)
    return tables(root)


def test_in_order_of_time(drops: list[Drop]) -> None:
    times = [drop.at for drop in drops]
    assert times == sorted(times)
    assert BEGIN <= times[0] < BEGIN + 600


def test_kinds_of_files(drops: list[Drop]) -> None:
    kinds = {(type(drop), Path(drop.path).suffix) for drop in drops}
    assert kinds == {(Append, ".csv"), (Append, ".jsonl"), (Whole, ".parquet"), (Whole, ".xlsx")}


def test_every_second_of_a_station_is_accounted_for(db: duckdb.DuckDBPyConnection) -> None:
    rows = db.execute("SELECT line, station, sum(busy_s), max(ts), min(ts) FROM cycles GROUP BY ALL").fetchall()
    assert len(rows) == len(LINES) * len(STATIONS)
    begin = local(BEGIN).replace(tzinfo=None)
    for line, station, busy, last, _ in rows:
        assert busy == pytest.approx((last - begin).total_seconds(), abs=3), (line, station)


def test_states_and_quantities_fit(db: duckdb.DuckDBPyConnection) -> None:
    odd = db.execute(
        "SELECT count(*) FROM cycles WHERE scrap > qty OR qty > $1 OR busy_s <= 0 OR cycle_s > busy_s + 0.05 "
        "OR (state = 'run') <> (cycle_s > 0) OR (state = 'run') <> (qty > 0) "
        "OR state NOT IN ('run', 'down', 'setup', 'idle')",
        [TRAY],
    ).fetchone()
    assert odd == (0,)


def test_done_of_an_order_is_what_paint_made(db: duckdb.DuckDBPyConnection) -> None:
    rows = db.execute(
        'SELECT "order", done, (SELECT sum(qty - scrap) FROM cycles AS c WHERE c."order" = o."order" '
        "AND station = 'paint' AND state = 'run') FROM orders AS o WHERE event = 'finished'"
    ).fetchall()
    assert len(rows) > 200
    # an emptied tray goes on with one piece, so that the next station has something to do
    assert [row for row in rows if abs(row[1] - row[2]) > 1] == []


def test_shifts() -> None:
    def text(hour: int) -> str:
        return shift_name(at(hour).replace(tzinfo=local(BEGIN).tzinfo).timestamp())

    assert [text(hour) for hour in (5, 6, 13, 14, 21, 22)] == ["Night", "Early", "Early", "Late", "Late", "Night"]
    starts = list(itertools.accumulate(range(3), lambda start, _: next_shift_start(start), initial=BEGIN))
    assert [local(start).hour for start in starts] == [6, 14, 22, 6]


def test_goes_on_across_the_end_of_summer_time() -> None:
    # no wall clock is skipped or run twice: 25 October 2026 has 25 hours
    before = dt.datetime(2026, 10, 24, 22, tzinfo=local(BEGIN).tzinfo).timestamp()
    assert next_shift_start(before) - before == 9 * 3600


def test_endless() -> None:
    assert sum(1 for _ in itertools.islice(factory(1), 100_000)) == 100_000


HAND_WRITTEN = {
    "oee": "100 * sum(planned_s) / sum(busy_s) * sum(qty - scrap) / sum(qty)",
    "availability": "100 * sum(cycle_s) / sum(busy_s)",
    "effectiveness": "100 * sum(planned_s) / sum(cycle_s)",
    "quality_ratio": "100 * sum(qty - scrap) / sum(qty)",
    "scrap_ratio": "100 * sum(scrap) / sum(qty)",
}


@pytest.mark.parametrize("name", HAND_WRITTEN)
def test_what_the_site_takes_from_the_library_is_what_the_columns_say(db: duckdb.DuckDBPyConnection, name: str) -> None:
    """The planned seconds of a row are PRU × PQ already, and are taken apart and put together again."""
    site = load_site(pack("factory").layouts).site
    assert site is not None
    kpi = site.kpis[name]
    assert kpi.use.startswith("iso22400.")
    query = f"SELECT line, station, {kpi.value}, {HAND_WRITTEN[name]} FROM cycles GROUP BY CUBE (line, station)"
    rows = db.execute(query).fetchall()
    assert len(rows) == (len(LINES) + 1) * (len(STATIONS) + 1)
    for line, station, found, expected in rows:
        assert found == pytest.approx(expected, rel=1e-9), (line, station)
        assert 0 < found < 100
