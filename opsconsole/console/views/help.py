"""Help: what the screen one came from is for, the keys that work on it, the signs, the commands.

Made from the registry, so that it says what is so; `/` finds in it.
"""

from __future__ import annotations

from msgspec import Struct

from opsconsole.console import legend
from opsconsole.console.actions import SCOPES, STACKS, Registry, key_name, works
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.panels import heading
from opsconsole.console.purposes import purpose
from opsconsole.console.text import Line, beside, fit, left, plain, wrap
from opsconsole.console.views.base import View

WIDE = 100
_KEYS = 15
_COMMAND = 30


class Group(Struct, frozen=True):
    """A heading with its entries."""

    title: str
    entries: list[Line]


class HelpView(View):
    """Groups in two columns where there is room."""

    KEPT = ("top",)

    @property
    def stack(self) -> str:
        return "text"

    def __init__(self, ctx: Context, address: Address, registry: Registry, stack: str) -> None:
        super().__init__(ctx, address)
        self.registry = registry
        self.of = stack
        self.top = 0
        self.found = ""
        self._room = 1
        self._rows = 0

    def label(self) -> str:
        return f"Help: {self.address.name}" if self.address.name else "Help"

    def draw(self, cells: int, lines: int) -> list[Line]:
        body = self._body(cells)
        above = [heading("Keys that work here", [], cells, True), *self._purpose(cells)]
        self._room = max(1, lines - len(above))
        self._rows = len(body)
        self.top = max(0, min(self.top, len(body) - self._room))
        below = len(body) - self.top - self._room
        note: Line = [(f"“{self.found}”  ", "bold")] if self.found else []
        note += [(f"{below} more lines below", "dim")] if below > 0 else []
        above[0] = heading("Keys that work here", note, cells, True)
        return [*above, *body[self.top : self.top + self._room]]

    def _purpose(self, cells: int) -> list[Line]:
        said = purpose(self.address.name)
        text = f"{self.address.name.capitalize()}: {said}." if said else ""
        return [fit([(f" {part}", "")], cells) for part in wrap(text, cells - 2)] if text else []

    def _body(self, cells: int) -> list[Line]:
        groups = [group for group in map(self._sought, self._groups()) if group.entries]
        if not groups:
            return [fit([(f" nothing here is like “{self.found}”  (Esc shows all)", "dim")], cells)]
        across = 2 if cells >= WIDE else 1
        size = (cells - 2 * (across - 1)) // across
        out: list[Line] = []
        for group in groups:
            narrow = group.title == "Commands"
            columns = 1 if narrow else across
            half = -(-len(group.entries) // columns)
            blocks = [
                (cells if columns == 1 else size, [fit(each, cells if columns == 1 else size) for each in part])
                for part in (group.entries[at * half : (at + 1) * half] for at in range(columns))
            ]
            out += [fit([(f" {group.title}", "bold")], cells), *beside(blocks, 2, half), fit([], cells)]
        return out[:-1]

    def _groups(self) -> list[Group]:
        """All there is to tell, what is of this screen first."""
        scopes = STACKS[self.of]
        found = [
            Group(
                SCOPES[scope],
                [
                    [("  " + left(" ".join(key_name(key) for key in action.keys), _KEYS), "bold"), (action.title, "")]
                    for action in self.registry.in_scopes((scope,))
                    if action.keys and works(action, scopes, self.ctx.role)
                ],
            )
            for scope in reversed(scopes)
        ]
        found.append(Group("Signs", legend.lines()))
        commands: list[Line] = [
            [("  " + left(":" + action.line, _COMMAND) + " ", "bold"), (action.title, "")]
            for action in self.registry.actions
            if action.line
        ]
        return [*found, Group("Commands", commands)]

    def _sought(self, group: Group) -> Group:
        """Only what has every word that is sought, and none of the `!words`."""
        words = self.found.casefold().split()

        def fits(entry: Line) -> bool:
            text = f"{group.title} {plain(entry)}".casefold()
            return all((word[1:] not in text) if len(word) > 1 and word[0] == "!" else word in text for word in words)

        return Group(group.title, [entry for entry in group.entries if fits(entry)]) if words else group

    # --- finding ---

    def filtered(self) -> str | None:
        return self.found

    def set_filter(self, text: str) -> None:
        self.found = text.strip()
        self.top = 0

    def unfilter(self) -> bool:
        if not self.found:
            return False
        self.set_filter("")
        return True

    # --- moving ---

    def move(self, _dx: int, dy: int) -> None:
        self.top = max(0, min(self.top + dy, self._rows - self._room))

    def do_top(self) -> None:
        self.top = 0

    def do_bottom(self) -> None:
        self.top = max(0, self._rows - self._room)

    def _height(self) -> int:
        return self._room
