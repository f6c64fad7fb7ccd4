"""What a site file may say of control charts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from opsconsole.site.model import Chart
from opsconsole.site.parse import load_site

HEAD = """\
sources:
  cycles: {files: "*.csv", time: ts, dimensions: [line]}
kpis:
"""


def load(folder: Path, text: str) -> tuple[dict[str, Chart], list[str], list[str]]:
    (folder / "site.yaml").write_text(HEAD + text)
    loaded = load_site(folder)
    site = loaded.site
    charts = {name: kpi.chart for name, kpi in site.kpis.items()} if site is not None else {}
    return charts, [str(each) for each in loaded.problems], list(site.rules) if site is not None else []


def test_a_chart(tmp_path: Path) -> None:
    charts, problems, _ = load(
        tmp_path,
        """\
  a: {source: cycles, value: avg(x), chart: {kind: xmr, baseline: "2026-06-01 .. 2026-06-20", every: 2h, rules: ewma}}
  b: {source: cycles, value: avg(x), chart: {baseline: detect, lsl: 1, usl: 2.5}}
  c: {source: cycles, value: avg(x)}
""",
    )
    assert problems == []
    assert charts == {
        "a": Chart("xmr", (dt.date(2026, 6, 1), dt.date(2026, 6, 20)), 7200.0, ("ewma",)),
        "b": Chart(lsl=1.0, usl=2.5),
        "c": Chart(),
    }


@pytest.mark.parametrize(
    ("chart", "problem"),
    [
        ("{kind: xm}", "4:52 `kind`: expected one of `auto`, `xmr`"),
        ("{baseline: June}", "4:56 `baseline`: expected two days such as 2026-06-01..2026-06-20, or `detect`, found"),
        ('{baseline: "2026-06-02..2026-06-01"}', "the last day is before the first"),
        ("{rules: [nelson9]}", "4:54 `rules`: expected one of `default`"),
        ("{lsl: 2, usl: 2}", "`usl`: must be above `lsl`"),
        ("{kind: p, lsl: 2}", "`lsl`: specification limits are of single values, which a p chart has none of"),
    ],
)
def test_what_is_wrong_with_a_chart(tmp_path: Path, chart: str, problem: str) -> None:
    _, problems, _ = load(tmp_path, f"  a: {{source: cycles, value: avg(x), chart: {chart}}}\n")
    assert len(problems) == 1
    assert problem in problems[0]


RULES = "  a: {source: cycles, value: avg(x), better: lower, critical: 5}\nrules:\n"


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("{kpi: a, control: []}", "6:24 `control`: expected at least one, found an empty list"),
        ("{kpi: a, control: default, every: 1d}", "`every`: has no meaning with `control`, remove it"),
        ('{kpi: a, control: default, when: "> 3"}', "`when`: has no meaning with `control`, remove it"),
        ("{kpi: a, control: default, deadband: 1}", "`deadband`: has no meaning with `control`, remove it"),
        ("{source: cycles, silent: 1h, control: default}", "`control`: has a meaning only with `kpi`"),
        ("{kpi: a, control: defalt}", "did you mean `default`?"),
    ],
)
def test_what_is_wrong_with_a_rule(tmp_path: Path, rule: str, problem: str) -> None:
    _, problems, _ = load(tmp_path, f"{RULES}  r: {rule}\n")
    assert len(problems) == 1
    assert problem in problems[0]


def test_a_rule_on_a_chart_takes_no_place_of_the_limits(tmp_path: Path) -> None:
    _, problems, rules = load(tmp_path, f"{RULES}  r: {{kpi: a, control: default, priority: low}}\n")
    assert problems == []
    assert rules == ["r", "kpi:a"]
