"""A table of any size that a screen or a panel can hold: what is looked at, where the cursor is, what is asked for.

It holds the pages around its cursor and asks for others as it is moved. The cursor stands on a row, named by its key:
where rows come in or the order changes, it is looked for anew. `draw` is in `opsconsole.console.grid.drawing`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from opsconsole.console.address import Address
from opsconsole.console.grid.columns import Column, plain
from opsconsole.console.grid.loading import Loading
from opsconsole.console.grid.marks import Marks
from opsconsole.console.grid.pages import SIZE, Held
from opsconsole.console.grid.shape import Shape
from opsconsole.console.text import Line, inert
from opsconsole.engine.table_messages import AskPage, ColumnFilter, TablePage
from opsconsole.site.builtin import BUILT_IN


class Grid(Loading):
    """A table. `at` gives the address that shows it in a shape, where there is one; `changed` is told of each shape.

    Errors of the engine are in `trouble`, one sentence.
    """

    # --- what is under the cursor ---

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
            if building.of.group is not None and self.shape.group != self.floor.group:
                # half of the groups are none
                self.set_shape(self.shape.grouped(self.floor.group))
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
