"""Flights joined with weather and planes as derived sources, through the real program, against the reference."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.program.conftest import PROGRAM

DATA = Path(os.environ.get("OPSCONSOLE_DATA", "")) / "nycflights13"
SITE = f"""\
site: New York 2013
timezone: America/New_York
clock: data
sources:
  flights: {{files: {DATA}/flights.parquet, time: time_hour, dimensions: [origin]}}
  weather: {{files: {DATA}/weather.csv, time: time_hour}}
  planes: {{files: {DATA}/planes.csv}}
  in_weather:
    sql: >
      SELECT f.*, w.visib, w.origin IS NOT NULL AS known
      FROM flights f LEFT JOIN weather w ON f.origin = w.origin AND f.time_hour = w.time_hour
    time: time_hour
    dimensions: [origin]
  last_weather:
    sql: >
      SELECT f.*, w.visib, epoch(f._time) - epoch(w._time) AS weather_age_s
      FROM flights f ASOF LEFT JOIN weather w ON f.origin = w.origin AND f._time >= w._time
    time: time_hour
  flown:
    sql: SELECT f.*, p.tailnum IS NOT NULL AS known, p.seats FROM flights f LEFT JOIN planes p USING (tailnum)
    time: time_hour
kpis:
  flights: {{source: in_weather, value: count(*), window: all}}
  matched: {{source: in_weather, value: count(*), where: known, window: all, by: [origin]}}
  fog_delay: {{source: in_weather, value: avg(dep_delay), where: visib < 2, window: all}}
  asof_matched: {{source: last_weather, value: count(weather_age_s), window: all}}
  asof_fog_delay: {{source: last_weather, value: avg(dep_delay), where: visib < 2, window: all}}
  oldest_weather: {{source: last_weather, value: max(weather_age_s) / 3600, window: all}}
  no_plane: {{source: flown, value: count(*), where: NOT known, window: all}}
  no_plane_of_named: {{source: flown, value: count(tailnum) FILTER (NOT known), window: all}}
  seats: {{source: flown, value: sum(seats), window: all}}
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("joins")
    (folder / "site.yaml").write_text(SITE)
    done = subprocess.run(
        [*PROGRAM, "snapshot", str(folder), "--json"],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "XDG_STATE_HOME": str(folder / "state")},
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_joins_equal_the_reference(seen: dict[str, Any]) -> None:
    expected = json.loads((DATA / "expected.json").read_text())
    values = {kpi["name"]: kpi["value"] for kpi in seen["kpis"]}
    assert values["flights"] == expected["rows"]
    assert values["matched"] == expected["join_flights_weather_on_origin_time_hour"]["flights_matched_left_join_rows"]
    assert values["matched"] == 335_220
    assert values["no_plane"] == expected["join_planes"]["flights_without_plane_record"]
    assert values["no_plane_of_named"] == expected["join_planes"]["non_null_tail_without_plane"]


def test_joins_equal_those_of_polars(seen: dict[str, Any]) -> None:
    values = {kpi["name"]: kpi["value"] for kpi in seen["kpis"]}
    moment = pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us")
    flights = pl.read_parquet(DATA / "flights.parquet").with_columns(moment.alias("at"))
    weather = pl.read_csv(DATA / "weather.csv", null_values=["", "NA"]).with_columns(moment.alias("at"))
    small = weather.select("origin", "at", "visib")
    joined = flights.join(small, on=["origin", "at"], how="left")
    assert values["fog_delay"] == pytest.approx(joined.filter(pl.col("visib") < 2)["dep_delay"].mean(), rel=1e-12)
    latest = flights.sort("at").join_asof(
        small.with_columns(pl.col("at").alias("seen")).sort("at"),
        on="at",
        by="origin",
        strategy="backward",
        check_sortedness=False,
    )
    assert values["asof_matched"] == latest["seen"].count()
    assert values["asof_fog_delay"] == pytest.approx(latest.filter(pl.col("visib") < 2)["dep_delay"].mean(), rel=1e-12)
    hours = (latest["at"] - latest["seen"]).dt.total_seconds().max()
    assert values["oldest_weather"] * 3600 == pytest.approx(hours)
    planes = pl.read_csv(DATA / "planes.csv", null_values=["", "NA"])
    assert values["seats"] == flights.join(planes, on="tailnum", how="left")["seats"].sum()


def test_derived_sources_say_what_they_are_made_of(seen: dict[str, Any]) -> None:
    made = {source["name"]: source["made_of"] for source in seen["sources"]}
    assert made["in_weather"] == made["last_weather"] == ["flights", "weather"]
    assert made["flown"] == ["flights", "planes"]
    assert made["flights"] == []
