"""A past moment: the same figures as were computed live then, had the rows known now been there."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.drill import breakdown, measure_among, subject_of_kpi, subject_of_rule, subject_of_source
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.extent import extent_of

from . import test_kinds, test_lasting
from .plant import NOON, ago, bound, database, put, rows
from .test_lasting import Stay

UTC = dt.UTC
WINDOWS = ("6h", "shift", "week", "all")
VALUES = {"rate": "100 * sum(scrap) / sum(qty)", "n": "count(*)", "kinds": "count(DISTINCT text)", "top": "max(qty)"}


def site() -> Binding:
    text = "kpis:\n" + "".join(
        f"  {name}_{window}: {{source: cycles, value: {value}, window: {window}, by: [line, station]}}\n"
        for name, value in VALUES.items()
        for window in WINDOWS
    )
    text += "  some: {source: cycles, value: count(*), where: scrap > 1, window: all}\n"
    text += "  orders: {source: orders, value: count(*)}\n"
    text += "rules:\n  hush: {source: cycles, silent: 1h}\n  bad: {source: cycles, rows: scrap > 1, within: 2h}\n"
    panels = "".join(f"- [{{grid: rate_{window}, by: line}}]\n" for window in WINDOWS)
    with tempfile.TemporaryDirectory() as folder:
        return bound(Path(folder), text, "rows:\n" + panels)


BINDING = site()
small = st.one_of(st.none(), st.integers(0, 6))
row = st.tuples(
    st.integers(-60, 60 * 24 * 9).map(lambda minutes: (NOON - dt.timedelta(minutes=minutes)).replace(tzinfo=None)),
    st.sampled_from([None, "A", "B"]),
    st.sampled_from([None, 1, 2]),
    small,
    small,
    st.sampled_from([None, "x", "y"]),
)


def fill(rows_: list[tuple[Any, ...]]) -> duckdb.DuckDBPyConnection:
    db = database()
    if rows_:
        marks = ", ".join(["(?, ?, ?, ?, ?, ?, 1, 1)"] * len(rows_))
        columns = "_time, line, station, qty, scrap, text, _file, _line"
        db.execute(f"INSERT INTO cycles ({columns}) VALUES {marks}", [cell for each in rows_ for cell in each])
    db.execute("INSERT INTO orders VALUES (1, 1, 1, NULL), (2, 1, 2, NULL)")
    return db


@settings(max_examples=8, deadline=None)
@given(st.lists(row, max_size=30), st.integers(0, 60 * 24 * 8), st.randoms(use_true_random=False))
def test_values_of_a_past_moment_are_those_computed_live_then(
    rows_: list[tuple[Any, ...]], minutes: int, order: Any
) -> None:
    then = NOON - dt.timedelta(minutes=minutes)
    order.shuffle(rows_)  # rows that came late are known now all the same
    now_known, then_known = fill(rows_), fill([each for each in rows_ if each[0] <= then.replace(tzinfo=None)])
    looked_back, live = evaluate(now_known, BINDING, then, until=then), evaluate(then_known, BINDING, then)
    assert looked_back.at == live.at
    for name, measure in live.kpis.items():
        assert looked_back.kpis[name] == measure, name
    assert looked_back.grids == live.grids
    for name in ("rate_6h", "n_all"):
        assert breakdown(now_known, BINDING, name, "line", {"station": "1"}, then, then) == breakdown(
            then_known, BINDING, name, "line", {"station": "1"}, then
        )
        assert measure_among(now_known, BINDING, name, {"line": "A"}, then, then) == measure_among(
            then_known, BINDING, name, {"line": "A"}, then
        )
        left = rows(now_known, BINDING, subject_of_kpi(BINDING, name, then, then), {})
        right = rows(then_known, BINDING, subject_of_kpi(BINDING, name, then), {})
        assert (left.total, sorted(zip(*left.data, strict=True), key=str)) == (
            right.total,
            sorted(zip(*right.data, strict=True), key=str),
        )


@settings(max_examples=12, deadline=None)
@given(
    st.lists(test_kinds.made, max_size=20),
    st.lists(test_kinds.costs, max_size=12, unique_by=lambda row_: row_[0]),
    st.integers(0, 60 * 26),
    st.sampled_from(test_kinds.NIGHTS),
    st.sampled_from(test_kinds.WINDOWS),
)
def test_every_kind_of_kpi_is_what_it_was_then(
    made: list[Any], costs: list[Any], minutes: int, night: dt.datetime, window: str
) -> None:
    binding = test_kinds.binding(window)
    start = night.replace(tzinfo=test_kinds.BERLIN).astimezone(UTC)
    then = start + dt.timedelta(minutes=minutes)
    known, _, _ = test_kinds.fill(night, made, costs)
    kept, _, _ = test_kinds.fill(
        night, [each for each in made if each[0] <= minutes], [each for each in costs if each[0] <= minutes]
    )
    looked_back, live = evaluate(known, binding, then, until=then), evaluate(kept, binding, then)
    for name, measure in live.kpis.items():
        assert looked_back.kpis[name] == measure, name


@pytest.mark.parametrize("window", ["8h", "all"])
def test_rows_that_last_went_on_then_where_they_ended_since(tmp_path: Path, window: str) -> None:
    kpis = f'  down: {{source: states, value: "{test_lasting.SHARE}", window: {window}}}\n'
    kpis += f"  hours: {{source: states, value: sum(_seconds) / 3600, window: {window}}}\n"
    kpis += f"  n: {{source: states, value: count(*), window: {window}}}\n"
    binding = test_lasting.bound(tmp_path, kpis)
    stays = [stay for stay in test_lasting.random_stays(3, 40) if stay.begun is not None]
    known = test_lasting.filled(stays)
    for minutes in (61, 2000):
        then = test_lasting.NOON - dt.timedelta(minutes=minutes)
        kept = [
            Stay(stay.machine, stay.state, stay.begun, stay.ended if stay.ended and stay.ended <= then else None)
            for stay in stays
            if stay.begun is not None and stay.begun <= then
        ]
        live_then = test_lasting.filled(kept)
        for cursor in (known, live_then):
            cursor.execute(f"SET VARIABLE site_now = {then.timestamp()!r}")
        live = evaluate(live_then, binding, then)
        looked_back = evaluate(known, binding, then, until=then)
        assert {name: each.value for name, each in looked_back.kpis.items()} == {
            name: pytest.approx(each.value) for name, each in live.kpis.items()
        }
        assert looked_back.kpis["n"] == live.kpis["n"]


@pytest.fixture
def db() -> duckdb.DuckDBPyConnection:
    made = database()
    put(made, ago(hours=30), line="A", qty=10, scrap=1)
    put(made, ago(hours=3), line="A", qty=10, scrap=2)
    put(made, ago(minutes=10), line="B", qty=10, scrap=3)
    put(made, None, line="B", qty=100, scrap=100)
    made.execute("INSERT INTO orders VALUES (1, 1, 1, NULL), (2, 1, 2, NULL)")
    return made


def test_a_row_that_came_late_counts_where_it_belongs(db: duckdb.DuckDBPyConnection) -> None:
    then = ago(hours=2)
    assert evaluate(db, BINDING, then, then).kpis["n_all"].value == 2
    put(db, ago(hours=2, minutes=1), line="A", qty=1, scrap=0)
    put(db, ago(hours=1, minutes=59), line="A", qty=1, scrap=0)
    assert evaluate(db, BINDING, then, then).kpis["n_all"].value == 3


def test_what_a_source_had_delivered_is_judged_by_event_time(db: duckdb.DuckDBPyConnection) -> None:
    # Nothing came for more than a day before: no rows are then no zero, though the source has delivered since.
    then = ago(hours=12)
    assert evaluate(db, BINDING, then, then).kpis["n_6h"].value is None
    assert evaluate(db, BINDING, ago(hours=26), ago(hours=26)).kpis["n_6h"].value == 1
    before = evaluate(db, BINDING, ago(hours=40), ago(hours=40))
    assert (before.kpis["n_all"].value, before.kpis["n_all"].reason) == (None, "no rows yet")
    assert extent_of(db, "cycles", then).rows == 1


def test_rows_without_a_time_count_only_where_no_row_has_one(db: duckdb.DuckDBPyConnection) -> None:
    then = ago(hours=2)
    found = evaluate(db, BINDING, then, then)
    assert found.kpis["n_all"].value == 2
    assert evaluate(db, BINDING, NOON).kpis["n_all"].value == 4
    assert found.kpis["orders"].value == 2


def test_rows_behind_a_rule_or_a_source_end_at_the_moment(db: duckdb.DuckDBPyConnection) -> None:
    then = ago(hours=2)
    subjects = {
        "silent source": (subject_of_rule(BINDING, "hush", then, None, then), 2),
        "rows": (subject_of_rule(BINDING, "bad", then, None, then), 1),
        "source": (subject_of_source(BINDING, "cycles", then), 2),
        "source now": (subject_of_source(BINDING, "cycles"), 4),
        "without times": (subject_of_source(BINDING, "orders", then), 2),
        "all, with a filter": (subject_of_kpi(BINDING, "some", then, then), 1),
    }
    for name, (subject, count) in subjects.items():
        assert rows(db, BINDING, subject, {}).total == count, name
