"""What the actions on the rows of a table do, from their keys and from the command line."""

from __future__ import annotations

import shlex

from msgspec.structs import replace

from opsconsole.console.grid.aside import Values
from opsconsole.console.grid.grid import Grid
from opsconsole.console.grid.marks import MOST
from opsconsole.console.grid.shape_words import WordsError, read_sort, with_words
from opsconsole.console.grid.typed import EXAMPLES, conditions
from opsconsole.console.host import Program
from opsconsole.console.prompt import Prompt
from opsconsole.console.table_acting import OFF, Acting
from opsconsole.console.table_export import Exporting
from opsconsole.console.text import inert
from opsconsole.site.moments import MomentError


class TableDoing(Acting):
    """The handlers of what goes by rows: order, filters, marks, and what is taken out of a table."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.exporting = Exporting(program)

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


def _path_and_seen(words: str) -> tuple[str, bool]:
    try:
        parts = shlex.split(words)
    except ValueError:
        parts = [words]
    seen = len(parts) > 1 and parts[-1] == "seen"
    return " ".join(parts[:-1] if seen else parts), seen
