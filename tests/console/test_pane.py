from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from opsconsole.console.pane import Column, Pane, Row, cell
from opsconsole.console.text import line_width, plain

COLUMNS = (Column("name", 6, grow=True), Column("n", 4, "right"), Column("note", 10, drop=1))


def row(name: str, number: int = 1) -> Row:
    return Row(name, (cell(name), cell(str(number)), cell("a note")))


def pane(*names: str, lines: int = 6) -> Pane:
    made = Pane(COLUMNS)
    made.set_rows([row(name) for name in names])
    made.draw(40, lines, True)
    return made


def test_the_cursor_stays_on_its_row_when_rows_come_and_go_above_it() -> None:
    of = pane("a", "b", "c", "d")
    of.goto(2)
    of.set_rows([row(name) for name in ("x", "y", "a", "b", "c", "d")])
    assert of.current is not None
    assert of.current.key == "c"
    of.set_rows([row(name) for name in ("c", "d")])
    assert of.current.key == "c"
    assert not of.slipped


def test_a_row_that_goes_away_under_the_cursor_is_told() -> None:
    of = pane("a", "b", "c")
    of.goto(1)
    of.set_rows([row("a"), row("c")])
    assert of.current is not None
    assert (of.current.key, of.slipped) == ("c", True)
    of.move(-1)
    assert not of.slipped


def test_filter_words_and_not_words() -> None:
    of = pane("weld 1", "weld 2", "press 1")
    of.set_filter("weld !2")
    assert [shown.key for shown in of.rows] == ["weld 1"]
    assert not of.slipped
    of.set_filter("")
    assert len(of.rows) == 3
    assert "no row has" in "".join(plain(line) for line in filtered(of, "zzz").draw(40, 4, True))


def filtered(of: Pane, text: str) -> Pane:
    of.set_filter(text)
    return of


def test_hits_go_round_after_the_filter_is_gone() -> None:
    of = pane("weld 1", "press", "weld 2")
    of.set_filter("weld")
    of.set_filter("")
    assert of.hit(1)
    assert of.current is not None
    assert of.current.key == "weld 2"
    assert of.hit(1)
    assert of.current.key == "weld 1"
    assert not pane("a").hit(1)


def test_marks_are_what_is_chosen_and_survive_new_rows() -> None:
    of = pane("a", "b", "c")
    assert of.chosen() == ["a"]
    of.mark()
    of.mark()
    assert (of.chosen(), of.current.key if of.current else "") == (["a", "b"], "c")
    of.set_rows([row("b"), row("c")])
    assert of.chosen() == ["b"]


def test_narrow_panes_drop_the_columns_that_matter_least() -> None:
    of = pane("a")
    assert [column.title for _, column, _ in of.fitted(40)] == ["name", "n", "note"]
    assert [column.title for _, column, _ in of.fitted(20)] == ["name", "n"]


@given(
    st.lists(st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=10), min_size=1, max_size=6),
    st.lists(st.integers(-4, 4), max_size=6),
    st.integers(2, 8),
)
def test_whatever_comes_the_cursor_is_in_sight_and_lines_fit(
    updates: list[list[str]], moves: list[int], lines: int
) -> None:
    of = pane(lines=lines)
    for names in updates:
        before = of.cursor
        of.set_rows([row(name) for name in names])
        if before in names:
            assert of.cursor == before
        for by in moves:
            of.move(by)
        drawn = of.draw(33, lines, True)
        assert [line_width(line) for line in drawn] == [33] * lines
        if names:
            assert sum(plain(line).startswith("▸") for line in drawn) == 1
            assert of.current is not None
            assert of.current.key == of.cursor


def test_a_pane_too_narrow_for_its_columns_shrinks_the_one_that_grows() -> None:
    of = Pane((Column("", 3), Column("name", 12, grow=True), Column("value", 11, "right")))
    of.set_rows([Row("a", (cell(""), cell("Indianapolis"), cell("20.0 %")))])
    assert "20.0 %" in plain(of.draw(27, 3, True)[1])


def test_why_there_are_no_rows_is_told_on_as_many_lines_as_it_takes() -> None:
    empty = pane()
    empty.empty = "nothing here yet: drop a CSV, JSON, Parquet or Excel file into the folder; it will appear by itself"
    lines = [plain(line) for line in empty.draw(40, 8, True)]
    assert len(lines) == 8
    assert " ".join(" ".join(lines[1:]).split()) == empty.empty
    assert len(empty.draw(40, 2, True)) == 2
