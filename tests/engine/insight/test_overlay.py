"""What the engine tells for a KPI's own chart: the limits, the forecast and the anomalies of its reports at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

from opsconsole.engine.insight.control_report import report as control_report
from opsconsole.engine.insight.forecast_report import report as forecast_report
from opsconsole.engine.insight.overlay_report import report
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.engine.messages import ChangeMark
from opsconsole.engine.watch import AlertWatch
from opsconsole.kpis.binding import Binding
from opsconsole.site.layout_keys import LAYERS
from tests.engine.insight.test_anomaly import HOUR, put, rows
from tests.kpis.plant import NOON, bound, database

SITE = """\
kpis:
  cost: {source: cycles, value: avg(cost), window: 1h, unit: EUR, decimals: 1, better: lower, critical: 300}
  wide: {source: cycles, value: avg(cost), window: 8h, unit: EUR, better: lower, warning: 70}
  made: {source: cycles, value: sum(qty), window: 8h}
  numbers: {source: cycles, value: 100 * sum(scrap) / sum(qty), window: 1h, chart: {kind: np}}
  plain: {source: cycles, value: sum(qty)}
rules:
  odd: {kpi: cost, anomaly: 2 per week, by: line}
  shifts: {kpi: cost, control: rule1}
  soon: {kpi: cost, forecast: crosses critical within 3h}
