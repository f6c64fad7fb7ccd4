"""Anomalies in the engine: KPIs by group and columns of machines, what stands, what is not known, what is named."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any, NamedTuple, cast

import duckdb
import numpy as np
import polars as pl
import pytest

from opsconsole.cli.show_anomalies import anomalies_json, anomalies_text
from opsconsole.engine.core import Core
from opsconsole.engine.insight.anomaly import AnomalyStudy
from opsconsole.engine.insight.anomaly_report import report
from opsconsole.engine.insight.study import Ground
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.engine.watch import AlertWatch
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.ruling.insights import Found, Seen
from opsconsole.tables.store import Store as StoreOf
from tests.kpis.plant import NOON, bound, database, problems_of

SITE = """\
kpis:
  cost: {source: cycles, value: avg(cost), window: 1h, unit: EUR, decimals: 1}
rules:
  odd: {kpi: cost, anomaly: 2 per week, by: line, priority: critical}
  machines: {source: cycles, anomaly: 2 per week, columns: [qty, scrap, cost], by: line}
"""
HOURS = 24 * 21
HOUR = dt.timedelta(hours=1)


def rows(first: dt.datetime, hours: int, seed: int, high: float = 0.0) -> list[tuple[object, ...]]:
    """Two rows an hour and line; cost rises and falls with the hour. `high`: how much more line B costs."""
    chance = np.random.default_rng(seed)
    made: list[tuple[object, ...]] = []
    for half in range(2 * hours):
        at = (first + half * HOUR / 2).replace(tzinfo=None)
        load = float(np.sin(2 * np.pi * (at.hour + at.minute / 60) / 24))
        for line in ("A", "B"):
            cost = 50 + 10 * load + chance.normal() + (high if line == "B" else 0.0)
            qty = round(1000 + 100 * load + 10 * chance.normal())
            made.append((at, line, qty, round(200 + 20 * load + 5 * chance.normal()), cost, at))
    return made


def put(db: duckdb.DuckDBPyConnection, made: list[tuple[object, ...]]) -> None:
    frame = pl.DataFrame(made, schema=["ts", "line", "qty", "scrap", "cost", "_time"], orient="row")
    db.register("made", frame)
    db.execute("INSERT INTO cycles BY NAME SELECT * FROM made")


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Binding:
    return bound(tmp_path_factory.mktemp("anomaly"), SITE)


@pytest.fixture(name="db")
def _db() -> duckdb.DuckDBPyConnection:
    db = database()
    put(db, rows(NOON - HOURS * HOUR, HOURS, 1))
    return db


class Looking:
    """A study with its ground."""

    def __init__(self, site: Binding, db: duckdb.DuckDBPyConnection) -> None:
        self.site, self.db, self.study = site, db, AnomalyStudy()

    def at(self, now: dt.datetime) -> dict[str, Found]:
        found: dict[str, Found] = {}
        for key, task in self.study.tasks(self.site).items():
            found |= self.study.look(key, task, Ground(self.db.cursor(), self.site, now, cast(AlertWatch, None)))
        return found


def lines(found: Found) -> dict[str | None, Seen]:
    return {each.members[0]: each for each in found.seen}


def test_what_is_usual_stands_for_nothing_and_what_is_not_is_told_as_long_as_it_lasts(
    site: Binding, db: duckdb.DuckDBPyConnection
) -> None:
    looking = Looking(site, db)
    usual = looking.at(NOON)
    assert {name: [(one.priority, one.unknown) for one in found.seen] for name, found in usual.items()} == {
        "odd": [(None, False)] * 2,
        "machines": [(None, False)] * 2,
    }
    put(db, rows(NOON, 3, 2, high=12))
    odd = looking.at(NOON + 3 * HOUR)
    assert lines(odd["odd"])["A"].priority is None
    seen = lines(odd["odd"])["B"]
    assert seen.priority == "critical"
    assert seen.value == pytest.approx(62, abs=3)
    assert seen.limit == pytest.approx(50, abs=3)
    assert seen.text.startswith("cost ")
    assert "EUR is unusual, about " in seen.text
    assert seen.text.endswith("was expected, since 14:00"), "the site's clock"
    machine = lines(odd["machines"])["B"]
    assert machine.priority == "warning"
    assert machine.text.startswith("3 columns together are unusual since 14:")
    assert ": cost +" in machine.text, "what moved most is named first"
    assert machine.shown.startswith("cost +")
    assert " σ since 14:" in machine.shown
    assert lines(odd["machines"])["A"].priority is None
    put(db, rows(NOON + 3 * HOUR, 6, 3))
    over = looking.at(NOON + 9 * HOUR)
    assert lines(over["odd"])["B"].priority is None
    assert lines(over["machines"])["B"].priority is None


def test_what_stands_is_not_learnt_as_usual_the_next_day_but_in_a_week(
    site: Binding, db: duckdb.DuckDBPyConnection
) -> None:
    looking = Looking(site, db)
    looking.at(NOON)
    put(db, rows(NOON, 24 * 9, 2, high=12))

    def stands(hours: int) -> bool:
        found = lines(looking.at(NOON + hours * HOUR)["machines"])
        assert found["A"].priority is None
        return found["B"].priority is not None

    assert [stands(hours) for hours in (3, 24, 48, 96, 9 * 24)] == [True, True, True, True, False]


def test_fed_as_it_comes_is_as_learnt_at_once(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    step, whole = Looking(site, db), Looking(site, db)
    first = NOON - 20 * HOUR
    for hour in range(21):
        stepped = step.at(first + hour * HOUR)
    at_once = whole.at(NOON)
    assert stepped["odd"].seen == at_once["odd"].seen


def test_too_little_past_and_points_that_are_old_are_not_known(site: Binding) -> None:
    db = database()
    put(db, rows(NOON - 20 * HOUR, 20, 1))
    for found in Looking(site, db).at(NOON).values():
        assert [each.unknown for each in found.seen] == [True, True]
    put(db, rows(NOON - HOURS * HOUR, HOURS - 20, 1))
    for found in Looking(site, db).at(NOON + 30 * HOUR).values():
        assert all(each.unknown for each in found.seen)


def test_a_machine_that_has_come_is_learnt_once_it_has_enough(site: Binding) -> None:
    db, early = database(), NOON - HOURS * HOUR
    put(db, rows(early, 20, 1))
    looking = Looking(site, db)
    assert [each.unknown for each in looking.at(early + 20 * HOUR)["machines"].seen] == [True, True]
    put(db, rows(early + 20 * HOUR, 100, 2))
    assert [each.unknown for each in looking.at(early + 120 * HOUR)["machines"].seen] == [False, False]


def test_an_hour_that_is_not_complete_is_not_looked_at(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    looking = Looking(site, db)
    put(db, [row for row in rows(NOON, 1, 2, high=40) if row[0] == NOON.replace(tzinfo=None)])
    # the hour is over by the clock, but its second half has not been delivered
    assert lines(looking.at(NOON + HOUR + dt.timedelta(minutes=5))["odd"])["B"].priority is None


class Store:
    """Cursors of a database in memory, as the tables give them."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self.cursor = db.cursor


