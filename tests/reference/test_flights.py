"""nycflights13: every figure of the reference as a KPI of a site file, overall and by every dimension it has."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.computed import Computed, computed

DATA = Path(os.environ.get("OPSCONSOLE_DATA", "")) / "nycflights13"
# What the reference gives overall and for each member of each dimension, by its name there.
FIGURES = {
    "flights": "count(*)",
    "cancelled_dep_null": "count(*) - count(dep_delay)",
    "cancel_rate": "(count(*) - count(dep_delay)) / count(*)",
    "arrived": "count(arr_delay)",
    "mean_dep_delay": "avg(dep_delay)",
    "mean_arr_delay": "avg(arr_delay)",
    "median_arr_delay": "median(arr_delay)",
    "on_time_rate_le0": "count(*) FILTER (WHERE arr_delay <= 0) / count(arr_delay)",
    "on_time_rate_lt15": "count(*) FILTER (WHERE arr_delay < 15) / count(arr_delay)",
    "on_time_rate_le15": "count(*) FILTER (WHERE arr_delay <= 15) / count(arr_delay)",
    "on_time_lt15_of_scheduled": "count(*) FILTER (WHERE arr_delay < 15) / count(*)",
    "late_ge60": "count(*) FILTER (WHERE arr_delay >= 60)",
}
# What it gives once, by its name there.
SINGLE = {
    "rows": "count(*)",
    "null_dep_delay_cancelled": "count(*) FILTER (WHERE dep_delay IS NULL)",
    "null_arr_delay": "count(*) FILTER (WHERE arr_delay IS NULL)",
    "null_tailnum": "count(*) FILTER (WHERE tailnum IS NULL)",
    "null_air_time": "count(*) FILTER (WHERE air_time IS NULL)",
    "median_dep_delay": "median(dep_delay)",
    "std_dep_delay": "stddev_samp(dep_delay)",
    "p95_dep_delay_linear": "quantile_cont(dep_delay, 0.95)",
    "p95_arr_delay_linear": "quantile_cont(arr_delay, 0.95)",
    "max_dep_delay": "max(dep_delay)",
    "min_dep_delay": "min(dep_delay)",
    "dest_count": "count(DISTINCT dest)",
    "days": "count(DISTINCT date)",
}
FURTHER = """\
  rate_of_others: {value: cancelled_dep_null / flights, by: [carrier, origin, month, hour, dest]}
  day_flights: {source: days, value: max(flights)}
  day_cancelled: {source: days, value: max(cancelled), better: lower}
  day_delay: {source: days, value: max(delay), better: lower, warning: 30}
  day_delay_not_cancelled: {source: days, value: max(delay_not_cancelled)}
  late_days: {source: days, value: count(*) FILTER (WHERE delay > 30), by: []}
  cancelled_days: {source: days, value: count(*) FILTER (WHERE cancelled > 0.1 * flights), by: []}
  day_rate: {source: days, value: max(cancelled) / max(flights), better: lower, warning: 0.1}
  mean_of_days: {source: days, value: avg(delay), by: []}
  mr_bar: {source: days, value: avg(moved), by: []}
  upper: {value: mean_of_days + 2.66 * mr_bar, by: []}
  lower: {value: mean_of_days - 2.66 * mr_bar, by: []}
  upper_d2: {value: mean_of_days + 3 * mr_bar / 1.128, by: []}
  weather_rows: {source: weather, value: count(*), window: all, by: []}
  weather_keys: {source: weather, value: "count(DISTINCT origin || ' ' || time_hour::TEXT)", window: all, by: []}
  with_weather: {source: flights_weather, value: count(*), window: all, by: []}
  planes: {source: planes, value: count(*)}
  no_plane: {source: flights_planes, value: count(*), where: known IS NULL, window: all, by: []}
  no_plane_though_named:
    {source: flights_planes, value: count(*), where: known IS NULL AND tailnum IS NOT NULL, window: all, by: []}
