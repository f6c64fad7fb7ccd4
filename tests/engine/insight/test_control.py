"""Control charts in the engine: the nature of points, what rules find standing, the report and what rules cost."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple, cast

import duckdb
import numpy as np
import pytest

from opsconsole.engine.core import Core
from opsconsole.engine.insight.control import ControlStudy
from opsconsole.engine.insight.control_report import report
from opsconsole.engine.insight.costs import shift_seconds
from opsconsole.engine.insight.study import Ground
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.engine.messages import ChangeMark
from opsconsole.engine.watch import AlertWatch
from opsconsole.insight.control.false_alarms import RULES, SETS, false_alarms
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.cadence import apart
from opsconsole.kpis.nature import measured, question
from opsconsole.kpis.points import points
from opsconsole.kpis.ruling.insights import Found, Seen
from opsconsole.site.chart_keys import CONTROL_RULES
from opsconsole.tables.store import Store
from tests.kpis.plant import NOON, bound, database

SITE = """\
kpis:
  cost: {source: cycles, value: avg(cost), window: 1h, unit: EUR, decimals: 2, chart: {lsl: 40, usl: 60}}
  scrap: {source: cycles, value: 100 * sum(scrap) / sum(qty), window: 1h, better: lower}
  cycles: {source: cycles, value: count(*), window: 1h}
  first: {source: cycles, value: 100 * count(*) FILTER (WHERE station = 1) / count(*), window: 1h}
  good: {source: cycles, value: avg(CASE WHEN scrap = 0 THEN 1 ELSE 0 END), window: 1h}
  odd: {source: cycles, value: max(cost) + 1, window: 1h}
  per: {source: cycles, value: sum(scrap) / sum(cost), window: 1h}
rules:
  high: {kpi: cost, control: default, priority: critical}
  runs: {kpi: cost, control: [nelson2, cusum]}
  lines: {kpi: scrap, control: rule1, by: line}
