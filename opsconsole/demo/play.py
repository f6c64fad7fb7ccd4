"""The player: writes a pack's data into a site folder as other systems would, in step with the site's replay clock.

It is a process of its own. First it writes what lies before the start, says `ready`, then plays on. It watches its
owner: when that is gone, however it went, the player stops the demo's engine, removes the folder and ends.
"""

from __future__ import annotations

import ctypes
import itertools
import os
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
from opsconsole.demo.factory import factory
from opsconsole.demo.packs import pack

_LOOK = 0.25  # seconds between two looks at the clock and at the owner
_PR_SET_PDEATHSIG = 1


class EndedError(Exception):
    """The player has been asked to end, or its owner is gone."""


class Owner:
    """The process that the player belongs to."""

    def __init__(self, pid: int | None) -> None:
        """Watch `pid`, which must be the parent; None: watch nobody, for a player started by hand."""
        self._pid = pid
        self._told = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_end)
        if pid is not None and sys.platform == "linux":
            # Only to wake up at once: the signal also comes when no more than the parent's thread has ended.
            signal.signal(signal.SIGUSR1, lambda *_: None)
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGUSR1))

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
    return factory(seed) if name == "factory" else airport(found.seeds)


def play(folder: Path, drops: Iterator[Drop], clock: ReplayClock, owner: Owner) -> None:
    """Write the history of a site, say `ready` on standard output, then play until EndedError or the end of the data."""
    first: list[Drop] = []

    def past() -> Iterator[Drop]:
        for drop in drops:
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
    for drop in drops:
        while drop.at > clock.site(time.time()):
            if due:
                write_live(folder, due)
                due = []
            owner.check()
            left = clock.wall(drop.at) - time.time()
            _rest(min(1.0, max(_LOOK, left)))
        due.append(drop)
    write_live(folder, due)
    while True:
        owner.check()
        _rest(1.0)


def _rest(span: float) -> None:
    """Sleep, but wake up at a signal."""
    if hasattr(signal, "sigtimedwait"):
        signal.sigtimedwait((), span)
    else:
        time.sleep(min(span, _LOOK))


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
    """Stop the engine of an abandoned demo and remove its folder."""
    if folder.is_dir():
        stop = [sys.executable, "-m", "opsconsole", "stop", str(folder)]
        subprocess.run(stop, check=False, timeout=15, stdin=subprocess.DEVNULL, capture_output=True)
    remove_folder(remove)
