"""The pages of a table that are at hand: those around the cursor, of one version of the rows, a bounded number.

Rows are named by their number in the order that is looked at. A page is had whole or not at all, so that what is drawn
is a row's own cells or a placeholder, never another row's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from opsconsole.engine.messages import Answer, Ask
from opsconsole.engine.table_messages import AskPage, IndexState, SortBy, TableOf, TablePage

SIZE = 200
MOST = 12
"""So many pages are held: what was left behind longest goes first."""


class Held(Struct, frozen=True):
    """A row at hand. `values` has the cells in the order of the page's columns; `raw` the text of those that did not
    fit their column. `key` names the row whatever comes in before it: its file and line, else what is in it.
    """

    number: int
    key: str
    values: tuple[Any, ...]
    file: str
    line: int
    raw: dict[int, str]


class Pages:
    """The pages of one table in one order. `ask` answers None where there is no answer, having said why."""

    def __init__(
        self,
        ask: Callable[[Ask], Awaitable[Answer | None]],
        of: TableOf,
        sort: tuple[SortBy, ...],
        order: str,
        version: int | None = None,
    ) -> None:
        self.of = of
        self.sort = sort
        self.order = order
        self.version = version
        self.first: TablePage | None = None
        self.total: int | None = None
        self.all: int | None = None
        self.index = IndexState()
        self.newest = True
        self.misfits = 0
        self._ask = ask
        self._pages: dict[int, list[Held]] = {}
        self._used: dict[int, int] = {}
        self._clock = 0

    # --- what is at hand ---

    def row(self, number: int) -> Held | None:
        """A row, if its page is at hand."""
        rows = self._pages.get(number // SIZE)
        at = number % SIZE
        return rows[at] if rows is not None and at < len(rows) else None

    def at_hand(self) -> list[Held]:
        """All rows at hand, in order."""
        return [row for number in sorted(self._pages) for row in self._pages[number]]

    def find(self, key: str) -> Held | None:
        """The row with that key, if it is at hand."""
        return next((row for rows in self._pages.values() for row in rows if row.key == key), None)

    @property
    def reachable(self) -> int:
        """How many rows can be gone to: all, or those of the first page while nothing else is there."""
        if self.only_first:
            return len(self._pages.get(0, ()))
        if self.total is not None:
            return self.total
        most = max(self._pages, default=-1)
        known = most * SIZE + len(self._pages[most]) if most >= 0 else 0
        # there is more: the row after the last one known has a placeholder until its page comes
        return known + 1 if most >= 0 and len(self._pages[most]) == SIZE else known

    @property
    def settled(self) -> bool:
        """Whether all rows can be gone to, and are counted."""
        return self.index.state != "building" and self.total is not None

    @property
    def only_first(self) -> bool:
        """Whether an index that is not there yet, or was given up, keeps all but the first page away."""
        return self.index.state in ("building", "cancelled", "failed")

    @property
    def held(self) -> int:
        """How many pages are at hand."""
        return len(self._pages)

    # --- fetching ---

    def missing(self, low: int, high: int) -> list[int]:
        """The numbers of the pages between two rows that are not at hand and can be had; nearest to `low` first."""
        last = max(0, self.reachable - 1)
        low, high = max(0, min(low, last)), max(0, min(high, last))
        wanted = range(low // SIZE, high // SIZE + 1)
        for number in wanted:
            if number in self._pages:
                self._clock += 1
                self._used[number] = self._clock
        return [number for number in wanted if number not in self._pages]

    async def fetch(self, number: int) -> TablePage | None:
        """Have a page at hand; None where there was no answer. It may be of another version: look at that first."""
        answer = await self._ask(self.asking(number))
        if not isinstance(answer, TablePage):
            return None
        fits = answer.first is None or answer.first == number * SIZE or not answer.files
        if fits and (self.version is None or answer.version == self.version):
            self.take(number, answer)
        return answer

    def asking(self, number: int) -> AskPage:
        """The question for a page."""
        return AskPage(
            self.of,
            self.sort,
            "file" if self.order == "file" else "time",
            row=number * SIZE,
            limit=SIZE,
            version=self.version,
        )

    def take(self, number: int, page: TablePage) -> None:
        """Hold a page, and drop what was used longest ago where there are too many."""
        if self.first is None:
            self.first = page
        self.version = page.version
        self.total = page.total if page.total is not None else self.total
        self.all = page.all if page.all is not None else self.all
        self.newest = page.newest
        if self.index.state not in ("ready", "cancelled", "failed"):
            self.index = page.index
        self.misfits += len(page.misfits) if number not in self._pages else 0
        self._pages[number] = held_rows(number * SIZE, page)
        self._clock += 1
        self._used[number] = self._clock
        while len(self._pages) > MOST:
            oldest = min((each for each in self._pages if each != number), key=lambda each: self._used[each])
            del self._pages[oldest]


def held_rows(start: int, page: TablePage) -> list[Held]:
    """The rows of a page, the first with the number `start`."""
    raw: dict[int, dict[int, str]] = {}
    for misfit in page.misfits:
        raw.setdefault(misfit.row, {})[misfit.column] = misfit.raw
    out: list[Held] = []
    seen: set[str] = set()
    places = zip(page.files, page.lines, strict=True)
    for at, (values, (file, line)) in enumerate(zip(zip(*page.data, strict=True), places, strict=True)):
        key = f"{file}:{line}" if file else "=" + "\t".join(map(repr, values))
        while key in seen:
            # rows that are equal, or of one line, are told apart within their page
            key += "'"
        seen.add(key)
        out.append(Held(start + at, key, values, file, line, raw.get(at, {})))
    return out
