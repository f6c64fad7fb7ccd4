"""A real terminal for the real program: a pty, and an emulator that shows what was painted."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType

import pyte

from tests.waiting import until

UTF8 = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


# where the cursor is, asked of a terminal right after it was put into a column of the first line
ASKED = re.compile(rb"\x1b\[;(\d+)H\x1b\[6n")
# a COLUMNS that somebody exported long ago must not hide the terminal's own size
TOLD = {"COLUMNS": "7", "TERM": "xterm-256color"}


@cache
def _met() -> str:
    """The settings of somebody who has seen the tour: a first start shows it, and a key leaves it."""
    folder = tempfile.mkdtemp(prefix="opsconsole-test-config-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (Path(folder) / "opsconsole").mkdir()
    (Path(folder) / "opsconsole/config.yaml").write_text("tour: false\n")
    return folder


class Terminal:
    """Runs a command on a pty of `columns` x `rows`; use as a context manager."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        pace: float = 0.0,
        emulated: bool = True,
    ) -> None:
        """`pace`: the bytes a second that the link takes, 0 for as many as come. `emulated`: else there are `raw` bytes
        alone, and no emulator in Python competes with the program; where the cursor is it tells still."""
        self._pace = pace
        self._emulated = emulated
        self.bytes = 0
        self.raw = bytearray()
        self._screen = pyte.Screen(columns, rows)
        self._text: str | None = None  # what the screen shows is spelt out once, however often it is looked at
        # where the cursor is a terminal tells who asks; what it is, tests tell that are about it
        self._screen.write_process_input = self._answer  # type: ignore[method-assign]
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self._reading = threading.Event()
        self._reading.set()
        self._master, slave = pty.openpty()
        self._end, self._ending = os.pipe()
        self._resize(columns, rows)
        self.process = subprocess.Popen(
            # a shell opens the terminal as its own, and is then the command: nothing of Python runs in a forked child,
            # where it waits for ever on any lock that another thread held at the fork
            ["/bin/sh", "-c", 'exec "$@" <>"$0"', os.ttyname(slave), *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={"XDG_CONFIG_HOME": _met(), **os.environ, **TOLD, **UTF8, **(env or {})},
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)
        self.hang_up()
        os.close(self._end)
        os.close(self._ending)

    def _read(self) -> None:
        while True:
            self._reading.wait()
            # a read that blocks would keep the terminal open after a hang-up
            readable, _, _ = select.select([self._master, self._end], [], [])
            if self._end in readable:
                os.close(self._master)
                return
            if not self._reading.is_set():
                continue
            try:
                piece = os.read(self._master, int(self._pace / 20) or 65536)
                if self._pace:
                    time.sleep(len(piece) / self._pace)
            except OSError:
                piece = b""
            if not piece:
                os.close(self._master)
                return
            with self._lock:
                self.bytes += len(piece)
                self.raw += piece
                self._text = None
                if self._emulated:
                    self._stream.feed(piece)
                else:
                    for column in ASKED.findall(piece):
                        self._answer(f"\x1b[1;{column.decode()}R")

    def _answer(self, data: str) -> None:
        if not data.endswith("R"):
            return
        with contextlib.suppress(OSError):
            os.write(self._master, data.encode())

    @property
    def text(self) -> str:
        """What the screen shows."""
        with self._lock:
            if self._text is None:
                self._text = "\n".join(line.rstrip() for line in self._screen.display)
            return self._text

    def line_with(self, sign: str) -> int:
        """The first line that begins with a sign, -1 without one; costs next to nothing, so that it can be polled."""
        with self._lock:
            lines = self._screen.buffer
            return next((at for at in range(self._screen.lines) if lines[at][0].data == sign), -1)

    def shows(self, *words: str, timeout: float = 30.0) -> str:
        """Wait until the screen shows all the words; the screen."""

        def seen() -> str:
            text = self.text
            return text if all(word in text for word in words) else ""

        try:
            return until(seen, timeout)
        except AssertionError:
            raise AssertionError(f"{words} not on the screen after {timeout:g} s:\n{self.text}") from None

    def press(self, keys: str) -> None:
        """Send keys as a keyboard would."""
        os.write(self._master, keys.encode())

    def _resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as a person dragging the window does."""
        with self._lock:
            self._screen.resize(rows, columns)
            self._text = None
        self._resize(columns, rows)

    def stall(self) -> None:
        """Stop reading: a stopped terminal, a link that hangs."""
        self._reading.clear()

    def go_on(self) -> None:
        """Read again."""
        self._reading.set()

    def hang_up(self) -> None:
        """Close the terminal: the link is dropped."""
        with contextlib.suppress(OSError):
            os.write(self._ending, b"x")
        self._reading.set()
        self._reader.join(10)

    def quiet_for(self, seconds: float, timeout: float = 30.0) -> None:
        """Wait until nothing has been sent for so long."""
        end = time.monotonic() + timeout
        before, since = self.bytes, time.monotonic()
        while time.monotonic() - since < seconds:
            if self.bytes != before:
                before, since = self.bytes, time.monotonic()
            assert time.monotonic() < end, f"never quiet for {seconds:g} s:\n{self.text}"
            time.sleep(0.05)
