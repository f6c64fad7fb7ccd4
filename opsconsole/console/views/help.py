"""Help: the keys that work on the screen one came from, and the commands; made from the registry."""

from __future__ import annotations

from opsconsole.console.actions import SCOPES, STACKS, Registry, key_name, works
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, beside, fit, left
from opsconsole.console.views.base import View

SIGNS = "▲C critical  ◆W warning  ▽L low  ●  good  ○ND no data  ◌ST stale  ≈ partial window"


class HelpView(View):
    """Keys by scope, then the signs, then the commands."""

    @property
    def stack(self) -> str:
        return "text"

    def __init__(self, ctx: Context, address: Address, registry: Registry, stack: str) -> None:
        super().__init__(ctx, address)
        self.registry = registry
        self.of = stack
        self.top = 0
        self._room = 1
        self._rows = 0

    def draw(self, cells: int, lines: int) -> list[Line]:
        body = self._body(cells)
        self._room = max(1, lines - 1)
        self._rows = len(body)
        self.top = max(0, min(self.top, len(body) - self._room))
        below = len(body) - self.top - self._room
        note: Line = [(f"{below} more lines below", "dim")] if below > 0 else []
        shown = body[self.top : self.top + self._room]
        return [heading("Keys that work here", note, cells, True), *shown]

    def _body(self, cells: int) -> list[Line]:
        across = 2 if cells >= 100 else 1
        size = (cells - 2 * (across - 1)) // across
        out: list[Line] = []
        scopes = STACKS[self.of]
        for scope in reversed(scopes):
            actions = [
                action
                for action in self.registry.in_scopes((scope,))
                if action.keys and works(action, scopes, self.ctx.role)
            ]
            out.append(fit([(f" {SCOPES[scope]}", "bold")], cells))
            entries = [
                fit(
                    [("  " + left(" ".join(key_name(key) for key in action.keys), 14), "bold"), (action.title, "")],
                    size,
                )
                for action in actions
            ]
            half = -(-len(entries) // across)
            columns = [(size, entries[at * half : (at + 1) * half]) for at in range(across)]
            out += [*beside(columns, 2, half), fit([], cells)]
        out += [fit([(" Signs", "bold")], cells), fit([("  " + SIGNS, "")], cells)]
        reverse: Line = [
            ("  ", ""),
            (" reverse ", "reverse"),
            (" nobody has acknowledged it yet   ≤  by rows up to then", ""),
        ]
        out += [fit(reverse, cells), fit([], cells), fit([(" Commands", "bold")], cells)]
        for action in self.registry.actions:
            if action.line:
                out.append(fit([("  " + left(":" + action.line, 44), "bold"), (action.title, "")], cells))
        return out

    def move(self, _dx: int, dy: int) -> None:
        self.top = max(0, min(self.top + dy, self._rows - self._room))

    def do_top(self) -> None:
        self.top = 0

    def do_bottom(self) -> None:
        self.top = max(0, self._rows - self._room)

    def _height(self) -> int:
        return self._room