"""
HOURS = 120


def filled(shift: float = 0.0, hours: int = HOURS, scrap: int = 0) -> duckdb.DuckDBPyConnection:
    """Four rows an hour and line; costs are `shift` higher in the last hour, and `scrap` pieces more are scrapped."""
    db = database()
    generator = np.random.default_rng(3)
    rows = []
    for hour in range(hours):
        at = NOON - dt.timedelta(hours=hours - hour)
        for line in ("A", "B"):
            for part in range(4):
                last = hour == hours - 1
                cost = 50.0 + 2.0 * generator.standard_normal() + (shift if last else 0.0)
                scrapped = int(generator.poisson(2.0)) + (scrap if last and line == "B" else 0)
                when = (at + dt.timedelta(minutes=10 * part + 5)).replace(tzinfo=None)
                rows.append((when, line, int(generator.integers(0, 2)), 100, scrapped, cost, when))
    db.executemany("INSERT INTO cycles (ts, line, station, qty, scrap, cost, _time) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    return db


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Binding:
    return bound(tmp_path_factory.mktemp("control"), SITE)


@pytest.fixture(name="usual", scope="module")
def _usual() -> duckdb.DuckDBPyConnection:
    return filled()


def test_names_of_rules_are_those_that_there_are() -> None:
    assert set(CONTROL_RULES) == {*RULES, *SETS}


@pytest.mark.parametrize(
    ("kpi", "nature", "scale"),
    [
        *[("cost", "mean", 1.0), ("scrap", "share", 100.0), ("cycles", "count", 1.0), ("first", "share", 100.0)],
        *[("good", "share", 1.0), ("odd", "value", 1.0), ("per", "rate", 1.0)],
    ],
)
def test_the_nature_of_points(
    site: Binding, usual: duckdb.DuckDBPyConnection, kpi: str, nature: str, scale: float
) -> None:
    asked = question(site.kpis[kpi])
    found = points(usual, site, site.kpis[kpi], apart(site, site.kpis[kpi], NOON, 50), more=asked.more)
    own = measured(asked, found, 0)
    assert (own.nature, own.scale) == (nature, scale)
    np.testing.assert_allclose(own.values * own.scale, found.values[0])
    if nature == "mean":
        assert own.sizes is not None
        assert own.sizes[0] == 8


class Marks:
    """The changes that people marked, in place of a watch over alerts."""

    def __init__(self, *marks: ChangeMark) -> None:
        self._marks = list(marks)

    def marked(self) -> list[ChangeMark]:
        return self._marks


def look(site: Binding, cursor: duckdb.DuckDBPyConnection, now: dt.datetime = NOON) -> dict[str, Found]:
    study = ControlStudy()
    found: dict[str, Found] = {}
    for key, task in study.tasks(site).items():
        found |= study.look(key, task, Ground(cursor, site, now, cast(AlertWatch, Marks())))
    return found


def test_a_usual_hour_stands_for_nothing(site: Binding, usual: duckdb.DuckDBPyConnection) -> None:
    found = look(site, usual)
    assert set(found) == {"high", "runs", "lines"}
    assert [(each.members, each.priority, each.unknown) for each in found["high"].seen] == [((), None, False)]
    assert {each.members: each.priority for each in found["lines"].seen} == {("A",): None, ("B",): None}


def test_an_hour_beyond_its_limits_is_raised_with_value_and_limit(site: Binding) -> None:
    seen = look(site, filled(shift=8.0))
    (high,) = seen["high"].seen
    assert high.priority == "critical"
    assert high.value > 55.0
    assert high.limit is not None
    assert 51.0 < high.limit < high.value
    assert high.text.startswith(f"cost {high.shown} is above its upper control limit {high.limited}")
    (runs,) = seen["runs"].seen
    assert runs.priority == "warning"
    assert runs.text.startswith("cost has shifted up since about 2026-06-24 13:00: the deviations have added up")


def test_only_the_group_that_it_is_of(site: Binding) -> None:
    seen = {each.members: each for each in look(site, filled(scrap=12))["lines"].seen}
    assert seen[("B",)].priority == "warning"
    assert seen[("A",)].priority is None


def test_a_signal_to_the_good_side_is_no_alert(tmp_path: Path) -> None:
    site = bound(tmp_path, SITE.replace("better: lower", "better: higher"))
    assert all(each.priority is None for each in look(site, filled(scrap=12))["lines"].seen)


def test_without_enough_points_nothing_is_known(site: Binding) -> None:
    assert [each.unknown for each in look(site, filled(hours=12))["high"].seen] == [True]


def test_missing_points_are_not_known(site: Binding, usual: duckdb.DuckDBPyConnection) -> None:
    assert [each.unknown for each in look(site, usual, NOON + dt.timedelta(hours=2))["high"].seen] == [False]
    assert look(site, usual, NOON + dt.timedelta(hours=6))["high"].seen == (
        Seen((), unknown=True, text="its newest value is too old"),
    )


class AtPlant(NamedTuple):
    """Site, site time and tables, as the core and the store have them."""

    binding: Binding
    db: duckdb.DuckDBPyConnection

    def now(self) -> dt.datetime:
        return NOON

    def cursor(self) -> duckdb.DuckDBPyConnection:
        return self.db.cursor()


def told(site: Binding, db: duckdb.DuckDBPyConnection, **options: Any) -> dict[str, Any]:
    plant = AtPlant(site, db)
    return report(Desk(cast(Core, plant), cast(Store, plant), cast(AlertWatch, Marks()), Path(), {}), Job(1), options)


def test_limits_are_new_from_a_marked_change_on(site: Binding) -> None:
    """Of all rows, and of the members that it was done to; others keep theirs."""
    at = (NOON - dt.timedelta(hours=40)).timestamp()
    watch = cast(AlertWatch, Marks(ChangeMark("c1", ["scrap"], {"line": "A"}, at, "new tip", "ana")))
    plant, begins = AtPlant(site, filled()), {}
    for line in ("", "A", "B"):
        options = {"kpi": "scrap", **({"where": {"line": line}} if line else {})}
        found = report(Desk(cast(Core, plant), cast(Store, plant), watch, Path(), {}), Job(1), options)
        begins[line] = [each["start"] for each in found["segments"]][1:]
    assert begins == {"": [at], "A": [at], "B": []}


def test_the_report_of_a_chart(site: Binding) -> None:
    found = told(site, filled(shift=8.0), kpi="cost", points=30)
    assert (found["kind"], found["lacking"], found["step"], found["unit"]) == ("X̄-S", "", 3600.0, "EUR")
    (segment,) = found["segments"]
    assert segment["baseline"]["points"] in (90, 100)
    assert segment["baseline"]["steady"]
    assert segment["within"] == pytest.approx(2.0, rel=0.1)
    assert segment["upper"] - segment["centre"] == pytest.approx(3 * segment["within"] / np.sqrt(8), rel=1e-6)
    assert {len(each) for each in found["points"].values()} == {30}
    first = found["signals"][0]
    assert (first["first"], first["side"]) == (NOON.timestamp(), "above")
    capability = found["capability"]
    assert capability["cp"]["value"] == pytest.approx(20 / 6 / capability["within"])
    assert capability["within"] == pytest.approx(segment["within"], rel=0.05)
    assert capability["cp"]["low"] < capability["cp"]["value"] < capability["cp"]["high"]
    assert capability["overall"] == pytest.approx(2.0, rel=0.1)
    assert capability["count"] == HOURS * 8


def test_what_rules_cost_is_told_before_they_are_on(site: Binding, usual: duckdb.DuckDBPyConnection) -> None:
    found = told(site, usual, kpi="cost")
    costs = found["costs"]
    assert costs["points"] == shift_seconds(site.site) / 3600.0 == 8.0
    by_rule = {each["rule"]: each for each in costs["rules"]}
    assert [rule for rule, each in by_rule.items() if each["raises"]] == ["rule1", "nelson2", "ewma", "cusum"]
    assert by_rule["rule1"]["known"] == pytest.approx(8 / 370.4, rel=0.02)
    assert by_rule["rule1"]["expected"] > by_rule["rule1"]["known"]
    assert costs["default"]["known"] == pytest.approx(8 / 202, rel=0.02)
    # the two rules of `cost`, and of `scrap` one for each line, half as often as only the bad side is raised
    rates = [false_alarms(rules, 8.0, 100.0) for rules in (["default"], ["nelson2", "cusum"], ["rule1"])]
    assert found["site"] == {"kpis": 2, "charts": 4, "alerts": pytest.approx(rates[0] + rates[1] + rates[2])}


def test_a_chart_among_members(site: Binding, usual: duckdb.DuckDBPyConnection) -> None:
    found = told(site, usual, kpi="cost", where={"line": "A"})
    assert set(found["points"]["rows"]) == {4}
    assert found["where"] == {"line": "A"}


def test_a_declared_baseline(tmp_path: Path, usual: duckdb.DuckDBPyConnection) -> None:
    text = SITE.replace("lsl: 40", 'baseline: "2026-06-22..2026-06-22", lsl: 40')
    found = told(bound(tmp_path, text), usual, kpi="cost")
    base = found["segments"][0]["baseline"]
    assert (base["points"], base["declared"]) == (24, True)
    assert base["start"] == dt.datetime(2026, 6, 21, 22, tzinfo=dt.UTC).timestamp()  # midnight in Berlin
    old = SITE.replace("lsl: 40", 'baseline: "2025-06-22..2025-06-22", lsl: 40')
    lacking = told(bound(tmp_path, old), usual, kpi="cost")
    assert lacking["lacking"] == "not enough: 0 of 20 points in the declared baseline"
    assert lacking["capability"]["lacking"] == lacking["lacking"]


def test_a_kind_that_does_not_fit_is_said(tmp_path: Path, usual: duckdb.DuckDBPyConnection) -> None:
    site = bound(tmp_path, SITE.replace("max(cost) + 1, window: 1h", "max(cost) + 1, window: 1h, chart: {kind: p}"))
    with pytest.raises(ValueError, match="kind p needs the sizes"):
        told(site, usual, kpi="odd")
    ranged = bound(tmp_path, SITE.replace("chart: {lsl: 40", "chart: {kind: xbar_r, lsl: 40"))
    found = told(ranged, usual, kpi="cost")
    assert found["kind"] == "X̄-R"
    assert found["segments"][0]["within"] == pytest.approx(2.0, rel=0.1)


def test_options_that_are_none_are_said(site: Binding, usual: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ReportError, match="`kpi` is its name"):
        told(site, usual)
    with pytest.raises(ReportError, match="`points` a number"):
        told(site, usual, kpi="cost", points="many")
    with pytest.raises(LookupError):
        told(site, usual, kpi="nothing")


def test_when_the_level_changed_is_told_with_what_was_marked_there(site: Binding) -> None:
    db = filled()
    at = NOON - dt.timedelta(hours=30)
    db.execute("UPDATE cycles SET cost = cost + 3 WHERE _time >= ?", [at.replace(tzinfo=None)])
    watch = cast(AlertWatch, Marks(ChangeMark("c1", ["cost"], {}, at.timestamp() + 600, "new tip", "ana")))
    plant = AtPlant(site, db)
    whole = report(Desk(cast(Core, plant), cast(Store, plant), watch, Path(), {}), Job(1), {"kpi": "cost"})
    found, says = whole["levels"], whole["says"]["levels"]
    assert found["lacking"] == ""
    (change,) = found["found"]
    assert change["first"] <= at.timestamp() <= change["last"]
    assert abs(change["at"] - at.timestamp()) <= 3 * 3600
    assert change["after"] - change["before"] == pytest.approx(3.0, abs=0.8)
    assert [(one["id"], one["who"]) for one in change["marked"]] == [("c1", "ana")]
    assert len(says) == 1
    assert says[0].endswith("new tip (ana)")
    assert told(site, filled(), kpi="cost")["levels"] == {"lacking": "", "found": []}
    assert told(site, filled(hours=12), kpi="cost")["levels"]["lacking"] == "12 points, 20 are needed"
