"""Copying by OSC 52, which reaches the person's own clipboard over SSH, through tmux and screen too."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping

LIMIT = 74_000
SHORT = 250
"""Characters of a sequence that screen ignores where it does not know it; the rest of a longer one it would print."""


class TooLongError(ValueError):
    """More than terminals take in one sequence."""


def sequence(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """The bytes that make a terminal copy `text`. Raises TooLongError above about 74 KB."""
    encoded = base64.b64encode(text.encode("utf-8", "replace")).decode("ascii")
    if len(encoded) > LIMIT:
        raise TooLongError(f"{len(encoded) // 1000} KB are more than terminals take ({LIMIT // 1000} KB)")
    osc = f"\x1b]52;c;{encoded}\x07"
    passed = passed_on(osc, environ)
    # tmux takes what is meant for itself where `set-clipboard` is on, and passes on where `allow-passthrough` is. One
    # that is reached from within, over SSH, looks like screen.
    ours = bool(environ.get("TMUX")) or (not environ.get("STY") and len(osc) <= SHORT)
    return osc + passed if ours and passed != osc else passed


def passed_on(osc: str, environ: Mapping[str, str]) -> str:
    """A sequence that reaches the terminal through tmux and screen too."""
    if environ.get("TMUX"):
        return "\x1bPtmux;" + osc.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("TERM", "").startswith("screen"):
        # screen takes at most 768 bytes between DCS and ST
        pieces = [osc[at : at + 700] for at in range(0, len(osc), 700)]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return osc
