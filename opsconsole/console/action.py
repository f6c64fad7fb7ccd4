"""An action, and the scopes it can be in: what `opsconsole.console.actions` is made of."""

from __future__ import annotations

from msgspec import Struct

APP, LIST, PANELS, OVERVIEW, ALERTS, KPI, CELLS = "app", "list", "panels", "overview", "alerts", "kpi", "cells"
KPIS = "kpis"
SOURCE, FILE, ASIDE = "source", "file", "aside"
WINDOWS = "windows"
CHANGES = "changes"
LOG, STEPS = "log", "steps"
FLOW = "flow"
PAST = "past"
SQL, EDITOR = "sql", "editor"
WALL = "wall"
EDIT = "edit"


class Action(Struct, frozen=True):
    """One thing to do. `line` is its `:` command with its arguments; `command` what it asks of the engine.

    `rank` orders the footer (None: not in it); `short` is what the footer says.
    """

    id: str
    title: str
    keys: tuple[str, ...] = ()
    scope: str = APP
    line: str = ""
    command: str | None = None
    rank: int | None = None
    short: str = ""

    @property
    def word(self) -> str:
        """The first word of its `:` command."""
        return self.line.split(" ", 1)[0]
