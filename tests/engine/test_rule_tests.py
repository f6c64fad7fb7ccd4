"""`opsconsole test`: files of rule tests that hold, that do not, and that cannot be read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from opsconsole.engine.rule_tests import test as run

SITE = """\
timezone: Europe/Berlin
sources: {cycles: {files: data/*.csv, time: ts, dimensions: [line]}}
kpis: {scrap: {source: cycles, value: 100 * sum(scrap) / sum(qty), unit: "%", better: lower, window: 30m}}
rules:
  bad: {kpi: scrap, when: "> 5", by: [line], for: 5m, priority: critical}
  jam: {source: cycles, rows: state = 'jam', every: row, by: [line]}
  idle: {source: cycles, rows: qty = 0, within: 10m}
  both: {combine: bad and idle}
"""
HOLDS = """\
tests:
  - name: scrap calls after five minutes, and a jam waits for someone to look
    start: 2026-06-24 06:00
    rows:
      cycles:
        - {at: 0m, every: 1m, until: 20m, line: A, qty: 100, scrap: 9, state: run}
        - {at: 22m, line: B, qty: 0, scrap: 0, state: jam}
    commands:
      - {at: 7m, do: ack, rule: bad, labels: {line: A}, by: ana}
      - {at: 23m, do: shelve, rule: idle, for: 5m, reason: cleaning}
    expect:
      - {at: 4m, open: []}
      - {at: 6m, open: [{rule: bad, labels: {line: A}, state: UNACK, priority: critical}]}
      - {at: 8m, open: [{rule: bad, labels: {line: A}, state: ACK}]}
      - at: 24m
        open:
          - {rule: bad, labels: {line: A}, state: ACK}
          - {rule: jam, labels: {line: B}, state: RTNUN, text: "1 row with state = 'jam' · line B"}
          - {rule: idle, state: SHELVED}
          - {rule: both}
"""


def site(folder: Path, tests: str, name: str = "rules_test.yaml") -> str:
    (folder / "site.yaml").write_text(SITE)
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(tests)
    return str(folder)


def test_what_is_as_expected_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(site(tmp_path, HOLDS, "tests/scrap.yaml"), [], as_json=False) == 0
    assert capsys.readouterr().out == "1 test: all hold\n"


def test_what_is_not_as_expected_is_told_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = site(tmp_path, HOLDS.replace("{at: 4m, open: []}", "{at: 4m, open: [{rule: bad, labels: {line: B}}]}"))
    assert run(folder, [], as_json=False) == 1
    assert capsys.readouterr().out == (
        "rules_test.yaml:12:9 scrap calls after five minutes, and a jam waits for someone to look: "
        "at 2026-06-24 06:04:00\n"
        "  expected  bad{line=B}\n"
        "  got       nothing\n"
        "1 test: 1 failed\n"
    )
    wrong = site(tmp_path, HOLDS.replace("state: UNACK, priority: critical", "state: ACK, priority: critical"))
    assert run(wrong, [], as_json=True) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["differences"][0]["expected"] == ["bad{line=A} ACK critical"]
    assert found["differences"][0]["got"] == ["bad{line=A} UNACK critical"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: scrap", "nam: scrap", "2:5 `nam`: unknown key, did you mean `name`?"),
        ("cycles:\n", "cycle:\n", "`cycle` is no source with files, did you mean `cycles`?"),
        ("rule: bad, labels: {line: A}, state: UNACK", "rule: bed", "13:32 unknown rule `bed`, did you mean `bad`?"),
        ("do: ack", "do: ac", "expected one of `ack`"),
        ("every: 1m, until: 20m, ", "every: 1m, ", "a row that comes again needs `every` and `until`"),
        ("scrap: 9", "scrap: [9]", "expected one value, found a list or a mapping"),
        ("scrap: 9", 'scrap: "many"', "scrap"),
        ("at: 7m, do: ack", "at: 1m, do: ack", "`ack` of bad{line=A}"),
        ("start: 2026-06-24 06:00", "start: soon", "`start`: expected"),
        ("tests:", "tests: []\nmore:", "`more`: unknown key"),
    ],
)
def test_what_cannot_be_run_says_why_and_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    assert run(site(tmp_path, HOLDS.replace(old, new, 1)), [], as_json=False) == 1
    out = capsys.readouterr().out
    assert message in out
    assert "rules_test.yaml:" in out
    assert "Traceback" not in out


def test_a_site_without_tests_and_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    assert run(str(tmp_path), [], as_json=False) == 1
    assert "there are no tests: write them as rules_test.yaml or tests/*.yaml" in capsys.readouterr().err
    assert run(str(tmp_path), [str(tmp_path / "gone.yaml")], as_json=False) == 1
    assert "gone.yaml:1:1 cannot be read: No such file or directory" in capsys.readouterr().out


def test_columns_and_types_are_those_of_the_files_where_there_are_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = site(tmp_path, HOLDS.replace(", state: run", "").replace("scrap: 9", 'scrap: "9"'))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_text("ts,line,qty,scrap,state\n2026-06-24 06:00:00,A,1,2,run\n")
    assert run(folder, [], as_json=False) == 0, capsys.readouterr().out


def test_the_example_of_the_readme_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    example = re.search(r"<!-- rules-test-example -->\n```yaml\n(.*?)```", readme, re.DOTALL)
    assert example is not None
    folder = site(tmp_path, example[1])
    (tmp_path / "site.yaml").write_text(SITE.replace("  bad:", "  scrap_high:").replace("bad and idle", "scrap_high"))
    assert run(folder, [], as_json=False) == 0, capsys.readouterr().out


CHARTED = """\
kpis: {scrap: {source: cycles, value: avg(scrap), window: 1h}}
rules: {chart: {kpi: scrap, control: rule1, priority: critical}}
"""
CHART = """\
tests:
  - name: a chart warns of an hour beyond its limits
    start: 2026-06-24 00:00
    rules: chart
    rows:
      cycles:
        - {at: 30m, every: 2h, until: 40h, line: A, qty: 100, scrap: 4, state: run}
        - {at: 90m, every: 2h, until: 40h, line: A, qty: 100, scrap: 6, state: run}
        - {at: 41h, line: A, qty: 100, scrap: 40, state: run}
    expect:
      - {at: 41h, open: []}
      - {at: 42h 10m, open: [{rule: chart, priority: critical}]}
"""


def charted(folder: Path, tests: str) -> str:
    made = site(folder, tests)
    (folder / "site.yaml").write_text(SITE.partition("kpis:")[0] + CHARTED)
    return made


def test_rules_that_are_found_off_the_tick_are_tested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(charted(tmp_path, CHART), [], as_json=False) == 0, capsys.readouterr().out


def test_a_rule_of_which_the_rows_tell_nothing_is_not_said_to_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = (
        CHART.replace("until: 40h", "until: 8h")
        .replace("41h,", "9h,")
        .replace("42h 10m, open: [{rule: chart, priority: critical}]", "10h, open: []")
    )
    assert run(charted(tmp_path, few), [], as_json=False) == 1
    told = capsys.readouterr().out
    assert "rules_test.yaml:4:12 these rows tell nothing of the rule `chart`: not enough: 9 of 20 points" in told
