"""What the actions on tables of rows do, from their keys and from the command line. They act on the screen's grid."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from msgspec.structs import replace

from opsconsole.console.grid.aside import Chooser, Facts, Values
from opsconsole.console.grid.columns import Column
from opsconsole.console.grid.grid import Grid
from opsconsole.console.grid.marks import MOST
from opsconsole.console.grid.pages import Held
from opsconsole.console.grid.shape import Shape
from opsconsole.console.grid.shape_words import WordsError, read_group, read_names, read_sort, with_words
from opsconsole.console.grid.typed import EXAMPLES, conditions
from opsconsole.console.host import Program
from opsconsole.console.prompt import Prompt
from opsconsole.console.table_export import Exporting
from opsconsole.console.text import inert
from opsconsole.engine.table_messages import Grouping
from opsconsole.site.moments import MomentError

OFF = ("off", "none")


class TableDoing:
    """The handlers: `do_<id>` for each action on tables."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.exporting = Exporting(program)

    # --- on what ---

    def grid(self, quiet: bool = False) -> Grid | None:
        """The table of the screen; None where there is none, which is said."""
        grid = self.program.history.current.grid
        if grid is None and not quiet:
            self.program.say("that is for tables of rows: 5 lists them")
        return grid

    def _column(self, words: str = "") -> tuple[Grid, Column] | None:
        """The column that is named, else the one under the cursor."""
        grid = self.grid()
        if grid is None:
            return None
        try:
            named = read_names(words)
        except WordsError as error:
            self.program.say(inert(str(error)), "warning")
            return None
        if named and named[0] not in grid.columns.by_name:
            self._unknown(grid, named[0])
            return None
        column = grid.columns.by_name[named[0]] if named else grid.here
        if column is None:
            self.program.say("no column here yet")
            return None
        return grid, column

    def _unknown(self, grid: Grid, name: str) -> None:
        from opsconsole.console.words import nearest

        self.program.say(f"no column `{inert(name)}`{nearest(name, list(grid.columns.by_name))}", "warning")

    def _cell(self) -> tuple[Grid, Column, Held] | None:
        """The cell under the cursor; where its page is on its way that is said."""
        found = self._column()
        if found is None:
            return None
        row = found[0].current
        if row is None:
            self.program.say("this row is on its way: press again" if found[0].rows else "no row here")
            return None
        return *found, row

    def _shape(self, make: Callable[[Shape], Shape]) -> None:
        grid = self.grid()
        if grid is None:
            return
        try:
            grid.set_shape(make(grid.shape))
        except WordsError as error:
            self.program.say(inert(str(error)), "warning")

    def _known(self, grid: Grid, names: tuple[str, ...]) -> bool:
        missing = next((name for name in names if name not in grid.columns.by_name), None)
        if missing is not None and grid.columns.all:
            self._unknown(grid, missing)
            return False
        return True

    # --- order ---

    def do_sort(self, _: str) -> None:
        found = self._column()
        if found is not None:
            found[0].set_shape(found[0].shape.turned(found[1].name))

    def do_sort_by(self, words: str) -> None:
        if not words:
            self._typing("sort ")
        elif words in OFF:
            self._shape(lambda shape: replace(shape, sort=()))
        elif (grid := self.grid()) is not None:
            try:
                sort = read_sort(words)
            except WordsError as error:
                self.program.say(inert(str(error)), "warning")
                return
            if self._known(grid, tuple(each.column for each in sort)):
                grid.set_shape(replace(grid.shape, sort=sort))

    def do_order_rows(self, words: str) -> None:
        self._shape(lambda shape: replace(with_words(shape, "order", [words]), sort=()))

    # --- filters ---

    def do_only_value(self, _: str) -> None:
        self._by_value(wanted=True)

    def do_not_value(self, _: str) -> None:
        self._by_value(wanted=False)

    def _by_value(self, wanted: bool) -> None:
        grid = self.grid()
        if grid is not None and isinstance(grid.aside, Values):
            grid.aside.take(wanted)
        elif (found := self._cell()) is not None:
            grid, column, row = found
            if column.raw(row) is not None:
                self.program.say("this cell did not fit its column and is missing in the table: filter for empty ones")
            elif column.at >= len(row.values):
                self.program.say(f"{column.name} says where the row stands: it cannot be filtered for")
            else:
                grid.set_shape(grid.shape.with_filters(grid.condition(column, row, wanted)))

    def do_filter_column(self, words: str) -> None:
        """With words: a column and what it must be. Else what this column must be is typed."""
        if words:
            self._shape(lambda shape: with_words(shape, "filter", [words]))
            return
        found = self._column()
        if found is None:
            return
        grid, column = found

        def answer(text: str) -> str:
            try:
                made = conditions(column.name, column.kind, text)
            except WordsError as error:
                return inert(str(error))
            kept = grid.shape
            if not made:
                others = tuple(each for each in kept.filters if each.column != column.name)
                kept = replace(kept, filters=others)
            grid.set_shape(kept.with_filters(*made))
            return ""

        self.program.prompt = Prompt("ask", head=f"{column.title}: ", about=EXAMPLES, answer=answer)

    def do_filter_expression(self, words: str) -> None:
        grid = self.grid()
        if grid is None:
            return

        def answer(text: str) -> str:
            grid.set_shape(replace(grid.shape, expression=text.strip()))
            return ""

        if words:
            answer(words)
        else:
            about = "a condition on a row, such as: scrap > 0 AND line IN ('1', '3')"
            self.program.prompt = Prompt(
                "ask", grid.shape.expression, head="only rows where ", about=about, answer=answer
            )

    def filter_words(self, words: str) -> None:
        """`/` and `:filter`: words that must be in some cell."""
        grid = self.grid()
        if grid is None:
            return

        def answer(text: str) -> str:
            grid.searched = text.strip() or grid.searched
            grid.set_shape(replace(grid.shape, words=" ".join(text.split())))
            return ""

        if words:
            answer(words)
        else:
            about = "words that must be in some cell, !word: in none"
            self.program.prompt = Prompt("ask", grid.shape.words, head="/", about=about, answer=answer)

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

    # --- going ---

    def do_jump(self, words: str) -> None:
        grid = self.grid()
        if grid is None:
            return

        def answer(text: str) -> str:
            said = text.strip().replace(" ", "") if text.replace(" ", "").isdecimal() else text.strip()
            if not said:
                return "to which row, or which time? Esc leaves it"
            if said.isdecimal() and not (len(said) == 4 and ":" in said):
                return self._jump_row(grid, int(said))
            try:
                moment = self.program.seconds(self.program.travel.kept(said))
            except MomentError as error:
                return inert(str(error))
            if moment is not None:
                self.program.spawn(grid.jump(moment))
            return ""

        trouble = answer(words) if words else ""
        if words and not trouble:
            return
        about = f"a number of 1 to {grid.rows}, or a time: 10:00, 2013-06-24 10:00, yesterday"
        prompt = Prompt("ask", words, head="jump to row or time: ", about=about, answer=answer)
        prompt.trouble = trouble
        self.program.prompt = prompt

    def _jump_row(self, grid: Grid, number: int) -> str:
        if not 1 <= number <= grid.rows:
            return f"there are rows 1 to {grid.rows}" + (f": {grid.told()}" if grid.told() else "")
        grid.goto(number - 1)
        return ""

    # --- marks ---

    def do_mark_row(self, _: str) -> None:
        grid = self.grid()
        if grid is not None and grid.aside is not None:
            grid.aside.mark()
        elif grid is not None and len(grid.marks) < MOST:
            if grid.current is None and grid.rows:
                self.program.say("this row is on its way: press again")
            grid.mark()
        elif grid is not None:
            self.program.say(f"{MOST} rows are marked: more is what filters and exports are for")

    def do_mark_rows(self, _: str) -> None:
        grid = self.grid()
        if grid is not None and grid.mark_range():
            self.program.say("move on: all rows from here are marked; v again ends the range")

    def do_mark_same(self, _: str) -> None:
        found = self._cell()
        if found is None:
            return
        grid, column, _row = found
        count = grid.mark_like()
        if count is None:
            self.program.say(f"more than {MOST} rows would be marked: = filters for them instead")
            return
        assert grid.pages is not None
        whole = len(grid.pages.at_hand()) >= (grid.pages.total or 0)
        among = "all rows" if whole else f"the {len(grid.pages.at_hand())} rows at hand; = finds all of them"
        self.program.say(f"{count} marked that have this {column.title}, among {among}")

    def do_clear_row_marks(self, _: str) -> None:
        grid = self.grid()
        if grid is not None and grid.aside is not None and grid.aside.pane is not None:
            grid.aside.pane.unmark()
        elif grid is not None:
            grid.marks.clear()

    # --- out of it ---

    def do_copy_rows(self, _: str) -> None:
        found = self._cell() if not (grid := self.grid()) or not grid.marks else None
        if grid is None or (found is None and not grid.marks):
            return
        shown = grid.shown()
        text = grid.tsv(found[2] if found is not None else None)
        from opsconsole.console.clipboard import TooLongError, sequence

        try:
            sequence(text)
        except TooLongError as error:
            self.program.say(f"not copied: {inert(str(error))}; X writes a file", "warning")
            return
        self.program.copy_out(text)
        count = len(grid.marks) or 1
        self.program.say(f"copied: {count} {'row' if count == 1 else 'rows'} × {len(shown)} columns, with a header")

    def do_export_rows(self, words: str) -> None:
        grid = self.grid()
        if grid is None:
            return
        if self.exporting.running:
            self.exporting.ask_to_cancel()
        elif words:
            path, seen = _path_and_seen(words)
            self.exporting.begin(grid, path, seen)
        else:
            self.exporting.ask(grid)

    def _typing(self, text: str) -> None:
        from opsconsole.console.words import complete

        program = self.program
        program.prompt = Prompt("command", complete=lambda line: complete(line, program.registry, program.model))
        program.prompt.insert(text)


def _path_and_seen(words: str) -> tuple[str, bool]:
    try:
        parts = shlex.split(words)
    except ValueError:
        parts = [words]
    seen = len(parts) > 1 and parts[-1] == "seen"
    return " ".join(parts[:-1] if seen else parts), seen


def _hiding(shape: Shape, names: tuple[str, ...]) -> Shape:
    for name in names:
        shape = shape.hiding(name)
    return shape
