from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from opsconsole.console import fmt
from opsconsole.console.signs import to_ascii
from opsconsole.console.text import Line, clip, fit, inert, line_width, plain, spread, told, width, wrap

ANY = st.text(max_size=30)


@given(st.lists(st.tuples(ANY.map(inert), st.sampled_from(["", "bold"])), max_size=5), st.integers(0, 40))
def test_fit_is_exactly_as_wide_as_asked(line: Line, cells: int) -> None:
    assert line_width(fit(line, cells)) == cells


@given(ANY)
def test_inert_text_cannot_act_on_a_terminal(text: str) -> None:
    shown = inert(text)
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in shown)
    assert not any(char in shown for char in "\u200b\u202e\u2028\u2066\ufeff")


def test_inert_shows_what_was_there() -> None:
    assert inert("\x1b[31m[bold]x[/bold]\t\x7f\x9b\u202e") == "␛[31m[bold]x[/bold]␉␡··"
    assert inert("Müller 漢字 ") == "Müller 漢字 "


@given(ANY.map(inert))
def test_ascii_keeps_every_cell(text: str) -> None:
    shown = to_ascii(text)
    assert shown.isascii()
    assert width(shown) == width(text)


def test_clip_says_that_something_is_missing() -> None:
    assert clip("abcdef", 4) == "abc…"
    assert clip("漢字漢字", 5) == "漢字…"
    assert clip("abc", 3) == "abc"


def test_spread_gives_the_right_side_its_room() -> None:
    assert plain(spread([("a long left side", "")], [("right", "")], 12)) == "a long…right"


def test_wrap_breaks_at_spaces() -> None:
    assert wrap("call the tool shop", 9) == ["call the", "tool shop"]
    assert wrap("of 81 220 rows 5.6 MB", 9) == ["of 81 220", "rows", "5.6 MB"]
    assert wrap("3 of 5 to 100 %", 9) == ["3 of 5 to", "100 %"]


def test_numbers_have_their_thousands_apart_and_no_negative_zero() -> None:
    assert fmt.number(4812) == "4 812"
    assert fmt.number(12_304_000.4, 1) == "12 304 000.4"
    assert fmt.number(-0.04, 1) == "0.0"
    assert fmt.number(None) == "–"
    assert fmt.number(float("nan")) == "–"
    assert fmt.quantity(71.42, "%", 1) == "71.4 %"


def test_ages_have_the_grain_of_a_minute() -> None:
    assert [fmt.age(seconds) for seconds in (-5, 59, 60, 119 * 60, 2 * 3600, 47 * 3600, 48 * 3600)] == [
        "<1m", "<1m", "1m", "119m", "2h", "47h", "2d",
    ]  # fmt: skip


def test_moments_are_in_the_zone_of_the_site() -> None:
    moment = 1_782_291_120.0  # 2026-06-24 08:52 UTC
    assert fmt.day_clock(moment, "Europe/Berlin") == "Wed 24 Jun 10:52"
    assert fmt.day_clock(moment, "Not/AZone") == "Wed 24 Jun 08:52"
    assert fmt.since(moment - 86400, moment, "UTC") == "Tue 08:52"
    assert fmt.since(moment - 30 * 86400, moment, "UTC") == "25 May"
    assert fmt.since(moment - 365 * 86400, moment, "UTC") == "24 Jun 25"


@given(ANY.map(inert), st.integers(4, 40), st.integers(0, 6))
def test_what_is_said_in_place_of_rows_keeps_to_its_room(text: str, cells: int, lines: int) -> None:
    said = told(text, cells, lines)
    assert len(said) <= lines
    assert all(line_width(line) == cells for line in said)


def test_what_is_said_in_place_of_rows_is_whole_where_there_is_room() -> None:
    text = "no open alerts: no KPI has limits; `warning:` and `critical:` in site.yaml set them"
    for cells in (80, 30):
        assert " ".join(" ".join(plain(line) for line in told(text, cells, 9)).split()) == text
    (one,) = told(text, 30, 1)
    assert plain(one).rstrip().endswith("…")
