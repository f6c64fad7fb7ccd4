"""What an action on a table is about: the table of the screen, the column and the cell under its cursor."""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.console.grid.columns import Column
from opsconsole.console.grid.grid import Grid
from opsconsole.console.grid.pages import Held
from opsconsole.console.grid.shape import Shape
from opsconsole.console.grid.shape_words import WordsError, read_names
from opsconsole.console.host import Program
from opsconsole.console.prompt import Prompt
from opsconsole.console.text import inert

OFF = ("off", "none")


class Acting:
    """What the handlers of actions on tables share."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def grid(self) -> Grid | None:
        """The table of the screen; None where there is none, which is said."""
        grid = self.program.history.current.grid
        if grid is None:
            self.program.say(self.program.told("that is for tables of rows: {tables} lists them"))
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

    def _typing(self, text: str) -> None:
        from opsconsole.console.words import complete

        program = self.program
        program.prompt = Prompt("command", complete=lambda line: complete(line, program.registry, program.model))
        program.prompt.insert(text)
