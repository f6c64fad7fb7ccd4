"""nhs_ae: 36 months of the emergency departments of the NHS, against figures computed elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.computed import Computed, computed

DATA = Path(os.environ.get("OPSCONSOLE_DATA", "")) / "nhs_ae"
PERFORMANCE = "1 - sum(breaches) / sum(attendances)"
SITE = f"""
timezone: Europe/London
sources:
  ae:
    files: {DATA}/ae_attendances.csv
    time: period
    dimensions: [period, org_code, type]
    columns: {{org_code: text, type: text, period: date}}
  months:
    sql: SELECT period, {PERFORMANCE} AS performance FROM ae GROUP BY period
    time: period
    dimensions: [period]
  trusts:
    sql: SELECT org_code, {PERFORMANCE} AS performance FROM ae GROUP BY org_code HAVING bool_or(type = '1')
    dimensions: [org_code]
kpis:
  rows: {{source: ae, value: count(*), window: all}}
  months: {{source: ae, value: count(DISTINCT period), window: all, by: []}}
  orgs: {{source: ae, value: count(DISTINCT org_code), window: all, by: []}}
  attendances: {{source: ae, value: sum(attendances), window: all}}
  breaches: {{source: ae, value: sum(breaches), window: all}}
  admissions: {{source: ae, value: sum(admissions), window: all}}
  performance: {{source: ae, value: {PERFORMANCE}, window: all, better: higher, target: 0.95, warning: 0.95}}
  derived: {{value: 1 - breaches / attendances, window: all, better: higher, target: 0.95, by: [period, org_code]}}
  type1: {{source: ae, value: {PERFORMANCE}, where: type = '1', window: all}}
  meeting: {{source: months, value: count(*) FILTER (WHERE performance >= 0.95), window: all, by: []}}
  mean_month: {{source: months, value: avg(performance), window: all, by: []}}
  trusts: {{source: trusts, value: count(*)}}
  trusts_meeting: {{source: trusts, value: count(*) FILTER (WHERE performance >= 0.95), by: []}}
  trust: {{source: trusts, value: max(performance), better: higher, warning: 0.95}}
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computed]:
    with computed(tmp_path_factory.mktemp("ae"), SITE) as site:
        yield site


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return dict(json.loads((DATA / "expected.json").read_text()))


def test_totals_and_the_performance_overall(found: Computed, expected: dict[str, Any]) -> None:
    assert found.value("rows") == expected["rows"]
    assert found.value("months") == expected["months"]
    assert found.value("orgs") == expected["orgs"]
    for name, total in expected["totals"].items():
        assert found.value(name) == total
    for kpi in ("performance", "derived"):
        assert found.value(kpi) == pytest.approx(expected["four_hour_performance_overall"], rel=1e-9)
    assert found.value("type1") == pytest.approx(expected["type1_performance_overall"], rel=1e-9)


@pytest.mark.parametrize("kpi", ["performance", "derived"])
def test_each_month_is_sum_over_sum_and_below_the_standard(found: Computed, expected: dict[str, Any], kpi: str) -> None:
    months = found.by(kpi, "period")
    assert months == pytest.approx(expected["performance_by_month"], rel=1e-9)
    assert len(months) == 36
    assert found.value("meeting") == expected["months_meeting_95pct"] == 0
    assert found.value("mean_month") == pytest.approx(expected["xmr_monthly_performance"]["mean"], rel=1e-9)
    # the mean of the months is not the performance: sums were not averaged
    assert found.value("mean_month") != pytest.approx(found.value("performance"), rel=1e-5)


def test_every_month_is_a_warning(found: Computed) -> None:
    assert found.kpis["performance"].status == "warning"
    assert set(found.kpis["performance"].splits["period"].statuses) == {"warning"}


def test_trusts_best_and_worst(found: Computed, expected: dict[str, Any]) -> None:
    assert found.value("trusts") == expected["type1_trusts"]
    assert found.value("trusts_meeting") == expected["trusts_meeting_95pct"]
    trusts = found.by("trust", "org_code")
    worst, best = list(trusts)[:5], list(trusts)[-5:]
    assert worst == list(expected["worst5_trusts"])
    assert sorted(best) == sorted(expected["best5_trusts"])
    for code, performance in (expected["worst5_trusts"] | expected["best5_trusts"]).items():
        assert trusts[code] == pytest.approx(performance, rel=1e-9)
    statuses = found.kpis["trust"].splits["org_code"].statuses
    assert statuses.count("good") == expected["trusts_meeting_95pct"]
    assert found.by("performance", "org_code")["RQW"] == pytest.approx(expected["worst5_trusts"]["RQW"], rel=1e-9)
