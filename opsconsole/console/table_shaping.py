"""What the actions on the columns of a table do: hide, order, freeze, group, pivot, tell of them."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from opsconsole.console.grid.aside import Chooser, Facts, Values
from opsconsole.console.grid.columns import Column
from opsconsole.console.grid.grid import Grid
from opsconsole.console.grid.shape import Shape
from opsconsole.console.grid.shape_words import WordsError, read_group, read_names
from opsconsole.console.table_acting import OFF, Acting
from opsconsole.console.text import inert
from opsconsole.engine.table_messages import Grouping


class TableShaping(Acting):
    """The handlers of what goes by columns."""

    # --- columns ---

    def do_hide_column(self, words: str) -> None:
        found = self._column(words)
        if found is None:
            return
        grid, column = found
        names = read_names(words) or (column.name,)
        if not self._known(grid, names):
            return
        shown = grid.shown()
        left = [each.name for each in shown if each.name not in names]
        if not left:
            self.program.say("the last column stays")
            return
        at = shown.index(column) if column in shown else 0
        grid.set_shape(_hiding(grid.shape, names))
        grid.column = left[min(at, len(left) - 1)]
        self.program.say(f"hidden: {inert(', '.join(names))} (C shows them again)")

    def do_choose_columns(self, words: str) -> None:
        grid = self.grid()
        if grid is None or not grid.columns.all:
            return
        all_names = [each.name for each in grid.columns.all]

        def take(chosen: list[str]) -> None:
            grid.set_shape(grid.shape.showing(chosen, all_names))

        if words == "all":
            take(all_names)
        elif words:
            try:
                names = read_names(words)
            except WordsError as error:
                self.program.say(inert(str(error)), "warning")
                return
            if self._known(grid, names):
                take(list(names))
        else:
            grid.aside = Chooser(grid, "Columns", all_names, take, [each.name for each in grid.shown()])

    def do_column_left(self, _: str) -> None:
        self._move_column(-1)

    def do_column_right(self, _: str) -> None:
        self._move_column(1)

    def _move_column(self, by: int) -> None:
        found = self._column()
        if found is None:
            return
        grid, column = found
        if grid.aside is not None:
            grid.aside.shift(by)
            return
        grid.column = column.name
        grid.set_shape(grid.shape.moving(column.name, by, [each.name for each in grid.columns.all]))

    def do_freeze(self, words: str) -> None:
        found = self._column()
        if found is None:
            return
        grid, column = found
        if words.isdecimal():
            count = int(words)
        else:
            count = grid.shown().index(column) + 1
            count = 0 if count == grid.shape.frozen else count
        grid.set_shape(replace(grid.shape, frozen=count))

    # --- groups ---

    def do_group_rows(self, words: str) -> None:
        if words in OFF:
            self._shape(lambda shape: shape.grouped(None))
        elif words:
            self._shape(lambda shape: shape.grouped(read_group(words)))
        elif (found := self._column()) is not None:
            grid, column = found
            if grid.shape.group is None:
                if self._groupable(grid, column):
                    grid.set_shape(grid.shape.grouping(column.name))
            else:
                self._choose(grid, "Group by one more", lambda name: grid.shape.grouping(name))

    def do_pivot(self, words: str) -> None:
        grid = self.grid()
        if grid is None:
            return
        group = grid.shape.group
        if words in OFF or (group is not None and group.pivot and not words):
            if group is not None:
                grid.set_shape(grid.shape.grouped(replace(group, pivot="")))
        elif group is not None and words:
            grid.set_shape(grid.shape.grouped(replace(group, pivot=read_names(words)[0])))
        elif group is not None:
            self._choose(grid, "Side by side", lambda name: grid.shape.grouped(replace(group, pivot=name)))
        elif (found := self._column(words)) is not None and self._groupable(*found):
            pivot = found[1].name
            self._choose(
                grid,
                f"{pivot} side by side, by",
                lambda name: grid.shape.grouped(Grouping((name,), pivot=pivot)),
                pivot,
            )

    def _groupable(self, grid: Grid, column: Column) -> bool:
        if column.name in grid.names:
            return True
        self.program.say(f"{column.name} says where the row stands: it cannot be grouped by")
        return False

    def _choose(self, grid: Grid, title: str, shape: Callable[[str], Shape], but: str = "") -> None:
        """Choose one column of the rows, whatever columns the groups have."""
        by = grid.shape.group.by if grid.shape.group is not None else ()

        def opened() -> None:
            names = [name for name in grid.names if name not in (*by, but)]
            grid.aside = Chooser(grid, title, names, lambda chosen: grid.set_shape(shape(chosen[0])))

        if grid.names:
            opened()
        else:
            self.program.spawn(grid.learn_names(opened))

    # --- beside ---

    def do_values(self, words: str) -> None:
        found = self._told(words)
        if found is not None:
            found[0].aside = Values(*found)

    def do_facts(self, words: str) -> None:
        found = self._told(words)
        if found is not None:
            found[0].aside = Facts(*found)

    def _told(self, words: str) -> tuple[Grid, Column] | None:
        found = self._column(words)
        if found is None:
            return None
        grid, column = found
        if column.at >= len(grid.pages.first.columns if grid.pages is not None and grid.pages.first else ()):
            self.program.say(f"{column.name} says where the row stands: there is nothing to tell of it")
            return None
        grid.column = column.name
        return found


def _hiding(shape: Shape, names: tuple[str, ...]) -> Shape:
    for name in names:
        shape = shape.hiding(name)
    return shape
