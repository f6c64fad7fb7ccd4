"""What `opsconsole control` prints: 80 columns for a person, and JSON as the README says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opsconsole.cli.arguments import parse
from opsconsole.cli.show_control import control_json, control_text
from opsconsole.site.figures import width
from tests.cli.test_shapes import documented
from tests.engine.insight.test_control import SITE, filled, told
from tests.kpis.plant import bound


@pytest.fixture(name="report", scope="module")
def _report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return told(bound(tmp_path_factory.mktemp("control"), SITE), filled(shift=8.0), kpi="cost", where={"line": "A"})


def test_the_text(report: dict[str, Any]) -> None:
    lines = control_text(report).splitlines()
    assert [line for line in lines if width(line) > 80] == []
    assert lines[:2] == ["cost · line A", "X̄-S chart (means of subgroups) · a point is 1 h"]
    assert lines[2].startswith("limits 4")
    assert f"↑ {'2026-06-24 14:00':<35} rule1" in lines
    assert any(line.startswith("Cp 1.78 (95 %: 1.65–1.91)") for line in lines)
    assert "high, runs: " in control_text(report)
    assert "the whole site, 4 charts of 2 KPIs: " in control_text(report)
    assert [line.split()[:2] for line in lines[-11:-8]] == [
        ["rule1", "raises"],
        ["nelson2", "raises"],
        ["nelson3", "drawn"],
    ]


def test_a_chart_without_limits_says_why(tmp_path: Path) -> None:
    report = told(bound(tmp_path, SITE), filled(hours=12), kpi="cost")
    text = control_text(report)
    assert "no limits: not enough: 12 of 20 points" in text
    assert "no capability: not enough: 12 of 20 points" in text
    assert json.loads(control_json(report))["segments"][0]["lacking"] == "not enough: 12 of 20 points"


def test_json_has_what_the_readme_says(report: dict[str, Any]) -> None:
    found = json.loads(control_json(report))
    assert sorted(found) == sorted(documented("control --json"))
    assert sorted(found["segments"][0]) == sorted(documented("SEGMENT"))
    assert sorted(found["signals"][0]) == sorted(documented("SIGNAL"))
    assert found["points"]["end"][-1] == found["now"] == "2026-06-24T14:00:00.000+02:00"
    assert found["signals"][0]["first"] == found["now"]


def test_names_of_files_do_not_drive_the_terminal(report: dict[str, Any]) -> None:
    assert "\x1b" not in control_text({**report, "where": {"line": "\x1b[2J"}})


def test_its_arguments() -> None:
    found = parse(["control", ".", "scrap", "--where", "line=3", "--json"])
    assert (found.name, found.where, found.json, found.points) == ("scrap", ["line=3"], True, 200)
    with pytest.raises(SystemExit):
        parse(["control", "."])
