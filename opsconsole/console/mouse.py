"""What a click and the wheel mean: a tab, a panel, a row. All of it can be done by keys as well."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from opsconsole.console import around
from opsconsole.console.frame import TABS
from opsconsole.console.host import Program
from opsconsole.console.text import Line, line_width, plain, width

CURSOR = "▸"
WHEEL = 3
"""Rows that a notch of the wheel goes."""


def wanted(setting: bool | None, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the mouse is on from the start: as a person set it, else not over SSH, where it costs the selection."""
    return setting if setting is not None else not environ.get("SSH_CONNECTION")


def tab_at(line: Line, x: int) -> str:
    """The view whose tab is at a cell of the line of tabs; nothing where there is none."""
    text = plain(line)
    for key, view, title in TABS:
        at = text.find(f"{key} {title}")
        if at >= 0 and 0 <= x - width(text[:at]) < len(key) + 1 + len(title):
            return view
    return ""


def cursor_line(lines: Sequence[Line]) -> int:
    """The line that has the cursor; -1 where there is none."""
    return next((y for y, line in enumerate(lines) if any(text == CURSOR for text, _ in line)), -1)


def point(program: Program, screen: Sequence[Line], y: int) -> bool:
    """Put the cursor on the row at a line of the screen as it is drawn; whether there is one."""
    pane = program.history.current.pane
    at = cursor_line(screen)
    if pane is None or at < 0 or pane.current is None:
        return False
    target = pane.index + y - at
    if not pane.top <= target < min(pane.top + pane.height, len(pane.rows)):
        return False
    if target != pane.index:
        program.history.current.move(0, target - pane.index)
    return pane.index == target


def click(program: Program, screen: Sequence[Line], x: int, y: int, twice: bool) -> None:
    """A click on a cell of the screen as it is drawn; the second of two opens what is there."""
    if program.prompt is not None:
        return
    head = len(around.above(program, line_width(screen[0]), len(screen)))
    view = tab_at(screen[y], x) if y == 1 < len(screen) else ""
    if view:
        if view != program.history.current.address.view:
            program.doing.run(program.registry.by_word[view])
    elif (program.history.current.focus_at(x, y - head) or point(program, screen, y)) and twice:
        program.doing.run(program.registry.by_id["open"])
