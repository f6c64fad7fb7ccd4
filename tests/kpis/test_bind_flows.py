"""Flows are bound to their tables: columns that are not there or hold no times are told with their place."""

from __future__ import annotations

from pathlib import Path

from opsconsole.kpis.bind import bind
from tests.kpis.plant import SCHEMAS, bound, load, problems_of

FLOW = "flows: {f: {source: cycles, case: text, activity: station, time: ts, by: line, where: qty > 1, sla: 2h}}\n"


def test_the_log_is_read_newest_first_in_utc(tmp_path: Path) -> None:
    found = bound(tmp_path, FLOW + "rules: {r: {flow: f, late: probability > 0.5}}")
    sql = found.flows["f"].sql
    assert 'CAST("station" AS VARCHAR) AS "activity"' in sql
    assert "Europe/Berlin" in sql, "naive stamps are the site's"
    assert "qty > 1" in sql
    assert (found.rules["r"].kind, found.rules["r"].source, found.rules["r"].by) == ("late", "cycles", ("text",))


def test_what_is_wrong_has_its_place(tmp_path: Path) -> None:
    flow = "flows:\n  f: {source: cycles, case: gone, activity: station, time: line, where: qty >}\n"
    told = [str(problem) for problem in problems_of(tmp_path, flow)]
    at = "site.yaml:9:"
    assert [each.split(" ", 1)[0] for each in told] == [f"{at}29", f"{at}60", f"{at}77"], told
    assert "`line` is VARCHAR, expected a time" in told[1]


def test_a_flow_without_its_table_waits_and_so_do_its_rules(tmp_path: Path) -> None:
    loaded = load(tmp_path, FLOW + "rules: {r: {flow: f, late: probability > 0.5}}")
    found, problems = bind(loaded, {"orders": SCHEMAS["orders"]})
    assert problems == []
    assert found.flows == {}
    assert "waits for the first file" in found.stuck["f"]
    assert found.idle["r"] == found.stuck["f"]
