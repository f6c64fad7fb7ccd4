"""The reference figures of alert rules, by `opsconsole backtest` as anybody would run it."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

from tests.program.conftest import SiteFolder, site
from tests.reference import plant

__all__ = ["site"]
DATA = Path(os.environ.get("OPSCONSOLE_DATA", ""))
MACHINES = f"""\
sources: {{cycles: {{files: {DATA}/ai4i2020/ai4i2020.csv, dimensions: [Type]}}}}
rules:
  HDF:
    source: cycles
    rows: '"Process temperature [K]" - "Air temperature [K]" < 8.6 AND "Rotational speed [rpm]" < 1380'
    every: row
  PWF:
    source: cycles
    rows: '"Torque [Nm]" * "Rotational speed [rpm]" * 2 * pi() / 60 NOT BETWEEN 3500 AND 9000'
    every: row
  OSF:
    source: cycles
    rows: >-
      "Tool wear [min]" * "Torque [Nm]" > CASE Type WHEN 'L' THEN 11000 WHEN 'M' THEN 12000 ELSE 13000 END
    every: row
"""
LOGIN = f"""\
clock: data
sources: {{events: {{files: {DATA}/openssh_log/openssh_events.csv, time: ts, dimensions: [ip]}}}}
rules:
  guessing:
    {{source: events, rows: "message LIKE '%Failed password%'", every: 5m, within: 5m, at_least: 10, by: [ip]}}
"""
FLIGHTS = f"""\
timezone: America/New_York
clock: data
sources: {{flights: {{files: {DATA}/nycflights13/flights.parquet, time: time_hour, columns: {{tailnum: text}}}}}}
kpis: {{delay: {{source: flights, value: avg(dep_delay), window: day}}}}
rules:
  late: {{kpi: delay, when: "> 30", every: 1d}}
"""


def backtest(site: SiteFolder, text: str, *words: str) -> dict[str, dict[str, Any]]:
    (site.folder / "site.yaml").write_text(text)
    found = site.json("backtest", *words, "--since", "400d")
    return {entry["rule"]: entry for entry in found["rules"]}


def test_the_rules_of_machine_failures_fire_as_often_as_the_failures_are_labelled(site: SiteFolder) -> None:
    expected = json.loads((DATA / "ai4i2020/expected.json").read_text())["alert_rule_reconstruction"]
    found = backtest(site, MACHINES)
    assert {name: entry["count"] for name, entry in found.items()} == {"HDF": 115, "PWF": 95, "OSF": 98}
    assert {name: entry["count"] for name, entry in found.items()} == {
        name: figures["rule_hits"] for name, figures in expected.items()
    }


def test_ten_failed_passwords_of_an_address_within_five_minutes(site: SiteFolder) -> None:
    entry = backtest(site, LOGIN)["guessing"]
    assert (entry["count"], entry["instances"]) == (10, 6)


def test_days_on_which_flights_left_late(site: SiteFolder) -> None:
    entry = backtest(site, FLIGHTS)["late"]
    assert (entry["count"], entry["days"]) == (43, 43)


def test_what_another_limit_would_have_saved(site: SiteFolder) -> None:
    entry = backtest(site, FLIGHTS, "late", "--with", "when: > 40")["late"]
    assert (entry["count"], entry["changed"]["count"], entry["saved"]["count"]) == (43, 20, 23)


def test_a_fault_of_the_plant_would_have_been_told_when_the_textbook_finds_it(site: SiteFolder) -> None:
    """Three days of normal runs and two with a fault from row 160 on, as one stream; each look knows only what was."""
    step, first = dt.timedelta(seconds=plant.STEP), dt.datetime(2026, 3, 1)
    runs = [plant.run(name) for name in ("d00", "d00_te", "d01_te")]
    names, at = runs[0][0], first
    onset = first + step * (len(runs[0][1]) + len(runs[1][1]) + plant.ONSET)
    with (site.folder / "plant.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["ts", *names])
        for _, rows in runs:
            for row in rows.tolist():
                writer.writerow([at.isoformat(sep=" "), *row])
                at += step
    columns = f"[{', '.join(names)}]"
    rule = f"{{source: plant, anomaly: 2 per week, columns: {columns}}}"
    source = "{files: plant.csv, time: ts}"
    (site.folder / "site.yaml").write_text(f"clock: data\nsources: {{plant: {source}}}\nrules: {{odd: {rule}}}\n")
    [entry] = site.json("backtest", "odd", "--since", "5d")["rules"]
    starts = [dt.datetime.fromisoformat(each["start"]).replace(tzinfo=None) for each in entry["occurrences"]]
    known = plant.expected()["by_fault_test_file"]["01"]["first_detection_row0_6_consecutive"]
    told = [each for each in starts if each > onset - dt.timedelta(hours=12)]
    assert len(told) == 1
    assert onset < told[0] <= onset + step * (known + 5 - plant.ONSET)
    assert entry["longest"] > 12 * 3600, "it stands until the day ends, when the fault is learnt as usual"
    assert 0 < entry["unknown"] < 86_400, "until there were rows enough to learn from"
    assert "are needed for 52 columns" in entry["why"]
