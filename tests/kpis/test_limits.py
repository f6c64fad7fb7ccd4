"""Limits of members, of shifts, from the rows and from a table of limits."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.limits import LimitBook, Limits, verdict
from opsconsole.kpis.rules import Arrivals, evaluate_rules
from opsconsole.site.model import Kpi, Targets

from .plant import NOON, SCHEMAS, ago, bound, load, problems_of, put, quick_database

CARD = Kpi("k", "s", "count(*)", better="higher", target=90.0, warning=80.0, critical=70.0)


def test_the_entry_that_says_most_holds_and_of_two_the_later() -> None:
    book = LimitBook(
        CARD,
        [
            Targets({"line": "3"}, target=60.0, warning=50.0),
            Targets({"Line": "3", "station": "weld"}, warning=40.0),
            Targets({"line": "3"}, target=61.0),
            Targets(shift="Night", critical=10.0),
        ],
    )
    assert book.at({}) == Limits("higher", 90.0, 80.0, 70.0)
    assert book.at({"line": "1"}) == Limits("higher", 90.0, 80.0, 70.0)
    assert book.at({"line": "3"}) == Limits("higher", 61.0, 50.0, 70.0)
    assert book.at({"line": "3", "station": "weld"}, "Night") == Limits("higher", 61.0, 40.0, 10.0)
    assert book.at({"line": None}, "Night").critical == 10.0


def test_limits_that_the_rows_give_are_for_each_group_and_entries_go_before_them() -> None:
    book = LimitBook(
        Kpi("k", "s", "count(*)", better="higher", target="sum(plan)", warning=5.0), [Targets({"a": "x"}, target=7.0)]
    )
    assert book.at({}, computed={"target": 3.0}) == Limits("higher", 3.0, 5.0)
    assert book.at({}, computed={"target": None}).target is None
    assert book.at({"a": "x"}, computed={"target": 3.0}).target == 7.0


PLAN = """\
  plan: {files: plan.csv}
kpis:
  made:
    source: cycles
    value: sum(qty)
    window: shift
    better: higher
    target: sum(cost)
    warning: 0.9 * sum(cost)
    by: [line, station]
    targets: [{where: {line: B}, warning: 5}, {shift: Late, warning: 1}]
    targets_from: plan
"""
LIMITS_TABLE = {
    "kpi": "VARCHAR", "Line": "VARCHAR", "warning": "VARCHAR", "since": "DATE", "_file": "INTEGER", "_line": "BIGINT",
    "_time": "TIMESTAMP",
}  # fmt: skip


def filled(tmp_path: Path, text: str = PLAN) -> tuple[duckdb.DuckDBPyConnection, Binding]:
    schemas = SCHEMAS | {"plan": LIMITS_TABLE}
    binding, problems = bind(load(tmp_path, text), schemas)
    assert not problems
    db = quick_database()
    db.execute(f"CREATE TABLE plan ({', '.join(f'{name} {kind}' for name, kind in LIMITS_TABLE.items())})")
    put(db, ago(1), line="A", station=1, qty=80, cost=100)
    put(db, ago(2), line="B", station=1, qty=6, cost=100)
    put(db, ago(3), line="C", station=1, qty=95, cost=100)
    return db, binding


def test_members_are_judged_by_their_own_limits(tmp_path: Path) -> None:
    db, binding = filled(tmp_path)
    found = evaluate(db, binding, NOON).kpis["made"]  # noon UTC is 14:00 in Berlin: the Late shift has begun
    assert found.value is None
    found = evaluate(db, binding, ago(minutes=1)).kpis["made"]
    assert (found.value, found.limits) == (181.0, Limits("higher", 300.0, 270.0))
    assert found.status == "warning"
    split = found.splits["line"]
    assert dict(zip(split.members, split.statuses, strict=True)) == {"A": "warning", "B": "good", "C": "good"}


def test_a_table_of_limits_holds_from_its_dates_on(tmp_path: Path) -> None:
    db, binding = filled(tmp_path)
    db.execute(
        """INSERT INTO plan VALUES ('made', 'A', '70', NULL, 2, 2, NULL), (NULL, 'C', '99', '2026-06-24', 2, 3, NULL),
           ('other', 'A', '1', NULL, 2, 4, NULL), ('MADE', 'C', 'no number', '2026-06-24', 2, 5, NULL),
           ('made', 'B', '7', '2026-06-25', 2, 6, NULL)"""
    )
    split = evaluate(db, binding, ago(minutes=1)).kpis["made"].splits["line"]
    assert dict(zip(split.members, split.statuses, strict=True)) == {"A": "good", "B": "good", "C": "warning"}
    observed = evaluate_rules(db, binding, ago(minutes=1), Arrivals({}, 0.0, 0.0)).observations
    assert [(one.priority, one.limit) for one in observed] == [("warning", 270.0)]


def test_limits_of_the_shift_hold_for_its_part_of_a_grid(tmp_path: Path) -> None:
    text = "kpis:\n  made: {source: cycles, value: sum(qty), window: 6h, better: higher, warning: 50, by: line, "
    text += "targets: [{shift: Late, warning: 5}]}\n"
    binding = bound(tmp_path, text, "rows:\n- [{grid: made, by: line}]\n")
    db = quick_database()
    put(db, ago(1), line="A", qty=20)
    put(db, ago(-1), line="A", qty=20)
    (heat,) = evaluate(db, binding, NOON + dt.timedelta(hours=2)).grids
    assert [status for status in heat.statuses[0] if status not in ("nodata", "novalue")] == ["warning", "good"]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ("target: sum(nope)", "`cycles` has no column `nope`"),
        ("warning: avg(text)", "avg() does not take text"),
        ("targets: [{where: {lin: A}, target: 3}]", "`cycles` has no column `lin`, did you mean `line`?"),
        ("targets_from: orders", "`orders` has none of the columns `target`, `warning`, `critical`"),
    ],
)
def test_what_is_wrong_with_limits_has_its_place(tmp_path: Path, keys: str, says: str) -> None:
    line = f"  k: {{source: cycles, value: sum(qty), better: higher, {keys}}}"
    (problem,) = problems_of(tmp_path, f"kpis:\n{line}\n")
    assert says in problem.message
    assert problem.mark.column >= line.index(keys.split(":")[0])


FILE = """\
  plan: {files: plan.csv}
