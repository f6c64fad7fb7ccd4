"""A terminal that goes away, whatever the console is busy with: a second later the process is gone too."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from opsconsole.engine.place import Place
from tests.console.test_terminal import PROGRAM, ROOT, folder
from tests.terminal import Terminal
from tests.waiting import line_of, until

__all__ = ["folder"]

NO_SIGNAL = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP}); "
BUSY = "import time; from opsconsole.console.program import Console; Console.reload = lambda self: time.sleep(60); "


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has asked after yet counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return True


@contextmanager
def hung_up(terminal: Terminal, pid: int = 0) -> Iterator[None]:
    """Hang up once the block is through; the console must be gone a second later."""
    pid = pid or terminal.process.pid
    yield
    began = time.monotonic()
    terminal.hang_up()
    try:
        until(lambda: gone(pid), 1.0, "the console to be gone", every=0.005)
    except AssertionError:
        threads = [(each / "comm").read_text().strip() for each in Path(f"/proc/{pid}/task").glob("*")]
        os.kill(pid, signal.SIGKILL)
        raise AssertionError(f"still there after {time.monotonic() - began:.2f} s: {threads}") from None


def console(folder: Path, before: str = "", env: dict[str, str] | None = None) -> Terminal:
    return Terminal([sys.executable, "-c", before + PROGRAM, str(folder)], env=env)


STATES: dict[str, tuple[str, str]] = {
    "a prompt": (":kpi sc", ":kpi sc"),
    "SQL": (";SELECT 1 FR", "SELECT 1 FR"),
    "the palette": ("\x10", "The tour"),
    "help": ("?", "Keys that work here"),
    "paused": ("p", "PAUSED"),
    "the past": (":at -1h\r", "AS OF"),
}


@pytest.mark.parametrize("state", STATES)
def test_whatever_is_shown(folder: Path, state: str) -> None:
    keys, shows = STATES[state]
    with console(folder) as terminal:
        terminal.shows("52.4 %", "? help")
        with hung_up(terminal):
            terminal.press(keys)
            terminal.shows(shows)


def test_a_terminal_that_is_asked_nothing(folder: Path) -> None:
    with console(folder, env={"TERM": "vt100"}) as terminal, hung_up(terminal):
        terminal.shows("52.4 %", "? help")


def test_no_signal_comes(folder: Path) -> None:
    with console(folder, NO_SIGNAL) as terminal, hung_up(terminal):
        terminal.shows("52.4 %", "? help")


def test_it_is_busy_and_heeds_nothing(folder: Path) -> None:
    with console(folder, BUSY) as terminal, hung_up(terminal):
        terminal.shows("52.4 %", "? help")
        terminal.press("jr")


def test_the_engine_is_lost(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.console.serve", str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as server:
        assert server.stdout is not None
        assert line_of(server.stdout) == b"ready\n"
        with console(tmp_path) as terminal, hung_up(terminal):
            terminal.shows("52.4 %", "? help")
            server.kill()
            terminal.shows("ENGINE LOST")


@pytest.mark.parametrize(
    ("before", "come"), [("", b"\x1b[c"), (NO_SIGNAL, b"\x1b[?1049h")], ids=["it is being loaded", "it is drawn"]
)
def test_the_engine_has_not_answered_yet(tmp_path: Path, before: str, come: bytes) -> None:
    place = Place(site=tmp_path / "site.yaml", state=tmp_path)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(place.socket))
        silent.listen()
        with console(tmp_path, before) as terminal, hung_up(terminal):
            until(lambda: come in terminal.raw)


def test_it_is_suspended(folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "start"
    script.write_text(PROGRAM)
    with Terminal(["bash", "--norc", "-i"], env={"PS1": "shell> "}) as terminal:
        terminal.shows("shell>")
        terminal.press(f"{sys.executable} {script} {folder}\r")
        terminal.shows("52.4 %", "? help")
        pid = int(Path(f"/proc/{terminal.process.pid}/task/{terminal.process.pid}/children").read_text())
        with hung_up(terminal, pid):
            terminal.press("\x1a")
            terminal.shows("Stopped", "shell>")
