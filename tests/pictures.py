"""Draws the pictures of the README: `python -m tests.pictures` runs each demo and draws what a terminal shows.

It takes two minutes: the demos run at their own speed, until their troubles are on the screen.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from getpass import getuser
from pathlib import Path
from typing import NamedTuple

from opsconsole.demo.packs import pack
from tests.svg import draw, screen_of
from tests.terminal import Terminal
from tests.waiting import until

SIZES = ((80, 24), (160, 50))
PROGRAM = (sys.executable, "-m", "opsconsole")


class Scene(NamedTuple):
    """What is drawn of a demo: the alert to acknowledge, the site time to wait for, and the keys to each view."""

    pack: str
    alert: str
    moment: str
    views: dict[str, str]


# `g` takes the cursor to the top: it has stayed with the alert that was first at the opening.
SCENES = (
    Scene("factory", "Line 3 weld", "14:16", {"overview": "g", "alerts": "2"}),
    Scene("emergency", "Four hours 8", "1 Jan 00:00", {"overview": "g", "goals": "4", "alerts": "2"}),
    Scene("airport", "B6: on time", "20:16", {"overview": "g", "alerts": "2"}),
)


def picture(name: str, view: str, columns: int, rows: int) -> Path:
    """Where a picture lies."""
    return pack(name).layouts / f"{view}-{columns}x{rows}.svg"


@contextmanager
def _consoles(name: str, env: dict[str, str]) -> Iterator[list[tuple[Terminal, int, int]]]:
    """A demo on the first size, and a second console on its site: both show the same moment."""
    (columns, rows), (wide, high) = SIZES
    with Terminal([*PROGRAM, "demo", name], columns=columns, rows=rows, env=env) as small:
        small.shows("help", "fresh")
        site = next(Path(env["TMPDIR"]).glob("opsconsole-demo-*/site"))
        with Terminal([*PROGRAM, str(site)], columns=wide, rows=high, env=env) as large:
            large.shows("help", "fresh")
            yield [(small, columns, rows), (large, wide, high)]
            large.press("q")
            large.process.wait(10)
        small.press("q")
        small.process.wait(15)


def take(scene: Scene) -> None:
    """Run a demo until its moment and draw each view in each size."""
    with tempfile.TemporaryDirectory() as folder, _consoles(scene.pack, {"TMPDIR": folder}) as consoles:
        for terminal, _, _ in consoles:
            terminal.shows(scene.alert)
        until(
            partial(_acknowledged, consoles[0][0], consoles[-1][0]), 30, "the other shows who acknowledged", every=2.0
        )
        for terminal, _, _ in consoles:
            until(partial(_reached, terminal, scene.moment), 200, scene.moment)
        for view, keys in scene.views.items():
            for terminal, columns, rows in consoles:
                before = terminal.text
                terminal.press(keys)
                until(partial(_changed, terminal, before))
                terminal.quiet_for(1.0)  # the detail of an alert asks once the cursor has rested
                found = screen_of(bytes(terminal.raw), columns, rows)
                path = picture(scene.pack, view, columns, rows)
                path.write_text(draw(found, f"opsconsole demo {scene.pack}: {view}"), encoding="utf-8")
                print(path, path.stat().st_size)


def _acknowledged(one: Terminal, other: Terminal) -> bool:
    """Whether one console has acknowledged and the other shows it; pressed anew while the cursor has just moved."""
    if getuser() not in other.text:
        one.press("a")
    return getuser() in other.text


def _reached(terminal: Terminal, moment: str) -> bool:
    """Whether the screen's clock has come to a time of day, or to a day and time."""
    if " " in moment:
        return f" {moment}" in terminal.text.splitlines()[0]
    found = re.search(r"(\d\d:\d\d) *$", terminal.text.splitlines()[0])
    return found is not None and found[1] >= moment


def _changed(terminal: Terminal, before: str) -> bool:
    return terminal.text != before


def main() -> None:
    """Draw all of them, side by side."""
    with ThreadPoolExecutor(len(SCENES)) as pool:
        list(pool.map(take, SCENES))


if __name__ == "__main__":
    main()
