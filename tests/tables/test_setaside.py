"""Looking into quarantine: filters, pages that miss nothing and repeat nothing, heaps, the cells of rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.site.model import Source
from opsconsole.tables import setaside
from opsconsole.tables.setaside import Wanted

from .folder import Folder, folder

SOURCE = Source("t", ("in/*.csv",), columns={"qty": "integer", "price": "number"})


def lines(*bad: int, of: int = 20) -> str:
    """A file whose lines `bad` have a quantity that is none; the first line after the header is 2."""
    return "id,qty,price\n" + "".join(f"{at},{'x' if at in bad else at},1.5\n" for at in range(2, of + 2))


def filled(made: Folder) -> None:
    made.write("a.csv", lines(3, 5, 7))
    made.write("b.csv", lines(4) + "1,2,3,4\n")
    made.settle()


def test_pages_miss_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    with folder(tmp_path, SOURCE) as made:
        filled(made)
        whole, total, end = setaside.page(made.store, Wanted())
        assert (len(whole), total, end) == (5, 5, None)
        got, after = [], None
        for _ in range(5):
            page, total, after = setaside.page(made.store, Wanted(), after, limit=2)
            assert total == 5
            got += page
            if after is None:
                break
        assert got == whole
        assert len({(each.file, each.line, each.column) for each in got}) == 5


def test_a_page_goes_on_where_the_last_one_ended_though_more_came_meanwhile(tmp_path: Path) -> None:
    with folder(tmp_path, SOURCE) as made:
        filled(made)
        first, _, after = setaside.page(made.store, Wanted(), limit=3)
        made.write("c.csv", lines(2, 3, 4))
        made.settle()
        rest, total, end = setaside.page(made.store, Wanted(), after, limit=100)
        assert (total, end) == (8, None)
        assert not {(each.file, each.line) for each in rest} & {(each.file, each.line) for each in first}
        assert all(each.file != "in/c.csv" for each in rest)


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (Wanted(file="a.csv"), [("a", 3), ("a", 5), ("a", 7)]),
        (Wanted(file="in/b*"), [("b", 4), ("b", 22)]),
        (Wanted(column="QTY"), [("a", 3), ("a", 5), ("a", 7), ("b", 4)]),
        (Wanted(reason="FIELDS"), [("b", 22)]),
        (Wanted(source="t", file="b.csv", column="qty"), [("b", 4)]),
        (Wanted(source="other"), []),
        (Wanted(reason="'; DROP TABLE t; --"), []),
    ],
)
def test_filters(tmp_path: Path, wanted: Wanted, places: list[tuple[str, int]]) -> None:
    with folder(tmp_path, SOURCE) as made:
        filled(made)
        found, total, _ = setaside.page(made.store, wanted)
        assert sorted((each.file[3], each.line) for each in found) == places
        assert total == len(places)


def test_heaps_are_by_reason_the_largest_first(tmp_path: Path) -> None:
    with folder(tmp_path, SOURCE) as made:
        filled(made)
        heaps, total = setaside.heaps(made.store, Wanted())
        assert total == 5
        assert [(heap.count, heap.column, heap.files) for heap in heaps] == [(4, "qty", 2), (1, "", 1)]
        assert heaps[0].example == "x"
        assert "fields" in heaps[1].reason


def test_the_cells_of_rows_and_of_a_line(tmp_path: Path) -> None:
    with folder(tmp_path, SOURCE) as made:
        filled(made)
        places = [tuple(row) for row in made.query("SELECT _file, _line FROM t WHERE qty IS NULL OR id = 2")]
        found = setaside.cells_of(made.store, "t", places)
        assert len(places) == 6
        assert sorted((one.file, one.line, one.column, one.raw) for each in found.values() for one in each) == [
            *(("in/a.csv", line, "qty", "x") for line in (3, 5, 7)),
            ("in/b.csv", 4, "qty", "x"),
        ]
        assert [each.raw for each in setaside.at_line(made.store, "t", "in/a.csv", 5)] == ["x"]
        assert setaside.at_line(made.store, "t", "in/a.csv", 6) == []
        assert setaside.cells_of(made.store, "t", []) == {}


@pytest.mark.parametrize("after", [[], [1, 2, 3, 4, 5], [1.0, "p", 1, "c", "x"], [1.0, "p", 1, "c"]])
def test_a_place_that_no_page_gave_is_refused(tmp_path: Path, after: list[object]) -> None:
    with folder(tmp_path, SOURCE) as made, pytest.raises(ValueError, match="not where a page ended"):
        setaside.page(made.store, Wanted(), after)
