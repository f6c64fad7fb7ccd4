"""Quarantine written out, all of it: asked for by pages, so that neither side holds more than one. For clients."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TextIO

from msgspec.structs import replace

from opsconsole.engine.messages import Answer, Ask, AskQuarantine, Failure, Quarantine, Quarantined

PAGE = 20_000
COLUMNS = ("source", "file", "line", "column", "reason", "raw")


class QuarantineError(Exception):
    """The engine did not give what was asked for; its sentence."""


async def records(
    ask: Callable[[Ask], Awaitable[Answer]], wanted: AskQuarantine, limit: int | None = None
) -> AsyncIterator[Quarantined]:
    """All that was set aside and matches, newest first, or the first `limit`. Raises QuarantineError."""
    after, left = None, limit
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        answer = await ask(replace(wanted, after=after, limit=size, grouped=False))
        if not isinstance(answer, Quarantine):
            raise QuarantineError(answer.message if isinstance(answer, Failure) else "not an answer")
        for record in answer.records:
            yield record
        after = answer.next
        if after is None:
            return
        left = None if left is None else left - len(answer.records)


async def write_csv(found: AsyncIterator[Quarantined], out: TextIO) -> int:
    """Write records as CSV with a header; how many. Raises OSError, and what `records` raises.

    What was set aside is raw text of unknown origin, and CSV is opened with spreadsheets: every text that one would
    run as a formula gets a leading apostrophe. JSON has the text as it lay in the file.
    """
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    async for record in found:
        writer.writerow([no_formula(getattr(record, name)) for name in COLUMNS])
        count += 1
    return count


def no_formula(cell: object) -> object:
    """A cell as a spreadsheet will show it and not run it."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
