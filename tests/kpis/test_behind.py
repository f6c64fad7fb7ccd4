"""The SQL behind a number gives that number, run as it is."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest

from opsconsole.kpis.behind import behind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.drill import breakdown, measure_among, subject_of_kpi
from tests.kpis.plant import NOON, ago, bound, database, put, rows

SITE = """\
kpis:
  scrap_ratio: {source: cycles, value: 100.0 * sum(scrap) / sum(qty), where: qty > 0 -- all, window: 2h, by: [line]}
  count: {source: cycles, value: count(*), window: 3h, by: [line]}
  middle: {source: cycles, value: median(qty), window: all, by: ["Weird, name"]}
  good: {source: cycles, value: 1 - sum(scrap) / sum(qty), where: station = 1, window: 2h, by: [line]}
  load: {source: cycles, value: avg(qty), where: station = 2}
  both: {value: 100 * good * load, window: 2h, by: [line]}
  orders: {source: orders, value: count(*)}
  per_order: {value: count / orders, window: all}
"""
MEMBERS = ["1", "2's", None, ""]


@cache
def site() -> Binding:
    with TemporaryDirectory() as folder:
        return bound(Path(folder), SITE)


@pytest.fixture(name="cursor", scope="module")
def _cursor() -> duckdb.DuckDBPyConnection:
    cursor = database()
    cursor.execute("INSERT INTO orders (id, _file, _line) SELECT i, 2, i FROM range(7) AS t(i)")
    for at in range(120):
        line, odd = MEMBERS[at % 4], "a;b" if at % 3 else None
        values = {"line": line, "Weird, name": odd, "station": 1 + at % 2, "qty": at % 7, "scrap": at % 3}
        put(cursor, ago(minutes=at * 2), **values)
    put(cursor, None, line="1", qty=1, scrap=0, station=1)
    return cursor


def run(cursor: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = cursor.execute(sql).fetchall()
    return found


@pytest.mark.parametrize("kpi", ["scrap_ratio", "count", "middle", "good", "both", "per_order"])
@pytest.mark.parametrize("where", [{}, {"line": "2's"}, {"line": None, "station": "1"}])
@pytest.mark.parametrize("back", [0, 3])
def test_it_gives_the_value(
    cursor: duckdb.DuckDBPyConnection, kpi: str, where: dict[str, str | None], back: int
) -> None:
    if kpi == "per_order":
        where = {}  # orders have no lines
    now = NOON - dt.timedelta(hours=back)
    until = now if back else None
    known = measure_among(cursor, site(), kpi, where, now, until)
    found = run(cursor, behind(site(), kpi, "value", where, now, until=until))
    assert len(found) == 1
    assert found[0][0] == pytest.approx(known.value)
    assert known.value is not None or back or where


@pytest.mark.parametrize(("kpi", "by"), [("scrap_ratio", "line"), ("count", "STATION"), ("both", "line")])
def test_it_gives_the_breakdown(cursor: duckdb.DuckDBPyConnection, kpi: str, by: str) -> None:
    known = breakdown(cursor, site(), kpi, by, {}, NOON)
    found = run(cursor, behind(site(), kpi, "breakdown", {}, NOON, by))
    assert {None if row[0] is None else str(row[0]): row[1] for row in found} == pytest.approx(
        dict(zip(known.members, known.values, strict=True))
    )
    assert len(found) == len(known.members) > 1
    if kpi != "both":
        assert [row[2] for row in found] == [
            known.rows[known.members.index(None if row[0] is None else str(row[0]))] for row in found
        ]


def test_it_gives_a_breakdown_over_several_sources(cursor: duckdb.DuckDBPyConnection) -> None:
    known = breakdown(cursor, site(), "per_order", "_line", {}, NOON)
    found = dict(run(cursor, behind(site(), "per_order", "breakdown", {}, NOON, "_line")))
    assert found == pytest.approx(dict(zip(known.members, known.values, strict=True)))


def test_it_gives_the_rows_newest_first(cursor: duckdb.DuckDBPyConnection) -> None:
    for kpi in ("scrap_ratio", "both", "middle"):
        page = rows(cursor, site(), subject_of_kpi(site(), kpi, NOON), {"line": "1"})
        cursor.execute(behind(site(), kpi, "rows", {"line": "1"}, NOON))
        place = [column[0] for column in cursor.description or []].index("_line")
        assert [row[place] for row in cursor.fetchall()] == page.lines
    several = run(cursor, behind(site(), "per_order", "rows", {}, NOON))
    assert {row[0] for row in several} == {"cycles", "orders"}


def test_it_is_one_statement_that_a_person_can_read(cursor: duckdb.DuckDBPyConnection) -> None:
    assert behind(site(), "count", "value", {"line": "2's"}, NOON) == (
        'SELECT count(*) AS "count"\n'
        'FROM "cycles"\n'
        "WHERE \"line\" = '2''s'\n"
        "  AND _time > TIMESTAMP '2026-06-24 09:00:00' AND _time <= TIMESTAMP '2026-06-24 12:00:00'"
    )
    with pytest.raises(LookupError, match="there is no KPI"):
        behind(site(), "oee", "value", {}, NOON)
    with pytest.raises(LookupError, match="needs a dimension"):
        behind(site(), "count", "breakdown", {}, NOON)
    with pytest.raises(LookupError, match="has no column `area`"):
        behind(site(), "count", "breakdown", {}, NOON, "area")
