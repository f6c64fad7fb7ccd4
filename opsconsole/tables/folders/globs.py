"""Which files a source has: expansion of its patterns, and the test of one path against them."""

from __future__ import annotations

import errno
import fnmatch
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from opsconsole.tables.names import ignored

_MAGIC = re.compile(r"[*?\[]")
_GONE = {errno.ENOENT, errno.ENOTDIR}
_REGULAR = 0o100000
_KIND = 0o170000
_Test = Callable[[str], object]
_Enter = Callable[["os.DirEntry[str]"], bool]


class Walk:
    """What an expansion came across besides files.

    `problems`: folders and files that cannot be read, with the reason: nothing is known of what lies below them.
    `folders`: device, inode and time of change (ns) of every folder that was listed to its end.
    """

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}
        self.folders: dict[str, tuple[int, int, int]] = {}

    def refused(self, path: str, error: OSError) -> None:
        """Note what the system says about a path; that it is not there is no trouble."""
        if error.errno not in _GONE:
            self.problems[path] = error.strerror or str(error)


class Pattern:
    """One glob of a source, absolute: `base` is the folder above its first wildcard, `parts` what comes below it."""

    def __init__(self, root: Path, text: str) -> None:
        full = os.path.normpath(os.path.join(root, os.path.expanduser(text)))
        if os.path.isdir(full):
            full = os.path.join(full, "*")
        pieces = full.split(os.sep)
        first = next((i for i, piece in enumerate(pieces) if _MAGIC.search(piece)), len(pieces) - 1)
        self.base = os.sep.join(pieces[:first]) or os.sep
        self.parts = pieces[first:]
        self._tests = [_test(part) for part in self.parts]

    @property
    def deep(self) -> bool:
        """Whether files may lie below the base folder's own level."""
        return len(self.parts) > 1

    def matches(self, path: str) -> bool:
        """Whether a path belongs to this pattern and is not one that is never taken."""
        prefix = self.base if self.base.endswith(os.sep) else self.base + os.sep
        if not path.startswith(prefix) or ignored(path):
            return False
        return self._match(path[len(prefix) :].split(os.sep), 0)

    def touches(self, folder: str) -> bool:
        """Whether files of this pattern may lie in a folder, or below it."""
        base, inner = self.base.rstrip(os.sep) + os.sep, folder.rstrip(os.sep) + os.sep
        if base.startswith(inner):
            return True
        if not inner.startswith(base):
            return False
        names = inner[len(base) : -1].split(os.sep)
        for at, name in enumerate(names):
            if self.parts[at] == "**":
                return not any(other.startswith(".") for other in names[at:])
            if at + 1 == len(self.parts) or _hidden(name, self.parts[at]) or not self._tests[at](name):
                return False
        return True

    def _match(self, names: list[str], at: int) -> bool:
        """Whether these names, from the base down, are what the parts from `at` on ask for."""
        while True:
            if at == len(self.parts):
                return not names
            if self.parts[at] == "**":
                if at + 1 == len(self.parts):
                    return not any(name.startswith(".") for name in names[:-1])
                return any(
                    self._match(names[skip:], at + 1)
                    for skip in range(len(names))
                    if not any(name.startswith(".") for name in names[:skip])
                )
            if not names or (len(self.parts) - at > 1 and _hidden(names[0], self.parts[at])):
                return False
            if not self._tests[at](names[0]):
                return False
            names, at = names[1:], at + 1

    def files(self, walk: Walk) -> Iterator[tuple[str, os.stat_result]]:
        """All files of the pattern with their stat, in no order; a path may come twice. Deep trees are no trouble."""
        todo = [(self.base, 0)]
        last = len(self.parts) - 1
        while todo:
            folder, at = todo.pop()
            part = self.parts[at]
            if part == "**":
                if at < last - 1:
                    todo.append((folder, at + 1))
                wanted = None if at < last - 1 else self._tests[last]
                yield from _listing(folder, wanted, _plain, todo, at, walk)
            elif _MAGIC.search(part):
                wanted, enter = (self._tests[at], None) if at == last else (None, _folders(part, self._tests[at]))
                yield from _listing(folder, wanted, enter, todo, at + 1, walk)
            elif at < last:
                todo.append((os.path.join(folder, part), at + 1))
            else:
                path = os.path.join(folder, part)
                status = None if ignored(path) else look(path, walk)
                if status is not None:
                    yield path, status


def _test(part: str) -> _Test:
    return re.compile(fnmatch.translate(part)).match


def _hidden(name: str, part: str) -> bool:
    return name.startswith(".") and not part.startswith(".")


def _plain(entry: os.DirEntry[str]) -> bool:
    """A folder that `**` and `*` enter: links may lead in circles, and hidden ones are somebody's own business."""
    return not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)


def _folders(part: str, test: _Test) -> _Enter:
    if part == "*":
        return _plain
    return lambda entry: bool(test(entry.name)) and not _hidden(entry.name, part) and entry.is_dir()


def _listing(
    folder: str,
    wanted: _Test | None,
    enter: _Enter | None,
    todo: list[tuple[str, int]],
    then: int,
    walk: Walk,
) -> Iterator[tuple[str, os.stat_result]]:
    """The regular files of a folder whose names pass `wanted`; folders that `enter` accepts are put `todo`."""
    try:
        before = os.stat(folder)  # before the listing: what changes during it must show the next time
        with os.scandir(folder) as entries:
            for entry in entries:
                if enter is not None and enter(entry):
                    todo.append((entry.path, then))
                elif wanted is not None and wanted(entry.name) and not ignored(entry.name):
                    if entry.is_dir(follow_symlinks=False):
                        continue  # told by the listing itself, without a stat
                    status = look(entry, walk)
                    if status is not None:
                        yield entry.path, status
    except OSError as error:
        walk.refused(folder, error)
        return
    walk.folders[folder] = before.st_dev, before.st_ino, before.st_mtime_ns


def look(path: str | os.DirEntry[str], walk: Walk) -> os.stat_result | None:
    """Stat of a regular file, or None where there is none; other trouble is noted in `walk`."""
    try:
        status = os.stat(path) if isinstance(path, str) else path.stat()
    except OSError as error:
        if error.errno != errno.ELOOP:
            walk.refused(os.fspath(path), error)
        return None
    return status if (status.st_mode & _KIND) == _REGULAR else None


def sweep(patterns: Iterable[Pattern], walk: Walk) -> Iterator[tuple[str, os.stat_result]]:
    """All files of a source, in no order; a file that several patterns name comes several times."""
    for pattern in patterns:
        yield from pattern.files(walk)


def expand(patterns: Iterable[Pattern], problems: dict[str, str]) -> dict[str, os.stat_result]:
    """All files of a source by path, in its order. Folders that cannot be read are put into `problems`."""
    walk = Walk()
    found = dict(sweep(patterns, walk))
    problems |= walk.problems
    return dict(sorted(found.items()))
