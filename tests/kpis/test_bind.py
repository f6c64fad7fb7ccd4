"""Binding says what is wrong with an expression, and exactly where."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.kpis.bind import bind
from opsconsole.site.parse import load_site

from .plant import COLUMNS, HEAD, SCHEMAS, bound, load, problems_of

LINES = HEAD.count("\n")


@pytest.mark.parametrize(
    ("value", "under", "says"),
    [
        ("100 * sum(scrapp) / sum(qty)", "scrapp", "`cycles` has no column `scrapp`, did you mean `scrap`?"),
        ("avrage(qty)", "avrage", "no function `avrage`, did you mean `avg`?"),
        ("scrap", "scrap", "no aggregate"),
        ("1 + 2", "1", "no aggregate"),
        ("sum(qty) + scrap", "scrap", 'column "scrap" stands outside an aggregate'),
        ("sum(qty", "sum(qty", "SQL: syntax error"),
        ("count(*) + (select 1)", "(select", "a subquery is not allowed"),
        ("count(*) + (from cycles)", "(from", "a subquery is not allowed"),
        ("sum(qty) filter (where exists (select 1))", "exists", "a subquery is not allowed"),
        ("sum(qty) over ()", "sum", "a window function"),
        ("1 + sum(sum(qty)) over ()", "sum(sum", "a window function"),
        ("sum(qty); drop table cycles", "sum", "several statements"),
        ("sum(qty) from cycles", "sum", "a whole query"),
        ("sum(qty) limit 1", "sum", "a whole query"),
        ("sum(qty), sum(scrap)", "sum(scrap)", "several expressions"),
        ("sum(qty) as total", "sum", "`total` after the expression"),
        ("sum(unnest([1, 2]))", "unnest", "unnest() makes rows"),
        ("count(*) + epoch(now())", "now()", "now() depends on"),
        ("count(*) * random()", "random()", "random() depends on"),
        ("sum(qty) + ?", "?", "a parameter"),
        ("sum(COLUMNS(*))", "*", "* and COLUMNS()"),
        ("max(ts)", "max", "gives TIMESTAMP, expected a number; epoch(…)"),
        ("list(qty)", "list", "gives BIGINT[], expected a number"),
        ("max(text)", "max", "gives VARCHAR, expected a number"),
        ("last(qty)", "last", "last() gives whichever row comes first; for the latest value write arg_max(qty, _time)"),
        ("sum(text)", "sum", "sum() does not take text, and `text` is text in `cycles`; `columns: {text: number}`"),
        ("count(*) + read_csv('/etc/passwd')", "read_csv", "table function"),
        ("sum(qty) /* open", "/* open", "SQL: unterminated"),
        ("sum(ünder)", "ünder", "`cycles` has no column `ünder`"),
        ("sum(qty) filter (where text = 'ä') + sum(nope)", "nope", "`cycles` has no column `nope`"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(tmp_path: Path, value: str, under: str, says: str) -> None:
    lead = "  k: {source: cycles, window: 1h, value: '"
    quoted = value.replace("'", "''")
    problems = problems_of(tmp_path, f"kpis:\n{lead}{quoted}'}}\n")
    assert len(problems) == 1, problems
    assert says in problems[0].message
    assert problems[0].mark.line == LINES + 2
    column = len(lead) + quoted.index(under.replace("'", "''")) + 1
    # An unclosed bracket is noticed a little later than where it was opened.
    assert problems[0].mark.column >= column if "syntax" in says else problems[0].mark.column == column


def test_a_mean_of_ratios_is_doubted(tmp_path: Path) -> None:
    lead = "  k: {source: cycles, value: '"
    (problem,) = problems_of(tmp_path, f"kpis:\n{lead}100 * avg(scrap / qty)'}}\n")
    assert (problem.severity, problem.mark.column) == ("warning", len(lead) + 7)
    assert "a mean of ratios" in problem.message
    assert not problems_of(tmp_path, f"kpis:\n{lead}avg(qty / 60) + last(qty ORDER BY ts)'}}\n")


def test_the_place_is_right_in_a_block_of_several_lines(tmp_path: Path) -> None:
    text = "kpis:\n  k:\n    source: cycles\n    value: |\n      100 * sum(scrap)\n        / sum(qtyy)\n"
    (problem,) = problems_of(tmp_path, text)
    assert (problem.mark.line, problem.mark.column) == (LINES + 6, 15)


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("sum(qty) > 3", "sum() is an aggregate"),
        ("qty + 1", "gives BIGINT, expected a condition"),
        ("staton = 3", "did you mean `station`?"),
        ("qty in (select 1)", "a subquery"),
        ("true) or (true", "SQL: syntax error"),
        ("1 = 1 group by 1", "a whole query"),
    ],
)
def test_a_wrong_filter_is_named(tmp_path: Path, where: str, says: str) -> None:
    problems = problems_of(tmp_path, f'kpis:\n  k: {{source: cycles, value: count(*), where: "{where}"}}\n')
    assert len(problems) == 1
    assert says in problems[0].message


def test_everything_wrong_is_reported_at_once_and_the_rest_still_works(tmp_path: Path) -> None:
    text = """\
