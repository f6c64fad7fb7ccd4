"""Points that are kept from look to look equal those that are read at once, whatever comes, changes or goes between."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from msgspec.structs import replace

from opsconsole.engine.insight import kept_points
from opsconsole.engine.insight.charts import KeptCharts, charts
from opsconsole.engine.insight.kept_points import KeptPoints
from opsconsole.engine.insight.outlook import Outlooks
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.cadence import Stretches, apart, rolling
from opsconsole.kpis.nature import question
from opsconsole.kpis.points import Points, leaf_points, points
from opsconsole.tables import touched
from tests.kpis.plant import NOON, bound, database

SITE = """\
kpis:
  cost: {source: cycles, value: avg(cost), window: 1h}
  cycles: {source: cycles, value: count(*), window: 1h}
  scrap: {source: cycles, value: 100 * sum(scrap) / sum(qty), window: 6h, better: lower, critical: 5}
  most: {source: cycles, value: max(cost), where: station = 1, window: 1d}
"""
KPIS = ("cost", "cycles", "scrap", "most")
INSERT = "INSERT INTO cycles (ts, line, station, qty, scrap, cost, _time) VALUES (?, ?, ?, ?, ?, ?, ?)"


class Floor:
    """A table that rows come into, late ones too, and are taken from, with what was touched noted."""

    def __init__(self, seed: int) -> None:
        self.chance = np.random.default_rng(seed)
        self.db = database()
        self.db.execute("SET TimeZone = 'UTC'")
        self.db.execute("CREATE SCHEMA _ops")
        self.db.execute("CREATE TABLE _ops.touched (source VARCHAR, first TIMESTAMP, last TIMESTAMP, version BIGINT)")
        self.now = NOON
        self.add([float(each) for each in self.chance.uniform(0, 40 * 3600, 300)])

    def add(self, ages: list[float]) -> None:
        """Rows so many seconds old, of two lines or of one that nobody has seen before."""
        rows = []
        for age in ages:
            when = (self.now - dt.timedelta(seconds=age)).replace(tzinfo=None)
            line = str(self.chance.choice(["A", "B", f"N{self.chance.integers(5)}"], p=[0.48, 0.48, 0.04]))
            made = int(self.chance.integers(1, 100)), int(self.chance.integers(0, 4)), float(self.chance.normal(50, 5))
            rows.append((when, line, int(self.chance.integers(0, 2)), *made, when))
        if rows:
            self.db.executemany(INSERT, rows)
            self._note([row[0] for row in rows])

    def drop(self) -> None:
        """Some rows go, as with a file that was deleted."""
        low = (self.now - dt.timedelta(hours=float(self.chance.uniform(0, 30)))).replace(tzinfo=None)
        where = f"_time BETWEEN TIMESTAMP '{low}' - INTERVAL 1 HOUR AND TIMESTAMP '{low}'"
        ranges = touched.of(self.db, "cycles", where)
        self.db.execute(f"DELETE FROM cycles WHERE {where}")
        touched.note(self.db, {"cycles": ranges})

    def change(self) -> None:
        """Values change where nobody can tell: all is touched."""
        self.db.execute("UPDATE cycles SET cost = cost + 1 WHERE line = 'A'")
        touched.whole(self.db, "cycles")

    def step(self) -> None:
        """Time goes on, and mostly something happens."""
        self.now += dt.timedelta(seconds=float(self.chance.choice([60, 600, 3600, 20000])))
        kind = self.chance.choice(["new", "late", "drop", "change", "none"], p=[0.5, 0.2, 0.12, 0.03, 0.15])
        if kind in ("new", "late"):
            back = 3600 if kind == "new" else 30 * 3600
            self.add([float(each) for each in self.chance.uniform(0, back, int(self.chance.integers(1, 12)))])
        elif kind != "none":
            self.drop() if kind == "drop" else self.change()
        if self.chance.random() < 0.05:
            touched.compact(self.db)

    def _note(self, times: list[dt.datetime]) -> None:
        days = {time.date(): [each for each in times if each.date() == time.date()] for time in times}
        touched.note(self.db, {"cycles": [(str(min(each)), str(max(each))) for each in days.values()]})


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Binding:
    return bound(tmp_path_factory.mktemp("kept"), SITE)


def alike(found: Points, wanted: Points) -> None:
    assert (found.members, found.starts, found.ends) == (wanted.members, wanted.starts, wanted.ends)
    np.testing.assert_array_equal(found.rows, wanted.rows)
    np.testing.assert_allclose(found.values, wanted.values, rtol=1e-9)
    assert found.more.keys() == wanted.more.keys()
    for name, column in wanted.more.items():
        np.testing.assert_allclose(found.more[name], column, rtol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_kept_points_equal_those_read_at_once(site: Binding, seed: int) -> None:
    floor, kept = Floor(seed), KeptPoints()
    for _ in range(14):
        floor.step()
        for name in floor.chance.choice(KPIS, 2, replace=False).tolist():
            kpi = site.kpis[name]
            by = ("line",) if name != "cycles" else ()
            for cadence, more in ((apart, question(kpi).more), (rolling, {})):
                stretches = cadence(site, kpi, floor.now, 30)
                found = points(floor.db, site, kpi, stretches, by, more=more, read=kept.on(floor.db))
                alike(found, points(floor.db, site, kpi, stretches, by, more=more))


def test_only_what_was_touched_is_read_again(site: Binding, monkeypatch: pytest.MonkeyPatch) -> None:
    floor, kept, kpi = Floor(9), KeptPoints(), site.kpis["cost"]
    read: list[int] = []

    def counted(*given: object) -> Points:
        stretches = given[3]
        assert isinstance(stretches, Stretches)
        read.append(stretches.count)
        return leaf_points(*given)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(kept_points, "leaf_points", counted)

    def look() -> None:
        points(floor.db, site, kpi, apart(site, kpi, floor.now, 30), ("line",), read=kept.on(floor.db))

    look()
    look()
    floor.now += dt.timedelta(hours=1)
    floor.add([60.0])
    look()
    floor.add([4.5 * 3600.0])
    look()
    assert read == [30, 1, 5]
    later = replace(site)
    points(floor.db, later, kpi, apart(later, kpi, floor.now, 30), ("line",), read=kept.on(floor.db))
    assert read[-1] == 30, "after a change of the site all is read anew"


def test_charts_and_forecasts_that_are_kept_equal_those_made_at_once(site: Binding) -> None:
    floor, kept, drawn, outlooks = Floor(3), KeptPoints(), KeptCharts(), Outlooks()
    scrap, cost = site.kpis["scrap"], site.kpis["cost"]
    for _ in range(5):
        floor.step()
        read = kept.on(floor.db)
        found = charts(floor.db, site, cost, floor.now, by=("line",), rules=("default",), read=read, kept=drawn)
        wanted = charts(floor.db, site, cost, floor.now, by=("line",), rules=("default",))
        for mine, theirs in zip(found, wanted, strict=True):
            assert (mine.members, mine.first) == (theirs.members, theirs.first)
            assert mine.control.signals == theirs.control.signals
            np.testing.assert_allclose(mine.measured.values, theirs.measured.values)
        same = outlooks.of(floor.db, site, scrap, floor.now, ahead=3 * 3600.0, by=("line",), read=read)
        outlooks_anew = Outlooks()
        outlooks_anew._plans = outlooks._plans
        anew = outlooks_anew.of(floor.db, site, scrap, floor.now, ahead=3 * 3600.0, by=("line",))
        for one, other in zip(same, anew, strict=True):
            assert type(one.forecast) is type(other.forecast)
            assert one.crosses("critical") == other.crosses("critical")
