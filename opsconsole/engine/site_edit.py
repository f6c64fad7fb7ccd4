"""A file of the site changed by a person on screen: only from the very text they saw, and all of it or nothing.

Whoever changes a file reads it here, with its digest, and gives both back with the new text. A file that others have
changed meanwhile is left alone, and told with the first line that differs.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
from collections import OrderedDict
from collections.abc import Iterator
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
        with _beside(real, data, real.stat()) as fresh:
            yield
            os.replace(fresh, real)
            _lasting(real.parent)

    @contextlib.contextmanager
    def making(self, path: Path, data: bytes):  # type: ignore[no-untyped-def]
        """Have a new file when the block ends, and only if it ends well. Raises OSError, also where there is one."""
        path.parent.mkdir(exist_ok=True)
        with _beside(path, data, None) as fresh:
            yield
            try:
                os.link(fresh, path)  # unlike a rename, a link never replaces
            except FileExistsError:
                raise
            except OSError:  # a file system without links
                if path.exists():
                    raise FileExistsError(errno.EEXIST, "it has come meanwhile", str(path)) from None
                os.rename(fresh, path)
            _lasting(path.parent)


@contextlib.contextmanager
def _beside(path: Path, data: bytes, like: os.stat_result | None) -> Iterator[Path]:
    """A file on the disk beside another, with the mode and as far as may be the owner of one; gone in the end."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with fresh.open("xb") as file:
            if like is not None:
                _owned(file.fileno(), like)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)


def _owned(handle: int, like: os.stat_result) -> None:
    """Only root may give a file away, but whoever is in a group may give it to that."""
    for owner in (like.st_uid, -1):
        with contextlib.suppress(PermissionError):
            os.fchown(handle, owner, like.st_gid)
            break
    os.fchmod(handle, like.st_mode & 0o7777)


def _lasting(folder: Path) -> None:
    """Have a new name outlast a loss of power, where the file system can say so."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def digest(data: bytes) -> str:
    """What tells one content of a file from another."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _first_change(before: bytes, after: bytes) -> int:
    """The first line that differs (1-based)."""
    pairs = zip_longest(before.splitlines(), after.splitlines())
    return next((number for number, (one, other) in enumerate(pairs, 1) if one != other), 1)
