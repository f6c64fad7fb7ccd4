"""A replay finds the same transitions as the evaluation of every point of the grid, whatever the rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.kpis.plant import database
from tests.pasts import (
    COMBINED,
    DELAYS,
    LENGTH,
    OCCURRENCES,
    ROWS,
    RULES,
    START,
    Row,
    fill,
    point_by_point,
    replayed,
    site,
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.data())
def test_a_replay_finds_what_every_point_finds(tmp_path: Path, rows: list[Row], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(list(RULES)), min_size=2, max_size=5, unique=True))
    rules = {name: RULES[name] % data.draw(DELAYS) for name in chosen}
    cursor, binding = database(), site(tmp_path, rules)
    fill(cursor, rows)
    first = START.timestamp()
    expected = point_by_point(cursor, binding, first, first + LENGTH)
    found, _ = replayed(cursor, binding, first, first + LENGTH)
    assert found == expected


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.data())
def test_combinations_are_those_of_every_point(tmp_path: Path, rows: list[Row], data: st.DataObject) -> None:
    rules = {name: RULES[name] % data.draw(DELAYS) for name in ("rows", "several", "mean", "kinds")}
    rules |= {name: text % data.draw(st.sampled_from(["", "for: 4m", "clear: 6m"])) for name, text in COMBINED.items()}
    cursor, binding = database(), site(tmp_path, rules)
    fill(cursor, rows)
    first = START.timestamp()
    found, _ = replayed(cursor, binding, first, first + LENGTH)
    assert found == point_by_point(cursor, binding, first, first + LENGTH)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_occurrences_are_those_of_every_point(tmp_path: Path, rows: list[Row]) -> None:
    cursor, binding = database(), site(tmp_path, OCCURRENCES)
    fill(cursor, rows)
    first = START.timestamp()
    found, ways = replayed(cursor, binding, first, first + LENGTH)
    assert found == point_by_point(cursor, binding, first, first + LENGTH)
    assert set(ways.values()) == {"each row", "each stretch"}


@pytest.mark.parametrize("name", ["rows", "mean", "share", "few", "none", "kinds", "today", "middle", "odd"])
def test_common_rules_are_had_from_one_statement(tmp_path: Path, name: str) -> None:
    cursor, binding = database(), site(tmp_path, {name: RULES[name] % "for: 3m"})
    fill(cursor, [Row(at * 60, "AB"[at % 2], 9 if at // 30 % 2 else 1, at // 20 % 7, at % 4) for at in range(150)])
    first = START.timestamp()
    found, ways = replayed(cursor, binding, first, first + LENGTH)
    assert ways == {name: "at each change"}
    assert found == point_by_point(cursor, binding, first, first + LENGTH)
    assert {what for _, _, what, _ in found} & {"raised"}
