"""Lines of a file of any size around one of them: what lies before is counted in blocks, not decoded."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import IO

from opsconsole.tables.reading import decode, unpack
from opsconsole.tables.reading.cut import normal

BLOCK = 4 << 20
LONGEST = 4000
"""Characters of a line that are shown."""
_KEPT = LONGEST * 4
"""Bytes of a line that are kept: enough for the characters of any encoding."""


def around(stream: IO[bytes], encoding: str, line: int, reach: int) -> tuple[int, list[str]]:
    """The number of the first line, and the texts of the lines from `reach` before `line` to `reach` after it.

    Fewer where the file ends. LF, CRLF and a lone CR end a line. Packed files are unpacked on the way. Raises OSError,
    and NotReadyError for a packed file that is damaged.
    """
    first, last = max(1, line - reach), line + reach
    done = 0
    kept: list[bytes] | None = None
    for block in _whole(_utf8(_unpacked(stream), encoding)):
        if kept is None:
            ends = _ends(block)
            if done + ends < first - 1:
                done += ends
                continue
            pieces = normal(block).split(b"\n")[first - 1 - done :]
            kept = [piece[:_KEPT] for piece in pieces[: last - first + 2]]
        else:
            pieces = normal(block).split(b"\n", last - first + 2)
            if len(kept[-1]) < _KEPT:
                kept[-1] += pieces[0][: _KEPT - len(kept[-1])]
            kept += [piece[:_KEPT] for piece in pieces[1:]]
        if len(kept) > last - first + 1:
            break
    lines = kept or []
    if lines and not lines[-1] and len(lines) <= last - first + 1:
        lines.pop()  # what follows the last line end of the file is no line
    if lines and first == 1:
        lines[0] = lines[0].removeprefix(codecs.BOM_UTF8)
    return first, [_text(each, encoding) for each in lines[: last - first + 1]]


def _ends(block: bytes) -> int:
    """How many lines end in a block."""
    import numpy as np

    raw = np.frombuffer(block, np.uint8)
    feeds = int(np.count_nonzero(raw == 10))
    if b"\r" not in block:
        return feeds
    returns = raw == 13
    return feeds + int(np.count_nonzero(returns)) - int(np.count_nonzero(returns[:-1] & (raw[1:] == 10)))


def _unpacked(stream: IO[bytes]) -> Iterator[bytes]:
    head = stream.read(16)
    stream.seek(0)
    packing = unpack.found_in(head)
    if packing is not None:
        yield from unpack.blocks(stream, packing)
        return
    while block := stream.read(BLOCK):
        yield block


def _utf8(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Encodings whose line ends are not single bytes are transcoded; others are left for the lines that are shown."""
    if decode.plain(encoding):
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _whole(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut so that no CRLF lies in two blocks."""
    held = b""
    for block in blocks:
        block = held + block
        held = b"\r" if block.endswith(b"\r") else b""
        if len(block) > len(held):
            yield block[: len(block) - len(held)]
    if held:
        yield held


def _text(line: bytes, encoding: str) -> str:
    if not decode.plain(encoding):
        encoding = "utf-8"
    try:
        return line.decode("utf-8" if encoding == "ascii" else encoding)[:LONGEST]
    except UnicodeDecodeError as error:
        if encoding == "utf-8" and len(line) < _KEPT and error.start < len(line):
            return decode.to_utf8(line, decode.FALLBACK).decode("utf-8", "replace")[:LONGEST]
        return line.decode(encoding, "replace")[:LONGEST]
