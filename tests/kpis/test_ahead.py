"""Points read ahead for many moments of a past are those that each moment reads by itself."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import numpy as np
import pytest

from opsconsole.kpis.ahead import Ahead
from opsconsole.kpis.cadence import apart, rolling
from opsconsole.kpis.extent import Extents
from opsconsole.kpis.points import points
from tests.kpis.plant import UTC, bound, database

SITE = """\
kpis:
  mean: {source: cycles, value: avg(qty), window: 1h}
  many: {source: cycles, value: count(*), where: scrap > 0, window: 30m}
  share: {source: cycles, value: sum(scrap) / sum(qty), window: 2h}
  made: {value: many / mean}
  day: {source: cycles, value: sum(qty), window: day}
"""
NIGHT = dt.datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
"""An hour before clocks go forward in Berlin."""
MOMENTS = [(NIGHT + dt.timedelta(minutes=23 * at)).timestamp() for at in range(-24, 30)]


@pytest.fixture(name="db", scope="module")
def _db() -> duckdb.DuckDBPyConnection:
    """Rows of some hours, then none for three, of lines that come and go; one has no name, a row no time."""
    chance = np.random.default_rng(3)
    db = database()
    rows: list[tuple[object, ...]] = []
    for minute in range(-2000, 900, 4):
        if 60 < minute < 240:
            continue
        at = (NIGHT + dt.timedelta(minutes=minute)).replace(tzinfo=None)
        line = str(chance.choice(["A", "B"])) if minute < 0 else None if minute % 5 else "C"
        rows.append((at, line, int(chance.integers(1, 9)), int(chance.integers(0, 3)), at))
    rows.append((None, "A", 4, 1, None))
    db.executemany("INSERT INTO cycles (ts, line, qty, scrap, _time) VALUES (?, ?, ?, ?, ?)", rows)
    return db


@pytest.mark.parametrize("name", ["mean", "many", "share", "made", "day"])
@pytest.mark.parametrize("by", [(), ("line",)])
@pytest.mark.parametrize("every", [None, 7200.0])
def test_each_moment_gets_what_it_would_read(
    tmp_path: Path, db: duckdb.DuckDBPyConnection, name: str, by: tuple[str, ...], every: float | None
) -> None:
    site = bound(tmp_path, SITE)
    kpi = site.kpis[name]
    ahead = Ahead(db.cursor(), site, MOMENTS)
    for moment in MOMENTS:
        now = dt.datetime.fromtimestamp(moment, UTC)
        for stretches in (apart(site, kpi, now, 20, every), rolling(site, kpi, now, 30, every)):
            found = points(db, site, kpi, stretches, by, until=now, read=ahead.read)
            wanted = points(db, site, kpi, stretches, by, until=now)
            assert (found.members, found.starts, found.ends) == (wanted.members, wanted.starts, wanted.ends)
            np.testing.assert_array_equal(found.values, wanted.values)
            np.testing.assert_array_equal(found.rows, wanted.rows)


def test_what_a_source_held_at_a_moment(tmp_path: Path, db: duckdb.DuckDBPyConnection) -> None:
    site = bound(tmp_path, SITE)
    ahead = Ahead(db.cursor(), site, MOMENTS)
    early = dt.datetime(2020, 1, 1, tzinfo=UTC)
    for now in [*(dt.datetime.fromtimestamp(each, UTC) for each in MOMENTS), early]:
        assert ahead.extents(now).of("cycles") == Extents(db, site, now).of("cycles")


def test_a_series_is_read_few_times(tmp_path: Path, db: duckdb.DuckDBPyConnection) -> None:
    class Counting:
        def __init__(self) -> None:
            self.scans = 0

        def execute(self, query: str, *more: object) -> duckdb.DuckDBPyConnection:
            self.scans += " FROM " in query
            return db.execute(query, *more)

    site = bound(tmp_path, SITE)
    cursor = Counting()
    ahead = Ahead(cursor, site, MOMENTS)
    for moment in MOMENTS:
        now = dt.datetime.fromtimestamp(moment, UTC)
        points(cursor, site, site.kpis["mean"], rolling(site, site.kpis["mean"], now, 50), until=now, read=ahead.read)
    assert cursor.scans < 5
