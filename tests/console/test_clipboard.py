from __future__ import annotations

import base64

import pytest

from opsconsole.console.clipboard import TooLongError, sequence


def test_plain_terminals_get_osc_52() -> None:
    assert sequence("ä", {}) == "\x1b]52;c;" + base64.b64encode("ä".encode()).decode() + "\x07"


def test_tmux_and_screen_pass_it_on() -> None:
    inside = sequence("x", {"TMUX": "/tmp/s,1,0", "TERM": "screen-256color"})
    plain = sequence("x", {})
    # once for tmux itself, once for the terminal around it: which of them arrives is for its settings to say
    assert inside == plain + "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    assert sequence("x", {"TERM": "screen"}) == plain + f"\x1bP{plain}\x1b\\", "tmux as it is seen over SSH"
    assert sequence("x", {"TERM": "screen", "STY": "1.pts"}) == f"\x1bP{plain}\x1b\\"
    screen = sequence("x" * 3000, {"TERM": "screen"})
    assert screen.startswith("\x1bP"), "screen would print a long one"
    assert screen.count("\x1bP") == screen.count("\x1b\\") > 1
    assert all(len(piece) <= 768 for piece in screen.split("\x1b\\"))


def test_what_terminals_would_drop_is_refused() -> None:
    with pytest.raises(TooLongError, match="KB"):
        sequence("x" * 80_000, {})
