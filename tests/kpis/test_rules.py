"""Rules become observations: who is in alert, with what figure, and what cannot be known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.kpis import rules
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.observation import Observation
from opsconsole.kpis.rules import Arrivals, evaluate_rules, stale_sources

from .plant import NOON, ago, bound, put, quick_database


class Totals(Struct, frozen=True):
    rows: int = 1
    last_arrival: float | None = None


NOW = NOON.timestamp()
FRESH = Arrivals(totals={"cycles": Totals(last_arrival=NOW)}, wall=NOW, started=NOW - 3600)
SCRAP = "scrap: {source: cycles, title: Scrap, value: 100 * sum(scrap) / sum(qty), unit: '%', better: lower, window: 8h"


def alerts(found: list[Observation]) -> dict[str, Observation]:
    return {f"{one.rule}{list(one.labels.values()) or ''}": one for one in found if one.priority is not None}


def test_a_kpis_own_limits_rise_and_fall(tmp_path: Path) -> None:
    db = quick_database()
    binding = bound(tmp_path, f"kpis:\n  {SCRAP}, warning: 3, critical: 5}}\n")
    put(db, ago(1), qty=100, scrap=3)
    (calm,) = evaluate_rules(db, binding, NOON, FRESH).observations
    assert (calm.rule, calm.labels, calm.priority, calm.value) == ("kpi:scrap", {}, None, 3.0)
    put(db, ago(1), qty=100, scrap=5)
    (warned,) = evaluate_rules(db, binding, NOON, FRESH).observations
    assert (warned.priority, warned.limit, warned.text) == ("warning", 3.0, "Scrap 4 % over 3 %")
    put(db, ago(1), qty=100, scrap=10)
    (worse,) = evaluate_rules(db, binding, NOON, FRESH).observations
    assert (worse.priority, worse.limit, worse.text) == ("critical", 5.0, "Scrap 6 % over 5 %")


def test_a_rule_by_members_with_a_comparison_and_a_title(tmp_path: Path) -> None:
    text = f"""\
kpis:
  {SCRAP}}}
rules:
  bad:
    {{kpi: scrap, when: "> 5", by: [line], priority: critical, title: "{{line}} has {{value}} > {{limit}} {{{{x}}}}"}}
  plain: {{kpi: scrap, when: ">= 5", by: [line, station]}}
"""
    db, binding = quick_database(), bound(tmp_path, text)
    put(db, ago(1), qty=100, scrap=6, line="A", station=1)
    put(db, ago(1), qty=100, scrap=5, line=None, station=2)
    found = evaluate_rules(db, binding, NOON, FRESH)
    raised = alerts(found.observations)
    assert set(raised) == {"bad['A']", "plain['A', '1']", "plain[None, '2']"}
    assert raised["bad['A']"].text == "A has 6 % > 5 % {x}"
    assert raised["bad['A']"].priority == "critical"
    assert raised["plain[None, '2']"].text == "Scrap 5 % at or over 5 % · line (none), station 2"
    assert raised["plain[None, '2']"].labels == {"line": None, "station": "2"}
    assert len(found.observations) == 4


def test_a_title_reaches_nothing_but_its_fields(tmp_path: Path) -> None:
    db = quick_database()
    binding = bound(
        tmp_path, f"kpis:\n  {SCRAP}}}\nrules:\n  r: {{kpi: scrap, when: '> 1', by: [line], title: '{{line}}'}}\n"
    )
    put(db, ago(1), qty=100, scrap=6, line="{value.__class__} {0}")
    assert alerts(evaluate_rules(db, binding, NOON, FRESH).observations).popitem()[1].text == "{value.__class__} {0}"


ROWS = """\
rules:
  big: {source: cycles, rows: scrap > 5, within: 1h, at_least: 2, by: [line]}
  odd: {source: cycles, rows: "qty % 2 = 1 or qty is null", within: 1h, by: [line]}
  any: {source: cycles, rows: scrap > 5, within: 2h}
