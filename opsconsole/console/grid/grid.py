"""A table of any size that a screen or a panel can hold: what is looked at, where the cursor is, what is asked for.

It holds the pages around its cursor and asks for others as it is moved. The cursor stands on a row, named by its key:
where rows come in or the order changes, it is looked for anew. `draw` is in `opsconsole.console.grid.drawing`.
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
from opsconsole.console.text import Line, inert
from opsconsole.engine.messages import Answer, Ask, Failure
from opsconsole.engine.table_messages import AskIndex, AskPage, ColumnFilter, Index, TableOf, TablePage
from opsconsole.site.builtin import BUILT_IN

if TYPE_CHECKING:
    from opsconsole.console.grid.aside import Aside

AGAIN = 0.2
"""Seconds after which is asked again how far an index is, or what the rows have been counted to."""


class Grid:
    """A table. `at` gives the address that shows it in a shape, where there is one; `changed` is told of each shape.

    Errors of the engine are in `trouble`, one sentence.
    """

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

    # --- what is under the cursor ---

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

    def shown(self) -> list[Column]:
        """The columns that are shown, in order."""
        return [self.columns.by_name[name] for name in self.shape.shown([each.name for each in self.columns.all])]

    @property
    def here(self) -> Column | None:
        """The column under the cursor."""
        shown = self.shown()
        return next((column for column in shown if column.name == self.column), shown[0] if shown else None)

    def target(self) -> Address | None:
        """What Enter leads to: the rows of a group, the line of a row, the source of what has no line."""
        row = self.current
        if row is None:
            return None
        group = self.shape.group
        if group is not None:
            return self._inside(row) if self.at is not None else None
        if self.source in BUILT_IN:
            named = self.columns.by_name.get("source")
            return Address("source", name=str(named.value(row))) if named is not None else None
        if row.file:
            return Address("line", name=self.source, by=row.file, line=row.line)
        return Address("source", name=self.source) if self.source else None

    def _inside(self, row: Held) -> Address:
        """The rows of a group."""
        assert self.shape.group is not None
        assert self.at is not None
        members = [self.condition(self.columns.by_name[name], row) for name in self.shape.group.by]
        inside = Shape(self.shape.words, self.shape.filters, self.shape.expression, order=self.shape.order)
        return self.at(inside.with_filters(*members))

    def condition(self, column: Column, row: Held, wanted: bool = True) -> ColumnFilter:
        """That a column has what a row has there, or has it not."""
        value = column.value(row)
        if value is None:
            return ColumnFilter(column.name, "empty" if wanted else "filled")
        return ColumnFilter(column.name, "is" if wanted else "not", plain(value))

    def copied(self, column: Column, row: Held) -> str:
        """A cell as it is copied: whole, moments by the site's clocks."""
        raw = column.raw(row)
        if raw is not None:
            return raw
        value = column.value(row)
        return self.columns.shown(column, value) if isinstance(value, str) else plain(value)

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
        first = await fresh.fetch(0)
        if run != self._run:
            return
        if first is None:
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
        if number >= SIZE and not fresh.settled:
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
            if fresh.missing(page * SIZE, page * SIZE) == [page]:
                await fresh.fetch(page)
            found = fresh.find(key)
        return found.number if found is not None else max(0, min(number, fresh.reachable - 1))

    def _swap(self, pages: Pages, index: int) -> None:
        first = pages.first
        assert first is not None
        placed = self.shape.group is None and (any(first.files) or not first.files) and not self.base.result
        self.columns = self.columns if self.columns.all else Columns(self.ctx.model.timezone)
        self.columns.take(first.columns, first.types, pages.at_hand()[:500], placed)
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
            answer = await pages.fetch(number)
        finally:
            self._busy = False
        if self.pages is not pages:
            return
        if answer is None:
            self._stuck = True
        elif answer.version != pages.version:
            # the rows as they were cannot be had any more
            await self.load()
        else:
            self.newer = self.newer or not answer.newest
            self.columns.widen(pages.at_hand()[-SIZE:] if self._down else pages.at_hand()[:SIZE])
            self._arrived()

    async def _settle(self, pages: Pages) -> None:
        """How far the index is, or the count of the rows."""
        try:
            await asyncio.sleep(AGAIN)
            if pages not in (self.pages, self._fresh):
                return
            if pages.index.state == "building":
                answer = await self.ask(AskIndex(pages.of, pages.sort, pages.version or 0))
                if isinstance(answer, Index):
                    pages.index = answer.state
                    pages.total = answer.total if answer.total is not None else pages.total
            else:
                answer = await pages.fetch(0)
        finally:
            self._busy = False
        if answer is None:
            self._stuck = True
        elif isinstance(answer, TablePage) and answer.version != pages.version:
            await self.load()
        elif pages is self._fresh and pages.settled:
            await self._land(self._run)

    def building(self) -> Pages | None:
        """The pages whose index is being built."""
        return next((each for each in (self._fresh, self.pages) if each and each.index.state == "building"), None)

    async def _cancel(self, pages: Pages) -> None:
        answer = await self.ask(AskIndex(pages.of, pages.sort, pages.version or 0, cancel=True))
        if isinstance(answer, Index):
            pages.index = answer.state
        if pages is self._fresh and pages is not self.pages:
            self._fresh = None

    # --- what comes in ---

    def update(self, topics: set[str]) -> None:
        """Rows may have come in: a cursor on the newest row goes with them, any other one stays and is told."""
        self._stuck = False
        if "data" not in topics or self.base.at is not None or self._run == 0:
            return
        if self._mark is not None and self._state_of_rows() == self._mark:
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
        return state.records, state.rows, state.taken, state.last_arrival, state.expired

    # --- moving ---

    def goto(self, index: int) -> None:
        """Put the cursor on a row by its number, whether it is at hand or not."""
        self._stuck = False
        if self.pages is None:
            return
        if self._fresh is self.pages:
            # where it was to go is overtaken
            self._fresh = None
        target = max(0, min(index, self.rows - 1))
        if index > target and self.pages.only_first and target == self.index:
            self.ctx.say(f"only the first {len(self.pages.at_hand())} rows of this order are there: {self.told()}")
        self._down = target >= self.index
        self.index = target
        self.key = None
        self._arrived()
        self.reach()

    def move(self, dx: int, dy: int) -> None:
        """Arrows."""
        if dy:
            self.goto(self.index + dy)
        if dx and (here := self.here) is not None:
            shown = self.shown()
            self.column = shown[max(0, min(shown.index(here) + dx, len(shown) - 1))].name

    def hit(self, step: int) -> bool:
        """Go to the next or previous row at hand that has the words last looked for; False without one."""
        if self.pages is None:
            return False
        words = self.searched.casefold().split()

        def matches(row: Held) -> bool:
            text = " ".join(self.columns.text(each, row) for each in self.columns.all).casefold()
            return all((word[1:] not in text) if len(word) > 1 and word[0] == "!" else word in text for word in words)

        numbers = [row.number for row in self.pages.at_hand() if row.number != self.index]
        after = sorted(numbers, key=lambda number: ((number < self.index) == (step > 0), step * number))
        found = next((number for number in after if (row := self.pages.row(number)) is not None and matches(row)), None)
        if found is not None:
            self.goto(found)
        return found is not None

    async def jump(self, moment: float) -> None:
        """Go to the first row of a moment, in the order that is looked at."""
        pages = self.pages
        if pages is None:
            return
        body = AskPage(pages.of, pages.sort, pages.asking(0).order, moment=moment, limit=SIZE, version=pages.version)
        answer = await self.ask(body)
        if not isinstance(answer, TablePage):
            self.ctx.say(inert(self.trouble), "warning")
            self.trouble = ""
        elif answer.first is None or not answer.files:
            self.ctx.say("no row there" if not answer.files else "that row has no number in this order yet")
        elif self.pages is pages:
            self.goto(answer.first)

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

    def scroll(self) -> None:
        """Have the cursor in sight."""
        self.top = max(self.index - self.height + 1, min(self.top, self.index))
        self.top = max(0, min(self.top, self.rows - self.height))

    # --- shapes ---

    def set_shape(self, shape: Shape) -> None:
        """Look at it otherwise; where the engine refuses, it is as before and the reason is said."""
        before = self.shape
        if shape == before:
            return
        self.aside = None
        self.shape = shape
        self._changed(shape)
        if shape.same_rows(before):
            return
        if shape.group != before.group:
            self.marks.clear()
        self.marks.end()
        self._places[before] = (self.index, self.key)
        self._back_to = self._back_to or before
        self._anchor = self._places.get(shape, (0, None))
        self.ctx.spawn(self._renew())

    def pop(self) -> bool:
        """Esc: close what is open beside, give up an index, take off the last filter, the marks, or the groups."""
        if self.aside is not None:
            self.aside = None
            return True
        building = self.building()
        if building is not None:
            self.ctx.spawn(self._cancel(building))
            return True
        without = self.shape.without(self.floor)
        if without is not None:
            self.set_shape(without)
            return True
        if self.marks:
            self.marks.clear()
            return True
        if self.shape.group != self.floor.group:
            self.set_shape(self.shape.grouped(self.floor.group))
            return True
        return False

    # --- marks ---

    def _marked(self, row: Held) -> Marked:
        return Marked(row.number, {each.name: self.copied(each, row) for each in self.columns.all})

    def mark(self) -> None:
        """Mark or unmark the row under the cursor, and step on; ends a range."""
        row = self.current
        if self.marks.begin is not None:
            self.marks.end()
        elif row is not None:
            self.marks.toggle(row.key, self._marked(row))
            self.move(0, 1)

    def mark_range(self) -> bool:
        """Begin to mark from the cursor on, wherever it goes; or end that. Whether it has begun."""
        if self.marks.begin is not None or self.current is None:
            self.marks.end()
            return False
        self.marks.start(self.index)
        self._stretch()
        return True

    def _stretch(self) -> None:
        if self.marks.begin is None or self.pages is None:
            return
        found = ((number, self.pages.row(number)) for number in self.marks.span(self.index))
        self.marks.stretch(self.index, ((n, row.key, self._marked(row)) for n, row in found if row is not None))

    def mark_like(self) -> int | None:
        """Mark the rows at hand that have what is under the cursor; how many there are. None: too many to mark."""
        row, column = self.current, self.here
        if row is None or column is None or self.pages is None:
            return 0
        value = column.value(row)
        alike = {each.key: self._marked(each) for each in self.pages.at_hand() if column.value(each) == value}
        return len(alike) if self.marks.add(alike) else None

    def tsv(self, row: Held | None) -> str:
        """The marked rows with a header, or this row, in the columns that are shown."""
        shown = self.shown()
        marks = self.marks
        if row is not None:
            marks = Marks()
            marks.toggle(row.key, self._marked(row))
        return marks.tsv([each.name for each in shown], [each.name for each in shown])

    async def learn_names(self, then: Callable[[], None]) -> None:
        """Have the columns of the rows that groups are made of, then go on."""
        answer = await self.ask(AskPage(replace(self.shape.of(self.base), group=None), row=0, limit=1))
        if isinstance(answer, TablePage):
            self.names = list(answer.columns)
            then()
        else:
            self.ctx.say(inert(self.trouble), "warning")
            self.trouble = ""

    # --- where one was ---

    def remember(self) -> dict[str, Any]:
        """Cursor, scroll and marks as plain values."""
        return {
            "index": self.index,
            "key": self.key,
            "top": self.top,
            "column": self.column,
            "left": self.left,
            "marks": self.marks.remembered(),
        }

    def recall(self, state: dict[str, Any]) -> None:
        """What `remember` gave, be the rows there already or not. Raises TypeError or ValueError for anything else."""
        index, key = int(state.get("index", 0)), state.get("key")
        self.marks.recalled(state.get("marks", ()))
        self.column, self.left = str(state.get("column", "")), int(state.get("left", 0))
        self._places[self.shape] = (index, key)
        if self.pages is None:
            # as far from the top as it was
            self.index, self.top = index, int(state.get("top", 0))
        else:
            self._anchor = (index, key)
            self.ctx.spawn(self._renew())

    def put(self, **base: Any) -> None:
        """Have other rows meant, such as those of another moment; `load` asks for them."""
        self.base = replace(self.base, **base)

    def draw(self, cells: int, lines: int, focused: bool = True) -> list[Line]:
        """The lines of the table, heading included."""
        from opsconsole.console.grid.drawing import draw

        drawn = draw(self, cells, lines, focused)
        self.reach()
        return drawn
