"""The door of the room: what has to be known of the terminal before anything heavy is loaded, and `run`."""

from __future__ import annotations

import gc
import os
import sys
import time

from msgspec.structs import replace

from opsconsole.console.config import Config, Start
from opsconsole.console.ground import Terminal, find_out
from opsconsole.engine.launch import Launch
from opsconsole.engine.place import Place

AGAIN, LONGEST = 5.0, 300.0
"""Seconds after which a wall that failed is begun again: the first time, and at most."""


def needs_ascii() -> bool:
    """Whether this terminal's encoding has no signs beyond ASCII: by the stream it is written to, and by the locale."""
    encoding = (getattr(sys.__stderr__, "encoding", None) or "ascii").lower().replace("-", "")
    if encoding != "utf8":
        return True
    named = next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), "")
    return bool(named) and "utf8" not in named.lower().replace("-", "")


def run(
    place: Place,
    launch: Launch | None = None,
    config: Config = Config(),  # noqa: B008 (frozen)
    start: Start = Start(),  # noqa: B008 (frozen)
) -> int:
    """Open the console on the engine of a place (`launch`: the one that was just started); returns the exit code."""
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)  # a size told by the environment would hide the terminal's own
    with find_out(config) as terminal:
        return _run(place, launch, config, start, terminal)


def _run(place: Place, launch: Launch | None, config: Config, start: Start, terminal: Terminal) -> int:
    from opsconsole.console.bell import Bell, wanted
    from opsconsole.console.engine_link import EngineLink
    from opsconsole.console.fmt import decimal_marker
    from opsconsole.console.memory import memory_of
    from opsconsole.console.spared import spared

    with spared():
        from opsconsole.console.program import Console
    from opsconsole.console.touring import toured

    gc.freeze()
    gc.enable()
    terminal.collect()
    config = config if config.decimal else replace(config, decimal=decimal_marker())
    memory = None if start.wall or start.forget else memory_of(place)
    if memory is not None and start.fresh:
        memory.forget()
    wait = AGAIN
    while True:
        console = Console(
            EngineLink(place, launch, read_only=start.read_only or start.wall, patient=start.wall),
            ascii_only=needs_ascii() if config.ascii is None else config.ascii,
            trouble=place.state / "console.log",
            bell=Bell(quiet=start.quiet or not config.sound or not wanted()),
            config=config,
            terminal=terminal,
            toured=toured() if config.tour and not start.wall else None,
            start=start,
            memory=memory,
        )
        console.run(mouse=False)
        code = console.return_code or 0
        if console.outlet.hangs:
            os._exit(code)  # what is still to be written would be waited for
        if console.farewell:
            print(f"opsconsole: {console.farewell}", file=sys.stderr)
        if not (start.wall and console.failed):
            return code
        # nobody is there to start a wall again
        time.sleep(wait)
        wait, launch = min(LONGEST, 2 * wait), None