"""


def test_rows_that_meet_a_condition_are_counted_by_labels(tmp_path: Path) -> None:
    db, binding = quick_database(), bound(tmp_path, ROWS)
    for minutes, line, scrap in ((60, "A", 9), (59, "A", 9), (30, "A", 6), (20, "B", 6), (10, "B", 5), (-1, "B", 9)):
        put(db, ago(0, minutes), line=line, scrap=scrap, qty=2)
    found = evaluate_rules(db, binding, NOON, FRESH)
    raised = alerts(found.observations)
    assert set(raised) == {"big['A']", "any"}
    assert (raised["big['A']"].value, raised["big['A']"].limit) == (2.0, 2.0)
    assert raised["any"].text == "4 rows with scrap > 5 in 2 h"
    assert found.verdicts["big"].absent == "normal"


def test_rows_from_before_alert_from_raise_nothing(tmp_path: Path) -> None:
    db, binding = quick_database(), bound(tmp_path, ROWS)
    put(db, ago(0, 59), line="A", scrap=9, qty=1)
    put(db, ago(0, 40), line="A", scrap=9, qty=1)
    assert alerts(evaluate_rules(db, binding, NOON, FRESH, ago(0, 41)).observations).keys() == {"odd['A']", "any"}
    assert alerts(evaluate_rules(db, binding, NOON, FRESH, ago(0, 40)).observations)["any"].value == 1.0
    assert alerts(evaluate_rules(db, binding, NOON, FRESH, ago(0, 39)).observations) == {}
    assert alerts(evaluate_rules(db, binding, NOON, FRESH, ago(-9)).observations) == {}


def test_a_rule_that_fails_stops_no_other_and_says_so(tmp_path: Path) -> None:
    text = """\
kpis:
  bad: {source: cycles, value: sum(text::INTEGER), window: 8h, better: lower, critical: 3}
  good: {source: cycles, value: sum(qty), window: 8h, better: lower, critical: 3}
rules:
  wrong: {source: cycles, rows: text::INTEGER > 3, within: 1h}
  right: {source: cycles, rows: qty > 3, within: 1h}
"""
    db, binding = quick_database(), bound(tmp_path, text)
    put(db, ago(0, 1), qty=9, text="x")
    found = evaluate_rules(db, binding, NOON, FRESH)
    assert set(alerts(found.observations)) == {"kpi:good", "right", "error:kpi:bad", "error:wrong"}
    assert {name for name, verdict in found.verdicts.items() if verdict.quality == "error"} == {"kpi:bad", "wrong"}
    assert "Could not convert string 'x'" in found.verdicts["wrong"].reason
    db.execute("DELETE FROM cycles")
    put(db, ago(0, 1), qty=1, text="7")
    healed = evaluate_rules(db, binding, NOON, FRESH)
    assert set(alerts(healed.observations)) == {"kpi:bad", "wrong"}
    assert healed.verdicts["error:wrong"].quality == "good"


def test_missing_data_is_neither_good_nor_bad(tmp_path: Path) -> None:
    text = f"kpis:\n  {SCRAP}, warning: 3}}\nrules:\n  r: {{kpi: scrap, when: '> 5', by: [line]}}\n"
    db, binding = quick_database(), bound(tmp_path, text)
    found = evaluate_rules(db, binding, NOON, FRESH)
    assert found.observations == []
    assert found.verdicts["kpi:scrap"].absent == found.verdicts["r"].absent == "stale"
    put(db, ago(1), qty=0, scrap=1, line="A")
    assert {one.quality for one in evaluate_rules(db, binding, NOON, FRESH).observations} == {"stale"}


def test_a_member_of_a_count_that_stopped_is_seen_to_have_stopped(tmp_path: Path) -> None:
    text = """\
kpis:
  output: {source: cycles, value: count(*), window: 1h, better: higher, warning: 1}
rules:
  stopped: {kpi: output, when: "< 1", by: [line]}
