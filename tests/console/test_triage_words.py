"""What is typed to shelve and to plan maintenance, and what is said of commands: pure, without a screen."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.console.maintenance_words import WindowError, window_of
from opsconsole.console.parts import Part, fixed, shared
from opsconsole.console.text import Line
from opsconsole.console.triage_words import came_of
from opsconsole.engine.messages import Command, Done, Maintenance
from opsconsole.engine.shelf_words import Asked, ShelfError, shelf_of

BERLIN = "Europe/Berlin"
NOW = dt.datetime(2026, 6, 24, 8, 52, tzinfo=dt.UTC).timestamp()
HOUR = 3600.0
SHIFT_END = NOW + 3 * HOUR


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("30m tip ordered", Asked(NOW + 1800, "tip ordered")),
        ("1h30m tip", Asked(NOW + 5400, "tip")),
        ("for 2h tip", Asked(NOW + 2 * HOUR, "tip")),
        ("until 14:00 tip", Asked(NOW + 3 * HOUR + 480, "tip")),
        ("10:52 is now, so tomorrow", Asked(NOW + 24 * HOUR, "is now, so tomorrow")),
        ("End of shift tip", Asked(SHIFT_END, "tip")),
        ("shift tip", Asked(SHIFT_END, "tip")),
        ("once until the tip is changed", Asked(None, "until the tip is changed")),
    ],
)
def test_a_shelf_as_it_is_typed(typed: str, wanted: Asked) -> None:
    assert shelf_of(typed, NOW, BERLIN, SHIFT_END, None) == wanted


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "how long"),
        ("tip ordered", "how long"),
        ("30m", "needs a reason"),
        ("once", "needs a reason"),
        ("0m tip", "for how long"),
        ("25:00 tip", "no 25:00"),
        ("until tomorrow tip", "how long"),
        ("9h tip", "at most 8h"),
        ("10:51 tip", "at most 8h"),
    ],
)
def test_what_is_no_shelf_says_why(typed: str, why: str) -> None:
    with pytest.raises(ShelfError, match=why):
        shelf_of(typed, NOW, BERLIN, SHIFT_END, 8 * HOUR)


def test_without_a_shift_there_is_no_end_of_it() -> None:
    with pytest.raises(ShelfError, match="no shift now"):
        shelf_of("end of shift tip", NOW, BERLIN, None, None)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("weld for 2h tip change", Maintenance("", "weld", {}, NOW, NOW + 2 * HOUR, "tip change")),
        ("area=weld to 12:52 tip", Maintenance("", "weld", {}, NOW, NOW + 2 * HOUR, "tip")),
        (
            "line=3 station=weld from 12:52 to 13:52 tip",
            Maintenance("", "", {"line": "3", "station": "weld"}, NOW + 2 * HOUR, NOW + 3 * HOUR, "tip"),
        ),
        (
            "'paint shop' from tomorrow 06:00 to 8h oven",
            Maintenance("", "paint shop", {}, NOW + 19 * HOUR + 480, NOW + 27 * HOUR + 480, "oven"),
        ),
        (
            "weld from 2026-06-25 to 2026-06-26 stocktaking",
            Maintenance("", "weld", {}, NOW + 13 * HOUR + 480, NOW + 37 * HOUR + 480, "stocktaking"),
        ),
        ("weld from 22:00 to 06:00 night", Maintenance("", "weld", {}, NOW + 40_080, NOW + 68_880, "night")),
    ],
)
def test_a_window_as_it_is_typed(typed: str, wanted: Maintenance) -> None:
    assert window_of(typed, NOW, BERLIN) == wanted


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "of what"),
        ("for 2h tip", "of what"),
        ("weld press for 2h tip", "one area"),
        ("weld tip change", "one area"),
        ("weld", "until when"),
        ("weld for 2h", "needs a reason"),
        ("weld from soon to 16:00 tip", "`soon` is no moment"),
        ("weld from 2026-13-25 to 16:00 tip", "is no moment"),
        ("weld from 14:00 to now tip", "before it begins"),
        ("'weld for 2h tip", "quotation mark"),
    ],
)
def test_what_is_no_window_says_why(typed: str, why: str) -> None:
    with pytest.raises(WindowError, match=why):
        window_of(typed, NOW, BERLIN)


def test_what_came_of_it_is_one_sentence() -> None:
    ack = Command("ack")
    assert came_of(ack, Done(["a"]), "Line 3") == ("acknowledged: Line 3 · z takes it back", "")
    both = Done(["a", "b"], {"c": "ben has it"}, {"d": "it is shelved", "e": "it is shelved", "f": "it is gone"})
    said, style = came_of(ack, both, "6 alerts")
    assert said.startswith(
        "acknowledged: 2 of 6 alerts · 1 already so: ben has it · 3 refused: it is shelved (and other"
    )
    assert style == "warning"
    assert came_of(Command("assign", to=""), Done(["a"]), "Line 3")[0].startswith("assigned to nobody")
    assert came_of(Command("undo"), Done(said="\x1b[2Jshelved"), "") == ("␛[2Jshelved", "")


few = st.integers(0, 6)
parts = st.lists(st.tuples(few, st.integers(0, 4), st.integers(0, 9), st.none() | few, few), max_size=8)


@given(parts, st.integers(0, 30))
def test_parts_share_the_lines_there_are(given_parts: list[tuple[int, int, int, int | None, int]], lines: int) -> None:
    def draw(name: str) -> Part:
        rank, least, more, after, jump = given_parts[int(name)]
        text: list[Line] = [[(name, "")] for _ in range(least + more)]
        return Part(rank, least, least + more, lambda room: text[:room], after, jump)

    shown = [line[0][0] for line in shared([draw(str(at)) for at in range(len(given_parts))], lines)]
    assert len(shown) <= lines
    assert shown == sorted(shown), "in the order they were given"
    for at, (rank, least, more, _, jump) in enumerate(given_parts):
        count = shown.count(str(at))
        assert count in (0, least) or max(least, jump) <= count <= least + more
        if count == 0 < least:
            worse = [each for each, part in enumerate(given_parts) if part[0] > rank and 0 < least <= part[1]]
            assert not any(shown.count(str(each)) for each in worse), "what matters more goes last"


def test_a_fixed_part_gives_its_first_lines() -> None:
    assert shared([fixed(0, [[("a", "")], [("b", "")]], 1), fixed(1, [[("c", "")]])], 2) == [[("a", "")], [("c", "")]]
