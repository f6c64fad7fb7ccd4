"""What stands below a gap: a title, or the header of another table that was put into the same file.

A gap is a blank line, a record without a filled field, or one of a single field. Behind it, a record that says words
in all columns that hold numbers or times is the header of a table that has nothing to do with the first one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from opsconsole.tables.reading import layout
from opsconsole.tables.reading.piece import Seen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TITLE = "a title, not a record"
FOREIGN = "a record of another table, whose header is on line {}"


def gaps(data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], lines: NDArray[np.int64]) -> set[int]:
    """Indexes of records behind blank lines, but for the first one."""
    import numpy as np

    found = set()
    for index in (np.flatnonzero(np.diff(lines) > 1) + 1).tolist():
        above = data[starts[index - 1] : ends[index - 1]]
        inner = above.count(b"\n") + above.count(b"\r") - above.count(b"\r\n")
        if lines[index] - lines[index - 1] > inner + 1:
            found.add(index)
    return found


def open_end(data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], before: bool) -> bool:
    """Whether a text ends with a blank line, so that a gap is open at its end."""
    if not len(starts):
        return before or bool(data)
    rest = data[ends[-1] :]
    return rest.count(b"\n") + rest.count(b"\r") - rest.count(b"\r\n") > 1


def is_foreign(row: Sequence[str], seen: Seen) -> bool:
    """Whether a row behind a gap is the header of another table."""
    texts = [cell.strip() for cell in row]
    named = [text for text in texts if text]
    if len(named) < 2 or len(set(named)) < len(named) or not seen.typed:
        return False
    if any(texts[place] and not layout.is_word(texts[place]) for place in range(len(texts))):
        return False
    typed = [place for place in seen.typed if place < len(texts) and texts[place]]
    return len(typed) >= min(2, len(texts) - 1) and len(named) * 2 > len(texts)


def is_title(row: Sequence[str]) -> bool:
    """Whether a row behind a gap holds a text in its first cell and nothing else."""
    return len(row) > 2 and bool(row[0].strip()) and not any(cell.strip() for cell in row[1:])
