"""Bars on one scale, and shares of a whole: the vital few by the definition, whatever the values."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.console.draw.bars import VITAL, bar, shares, stair
from opsconsole.console.text import line_width, plain


def test_a_bar_begins_at_zero_and_shows_its_limit() -> None:
    assert plain(bar(50.0, 0.0, 100.0, 10, "", 80.0)) == "█████   ╎ "
    assert plain(bar(5.0, 0.0, 10.0, 5, "")) == "██▌  "
    assert plain(bar(-5.0, -10.0, 10.0, 8, "")) == "  ██    "
    assert plain(bar(None, 0.0, 10.0, 4, "", 5.0)) == "  ╎ "
    assert plain(bar(0.0, 0.0, 10.0, 4, "")) == "▏   "
    assert plain(bar(0.01, 0.0, 10.0, 4, "")).strip()  # little is not nothing
    assert bar(1.0, 0.0, 0.0, 4, "") == []


def test_the_vital_few_are_the_fewest_that_make_most_of_it() -> None:
    found = shares([41.0, 310.0, None, 240.0, 22.0, -3.0, 9.0, 3.0])
    assert [share.at for share in found] == [1, 3, 0, 4, 6, 7]
    assert [round(share.running, 3) for share in found] == [0.496, 0.88, 0.946, 0.981, 0.995, 1.0]
    assert [share.vital for share in found] == [True, True, False, False, False, False]
    assert [share.vital for share in shares([50.0, 30.0, 20.0])] == [True, True, False]  # 80 % exactly is enough
    assert shares([None, 0.0]) == []


@settings(max_examples=60)
@given(st.lists(st.none() | st.floats(-1e6, 1e6, allow_nan=False), max_size=30), st.integers(1, 80))
def test_the_stairs_go_up_to_the_whole(values: list[float | None], cells: int) -> None:
    found = shares(values)
    ends = [share.running for share in found]
    assert ends == sorted(ends)
    if found:
        assert abs(ends[-1] - 1.0) < 1e-9
        few = [share for share in found if share.vital]
        assert few[-1].running >= VITAL - 1e-6
        assert len(few) == 1 or few[-2].running < VITAL
        assert [share.vital for share in found] == [True] * len(few) + [False] * (len(found) - len(few))
    for share in found:
        line = stair(share, cells, "")
        assert line_width(line) == cells
        assert "█" in plain(line)


@settings(max_examples=60)
@given(st.none() | st.floats(-100, 100, allow_nan=False), st.integers(0, 40), st.none() | st.floats(-100, 100))
def test_a_bar_has_its_width(value: float | None, cells: int, limit: float | None) -> None:
    ends = [0.0, *(each for each in (value, limit) if each is not None)]
    assert line_width(bar(value, min(ends), max(ends), cells, "", limit)) in (cells, 0)