"""
DAYS = 21
NOW = NOON + 3 * HOUR


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Binding:
    return bound(tmp_path_factory.mktemp("overlay"), SITE)


@pytest.fixture(name="db", scope="module")
def _db() -> duckdb.DuckDBPyConnection:
    """Three weeks; in the last three hours line B costs 120 more."""
    db = database()
    put(db, rows(NOON - DAYS * 24 * HOUR, DAYS * 24, 1))
    put(db, rows(NOON, 3, 2, high=120))
    return db


def desk(site: Binding, db: duckdb.DuckDBPyConnection, *marks: ChangeMark) -> Desk:
    core = SimpleNamespace(now=lambda: NOW, binding=site, site=site.site)
    watch = cast(AlertWatch, SimpleNamespace(marked=lambda: list(marks)))
    return Desk(core, SimpleNamespace(cursor=db.cursor), watch, Path(), {})  # type: ignore[arg-type]


def told(site: Binding, db: duckdb.DuckDBPyConnection, kpi: str, *draw: str, **options: Any) -> dict[str, Any]:
    return report(desk(site, db), Job(1), {"kpi": kpi, "draw": list(draw), **options})


def test_limits_are_those_of_its_control_chart(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    found = told(site, db, "cost", "limits")
    chart = control_report(desk(site, db), Job(1), {"kpi": "cost", "points": 400})
    limits = found["limits"]
    for name in ("lower", "centre", "upper", "end"):
        assert limits[name] == chart["points"][name]
    assert found["points"]["value"] == chart["points"]["value"]
    assert (found["step"], found["judged"], found["level"], limits["of"]) == (3600.0, True, True, "1h")
    assert (found["forecast"], found["anomalies"]) == (None, None)
    signalled = {each["end"] for each in limits["signals"]}
    assert {(NOON + (hour + 1) * HOUR).timestamp() for hour in range(3)} <= signalled
    assert {word for each in limits["signals"] for word in each["words"]} == {"a point beyond 3 σ"}, "its rule's alone"
    assert "the weighted mean (EWMA) has left its limits" in {
        word for each in told(site, db, "wide", "limits")["limits"]["signals"] for word in each["words"]
    }


def test_limits_are_new_from_a_marked_change_on(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    at = (NOON - 100 * HOUR).timestamp()
    changed = desk(site, db, ChangeMark("c1", ["cost"], {}, at, "new supplier", "ana"))
    limits = report(changed, Job(1), {"kpi": "cost", "draw": ["limits"]})["limits"]
    place = next(number for number, end in enumerate(limits["end"]) if end > at)
    assert limits["centre"][place - 1] != limits["centre"][place] == limits["centre"][-1]


def test_the_forecast_looks_as_far_as_the_rule_on_it(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    found = told(site, db, "cost", "forecast")
    [group] = forecast_report(desk(site, db), Job(1), {"kpi": "cost", "ahead": 10_800.0})["groups"]
    forecast = found["forecast"]
    assert (forecast["ahead"], forecast["point"], forecast["crossings"]) == (
        group["ahead"],
        group["point"],
        group["crossings"],
    )
    band = next(each for each in group["intervals"] if each["level"] == 0.8)
    assert (forecast["low"], forecast["high"]) == (band["low"], band["high"])
    assert forecast["ahead"][-1] - NOW.timestamp() == 10_800.0
    assert found["points"]["value"] == group["values"], "alone, its own points go on into it"
    usual = told(site, db, "wide", "forecast")["forecast"]
    assert usual["ahead"][-1] - NOW.timestamp() == 8 * 3600.0


def test_points_are_those_of_the_forecast_where_they_are_as_long(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    alike = told(site, db, "cost", "limits", "forecast")["points"]
    assert (alike["length"], alike["end"][1] - alike["end"][0]) == (3600.0, 600.0)
    other = told(site, db, "wide", "limits", "forecast")
    assert (other["points"]["length"], other["forecast"]["of"]) == (3600.0, "8h")


def test_a_plan_is_found_once_and_kept(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    here = desk(site, db)
    options = {"kpi": "cost", "draw": ["forecast"]}
    first = report(here, Job(1), options)
    [kept] = here.kept.values()
    plans = dict(vars(kept)["_plans"])
    assert len(plans) == 1
    assert report(here, Job(2), options) == first
    assert vars(kept)["_plans"] == plans


def test_anomalies_of_a_member_by_the_budget_of_its_rule(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    found = told(site, db, "cost", "anomalies", where={"line": "B"})["anomalies"]
    assert (found["rule"], found["per_week"], found["lacking"]) == ("odd", 2.0, "")
    latest = found["found"][-1]
    assert latest["start"] == NOON.timestamp()
    assert latest["value"] > latest["expected"] + 20
    quiet = told(site, db, "cost", "anomalies", where={"line": "A"})["anomalies"]
    assert all(each["start"] < NOON.timestamp() for each in quiet["found"])


def test_what_there_is_not_is_said(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    early = (NOON - (DAYS * 24 - 5) * HOUR).timestamp()
    found = told(site, db, "cost", *LAYERS, at=early)
    assert found["limits"]["lacking"] == "not enough: 5 of 20 points"
    assert "not enough" in found["forecast"]["lacking"]
    assert "not enough: 5 points" in found["anomalies"]["lacking"]
    assert [each for each in found["points"]["value"] if each is not None], "its points are drawn all the same"
    assert "numbers" in told(site, db, "numbers", "limits")["limits"]["lacking"]
    unknown = told(site, db, "cost", *LAYERS, where={"line": "nowhere"})
    assert all(unknown[layer]["lacking"] for layer in LAYERS)


def test_limits_of_sums_are_for_points_as_long(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    made = told(site, db, "made", "limits")
    assert (made["level"], made["step"], made["judged"]) == (False, 8 * 3600.0, True)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"kpi": 3, "draw": []}, "a chart is of one KPI"),
        ({"kpi": "cost", "draw": ["curves"]}, "some of limits, forecast, anomalies"),
        ({"kpi": "cost", "draw": "limits"}, "some of limits, forecast, anomalies"),
        ({"kpi": "cost", "draw": [], "at": "noon"}, "`at` is a moment"),
    ],
)
def test_options_that_are_none(site: Binding, db: duckdb.DuckDBPyConnection, options: dict[str, Any], why: str) -> None:
    with pytest.raises(ReportError, match=why):
        report(desk(site, db), Job(1), options)
    with pytest.raises(LookupError):
        told(site, db, "nothing", "limits")


def test_it_is_worth_asking_anew_ten_times_a_point(site: Binding, db: duckdb.DuckDBPyConnection) -> None:
    assert told(site, db, "cost", "limits")["every"] == 360.0
    assert told(site, db, "made", "limits")["every"] == 600.0
    assert dt.timedelta(seconds=told(site, db, "wide")["step"]) == HOUR
