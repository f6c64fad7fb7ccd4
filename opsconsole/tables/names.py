"""Names: SQL identifiers, clean column names, and files that are never taken."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable

IGNORED = ("~$*", ".*", "*.tmp", "*.part", "*.swp", "*.crdownload", ".~lock*")
_IGNORED = re.compile("|".join(map(fnmatch.translate, IGNORED))).match
HASH = "_keyhash"
"""A column of keyed tables that nobody is shown."""
RESERVED = frozenset({"_file", "_line", "_time", HASH})


def ident(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def ignored(path: str) -> bool:
    """Lock files, temporary and hidden files: a writer's own business."""
    return _IGNORED(path.rpartition(os.sep)[2]) is not None


def clean(names: Iterable[str | None]) -> list[str]:
    """Column names as the table has them: trimmed, never empty, unique whatever their case, never a reserved one."""
    taken = set(RESERVED)
    result = []
    for position, raw in enumerate(names, 1):
        base = " ".join((raw or "").replace("\0", "").split()) or f"column_{position}"
        name, count = base, 1
        while name.lower() in taken:
            count += 1
            name = f"{base}_{count}"
        taken.add(name.lower())
        result.append(name)
    return result


def shown(path: str) -> str:
    """A path as valid text: bytes that are not UTF-8 become `\\xNN`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
