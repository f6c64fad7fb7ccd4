"""Packed files: gzip, bzip2 and Zstandard, whole and in blocks, told by their first bytes and bounded in size."""

from __future__ import annotations

import bz2
import io
import os
import zlib
from collections.abc import Iterator
from typing import IO, Literal

from opsconsole.tables.reading.piece import NotReadyError

Packing = Literal["gzip", "bzip2", "Zstandard"]

MOST = 4 << 30
"""Bytes that a packed file may unpack to, on a machine with eight times as much memory (see `most`)."""

ENDINGS: dict[str, Packing] = {
    ".gz": "gzip",
    ".gzip": "gzip",
    ".bz2": "bzip2",
    ".zst": "Zstandard",
    ".zstd": "Zstandard",
}
_MAGIC: dict[bytes, Packing] = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "Zstandard"}
_BLOCK = 1 << 16


def packing_of(path: str) -> Packing | None:
    """The packing that a file's name tells."""
    return ENDINGS.get(os.path.splitext(path.lower())[1])


def inner(path: str) -> str:
    """The name of what is inside, in lower case: that of the file itself where it is not packed."""
    base, ending = os.path.splitext(path.lower())
    return base if ending in ENDINGS else path.lower()


def found_in(head: bytes) -> Packing | None:
    """The packing that the first bytes of a file tell."""
    return next((packing for magic, packing in _MAGIC.items() if head.startswith(magic)), None)


def most() -> int:
    """Bytes that a packed file may unpack to here: `MOST`, or an eighth of the memory where that is less.

    A file of 4 MB can unpack to 4 GB: nobody's tables shall be lost to one.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as stream:
            memory = min(memory, int(stream.read()))
    except (OSError, ValueError):
        pass  # no such limit here
    return min(MOST, memory // 8)


def unpack(data: bytes, named: Packing, limit: int | None = None) -> tuple[bytes, str]:
    """What is in a packed file, and how it is packed in words. `limit` in bytes, else `most()`.

    A file that is not packed as its name says is taken as what it is. Raises NotReadyError where it has no end yet,
    is damaged, is no packed file and no text, or unpacks to more than the limit.
    """
    packing = found_in(data)
    if packing is None:
        if len(data) < 4 and any(magic.startswith(data) for magic in _MAGIC):
            raise NotReadyError(f"the {named} file has no end yet") if data else NotReadyError("empty")
        if b"\0" in data[:4096]:
            raise NotReadyError(f"not a {named} file, whatever its name says: it begins with {data[:4].hex(' ')}")
        return data, f"not packed, whatever its name says ({named})"
    limit = most() if limit is None else limit
    whole = io.BytesIO()
    for block in blocks(io.BytesIO(data), packing):
        if whole.tell() + len(block) > limit:
            raise NotReadyError(
                f"it unpacks to more than {limit / (1 << 30):.3g} GiB ({len(data):,} bytes packed): split it"
            )
        whole.write(block)
    return whole.getvalue(), packing if packing == named else f"{packing}, whatever its name says ({named})"


def blocks(stream: IO[bytes], packing: Packing) -> Iterator[bytes]:
    """The unpacked bytes of a file, piece by piece, of all members one after the other.

    Raises NotReadyError where it has no end yet or is damaged.
    """
    if packing == "gzip":
        yield from _gzip(stream)
    elif packing == "bzip2":
        yield from _bzip2(stream)
    else:
        yield from _zstandard(stream)


def _gzip(stream: IO[bytes]) -> Iterator[bytes]:
    member, open_ = zlib.decompressobj(wbits=31), False
    while data := stream.read(_BLOCK):
        while data:
            if not open_:
                data = data.lstrip(b"\0")  # padding between members and at the end
                open_ = bool(data)
            try:
                yield member.decompress(data)
            except zlib.error as error:
                raise NotReadyError(f"the gzip file is damaged: {error}") from error
            data = b""
            if member.eof:
                data, member, open_ = member.unused_data, zlib.decompressobj(wbits=31), False
    if open_:
        raise NotReadyError("the gzip file has no end yet")


def _bzip2(stream: IO[bytes]) -> Iterator[bytes]:
    member, open_ = bz2.BZ2Decompressor(), False
    while data := stream.read(_BLOCK):
        while data or not member.needs_input:
            open_ = True
            try:
                yield member.decompress(data, _BLOCK * 16)
            except (OSError, ValueError) as error:
                raise NotReadyError(f"the bzip2 file is damaged: {error}") from error
            data = b""
            if member.eof:
                data, member, open_ = member.unused_data, bz2.BZ2Decompressor(), False
    if open_:
        raise NotReadyError("the bzip2 file has no end yet")


def _zstandard(stream: IO[bytes]) -> Iterator[bytes]:
    import pyarrow as pa

    try:
        with pa.input_stream(pa.PythonFile(stream, "r"), compression="zstd") as unpacked:
            while block := unpacked.read(_BLOCK * 16):
                yield block
    except OSError as error:
        if "Truncated" in str(error):
            raise NotReadyError("the Zstandard file has no end yet") from error
        reason = str(error).removeprefix("ZSTD decompress failed: ")
        raise NotReadyError(f"the Zstandard file is damaged: {reason}") from error
