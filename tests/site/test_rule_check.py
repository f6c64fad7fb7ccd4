"""Rules of every kind in a site file: what they give, and what does not fit, each at its place."""

# ruff: noqa: E501
# Tables of cases read better with one case to a line.
from __future__ import annotations

import pytest

from opsconsole.site.keys import SITE
from opsconsole.site.known import Values
from opsconsole.site.marks import Marks
from opsconsole.site.model import Rule
from opsconsole.site.report import Report
from opsconsole.site.rule_check import check_rules
from opsconsole.site.tree import read_tree
from tests.site.examples import messages, parse

HEAD = """\
sources:
  cycles: {files: "*.csv", time: ts, dimensions: [line], fresh_within: 1h}
  orders: {files: orders.csv}
kpis:
  scrap: {source: cycles, value: sum(scrap)}
  takt: {source: cycles, value: avg(s), better: target, target: 30, tolerance: 2}
rules:
"""


def test_every_kind_reaches_the_model() -> None:
    text = """\
  rising: {kpi: scrap, when: "> 10 %", change: 10m, by: [line, station], for: 5m, times: 3, deadband: 2}
  unusual: {kpi: scrap, when: "outside -5..5", against: week, by: line, recover: "inside -1..1"}
  hot: {source: cycles, rows: t > 80, recover: t < 70, by: [station, line], latch: true, acknowledge: false}
  quiet: {source: cycles, silent: 10m, by: line}
  late: {source: orders, due: promised, unless: done, ahead: 2h, at_least: 2, by: customer, realarm: 4h, realarms: 1}
  both: {combine: "rising and not (hot or kpi:takt)", title: "{label}"}
  two: {combine: "2 of (rising, unusual, quiet)", title: "{line}", inhibited_by: [silent:cycles, both]}
  again: {combine: two or hot, inhibited_by: rising, equal: line}
"""
    loaded = parse(HEAD + text)
    assert messages(loaded) == []
    assert loaded.site is not None
    rules = loaded.site.rules
    assert rules["rising"] == Rule(
        "rising", kpi="scrap", when="> 10 %", change=600, by=("line", "station"), hold=300, times=3, deadband=2
    )
    assert rules["unusual"].against == "week"
    assert rules["hot"].recover == "t < 70"
    assert (rules["hot"].latch, rules["hot"].acknowledge) == (True, False)
    assert rules["quiet"] == Rule("quiet", source="cycles", silent=600, by=("line",), within=7 * 86400)
    assert rules["late"] == Rule(
        "late", source="orders", due="promised", unless="done", ahead=7200, at_least=2, by=("customer",), realarm=14400,
        realarms=1,
    )  # fmt: skip
    # a combination has the labels that its rules have in common, in the order of the first
    assert (rules["both"].by, rules["two"].by, rules["again"].by) == ((), ("line",), ("line",))
    assert rules["two"].inhibited_by == ("silent:cycles", "both")
    assert {"kpi:takt", "silent:cycles"} <= rules.keys()


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("  r: {kpi: scrap, when: '> 1', change: 1m, against: day}\n", "8:44 `against`: a rule has this or `change`, not both"),
        ("  r: {kpi: takt, change: 1m}\n", "8:18 `change`: has a meaning only with `when`"),
        ("  r: {source: cycles, rows: x, change: 1m}\n", "8:32 `change`: has a meaning only with `kpi`"),
        ("  r: {kpi: scrap, when: '> 1', against: month}\n", "`against`: expected one of `before`, `day`, `week`, found `month`"),
        ("  r: {kpi: scrap, when: '> 10 %'}\n", "8:31 `when`: a percent sign is for `change` and `against`, where it is percent of what was; write the bare number"),
        ("  r: {kpi: scrap, when: '> 3', deadband: 1, recover: '< 1'}\n", "8:45 `recover`: a rule has this or `deadband`, not both"),
        ("  r: {kpi: scrap, when: '!= 3', deadband: 1}\n", "8:33 `deadband`: has no meaning with `!=`; write `recover`"),
        ("  r: {kpi: scrap, when: '> 3', recover: x < 3}\n", "8:41 `recover`: with `kpi` it is a comparison; write a sign and a bare number"),
        ("  r: {kpi: scrap, when: '> 3 %', change: 1h, recover: '< 3'}\n", "`recover`: has the unit of `when`"),
        ("  r: {kpi: scrap, when: '> 3', recover: '< 3 %'}\n", "`recover`: write the bare number in the KPI's unit"),
        ("  r: {source: cycles, silent: 3m, recover: x}\n", "8:35 `recover`: has a meaning only with `kpi` or `rows`"),
        ("  r: {source: orders, silent: 3m, by: line}\n", "8:35 `by`: groups fall silent by event time, and `orders` has no time column"),
        ("  r: {source: cycles, silent: 3m, within: 1h}\n", "`within`: with `silent` it is for the groups of `by`"),
        ("  r: {source: cycles, silent: 3h, by: line, within: 1h}\n", "8:53 `within`: must be longer than `silent`, or a group is forgotten before it is missed"),
        ("  r: {due: promised}\n", "8:6 `r`: a rule with `due` needs `source`"),
        ("  r: {source: orders, due: a, silent: 3m}\n", "found `silent`, `due`"),
        ("  r: {source: cycles, rows: a, unless: b}\n", "8:32 `unless`: has a meaning only with `due`"),
        ("  r: {kpi: takt, times: 3}\n", "8:18 `times`: has a meaning only with `for`"),
        ("  r: {kpi: takt, realarms: 3}\n", "`realarms`: has a meaning only with `realarm`"),
        ("  r: {kpi: takt, realarm: 3h, acknowledge: false}\n", "`realarm`: counts from an acknowledgement, and with `acknowledge: false` there is none"),
        ("  r: {kpi: takt, equal: line}\n", "`equal`: has a meaning only with `inhibited_by`"),
        ("  r: {kpi: takt, latch: maybe}\n", "`latch`: expected `true` or `false`, found `maybe`"),
        ("  r: {combine: a and}\n", "8:21 `combine`: expected the name of a rule, `not`, `(` or `2 of (…)`, the text ends"),
        ("  far: {kpi: takt}\n  r: {combine: 'far and not fra'}\n", "9:29 unknown rule `fra`, did you mean `far`?"),
        ("  r: {combine: 'kpi:takt and kpi:scrap'}\n", "8:30 unknown rule `kpi:scrap`; there are `kpi:takt`, `silent:cycles`"),
        ("  r: {combine: kpi:takt, source: cycles}\n", "8:26 `source`: a rule with `combine` has no source of its own, remove it"),
        ("  a: {combine: b}\n  b: {combine: not c}\n  c: {combine: a or b}\n", "8:16 `combine`: goes round in a circle: a → b → c → a"),
        ("  a: {kpi: takt, by: line}\n  r: {combine: a, by: [line, shift]}\n", "9:30 `by`: none of the rules combined has the label `shift`"),
        ("  a: {kpi: takt, by: line}\n  b: {kpi: takt, by: press}\n  r: {combine: a and b, by: [line, press]}\n", "`by`: one of the rules combined has to have all of these labels"),
        ("  a: {kpi: takt, inhibited_by: [b]}\n  b: {kpi: takt, inhibited_by: a}\n", "8:32 `inhibited_by`: goes round in a circle: a → b → a"),
        ("  a: {kpi: takt, inhibited_by: a}\n", "`inhibited_by`: goes round in a circle: a → a"),
        ("  abc: {kpi: takt}\n  r: {kpi: takt, inhibited_by: [abd]}\n", "9:33 unknown rule `abd`, did you mean `abc`?"),
        ("  a: {kpi: takt, by: line}\n  r: {kpi: takt, by: [line, press], inhibited_by: a, equal: [lines]}\n", "`equal`: the rule `r` has no label `lines`, did you mean `line`?"),
        ("  a: {kpi: takt, by: line}\n  r: {kpi: takt, by: [line, press], inhibited_by: a, equal: press}\n", "`equal`: the rule `a` has no label `press`"),
        ("  a: {kpi: takt, by: line}\n  r: {combine: a, title: '{press}'}\n", "`title`: unknown field `{press}`; there are `value`, `limit`, `label`, `line`"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_at_its_place(rules: str, expected: str) -> None:
    loaded = parse(HEAD + rules)
    assert loaded.site is None
    found = messages(loaded)
    assert any(expected in message for message in found), "\n".join(found)
    assert len(found) == 1, "\n".join(found)


def test_an_area_must_be_there_once_a_site_has_areas() -> None:
    text = "areas: {press: {title: Presses}}\nrules:\n  r: {kpi: takt, area: pres}\n"
    report = Report("site.yaml")
    document = read_tree(text.encode(), report)
    values: Values = {"areas": {"press": {}}, "rules": {"r": {"kpi": "takt", "area": "pres"}}}
    kpis: Values = {"takt": {"warning": 3.0}}
    check_rules(values, {}, kpis, Marks(document), report, areas=True)
    assert [str(each) for each in report.problems if "area" in each.message] == [
        "site.yaml:3:24 unknown area `pres`, did you mean `press`?"
    ]
    assert SITE.key("rules") is not None
