"""Records of which not all are UTF-8: the few bad ones are set aside, or those of another encoding are transcoded.

Text in an encoding of single bytes is practically never valid UTF-8 by chance. So records that are UTF-8 and hold more
than ASCII are counted against those that are not, in the first `WINDOW` bytes of a file; where they are as many or
more, the file is UTF-8 and the rest is noise. Where the window holds nothing but ASCII, the first other record decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from opsconsole.tables.reading import decode
from opsconsole.tables.reading.piece import RereadError, Seen
from opsconsole.tables.records import Reject

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOW = 16 << 20
"""Bytes of a file that decide between UTF-8 and the fallback. The first stretch of a file must not be shorter."""


class Mended(msgspec.Struct, frozen=True):
    """The text as UTF-8 with the places of its records, indexes of those that are not UTF-8, and what was counted."""

    body: bytes
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    bad: list[int]
    seen: Seen
    encoding: str


def is_utf8_wins(seen: Seen) -> bool:
    """Whether records that are not UTF-8 are noise."""
    return seen.sure or (seen.utf8 > 0 and seen.utf8 >= seen.other)


def mend(
    body: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], offset: int, seen: Seen, fallback: str
) -> Mended:
    """Make a body UTF-8 that begins at `offset` of its file. Raises RereadError when it turns the decision over."""
    import numpy as np

    shown = fallback if seen.other and not is_utf8_wins(seen) else "utf-8"
    if body.isascii():
        return Mended(body, starts, ends, [], seen, shown)
    if offset >= WINDOW and seen.utf8 and decode.valid(body):
        return Mended(body, starts, ends, [], seen, shown)
    beyond = marked(body, starts)
    bad = [] if decode.valid(body) else [i for i in beyond.tolist() if not decode.valid(body[starts[i] : ends[i]])]
    counted = _count(beyond, np.array(bad, np.int64), starts + offset, seen)
    if seen.other and offset and is_utf8_wins(counted) != is_utf8_wins(seen):
        raise RereadError("more of the file is UTF-8 than not, or the other way round")
    if not bad:
        return Mended(body, starts, ends, [], counted, shown)
    if is_utf8_wins(counted):
        return Mended(body, starts, ends, bad, counted, "utf-8")
    if not decode.plain(fallback):
        return Mended(body, starts, ends, bad, counted, fallback)
    body, starts, ends = transcode(body, starts, ends, bad, fallback)
    return Mended(body, starts, ends, [], counted, fallback)


def count_lines(data: bytes, offset: int, seen: Seen) -> Seen:
    """What is counted in text that is UTF-8 and has one record on each line."""
    import numpy as np

    if seen.sure or (offset >= WINDOW and (seen.utf8 or seen.other)):
        return seen
    end = data.find(b"\n", max(WINDOW - offset, 0)) + 1
    part = data[:end] if end and offset < WINDOW else data
    starts = np.concatenate([[0], np.flatnonzero(np.frombuffer(part, np.uint8) == 10)[:-1] + 1])
    beyond = marked(part, starts)
    return _count(beyond, beyond[:0], starts + offset, seen)


def marked(data: bytes, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Indexes of records with a byte beyond ASCII."""
    import numpy as np

    raw = np.frombuffer(data, np.uint8)
    return np.flatnonzero(np.maximum.reduceat(raw, starts) > 127).astype(np.int64) if len(starts) else starts


def _count(beyond: NDArray[np.int64], bad: NDArray[np.int64], places: NDArray[np.int64], seen: Seen) -> Seen:
    """Count the records within the window, or the first one behind it if it held none."""
    import numpy as np

    within = places[beyond] < WINDOW
    if seen.sure:
        return seen
    if not within.any():
        if seen.utf8 or seen.other or not len(beyond):
            return seen
        first_bad = bool(len(bad)) and int(bad[0]) == int(beyond[0])
        return msgspec.structs.replace(seen, utf8=int(not first_bad), other=int(first_bad))
    other = int(np.count_nonzero(places[bad] < WINDOW)) if len(bad) else 0
    utf8 = int(np.count_nonzero(within)) - other
    return msgspec.structs.replace(seen, utf8=seen.utf8 + utf8, other=seen.other + other)


def transcode(
    body: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], bad: list[int], encoding: str
) -> tuple[bytes, NDArray[np.int64], NDArray[np.int64]]:
    """Transcode the records that are not UTF-8, and move the places of those behind them."""
    import numpy as np

    parts = []
    grown = np.zeros(len(starts), np.int64)
    at = 0
    for index in bad:
        start, end = int(starts[index]), int(ends[index])
        text = decode.to_utf8(body[start:end], encoding)
        parts += [body[at:start], text]
        grown[index] = len(text) - (end - start)
        at = end
    moved = np.cumsum(grown)
    return b"".join([*parts, body[at:]]), starts + moved - grown, ends + moved


def reason(raw: bytes) -> str:
    """Why a record is set aside."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start + 1} of the record"
    return "not UTF-8"


def rejects(body: bytes, mended: Mended, lines: NDArray[np.int64]) -> list[Reject]:
    """The records that are not UTF-8, with their bytes shown as `\\xNN`."""
    found = []
    for index in mended.bad:
        raw = body[mended.starts[index] : mended.ends[index]]
        found.append(Reject(int(lines[index]), "", reason(raw), raw.decode("utf-8", "backslashreplace")))
    return found
