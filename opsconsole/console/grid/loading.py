"""How the pages of a table come and are looked for anew: one question at a time, the most wanted first.

The cursor stands on a row, named by its key: where rows come in or the order changes, it is looked for among what has
come. What is shown is exchanged whole, so that the rows, their numbers and the cursor always fit each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.grid.columns import Column, Columns, plain
from opsconsole.console.grid.marks import Marked, Marks
from opsconsole.console.grid.pages import SIZE, Held, Pages
from opsconsole.console.grid.shape import AS_IT_IS, Shape
from opsconsole.console.link import LinkError
from opsconsole.console.text import inert
from opsconsole.engine.messages import Answer, Ask, Failure
from opsconsole.engine.table_messages import AskIndex, Index, TableOf, TablePage

if TYPE_CHECKING:
    from opsconsole.console.grid.aside import Aside

AGAIN = 0.2
"""Seconds after which is asked again how far an index is, or what the rows have been counted to."""


class Loading:
    """The part of a `Grid` that asks."""

    def __init__(
        self,
        ctx: Context,
        base: TableOf,
        shape: Shape = AS_IT_IS,
        at: Callable[[Shape], Address] | None = None,
        changed: Callable[[Shape], None] = lambda _: None,
        title: str = "Rows",
    ) -> None:
        self.ctx = ctx
        self.base = base
        self.shape = shape
        self.floor = shape
        self.at = at
        self.title = title
        self.pages: Pages | None = None
        self.columns = Columns("UTC")
        self.index = 0
        self.top = 0
        self.left = 0
        self.height = 1
        self.key: str | None = None
        self.column = ""
        self.marks = Marks()
        self.aside: Aside | None = None
        self.newer = False
        self.trouble = ""
        self.progress = ""
        self.searched = ""
        self.names: list[str] = []
        self._changed = changed
        self._fresh: Pages | None = None
        self._anchor: tuple[int, str | None] = (0, None)
        self._places: dict[Shape, tuple[int, str | None]] = {}
        self._back_to: Shape | None = None
        self._run = 0
        self._busy = False
        self._stuck = False
        self._again = False
        self._down = True
        self._mark: Any = None

    @property
    def current(self) -> Held | None:
        """The row under the cursor; None while its page is on its way, or where there is none."""
        return self.pages.row(self.index) if self.pages is not None else None

    @property
    def rows(self) -> int:
        """How many rows can be gone to."""
        return self.pages.reachable if self.pages is not None else 0

    @property
    def source(self) -> str:
        """The source whose rows they are."""
        return self.pages.first.source if self.pages is not None and self.pages.first is not None else ""

    # --- asking ---

    async def ask(self, body: Ask) -> Answer | None:
        """An answer; None with `trouble` set where there is none."""
        try:
            answer = await self.ctx.ask(body)
        except LinkError as error:
            self.trouble = str(error)
            return None
        if isinstance(answer, Failure):
            self.trouble = answer.message
            return None
        return answer

    async def load(self) -> None:
        """Ask anew, by the rows known now; the cursor stays on its row."""
        self._anchor = (self.index, self.key) if self.pages is not None else self._places.get(self.shape, (0, None))
        await self._renew()

    async def _renew(self) -> None:
        self._run += 1
        run, self._stuck = self._run, False
        # what comes in from now on is not in what is asked for
        self._mark = self._state_of_rows()
        fresh = Pages(self.ask, self.shape.of(self.base), self.shape.sort, self.shape.order)
        got = await fresh.fetch(0)
        if run != self._run:
            return
        if got == "failed":
            self._refused()
            return
        self._back_to, self.trouble = None, ""
        other = self.pages is None or (self.pages.of, self.pages.sort, self.pages.order) != (
            fresh.of, fresh.sort, fresh.order,
        )  # fmt: skip
        if other and (self._anchor[0] == 0 or not fresh.settled):
            # what is there is shown, wherever the cursor is to go
            self._swap(fresh, 0)
        self._fresh = fresh
        await self._land(run)

    def _refused(self) -> None:
        """The engine does not show it so: as it was before, with the reason."""
        back, self._back_to = self._back_to, None
        if back is None or self.pages is None:
            self._stuck = True
            return
        self.ctx.say(inert(self.trouble), "warning")
        self.trouble = ""
        self.shape = back
        self._changed(back)

    async def _land(self, run: int) -> None:
        """Show the pages that were asked for anew, with the cursor on its row, once they can be gone through."""
        fresh, (number, key) = self._fresh, self._anchor
        if fresh is None:
            return
        if number >= SIZE and not (fresh.settled and fresh.row(0)):
            # it is asked again by `reach`
            return
        found = await self._find(fresh, number, key)
        if run == self._run and self._fresh is fresh:
            self._fresh = None
            if self.pages is not fresh or found != self.index:
                self._swap(fresh, found)
            if key is not None and self.key != key:
                self.ctx.say("the row under the cursor is not among them any more")

    async def _find(self, fresh: Pages, number: int, key: str | None) -> int:
        """The number that a row has now; where it was if it has gone."""
        grown = 0
        if self.pages is not None and fresh.total is not None and self.pages.total is not None:
            grown = fresh.total - self.pages.total if self.pages.of == fresh.of else 0
        if key is None:
            return min(number, max(0, fresh.reachable - 1))
        found = fresh.find(key)
        guesses = dict.fromkeys(
            max(0, min(each, fresh.reachable - 1)) // SIZE + step
            for step in (0, 1, -1)
            for each in ((number + grown, number) if fresh.reachable else ())
        )
        for page in guesses:
            if found is not None:
                break
            if fresh.missing(page * SIZE, page * SIZE) == [page] and await fresh.fetch(page) == "moved":
                fresh.begin_anew()
            found = fresh.find(key)
        return found.number if found is not None else max(0, min(number, fresh.reachable - 1))

    def _swap(self, pages: Pages, index: int) -> None:
        first = pages.first
        assert first is not None
        placed = self.shape.group is None and (any(first.files) or not first.files) and not self.base.result
        self.columns = self.columns if self.columns.all else Columns(self.ctx.model.timezone)
        self.columns.take(first.columns, first.types, pages.at_hand()[:500], placed, most=3 if self.shape.group else 6)
        if self.shape.group is None:
            self.names = list(first.columns)
        self.top += index - self.index
        self.pages, self.index, self.newer = pages, index, not pages.newest
        self._arrived()

    def _arrived(self) -> None:
        """Rows have become known."""
        row = self.current
        self.key = row.key if row is not None else self.key if self.rows else None
        self.scroll()
        self._stretch()

    def reach(self) -> None:
        """Have what is in sight, and what will be, asked for: one question at a time, the most wanted first."""
        pages, waiting = self.pages, self._fresh
        if pages is None or self._busy or self._stuck:
            return
        if self._again and self._following():
            self._start(self._follow())
            return
        unsettled = next((each for each in (waiting, pages) if each is not None and not each.settled), None)
        wanted = self._wanted(pages)
        if wanted:
            self._start(self._fetch(pages, wanted[0]))
        elif unsettled is not None:
            self._start(self._settle(unsettled))

    def _start(self, work: Any) -> None:
        self._busy = True
        self.ctx.spawn(work)

    def _wanted(self, pages: Pages) -> list[int]:
        low, high = self.top, self.top + self.height - 1
        near = pages.missing(low, high)
        if near:
            return near
        for number in self.marks.wanted(self.index):
            if ranged := pages.missing(number, number):
                return ranged
        ahead = pages.missing(high, high + 2 * self.height) if self._down else []
        return ahead or pages.missing(low - 2 * self.height, low)

    async def _fetch(self, pages: Pages, number: int) -> None:
        try:
            got = await pages.fetch(number)
        finally:
            self._busy = False
        if self.pages is not pages:
            return
        if got == "failed":
            self._stuck = True
        elif got == "moved" and (self.key is not None or not pages.begin_anew()):
            # the rows as they were cannot be had any more: the one under the cursor is looked for
            await self.load()
        elif got != "later":
            self.newer = self.newer or not pages.newest
            self.columns.widen(pages.page(number))
            self._arrived()

    async def _settle(self, pages: Pages) -> None:
        """How far the index is, or the count of the rows."""
        try:
            await asyncio.sleep(AGAIN)
            if pages not in (self.pages, self._fresh):
                return
            if pages.index.state == "building":
                answer = await self.ask(AskIndex(pages.of, pages.sort, pages.version or 0))
                if isinstance(answer, Index) and pages.index.state == "building":
                    pages.ready(answer.state, answer.total)
            else:
                answer = await self.ask(replace(pages.asking(0), row=0, after=None, before=None))
                if isinstance(answer, TablePage):
                    self._counted(pages, answer)
        finally:
            self._busy = False
        if answer is None:
            self._stuck = True
        elif pages is self._fresh and pages.settled:
            await self._land(self._run)

    def _counted(self, pages: Pages, page: TablePage) -> None:
        """The first page again: with the count of the rows, or the groups that were not there before."""
        if pages.row(0) is None and (page.files or page.total is not None):
            pages.take(0, page)
            if pages is self.pages:
                self._swap(pages, self.index)
        elif pages.of.group is not None:
            pages.ready(page.index, page.total)
        pages.counted(page)

    def building(self) -> Pages | None:
        """The pages whose index is being built."""
        return next((each for each in (self._fresh, self.pages) if each and each.index.state == "building"), None)

    async def _cancel(self, pages: Pages) -> None:
        answer = await self.ask(AskIndex(pages.of, pages.sort, pages.version or 0, cancel=True))
        if isinstance(answer, Index):
            pages.ready(replace(answer.state, state="cancelled"), answer.total)
        if pages is self._fresh:
            self._fresh = None
        self.index = min(self.index, max(0, self.rows - 1))
        self._arrived()

    # --- what comes in ---

    def update(self, topics: set[str]) -> None:
        """Rows may have come in: a cursor on the newest row goes with them, any other one stays and is told."""
        self._stuck = False
        if self.base.at is not None or self._run == 0 or not topics & {"data", "sources"}:
            return
        # a screen that is come back to takes all there is: what came in meanwhile is told by the state of the source
        if self._state_of_rows() == self._mark if self._mark is not None else "data" not in topics:
            return
        if not self._following():
            self.newer = True
        elif self._busy:
            self._again = True
        else:
            self._start(self._follow())

    def _following(self) -> bool:
        """Whether the cursor goes with the newest row: it is on it, and nothing else is. So it is in an empty table."""
        newest_first = not self.shape.sort and self.shape.order == "time" and self.shape.group is None
        return not self.rows or (newest_first and self.index == 0 and not self.marks and self.aside is None)

    async def _follow(self) -> None:
        self._again, self._anchor = False, (0, None)
        try:
            await self._renew()
        finally:
            self._busy = False

    def _state_of_rows(self) -> Any:
        """What differs once rows of this table have come or gone; None: anything may have."""
        state = self.ctx.model.sources.get(self.base.source or self.source)
        if state is None or state.made_of:
            return None
        return state.records, state.rows, state.taken, state.expired

    # --- once rows have come ---

    def scroll(self) -> None:
        """Have the cursor in sight."""
        self.top = max(self.index - self.height + 1, min(self.top, self.index))
        self.top = max(0, min(self.top, self.rows - self.height))

    def told(self) -> str:
        """How far the index is, and what one can do about it."""
        pages = self.building() or self.pages
        if pages is None:
            return ""
        state = pages.index
        if state.state == "building":
            return f"ordering all rows, {state.fraction:.0%}; Esc gives it up"
        why = f" ({inert(state.why)})" if state.why else ""
        return f"ordering them was given up{why}; r does it again" if pages.only_first else ""

    def _marked(self, row: Held) -> Marked:
        return Marked(row.number, {each.name: self.copied(each, row) for each in self.columns.all})

    def _stretch(self) -> None:
        if self.marks.begin is None or self.pages is None:
            return
        found = ((number, self.pages.row(number)) for number in self.marks.span(self.index))
        self.marks.stretch(self.index, ((n, row.key, self._marked(row)) for n, row in found if row is not None))

    def copied(self, column: Column, row: Held) -> str:
        """A cell as it is copied: whole, moments by the site's clocks."""
        raw = column.raw(row)
        if raw is not None:
            return raw
        value = column.value(row)
        return self.columns.shown(column, value) if isinstance(value, str) else plain(value)
