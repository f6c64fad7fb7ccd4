"""The one widget of the console: lines of spans, of which only the cells that changed are sent to the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from opsconsole.console.look import Look
from opsconsole.console.signs import to_ascii
from opsconsole.console.text import Line, plain, width

# Cells left between two changed runs of a line that are still sent as one: a cursor movement costs as much.
GAP = 6


class Canvas(Widget, can_focus=True):
    """Shows what it is given, in a look. `ascii_only`: for a terminal whose encoding has no other signs."""

    DEFAULT_CSS = "Canvas { width: 100%; height: 100%; }"

    def __init__(self, ascii_only: bool = False, look: Look | None = None) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self.look = look or Look()
        self._shown: list[Line] = []
        self._muted: list[bool] = []
        self._strips: list[Strip] = []

    def show(self, lines: Sequence[Line], muted: Sequence[bool]) -> None:
        """Show these lines; `muted` ones lose their colours."""
        regions: list[Region] = []
        strips: list[Strip] = []
        for y, line in enumerate(lines):
            same_mood = y < len(self._muted) and self._muted[y] == muted[y]
            if same_mood and self._shown[y] == line:
                strips.append(self._strips[y])
                continue
            strips.append(self._strip(line, muted[y]))
            if not same_mood:
                regions.append(Region(0, y, max(1, self.size.width), 1))
            else:
                regions += [Region(x, y, stop - x, 1) for x, stop in changed(self._shown[y], line)]
        for y in range(len(lines), len(self._shown)):
            regions.append(Region(0, y, max(1, self.size.width), 1))
        self._shown, self._muted, self._strips = list(lines), list(muted), strips
        if regions:
            self.refresh(*regions)

    def wear(self, look: Look) -> None:
        """Show the same in another look."""
        self.look = look
        self._strips = [self._strip(line, muted) for line, muted in zip(self._shown, self._muted, strict=True)]
        self.refresh()

    def _strip(self, line: Line, muted: bool) -> Strip:
        styled = self.look.muted if muted else self.look.style
        spans = [(to_ascii(text), names) for text, names in line] if self.ascii_only else line
        # what looks the same is one segment: each costs a beginning and an end on the wire
        return Strip([Segment(text, styled(names)) for text, names in spans if text]).simplify()

    def render_line(self, y: int) -> Strip:
        """A line of the screen."""
        wide = self.size.width
        if y >= len(self._strips):
            return Strip.blank(wide, self.look.ground)
        return self._strips[y].adjust_cell_length(wide, self.look.ground)

    def text(self) -> list[str]:
        """What is on the screen, without styles."""
        return [plain(line) for line in self._shown]

    def spans(self) -> list[Line]:
        """What is on the screen."""
        return self._shown


class Main(Screen[None], inherit_bindings=False):
    """The one Textual screen: a canvas and nothing that could take a key from the registry."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self._canvas = canvas

    def compose(self) -> list[Canvas]:
        return [self._canvas]


def changed(old: Line, new: Line) -> list[tuple[int, int]]:
    """The runs of cells [x, stop) in which two lines differ."""
    before, after = _cells(old), _cells(new)
    size = max(len(before), len(after))
    before += [("", "")] * (size - len(before))
    after += [("", "")] * (size - len(after))
    runs: list[tuple[int, int]] = []
    for x in range(size):
        if before[x] == after[x]:
            continue
        if runs and x - runs[-1][1] <= GAP:
            runs[-1] = (runs[-1][0], x + 1)
        else:
            runs.append((x, x + 1))
    return runs


def _cells(line: Line) -> list[tuple[str, str]]:
    cells: list[tuple[str, str]] = []
    for text, style in line:
        if text.isascii():
            cells.extend((char, style) for char in text)
            continue
        for char in text:
            size = width(char)
            if size == 0 and cells:
                cells[-1] = (cells[-1][0] + char, style)
            cells.extend([(char, style)] * size)
    return cells