kpis:
  good: {source: cycles, value: count(*)}
  bad: {source: cycles, value: sum(nope), by: [lime]}
  late: {source: cycles, value: sum(qty), by: [station, "Weird, name", LINE]}
rules:
  r1: {source: cycles, rows: qtty > 3, by: [linee]}
  r2: {kpi: bad, when: "< 3"}
  r3: {kpi: good, when: "> 3", by: [nix]}
  r4: {kpi: good, when: "> 3"}
"""
    layout = "rows:\n- [{breakdown: good, by: lne}, {grid: good, by: station}]\n"
    binding, problems = bind(load(tmp_path, text, layout), SCHEMAS)
    assert sorted({problem.mark.file.rsplit("/", 1)[-1] for problem in problems}) == ["overview.yaml", "site.yaml"]
    assert len(problems) == 6
    assert set(binding.kpis) == {"good", "late"}
    assert binding.kpis["late"].by == ("station", "Weird, name", "LINE")
    assert binding.kpis["good"].by == ("line", "station")
    assert set(binding.rules) == {"r4"}
    assert set(binding.idle) == {"r1", "r2", "r3"}
    assert "no column `nope`" in binding.broken["bad"]
    assert binding.grids == (("good", "station"),)


def test_what_has_no_table_yet_waits_and_is_no_error(tmp_path: Path) -> None:
    text = 'kpis:\n  n: {source: orders, value: sum(whatever)}\nrules:\n  few: {kpi: n, when: "< 3"}\n'
    loaded = load(tmp_path, text)
    binding, problems = bind(loaded, {"cycles": SCHEMAS["cycles"]})
    assert problems == []
    assert binding.waiting["n"] == "waits for the first file of orders"
    assert binding.idle["few"] == "waits for the first file of orders"
    assert bind(loaded, SCHEMAS)[1][0].message.startswith("`orders` has no column `whatever`")


def test_comments_and_odd_names_are_fine(tmp_path: Path) -> None:
    text = """\
kpis:
  a:
    source: cycles
    value: |
      count(DISTINCT "Weird, name") -- how many
    where: qty > 1 /* some */ -- only these
"""
    assert bound(tmp_path, text).kpis["a"].value.empty == 0


def test_what_no_rows_mean_is_known(tmp_path: Path) -> None:
    text = "kpis:\n" + "".join(
        f"  {name}: {{source: cycles, value: '{value}'}}\n"
        for name, value in {
            "n": "count(*)",
            "s": "sum(qty)",
            "r": "100 * sum(scrap) / sum(qty)",
            "z": "1/count(*)",
        }.items()
    )
    kpis = bound(tmp_path, text).kpis
    assert [kpis[name].value.empty for name in "nsrz"] == [0.0, None, None, None]


def test_a_time_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    loaded = load(tmp_path, "kpis:\n  n: {source: cycles, value: count(*)}\n")
    columns = {name: kind for name, kind in COLUMNS.items() if name != "ts"} | {"tss": "TIMESTAMP"}
    binding, problems = bind(loaded, {"cycles": columns})
    (problem,) = problems
    assert problem.message == "`cycles` has no column `ts`, did you mean `tss`?"
    line = (tmp_path / "site.yaml").read_text().splitlines()[problem.mark.line - 1]
    assert line[problem.mark.column - 1 :].startswith("ts, dimensions")
    assert set(binding.kpis) == {"n"}  # as before: its rows are there, without a time


def test_the_columns_of_a_key_have_to_be_there(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("sources:\n  orders: {files: x, key: [nope, qty], latest: nowhen}\n")
    _, problems = bind(load_site(tmp_path), {"orders": {"qty": "BIGINT", "_time": "TIMESTAMP"}})
    assert [str(problem) for problem in problems] == [
        "site.yaml:2:28 `orders` has no column `nope`",
        "site.yaml:2:48 `orders` has no column `nowhen`",
    ]
