"""What moved a KPI: contributions add up to the change, whatever it is made of, and blame who made it worse."""

from __future__ import annotations

import datetime as dt
import math
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.moved import Moving, moved
from tests.kpis.plant import NOON, bound, database

SITE = """\
kpis:
  scrap_ratio: {source: cycles, value: 100.0 * sum(scrap) / sum(qty), better: lower, window: 1h, by: [line, station]}
  output: {source: cycles, value: sum(qty), where: scrap < 100, better: higher, window: 1h, by: [line]}
  good: {source: cycles, value: 1 - sum(scrap) / sum(qty), better: higher, window: 1h}
  load: {source: cycles, value: sum(qty) / sum(station), better: higher, window: 1h}
  load_of_one: {source: cycles, value: 100 * sum(qty) / sum(station), where: station = 1, window: 1h}
  at_once: {source: cycles, value: sum(qty) / sum(station) * (sum(cost) / sum(qty)), better: higher, window: 1h}
  both: {value: 100 * good * load, better: higher, window: 1h, by: [line]}
  per_piece: {source: cycles, value: avg(cost) / (1 + avg(qty)), better: lower, window: 1h, by: [line]}
  typical: {source: cycles, value: median(qty), better: higher, window: 1h, by: [line]}
  capped: {source: cycles, value: "least(10, 100.0 * sum(scrap) / sum(qty))", better: lower, window: 1h, by: [line]}
  rounded: {source: cycles, value: "round(100.0 * sum(scrap) / sum(qty), 1)", better: lower, window: 1h, by: [line]}
  ever: {source: cycles, value: sum(qty), window: all, by: [line]}
"""
ADDITIVE = ("scrap_ratio", "output", "both", "per_piece", "at_once")
ROW = st.tuples(
    st.sampled_from(["1", "2", "3", None]),
    st.integers(1, 4),
    st.integers(0, 50),
    st.integers(0, 9),
    st.integers(1, 119),
    st.none() | st.integers(1, 100),
)


ROWS = list[tuple[str | None, int, int, int, int, int | None]]
FAR = NOON - dt.timedelta(days=42)


@cache
def the_site() -> Binding:
    with TemporaryDirectory() as folder:
        return bound(Path(folder), SITE)


@pytest.fixture(name="site")
def _site() -> Binding:
    return the_site()


def filled(rows: ROWS, far: bool = True) -> duckdb.DuckDBPyConnection:
    """Rows of (line, station, qty, scrap, minutes ago, cost); and one of long ago, so that nothing is missing."""
    cursor = database()
    listed = [(NOON - dt.timedelta(minutes=each[4]), *each[:4], each[5]) for each in rows]
    listed += [(FAR, "1", 1, 1, 0, 1)] if far else []
    values = [(when.replace(tzinfo=None), *rest, at) for at, (when, *rest) in enumerate(listed)]
    cursor.executemany(
        "INSERT INTO cycles (_time, line, station, qty, scrap, cost, _line, _file) VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
        values,
    )
    return cursor


@settings(max_examples=10, deadline=None)
@given(st.lists(ROW, min_size=2, max_size=25))
def test_contributions_add_up(rows: ROWS) -> None:
    cursor, site = filled(rows), the_site()
    for kpi in ADDITIVE:
        found = moved(cursor, site, kpi, {}, NOON)
        if found.change is None:
            assert found.reason
            continue
        assert found.additive, found.note
        for split in found.dimensions:
            parts = [mover.contribution or 0.0 for mover in split.movers]
            size = max(1.0, *(abs(part) for part in parts), abs(found.change))
            assert math.fsum(parts) == pytest.approx(found.change, abs=1e-9 * size), kpi
            assert split.total == len(parts)
        if found.components:
            total = math.fsum(mover.contribution or 0.0 for mover in found.components)
            assert total == pytest.approx(found.change, abs=1e-9 * max(1.0, abs(found.change)))


def worse(cursor_rows: ROWS, site: Binding, kpi: str) -> Moving:
    return moved(filled(cursor_rows), site, kpi, {}, NOON, by=("line",))


def test_the_line_that_made_it_worse_is_named(site: Binding) -> None:
    before = [("1", 1, 50, 1, 90, 10), ("2", 1, 50, 1, 90, 10)]
    now = [("1", 1, 50, 1, 10, 10), ("2", 1, 50, 6, 10, 10)]
    found = worse(before + now, site, "scrap_ratio")
    first, second = found.dimensions[0].movers
    assert (found.value, found.previous, found.change) == (7.0, 2.0, 5.0)
    assert (first.name, first.verdict, first.previous, first.value) == ("2", "worse", 2.0, 12.0)
    assert first.contribution == pytest.approx(5.0)
    assert (first.rate, first.mix) == (pytest.approx(5.0), pytest.approx(0.0))
    assert (second.name, second.contribution, second.verdict) == ("1", pytest.approx(0.0), "same")
    found = worse(before + now, site, "both")
    assert [mover.name for mover in found.components] == ["good", "load"]
    assert found.components[0].verdict == "worse"
    assert found.components[0].contribution == pytest.approx(found.change)
    assert found.components[1].contribution == pytest.approx(0.0)


