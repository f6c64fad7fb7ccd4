"""A KPI's past as arrays: each value is what a plain loop over the rows gives. And which stretches are looked at."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import duckdb
import pytest
from msgspec.structs import replace

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.cadence import Stretches, apart, rolling
from opsconsole.kpis.points import points
from tests.kpis.plant import NOON, ago, bound, database, put
from tests.kpis.test_ranged import CYCLES, SITE, Row


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Binding:
    return bound(tmp_path_factory.mktemp("points"), SITE)


@pytest.fixture(name="cursor", scope="module")
def _cursor() -> duckdb.DuckDBPyConnection:
    cursor = database()
    for row in CYCLES:
        put(cursor, row.at, line=row.line, qty=row.qty, scrap=row.scrap)
    return cursor


def within(stretches: Stretches, at: int, line: str | None) -> list[Row]:
    """The rows that a point is about."""
    start = stretches.starts[at] - dt.timedelta(seconds=stretches.step * (stretches.width - 1))
    return [row for row in CYCLES if start <= row.at < stretches.ends[at] and line in (None, row.line)]


def same(found: float, wanted: float | None) -> bool:
    return math.isnan(found) if wanted is None else found == pytest.approx(wanted)


@pytest.mark.parametrize("roll", [False, True])
@pytest.mark.parametrize("by", [(), ("line",)])
def test_each_value_is_that_of_its_rows(
    site: Binding, cursor: duckdb.DuckDBPyConnection, roll: bool, by: tuple[str, ...]
) -> None:
    kpi = site.kpis["scrap"]
    stretches = (rolling if roll else apart)(site, kpi, NOON, 40)
    assert stretches.width == (6 if roll else 1)
    assert stretches.ends[-1] <= NOON
    found = points(cursor, site, kpi, stretches, by, more={"pieces": "sum(qty)"})
    assert sorted(found.members) == ([("0",), ("1",), ("2",)] if by else [()])
    for group, members in enumerate(found.members):
        for at in range(stretches.count):
            rows = within(stretches, at, members[0] if members else None)
            pieces = sum(row.qty for row in rows)
            wanted = 100.0 * sum(row.scrap for row in rows) / pieces if rows else None
            assert same(found.values[group, at], wanted)
            assert same(found.more["pieces"][group, at], pieces if rows else None)
            assert found.rows[group, at] == len(rows)


def test_no_rows_are_a_count_of_none_only_between_the_first_and_the_last(
    site: Binding, cursor: duckdb.DuckDBPyConnection
) -> None:
    kpi = site.kpis["stops"]
    stretches = apart(site, kpi, NOON, 24 * 5, 1200.0)
    found = points(cursor, site, kpi, stretches)
    for at in range(stretches.count):
        rows = within(stretches, at, None)
        before = stretches.ends[at] < min(row.at for row in CYCLES)
        assert same(found.values[0, at], None if before else len(rows))


def test_a_formula_over_other_kpis_and_a_past_moment(site: Binding, cursor: duckdb.DuckDBPyConnection) -> None:
    stretches = apart(site, site.kpis["share"], NOON, 12)
    until = ago(hours=3)
    share = points(cursor, site, site.kpis["share"], stretches, until=until).values[0]
    scrap = points(cursor, site, site.kpis["scrap"], stretches).values[0]
    for at, end in enumerate(stretches.ends):
        if end <= until:
            assert same(share[at], 2 * scrap[at])
        elif stretches.starts[at] >= until:
            assert math.isnan(share[at])


def test_what_has_no_times_has_no_past(site: Binding, cursor: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ValueError, match="no times"):
        points(cursor, site, site.kpis["ordered"], apart(site, site.kpis["scrap"], NOON, 3))
    with pytest.raises(LookupError, match="nowhere"):
        points(cursor, site, site.kpis["scrap"], apart(site, site.kpis["scrap"], NOON, 3), ("nowhere",))


def test_stretches_follow_the_window_and_the_calendar(tmp_path: Path) -> None:
    site = bound(tmp_path, SITE)
    weekdays = tuple(replace(shift, days=(0, 1, 2, 3, 4)) for shift in site.site.shifts)
    site = replace(site, site=replace(site.site, shifts=weekdays))
    hours = apart(site, site.kpis["scrap"], NOON, 30)
    assert {(end - start).total_seconds() for start, end in zip(hours.starts, hours.ends, strict=True)} == {3600.0}
    shifts = apart(site, site.kpis["output"], NOON, 12)
    assert all((end - start).total_seconds() == 8 * 3600 for start, end in zip(shifts.starts, shifts.ends, strict=True))
    assert all(start.weekday() < 5 for start in shifts.starts)
    assert shifts.ends[-1] <= NOON
    days = apart(site, site.kpis["made"], NOON, 200)  # over a change of clocks
    lengths = {(end - start).total_seconds() / 3600 for start, end in zip(days.starts, days.ends, strict=True)}
    assert {24.0} < lengths <= {23.0, 24.0, 25.0}
    assert days.starts[1:] == days.ends[:-1]
