"""Fingerprints of what was taken from a file: they, and never the inode alone, say that a file is still the same."""

from __future__ import annotations

import hashlib
import os

WHOLE = 4 << 20
"""Up to so many bytes the whole prefix is hashed; above, its head, its tail and samples between."""
_BLOCK = 64 << 10
_SAMPLES = 16


def of_bytes(data: bytes) -> str:
    """Fingerprint of a prefix that is at hand in full; `data` is at most `WHOLE` bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def of_file(fd: int, end: int, full: bool = False) -> str:
    """Fingerprint of the bytes [0, end) of an open file, of all of them if `full`. Raises OSError."""
    if end <= WHOLE:
        return of_bytes(read_at(fd, 0, end))
    if full:
        digest = hashlib.blake2b(digest_size=16)
        for start in range(0, end, WHOLE):
            digest.update(read_at(fd, start, min(WHOLE, end - start)))
        return digest.hexdigest()
    digest = hashlib.blake2b(str(end).encode(), digest_size=16)
    step = (end - _BLOCK) // (_SAMPLES + 1)
    for index in range(_SAMPLES + 2):
        digest.update(read_at(fd, min(index * step, end - _BLOCK), _BLOCK))
    digest.update(read_at(fd, end - _BLOCK, _BLOCK))
    return digest.hexdigest()


def read_at(fd: int, start: int, size: int) -> bytes:
    """Up to `size` bytes from `start`; fewer only at the end of the file. Raises OSError."""
    pieces = []
    while size > 0:
        piece = os.pread(fd, min(size, 16 << 20), start)
        if not piece:
            break
        pieces.append(piece)
        start += len(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
