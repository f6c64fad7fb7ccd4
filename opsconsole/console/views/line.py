"""A line of a file as it lies there, with its neighbours: where every number on the screen ends."""

from __future__ import annotations

from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, clip_start, fit, inert, width, wrap
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AskLine, Lines


class LineView(View):
    """Raw text; nothing in it is interpreted."""

    KEPT = ("top", "shift")

    @property
    def stack(self) -> str:
        return "text"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.lines: Lines | None = None
        self.shift = 0
        self.top = 0
        self._room = 1
        self._rows = 0
        self._centre = False

    def label(self) -> str:
        name = self.address.by.rsplit("/", 1)[-1]
        return f"{inert(name)}:{self.address.line}"

    async def load(self) -> None:
        answer = await self.ask(AskLine(self.address.name, self.address.by, self.address.line, around=24))
        if isinstance(answer, Lines):
            self.lines = answer
            self._centre = not self.top  # it may have been left at another place

    def draw(self, cells: int, lines: int) -> list[Line]:
        found = self.lines
        title = inert(found.path if found else self.address.by)
        place = f"Line {found.at if found else self.address.line}"
        out = [heading(place, [(clip_start(title, cells - width(place) - 6), "dim")], cells, True)]
        if found is None:
            return [*out, fit([(" " + (inert(self.trouble) or "asking the engine …"), "dim")], cells)]
        if found.note:
            out += [fit([(" " + part, "dim")], cells) for part in wrap(inert(found.note), cells - 2)]
        for each in found.aside:
            about = f"{each.column}: {each.raw} · {each.reason} · missing in the table" if each.column else each.reason
            what = "did not fit" if each.column else "set aside"
            out += [fit([(" " + part, "warning")], cells) for part in wrap(inert(f"{what}: {about}"), cells - 2)[:3]]
        gutter = width(str(found.first + len(found.text)))
        self._room = max(1, lines - len(out))
        body: list[Line] = []
        target = 0
        for at, text in enumerate(found.text, found.first):
            target = len(body) if at == found.at else target
            body += self._numbered(at, inert(text), at == found.at, gutter, cells)
        self._rows = len(body)
        if self._centre:
            self.top, self._centre = target - self._room // 2, False
        self.top = max(0, min(self.top, len(body) - self._room))
        out += body[self.top : self.top + self._room]
        return [*out, *(fit([], cells) for _ in range(lines - len(out)))]

    def _numbered(self, number: int, text: str, here: bool, gutter: int, cells: int) -> list[Line]:
        """The line asked for is shown whole; its neighbours are cut at the edge (left and right move them)."""
        head = f"{'▸' if here else ' '}{number:>{gutter}} │ "
        room = max(8, cells - width(head))
        if not here:
            return [fit([(head, "dim"), (text[self.shift :], "")], cells)]
        pieces = [text[at : at + room] for at in range(0, len(text), room)] or [""]
        rest = " " * (gutter + 1) + " │ "
        return [fit([(head if not at else rest, "bold"), (piece, "bold")], cells) for at, piece in enumerate(pieces)]

    def move(self, dx: int, dy: int) -> None:
        self.top = max(0, min(self.top + dy, self._rows - self._room))
        self.shift = max(0, self.shift + dx * 8)

    def do_top(self) -> None:
        self.top = 0

    def do_bottom(self) -> None:
        self.top = max(0, self._rows - self._room)

    def _height(self) -> int:
        return self._room

    def copied(self) -> str:
        found = self.lines
        return found.text[found.at - found.first] if found and 0 <= found.at - found.first < len(found.text) else ""
