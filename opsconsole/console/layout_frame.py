"""Where each panel of a layout is on the screen, and the frame around the one that is chosen in an edit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from opsconsole.console.panels import Panel
from opsconsole.console.panels.tiles import TilesPanel
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, Span, clip, fit, restyle, width
from opsconsole.site.layout_edit import At

Rectangle = tuple[int, int, int, int]
"""Its first cell and line, its cells and its lines."""


def owners(panels: Sequence[Panel], places: Sequence[At]) -> Iterator[tuple[At, Panel, int]]:
    """For each place of a layout the panel on screen, and which of its tiles: neighbouring tiles are one panel."""
    rest = iter(places)
    for panel in panels:
        for number in range(panel.tiles() or 1):
            yield next(rest), panel, number


def rectangle(spot: Spot, number: int) -> Rectangle | None:
    """Where a panel is, of tiles the one of this number; None where it is scrolled out of sight."""
    if isinstance(spot.panel, TilesPanel):
        return spot.panel.rectangle(spot, number)
    return spot.x, spot.y, spot.cells, spot.lines


def framed(lines: list[Line], at: Rectangle, title: str) -> None:
    """Draw a frame over what a panel has drawn; a panel of one or two lines is shown in reverse."""
    x, y, cells, height = at
    if height < 3 or cells < 8:
        for number in range(y, min(y + height, len(lines))):
            middle = [(text, "") for text, _ in cut(lines[number], x, x + cells)]
            _put(lines, number, x, restyle(middle, "reverse"), cells)
        return
    name = clip(f" {title} ", cells - 6)
    top: Line = [("┏━", "bold"), (name, "bold reverse"), ("━" * (cells - 3 - width(name)) + "┓", "bold")]
    _put(lines, y, x, top, cells)
    for number in range(y + 1, y + height - 1):
        inside = cut(lines[number], x + 1, x + cells - 1)
        _put(lines, number, x, [("┃", "bold"), *fit(inside, cells - 2), ("┃", "bold")], cells)
    _put(lines, y + height - 1, x, [("┗" + "━" * (cells - 2) + "┛", "bold")], cells)


def _put(lines: list[Line], y: int, x: int, line: Line, cells: int) -> None:
    if 0 <= y < len(lines):
        whole = sum(width(text) for text, _ in lines[y])
        lines[y] = [*cut(lines[y], 0, x), *line, *cut(lines[y], x + cells, whole)]


def cut(line: Line, start: int, stop: int) -> Line:
    """The cells of a line from `start` to before `stop`; half of a wide character is a blank."""
    out: list[Span] = []
    at = 0
    for text, style in line:
        size = width(text)
        if at >= start and at + size <= stop:
            out.append((text, style))
        elif at < stop and at + size > start:
            part = ""
            here = at
            for char in text:
                wide = width(char)
                if start <= here and here + wide <= stop:
                    part += char
                elif here < stop and here + wide > start:
                    part += " " * (min(here + wide, stop) - max(here, start))
                here += wide
            out.append((part, style))
        at += size
    return out
