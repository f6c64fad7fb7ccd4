"""The factory's incidents are announced before a hard limit is crossed; the leads are printed with `-s`.

By the pack's own rules, on the plant's own files: what each rule finds is computed from what was known at that minute.
A hard limit is the `critical` of the KPI that the incident moves. That the engine raises these alerts in time, live, is
tested in `tests.program.test_demo`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import duckdb
import pytest

from opsconsole.demo.incidents import BURST, DRIFT, LATE, SILENT, STOP, ZONE, Incident, seconds
from opsconsole.demo.packs import pack
from opsconsole.engine.insight.anomaly import AnomalyStudy
from opsconsole.engine.insight.control import ControlStudy
from opsconsole.engine.insight.forecasting import ForecastStudy
from opsconsole.engine.insight.study import Ground, Study
from opsconsole.engine.watch import AlertWatch
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.ruling.insights import Seen
from opsconsole.site.parse import load_site
from tests.demo.plantfiles import at, drops_until, tables, values, write_until

END = at(18, 30)
MINUTE = dt.timedelta(minutes=1)
WATCH = cast(AlertWatch, SimpleNamespace(marked=list))
Found = dict[tuple[str | None, ...], Seen]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    root = tmp_path_factory.mktemp("announced")
    write_until(root, END, drops_until(END))
    db = tables(root)
    for name in ("cycles", "orders"):
        moment = f"CAST(timezone('UTC', timezone('{ZONE}', CAST(ts AS TIMESTAMP))) AS TIMESTAMP)"
        line = f"1 AS _file, row_number() OVER () AS _line, {moment} AS _time"
        db.execute(f"CREATE TABLE all_{name} AS SELECT *, {line} FROM {name}")
    return db


@pytest.fixture(scope="module")
def plant(db: duckdb.DuckDBPyConnection) -> Binding:
    schemas = {
        name: {column: kind for column, kind, *_ in db.execute(f"DESCRIBE all_{name}").fetchall()}
        for name in ("cycles", "orders")
    }
    return bind(load_site(pack("factory").layouts), schemas)[0]


def found(db: duckdb.DuckDBPyConnection, plant: Binding, study: Study, rule: str, now: dt.datetime) -> Found:
    """What stands by a rule at a moment, by what the files held then."""
    moment = dt.datetime.fromtimestamp(seconds(now), dt.UTC)
    db.execute("DROP TABLE IF EXISTS cycles")
    db.execute("CREATE TABLE cycles AS FROM all_cycles WHERE _time <= $1", [moment.replace(tzinfo=None)])
    [(key, task)] = [(key, task) for key, task in study.tasks(plant).items() if rule in task.rules]
    seen = study.look(key, task, Ground(db, plant, moment, WATCH))[rule].seen
    return {each.members: each for each in seen if each.priority is not None}


def minutes(first: dt.datetime, last: dt.datetime, step: int = 1) -> Iterator[dt.datetime]:
    while first <= last:
        yield first
        first += step * MINUTE


def crossed(db: duckdb.DuckDBPyConnection, plant: Binding, incident: Incident, limit: str) -> dt.datetime | None:
    """The minute at which the KPI of an incident's rule crosses a limit where the trouble is, by plain SQL."""
    rule = plant.rules[incident.rule]
    assert rule.kpi is not None
    kpi, edge = rule.kpi.kpi, getattr(rule.kpi.kpi, limit)
    db.execute("CREATE OR REPLACE TABLE cycles AS FROM all_cycles")
    here, until = " ".join(incident.labels.values()), incident.cleared_by
    known = values(db, kpi, list(minutes(incident.begins, until)), rule.by)
    assert kpi.better == "lower"
    return min((now for now, name, value in known if name == here and value > edge), default=None)


def lead(incident: Incident, announced: dt.datetime, hard: dt.datetime, by: str) -> float:
    ahead = (hard - announced) / MINUTE
    print(f"{incident.id}: {by} at {announced:%H:%M}, hard limit at {hard:%H:%M}: {ahead:.0f} min ahead")
    return ahead