"""
    db, binding = quick_database(), bound(tmp_path, text)
    put(db, ago(1, 30), line="A")
    put(db, ago(1, 30), line="B")
    put(db, ago(0, 30), line="B")
    assert set(alerts(evaluate_rules(db, binding, NOON, FRESH).observations)) == {"stopped['A']"}
    later = alerts(evaluate_rules(db, binding, NOON + dt.timedelta(hours=1), FRESH).observations)
    assert set(later) == {"kpi:output", "stopped['B']"}


# --- silence ---------------------------------------------------------------------------------------------------


def silent_site(tmp_path: Path) -> Binding:
    text = (
        "rules:\n  hush: {source: orders, silent: 30m, priority: critical}\n  rows: {source: cycles, rows: qty > 1}\n"
    )
    binding = bound(tmp_path, text)
    site = binding.site
    cycles = replace(site.sources["cycles"], fresh_within=900.0)
    return replace(binding, site=replace(site, sources=site.sources | {"cycles": cycles}))


def arrivals(cycles: float | None, orders: float | None, speed: float = 1.0) -> Arrivals:
    totals = {"cycles": Totals(last_arrival=cycles), "orders": Totals(last_arrival=orders)}
    return Arrivals(totals=totals, wall=NOW, started=NOW - 1000, speed=speed)


def test_a_source_falls_silent_by_arrival(tmp_path: Path) -> None:
    db, binding = quick_database(), silent_site(tmp_path)
    assert alerts(evaluate_rules(db, binding, NOON, arrivals(NOW, NOW - 1800)).observations) == {}
    raised = alerts(evaluate_rules(db, binding, NOON, arrivals(NOW, NOW - 1801)).observations)["hush"]
    assert (raised.priority, raised.text) == ("critical", "orders has been silent for more than 30 min")
    assert "hush" in alerts(evaluate_rules(db, binding, NOON, arrivals(NOW, NOW - 40, speed=60)).observations)
    assert alerts(evaluate_rules(db, binding, NOON, arrivals(NOW, 0.0, speed=0)).observations) == {}


def test_a_source_that_never_spoke_counts_from_the_start_of_watching(tmp_path: Path) -> None:
    db, binding = quick_database(), silent_site(tmp_path)
    assert alerts(evaluate_rules(db, binding, NOON, arrivals(NOW, None)).observations) == {}
    assert "hush" in alerts(evaluate_rules(db, binding, NOON, arrivals(NOW, None, speed=2)).observations)


def test_a_stale_source_freezes_its_rules(tmp_path: Path) -> None:
    db, binding = quick_database(), silent_site(tmp_path)
    put(db, ago(0, 1), qty=5)
    assert stale_sources(binding, arrivals(NOW - 901, NOW)) == {"cycles"}
    found = evaluate_rules(db, binding, NOON, arrivals(NOW - 901, NOW))
    assert found.verdicts["rows"].quality == "stale"
    assert "rows" not in alerts(found.observations)
    assert "rows" in alerts(evaluate_rules(db, binding, NOON, arrivals(NOW - 900, NOW)).observations)


def test_a_careless_rule_is_capped_and_raises_an_alert_of_its_own(tmp_path: Path) -> None:
    text = "rules:\n  each: {source: cycles, rows: qty > 0, by: [station]}\n"
    db, binding = quick_database(), bound(tmp_path, text)
    db.execute(
        "INSERT INTO cycles (_time, _file, _line, station, qty) "
        f"SELECT TIMESTAMP '2026-06-24 11:59:00', 1, i, i, 1 FROM range({rules.INSTANCES + 5}) r(i)"
    )
    raised = alerts(evaluate_rules(db, binding, NOON, FRESH).observations)
    assert len(raised) == rules.INSTANCES + 1
    assert "10005 instances" in raised["many:each"].text
    db.execute("DELETE FROM cycles WHERE station > 3")
    calm = evaluate_rules(db, binding, NOON, FRESH)
    assert "many:each" not in alerts(calm.observations)
    assert calm.verdicts["many:each"].absent == "normal"
