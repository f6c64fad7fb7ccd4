"""Expressions taken apart: aggregates, sums and ratios of sums; put together again they give the same number."""

from __future__ import annotations

import duckdb
import pytest

from opsconsole.kpis.expression import Checker
from opsconsole.kpis.parts import Parts, Term

from .plant import SCHEMAS, ago, database, put


def parts(*texts: str) -> list[Parts]:
    checker = Checker(SCHEMAS)
    try:
        return checker.parts(texts)
    finally:
        checker.close()


@pytest.mark.parametrize(
    ("text", "terms", "over"),
    [
        ("sum(qty)", [Term("sum(qty)")], "t0"),
        ("sum(qty) - sum(scrap)", [Term("sum(qty) - sum(scrap)")], "t0"),
        ("100 * sum(scrap) / sum(qty)", [Term("sum(scrap)", "sum(qty)")], "100 * t0"),
        ("100 * (sum(scrap) / nullif(sum(qty), 0))", [Term("sum(scrap)", "sum(qty)")], "100 * t0"),
        ("round(100.0 * sum(scrap) / sum(qty), 1)", [Term("sum(scrap)", "sum(qty)")], "100.0 * t0"),
        ("avg(qty)", [Term("sum(qty)", "count(qty)")], "t0"),
        (
            "CASE WHEN count(qty) >= 5 THEN 100 * count(*) FILTER (scrap < 1) / count(qty) END",
            [Term("count(*) FILTER (WHERE (scrap < 1))", "count(qty)")],
            "100 * t0",
        ),
        ("coalesce(sum(qty), 0) / 60", [Term("COALESCE(sum(qty), 0) / 60")], "t0"),
        (
            "100 * sum(scrap) / sum(qty) * sum(qty) / sum(cost)",
            [Term("sum(scrap)", "sum(qty)"), Term("sum(qty)", 'sum("cost")')],
            "(100 * t0) * t1",
        ),
        ("1 - sum(scrap) / sum(qty)", [Term("sum(scrap)", "sum(qty)")], "1 - t0"),
        ("median(qty)", [], ""),
        ("count(DISTINCT text)", [], ""),
        ("sum(qty) / count(DISTINCT text)", [], ""),
        ("arg_max(qty, _time)", [], ""),
    ],
)
def test_sums_and_ratios_of_sums_are_found(text: str, terms: list[Term], over: str) -> None:
    (found,) = parts(text)
    assert (list(found.terms), found.over) == (terms, over)


def test_equal_aggregates_are_one_and_distinct_ones_are_told() -> None:
    (found,) = parts("count(*) + sum(qty) / count( * ) + count(DISTINCT text)")
    assert [(one.sql, one.additive, one.distinct) for one in found.aggregates] == [
        ("count(*)", True, False),
        ("sum(qty)", True, False),
        ('count(DISTINCT "text")', False, True),
    ]
    assert found.denominator is None


TEXTS = (
    "100 * sum(scrap) FILTER (WHERE text = 'it''s' OR \"Weird, name\" IS NULL) / sum(qty)",
    "quantile_cont(qty, 0.9) - min(cost)",
    "CASE WHEN count(*) > 1 THEN avg(qty) ELSE -1 END",
    "list_sum(list(qty ORDER BY _time DESC)[1:2]) + epoch(max(ts) - min(ts))",
    "round(coalesce(sum(scrap), 0) / nullif(count(qty), 0), 3) -- a comment",
    "sum(CASE WHEN scrap > 1 THEN qty ELSE 0 END) * (1 - sum(scrap) / sum(qty))",
)


@pytest.mark.parametrize("text", TEXTS)
def test_put_together_again_they_give_the_same_number(text: str) -> None:
    db = database()
    for at in range(12):
        put(db, ago(at), qty=at, scrap=at % 4, cost=at * 2, text="it's" if at % 3 else None)
    (found,) = parts(text)

    def value(query: str) -> float:
        return float(db.execute(query).fetchall()[0][0])

    whole = value(f"SELECT (\n{text}\n)::DOUBLE FROM cycles")
    aggregates = ", ".join(f"{one.sql} AS a{at}" for at, one in enumerate(found.aggregates))
    assert value(f"SELECT ({found.post})::DOUBLE FROM (SELECT {aggregates} FROM cycles)") == whole
    if found.terms:
        terms = ", ".join(
            f"({one.numerator}) / ({one.denominator or 1})::DOUBLE AS t{at}" for at, one in enumerate(found.terms)
        )
        over = value(f"SELECT ({found.over})::DOUBLE FROM (SELECT {terms} FROM cycles)")
        assert over == pytest.approx(whole, abs=5e-4)  # of rounded ones it is the number before it was rounded


def test_parts_never_change_what_they_are_made_of() -> None:
    checker = Checker(SCHEMAS)
    try:
        tree = checker.tree("100 * sum(scrap) / sum(qty)")
        before = str(tree)
        assert checker.sql(tree) == "(100 * sum(scrap)) / sum(qty)"
        checker.parts(["100 * sum(scrap) / sum(qty)"])
        assert str(tree) == before
        with pytest.raises(duckdb.Error):
            checker.sql({"class": "NONSENSE"})
    finally:
        checker.close()
