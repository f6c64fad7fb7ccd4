"""Rules on forecasts in the engine: what is found of each group, in which words, and the report for people."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import duckdb
import numpy as np
import pytest

from opsconsole.cli.show_forecast import forecast_json, forecast_text
from opsconsole.engine.insight.forecast_report import report
from opsconsole.engine.insight.forecasting import ForecastStudy
from opsconsole.engine.insight.outlook import Outlooks, seasons_of
from opsconsole.engine.insight.study import Ground
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.engine.watch import AlertWatch
from opsconsole.insight.forecast import Forecast
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.ruling.insights import Found
from tests.kpis.plant import NOON, bound, database

SITE = """\
kpis:
  cost: {source: cycles, value: avg(cost), window: 1h, unit: EUR, better: lower, warning: 60, critical: 70}
  plain: {source: cycles, value: avg(cost), window: 1h}
rules:
  soon: {kpi: cost, forecast: "crosses critical within 2h, probability > 0.8", by: line, priority: critical}
  either: {kpi: plain, forecast: "crosses 70 within 2h"}
"""
STEP = dt.timedelta(minutes=10)
DAYS = 9


def filled(drift: float) -> duckdb.DuckDBPyConnection:
    """Rows each ten minutes of nine days; in the last five hours the costs of line B rise by `drift` an hour."""
    db = database()
    rng = np.random.default_rng(8)
    count = DAYS * 144
    rows = []
    for at in range(count):
        moment = (NOON - STEP * (count - at) + dt.timedelta(minutes=5)).replace(tzinfo=None)
        season = 3 * np.sin(2 * np.pi * at / 144)
        for line in ("A", "B", "C"):
            if line == "C" and at < count - 20:
                continue  # a line that has begun just now
            late = max(0.0, (at - (count - 30)) / 6) if line == "B" else 0.0
            rows.append((moment, line, 50 + season + drift * late + rng.normal(), moment))
    columns = list(zip(*rows, strict=True))
    frame = ", ".join(f"unnest(${place + 1}::{kind}[])" for place, kind in enumerate(KINDS))
    db.execute(f"INSERT INTO cycles (ts, line, cost, _time) SELECT {frame}", [list(each) for each in columns])
    return db


KINDS = ("TIMESTAMP", "VARCHAR", "DOUBLE", "TIMESTAMP")


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Binding:
    return bound(tmp_path_factory.mktemp("forecast"), SITE)


@pytest.fixture(name="drifting", scope="module")
def _drifting() -> duckdb.DuckDBPyConnection:
    return filled(4.0)


def look(site: Binding, cursor: duckdb.DuckDBPyConnection, now: dt.datetime = NOON) -> dict[str, Found]:
    study = ForecastStudy()
    found: dict[str, Found] = {}
    for key, task in study.tasks(site).items():
        found |= study.look(key, task, Ground(cursor, site, now, cast(AlertWatch, None)))
    return found


def test_a_line_that_drifts_is_announced_with_the_hour(site: Binding, drifting: duckdb.DuckDBPyConnection) -> None:
    seen = {each.members: each for each in look(site, drifting)["soon"].seen}
    drifts = seen["B",]
    assert drifts.priority == "critical"
    assert drifts.limit == 70
    assert drifts.value < 70
    assert drifts.text.startswith("cost crosses critical 70 EUR at about 1")
    assert "(80 %: 1" in drifts.text
    assert f"at about {drifts.shown}, " in drifts.text, "a title of one's own can say when"
    assert "% likely by 16:00" in drifts.text
    assert (seen["A",].priority, seen["A",].unknown) == (None, False)
    assert seen["C",].unknown  # twenty points are not enough


def test_where_no_side_is_better_the_other_side_counts(site: Binding, drifting: duckdb.DuckDBPyConnection) -> None:
    [whole] = look(site, drifting)["either"].seen
    assert whole.priority is None
    assert 50 < whole.value < 70


def test_beyond_it_already_is_for_another_rule(site: Binding) -> None:
    seen = {each.members: each for each in look(site, filled(9.0))["soon"].seen}
    assert seen["B",].value > 70
    assert seen["B",].priority is None


def test_old_values_are_not_gone_on_from(site: Binding, drifting: duckdb.DuckDBPyConnection) -> None:
    found = look(site, drifting, NOON + dt.timedelta(hours=3))
    assert all(each.unknown for each in found["soon"].seen)


def test_a_plan_is_kept_until_a_day_of_points_has_come(site: Binding, drifting: duckdb.DuckDBPyConnection) -> None:
    kept = Outlooks()
    kpi = site.kpis["cost"]
    early = NOON - dt.timedelta(hours=8)
    [first] = kept.of(drifting, site, kpi, early - STEP)
    [second] = kept.of(drifting, site, kpi, early)
    assert isinstance(first.forecast, Forecast)
    assert isinstance(second.forecast, Forecast)
    assert second.forecast.plan.usual is first.forecast.plan.usual
    assert second.end - first.end == STEP.total_seconds()


def test_points_that_are_as_they_were_are_not_forecast_again(
    site: Binding, drifting: duckdb.DuckDBPyConnection
) -> None:
    kept = Outlooks()
    kpi = site.kpis["cost"]
    [first] = kept.of(drifting, site, kpi, NOON)
    [again] = kept.of(drifting, site, kpi, NOON + dt.timedelta(minutes=1))
    assert again.forecast is first.forecast
    [next_] = kept.of(drifting, site, kpi, NOON - STEP)
    assert next_.forecast is not first.forecast
    cursor = drifting.cursor()
    cursor.execute("BEGIN")
    cursor.execute("UPDATE cycles SET cost = cost + 1 WHERE _time >= $1", [(NOON - STEP).replace(tzinfo=None)])
    [changed] = kept.of(cursor, site, kpi, NOON)
    cursor.execute("ROLLBACK")
    assert isinstance(first.forecast, Forecast)
    assert isinstance(changed.forecast, Forecast)
    assert changed.forecast.now > first.forecast.now, "late rows change the last point"


def test_seasons_are_days_and_weeks_in_steps() -> None:
    assert seasons_of(600) == (144, 1008)
    assert seasons_of(28_800) == (3, 21)
    assert seasons_of(86_400) == (7, 365)
    assert seasons_of(604_800) == (52,)


def desk(site: Binding, db: duckdb.DuckDBPyConnection) -> Desk:
    core = SimpleNamespace(now=lambda: NOON, binding=site, site=site.site)
    return Desk(core, SimpleNamespace(cursor=db.cursor), cast(AlertWatch, None), Path(), {})  # type: ignore[arg-type]


def test_the_report_says_what_comes_and_how_well_that_held(site: Binding, drifting: duckdb.DuckDBPyConnection) -> None:
    told = report(desk(site, drifting), Job(1), {"kpi": "cost", "by": ["line"], "ahead": 7200.0})
    groups = {group["members"][0]: group for group in told["groups"]}
    drifts = groups["B"]
    assert len(drifts["point"]) == len(drifts["ahead"]) == 12
    assert drifts["ahead"][0] - drifts["ends"][-1] == 600.0
    band = drifts["intervals"][0]
    assert all(
        low <= point <= high for low, point, high in zip(band["low"], drifts["point"], band["high"], strict=True)
    )
    assert [each["name"] for each in drifts["crossings"]] == ["warning", "critical"]
    assert drifts["crossings"][0]["crossed"]
    assert drifts["adapted"]
    assert groups["A"]["coverage"][0]["held"] == pytest.approx(0.8, abs=0.12)
    assert groups["A"]["seasons"] == ["1d"]
    assert groups["A"]["short"] == ["7d"]
    assert groups["C"]["lacking"].startswith("not enough past: 20 known values, ")
    text = forecast_text(told)
    assert "cost · line C: not enough past" in text
    assert "interval held" in text
    assert max(map(len, text.splitlines())) <= 80
    assert '"ahead": [\n' in forecast_json(told)


@pytest.mark.parametrize("options", [{}, {"kpi": 3}, {"kpi": "cost", "ahead": -1}, {"kpi": "cost", "by": "line"}])
def test_options_that_are_none_are_refused(
    site: Binding, drifting: duckdb.DuckDBPyConnection, options: dict[str, object]
) -> None:
    with pytest.raises(ReportError):
        report(desk(site, drifting), Job(1), options)


def test_an_unknown_kpi_is_said(site: Binding, drifting: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(LookupError):
        report(desk(site, drifting), Job(1), {"kpi": "nothing"})
