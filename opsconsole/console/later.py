"""Handlers that are loaded when the first of their actions is done: each start pays for what is imported with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from opsconsole.console.host import Program

if TYPE_CHECKING:
    from opsconsole.console.changing import Changing
    from opsconsole.console.layout_doing import LayoutDoing
    from opsconsole.console.planning import Planning
    from opsconsole.console.sql.doing import SqlDoing
    from opsconsole.console.table_doing import TableDoing
    from opsconsole.console.table_shaping import TableShaping
    from opsconsole.console.timing import Timing
    from opsconsole.console.triage import Triage


class Later:
    """`run` does an action, with words if need be; `typing` opens the command line with a text to go on with."""

    def __init__(self, program: Program, run: Callable[..., None], typing: Callable[[str], None]) -> None:
        self.program = program
        self._run_action = run
        self._type_on = typing

    @cached_property
    def tables(self) -> tuple[TableDoing, TableShaping]:
        """What is done to tables of rows."""
        from opsconsole.console.table_doing import TableDoing
        from opsconsole.console.table_shaping import TableShaping

        return TableDoing(self.program), TableShaping(self.program)

    @cached_property
    def sql(self) -> SqlDoing:
        """What is about SQL."""
        from opsconsole.console.sql.doing import SqlDoing

        return SqlDoing(self.program, self._run_action, self._type_on)

    @cached_property
    def layouts(self) -> LayoutDoing:
        """What is about editing layouts."""
        from opsconsole.console.layout_doing import LayoutDoing

        return LayoutDoing(self.program)

    @cached_property
    def triage(self) -> Triage:
        """What is done with alerts."""
        from opsconsole.console.triage import Triage

        return Triage(self.program)

    @cached_property
    def timing(self) -> Timing:
        """What is about ranges of time."""
        from opsconsole.console.timing import Timing

        return Timing(self.program)

    @cached_property
    def planning(self) -> Planning:
        """What is about maintenance and views that are shared."""
        from opsconsole.console.planning import Planning

        return Planning(self.program, lambda name, words: self._run_action(self.program.registry.by_id[name], words))

    @cached_property
    def changing(self) -> Changing:
        """What is about changes to the operation."""
        from opsconsole.console.changing import Changing

        return Changing(self.program, self.planning.tell)
