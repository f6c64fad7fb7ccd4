"""Known figures of real data sets, through the real program."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.program.conftest import PROGRAM
from tests.program.test_nycflights import SITE

DATA = Path(os.environ.get("OPSCONSOLE_DATA", ""))


def run(folder: Path, state: Path, *words: str) -> Any:
    command, *rest = words
    done = subprocess.run(
        [*PROGRAM, command, str(folder), *rest, "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "XDG_STATE_HOME": str(state)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nycflights_equals_expected_json(tmp_path: Path) -> None:
    site = tmp_path / "nyc"
    site.mkdir()
    (site / "site.yaml").write_text(SITE.format(flights=DATA / "nycflights13/flights.parquet"))
    expected = json.loads((DATA / "nycflights13/expected.json").read_text())
    values = {kpi["name"]: kpi["value"] for kpi in run(site, tmp_path, "snapshot")["kpis"]}
    overall = expected["overall"]
    assert values["flights"] == overall["flights"] == expected["rows"]
    assert values["cancelled"] == overall["cancelled_dep_null"]
    assert values["departure_delay"] == pytest.approx(overall["mean_dep_delay"], rel=1e-12)
    assert values["on_time"] / 100 == pytest.approx(overall["on_time_rate_lt15"], rel=1e-12)
    assert values["on_time_of_scheduled"] / 100 == pytest.approx(overall["on_time_lt15_of_scheduled"], rel=1e-12)
    sql = "SELECT carrier, count(*) FILTER (WHERE arr_delay < 15) / count(arr_delay) AS rate FROM flights GROUP BY ALL"
    rates = {row["carrier"]: row["rate"] for row in run(site, tmp_path, "query", sql)}
    for carrier, figures in expected["by_carrier"].items():
        assert rates[carrier] == pytest.approx(figures["on_time_rate_lt15"], rel=1e-12)


def test_a_daily_rule_would_have_been_broken_on_43_days(tmp_path: Path) -> None:
    site = tmp_path / "nyc"
    site.mkdir()
    (site / "site.yaml").write_text(SITE.format(flights=DATA / "nycflights13/flights.parquet"))
    sql = "SELECT count(*) AS days FROM (SELECT month, day FROM flights GROUP BY ALL HAVING avg(dep_delay) > 30)"
    assert run(site, tmp_path, "query", sql) == [{"days": 43}]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("ai4i2020", 10_000),
        ("nhs_ae", 12_765),
        ("production_manufacturer", 4_503),
        ("receipt", 8_577),
        ("openssh_log", 2_000),
    ],
)
def test_a_draft_takes_every_row(tmp_path: Path, name: str, rows: int) -> None:
    found = run(DATA / name, tmp_path, "snapshot")
    assert found["site"]["draft"] is True
    assert rows in {source["rows"] for source in found["sources"]}
    assert sum(source["failed"] for source in found["sources"]) == 0
    assert found["kpis"]
