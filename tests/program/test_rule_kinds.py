"""Rules of every kind through the real program: files in, alerts out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks.common import headless

SITE = """\
site: Kinds
timezone: UTC
clock: data
alert_from: all
sources:
  cycles: {files: cycles.csv, time: ts, dimensions: [line]}
  orders: {files: orders.csv, columns: {promised: time}}
kpis:
  scrap: {source: cycles, value: 100 * sum(scrap) / sum(qty), unit: "%", better: lower, warning: 40, window: 1h}
  made: {source: cycles, value: sum(qty), window: 1h}
rules:
  beyond: {kpi: scrap, when: "> 40", by: line}
  rising: {kpi: made, when: "> 100 %", change: 30m, by: line}
  unusual: {kpi: made, when: "< -5", against: day}
  hot: {source: cycles, rows: qty > 90, within: 2h, recover: qty < 10, by: line}
  quiet: {source: cycles, silent: 30m, by: line}
  late: {source: orders, due: promised, unless: done, by: customer}
  bad_data: {source: health, rows: rejected > 0, by: source}
  both: {combine: "beyond and not quiet", by: line, priority: critical}
  none: {combine: "quiet and hot and not hot"}
"""
ROWS = """\
ts,line,qty,scrap
2026-06-22 11:00:00,A,1,0
2026-06-23 11:30:00,A,500,0
2026-06-24 10:20:00,B,95,0
2026-06-24 10:30:00,B,85,0
2026-06-24 10:31:00,A,25,0
2026-06-24 10:50:00,A,5,0
2026-06-24 11:10:00,A,10,1
2026-06-24 11:20:00,B,20,10
2026-06-24 11:45:00,A,60,40
2026-06-24 12:00:00,A,20,10
"""
ORDERS = """\
promised,customer,done
2026-06-24 11:59:00,ana,false
2026-06-24 11:00:00,bob,true
2026-06-24 12:01:00,eve,false
"""


def test_rules_of_every_kind_raise_their_alerts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    site = tmp_path / "site"
    site.mkdir()
    (site / "site.yaml").write_text(SITE)
    (site / "cycles.csv").write_text(ROWS)
    (site / "orders.csv").write_text(ORDERS)
    snapshot = json.loads(headless(site, "snapshot", "--json"))
    alerts = {each["id"]: each for each in snapshot["alerts"]}
    assert set(alerts) == {
        "kpi:scrap", "beyond{line=A}", "beyond{line=B}", "rising{line=A}", "unusual", "hot{line=B}",
        "quiet{line=B}", "late{customer=ana}", "both{line=A}",
    }  # fmt: skip
    assert alerts["both{line=A}"]["priority"] == "critical"
    assert alerts["rising{line=A}"]["text"].startswith("made +")
    assert alerts["quiet{line=B}"]["text"] == "cycles has been silent for more than 30 min · line B"
