"""The driver of the terminal: Textual's, with the terminal's answers taken out of what is typed."""

from __future__ import annotations

import contextlib
import os
import select
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from opsconsole.console import hangup

if TYPE_CHECKING:
    from opsconsole.console.ground import Question

IDLE = 0.1


class Driver(LinuxDriver):
    """Feeds the parser with what `Answers` lets pass, what was typed before it was there first."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._app: Any = app
        self.question: Question | None = app.terminal.question

    def start_application_mode(self) -> None:
        """Take the terminal over; until now it echoed nothing."""
        if self.question is not None:
            self.question.restore()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def run_input_thread(self) -> None:
        """Read until the program ends, or the terminal."""
        question = self.question
        answers = question.answers if question is not None else None
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        light = answers.light if answers is not None else None

        def pass_on(text: str) -> None:
            for event in parser.feed(text) if text else ():
                self.process_message(event)

        if question is not None:
            pass_on(decode(question.typed))
            question.typed = b""
        while not self.exit_event.is_set():
            if select.select([self.fileno], [], [], IDLE)[0]:
                came = self._read()
                if not came:
                    self._gone()
                    return
                text = decode(came)
                pass_on(answers.take(text) if answers is not None else text)
            elif answers is not None:
                pass_on(answers.idle())
            for event in parser.tick():
                self.process_message(event)
            if answers is not None and answers.light != light:
                light = answers.light
                self._loop.call_soon_threadsafe(self._told, light)

    def _read(self) -> bytes:
        """What came; nothing where the terminal is gone: of that there is always more to read, or an error."""
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

    def _gone(self) -> None:
        hangup.end_soon()  # from this thread: the other may be busy
        with contextlib.suppress(RuntimeError):  # the loop is closed: it is the end already
            self._loop.call_soon_threadsafe(self._app.hung_up)

    def _told(self, light: bool | None) -> None:
        self._app.looking.ground(light)
