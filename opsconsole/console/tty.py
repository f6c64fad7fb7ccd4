"""The terminal as this program drives it: measured, never waited for, and asked nothing that old ones would print."""

from __future__ import annotations

import contextlib
import os
import time
from queue import Full
from typing import TYPE_CHECKING, Any

from textual.events import CursorPosition
from textual.message import Message

from opsconsole.console.driver import Driver
from opsconsole.console.pacing import Pace

if TYPE_CHECKING:
    from opsconsole.console.program import Console

# The terminals of the Linux console and of old hardware: they have no second screen, and print what they do not know.
PLAIN = ("linux", "vt", "ansi", "cons", "dumb")
# Queries with a `$`, and the keyboard protocol of kitty: none of it is known there.
_UNKNOWN_THERE = ("$p", "u")
MOUSE_ON, MOUSE_OFF = "\x1b[?1000h\x1b[?1006h", "\x1b[?1000l\x1b[?1006l"
"""Buttons and wheel alone: a mouse that is only moved sends nothing."""
_FAREWELL = 1.0
"""Seconds that a terminal is given to take what is left at the end."""


def plain(term: str) -> bool:
    """Whether a terminal, by its name, is one that prints sequences it does not know."""
    return term.startswith(PLAIN)


class Tty(Driver):
    """Counts what is sent and asks when it has been drawn (`Pace`). What the terminal does not take is dropped."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self.pace = Pace()
        self.mouse_on = False
        self.dropped = 0
        self.hangs = False
        self._console: Console = app
        self._plain = plain(os.environ.get("TERM", ""))

    # --- out ---

    def write(self, data: str) -> None:
        """Hand on what is to be sent; a terminal that takes nothing does not hold up the program."""
        writer = self._writer_thread
        if writer is None or (self._plain and data.startswith("\x1b[") and data.endswith(_UNKNOWN_THERE)):
            return
        try:
            writer._queue.put_nowait(data)
        except Full:
            self.dropped += 1
            return
        self.pace.sent(len(data))

    @property
    def takes(self) -> bool:
        """Whether another picture may be sent: what there was is out, and as far as is known drawn."""
        writer = self._writer_thread
        return writer is None or (writer._queue.empty() and self.pace.may(time.monotonic()))

    def ask(self) -> None:
        """Ask when what was sent has been drawn, if that is worth asking."""
        mark = self.pace.ask(time.monotonic())
        if mark:
            self.write(f"\x1b[;{mark}H\x1b[6n")

    def close(self) -> None:
        """End the thread that writes; one that hangs on its terminal is left behind."""
        writer = self._writer_thread
        if writer is not None and writer.is_alive():  # it is not where the terminal has gone
            with contextlib.suppress(Full):
                writer._queue.put(None, timeout=_FAREWELL)
            writer.join(_FAREWELL)
            self.hangs = writer.is_alive()

    # --- in ---

    def process_message(self, message: Message) -> None:
        """Messages of the thread that reads. Answers of the terminal are for the pace alone."""
        if isinstance(message, CursorPosition):
            self._loop.call_soon_threadsafe(self._answered, message.x + 1)
            return
        super().process_message(message)

    def _answered(self, mark: int) -> None:
        self.pace.answered(mark, time.monotonic())
        self._console.link_is_free()

    # --- the mouse, which Textual would have report each movement ---

    def switch_mouse(self, on: bool) -> None:
        """Have the terminal report buttons and wheel, or leave the mouse to it."""
        self.mouse_on = on
        self.write(MOUSE_ON if on else MOUSE_OFF)

    def _enable_mouse_support(self) -> None:
        if self.mouse_on:
            self.write(MOUSE_ON)

    def _disable_mouse_support(self) -> None:
        if self.mouse_on:
            self.write(MOUSE_OFF)

    # --- the beginning and the end ---

    def _sigcont_application(self, *_: object) -> None:
        """Go on, if the program was stopped: a terminal that is hung up sends this signal too."""
        if self._must_signal_resume:
            self.resume_application_mode()

    def start_application_mode(self) -> None:
        """Take the terminal; what it owed before will not come."""
        super().start_application_mode()
        self.pace.anew()

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was; where there is no second screen, an empty one."""
        if self._plain:
            self.write("\x1b[0m\x1b[2J\x1b[H")
        super().stop_application_mode()
