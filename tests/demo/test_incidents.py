"""Each planted incident is in the files, where and when it is said to be, and nothing else is out of order.

The KPIs are computed here with plain SQL over the written files; that the console shows them is tested with the engine.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from pathlib import Path

import duckdb
import pytest

from opsconsole.demo.drops import Append, Drop, Whole
from opsconsole.demo.factory import WORKBOOK
from opsconsole.demo.incidents import BURST, DRIFT, INCIDENTS, LATE, SILENT, STOP, seconds
from opsconsole.demo.packs import pack
from opsconsole.site.model import Site
from opsconsole.site.parse import load_site
from tests.demo.plantfiles import at, drops_until, tables, value, values, workbook, write_until

END = at(18, 30)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(scope="module")
def site() -> Site:
    site = load_site(pack("factory").layouts).site
    assert site is not None
    return site


@pytest.fixture(scope="module")
def drops() -> list[Drop]:
    return drops_until(END)


@pytest.fixture(scope="module")
def db(drops: list[Drop], tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    root = tmp_path_factory.mktemp("plant")
    write_until(root, END, drops)
    return tables(root)


def beyond(
    db: duckdb.DuckDBPyConnection, site: Site, rule: str, begin: dt.datetime, end: dt.datetime
) -> dict[str, set[str]]:
    """Which labels of a rule on a KPI are beyond which limit at some minute."""
    kpi = site.kpis[site.rules[rule].kpi or ""]
    found: dict[str, set[str]] = {}
    moments = [begin + MINUTE * at for at in range(int((end - begin) / MINUTE) + 1)]
    for _, name, number in values(db, kpi, moments, site.rules[rule].by):
        for priority, limit in (("warning", kpi.warning), ("critical", kpi.critical)):
            assert limit is not None
            if number > limit if kpi.better == "lower" else number < limit:
                found.setdefault(name, set()).add(priority)
    return found


@pytest.mark.parametrize("incident", [DRIFT, STOP, BURST], ids=lambda each: each.id)
def test_seen_where_and_when_it_is_said(incident: object, db: duckdb.DuckDBPyConnection, site: Site) -> None:
    assert incident in INCIDENTS
    assert isinstance(incident, type(DRIFT))
    here = " ".join(incident.labels.values())
    assert beyond(db, site, incident.rule, incident.shown_by, incident.shown_by).keys() == {here}
    during = beyond(db, site, incident.rule, at(9), incident.cleared_by)
    assert incident.priority in during[here]
    assert beyond(db, site, incident.rule, incident.cleared_by, END) == {}


def test_drift_is_open_at_once_and_gets_worse(db: duckdb.DuckDBPyConnection, site: Site) -> None:
    assert beyond(db, site, DRIFT.rule, at(12, 40), at(12, 50)) == {"3 weld": {"warning"}}
    assert beyond(db, site, DRIFT.rule, at(14), at(14)) == {"3 weld": {"warning", "critical"}}


def test_quiet_before(db: duckdb.DuckDBPyConnection, site: Site) -> None:
    begin, now, limit = at(0) - dt.timedelta(days=2), at(9), dt.timedelta(minutes=20)
    names = [name for name, kpi in site.kpis.items() if kpi.warning is not None and kpi.source != "quality"]
    by = {site.rules[rule].kpi: site.rules[rule].by for rule in ("slow_station", "scrap_station", "line_stopped")}
    loud = []
    moments = [now - limit * back for back in range(math.ceil((now - begin) / limit))]
    for name in names:
        kpi = site.kpis[name]
        assert kpi.warning is not None
        found = values(db, kpi, moments, by.get(name, ()))
        assert found
        for each in found:
            if each[2] > kpi.warning if kpi.better == "lower" else each[2] < kpi.warning:
                loud.append((name, *each))
    assert loud == []


def test_stopped_line_makes_nothing(db: duckdb.DuckDBPyConnection) -> None:
    def made(line: int) -> int:
        query = "SELECT count(*) FROM cycles WHERE state = 'run' AND line = $1 AND ts > $2 AND ts <= $3"
        found = db.execute(query, [line, STOP.begins + 3 * MINUTE, STOP.ends]).fetchone()
        assert found is not None
        return int(found[0])

    assert made(2) == 0
    assert min(made(line) for line in (1, 3, 4)) > 100


def test_workbook_comes_late(drops: list[Drop]) -> None:
    written = [drop.at for drop in drops if isinstance(drop, Whole) and drop.path == WORKBOOK]
    regular = seconds(at(6, 5))
    assert written[-2:] == [regular, seconds(LATE.ends)]
    shift = 8 * 3600.0
    assert written[:-1] == [regular - shift * back for back in range(len(written) - 2, -1, -1)]


def test_checks_known_fall_under_the_limit_until_it_comes(drops: list[Drop], site: Site, tmp_path: Path) -> None:
    kpi = site.kpis["checks_known"]
    assert kpi.warning is not None
    assert kpi.critical is not None
    for moment, late in ((at(14, 4), False), (LATE.shown_by, True), (at(15, 9), True), (at(15, 11), False)):
        root = tmp_path / f"{moment:%H%M}"
        write_until(root, moment, [drop for drop in drops if drop.path == WORKBOOK])
        known = value(workbook(duckdb.connect(), root), kpi, moment)
        assert (known < kpi.warning) is late, (moment, known)
        assert known > kpi.critical


def test_orders_fall_silent_and_nothing_is_lost(drops: list[Drop]) -> None:
    written = sorted(drop.at for drop in drops if isinstance(drop, Append) and drop.path.startswith("data/orders/"))
    silent, back = seconds(SILENT.begins), seconds(SILENT.ends)
    assert [moment for moment in written if silent <= moment < back] == []
    before = [moment for moment in written if moment < silent]
    assert max(later - earlier for earlier, later in itertools.pairwise(before)) < 600
    assert sum(moment == back for moment in written) > 30


def test_held_back_orders_carry_their_own_time(db: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT count(*) FROM orders WHERE ts BETWEEN $1 AND $2"
    found = db.execute(query, [SILENT.begins, SILENT.ends]).fetchone()
    assert found is not None
    assert found[0] > 30


def test_order_of_troubles_is_fixed() -> None:
    shown = [incident.shown_by for incident in INCIDENTS]
    assert shown == sorted(shown)
    assert shown[0] == at(12, 50)
