"""Where the content of a file went that no longer begins with what was taken from it.

A log that is rotated keeps its old content under another name beside it: renamed (`machine.log` to `machine.log.1`),
copied and then truncated (copytruncate), or packed. A file that is written anew (through a temporary file, or in place)
leaves no such copy: it is a new version, and its rows take the place of the old ones. Content decides, never the inode
alone, and a name only says where to look: beside the file, under names that begin alike.
"""

from __future__ import annotations

import fnmatch
import gzip
import os
import tempfile
import zlib
from collections.abc import Callable

from opsconsole.tables import fingerprint
from opsconsole.tables.ledger import Entry

_MOST = 20
"""Files beside it that are looked into, the newest first."""
_PACKED_MOST = 256 << 20
"""Bytes that are unpacked to compare."""
_COPIES = ("*~", "*.bak", ".*", "*.tmp", "*.part", "*.swp")
"""An editor's safety copies and half-written files: no rotation."""


def elsewhere(entry: Entry, belongs: Callable[[str], bool], full: bool = False) -> str | None:
    """The path beside a file that now holds what was taken from it, None if there is none.

    `belongs` tells files of the source itself: they are taken on their own, so they do not count. A folder or a file
    that cannot be read holds nothing, as far as can be told.
    """
    if not entry.offset or not entry.prefix:
        return None
    for path, status in _beside(entry, belongs):
        try:
            if _holds(path, status, entry, full):
                return path
        except (OSError, EOFError, zlib.error):
            continue
    return None


def _beside(entry: Entry, belongs: Callable[[str], bool]) -> list[tuple[str, os.stat_result]]:
    folder, base = os.path.split(entry.path)
    stem = base.split(".", 1)[0] or base
    found = []
    try:
        with os.scandir(folder) as names:
            for each in names:
                if each.name == base or any(fnmatch.fnmatchcase(each.name, pattern) for pattern in _COPIES):
                    continue
                if not each.name.startswith(stem) and each.inode() != entry.ino:
                    continue
                if each.is_file(follow_symlinks=False) and not belongs(each.path):
                    found.append((each.path, each.stat(follow_symlinks=False)))
    except OSError:
        return []
    return sorted(found, key=lambda item: -item[1].st_mtime_ns)[:_MOST]


def _holds(path: str, status: os.stat_result, entry: Entry, full: bool) -> bool:
    if path.endswith(".gz") and not entry.path.endswith(".gz"):
        return _packed(path, entry, full)
    if status.st_size < entry.offset:
        return False
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return fingerprint.of_file(fd, entry.offset, full) == entry.prefix
    finally:
        os.close(fd)


def _packed(path: str, entry: Entry, full: bool) -> bool:
    if entry.offset > _PACKED_MOST:
        return False
    with gzip.open(path, "rb") as stream, tempfile.TemporaryFile() as plain:
        left = entry.offset
        while left:
            data = stream.read(min(left, 1 << 20))
            if not data:
                return False
            plain.write(data)
            left -= len(data)
        plain.flush()
        return fingerprint.of_file(plain.fileno(), entry.offset, full) == entry.prefix
