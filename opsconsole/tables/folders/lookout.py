"""What has changed in the folders of one source, and whether what is missing there is really gone.

A folder that cannot be listed says nothing about its files. Nor does an empty folder where a file system used to be
mounted: what vanishes together with the device that held it is kept.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from opsconsole.tables.folders.globs import Pattern, Walk, look, sweep
from opsconsole.tables.folders.shares import remote
from opsconsole.tables.intake import shown_path as shown
from opsconsole.tables.ledger import Entry, key_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HOT = 3600.0
"""Seconds after a change during which a file is looked at often."""
_SKEW = 300.0
_AGAIN = 20
"""So many of the folders that cannot be read are tried between full scans."""


@dataclass
class Sighting:
    """What was found: files that are new or other than the ledger has them, and files that are gone.

    `doubt`: something is missing or other than it was, and only a full scan can tell what that means.
    `cost`: CPU seconds.
    """

    changed: dict[str, os.stat_result] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    doubt: bool = False
    cost: float = 0.0


class Devices:
    """Which device each folder lies on: the topmost folders of each. Kept with the ledger, as memory over restarts."""

    def __init__(self, tops: Mapping[str, int]) -> None:
        self.tops = dict(tops)
        self.changed = False

    @classmethod
    def load(cls, cursor: DuckDBPyConnection) -> Devices:
        """What was saved last. Raises duckdb.Error."""
        rows = cursor.execute("SELECT value FROM _ops.meta WHERE key = 'devices'").fetchall()
        return cls(json.loads(rows[0][0]) if rows else {})

    def save(self, cursor: DuckDBPyConnection) -> None:
        """Keep what is known, where it changed. Raises duckdb.Error."""
        if self.changed:
            cursor.execute("BEGIN")
            cursor.execute("DELETE FROM _ops.meta WHERE key = 'devices'")
            cursor.execute("INSERT INTO _ops.meta VALUES ('devices', ?)", [json.dumps(self.tops)])
            cursor.execute("COMMIT")
            self.changed = False

    def of(self, folder: str) -> int | None:
        """The device that a folder was on when it was last seen in order; None: not known."""
        while folder not in self.tops:
            above = os.path.dirname(folder)
            if above == folder:
                return None
            folder = above
        return self.tops[folder]

    def note(self, folder: str, device: int) -> None:
        """A folder was seen in order."""
        if self.of(folder) != device:
            self.tops[folder] = device
            self.changed = True


class Lookout:
    """The folders of one source as they were last seen. `polled`: no events come, and stamps may be old (a share).

    `problems`: folders and files that cannot be read, and why. `missing`: base folders that are not there.
    `unmounted`: folders whose files are kept, though they cannot be seen, because their device is not there.
    """

    def __init__(self, patterns: Collection[Pattern], polled: bool) -> None:
        self._patterns = patterns
        self._bases = sorted({pattern.base for pattern in patterns})
        self._silent = polled
        self._polled = polled
        self._hot: dict[str, float] = {}
        self._folders: dict[str, tuple[int, int, int]] = {}
        self.problems: dict[str, str] = {}
        self.missing: list[str] = []
        self.unmounted: list[str] = []

    def survey(
        self, entries: Mapping[str, Entry], due: Collection[str], devices: Devices, stopping: Callable[[], bool]
    ) -> Sighting | None:
        """Look for every file; `due` are files to be looked at though nothing has changed. None: it was stopped."""
        started = time.thread_time()
        walk, found, seen, alive, now = Walk(), Sighting(), set[str](), set[str](), time.time()
        folder = ""
        for path, status in sweep(self._patterns, walk):
            seen.add(path)
            if not path.startswith(folder) or os.sep in path[len(folder) :]:  # files come folder by folder
                alive.add(os.path.dirname(path))
                folder = os.path.dirname(path).rstrip(os.sep) + os.sep
                if stopping():
                    return None
            entry = entries.get(path)
            if entry is None or entry.key != key_of(status) or path in due:
                found.changed[path] = status
                self._hot[path] = now + HOT
            elif -_SKEW < now - status.st_mtime < HOT and path not in self._hot:
                self._hot[path] = status.st_mtime + HOT
        lost = [path for path in entries if path not in seen]
        self._judge(lost, found, _Ground(walk, alive, devices))
        found.changed = dict(sorted(found.changed.items()))
        self._folders, self.problems = walk.folders, walk.problems
        known = [*self.unmounted, *walk.problems]
        self.missing = [base for base in self._bases if not os.path.isdir(base) and not _above(base, known)]
        self._polled = self._silent or remote(self._bases)
        found.cost = time.thread_time() - started
        return found

    def _judge(self, lost: Iterable[str], found: Sighting, ground: _Ground) -> None:
        """Which of the files that the walk did not come across are gone."""
        came = {(status.st_dev, status.st_ino) for status in found.changed.values()}
        for path in lost:
            if below(path, ground.walk.problems):
                continue
            status = look(path, ground.walk)  # a listing may miss a name while others are renamed beside it
            if status is not None and (status.st_dev, status.st_ino) not in came:
                found.changed[path] = status
            elif path not in ground.walk.problems and ground.lost(os.path.dirname(path)):
                found.gone.append(path)
                self._hot.pop(path, None)
        self.unmounted = sorted(ground.unmounted)
        ground.settle()

    def visit(self, paths: Iterable[str], entries: Mapping[str, Entry], devices: Devices) -> Sighting:
        """Look at these files now."""
        walk, found, now = Walk(), Sighting(), time.time()
        for path in paths:
            status = look(path, walk)
            if status is not None:
                found.changed[path] = status
                self._hot[path] = now + HOT
            elif path in walk.problems:
                found.doubt = True
            elif path in entries:
                if _stands(os.path.dirname(path), devices):
                    found.gone.append(path)
                    self._hot.pop(path, None)
                else:
                    found.doubt = True
        found.changed = dict(sorted(found.changed.items()))
        return found

    def glance(self, entries: Mapping[str, Entry]) -> Sighting:
        """Look at the files that changed lately: for writes that no event tells of."""
        started, now = time.thread_time(), time.time()
        found = Sighting()
        stat = _fresh if self._polled else os.stat
        for path, until in list(self._hot.items()):
            entry = entries.get(path)
            if until < now or entry is None:
                del self._hot[path]
                continue
            try:
                status = stat(path)
            except (FileNotFoundError, NotADirectoryError):
                found.doubt = True
                del self._hot[path]  # said once; the full scan takes it up again where it comes back
                continue
            except OSError:
                continue  # the next full scan says so
            if key_of(status) != entry.key:
                found.changed[path] = status
                self._hot[path] = now + HOT
        if self._polled:
            found.doubt = found.doubt or any(_changed(folder, was) for folder, was in self._folders.items())
        found.doubt = found.doubt or any(map(_listable, [*self.missing, *list(self.problems)[:_AGAIN]]))
        found.cost = time.thread_time() - started
        return found

    def trouble(self, root: Path) -> str:
        """In words: what cannot be read, and which folders are without their file system; empty: nothing."""
        said = [f"{shown(root, path)} cannot be read: {why}" for path, why in sorted(self.problems.items())]
        said += [f"the file system of {shown(root, path)} is not mounted: its rows are kept" for path in self.unmounted]
        return said[0] + (f" (and {len(said) - 1} more)" if len(said) > 1 else "") if said else ""

    def absent(self, root: Path) -> str:
        """In words: which folders are not there; empty: none."""
        if not self.missing:
            return ""
        listed = ", ".join(shown(root, folder) for folder in self.missing[:3])
        more = f" (and {len(self.missing) - 3} more)" if len(self.missing) > 3 else ""
        return (
            f"folder {listed} is not there{more}" if len(self.missing) == 1 else f"folders {listed} are not there{more}"
        )


class _Ground:
    """The folders of one scan, for the question whether a file that was not seen is gone."""

    def __init__(self, walk: Walk, alive: set[str], devices: Devices) -> None:
        self.walk = walk
        self.unmounted: set[str] = set()
        self._devices = devices
        self._alive = set(alive)
        for folder in alive:
            while folder != (folder := os.path.dirname(folder)) and folder not in self._alive:
                self._alive.add(folder)
        self._known: dict[str, bool] = {}

    def lost(self, folder: str) -> bool:
        """Whether a file that is not in this folder (or the folder is not there) is really gone."""
        if folder not in self._known:
            self._known[folder] = self._lost(folder)
        return self._known[folder]

    def _lost(self, folder: str) -> bool:
        standing, device = self._standing(folder)
        if not standing:
            return False
        was = self._devices.of(folder)
        if was is None or was == device or standing in self._alive:
            return True
        self.unmounted.add(folder)
        return False

    def _standing(self, folder: str) -> tuple[str, int]:
        """The nearest folder above that is there and can be listed, and its device; empty: the way is not clear."""
        if folder in self.walk.folders:
            return folder, self.walk.folders[folder][0]
        child = ""
        while True:
            try:
                names = os.listdir(folder)
                device = os.stat(folder).st_dev
            except OSError as error:
                self.walk.refused(folder, error)
                if folder in self.walk.problems:
                    return "", 0
                child, folder = os.path.basename(folder), os.path.dirname(folder)
                continue
            if child in names and os.path.islink(os.path.join(folder, child)):
                return "", 0  # a link to a folder that is not there now
            return folder, device

    def settle(self) -> None:
        """Remember the devices of all folders but those whose file system is not there."""
        for folder, (device, _, _) in sorted(self.walk.folders.items()):
            if folder in self._alive or not any(below(other, (folder,)) for other in self.unmounted):
                self._devices.note(folder, device)


def _stands(folder: str, devices: Devices) -> bool:
    """Whether a folder is there, on the device it always was on."""
    try:
        device = os.stat(folder).st_dev
    except OSError:
        return False
    return devices.of(folder) in (None, device)


def _listable(folder: str) -> bool:
    try:
        with os.scandir(folder):
            return True
    except OSError:
        return False


def _above(folder: str, others: Iterable[str]) -> bool:
    return any(below(other, (folder,)) or below(folder, (other,)) for other in others)


def _changed(folder: str, was: tuple[int, int, int]) -> bool:
    try:
        status = os.stat(folder)
    except OSError:
        return True
    return (status.st_dev, status.st_ino, status.st_mtime_ns) != was


def _fresh(path: str) -> os.stat_result:
    """Stat as the server has it: a network share's client shows stamps from its cache until a file is opened."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return os.fstat(fd)
    finally:
        os.close(fd)


def below(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of these folders or lies in one."""
    return any(path == folder or path.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)
