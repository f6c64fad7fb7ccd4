"""The figures of a known data set, through the real program: nycflights13 as the airport pack ships it."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from opsconsole.demo.packs import pack
from tests.program.conftest import PROGRAM

SITE = """\
site: New York 2013
timezone: America/New_York
clock: data
sources:
  flights:
    files: {flights}
    time: time_hour
    dimensions: [carrier, origin, hour]
kpis:
  flights: {{source: flights, value: count(*), window: all}}
  cancelled: {{source: flights, value: count(*) - count(dep_delay), window: all}}
  departure_delay: {{source: flights, value: avg(dep_delay), unit: min, better: lower, window: all, by: [origin]}}
  on_time: {{source: flights, value: 100 * count(*) FILTER (WHERE arr_delay < 15) / count(arr_delay), unit: "%",
            better: higher, target: 80, window: all, by: [carrier]}}
  on_time_of_scheduled:
    source: flights
    value: 100 * count(*) FILTER (WHERE arr_delay < 15) / count(*)
    unit: "%"
    window: all
"""


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("nyc")
    (folder / "site.yaml").write_text(SITE.format(flights=pack("airport").seeds / "flights.parquet"))
    done = subprocess.run(
        [*PROGRAM, "snapshot", str(folder), "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "XDG_STATE_HOME": str(folder / "state")},
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_snapshot_equals_the_published_figures(figures: dict[str, Any]) -> None:
    values = {kpi["name"]: kpi["value"] for kpi in figures["kpis"]}
    assert values["flights"] == 336_776
    assert values["cancelled"] == 8_255
    assert values["departure_delay"] == pytest.approx(12.639070257304708, rel=1e-12)
    assert values["on_time"] == pytest.approx(75.53047845399058, rel=1e-12)
    assert values["on_time_of_scheduled"] == pytest.approx(73.41556405444568, rel=1e-12)
    assert figures["sources"][0]["rows"] == 336_776
    assert figures["sources"][0]["quarantined"] == 0


def test_the_worst_carrier_with_a_share_of_the_flights_is_named(figures: dict[str, Any]) -> None:
    leader = next(kpi["leader"] for kpi in figures["kpis"] if kpi["name"] == "on_time")
    assert "carrier FL" in leader
    assert "65.35" in leader


def test_last_years_data_is_not_stale_and_raises_no_year_of_alerts(figures: dict[str, Any]) -> None:
    assert figures["site"]["clock"] == "data"
    assert figures["site"]["at"].startswith("2013-12-31T23:00")
    assert figures["sources"][0]["status"] == "off"
    assert figures["alerts"] == []
