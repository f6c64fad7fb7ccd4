"""What the console sends for what happens, measured at a real terminal of 80x24 in 256 colours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.terminal import Terminal
from tests.waiting import line_of

ROOT = Path(__file__).parent.parent.parent
PROGRAM = (
    "import sys; from pathlib import Path; from opsconsole.console.app import run; "
    "from opsconsole.engine.place import Place; "
    "folder = Path(sys.argv[1]); sys.exit(run(Place(site=folder / 'site.yaml', state=folder)))"
)
BUDGET = {
    "cursor down in a list": 700,
    "the detail that follows": 4_000,
    "cursor down in a table of rows": 700,
    "one KPI tile changes": 500,
    "one alert changes its state": 400,
    "the command line opens": 1_500,
    "the overview drawn anew, all of it": 30_000,
}
"""Bytes that are allowed for each."""


class Canned:
    """A canned engine in a process of its own, that can be told to change something."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def say(self, what: str) -> None:
        """`tile`: the value of a KPI changes; `alert`: somebody acknowledges the first alert."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()


@contextmanager
def canned_engine(folder: Path) -> Iterator[Canned]:
    """A canned engine on a folder, until the block is over."""
    command = [sys.executable, "-m", "tests.console.serve", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert line_of(process.stdout) == "ready\n"
        try:
            yield Canned(process)
        finally:
            process.stdin.close()


def cost(terminal: Terminal, keys: str, shows: str) -> int:
    """The bytes that a key costs on the link."""
    before = terminal.bytes
    terminal.press(keys)
    terminal.shows(shows)
    terminal.quiet_for(0.3)
    return terminal.bytes - before


def costs(folder: Path) -> dict[str, int]:
    """The bytes of everything that has a budget, from one console on a canned engine."""
    found: dict[str, int] = {}
    with canned_engine(folder) as engine, Terminal([sys.executable, "-c", PROGRAM, str(folder)]) as terminal:
        terminal.shows("52.4 %", "? help")
        terminal.quiet_for(0.5)

        def pushed(what: str, shows: str) -> int:
            engine.say(what)
            return cost(terminal, "", shows)

        found["one KPI tile changes"] = pushed("tile", "4 815")
        found["the command line opens"] = cost(terminal, ":", ":")
        cost(terminal, "\x1b", "? help")
        terminal.resize(79, 24)
        cost(terminal, "", "? help")
        terminal.resize(80, 24)
        found["the overview drawn anew, all of it"] = cost(terminal, "", "52.4 %")
        cost(terminal, "2", "rows  ")  # with the detail of the first
        before = terminal.bytes
        terminal.press("j")
        terminal.shows("▸ ◆W ACK")
        found["cursor down in a list"] = terminal.bytes - before
        terminal.shows("─ ◆W Order", "rows  ")
        terminal.quiet_for(0.5)
        found["the detail that follows"] = terminal.bytes - before - found["cursor down in a list"]
        found["one alert changes its state"] = pushed("alert", "▲C ACK")
        cost(terminal, ":rows source cycles\r", "row 1 of")
        found["cursor down in a table of rows"] = cost(terminal, "j", "row 2 of")
        terminal.press("q")
        terminal.process.wait(5)
    return found
