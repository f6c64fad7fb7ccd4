"""A demo: a copy of a pack in a temporary folder, with a player that writes its data there.

The folder holds `site/` (the site folder, watched) and `state/` (what the engine keeps) side by side. Nothing heavy is
imported here: the player, which needs it, runs in a process of its own.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import yaml

from opsconsole.demo.packs import Pack, pack

PREFIX = "opsconsole-demo-"
_CLOCK = re.compile(r"^clock:.*$", re.MULTILINE)
_READY_WITHIN = 60.0


class DemoError(Exception):
    """A demo could not be prepared; the message is a sentence for a person."""


class Opening(NamedTuple):
    """Where a pack's replay begins and how fast it goes unless told otherwise."""

    moment: dt.datetime
    speed: float


# Of packs on the clock `data`, whose site file names neither: data that comes once a month is played in months.
_OPENINGS = {"emergency": Opening(dt.datetime(2018, 11, 1, tzinfo=ZoneInfo("Europe/London")), 86400.0)}


class Demo:
    """A running demo. `close` it, or let the player clear up when this process is gone."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.process = process

    @property
    def site_path(self) -> Path:
        """The site file to open a console on."""
        return self.folder / "site" / "site.yaml"

    def close(self) -> None:
        """End the player and remove the folder. The engine must have been stopped before. Raises OSError."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        remove_folder(self.folder)

    def __enter__(self) -> Demo:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def opening(of: Pack) -> Opening:
    """The start and speed that the pack's site file names, or those of its player where it has the clock `data`."""
    if of.name in _OPENINGS:
        return _OPENINGS[of.name]
    site = yaml.safe_load(of.site.read_text(encoding="utf-8"))
    moment = dt.datetime.fromisoformat(str(site["clock"]["start"]))
    return Opening(moment.replace(tzinfo=ZoneInfo(site["timezone"])), float(site["clock"]["speed"]))


def prepare(name: str, speed: float | None = None, seed: int = 1) -> Demo:
    """Copy a pack, start its player, and return when its history is written.

    `speed` is in site seconds per second; None means the pack's own. Raises UnknownPackError, DemoError, OSError.
    """
    found = pack(name)
    start = opening(found)
    speed = start.speed if speed is None else speed
    if not 0 < speed <= 100_000:
        raise DemoError(f"speed must be between 0 and 100000, not {speed:g}")
    folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    process: subprocess.Popen[bytes] | None = None
    try:
        site = folder / "site"
        _copy(found.layouts, site)
        since = time.time()
        _write_clock(site / "site.yaml", start, speed, since)
        process = _start_player(folder, site, found, speed, seed, since)
        _wait_ready(process, folder)
    except BaseException:
        # Whatever went wrong, Ctrl-C included: nothing stays behind.
        if process is not None:
            process.kill()
            process.wait()
        remove_folder(folder)
        raise
    return Demo(folder, process)


def _copy(source: Path, target: Path) -> None:
    """Copy a tree's contents but not its modes: an installed pack may be read-only, the copy must not be."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())


def _write_clock(site: Path, start: Opening, speed: float, since: float) -> None:
    """Give the copied site file the clock that engine and player share, and its state folder."""
    text = site.read_text(encoding="utf-8")
    moment = start.moment.strftime("%Y-%m-%d %H:%M")
    began = dt.datetime.fromtimestamp(since, dt.UTC).isoformat()
    clock = f'clock: {{mode: replay, speed: {speed:g}, start: "{moment}", since: "{began}"}}'
    if yaml.safe_load(text)["clock"] == "data":
        clock = "clock: data"
    text, count = _CLOCK.subn(f"{clock}\nstate: ../state", text, count=1)
    if not count:
        raise DemoError(f"{site}: no line `clock:` to fill in")
    site.write_text(text, encoding="utf-8")


def _start_player(folder: Path, site: Path, of: Pack, speed: float, seed: int, since: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "opsconsole.demo", "play", str(site), of.name]
    command += ["--speed", repr(speed), "--seed", str(seed), "--since", repr(since)]
    command += ["--owner", str(os.getpid()), "--remove", str(folder)]
    with (folder / "player.log").open("wb") as log:
        # A session of its own: Ctrl-C in the terminal is for the console.
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True, cwd="/"
        )


def _wait_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    assert process.stdout is not None
    with process.stdout as pipe:
        if not select.select([pipe], [], [], _READY_WITHIN)[0]:
            raise DemoError(f"the demo's data was not written within {_READY_WITHIN:.0f} s")
        said = pipe.readline()
    if said != b"ready\n":
        reason = (folder / "player.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise DemoError(f"the demo's player ended: {reason[-1] if reason else 'without a word'}")


def remove_folder(folder: Path, patience: float = 5.0) -> None:
    """Remove a folder in which somebody may still be writing. Raises OSError when it will not go."""
    end = time.monotonic() + patience
    while folder.exists():
        try:
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