"""


def site() -> str:
    """The site file: flights with their dates, days, and the joins with weather and planes."""
    lines = [
        "timezone: America/New_York",
        "clock: data",
        "sources:",
        f"  raw: {{files: {DATA}/flights.parquet, time: time_hour, columns: {{tailnum: text}}}}",
        f"  weather: {{files: {DATA}/weather.csv, time: time_hour, dimensions: [origin]}}",
        f"  planes: {{files: {DATA}/planes.csv, columns: {{tailnum: text}}}}",
        "  flights:",
        "    sql: SELECT *, make_date(year, month, day) AS date FROM raw",
        "    time: time_hour",
        "    dimensions: [carrier, origin, month, hour, dest]",
        "  days:",
        "    sql: |",
        "      SELECT *, abs(delay - lag(delay) OVER (ORDER BY date)) AS moved FROM (",
        "        SELECT date, count(*) AS flights, count(*) - count(dep_delay) AS cancelled, avg(dep_delay) AS delay,",
        "               avg(dep_delay) FILTER (WHERE arr_delay IS NOT NULL) AS delay_not_cancelled",
        "        FROM flights GROUP BY date)",
        "    dimensions: [date]",
        "  flights_weather:",
        "    sql: SELECT f.* FROM raw AS f JOIN weather AS w ON f.origin = w.origin AND f.time_hour = w.time_hour",
        "    time: time_hour",
        "  flights_planes:",
        "    sql: SELECT f.*, p.tailnum AS known FROM raw AS f LEFT JOIN planes AS p ON f.tailnum = p.tailnum",
        "    time: time_hour",
        "kpis:",
    ]
    named = {**FIGURES, **SINGLE}
    lines += [
        f"  {name}: {{source: flights, value: {json.dumps(value)}, window: all}}" for name, value in named.items()
    ]
    return "\n".join(lines) + "\n" + FURTHER


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computed]:
    with computed(tmp_path_factory.mktemp("flights"), site()) as each:
        yield each


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return dict(json.loads((DATA / "expected.json").read_text()))


def same(value: float | None, known: float | None, what: object) -> None:
    """A value equal to the reference, a missing one missing in both."""
    if known is None:
        assert value is None, what
    else:
        assert value == pytest.approx(known, rel=1e-9, abs=1e-12), what


def test_every_figure_overall(found: Computed, expected: dict[str, Any]) -> None:
    assert set(expected["overall"]) == set(FIGURES)
    for name, known in expected["overall"].items():
        same(found.value(name), known, name)
    given = {name for name, known in expected.items() if isinstance(known, int | float)}
    assert given == set(SINGLE) | {"mean_dep_delay", "mean_arr_delay", "median_arr_delay"}
    for name in given:
        same(found.value(name), expected[name], name)


@pytest.mark.parametrize("name", [*FIGURES, "rate_of_others"])
def test_every_figure_by_every_dimension(found: Computed, expected: dict[str, Any], name: str) -> None:
    tables = {key: known for key, known in expected.items() if key.startswith("by_")}
    assert len(tables) == 5
    for table, members in tables.items():
        by = table.removeprefix("by_").removesuffix("_top10")
        values = found.by(name, by)
        known = {
            member: figures[name if name != "rate_of_others" else "cancel_rate"] for member, figures in members.items()
        }
        for member, figure in known.items():
            # an hour in which nothing arrived has no share of it: the member stays, its value is missing
            same(values[member], figure, (table, member))
        if "top" not in table:
            assert set(values) == set(known)
        else:
            assert len(values) == expected["dest_count"]


def test_days(found: Computed, expected: dict[str, Any]) -> None:
    cancelled, flights = found.by("day_cancelled", "date"), found.by("day_flights", "date")
    assert len(flights) == expected["days"]
    known = expected["worst_days_by_cancellations"]
    assert [cancelled[day["date"]] for day in known] == list(cancelled.values())[: len(known)]
    for day in known:
        assert (cancelled[day["date"]], flights[day["date"]]) == (day["cancelled"], day["flights"])
    delays = found.by("day_delay", "date")
    known = expected["worst_days_by_mean_dep_delay"]
    assert list(delays)[: len(known)] == [day["date"] for day in known]
    for day in known:
        same(delays[day["date"]], day["mean_dep_delay"], day)
    for kpi, name in (
        ("day_delay", "r4ds_daily_mean_dep_delay_first5_narm"),
        ("day_delay_not_cancelled", "r4ds_daily_mean_dep_delay_first5_not_cancelled"),
    ):
        values = found.by(kpi, "date")
        first = [values[str(dt.date(2013, 1, day))] for day in range(1, 6)]
        assert [round(value or 0.0, 2) for value in first] == expected[name]


def test_days_on_which_a_rule_would_have_alerted(found: Computed, expected: dict[str, Any]) -> None:
    for kpi, count, name in (
        ("day_delay", "late_days", "alert_days_mean_dep_delay_gt_30"),
        ("day_rate", "cancelled_days", "alert_days_cancel_rate_gt_10pct"),
    ):
        split = found.kpis[kpi].splits["date"]
        bad = [day for day, status in zip(split.members, split.statuses, strict=True) if status == "warning"]
        assert found.value(count) == expected[name]["count"] == len(bad)
        assert sorted(map(str, bad)) == sorted(expected[name]["dates"])


def test_control_limits_of_the_daily_delay(found: Computed, expected: dict[str, Any]) -> None:
    known = expected["xmr_daily_mean_dep_delay"]
    for kpi, name in (("mean_of_days", "mean"), ("mr_bar", "mr_bar"), ("upper", "ucl"), ("lower", "lcl")):
        same(found.value(kpi), known[name], name)
    same(found.value("upper_d2"), known["ucl_d2_1.128"], "ucl by d2")
    upper, lower = found.value("upper"), found.value("lower")
    assert upper is not None
    assert lower is not None
    delays = found.by("day_delay", "date").values()
    assert sum(value > upper or value < lower for value in delays if value is not None) == known["beyond"]


def test_joins_with_weather_and_planes(found: Computed, expected: dict[str, Any]) -> None:
    weather = expected["join_flights_weather_on_origin_time_hour"]
    assert found.value("weather_rows") == weather["weather_rows"]
    assert found.value("weather_keys") == weather["weather_rows"] - weather["weather_key_duplicates"]
    assert found.value("with_weather") == weather["flights_matched_left_join_rows"]
    planes = expected["join_planes"]
    assert found.value("planes") == planes["planes"]
    assert found.value("no_plane") == planes["flights_without_plane_record"]
    assert found.value("no_plane_though_named") == planes["non_null_tail_without_plane"]
