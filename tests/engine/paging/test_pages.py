"""Pages as clients get them: numbers of rows, totals, orders, groups, and what happens when data moves."""

from __future__ import annotations

import errno
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opsconsole.engine.paging import indexes, read, table_queries
from opsconsole.engine.table_messages import (
    Aggregate,
    AskColumn,
    AskIndex,
    AskPage,
    AskRun,
    ColumnFacts,
    ColumnFilter,
    Grouping,
    Index,
    IndexState,
    Ran,
    SortBy,
    TableOf,
    TablePage,
)
from opsconsole.kpis.paging import index
from tests.engine.paging.plant import Plant
from tests.waiting import until

CYCLES = TableOf(source="cycles")
BY_QTY = (SortBy("qty", descending=True),)


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    made = Plant(tmp_path_factory.mktemp("plant"))
    yield made
    made.close()


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tables count as large."""
    for name in ("DIRECT", "DERIVED", "SKIPPED"):
        monkeypatch.setattr(read, name, 0)


def known(plant: Plant, of: TableOf = CYCLES, **words: Any) -> TablePage:
    """The page once the numbers of its rows are known."""
    until(lambda: plant.page(of, **words).total is not None)
    return plant.page(of, **words)


def ready(plant: Plant, of: TableOf, sort: tuple[SortBy, ...], version: int) -> Index:
    """The index once it is ready."""

    def state() -> Index:
        found = plant.ask(AskIndex(of, sort, version))
        assert isinstance(found, Index), found
        return found

    until(lambda: state().state.state == "ready")
    return state()


def column(page: TablePage, name: str) -> list[Any]:
    return page.data[page.columns.index(name)]


def check_walk(plant: Plant, of: TableOf, total: int, **words: Any) -> list[tuple[str, int]]:
    """Forward, backward and by number, pages fit together; the places of all rows in their order."""
    page = known(plant, of, limit=7, **words)
    assert (page.first, page.total, page.previous) == (0, total, None)
    seen = list(zip(page.files, page.lines, strict=True))
    sizes = [len(page.lines)]
    while page.next is not None:
        page = plant.page(of, limit=7, after=page.next, version=page.version, **words)
        assert (page.first, page.total) == (len(seen), total)
        seen += zip(page.files, page.lines, strict=True)
        sizes.append(len(page.lines))
    assert len(seen) == total
    back = list(zip(page.files, page.lines, strict=True))
    while page.previous is not None:
        page = plant.page(of, limit=7, before=page.previous, version=page.version, **words)
        back = [*zip(page.files, page.lines, strict=True), *back]
        assert page.first == total - len(back)
    assert back == seen
    for row in (0, 1, total // 2, total - 1):
        page = plant.page(of, limit=3, row=row, version=page.version, **words)
        assert page.first == row
        assert list(zip(page.files, page.lines, strict=True)) == seen[row : row + 3]
    page = plant.page(of, limit=5, row=total + 50, version=page.version, **words)
    assert (len(page.lines), page.first, page.next) == (5, total - 5, None)
    return seen


def test_small_tables_page_in_any_order(plant: Plant) -> None:
    assert check_walk(plant, CYCLES, 120)[0] == ("data/cycles1.csv", 121)
    assert check_walk(plant, CYCLES, 120, order="file")[0] == ("data/cycles1.csv", 2)
    some = TableOf(source="cycles", filters=(ColumnFilter("line", "is", "A"),), words="!3")
    page = known(plant, some)
    assert page.all == 120
    check_walk(plant, some, page.total or 0)
    check_walk(plant, some, page.total or 0, sort=BY_QTY)
    assert plant.page(CYCLES, sort=BY_QTY).index.state == "unneeded"
    page = plant.page(TableOf(kpi="made", where={"line": "B"}))
    assert (page.source, page.time, set(column(page, "line"))) == ("cycles", "ts", {"B"})


def test_large_tables_page_by_sign_posts_and_indexes(plant: Plant, large: None) -> None:
    times = check_walk(plant, CYCLES, 120)
    assert sorted(times) == sorted(check_walk(plant, CYCLES, 120, order="file"))
    some = TableOf(source="cycles", filters=(ColumnFilter("qty", "above", "2"),))
    check_walk(plant, some, len([i for i in range(120) if i % 7 > 2]))
    top = plant.page(CYCLES, sort=BY_QTY, limit=5)
    assert column(top, "qty") == [6, 6, 6, 6, 6]
    assert ready(plant, CYCLES, BY_QTY, top.version).total == 120
    seen = check_walk(plant, CYCLES, 120, sort=BY_QTY)
    assert seen[:5] == list(zip(top.files, top.lines, strict=True))
    assert plant.page(CYCLES, sort=BY_QTY).index.state == "ready"
    halves = TableOf(source="halves")
    top = plant.page(halves, sort=(SortBy("half"),), limit=3)
    assert column(top, "half") == [0, 0, 0]
    ready(plant, halves, (SortBy("half"),), top.version)
    page = plant.page(halves, sort=(SortBy("half"),), version=top.version, row=90, limit=50)
    assert (page.first, page.total, len(page.lines)) == (90, 120, 30)
    assert column(page, "half") == sorted(i % 7 / 2 for i in range(120))[90:]


def test_a_page_from_a_moment(plant: Plant) -> None:
    page = plant.page(CYCLES, moment=1719210600.0, limit=2)  # 08:30 in Berlin
    assert [str(cell) for cell in column(page, "ts")] == ["2024-06-24 08:30:00", "2024-06-24 08:29:00"]
    assert page.first == 89
    page = plant.page(CYCLES, moment=1719210600.0, limit=2, order="file")
    assert [str(cell) for cell in column(page, "ts")] == ["2024-06-24 08:30:00", "2024-06-24 08:31:00"]
    assert plant.page(CYCLES, moment=0.0, limit=2).first == 118
    day = TableOf(source="cycles", filters=(ColumnFilter("ts", "is", "2024-06-24 09:10"),))
    assert plant.page(day).total == 1


def test_groups_and_pivots(plant: Plant) -> None:
    grouped = TableOf(source="cycles", group=Grouping(("line",), (Aggregate("count"), Aggregate("sum", "qty"))))
    page = plant.page(grouped)
    assert (page.columns, page.total, page.all) == (["line", "count", "sum qty"], 2, 2)
    sums = {line: sum(i % 7 for i in range(120) if "AB"[i % 2] == line) for line in "AB"}
    assert dict(zip(column(page, "line"), column(page, "sum qty"), strict=True)) == sums
    pivot = TableOf(source="cycles", group=Grouping(("qty",), pivot="line"))
    page = plant.page(pivot)
    assert (page.columns, column(page, "qty")) == (["qty", "A", "B"], list(range(7)))
    assert sum(column(page, "A")) == 60
    page = plant.page(pivot, sort=(SortBy("B", descending=True), SortBy("qty")), limit=2, row=1)
    assert page.first == 1
    assert "no numbers" in plant.refused(
        AskPage(TableOf(source="cycles", group=Grouping(("qty",), (Aggregate("mean", "line"),))))
    )


def test_groups_of_nothing_are_told(plant: Plant) -> None:
    none = (ColumnFilter("line", "is", "nobody"),)
    page = plant.page(TableOf(source="cycles", filters=none, group=Grouping((), pivot="line")))
    assert (page.columns, page.data) == (["count"], [[0]])
    page = plant.page(TableOf(source="cycles", filters=none, group=Grouping(("qty",), pivot="line")))
    assert (page.columns, page.total) == (["qty"], 0)


def test_columns_are_those_of_the_rows_that_are_shown(tmp_path: Path) -> None:
    plant = Plant(tmp_path)
    try:
        of = TableOf(source="cycles", group=Grouping(("qty",), pivot="line"))
        old = plant.page(of)
        # under the name of the order as it was asked for, so that it can be waited for, and given up
        found = plant.ask(AskIndex(of, (), old.version))
        assert isinstance(found, Index)
        assert (found.state.state, found.total) == ("ready", 7)
        plant.append("cycles1", "2024-06-24 12:00,0,6\n")  # its member comes first
        until(lambda: plant.page(of).columns == ["qty", "0", "A", "B"])
        again = plant.page(of, version=old.version)
        assert (again.columns, again.types, again.data) == (old.columns, old.types, old.data)
        assert not again.newest
    finally:
        plant.close()


def test_rows_of_a_derived_source_are_counted_wherever_a_change_moves_them(tmp_path: Path, large: None) -> None:
    plant = Plant(tmp_path)
    try:
        # one row for each line, with the time of its first cycle
        day = TableOf(source="firsts", start=1719200000.0, end=1719300000.0, words="!nobody")
        until(lambda: plant.page(day).all == 2)
        plant.append("cycles1", "2024-06-24 12:00,C,6\n2024-06-24 12:01,C,6\n")
        until(lambda: plant.page(TableOf(source="firsts")).total == 3)
        until(lambda: plant.page(day).all == 3)
    finally:
        plant.close()


def test_what_cannot_be_counted_is_said_and_not_tried_for_ever(plant: Plant, large: None) -> None:
    unreadable = TableOf(source="cycles", expression="CAST(line AS INTEGER) > 0")
    assert "Could not convert string" in plant.refused(AskPage(unreadable, row=50))


def test_an_engine_that_ends_waits_for_no_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant = Plant(tmp_path)
    begun = threading.Event()

    def endless(cursor: Any, *_: Any) -> None:
        begun.set()
        cursor.execute("SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b").fetchall()

    monkeypatch.setattr(table_queries, "facts", endless)
    said: list[str] = []
    asking = threading.Thread(target=lambda: said.append(plant.refused(AskColumn(CYCLES, "qty"))), daemon=True)
    asking.start()
    assert begun.wait(20)
    ending = time.monotonic()
    plant.close()
    asking.join(20)
    assert time.monotonic() - ending < 20
    assert said == ["it was given up: it took too long, or was cancelled"]


def test_facts_of_a_column(plant: Plant) -> None:
    found = plant.ask(AskColumn(CYCLES, "qty", bins=7))
    assert isinstance(found, ColumnFacts)
    values = [i % 7 for i in range(120)]
    assert (found.rows, found.empty, found.distinct, found.exact) == (120, 0, 7, True)
    assert (found.low, found.high, found.total, found.median) == (0, 6, sum(values), 3)
    assert found.bins == [values.count(value) for value in range(7)]
    assert dict(zip(found.values, found.counts, strict=True)) == {value: values.count(value) for value in range(7)}
    found = plant.ask(AskColumn(CYCLES, "ts", bins=2))
    assert isinstance(found, ColumnFacts)
    assert (found.edges[0], found.bins) == (1719208800.0, [60, 60])


def test_results_of_sql_page_like_tables(plant: Plant) -> None:
    ran = plant.ask(AskRun("SELECT line, qty, ts FROM cycles ORDER BY qty, ts"))
    assert isinstance(ran, Ran)
    of = TableOf(result=ran.result)
    page = plant.page(of, limit=50, row=70)
    assert (page.first, page.total, page.previous, page.next) == (70, 120, [70], None)
    assert column(page, "qty") == sorted(i % 7 for i in range(120))[70:]
    page = plant.page(of, limit=4, after=[9])
    assert (page.first, page.previous, page.next, set(page.files)) == (10, [10], [13], {""})
    page = plant.page(of, limit=4, before=page.previous)
    assert (page.first, page.next) == (6, [9])
    some = TableOf(result=ran.result, words="B", expression="qty > 1", filters=(ColumnFilter("qty", "to", "5"),))
    page = plant.page(some, sort=(SortBy("qty", True),), limit=3)
    assert (column(page, "qty"), column(page, "line")) == ([5, 5, 5], ["B", "B", "B"])
    page = plant.page(TableOf(result=ran.result, group=Grouping(("qty",), pivot="line")))
    assert (page.columns, page.total) == (["qty", "A", "B"], 7)


def test_what_is_wrong_is_said(plant: Plant) -> None:
    assert "no column `nope`" in plant.refused(AskPage(CYCLES, sort=(SortBy("nope"),)))
    assert "holds numbers" in plant.refused(
        AskPage(TableOf(source="cycles", filters=(ColumnFilter("qty", "above", "x"),)))
    )
    assert "run the query again" in plant.refused(AskPage(TableOf(result="r1")))
    assert "one of a KPI" in plant.refused(AskPage(TableOf()))
    assert "sort by time" in plant.refused(AskPage(CYCLES, sort=BY_QTY, moment=5.0))


def test_rows_that_come_and_go_while_somebody_pages(tmp_path: Any, large: None) -> None:
    plant = Plant(tmp_path)
    try:
        top = plant.page(CYCLES, sort=BY_QTY, limit=5)
        ready(plant, CYCLES, BY_QTY, top.version)
        page = plant.page(CYCLES, sort=BY_QTY, limit=5, row=60, version=top.version)
        assert page.newest
        old = list(zip(page.files, page.lines, strict=True))

        plant.append("cycles1", "2024-06-24 12:00,A,6\n")
        until(lambda: plant.page(CYCLES, limit=1).total == 121)
        assert plant.page(CYCLES, limit=1).lines == [122]
        again = plant.page(CYCLES, sort=BY_QTY, limit=5, row=60, version=top.version)
        assert list(zip(again.files, again.lines, strict=True)) == old
        assert (again.newest, again.version, again.total, again.first) == (False, top.version, 120, 60)
        fresh = plant.page(CYCLES, sort=BY_QTY, limit=1)
        assert fresh.lines == [122]
        assert fresh.version > top.version

        # the file is written anew: the same lines hold other rows
        plant.write("cycles1", "ts,line,qty\n" + "".join(f"2024-06-24 08:{i:02},C,{i % 5}\n" for i in range(40)))
        until(lambda: plant.page(CYCLES, limit=1).total == 40)
        page = plant.page(CYCLES, sort=BY_QTY, limit=5, row=30, version=top.version)
        assert page.version > top.version
        assert set(column(page, "line")) == {"C"}
        ready(plant, CYCLES, BY_QTY, page.version)
        check_walk(plant, CYCLES, 40, sort=BY_QTY)
        check_walk(plant, CYCLES, 40)
    finally:
        plant.close()
    assert not (plant.place.state / "scratch" / "tables" / "orders").exists()


def test_an_index_can_be_cancelled_and_goes_when_unused(
    plant: Plant, large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_line = (SortBy("line"),)
    tables = plant.queries._tables
    real = index.build
    entered, leave = threading.Event(), threading.Event()

    def slow(cursor: Any, rows: Any, sort: Any, name: Any, path: Any, went_on: Any) -> int:
        entered.set()
        assert leave.wait(10)
        return real(cursor, rows, sort, name, path, went_on)

    monkeypatch.setattr(index, "build", slow)
    top = plant.page(CYCLES, sort=by_line, limit=2)
    assert (top.index.state, column(top, "line")) == ("building", ["A", "A"])
    assert entered.wait(10)
    # pages in other orders do not wait for it
    assert plant.page(CYCLES, limit=1).first == 0
    found = plant.ask(AskIndex(CYCLES, by_line, top.version, cancel=True))
    assert isinstance(found, Index)
    assert (found.state.state, found.state.why) == ("cancelled", "it was cancelled")
    leave.set()
    monkeypatch.setattr(index, "build", real)
    assert plant.page(CYCLES, sort=by_line, limit=2, version=top.version).index.state == "cancelled"
    top = plant.page(CYCLES, sort=by_line, limit=2)
    ready(plant, CYCLES, by_line, top.version)
    folder = plant.place.state / "scratch" / "tables" / "orders"
    assert list(folder.iterdir())
    monkeypatch.setattr(indexes, "UNUSED", 0.0)
    assert not tables._indexes._sweep()
    assert not list(folder.iterdir())


def test_a_full_disk_under_an_index_is_one_sentence(plant: Plant, large: None) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    by_ts = (SortBy("ts"),)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        top = plant.page(CYCLES, sort=by_ts, limit=2)

        def state() -> IndexState:
            found = plant.ask(AskIndex(CYCLES, by_ts, top.version))
            assert isinstance(found, Index)
            return found.state

        until(lambda: state().state == "failed")
        assert "cannot write in" in state().why
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert indexes.no_room(OSError(errno.ENOSPC, "x"), plant.root).startswith("the disk is full")
    assert plant.page(CYCLES, sort=by_ts, limit=2).total == 120


def test_as_of_a_past_moment(plant: Plant) -> None:
    then = TableOf(source="cycles", at=1719210600.0)  # 08:30
    page = plant.page(then, limit=1)
    assert (page.total, str(column(page, "ts")[0])) == (31, "2024-06-24 08:30:00")
    page = plant.page(then, sort=(SortBy("ts"),), limit=1, row=30)
    assert (page.total, str(column(page, "ts")[0])) == (31, "2024-06-24 08:30:00")
    page = plant.page(TableOf(source="parts", at=1719210600.0))
    assert page.note == "its rows have no times: all of them, as now"
    assert sorted(column(page, "name")) == ["bolt M8", "nut"]
