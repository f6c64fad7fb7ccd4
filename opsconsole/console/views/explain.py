"""How a file is read: its format and columns, what was assumed, and the YAML that pins it (`y` copies that)."""

from __future__ import annotations

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert
from opsconsole.console.views.base import View
from opsconsole.engine.explained_text import explained_lines
from opsconsole.engine.messages import AskExplain, Explained


class ExplainView(View):
    """Text to scroll through."""

    KEPT = ("top", "shift")

    @property
    def stack(self) -> str:
        return "explain"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.found: Explained | None = None
        self.top = 0
        self.shift = 0
        self._room = 1
        self._rows = 0

    def label(self) -> str:
        return f"how {inert(self.address.name.rsplit('/', 1)[-1])} is read"

    async def load(self) -> None:
        answer = await self.ask(AskExplain(self.address.name, self.address.by))
        if isinstance(answer, Explained):
            self.found = answer

    def draw(self, cells: int, lines: int) -> list[Line]:
        note: Line = (
            [(self.ctx.told("{copy} copies the YAML"), "dim")] if self.found is not None and self.found.yaml else []
        )
        title = "How it is read"
        if self.found is None:
            text = inert(self.trouble) or "asking the engine …"
            return [heading(title, note, cells, True), fit([(" " + text, "dim")], cells)]
        body = explained_lines(self.found, fmt.zone(self.ctx.model.timezone))
        self._rows, self._room = len(body), max(1, lines - 1)
        self.move(0, 0)
        below = self._rows - self.top - self._room
        if below > 0:
            note = [*note, (f" · {below} more below" if note else f"{below} more below", "dim")]
        shown = body[self.top : self.top + self._room]
        out = [heading(title, note, cells, True)]
        out += [fit([(" " + inert(text)[self.shift :], _style(text))], cells) for text in shown]
        return [*out, *(fit([], cells) for _ in range(lines - len(out)))]

    def move(self, dx: int, dy: int) -> None:
        self.top = max(0, min(self.top + dy, self._rows - self._room))
        self.shift = max(0, self.shift + dx * 8)

    def do_top(self) -> None:
        self.top = 0

    def do_bottom(self) -> None:
        self.top = max(0, self._rows - self._room)

    def _height(self) -> int:
        return self._room

    def do_quarantine(self) -> None:
        found = self.found
        source = found.source if found is not None else self.address.by
        where = (("file", found.path),) if found is not None and found.file is not None else ()
        self.ctx.go(Address("quarantine", name=source, where=where))

    def files_meant(self) -> tuple[str, list[str]] | None:
        if self.found is None or self.found.file is None:
            return None
        return self.found.source, [self.found.path]

    def copied(self) -> str:
        return self.found.yaml if self.found is not None else ""


def _style(text: str) -> str:
    return "bold" if text and not text.startswith(" ") else ""
