"""The real program on links and terminals as they are: slow ones, a shell with job control, terminals of old."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.console.test_terminal import PROGRAM, folder
from tests.terminal import Terminal
from tests.waiting import until

__all__ = ["folder"]


def test_on_a_slow_link_pictures_are_dropped_and_the_newest_is_sent(folder: Path) -> None:
    with Terminal([sys.executable, "-c", PROGRAM, str(folder)], pace=4_000) as terminal:
        terminal.shows("? help", timeout=60)
        terminal.press(":keys\r")
        terminal.shows("Keys  ", "▸ ? F1", timeout=60)
        terminal.quiet_for(0.5)
        before = terminal.bytes
        for at in range(100):  # a page each: some 2 KB, so that all of them would take 50 s
            terminal.press("\x04" if at % 2 else "\x15")
            time.sleep(0.04)  # as fast as keys repeat
        terminal.press("g")
        ended = terminal.bytes
        terminal.shows("▸ ? F1", timeout=20)
        terminal.press("8")
        terminal.shows("Sources  ", "▸ ", timeout=20)
        assert terminal.bytes - ended < 9_000, "what was sent before the last keys was all but drawn"
        assert terminal.bytes - before < 26_000


def test_it_goes_to_the_shell_and_comes_back(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "start"
    script.write_text(PROGRAM)
    with Terminal(["bash", "--norc", "-i"], env={"PS1": "shell> "}) as terminal:
        terminal.shows("shell>")
        terminal.press(f"{sys.executable} {script} {folder}\r")
        terminal.shows("52.4 %", "? help")
        terminal.press("2")
        terminal.shows("3 of 3 open")
        terminal.press("\x1a")
        terminal.shows("Stopped", "shell>")
        assert terminal.raw.rfind(b"\x1b[?1049l") > terminal.raw.rfind(b"\x1b[?1049h"), "the shell has its own screen"
        assert terminal.raw.rfind(b"\x1b[?25h") > terminal.raw.rfind(b"\x1b[?25l"), "and its cursor"
        terminal.press("fg\r")
        terminal.shows("3 of 3 open", "a ack")
        terminal.press("\x1b")
        terminal.shows("52.4 %")
        terminal.press("q")
        terminal.shows("shell>")
        terminal.press("exit\r")
        terminal.process.wait(10)


def test_without_a_shell_there_is_nothing_to_go_to(folder: Path) -> None:
    with Terminal([sys.executable, "-c", PROGRAM, str(folder)]) as terminal:
        terminal.shows("? help")
        terminal.press("\x1a")
        terminal.shows("there is no shell to go to")


@pytest.mark.parametrize("term", ["xterm-256color", "screen-256color", "linux", "vt100"])
def test_each_terminal_starts_draws_and_is_left_clean(folder: Path, term: str) -> None:
    env = {"TERM": term, **({"LC_ALL": "C", "LANG": "C"} if term in ("linux", "vt100") else {})}
    with Terminal([sys.executable, "-c", PROGRAM, str(folder)], env=env) as terminal:
        terminal.shows("52.4 %", "? help")
        terminal.press("2")
        shown = terminal.shows("3 of 3 open")
        plain = term in ("linux", "vt100")
        assert (b"\x1b[?2026$p" in terminal.raw) is not plain
        assert (b"\x1b[>" in terminal.raw) is not plain
        assert "!C" in shown if plain else "▲C" in shown
        terminal.press("q")
        assert terminal.process.wait(5) == 0
        until(lambda: b"\x1b[?25h" in terminal.raw)
        assert (b"\x1b[<u" in terminal.raw) is not plain
        assert (b"\x1b[2J" in terminal.raw[-200:]) is plain, "there is no second screen to leave"


def test_a_terminal_that_takes_nothing_does_not_hold_up_the_end(folder: Path) -> None:
    with Terminal([sys.executable, "-c", PROGRAM, str(folder)]) as terminal:
        terminal.shows("? help")
        terminal.stall()
        for _ in range(60):
            terminal.press("2\x1b")
            time.sleep(0.02)  # as fast as one can type
        began = time.monotonic()
        os.kill(terminal.process.pid, signal.SIGTERM)
        terminal.process.wait(10)
        assert time.monotonic() - began < 6
        terminal.go_on()
