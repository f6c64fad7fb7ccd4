"""Goals as messages: from a site's cards, values and sources to objectives and the order of attention."""

from __future__ import annotations

from typing import get_args

import pytest
from msgspec.structs import replace

from opsconsole.console.signs import SEVERITY
from opsconsole.engine.goals import UNSERVED, files_of, goals_of, source_health
from opsconsole.engine.messages import Attention, GoalState, KpiState, SourceState, Status
from opsconsole.kpis.limits import LimitBook
from opsconsole.kpis.status import status_of
from opsconsole.site.model import Site
from opsconsole.site.parse import parse_site

SITE = """
sources:
  cycles: {files: cycles/*.csv, time: ts}
  orders: {files: orders/*.csv}
  stops: {sql: "SELECT * FROM Cycles JOIN orders USING (id)", time: ts}
kpis:
  oee: {source: cycles, value: avg(a), better: higher, target: 85, critical: 65, baseline: 80,
        objective: throughput, weight: 3, priority: 1}
  stopped: {source: stops, value: avg(b), better: lower, target: 10, critical: 20, objective: Throughput}
  otif: {source: orders, value: avg(c), better: higher, target: 95, critical: 75, objective: throughput, priority: 2}
  scrap: {source: cycles, value: avg(d), better: lower, target: 2, critical: 4, objective: quality}
  flights: {source: orders, value: count(*)}
  both: {value: oee * otif, better: higher, target: 100, objective: quality, weight: 0}
objectives:
  throughput: {weight: 3, owner: M. Weber, perspective: Process}
  quality: {title: Good pieces}
"""
WALL = 1_000_000.0
VALUES: dict[str, float | None] = {"oee": 75, "stopped": 10, "otif": None, "scrap": 3, "flights": 7, "both": 50}


def site() -> Site:
    loaded = parse_site(SITE.encode(), lambda _folder: {})
    assert loaded.site is not None, loaded.problems
    return loaded.site


def states(values: dict[str, float | None]) -> list[KpiState]:
    limits = {name: LimitBook(kpi).at({}) for name, kpi in site().kpis.items()}
    return [
        KpiState(kpi.name, kpi.name, kpi.source, status_of(limits[kpi.name], values[kpi.name]), values[kpi.name],
                 objective=kpi.objective, reason="no rows in the window" if values[kpi.name] is None else "")
        for kpi in site().kpis.values()
    ]  # fmt: skip


def sources(**changes: object) -> list[SourceState]:
    fresh = SourceState("cycles", "Cycles", "fresh", records=100, last_arrival=WALL - 60, fresh_within=600.0)
    orders = SourceState("orders", "Orders", "fresh", records=100, last_arrival=WALL - 60)
    return [replace(fresh, **changes), orders]


def found(
    values: dict[str, float | None] | None = None, speed: float = 1.0, partial: str = "", **changes: object
) -> tuple[dict[str, GoalState], list[Attention]]:
    kpis = [replace(kpi, partial=kpi.name == partial) for kpi in states(VALUES | (values or {}))]
    limits = {name: LimitBook(kpi).at({}) for name, kpi in site().kpis.items()}
    goals, attention = goals_of(site(), kpis, limits, sources(**changes), WALL, speed)
    return {goal.name: goal for goal in goals}, attention


def test_objectives_have_scores_of_what_is_known() -> None:
    goals, _ = found()
    assert list(goals) == ["throughput", "quality", ""]
    throughput = goals["throughput"]
    # OEE attains (75 - 65) / (85 - 65) at weight 3 and the stops all at weight 1; OTIF is missing and named
    assert throughput.score == 0.625
    assert throughput.coverage == 0.8
    assert throughput.missing == {"otif": "no rows in the window"}
    assert throughput.status == "nodata"
    assert (throughput.share, throughput.owner, throughput.perspective) == (0.6, "M. Weber", "Process")
    oee = throughput.kpis[0]
    assert (oee.kpi, oee.share, oee.attainment, oee.progress, oee.floor, oee.baseline) == ("oee", 0.6, 0.5, -1, 65, 80)
    assert goals["quality"].title == "Good pieces"
    assert goals["quality"].score == 0.5
    assert goals["quality"].coverage == 1.0


def test_kpis_that_serve_nothing_come_last_and_have_no_score() -> None:
    goals, _ = found()
    rest = goals[""]
    assert (rest.title, rest.score, [kpi.kpi for kpi in rest.kpis]) == (UNSERVED, None, ["flights"])
    assert rest.kpis[0].reason == "not said which way is better"


def test_the_order_of_attention_is_explained_by_its_factors() -> None:
    _, attention = found()
    assert [each.kpi for each in attention] == ["oee", "scrap", "otif"]
    oee = attention[0]
    assert (oee.priority, oee.priority_factor, oee.objective_share, oee.share) == (1, 1.0, 0.6, 0.6)
    assert (oee.impact, oee.gap, oee.quality, oee.score) == (0.36, 0.5, 1.0, 0.18)
    assert oee.reason == "priority 1, 60 % of throughput, 50 % attained"
    otif = attention[-1]
    assert (otif.score, otif.gap) == (None, None)
    assert otif.reason == "no rows in the window, priority 2, 20 % of throughput"


def test_all_well_needs_no_attention() -> None:
    assert found({"oee": 90, "stopped": 5, "otif": 96, "scrap": 1.0})[1] == []


def test_doubtful_data_moves_a_gap_down_the_list_and_says_so() -> None:
    _, attention = found(status="stale", last_arrival=WALL - 2400, rejected=10, quarantined=20, partial="oee")
    oee = next(each for each in attention if each.kpi == "oee")
    assert (oee.freshness, oee.whole, oee.clean, oee.quality) == (0.25, 0.5, 0.8, 0.1)
    assert oee.score == 0.018
    assert "data due within 10 min is late" in oee.reason
    assert "the window is covered in part" in oee.reason
    assert "20 % of the records in quarantine" in oee.reason


def test_age_is_site_time_and_stands_still_with_the_data() -> None:
    late = replace(sources()[0], last_arrival=WALL - 60)
    assert source_health(late, WALL, 60.0).freshness == 600 / 3600
    assert source_health(replace(late, status="off"), WALL, 0.0).freshness == 1
    never = SourceState("x", "X", "nodata")
    assert source_health(never, WALL, 1.0).freshness == 0


def test_sources_are_found_through_kpis_and_sql() -> None:
    kpis = site().kpis
    assert files_of(site(), kpis["oee"]) == {"cycles"}
    assert files_of(site(), kpis["stopped"]) == {"cycles", "orders"}
    assert files_of(site(), kpis["both"]) == {"cycles", "orders"}


@pytest.mark.parametrize("status", get_args(Status))
def test_every_status_has_a_place_among_the_others(status: Status) -> None:
    kpis = [replace(kpi, status=status if kpi.name == "oee" else "good") for kpi in states(VALUES)]
    limits = {name: LimitBook(kpi).at({}) for name, kpi in site().kpis.items()}
    goals, _ = goals_of(site(), kpis, limits, sources(), WALL, 1.0)
    assert goals[0].status == (status if status != "nolimit" else "good")
    assert status in SEVERITY
