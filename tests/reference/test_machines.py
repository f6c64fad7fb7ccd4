"""ai4i2020: ten thousand machine cycles, their failures by type and mode, against figures computed elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.computed import Computed, computed

DATA = Path(os.environ.get("OPSCONSOLE_DATA", "")) / "ai4i2020"
MODES = ("TWF", "HDF", "PWF", "OSF", "RNF")
ANY = " + ".join(MODES)
# The conditions of the data set's own README: heat, power, overstrain.
RULES = {
    "HDF": '"Process temperature [K]" - "Air temperature [K]" < 8.6 AND "Rotational speed [rpm]" < 1380',
    "PWF": '"Torque [Nm]" * "Rotational speed [rpm]" * 2 * pi() / 60 NOT BETWEEN 3500 AND 9000',
    "OSF": "\"Tool wear [min]\" * \"Torque [Nm]\" > CASE Type WHEN 'L' THEN 11000 WHEN 'M' THEN 12000 ELSE 13000 END",
}


def site() -> str:
    """One KPI for each figure; means and deviations of every column that the reference names."""
    columns = json.loads((DATA / "expected.json").read_text())["means"]
    lines = [
        f"sources: {{cycles: {{files: {DATA}/ai4i2020.csv, dimensions: [Type]}}}}",
        "kpis:",
        "  rows: {source: cycles, value: count(*)}",
        "  failures: {source: cycles, value: 'sum(\"Machine failure\")'}",
        "  rate: {source: cycles, value: 'sum(\"Machine failure\") / count(*)', better: lower}",
        "  derived_rate: {value: failures / rows}",
        f"  unexplained: {{source: cycles, value: count(*), where: '\"Machine failure\" = 1 AND {ANY} = 0'}}",
        f"  without_failure: {{source: cycles, value: count(*), where: '\"Machine failure\" = 0 AND {ANY} > 0'}}",
        f"  several: {{source: cycles, value: count(*), where: '{ANY} >= 2'}}",
    ]
    lines += [f"  mode_{mode}: {{source: cycles, value: sum({mode})}}" for mode in MODES]
    for mode, rule in RULES.items():
        lines += [
            f"  hits_{mode}: {{source: cycles, value: count(*), where: {json.dumps(rule)}}}",
            f"  true_{mode}: {{source: cycles, value: sum({mode}), where: {json.dumps(rule)}}}",
        ]
    for at, column in enumerate(columns):
        quoted = json.dumps(f'"{column}"')[1:-1]
        lines += [
            f'  mean_{at}: {{source: cycles, value: "avg({quoted})"}}',
            f'  std_{at}: {{source: cycles, value: "stddev_samp({quoted})"}}',
        ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computed]:
    with computed(tmp_path_factory.mktemp("machines"), site()) as each:
        yield each


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    return dict(json.loads((DATA / "expected.json").read_text()))


def test_failures_overall_and_by_type(found: Computed, expected: dict[str, Any]) -> None:
    assert found.value("rows") == expected["rows"]
    assert found.value("failures") == expected["failures"]
    assert found.by("rows", "Type") == expected["type_counts"]
    assert found.by("failures", "Type") == expected["failures_by_type"]
    for kpi in ("rate", "derived_rate"):
        assert found.value(kpi) == pytest.approx(expected["failure_rate"], rel=1e-9)
        assert found.by(kpi, "Type") == pytest.approx(expected["failure_rate_by_type"], rel=1e-9)
    assert list(found.by("rate", "Type")) == ["L", "M", "H"], "worst first"


def test_modes_of_failure(found: Computed, expected: dict[str, Any]) -> None:
    assert {mode: found.value(f"mode_{mode}") for mode in MODES} == expected["mode_counts"]
    assert found.value("unexplained") == expected["failure_without_any_mode"]
    assert found.value("without_failure") == expected["mode_but_no_machine_failure"]
    assert found.value("several") == expected["rows_with_two_or_more_modes"]


def test_rules_hit_the_rows_that_are_labelled(found: Computed, expected: dict[str, Any]) -> None:
    for mode, figures in expected["alert_rule_reconstruction"].items():
        hits, right = found.value(f"hits_{mode}"), found.value(f"true_{mode}")
        assert (hits, right) == (figures["rule_hits"], figures["true_positive"])
        assert found.value(f"mode_{mode}") == figures["label_hits"]


def test_means_and_deviations_of_every_column(found: Computed, expected: dict[str, Any]) -> None:
    for at, column in enumerate(expected["means"]):
        assert found.value(f"mean_{at}") == pytest.approx(expected["means"][column], rel=1e-9), column
        assert found.value(f"std_{at}") == pytest.approx(expected["std"][column], rel=1e-9), column
