"""A file of the site changed by a person on screen: only from the very text they saw, and all of it or nothing.

Whoever changes a file reads it here, with its digest, and gives both back with the new text. A file that others have
changed meanwhile is left alone, and told with the first line that differs.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import OrderedDict
from itertools import zip_longest
from pathlib import Path

_REMEMBERED = 8


class ChangedError(Exception):
    """The file is not what it was when the person saw it; one sentence with the place."""


class SiteEdit:
    """Reads and replaces files of the site. Used by one thread at a time."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, bytes] = OrderedDict()

    def read(self, path: Path) -> tuple[bytes, str]:
        """What is in a file, and its digest. Raises OSError."""
        data = path.read_bytes()
        found = digest(data)
        self._seen[found] = data
        self._seen.move_to_end(found)
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return data, found

    def expect(self, path: Path, wanted: str) -> bytes:
        """What is in a file that must still be as it was. Raises ChangedError, OSError."""
        before = self._seen.get(wanted)
        data, found = self.read(path)
        if found == wanted:
            return data
        line = f":{_first_change(before, data)}" if before is not None else ""
        raise ChangedError(f"{path.name}{line} has changed meanwhile, and nothing is written: look at it and try again")

    @contextlib.contextmanager
    def replacing(self, path: Path, data: bytes):  # type: ignore[no-untyped-def]
        """Have a file replaced by other bytes when the block ends, and only if it ends well. Raises OSError.

        Owner and mode stay; what a symbolic link leads to is replaced, not the link.
        """
        real = path.resolve()
        known = real.stat()
        fresh = real.with_name(f".{real.name}.{os.getpid()}.tmp")
        try:
            with fresh.open("xb") as file:
                os.fchmod(file.fileno(), known.st_mode & 0o7777)
                with contextlib.suppress(PermissionError):  # only root may give a file away
                    os.fchown(file.fileno(), known.st_uid, known.st_gid)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield
            os.replace(fresh, real)
        finally:
            fresh.unlink(missing_ok=True)

    @contextlib.contextmanager
    def making(self, path: Path, data: bytes):  # type: ignore[no-untyped-def]
        """Have a new file when the block ends, and only if it ends well. Raises OSError, also where there is one."""
        path.parent.mkdir(exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with fresh.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield
            os.link(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)


def digest(data: bytes) -> str:
    """What tells one content of a file from another."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _first_change(before: bytes, after: bytes) -> int:
    """The first line that differs (1-based)."""
    pairs = zip_longest(before.splitlines(), after.splitlines())
    return next((number for number, (one, other) in enumerate(pairs, 1) if one != other), 1)