def test_the_drift_is_announced_by_control_chart_and_forecast(db: duckdb.DuckDBPyConnection, plant: Binding) -> None:
    weld = tuple(DRIFT.labels.values())
    hard = crossed(db, plant, DRIFT, "critical")
    soft = crossed(db, plant, DRIFT, "warning")
    assert hard is not None
    assert soft is not None
    assert hard == DRIFT.limit_at
    shifted = {now: found(db, plant, ControlStudy(), "pace_shifted", now) for now in minutes(at(9, 5), at(12, 5), 60)}
    first = min(now for now, seen in shifted.items() if weld in seen)
    assert {members for seen in shifted.values() for members in seen} == {weld}, "and no station that is well"
    assert lead(DRIFT, first, hard, "control chart") >= 180
    assert first < soft, "even before its warning"
    study, announced = ForecastStudy(), dict[tuple[str | None, ...], tuple[dt.datetime, Seen]]()
    for now in minutes(at(11, 30), hard, 10):
        for members, seen in found(db, plant, study, "slow_soon", now).items():
            announced.setdefault(members, (now, seen))
    assert set(announced) == {weld}, "and no station that is well"
    when, seen = announced[weld]
    assert lead(DRIFT, when, hard, "forecast") >= 30
    assert when <= DRIFT.early_by
    assert seen.text.startswith("Cycle time crosses critical 127 % of plan at about 1")
    assert "(80 %: 1" in seen.shown, "the alert says by when"


def test_a_line_that_stands_still_is_told_before_its_hard_limit(db: duckdb.DuckDBPyConnection, plant: Binding) -> None:
    soft, hard = crossed(db, plant, STOP, "warning"), crossed(db, plant, STOP, "critical")
    assert soft is not None
    assert hard is not None
    assert (soft, hard) == (STOP.early_by, STOP.limit_at)
    assert lead(STOP, soft, hard, "its own warning") >= 5


def test_the_burst_of_scrap_is_announced_by_the_unusual_station(db: duckdb.DuckDBPyConnection, plant: Binding) -> None:
    press, study = tuple(BURST.labels.values()), AnomalyStudy()
    hard, soft = crossed(db, plant, BURST, "critical"), crossed(db, plant, BURST, "warning")
    assert hard is not None
    assert soft is not None
    assert hard == BURST.limit_at
    seen: dict[dt.datetime, Found] = {}
    for now in minutes(at(13, 48), hard, 2):
        seen[now] = found(db, plant, study, "station_unusual", now)
        if press in seen[now]:
            break
    assert {members for each in seen.values() for members in each if members[0] != STOP.labels["line"]} == {press}
    announced = max(seen)
    assert seen[announced][press].shown.startswith("scrap +"), "and what moved"
    assert lead(BURST, announced, hard, "anomaly") >= 8
    assert announced <= min(BURST.early_by, soft), "before the warning of its rule"


def test_what_comes_late_crosses_no_hard_limit(db: duckdb.DuckDBPyConnection, plant: Binding) -> None:
    """Its own alert is the early sign: the workbook comes back long before, the orders were only held back."""
    assert (LATE.limit_at, SILENT.limit_at) == (None, None)
    checks = plant.site.kpis["checks_known"]
    assert isinstance(checks.critical, float | int)
    # 62 are known when it is due, 16 an hour are missing from then on
    would = LATE.begins + dt.timedelta(hours=(62 - checks.critical) / 16)
    assert would > LATE.ends + dt.timedelta(minutes=45)
    assert lead(LATE, LATE.early_by, would, "its own warning, and it would cross it") >= 60
    on_time = plant.site.kpis["orders_on_time"]
    assert isinstance(on_time.critical, float | int)
    db.execute("CREATE OR REPLACE TABLE orders AS FROM all_orders")
    known = values(db, on_time, list(minutes(SILENT.begins, END, 5)))
    assert min(value for _, _, value in known) > on_time.critical