class Told(NamedTuple):
    """What the report wants of the core."""

    binding: Binding
    time: dt.datetime

    @property
    def site(self) -> object:
        return self.binding.site

    def now(self) -> dt.datetime:
        return self.time


def reported(site: Binding, db: duckdb.DuckDBPyConnection, now: dt.datetime, **options: object) -> dict[str, Any]:
    desk = Desk(cast(Core, Told(site, now)), cast(StoreOf, Store(db)), cast(AlertWatch, None), Path(), {})
    return report(desk, Job(1), dict(options))


def test_the_report_has_what_was_unusual_with_its_figures(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    put(db, rows(NOON, 3, 2, high=12))
    now = NOON + 3 * HOUR
    cost = reported(site, db, now, of="cost")
    assert (cost["rule"], cost["per_week"], cost["by"], cost["step"]) == ("odd", 2.0, ["line"], 3600.0)
    newest = cost["anomalies"][0]
    assert (newest["members"], newest["start"]) == ({"line": "B"}, NOON.timestamp())
    assert newest["score"] > newest["threshold"]
    assert all(group["alarms_per_week"] <= 4 and not group["lacking"] for group in cost["groups"])
    text = anomalies_text(cost, 30)
    assert "2 false alarms a week are acceptable (rule odd)" in text
    assert "rows behind the newest: opsconsole rows . --kpi cost --where line=B --at '2026-06-24 15:00'" in text
    assert json.loads(anomalies_json(cost, 1))["anomalies"][0]["start"] == "2026-06-24T14:00:00.000+02:00"
    together = reported(site, db, now, of="cycles", where={"line": "B"})
    newest = together["anomalies"][0]
    assert newest["lasts"]
    assert newest["start"] == pytest.approx(NOON.timestamp(), abs=1800)
    assert newest["moved"][0]["name"] == "cost"
    assert newest["moved"][0]["mean"] - newest["moved"][0]["normal"] == pytest.approx(12, abs=4)
    assert [group["members"] for group in together["groups"]] == [{"line": "B"}]
    assert "cost +" in anomalies_text(together, 30)


def test_the_report_says_what_it_cannot(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    early = reported(site, db, NOON, of="cost", at=(NOON - (HOURS - 30) * HOUR).timestamp())
    assert early["groups"][0]["lacking"].startswith("not enough: ")
    assert early["anomalies"] == []
    for options, why in (
        ({"of": 3}, "`of` names a KPI or a source"),
        ({"of": "cost", "per_week": -1}, "above 0"),
        ({"of": "cost", "at": "noon"}, "`at` is a moment"),
    ):
        with pytest.raises(ReportError, match=why):
            reported(site, db, NOON, **options)
    for name in ("nothing", "orders"):
        with pytest.raises(LookupError):
            reported(site, db, NOON, of=name)


def test_what_does_not_fit_is_said_with_its_place(tmp_path: Path) -> None:
    text = """\
kpis:
  all: {source: cycles, value: count(*), window: all}
rules:
  one: {source: cycles, anomaly: 2 per week, columns: [qty]}
  words: {source: cycles, anomaly: 2 per week, columns: [qty, text]}
  unknown: {source: cycles, anomaly: 2 per week, columns: [qty, wieght]}
  timeless: {source: orders, anomaly: 2 per week}
  whole: {kpi: all, anomaly: 2 per week}
"""
    found = [str(problem).split("site.yaml:")[1] for problem in problems_of(tmp_path, text)]
    assert [each for each in found if "expected at least two" in each]
    assert [each for each in found if "`columns`: `text` is VARCHAR, expected numbers" in each]
    assert [each for each in found if "wieght" in each]
    assert [each for each in found if "have no time column" in each]
    assert [each for each in found if "it has no past" in each]
    assert all(each[0].isdigit() for each in found)
