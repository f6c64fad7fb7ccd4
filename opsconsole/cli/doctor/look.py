"""Gathers what the checks need: asks the terminal, the system, the engine. Nothing is judged here."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from opsconsole.cli.doctor.asking import background
from opsconsole.cli.doctor.machine import Inotify
from opsconsole.cli.doctor.place import Answer, Disk
from opsconsole.cli.doctor.terminal import Seen
from opsconsole.engine.client import Client, EngineGoneError, RefusedError
from opsconsole.engine.place import Place, PlaceError

_TOLD = ("NO_COLOR", "COLORTERM", "TMUX", "STY", "SSH_CONNECTION")
_PATIENCE = 5.0
_SHARES = ("nfs", "cifs", "smb", "fuse.sshfs", "9p", "ceph", "afs", "gluster", "lustre")


def terminal() -> Seen:
    """The terminal that this runs on; asks it for its background."""
    tty = sys.stdin.isatty() and sys.stdout.isatty()
    term = os.environ.get("TERM", "")
    size = os.get_terminal_size(sys.stdout.fileno()) if tty else os.terminal_size((80, 24))
    return Seen(
        tty=tty,
        term=term,
        columns=size.columns,
        lines=size.lines,
        encoding=sys.stdout.encoding or "ascii",
        locale=next((os.environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if os.environ.get(name)), ""),
        environ={name: os.environ[name] for name in _TOLD if name in os.environ},
        background=background() if tty and term not in ("", "dumb") else "",
        tmux=_tmux() if os.environ.get("TMUX") else None,
        known=_known(term),
    )


def _known(term: str) -> bool:
    """Whether terminfo knows a terminal; true where nothing can be said."""
    try:
        import curses
    except ImportError:
        return True
    try:
        curses.setupterm(term, fd=2)
    except curses.error:
        return False
    return True


def _tmux() -> dict[str, str] | None:
    try:
        ran = subprocess.run(["tmux", "show", "-gA"], capture_output=True, text=True, timeout=2.0, check=False)
        server = subprocess.run(["tmux", "show", "-sA"], capture_output=True, text=True, timeout=2.0, check=False)
        window = subprocess.run(["tmux", "show", "-gwA"], capture_output=True, text=True, timeout=2.0, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = {}
    for line in (ran.stdout + server.stdout + window.stdout).splitlines():
        name, _, value = line.partition(" ")
        found[name.rstrip("*")] = value.strip()
    return found or None


def versions(names: list[str]) -> dict[str, str | None]:
    """The installed versions, without loading anything."""
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def needs() -> tuple[list[str], str]:
    """What this program wants, as its metadata says: libraries, and Python."""
    try:
        about = metadata.metadata("opsconsole")
    except metadata.PackageNotFoundError:
        return [], ""
    return about.get_all("Requires-Dist") or [], "".join(about.get_all("Requires-Python") or [])


def available_memory() -> int | None:
    """Bytes, where the system tells."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def inotify() -> Inotify | None:
    """The limits, and how much of them this person's programs use."""
    base = Path("/proc/sys/fs/inotify")
    try:
        watches = int((base / "max_user_watches").read_text())
        instances = int((base / "max_user_instances").read_text())
    except (OSError, ValueError):
        return None
    used = [_inotify_of(each) for each in Path("/proc").iterdir() if each.name.isdecimal()]
    return Inotify(watches, instances, sum(each[0] for each in used), sum(each[1] for each in used))


def _inotify_of(process: Path) -> tuple[int, int]:
    """Watches and instances of one of this person's processes; none of one that is another's, or has gone."""
    watches = instances = 0
    try:
        if process.stat().st_uid != os.getuid():
            return 0, 0
        for file in (process / "fd").iterdir():
            if os.readlink(file) == "anon_inode:inotify":
                instances += 1
                watches += (process / "fdinfo" / file.name).read_text().count("inotify wd:")
    except OSError:
        return watches, instances
    return watches, instances


def trouble_writing(place: Place) -> str:
    """Why the state folder cannot be written, empty where it can; one that is not there yet is not made."""
    if place.state.exists():
        try:
            place.make()
        except PlaceError as error:
            return str(error)
        return ""
    there = next(each for each in place.state.parents if each.exists())
    if os.access(there, os.W_OK | os.X_OK):
        return ""
    return f"{place.state} cannot be made: {there} cannot be written; name another with `state:` or XDG_STATE_HOME"


def disk(folder: Path) -> Disk | None:
    """The volume that a folder lies on, or will lie on."""
    there = next((each for each in (folder, *folder.parents) if each.exists()), None)
    if there is None:
        return None
    try:
        volume = os.statvfs(there)
        tables = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()) if folder.exists() else 0
    except OSError:
        return None
    kind, mount = _mount(there)
    return Disk(kind, mount, volume.f_bavail * volume.f_frsize, tables, kind.startswith(_SHARES))


def _mount(folder: Path) -> tuple[str, str]:
    """File system and mount point."""
    real = str(folder.resolve())
    best = ("", "")
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return best
    for line in lines:
        before, _, after = line.partition(" - ")
        point = before.split(" ")[4].replace("\\040", " ")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best[1]):
            best = (after.split(" ", 1)[0], point)
    return best


def held(place: Place) -> int:
    """The pid of who holds the lock of a place; 0: nobody."""
    try:
        with place.lock.open("r") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = lock.read().strip()
                return int(text) if text.isdecimal() else -1
    except OSError:
        return 0
    return 0


def engine(place: Place) -> Answer:
    """What the engine answers, if there is one."""
    holder = held(place)

    async def call() -> Answer:
        client = await asyncio.wait_for(Client.connect(place), _PATIENCE)
        found = client.welcome
        await client.close()
        return Answer(found.version, found.pid, found.user, found.role, held=bool(holder))

    try:
        return asyncio.run(call())
    except EngineGoneError:
        trouble = "an engine holds the lock but does not answer" if holder else ""
    except TimeoutError:
        trouble = f"the engine does not answer within {_PATIENCE:g} s"
    except RefusedError as error:
        trouble = str(error)
    return Answer(pid=max(0, holder), trouble=trouble, held=bool(holder))


def facts(place: Place) -> dict[str, Any] | str:
    """What a process with the tables' libraries finds in the folders (`opsconsole.engine.facts`), or why it cannot."""
    command = [sys.executable, "-m", "opsconsole.engine", "facts", str(place.site)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8", errors="replace")
    if ran.returncode == 0:
        found: dict[str, Any] = json.loads(ran.stdout)
        return found
    said = (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]
    return said.removeprefix("opsconsole: ")


def modes(place: Place) -> dict[str, int]:
    """Permissions of the site file, and of the state folder with what lies in it."""
    found: dict[str, int] = {}
    if not place.draft and place.site.exists():
        found[str(place.site)] = place.site.stat().st_mode
    if place.state.exists():
        found[str(place.state)] = place.state.stat().st_mode
    return found
