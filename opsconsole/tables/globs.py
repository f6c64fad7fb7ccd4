"""Which files a source has: expansion of its patterns, and the test of one path against them."""

from __future__ import annotations

import errno
import fnmatch
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from opsconsole.tables.names import ignored

_MAGIC = re.compile(r"[*?\[]")
_GONE = {errno.ENOENT, errno.ENOTDIR}


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

    @property
    def deep(self) -> bool:
        """Whether files may lie below the base folder's own level."""
        return len(self.parts) > 1

    def matches(self, path: str) -> bool:
        """Whether a path belongs to this pattern and is not one that is never taken."""
        prefix = self.base if self.base.endswith(os.sep) else self.base + os.sep
        if not path.startswith(prefix) or ignored(path):
            return False
        return _match(path[len(prefix) :].split(os.sep), self.parts)

    def files(self, problems: dict[str, str]) -> Iterator[tuple[str, os.stat_result]]:
        """All files of the pattern with their stat. Folders that cannot be read are put into `problems`."""
        yield from _walk(self.base, self.parts, problems)


def _match(names: list[str], parts: list[str]) -> bool:
    if not parts:
        return not names
    if parts[0] == "**":
        if _match(names, parts[1:] or ["*"]):
            return True
        return len(names) > 1 and not names[0].startswith(".") and _match(names[1:], parts)
    if not names or (len(parts) > 1 and _hidden(names[0], parts[0])):
        return False
    return fnmatch.fnmatchcase(names[0], parts[0]) and _match(names[1:], parts[1:])


def _hidden(name: str, part: str) -> bool:
    return name.startswith(".") and not part.startswith(".")


def _walk(folder: str, parts: list[str], problems: dict[str, str]) -> Iterator[tuple[str, os.stat_result]]:
    part, rest = parts[0], parts[1:]
    if part == "**":
        yield from _walk(folder, rest or ["*"], problems)
        for name in _entries(folder, problems, folders=True):
            yield from _walk(os.path.join(folder, name), parts, problems)
        return
    names = _entries(folder, problems, folders=bool(rest), part=part) if _MAGIC.search(part) else [part]
    for name in names:
        path = os.path.join(folder, name)
        if rest:
            yield from _walk(path, rest, problems)
            continue
        if ignored(path):
            continue
        status = look(path, problems)
        if status is not None:
            yield path, status


def _entries(folder: str, problems: dict[str, str], folders: bool, part: str = "*") -> list[str]:
    try:
        with os.scandir(folder) as entries:
            if folders:
                deep = part == "*"  # `**` never follows links: they may lead in circles
                found = [
                    e.name
                    for e in entries
                    if fnmatch.fnmatchcase(e.name, part)
                    and not _hidden(e.name, part)
                    and e.is_dir(follow_symlinks=not deep)
                ]
            else:
                found = [e.name for e in entries if fnmatch.fnmatchcase(e.name, part)]
    except OSError as error:
        if error.errno not in _GONE:
            problems[folder] = error.strerror or str(error)
        return []
    return sorted(found)


def look(path: str, problems: dict[str, str]) -> os.stat_result | None:
    """Stat of a regular file, or None where there is none; other trouble goes into `problems`."""
    try:
        status = os.stat(path)
    except OSError as error:
        if error.errno not in _GONE and error.errno != errno.ELOOP:
            problems[path] = error.strerror or str(error)
        return None
    return status if (status.st_mode & 0o170000) == 0o100000 else None


def expand(patterns: Iterable[Pattern], problems: dict[str, str]) -> dict[str, os.stat_result]:
    """All files of a source, each once however many patterns name it, in the order of their paths."""
    found: dict[str, os.stat_result] = {}
    for pattern in patterns:
        for path, status in pattern.files(problems):
            found.setdefault(path, status)
    return dict(sorted(found.items()))
