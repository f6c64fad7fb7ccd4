"""`opsconsole check`: all that is wrong, at once."""

# ruff: noqa: E501
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opsconsole.engine.check import check

SITE = """\
site: Plant
sources:
  cycles: {files: "*.csv", time: ts, fresh_within: 15m}
  orders: {files: "*.jsonl"}
kpis:
  scrap:
    source: cycles
    value: 100 * sum(scrap) / sum(qty)
    target: 2
  ordered: {source: orders, value: sum(amount)}
rules:
  slow: {source: cycles, rows: cycle_s > 60, within: 1h}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text("ts,qty,scrap,cycle_s\n2026-06-24 10:00,1,0,3\n")
    (tmp_path / "o.jsonl").write_text('{"amount": 3}\n{"amount": 4}\n')
    return tmp_path


def found(folder: Path, text: str, capsys: pytest.CaptureFixture[str]) -> list[tuple[int, int, str]]:
    (folder / "site.yaml").write_text(text)
    code = check(str(folder), as_json=True)
    problems: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert code == (1 if problems else 0)
    return [(each["mark"]["line"], each["mark"]["column"], each["message"]) for each in problems]


def test_a_site_without_faults_has_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(folder, SITE, capsys) == []


def test_cards_with_gaps_are_advice_and_no_fault(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "site.yaml").write_text(SITE)
    assert check(str(folder), as_json=False) == 0
    verdict, advice = capsys.readouterr().out.splitlines()
    assert verdict == "site.yaml: fine: 2 sources, 2 KPIs, 2 rules"
    assert advice == (
        "advice: 2 of 2 KPI cards have gaps: no owner (all), no objective (all), no target (`ordered`), no direction "
        "(all), no procedure (all); `opsconsole kpis` shows each"
    )
    (folder / "site.yaml").write_text(SITE.replace("sum(scrap)", "sum(scarp)"))
    assert check(str(folder), as_json=False) == 1
    assert "advice" not in capsys.readouterr().out


def test_wrong_keys_and_wrong_sql_are_told_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SITE.replace("target: 2", "tarhet: 2").replace("sum(scrap)", "sum(scarp)").replace("cycle_s >", "cycl_s >")
    assert found(folder, text, capsys) == [
        (8, 22, "`cycles` has no column `scarp`, did you mean `scrap`?"),
        (9, 5, "`tarhet`: unknown key, did you mean `target`?"),
        (12, 32, "`cycles` has no column `cycl_s`, did you mean `cycle_s`?"),
    ]


def test_nothing_is_said_of_the_columns_of_a_source_that_is_wrong_itself(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SITE.replace("15m", "15x").replace("sum(scrap)", "sum(scarp)").replace("sum(amount)", "sum(amont)")
    problems = found(folder, text, capsys)
    assert [(line, column) for line, column, _ in problems] == [(3, 52), (10, 40)]
    assert problems[1][2] == "`orders` has no column `amont`, did you mean `amount`?"


@pytest.mark.parametrize(
    "text",
    [
        "- a\n",
        "site: x\n",
        "site: x\nsources: {b: 3}\nkpis: {a: {source: b, value: sum(x)}}\n",
        "site: x\nsources: {b: {time: t}}\nkpis: {a: [1]}\nrules: {q: 3, r: {kpi: a}, s: {source: b, rows: 3, silent: 1}}\n",
        SITE.replace("slow: {source: cycles, rows", "slow: {kpi: scrap, source: cycles, rows"),
        SITE.replace("value: 100", "valu: 100"),
        SITE + "calendar: {shifts: [{name: A}]}\nclock: {mode: replay}\nalert_from: [1]\n",
    ],
)
def test_any_broken_site_is_told_without_an_accident(
    folder: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert found(folder, text, capsys)


def test_procedures_that_cannot_be_read_are_warnings_where_they_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "words.md").write_text("Only words.\n")
    (folder / "good.md").write_text("1. Look\n")
    text = SITE.replace("    target: 2\n", "    procedure: gone.md\n").replace(
        "within: 1h}", "within: 1h, procedure: ../out.md}\n  late: {source: orders, silent: 1h, procedure: words.md}"
    )
    (folder / "site.yaml").write_text(f"procedure: good.md\n{text}")
    assert check(str(folder), as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert {each["severity"] for each in told} == {"warning"}
    assert [(each["mark"]["line"], each["mark"]["column"], each["message"]) for each in told] == [
        (10, 16, "`procedure`: gone.md: there is no such file"),
        (13, 69, "`procedure`: ../out.md: lies outside the site's folder and is not read"),
        (14, 49, "`procedure`: words.md: has no steps to tick: numbered items, `- [ ]`, or headings of level 2"),
    ]