kpis:
  made: {source: cycles, value: sum(qty), targets_from: plan, by: line, better: higher}
"""
NAMED = {"line": "VARCHAR", "warning": "DOUBLE", **{name: SCHEMAS["cycles"][name] for name in ("_file", "_line")}}


def test_a_rule_may_go_by_a_file_of_limits_alone(tmp_path: Path) -> None:
    schemas = {**SCHEMAS, "plan": {**NAMED, "_time": "TIMESTAMP"}}
    binding, problems = bind(load(tmp_path, FILE + "rules:\n  few: {kpi: made, by: line}\n"), schemas)
    assert not problems
    db = quick_database()
    db.execute("CREATE TABLE plan AS SELECT 'A' AS line, 30.0 AS warning, 1 AS _file, 1 AS _line, NULL AS _time")
    put(db, ago(1), line="A", qty=20)
    put(db, ago(1), line="B", qty=20)
    seen = {each.labels["line"]: each for each in evaluate_rules(db, binding, NOON, Arrivals({}, 0, 0)).observations}
    assert (seen["A"].priority, seen["A"].limit, seen["A"].text) == ("warning", 30, "made 20 under 30 · line A")
    assert seen["B"].priority is None
    assert seen["A"].worse.than(19, 20)
    # while the file is away or empty nobody can say that an alert is over
    db.execute("DELETE FROM plan")
    for known in (binding, bind(load(tmp_path, FILE + "rules:\n  few: {kpi: made, by: line}\n"), SCHEMAS)[0]):
        seen = {each.labels["line"]: each for each in evaluate_rules(db, known, NOON, Arrivals({}, 0, 0)).observations}
        assert (seen["A"].priority, seen["A"].quality) == (None, "stale")


def test_a_file_of_limits_that_cannot_be_meant_is_told(tmp_path: Path) -> None:
    schemas = {**SCHEMAS, "plan": {"note": "VARCHAR", **NAMED}}
    (doubt,) = bind(load(tmp_path, FILE), schemas)[1]
    assert str(doubt).endswith(
        ":10:57 warning: `plan` has the column `note`, which no KPI with its limits has: a row with something in it "
        "sets none"
    ), str(doubt)
    (fault,) = bind(load(tmp_path, FILE.replace(", better: higher", "")), {**SCHEMAS, "plan": NAMED})[1]
    assert fault.message == "`targets_from`: a KPI with limits needs `better` (`higher`, `lower` or `target`)"


@pytest.mark.parametrize(
    ("limits", "now", "change", "expected"),
    [
        (Limits("higher"), 52.4, -6.2, "worse"),
        (Limits("higher"), 52.4, 6.2, "better"),
        (Limits("lower"), 2.1, 0.4, "worse"),
        (Limits("lower"), 2.1, -0.4, "better"),
        (Limits("lower"), 2.1, 0.0, "same"),
        (Limits(None), 2.1, 0.4, ""),
        (Limits("higher"), 2.1, None, ""),
        (Limits("target", target=20.0), 23.0, 2.0, "worse"),
        (Limits("target", target=20.0), 23.0, -2.0, "better"),
        (Limits("target", target=20.0), 18.0, -1.0, "worse"),
        (Limits("target", target=20.0), 21.0, 2.0, "same"),
        (Limits("target"), 21.0, 2.0, ""),
    ],
)
def test_better_or_worse_is_by_direction(limits: Limits, now: float, change: float | None, expected: str) -> None:
    assert verdict(limits, now, change) == expected
