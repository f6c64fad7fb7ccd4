"""The pages of a table that are at hand: those around the cursor, of one version of the rows, a bounded number.

Rows are named by their number in the order that is looked at. A page is had whole or not at all, so that what is drawn
is a row's own cells or a placeholder, never another row's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.engine.messages import Answer, Ask
from opsconsole.engine.table_messages import AskPage, IndexState, SortBy, TableOf, TablePage

SIZE = 200
MOST = 12
"""So many pages are held: what was left behind longest goes first."""
Fetched = Literal["taken", "moved", "later", "failed"]


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
        self._links: dict[int, tuple[list[Any] | None, list[Any] | None]] = {}
        self._moved: tuple[int, TablePage] | None = None
        self._later = False
        self._clock = 0

    # --- what is at hand ---

    def row(self, number: int) -> Held | None:
        """A row, if its page is at hand."""
        rows = self._pages.get(number // SIZE)
        at = number % SIZE
        return rows[at] if rows is not None and at < len(rows) else None

    def page(self, number: int) -> list[Held]:
        """The rows of a page at hand."""
        return self._pages.get(number, [])

    def at_hand(self) -> list[Held]:
        """All rows at hand, in order."""
        return [row for number in sorted(self._pages) for row in self._pages[number]]

    def find(self, key: str) -> Held | None:
        """The row with that key, if it is at hand."""
        return next((row for rows in self._pages.values() for row in rows if row.key == key), None)

    @property
    def reachable(self) -> int:
        """How many rows can be gone to: all, or those of the first page where there is no more of this order."""
        if self.only_first:
            return min(SIZE, self.total) if self.total is not None else len(self._pages.get(0, ()))
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
        """Whether an index that was given up keeps all but the first page away."""
        return self.index.state in ("cancelled", "failed")

    @property
    def keyed(self) -> bool:
        """Whether the rows stand by their keys, so that a page beside another is the same whatever has come in."""
        return not self.sort and self.of.group is None and not self.of.result

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
        if self._later:
            return []
        return [number for number in wanted if number not in self._pages]

    async def fetch(self, number: int) -> Fetched:
        """Have a page at hand.

        "moved": the rows as they were cannot be had any more; the page is kept for `begin_anew`. "later": not before
        their index is there.
        """
        body = self.asking(number)
        answer = await self._ask(body)
        if not isinstance(answer, TablePage):
            return "failed"
        if answer.index.state == "building" and number and answer.first != number * SIZE:
            self.index, self._later = answer.index, True
            return "later"
        if body.row is None and (len(answer.files) == SIZE or (number and answer.next is None)):
            # beside a page that is at hand: whatever has come in, it is the page that belongs there
            self.take(number, answer)
            return "taken"
        if self.version is None or answer.version == self.version:
            if answer.first not in (None, number * SIZE) and answer.files:
                self.total = answer.total if answer.total is not None else self.total
                return self._keep(number, answer)
            self.take(number, answer)
            return "taken"
        return self._keep(number, answer)

    def _keep(self, number: int, answer: TablePage) -> Fetched:
        fits = answer.first in (None, number * SIZE) or not answer.files
        self._moved = (number, answer) if fits else None
        return "moved"

    def begin_anew(self) -> bool:
        """Hold only the page that came last, of the rows as they are now; False where it is not the one asked for."""
        if self._moved is None:
            return False
        number, page = self._moved
        self._moved, self._pages, self._used, self._links = None, {}, {}, {}
        self.version, self.first, self.total, self.index = None, None, page.total, page.index
        self.take(number, page)
        return True

    def ready(self, index: IndexState, total: int | None) -> None:
        """How far the index is by now."""
        self.index = index
        self.total = total if total is not None else self.total
        self._later = self._later and index.state == "building"

    def counted(self, page: TablePage) -> None:
        """The count of the rows, which was under way."""
        self.total = page.total if page.total is not None else self.total
        self.all = page.all if page.all is not None else self.all

    def asking(self, number: int) -> AskPage:
        """The question for a page: beside one that is at hand, else by the number of its first row."""
        order: Literal["time", "file"] = "file" if self.order == "file" else "time"
        body = AskPage(self.of, self.sort, order, limit=SIZE, version=self.version)
        above, below = self._links.get(number - 1), self._links.get(number + 1)
        if self.keyed and number - 1 in self._pages and above is not None and above[1] is not None:
            return replace(body, after=above[1])
        if self.keyed and number + 1 in self._pages and below is not None and below[0] is not None:
            return replace(body, before=below[0])
        return replace(body, row=number * SIZE)

    def take(self, number: int, page: TablePage) -> None:
        """Hold a page, and drop what was used longest ago where there are too many."""
        if self.first is None or not number:
            self.first = page
        if self.version is None:
            self.version = page.version
        if page.version == self.version:
            self.counted(page)
            self.newest = page.newest
            if not self.only_first:
                self.index = page.index
        else:
            self.newest = False
        self.misfits += len(page.misfits) if number not in self._pages else 0
        self._pages[number] = held_rows(number * SIZE, page)
        self._links[number] = (page.previous, page.next)
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
