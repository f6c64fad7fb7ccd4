"""Whether the terminal is dark or light: asked of it (OSC 11) while the program is still being loaded.

After the question comes one that every terminal answers (DA1), so that an Esc is no longer held back once that is in.
GNU screen answers that one itself, and the answer to the first comes later. Nobody waits for either: what is there when
the program is loaded is taken, what comes later is taken out of what is typed (`Answers`), and nothing of it is ever
echoed.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping

from opsconsole.console.config import Config
from opsconsole.console.themes import Depth, asks, depth

QUESTION = b"\x1b]11;?\x1b\\\x1b[c"
# Terminals that take the question for what it is. A VT100 would show it.
_KNOWN = (
    "xterm", "screen", "tmux", "rxvt", "alacritty", "foot", "kitty", "wezterm", "ghostty", "konsole", "gnome", "vte",
    "st-", "contour", "mintty", "iterm", "putty",
)  # fmt: skip
_COLOUR = re.compile(r"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_OSC = re.compile(r"\x1b\]11;[^\x07]*?(?:\x07|\x1b\\)")
_DA1 = re.compile(r"\x1b\[\?[0-9;]*c")
# What may be the beginning of an answer whose rest has not come yet.
_BEGUN = re.compile(r"\x1b(?:\](?:1(?:1(?:;[^\x07]*)?)?)?|\[(?:\?[0-9;]*)?)?\Z")
LONE = 10.0
"""Seconds after the question in which a lone Esc may be the beginning of an answer."""
PATIENCE = 2.0
"""Seconds within which the rest of an answer comes, else it is none."""
LONGEST = 64
"""Characters of the longest answer."""
# How Rich names the depths of colour.
_SYSTEMS: dict[Depth, str] = {"mono": "standard", "16": "standard", "256": "256", "truecolor": "truecolor"}


def can_ask(env: Mapping[str, str]) -> bool:
    """Whether the terminal is one that can be asked."""
    return env.get("TERM", "").startswith(_KNOWN)


def by_environment(env: Mapping[str, str]) -> bool | None:
    """Whether it is light, by what some terminals tell those they start ("fg;bg" in COLORFGBG); None: not told."""
    ground = env.get("COLORFGBG", "").rpartition(";")[2]
    if not ground.isdecimal() or int(ground) > 15:
        return None
    return int(ground) in (7, *range(9, 16))


def is_light(answer: str) -> bool | None:
    """Whether a terminal's answer names a light colour; None where it names none."""
    found = _COLOUR.match(answer)
    if found is None:
        return None
    red, green, blue = (int(part, 16) / (int("f" * len(part), 16)) for part in found.groups())
    return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5


class Answers:
    """Takes the answers out of what comes from the keyboard; everything else passes, in its order."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.light: bool | None = None
        self.over = False  # the second question is answered
        self._clock = clock
        self._asked = clock()
        self._held = ""
        self._held_at = 0.0

    def take(self, data: str) -> str:
        """What of `data` was typed. The beginning of an answer is held back until its rest comes."""
        self._drop()
        begun_at = self._held_at if self._held else self._clock()
        data, self._held = self._held + data, ""
        for answer in _OSC.findall(data):
            light = is_light(answer)
            self.light = self.light if light is None else light
        data = _OSC.sub("", data)
        data, ended = _DA1.subn("", data)
        self.over = self.over or ended > 0
        begun = _BEGUN.search(data)
        if begun is not None and self._may_go_on(begun[0]):
            self._held, self._held_at = begun[0], begun_at
            return data[: begun.start()]
        return data

    def _may_go_on(self, begun: str) -> bool:
        """Whether what looks like the beginning of an answer may be one."""
        if self.over:
            # screen answers the second question itself, and hands the first to the terminal around it
            return begun.startswith("\x1b]")
        return begun != "\x1b" or self._clock() - self._asked <= LONE

    def _drop(self) -> None:
        """Let go of an answer that never ends: it is none, and no key either."""
        if len(self._held) > LONGEST or (len(self._held) > 2 and self._clock() - self._held_at > PATIENCE):
            self._held = ""

    def idle(self) -> str:
        """What was held back and was a key after all, once nothing has come for a moment."""
        if len(self._held) > 2:
            self._drop()  # so much is no key
            return ""
        typed, self._held = self._held, ""
        return typed


class Question:
    """The question, asked of the terminal at `fd`, which echoes nothing until `restore`."""

    def __init__(self, fd: int) -> None:
        self.answers = Answers()
        self.typed = b""
        self._fd = fd
        self._before = termios.tcgetattr(fd)
        self._restored = False
        silent = termios.tcgetattr(fd)
        silent[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(fd, termios.TCSANOW, silent)
        sys.stdout.flush()
        os.write(sys.stdout.fileno(), QUESTION)

    def collect(self) -> None:
        """Take what has come, without waiting; what was typed meanwhile is kept in `typed`."""
        came = b""
        with contextlib.suppress(OSError):  # it has gone: the driver will find out
            while select.select([self._fd], [], [], 0)[0]:
                piece = os.read(self._fd, 4096)
                if not piece:
                    break
                came += piece
        self.typed += self.answers.take(came.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def restore(self) -> None:
        """Give the terminal back as it was found; once."""
        if not self._restored:
            self._restored = True
            with contextlib.suppress(termios.error):  # it has gone meanwhile
                termios.tcsetattr(self._fd, termios.TCSANOW, self._before)


class Terminal:
    """What is known of the terminal: how many colours it shows, and whether it is light (None: not known)."""

    def __init__(self, depth: Depth = "16", light: bool | None = None, question: Question | None = None) -> None:
        self.depth = depth
        self.light = light
        self.question = question

    def collect(self) -> None:
        """Take the answers that have come."""
        if self.question is not None:
            self.question.collect()
            told = self.question.answers.light
            self.light = self.light if told is None else told


@contextlib.contextmanager
def find_out(config: Config) -> Iterator[Terminal]:
    """What the environment says of the terminal, and a question to it if its ground matters; for Textual too."""
    env = os.environ
    if env.get("NO_COLOR") == "":
        del env["NO_COLOR"]  # empty, it asks for nothing; Textual takes it for a wish
    shown = depth(config.colours, env)
    env["TEXTUAL_COLOR_SYSTEM"] = _SYSTEMS[shown]
    question = _ask() if asks(config.theme, shown) and can_ask(env) else None
    try:
        yield Terminal(shown, by_environment(env), question)
    finally:
        if question is not None:
            question.restore()


def _ask() -> Question | None:
    try:
        return Question(sys.stdin.fileno())
    except (termios.error, OSError, ValueError):
        # no terminal, or it has just gone: the program will find out for itself
        return None
