"""What a console asks of one KPI is answered in messages that the wire takes, of one version of the data."""

from __future__ import annotations

from pathlib import Path

import duckdb
import msgspec
import pytest

from opsconsole.engine import wire
from opsconsole.engine.adhoc import run_sql
from opsconsole.engine.kpi_queries import answer
from opsconsole.engine.messages import (
    AskCompare,
    AskDimensions,
    AskMoved,
    AskSeries,
    AskSql,
    Compared,
    Dimensions,
    Moved,
    Reply,
    Series,
    Sql,
)
from opsconsole.engine.wire import reply
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.drill import measure_among
from tests.kpis.plant import NOON, ago, bound, database, put

SITE = """\
kpis:
  scrap: {source: cycles, value: 100.0 * sum(scrap) / sum(qty), better: lower, target: 2, window: 1h, by: [line]}
  good: {source: cycles, value: 1 - sum(scrap) / sum(qty)}
  pace: {source: cycles, value: sum(qty) / count(*)}
  both: {value: good * pace, better: higher, window: 1h, by: [line]}
"""


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Binding:
    return bound(tmp_path, SITE)


@pytest.fixture(name="cursor")
def _cursor() -> duckdb.DuckDBPyConnection:
    cursor = database()
    cursor.execute(
        "INSERT INTO cycles (_time, line, station, qty, scrap, _file, _line) "
        "SELECT TIMESTAMP '2026-06-24 11:30:00' - to_hours(i), CAST(i % 2 AS VARCHAR), i % 3, 10, i = 0, 1, i "
        "FROM range(720) AS t(i)"
    )
    put(cursor, ago(minutes=20), line="2", station=1, qty=10, scrap=4, text="x")
    return cursor


def sent(body: Dimensions | Compared | Moved | Series | Sql) -> Dimensions | Compared | Moved | Series | Sql:
    """As it arrives at a console."""
    raw = msgspec.msgpack.encode(reply(1, body))
    assert wire.answer(AskMoved("any"), msgspec.msgpack.decode(raw, type=Reply)) == body
    return body


def test_comparisons_and_movers_arrive(site: Binding, cursor: duckdb.DuckDBPyConnection) -> None:
    compared = sent(answer(cursor, site, AskCompare("scrap", {"line": "2"}, likes=5), NOON, None))
    assert isinstance(compared, Compared)
    assert (compared.value, compared.where, len(compared.likes)) == (40.0, {"line": "2"}, 5)
    cursor.execute("ROLLBACK")
    found = sent(answer(cursor, site, AskMoved("both"), NOON, None))
    assert isinstance(found, Moved)
    assert found.label == "1 h before"
    assert [mover.verdict for mover in found.components] == ["worse", "same"]
    assert found.dimensions[0].by == "line"
    cursor.execute("ROLLBACK")


def test_any_column_with_few_members_is_a_dimension(site: Binding, cursor: duckdb.DuckDBPyConnection) -> None:
    found = sent(answer(cursor, site, AskDimensions("scrap"), NOON, None))
    assert isinstance(found, Dimensions)
    named = [(each.name, each.own) for each in found.dimensions]
    # text before numbers; what has one member or none is no dimension
    assert named == [("line", True), ("scrap", False), ("station", False)]
    assert [each.members for each in found.dimensions] == [2, 2, 2]


@pytest.mark.parametrize(("kpi", "what"), [("scrap", "value"), ("both", "value"), ("scrap", "rows")])
def test_the_sql_behind_a_number_is_a_query_of_a_person(
    site: Binding, cursor: duckdb.DuckDBPyConnection, tmp_path: Path, kpi: str, what: str
) -> None:
    found = sent(answer(cursor, site, AskSql(kpi, what, where={"line": "2"}), NOON, None))  # type: ignore[arg-type]
    cursor.execute("ROLLBACK")
    assert isinstance(found, Sql)
    table = run_sql(cursor, found.sql, limit=100, seconds=5, scratch=tmp_path)
    known = measure_among(cursor, site, kpi, {"line": "2"}, NOON)
    if what == "value":
        assert table.data[0][0] == pytest.approx(known.value)
    else:
        assert len(table.data[0]) == known.rows


def test_a_range_is_asked_for_in_seconds_and_what_is_none_is_refused(
    site: Binding, cursor: duckdb.DuckDBPyConnection
) -> None:
    start, end = ago(hours=9).timestamp(), ago(hours=1).timestamp()
    compared = sent(answer(cursor, site, AskCompare("scrap", start=start, end=end), NOON, None))
    assert isinstance(compared, Compared)
    assert (compared.value, compared.start, compared.end) == (0.0, start, end)
    cursor.execute("ROLLBACK")
    course = sent(answer(cursor, site, AskSeries("both", start, end, 4, {"line": "1"}), NOON, None))
    assert isinstance(course, Series)
    assert (course.values, course.where) == ([None, 10.0, 10.0, 10.0], {"line": "1"})
    assert (sum(course.rows), course.partial) == (4, [0, 3]), "buckets of three hours of the local clock"
    cursor.execute("ROLLBACK")
    for ask in (AskSeries("scrap", end, start), AskMoved("scrap", start=end, end=start)):
        with pytest.raises(ValueError, match="ends before it begins"):
            answer(cursor, site, ask, NOON, None)
        cursor.execute("ROLLBACK")
    with pytest.raises(ValueError, match="are no moments"):
        answer(cursor, site, AskSeries("scrap", -1e30, end), NOON, None)
    cursor.execute("ROLLBACK")
