"""Steps of an edit on a layout: nothing is lost, nothing is left empty, and each can be taken back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from opsconsole.site import layout_edit as edit
from opsconsole.site.layout_edit import At, CannotEditError
from opsconsole.site.model import Layout, LayoutRow, Panel, Stack

A, B, C, D, E = (Panel("text", text=name) for name in "ABCDE")


def layout(*rows: tuple[Panel | Stack, ...]) -> Layout:
    return Layout("overview", tuple(LayoutRow(row) for row in rows))


def drawn(found: Layout) -> str:
    """ "A B | C[D/E]": rows, places and stacks."""

    def place(one: Panel | Stack) -> str:
        return "[" + "/".join(each.text for each in one.panels) + "]" if isinstance(one, Stack) else one.text

    return " | ".join(" ".join(map(place, row.panels)) for row in found.rows)


START = layout((A, B), (Stack((C, D), 2), E))


@pytest.mark.parametrize(
    ("at", "way", "after", "there"),
    [
        (At(0, 0), "right", "B A | [C/D] E", At(0, 1)),
        (At(0, 1), "left", "B A | [C/D] E", At(0, 0)),
        (At(1, 1), "left", "A B | [C/D/E]", At(1, 0, 2)),
        (At(1, 0, 1), "right", "A B | C D E", At(1, 1)),
        (At(1, 0, 0), "left", "A B | C D E", At(1, 0)),
        (At(1, 0, 0), "down", "A B | [D/C] E", At(1, 0, 1)),
        (At(1, 0, 1), "down", "A B | C E | D", At(2, 0)),
        (At(1, 0, 0), "up", "C A B | D E", At(0, 0)),
        (At(0, 0), "down", "B | A [C/D] E", At(1, 0)),
        (At(0, 1), "up", "B | A | [C/D] E", At(0, 0)),
    ],
)
def test_a_panel_moves_within_rows_between_them_and_through_stacks(
    at: At, way: edit.Way, after: str, there: At
) -> None:
    found, where = edit.move(START, at, way)
    assert (drawn(found), where) == (after, there)
    assert edit.panel_at(found, where).text == edit.panel_at(START, at).text


def test_rows_and_stacks_of_ones_own() -> None:
    found, at = edit.own_row(START, At(1, 0, 1))
    assert (drawn(found), at) == ("A B | C E | D", At(2, 0))
    assert found.rows[1].panels[0] == replace(C, width=2), "what is left of the stack has its width"
    with pytest.raises(CannotEditError, match="a row of its own already"):
        edit.own_row(found, at)
    with pytest.raises(CannotEditError, match="last row already"):
        edit.move(found, at, "down")
    with pytest.raises(CannotEditError, match="nothing beside it"):
        edit.stack(found, at)
    found, at = edit.move(found, at, "up")
    assert (drawn(found), at) == ("A B | C D E", At(1, 1)) or drawn(found) == "A B | D C E"
    found, at = edit.stack(START, At(0, 1))
    assert (drawn(found), at) == ("[A/B] | [C/D] E", At(0, 0, 1))
    with pytest.raises(CannotEditError, match="in a stack already"):
        edit.stack(found, at)
    found, at = edit.stack(START, At(0, 0))
    assert (drawn(found), at) == ("[A/B] | [C/D] E", At(0, 0, 0))


def test_size_title_what_is_new_and_what_goes() -> None:
    wide = edit.widen(START, At(1, 0, 1), 1)
    assert isinstance(wide.rows[1].panels[0], Stack)
    assert wide.rows[1].panels[0].width == 3, "a stack has one width"
    with pytest.raises(CannotEditError, match="1 to 100"):
        edit.widen(START, At(0, 0), -1)
    with pytest.raises(CannotEditError, match="the whole row"):
        edit.widen(layout((A,)), At(0, 0), 1)
    high = edit.heighten(START, At(0, 1), 1, shown=7)
    assert high.rows[0].height == 8
    assert edit.heighten(high, At(0, 0), -2, shown=30).rows[0].height == 6
    inside = edit.heighten(START, At(1, 0, 0), -1, shown=4)
    assert edit.panel_at(inside, At(1, 0, 0)).height == 3
    assert edit.with_height(inside, At(1, 0, 0), None) == START
    with pytest.raises(CannotEditError, match="1 to 200 lines"):
        edit.heighten(edit.with_height(START, At(0, 0), 1), At(0, 0), -1, shown=1)
    assert edit.panel_at(edit.with_title(START, At(1, 0, 1), "Weld"), At(1, 0, 1)).title == "Weld"
    new = Panel("chart", of="oee", width=3, height=9)
    found, at = edit.add(START, At(0, 0), new)
    assert found.rows[0].panels == (A, replace(new, height=None), B)
    assert at == At(0, 1)
    found, at = edit.add(START, At(1, 0, 0), new)
    assert edit.panel_at(found, at) == replace(new, width=1)
    assert at == At(1, 0, 1)
    found, at = edit.remove(START, At(0, 0))
    assert (drawn(found), at) == ("B | [C/D] E", At(0, 0))
    found, at = edit.remove(found, At(0, 0))
    assert drawn(found) == "[C/D] E"
    with pytest.raises(CannotEditError, match="the last panel"):
        edit.remove(layout((A,)), At(0, 0))


def test_one_gets_from_each_panel_to_all_others() -> None:
    many = layout((A, B), (Stack((C, D)), E), (replace(A, text="F"), replace(A, text="G", width=5)))
    reached = {At(0, 0)}
    while True:
        ways: tuple[edit.Way, ...] = ("left", "right", "up", "down")
        more = {there for at in reached for way in ways if (there := edit.neighbour(many, at, way)) is not None}
        if more <= reached:
            break
        reached |= more
    assert sorted(reached) == edit.spots(many)
    assert edit.neighbour(many, At(0, 1), "down") == At(1, 1)
    assert edit.neighbour(many, At(2, 0), "up") == At(1, 0, 1), "from below into the last of a stack"


panels = st.builds(
    lambda name, width: Panel("text", text=name, width=width), st.sampled_from("abcdefgh"), st.integers(1, 3)
)
stacks = st.builds(
    lambda inside, width: Stack(tuple(replace(each, width=1) for each in inside), width),
    st.lists(panels, min_size=1, max_size=3),
    st.integers(1, 3),
)
rows = st.builds(
    lambda places, height: LayoutRow(tuple(places), height),
    st.lists(panels | stacks, min_size=1, max_size=4),
    st.none() | st.integers(1, 9),
)
layouts = st.builds(lambda some: Layout("overview", tuple(some)), st.lists(rows, min_size=1, max_size=4))

Step = Callable[[Layout, At], tuple[Layout, At]]
STEPS: dict[str, Step] = {
    **{
        way: (lambda found, at, way=way: edit.move(found, at, way))  # type: ignore[misc]
        for way in ("left", "right", "up", "down")
    },
    "own row": edit.own_row,
    "stack": edit.stack,
    "wider": lambda found, at: (edit.widen(found, at, 1), at),
    "narrower": lambda found, at: (edit.widen(found, at, -1), at),
    "higher": lambda found, at: (edit.heighten(found, at, 1, 5), at),
    "lower": lambda found, at: (edit.heighten(found, at, -1, 5), at),
    "any height": lambda found, at: (edit.with_height(found, at, None), at),
    "title": lambda found, at: (edit.with_title(found, at, "Weld, all of it"), at),
    "add": lambda found, at: edit.add(found, at, Panel("text", text="new", width=2, height=3)),
    "remove": edit.remove,
}


def names(found: Layout) -> Counter[str]:
    return Counter(edit.panel_at(found, at).text for at in edit.spots(found))


@settings(max_examples=40, deadline=None)
@given(start=layouts, steps=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 30)), max_size=12))
def test_nothing_is_lost_and_nothing_is_empty(start: Layout, steps: list[tuple[str, int]]) -> None:
    found = start
    for name, number in steps:
        known = edit.spots(found)
        at = known[number % len(known)]
        before, panel = names(found), edit.panel_at(found, at)
        try:
            found, there = STEPS[name](found, at)
        except CannotEditError:
            continue
        change = Counter({"new": 1}) if name == "add" else Counter()
        gone = Counter({panel.text: 1}) if name == "remove" else Counter()
        assert names(found) == before + change - gone
        assert there in edit.spots(found)
        if name == "add":
            assert edit.panel_at(found, there).text == "new"
        elif name != "remove":
            assert edit.panel_at(found, there).text == panel.text
        assert all(row.panels for row in found.rows)
        for row in found.rows:
            for place in row.panels:
                if isinstance(place, Stack):
                    assert place.panels
                    assert all(each.width == 1 for each in place.panels)
                else:
                    assert place.height is None
