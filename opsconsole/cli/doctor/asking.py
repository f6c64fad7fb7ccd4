"""Asking the terminal for the colour of its background (OSC 11); a terminal that does not answer costs a moment."""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import time
import tty

# A question that every terminal answers comes behind: with its answer, nothing more is to come.
_QUESTION = b"\x1b]11;?\x1b\\\x1b[c"
_COLOUR = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_END = re.compile(rb"\x1b\[\?[0-9;]*c")
_PATIENCE = 1.0


def background() -> str:
    """ "light", "dark", or nothing where the terminal does not say."""
    try:
        return brightness(_answer(sys.stdin.fileno(), sys.stdout.fileno()))
    except (OSError, termios.error):
        return ""


def brightness(answer: bytes) -> str:
    """What an answer says: by the luma of Rec. 709 (0.2126 R + 0.7152 G + 0.0722 B)."""
    found = _COLOUR.search(answer)
    if found is None:
        return ""
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    return "light" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 else "dark"


def _answer(reading: int, writing: int) -> bytes:
    before = termios.tcgetattr(reading)
    got = b""
    try:
        tty.setcbreak(reading, termios.TCSANOW)
        os.write(writing, _QUESTION)
        end = time.monotonic() + _PATIENCE
        while not _END.search(got):
            ready, _, _ = select.select([reading], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                break
            got += os.read(reading, 1024)
    finally:
        termios.tcsetattr(reading, termios.TCSANOW, before)
    return got
