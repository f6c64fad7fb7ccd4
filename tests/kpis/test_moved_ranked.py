"""What moved a KPI, over all its dimensions: the one that did it first, the small held back, and how sure it is."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.moved import Moving, moved
from tests.kpis.test_moved import NOON, ROWS, SITE, bound, filled


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Binding:
    return bound(tmp_path_factory.mktemp("ranked"), SITE)


@pytest.fixture(name="plant", scope="module")
def _plant() -> duckdb.DuckDBPyConnection:
    """Two hours of three lines and two stations: line 3 scraps three times as much in the second; line 9 has 4 rows."""
    rng = np.random.default_rng(5)
    rows: ROWS = []
    for minute in range(1, 120):
        for line in ("1", "2", "3"):
            share = 0.12 if line == "3" and minute <= 60 else 0.04
            rows.append((line, 1 + minute % 2, 200, int(rng.binomial(200, share)), minute, None))
    rows += [("9", 1, 200, 190, minute, None) for minute in (5, 15, 70, 80)]
    return filled(rows)


def told(site: Binding, plant: duckdb.DuckDBPyConnection, kpi: str = "scrap_ratio") -> Moving:
    return moved(plant, site, kpi, {}, NOON)


def test_the_member_that_did_it_is_first_of_all_dimensions(site: Binding, plant: duckdb.DuckDBPyConnection) -> None:
    found = told(site, plant)
    assert [each.by for each in found.dimensions] == ["line", "station"]
    assert (found.ranked[0].by, found.ranked[0].member) == ("line", "3")
    line, station = found.dimensions
    assert line.explains is not None
    assert line.explains > 0.4
    assert station.even
    assert not line.even


def test_members_with_few_rows_are_held_back(site: Binding, plant: duckdb.DuckDBPyConnection) -> None:
    line = told(site, plant).dimensions[0]
    assert {each.name: each.held for each in line.movers} == {"1": False, "2": False, "3": False, "9": True}
    small = line.movers[-1]
    assert (small.name, small.rows, small.previous_rows) == ("9", 2, 2)
    assert all(each.member != "9" for each in told(site, plant).ranked)


def test_each_part_has_its_interval(site: Binding, plant: duckdb.DuckDBPyConnection) -> None:
    movers = {each.name: each for each in told(site, plant).dimensions[0].movers}
    assert movers["3"].low is not None
    assert movers["3"].high is not None
    assert 0 < movers["3"].low < 100 * 0.08 / 3 < movers["3"].high
    for name in ("1", "2"):
        assert movers[name].low is not None
        assert movers[name].high is not None
        assert movers[name].low < 0 < movers[name].high


def test_what_does_not_add_up_has_no_order(site: Binding, plant: duckdb.DuckDBPyConnection) -> None:
    found = told(site, plant, "typical")
    assert found.ranked == []
    assert [(each.explains, each.even) for each in found.dimensions] == [(None, False)]
    assert all(mover.low is None for mover in found.dimensions[0].movers)
