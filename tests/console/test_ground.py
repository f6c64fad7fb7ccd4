"""Whether the terminal is dark or light: the answers taken out of what is typed, and the real program on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from opsconsole.console.ground import LONE, PATIENCE, Answers, by_environment, can_ask, is_light
from tests.console.test_terminal import PROGRAM, folder
from tests.terminal import Terminal
from tests.waiting import until

__all__ = ["folder"]

LIGHT = "\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\"
DARK = "\x1b]11;rgb:0000/2b2b/3636\x07"
OVER = "\x1b[?62;22c"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        (LIGHT, True),
        (DARK, False),
        ("\x1b]11;rgb:ff/ff/ff\x07", True),
        ("\x1b]11;rgb:f/f/f\x07", True),
        ("\x1b]11;rgba:1e1e/1e1e/1e1e/ffff\x1b\\", False),
        ("\x1b]11;rgb:ffff/ffff\x07", None),
        ("\x1b]11;what\x07", None),
        ("\x1b]11;#ffffff\x07", None),
    ],
)
def test_what_an_answer_says(answer: str, light: bool | None) -> None:
    assert is_light(answer) is light


@pytest.mark.parametrize(
    ("told", "light"),
    [("0;15", True), ("15;0", False), ("0;default;15", True), ("7;8", False), ("0;7", True), ("15;default", None),
     ("", None), ("0;99", None), ("0;²", None)],
)  # fmt: skip
def test_what_the_environment_says(told: str, light: bool | None) -> None:
    assert by_environment({"COLORFGBG": told}) is light


def test_only_terminals_that_know_the_question_are_asked() -> None:
    known = ("xterm-256color", "screen", "tmux-256color", "foot", "alacritty", "xterm-kitty", "rxvt-unicode")
    assert all(can_ask({"TERM": term}) for term in known)
    assert not any(can_ask({"TERM": term}) for term in ("linux", "vt100", "vt220", "dumb", "ansi", ""))


def test_an_answer_is_taken_out_wherever_it_is_cut_and_keys_keep_their_order() -> None:
    text = f"2{LIGHT}j\x1b[Bé{OVER}k"
    for first in range(len(text)):
        for second in range(first, len(text), 5):
            answers = Answers()
            pieces = [text[:first], text[first:second], text[second:]]
            assert "".join(map(answers.take, pieces)) == "2j\x1b[Bék"
            assert answers.light is True
            assert answers.over
            assert answers.idle() == ""


def test_keys_that_look_like_the_beginning_of_an_answer_are_keys_once_nothing_follows() -> None:
    for typed in ("\x1b", "\x1b]", "\x1b["):
        answers = Answers()
        assert answers.take(typed) == ""
        assert answers.idle() == typed
        assert answers.idle() == ""


def test_esc_is_not_delayed_for_ever_where_nothing_is_answered() -> None:
    clock = Clock()
    answers = Answers(clock)
    clock.now = LONE + 1
    assert answers.take("\x1b") == "\x1b"
    # nor at all where the answers are in
    told = Answers()
    told.take(DARK + OVER)
    assert told.light is False
    assert told.take("\x1b") == "\x1b"


def test_screen_hands_on_the_answer_of_the_terminal_around_it_after_its_own() -> None:
    for cut in range(1, len(LIGHT)):
        answers = Answers()
        assert answers.take(OVER) == ""
        came = answers.take(f"j{LIGHT[:cut]}") + answers.take(f"{LIGHT[cut:]}k")
        # cut after its Esc it is taken for a key: that is not held back any more
        assert came == ("jk" if cut > 1 else f"j{LIGHT}k")
        assert answers.light is (True if cut > 1 else None)
    told = Answers()
    told.take(OVER)
    assert told.take("\x1b]") == ""
    assert told.idle() == "\x1b]", "alt and ] is a key"
    assert told.take("\x1b[") == "\x1b["


def test_an_answer_that_never_ends_neither_types_nor_swallows_what_is_typed_later() -> None:
    clock = Clock()
    answers = Answers(clock)
    assert answers.take("\x1b]11;rgb:1") == ""
    assert answers.idle() == ""
    clock.now = PATIENCE + 0.1
    assert answers.take("j") == "j"
    assert answers.take("\x1b]11;" + "x" * 80) == ""
    assert answers.take("k") == "k"
    assert answers.light is None


def test_the_first_colour_counts_and_garbage_is_none() -> None:
    answers = Answers()
    assert answers.take(f"\x1b]11;what\x07{DARK}{OVER}") == ""
    assert answers.light is False


@contextmanager
def asked(folder: Path) -> Iterator[Terminal]:
    """The program, just after it has asked, started by a shell that tells how the terminal was left, and what in it."""
    told = '"$@"; stty -a; read line; echo "left: [$line]"'
    with Terminal(["sh", "-c", told, "sh", sys.executable, "-c", PROGRAM, str(folder)]) as terminal:
        until(lambda: b"\x1b]11;?" in terminal.raw)
        yield terminal
        terminal.press("q")
        assert " -echo " not in terminal.shows(" echo ", "icanon")
        terminal.press("\r")
        terminal.shows("left: []")


def no_stray(terminal: Terminal) -> None:
    """Nothing of an answer is on the screen, and none of its letters was taken for a key."""
    assert "North plant" in terminal.text
    assert "Line × hour: OEE" in terminal.text
    assert "rgb" not in terminal.text
    assert terminal.raw.count(b"]11;") == 1  # the question


def test_a_light_terminal_gets_the_light_theme_and_keys_typed_before_are_kept(folder: Path) -> None:
    with asked(folder) as terminal:
        terminal.press(f"{LIGHT}{OVER}2")
        terminal.shows("n who")
        terminal.press("1")
        terminal.shows("52.4 %", "Line × hour: OEE")
        assert b"38;5;124" in terminal.raw
        assert b"31m" not in terminal.raw
        no_stray(terminal)


def test_a_late_answer_in_pieces_is_obeyed_and_never_typed(folder: Path) -> None:
    with asked(folder) as terminal:
        terminal.shows("52.4 %", "? help")
        assert b"31m" in terminal.raw
        for piece in (DARK[:1], DARK[1:9], DARK[9:], OVER[:2], OVER[2:]):
            terminal.press(piece)
        until(lambda: b"38;5;203" in terminal.raw)
        no_stray(terminal)
        terminal.press("j")
        terminal.shows("▸ ◆W Order")


def test_garbage_changes_nothing(folder: Path) -> None:
    with asked(folder) as terminal:
        terminal.press(f"\x1b]11;what;1;2\x07{OVER}")
        terminal.shows("52.4 %", "? help")
        terminal.press("j")
        terminal.shows("▸ ◆W Order")
        assert b"31m" in terminal.raw
        assert b"38;5" not in terminal.raw
        no_stray(terminal)


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "linux"}], ids=str)
def test_who_needs_no_answer_or_cannot_give_one_is_not_asked(folder: Path, env: dict[str, str]) -> None:
    with Terminal([sys.executable, "-c", PROGRAM, str(folder)], env=env) as terminal:
        terminal.shows("52.4 %", "? help")
        assert b"\x1b]11" not in terminal.raw
        assert b"\x1b[c" not in terminal.raw


def test_the_environment_speaks_where_the_terminal_does_not(folder: Path) -> None:
    with Terminal([sys.executable, "-c", PROGRAM, str(folder)], env={"COLORFGBG": "0;15"}) as terminal:
        terminal.shows("52.4 %", "? help")
        assert b"38;5;124" in terminal.raw