def test_ratios_of_one_expression_go_by_the_names_of_kpis(site: Binding) -> None:
    before = [("1", 1, 50, 1, 90, 100), ("2", 1, 50, 1, 90, 100)]
    now = [("1", 2, 50, 1, 10, 100), ("2", 1, 50, 6, 10, 90)]
    found = worse(before + now, site, "at_once")
    (load, named), (cost, written) = [(mover, mover.name) for mover in found.components]
    assert (named, written) == ("load", 'sum("cost") / sum(qty)')
    assert (load.value, load.previous) == (pytest.approx(100 / 3), 50.0)
    assert (cost.value, cost.previous) == (1.9, 2.0)
    assert (load.contribution or 0.0) + (cost.contribution or 0.0) == pytest.approx(found.change)
    assert (load.verdict, cost.verdict) == ("worse", "worse")


def test_a_chosen_member_narrows_all_of_it(site: Binding) -> None:
    rows = [("1", 1, 50, 1, 90, 1), ("2", 1, 50, 9, 90, 1), ("1", 1, 50, 3, 10, 1), ("2", 2, 50, 0, 10, 1)]
    found = moved(filled(rows), site, "scrap_ratio", {"line": "1"}, NOON)
    assert (found.value, found.previous) == (6.0, 2.0)
    assert [split.by for split in found.dimensions] == ["station"]
    assert [mover.name for mover in found.dimensions[0].movers] == ["1"]
    # any column can be asked for, declared or not
    found = moved(filled(rows), site, "scrap_ratio", {}, NOON, by=("qty",))
    assert [mover.name for mover in found.dimensions[0].movers] == ["50"]


def test_what_does_not_add_up_says_so_and_shows_members(site: Binding) -> None:
    rows = [("1", 1, 10, 0, 90, 1), ("2", 1, 30, 0, 90, 1), ("1", 1, 11, 0, 10, 1), ("2", 1, 20, 0, 10, 1)]
    found = worse(rows, site, "typical")
    assert not found.additive
    assert found.note == "median(qty) does not add up over members: each shows its own value and change"
    assert [(mover.name, mover.contribution, mover.value, mover.previous) for mover in found.dimensions[0].movers] == [
        ("2", None, 20.0, 30.0),
        ("1", None, 11.0, 10.0),
    ]
    assert [mover.verdict for mover in found.dimensions[0].movers] == ["worse", "better"]


def test_a_bound_that_bites_is_not_shared_out_and_rounding_is_told(site: Binding) -> None:
    rows = [("1", 1, 50, 1, 90, 1), ("2", 1, 13, 0, 90, 1), ("1", 1, 50, 9, 10, 1), ("2", 1, 20, 7, 10, 1)]
    found = worse(rows, site, "capped")
    assert (found.value, found.additive, found.components) == (10.0, True, [])
    found = worse(rows, site, "rounded")
    assert found.note == "the value is rounded, what moved it is told before rounding"
    exact = 100 * 16 / 70 - 100 / 63
    assert math.fsum(mover.contribution or 0.0 for mover in found.dimensions[0].movers) == pytest.approx(exact)


@pytest.mark.parametrize(
    ("kpi", "against", "rows", "reason"),
    [
        ("ever", None, [("1", 1, 5, 0, 10, 1)], "all rows are meant: there is no period before them"),
        ("scrap_ratio", None, [("1", 1, 5, 0, 10, 1)], "the source's rows do not reach back that far"),
        ("scrap_ratio", None, [("1", 1, 5, 0, 10, 1), ("1", 1, 0, 0, 119, 1)], "no rows then"),
        ("scrap_ratio", None, [("1", 1, 5, 0, 90, 1)], "no rows in the window"),
        ("scrap_ratio", "best", [("1", 1, 5, 0, 10, 1)], "there is no such period to compare with"),
    ],
)
def test_where_nothing_can_be_compared_it_says_why(
    site: Binding,
    kpi: str,
    against: str | None,
    rows: ROWS,
    reason: str,
) -> None:
    found = moved(filled(rows, far=False), site, kpi, {}, NOON, against=against)
    assert (found.change, found.reason) == (None, reason)


def test_unknown_names_are_told(site: Binding) -> None:
    cursor = filled([("1", 1, 5, 0, 10, 1)])
    with pytest.raises(LookupError, match="there is no KPI `oee`"):
        moved(cursor, site, "oee", {}, NOON)
    with pytest.raises(LookupError, match="has no column `area`"):
        moved(cursor, site, "output", {}, NOON, by=("area",))
    with pytest.raises(LookupError, match="`noon` is nothing to compare with"):
        moved(cursor, site, "output", {}, NOON, against="noon")


def test_members_beyond_the_cap_are_one_rest(site: Binding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opsconsole.kpis.nodes.MEMBERS", 2)
    rows = [(str(n), 1, n, 0, minutes, 1) for n in range(1, 6) for minutes in (10, 90)]
    rows += [("5", 1, 7, 0, 20, 1), ("1", 1, 1, 0, 20, 1)]
    found = moved(filled(rows), site, "output", {}, NOON, by=("line",))
    split = found.dimensions[0]
    assert [(mover.name, mover.contribution) for mover in split.movers] == [("5", 7.0), ("1", 1.0)]
    assert (found.change, split.total, split.rest) == (8.0, 5, 0.0)


def test_against_the_same_hour_yesterday_and_last_week(site: Binding) -> None:
    day = dt.timedelta(days=1) / dt.timedelta(minutes=1)
    rows = [("1", 1, 10, 0, 30, 1), ("1", 1, 7, 0, int(day + 30), 1), ("1", 1, 4, 0, int(7 * day + 30), 1)]
    cursor = filled(rows)
    changes = {kind: moved(cursor, site, "output", {}, NOON, against=kind).change for kind in ("day", "week")}
    assert changes == {"day": 3.0, "week": 6.0}
