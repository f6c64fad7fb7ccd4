"""Inside GNU screen, whose part is played here: what it answers itself, what it hands on, and how much it takes.

Played, and not started: it is not everywhere, and a test that is passed over where it is missing shows nothing. What is
played is what screen 4.9 was seen to do with the program.
"""

from __future__ import annotations

import base64
import re
from functools import partial

from tests.program.conftest import SiteFolder
from tests.terminal import Terminal
from tests.waiting import until

SCREEN = {"TERM": "screen.xterm-256color", "STY": "4711.pts-0.plant", "TMUX": ""}
DEVICE = "\x1b[?1;2c"
LIGHT = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\"
MOST = 768
"""Bytes of a string between DCS and ST that screen keeps (MAXSTR in its sources)."""


def test_it_answers_for_itself_first_and_the_terminal_around_it_later(site: SiteFolder) -> None:
    with site.terminal(env=SCREEN) as terminal:
        until(lambda: b"\x1b]11;?" in terminal.raw, what="the question")
        terminal.press(DEVICE)
        terminal.shows("Scrap ratio ◆W", "100 pcs", "Alerts◆1")
        assert b"38;5;94m" not in terminal.raw, "not known to be light yet"
        terminal.press(LIGHT)
        until(lambda: b"38;5;94m" in terminal.raw, what="the warning of the light theme")
        # none of its letters was a key: `]` and `1` go elsewhere, `;` opens a line
        terminal.quiet_for(0.3)
        assert "rgb" not in terminal.text
        assert terminal.text.splitlines()[-1].split()[:2] == ["?", "help"]
        terminal.press("2")
        terminal.shows("UNACK")


def test_a_long_copy_arrives_whole_and_in_pieces_that_it_takes(site: SiteFolder) -> None:
    with site.terminal(env=SCREEN) as terminal:
        terminal.shows("100 pcs")
        terminal.press(";SELECT repeat('abcdefghij', 300) AS letters\r")
        terminal.shows("letters", "row 1 of 1 row")
        before = len(terminal.raw)
        terminal.press("y")
        terminal.shows("copied: 3000 characters")
        pieces = re.findall(rb"\x1bP(.*?)\x1b\\", bytes(terminal.raw[before:]), re.DOTALL)
        assert len(pieces) > 1
        assert max(map(len, pieces)) <= MOST
        around = re.fullmatch(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", b"".join(pieces))
        assert around is not None, "what screen hands on is one sequence"
        assert base64.b64decode(around[1]) == b"abcdefghij" * 300
        assert b"\x1b]52" not in re.sub(rb"\x1bP.*?\x1b\\", b"", bytes(terminal.raw[before:]), flags=re.DOTALL)


def test_attached_to_another_terminal_it_has_another_size(site: SiteFolder) -> None:
    with site.terminal(env=SCREEN) as terminal:
        terminal.shows("100 pcs")
        terminal.press("2")
        terminal.shows("UNACK")
        for columns, rows in ((160, 50), (60, 20), (80, 24)):
            terminal.resize(columns, rows)
            terminal.shows("UNACK")
            until(partial(_whole, terminal, rows), what="the last line of the screen on its last row")


def _whole(terminal: Terminal, rows: int) -> bool:
    lines = terminal.text.split("\n")
    return len(lines) == rows and lines[-1].startswith(" ? help")
