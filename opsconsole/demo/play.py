"""The player: writes a pack's data into a site folder as other systems would, in step with the site's replay clock.

It is a process of its own. First it writes what lies before the start, says `ready`, then plays on. It watches its
owner: when that is gone, however it went, the player stops the demo's engine, removes the folder and ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from opsconsole.demo.airport import airport
from opsconsole.demo.clock import ReplayClock
from opsconsole.demo.demo import remove_folder
from opsconsole.demo.drops import Drop, write_history, write_live
from opsconsole.demo.emergency import emergency
from opsconsole.demo.factory import factory
from opsconsole.demo.packs import pack

_LOOK = 0.25  # seconds between two looks at the clock and at the owner
_AT_ONCE = 1000  # drops written together at most, when the clock runs faster than the player
_PR_SET_PDEATHSIG = 1


class EndedError(Exception):
    """The player has been asked to end, or its owner is gone."""


class Owner:
    """The process that the player belongs to."""

    def __init__(self, pid: int | None) -> None:
        """Watch `pid`, which must be the parent; None: watch nobody, for a player started by hand."""
        self._pid = pid
        self._told = False
        # Signals arrive as bytes too: a select wakes up for them, where a sleep would go on.
        self._wake, wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_end)
        if pid is not None and sys.platform == "linux":
            # Only to wake up at once: the signal also comes when no more than the parent's thread has ended.
            signal.signal(signal.SIGUSR1, lambda *_: None)
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGUSR1))

    def rest(self, span: float) -> None:
        """Do nothing for so many seconds, or until a signal comes."""
        if select.select([self._wake], [], [], span)[0]:
            os.read(self._wake, 1024)

    def check(self) -> None:
        """Raises EndedError when it is time to go."""
        if self._told or (self._pid is not None and os.getppid() != self._pid):
            raise EndedError

    @property
    def gone(self) -> bool:
        """Whether the owner is no more."""
        return self._pid is not None and os.getppid() != self._pid

    def _on_end(self, *_: object) -> None:
        self._told = True


def drops_of(name: str, seed: int) -> Iterator[Drop]:
    """The stream of a pack, in order of site time. Raises UnknownPackError."""
    found = pack(name)
    if name == "factory":
        return factory(seed)
    return emergency(found.seeds) if name == "emergency" else airport(found.seeds)


def play(folder: Path, drops: Iterator[Drop], clock: ReplayClock, owner: Owner) -> None:
    """Write the history of a site, say `ready` on standard output, then play on. Raises EndedError, OSError."""
    first: list[Drop] = []

    def past() -> Iterator[Drop]:
        for drop in drops:
            owner.check()
            if drop.at > clock.start:
                first.append(drop)
                return
            yield drop

    write_history(folder, past(), clock.wall)
    print("ready", flush=True)
    sys.stdout.close()
    _follow(folder, itertools.chain(first, drops), clock, owner)


def _follow(folder: Path, drops: Iterator[Drop], clock: ReplayClock, owner: Owner) -> None:
    due: list[Drop] = []

    def write() -> None:
        owner.check()
        write_live(folder, due)
        due.clear()

    for drop in drops:
        while drop.at > clock.site(time.time()):
            write()
            owner.rest(min(1.0, max(_LOOK, clock.wall(drop.at) - time.time())))
        due.append(drop)
        if len(due) >= _AT_ONCE:
            write()
    write()
    while True:
        owner.check()
        owner.rest(1.0)


def run(folder: Path, name: str, clock: ReplayClock, *, seed: int, owner: Owner, remove: Path | None) -> int:
    """Play a pack until the end; then, with `remove`, clear up after an owner that cannot do it any more."""
    try:
        play(folder, drops_of(name, seed), clock, owner)
    except EndedError:
        return 0
    except OSError as error:
        # A folder that was taken away ends the play as well as a request does.
        if folder.is_dir():
            print(f"demo: cannot write {error.filename}: {error.strerror}", file=sys.stderr)
            return 1
        return 0
    finally:
        if remove is not None and owner.gone:
            _clear_up(folder, remove)
    return 0


def _clear_up(folder: Path, remove: Path) -> None:
    """Stop the engine of an abandoned demo, if it has one, and remove its folder."""
    if (remove / "state").is_dir() and folder.is_dir():
        stop = [sys.executable, "-m", "opsconsole", "stop", str(folder)]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(stop, check=False, timeout=15, stdin=subprocess.DEVNULL, capture_output=True)
    remove_folder(remove)
