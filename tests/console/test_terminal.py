"""The real program on a real terminal, against a canned engine in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.terminal import Terminal
from tests.waiting import line_of, until

ROOT = Path(__file__).parent.parent.parent
PROGRAM = (
    "import sys; from pathlib import Path; from opsconsole.console.app import run; "
    "from opsconsole.engine.place import Place; "
    "folder = Path(sys.argv[1]); sys.exit(run(Place(site=folder / 'site.yaml', state=folder)))"
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.console.serve", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    assert line_of(server.stdout) == b"ready\n"
    yield tmp_path
    server.stdin.close()
    server.wait(30)
    server.stdout.close()


@contextmanager
def console(
    folder: Path, columns: int = 80, rows: int = 24, env: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    with Terminal([sys.executable, "-c", PROGRAM, str(folder)], columns=columns, rows=rows, env=env) as terminal:
        terminal.shows("52.4 %", "? help")
        terminal.quiet_for(0.5)
        yield terminal


def cost(terminal: Terminal, keys: str, shows: str) -> int:
    """The bytes that a key costs on the link."""
    before = terminal.bytes
    terminal.press(keys)
    terminal.shows(shows)
    terminal.quiet_for(0.3)
    return terminal.bytes - before


def test_an_idle_console_sends_nothing_within_a_minute(folder: Path) -> None:
    with console(folder) as terminal:
        terminal.quiet_for(2)  # what the start and the answers of the terminal still bring
        # what a whole minute costs is measured below: look between two of them, once the last one's repaint is over
        while not 3 < time.time() % 60 < 40:
            terminal.quiet_for(0.2, timeout=60)
        before = terminal.bytes
        second = time.time() % 60
        terminal.quiet_for(min(15.0, 58 - second))
        assert terminal.bytes == before


@pytest.mark.slow
def test_a_minute_costs_little(folder: Path) -> None:
    with console(folder) as terminal:
        before = terminal.bytes
        end = time.monotonic() + 62
        until(lambda: time.monotonic() > end, 70)
        assert 0 < terminal.bytes - before <= 800  # two whole minutes may fall into it


def test_keys_stay_within_their_budget_of_bytes(folder: Path) -> None:
    with console(folder) as terminal:
        assert cost(terminal, "j", "▸ ◆W Order") <= 700
        assert cost(terminal, ":", ":") <= 1500
        assert cost(terminal, "\x1b", "? help") <= 1500
        assert cost(terminal, "a", "already so: ") <= 700
        assert cost(terminal, "2", "n who") <= 30_000


def test_a_hang_up_ends_the_program_at_once(folder: Path) -> None:
    with console(folder) as terminal:
        began = time.monotonic()
        terminal.hang_up()
        terminal.process.wait(3)
        assert time.monotonic() - began < 1.5


def test_quit_restores_the_terminal(folder: Path) -> None:
    with console(folder) as terminal:
        terminal.press("q")
        assert terminal.process.wait(3) == 0
        until(lambda: b"\x1b[?1049l" in terminal.raw)


def test_resizing_goes_down_to_the_essentials_and_back(folder: Path) -> None:
    with console(folder) as terminal:
        for size in ((160, 50), (40, 12), (30, 8), (60, 20), (80, 24)):
            terminal.resize(*size)
        terminal.shows("Line × hour: OEE", "52.4 %")
        terminal.resize(30, 8)
        terminal.shows("needs 40x12")


def colours(raw: bytes) -> set[int]:
    """The numbers of all colours that were sent with SGR; 39 and 49 are none, but the terminal's own."""
    found: set[int] = set()
    for told in re.findall(rb"\x1b\[([0-9;:]*)m", raw):
        found |= {int(part) for part in re.split(rb"[;:]", told) if part}
    return {number for number in found if 30 <= number < 50 or 90 <= number < 108} - {39, 49}


def test_no_color_is_taken_at_its_word(folder: Path) -> None:
    with console(folder, env={"NO_COLOR": "1", "COLORTERM": "truecolor", "COLORFGBG": "0;15"}) as terminal:
        terminal.press("2")
        terminal.shows("n who")
        assert not colours(terminal.raw)
        assert b"\x1b[1;7" in terminal.raw or b";7m" in terminal.raw or b"\x1b[7" in terminal.raw


def test_only_the_terminals_own_sixteen_colours_are_used(folder: Path) -> None:
    with console(folder, env={"COLORTERM": "truecolor"}) as terminal:
        terminal.press("2")
        terminal.shows("n who")
        assert b"31m" in terminal.raw
        assert not any(code in terminal.raw for code in (b"38;5", b"38;2", b"48;5", b"48;2"))


def test_a_locale_without_utf_8_gets_ascii(folder: Path) -> None:
    with console(folder, env={"LC_ALL": "C", "LANG": "C"}) as terminal:
        terminal.press("3\r")
        terminal.shows("critical 60")
        painted = terminal.raw.decode("ascii")  # raises where anything else was sent
        assert "!C" in painted


def test_over_ssh_the_mouse_is_left_to_the_terminal_until_it_is_asked_for(folder: Path) -> None:
    with console(folder, env={"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}) as terminal:
        assert b"\x1b[?1000h" not in terminal.raw
        terminal.press("M")
        terminal.shows("mouse on")
        # a mouse that is only moved is not to be reported
        assert terminal.raw.count(b"\x1b[?1000h\x1b[?1006h") == 1
        assert not any(mode in terminal.raw for mode in (b"\x1b[?1003h", b"\x1b[?1002h", b"\x1b[?1015h"))
        terminal.press("\x1b[<0;5;13M\x1b[<0;5;13m")
        terminal.shows("▸ ◆W Order")
        terminal.press("\x1b[<65;5;13M")
        terminal.shows("▸ ◆W Quality")
        terminal.press("\x1b[<0;16;2M\x1b[<0;16;2m")
        terminal.shows("3 of 3 open")
        terminal.press("M")
        terminal.shows("mouse off")
        assert terminal.raw.count(b"\x1b[?1000l\x1b[?1006l") == 1


def test_a_storm_of_resizes_that_ends_where_it_began_leaves_the_whole_screen(folder: Path) -> None:
    with console(folder) as terminal:
        for _ in range(3):
            for size in ((160, 50), (30, 8), (80, 24)):
                terminal.resize(*size)
        terminal.shows("North plant", "Line × hour: OEE", "? help")
