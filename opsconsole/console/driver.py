"""The driver of the terminal: Textual's, with the terminal's answers taken out of what is typed."""

from __future__ import annotations

import os
import select
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

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
        """Read until the program ends."""
        question = self.question
        if question is None:
            super().run_input_thread()
            return
        answers = question.answers
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        light = answers.light

        def pass_on(text: str) -> None:
            for event in parser.feed(text) if text else ():
                self.process_message(event)

        pass_on(decode(question.typed))
        question.typed = b""
        while not self.exit_event.is_set():
            if select.select([self.fileno], [], [], IDLE)[0]:
                came = os.read(self.fileno, 4096)
                if not came:
                    return  # the terminal has gone: there is always nothing to read
                pass_on(answers.take(decode(came)))
            else:
                pass_on(answers.idle())
            for event in parser.tick():
                self.process_message(event)
            if answers.light != light:
                light = answers.light
                self._loop.call_soon_threadsafe(self._told, light)

    def _told(self, light: bool | None) -> None:
        self._app.looking.ground(light)
