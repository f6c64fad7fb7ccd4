"""Draws the pictures of the README: `python -m tests.pictures` runs each demo and draws what a terminal shows.

It takes two minutes: the demos run at their own speed, until their troubles are on the screen. With names of packs only
theirs are drawn.
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
from tests.svg import draw, on_white, screen_of
from tests.terminal import Terminal
from tests.waiting import until

SIZES = ((80, 24), (160, 50))
QUIET = 0.3
"""Seconds without a byte after which a screen is whole; the clock of a replay moves each second."""
PATIENCE = 120.0
"""Seconds for a demo to read what lies there at its start, on a machine with other things to do."""
PROGRAM = (sys.executable, "-m", "opsconsole")


class View(NamedTuple):
    """A picture: the keys that lead to it, what is on it once it is whole, and which console shows it how.

    `then` are keys that mean something only once that is shown.
    """

    name: str
    keys: str
    shows: str
    wide: bool = False
    light: bool = False
    then: str = ""

    @property
    def file(self) -> str:
        """The name of its file."""
        columns, rows = SIZES[self.wide]
        return f"{self.name}-{columns}x{rows}.svg"


class Scene(NamedTuple):
    """What is drawn of a demo: the alert to acknowledge, the site time to wait for, and what is looked at then."""

    pack: str
    alert: str
    moment: str
    views: tuple[View, ...]


LEFT = "\x1b[D"
SEEN = "columns ts,line,station,product,qty,scrap,cycle_s"
# `g` takes the cursor to the top: it has stayed with the alert that was first at the opening.
SCENES = (
    Scene(
        "factory",
        "Line 3 weld",
        "14:16",
        (
            View("overview", "g", "Line × hour"),
            View("overview", "g", "What lines stood still for", wide=True),
            View("alerts", "2", "nobody has acknowledged it"),
            View("light", ":theme light\r1g", "Line × hour", light=True),
            View("time", ":kpi oee over time\r", "arrows move a crosshair", then=LEFT * 9),
            View("table", f":rows source cycles filter 'station = weld' sort -cycle_s {SEEN}\r", "cycle_s↓"),
            View(
                "sql",
                ";SELECT line, reason, round(sum(busy_s) / 60) AS minutes FROM cycles WHERE state = 'down' "
                "GROUP BY ALL ORDER BY minutes DESC;\r",
                "Result  row 1 of",
            ),
            View("wall", ":overview wall\r", "Site time", wide=True),
        ),
    ),
    Scene(
        "emergency",
        "Four hours 8",
        "1 Jan 00:00",
        (View("overview", "g", "What needs attention"), View("goals", "4", "attained")),
    ),
    Scene("airport", "B6: on time", "20:16", (View("overview", "g", "Origin × hour", wide=True),)),
)


def pictures() -> list[Path]:
    """Where all of them lie."""
    return [pack(scene.pack).layouts / view.file for scene in SCENES for view in scene.views]


@contextmanager
def _consoles(name: str, env: dict[str, str]) -> Iterator[list[tuple[Terminal, int, int]]]:
    """A demo on the first size, and a second console on its site: both show the same moment."""
    (columns, rows), (wide, high) = SIZES
    with Terminal([*PROGRAM, "demo", name], columns=columns, rows=rows, env=env) as small:
        small.shows("help", "fresh", timeout=PATIENCE)
        site = next(Path(env["TMPDIR"]).glob("opsconsole-demo-*/site"))
        with Terminal([*PROGRAM, str(site)], columns=wide, rows=high, env=env) as large:
            large.shows("help", "fresh", timeout=PATIENCE)
            yield [(small, columns, rows), (large, wide, high)]
            large.press("q")
            large.process.wait(10)
        small.press("q")
        small.process.wait(15)


def take(scene: Scene) -> None:
    """Run a demo until its moment and draw each view in each size."""
    with tempfile.TemporaryDirectory() as folder, _consoles(scene.pack, {"TMPDIR": folder}) as consoles:
        for terminal, _, _ in consoles:
            terminal.shows(scene.alert, timeout=PATIENCE)
        until(
            partial(_acknowledged, consoles[0][0], consoles[-1][0]), 30, "the other shows who acknowledged", every=2.0
        )
        for terminal, _, _ in consoles:
            until(partial(_reached, terminal, scene.moment), 200, scene.moment)
        for view in scene.views:
            terminal, columns, rows = consoles[view.wide]
            terminal.press(view.keys)
            terminal.shows(view.shows)
            if view.then:
                terminal.press(view.then)
            terminal.quiet_for(QUIET)  # the detail of an alert asks once the cursor has rested
            found = draw(screen_of(bytes(terminal.raw), columns, rows), f"opsconsole demo {scene.pack}: {view.name}")
            path = pack(scene.pack).layouts / view.file
            path.write_text(on_white(found) if view.light else found, encoding="utf-8")
            print(path, path.stat().st_size, flush=True)
            if view.light:
                terminal.press(":theme auto\r")


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


def main(packs: list[str]) -> None:
    """Draw all of them, side by side; or those of some packs."""
    scenes = [scene for scene in SCENES if not packs or scene.pack in packs]
    with ThreadPoolExecutor(len(scenes)) as pool:
        list(pool.map(take, scenes))


if __name__ == "__main__":
    main(sys.argv[1:])
