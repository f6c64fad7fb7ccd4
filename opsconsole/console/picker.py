"""The range picker: a line to type a range in, what it means read back at once, and presets to go through by arrows.

Docked at the bottom; nothing is covered but the lines it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opsconsole.console.key_names import key_name
from opsconsole.console.prompt import Prompt
from opsconsole.console.text import Line, fit, inert, line_width, width

PRESETS = ("this shift", "last shift", "today", "yesterday", "8h", "24h", "7d", "30d", "all")
OWN = "all: each screen over its own windows"


class Picker(Prompt):
    """Asks for a range. `read` says what a text means, raising ValueError for one that is no range."""

    def __init__(
        self,
        presets: Sequence[str],
        read: Callable[[str], str],
        take: Callable[[str], None],
        current: str = "",
    ) -> None:
        super().__init__("ask", head="range ", answer=self._taken)
        self.presets = list(presets)
        self._read = read
        self._take = take
        self.chosen: int | None = None
        self.current = current
        if current:
            self.text, self.at = current, len(current)
        else:
            self._choose(0)

    def _choose(self, place: int) -> None:
        """Put a preset into the line."""
        self.chosen = place % len(self.presets)
        self.text = self.presets[self.chosen]
        self.at = len(self.text)
        self.trouble = ""

    def key(self, key: str, character: str | None) -> bool:
        steps = {"down": 1, "tab": 1, "up": -1, "shift+tab": -1}
        if key in ("left", "right") and self.chosen is not None:
            steps |= {"left": -1, "right": 1}
        if key in steps:
            step = steps[key]
            self._choose((self.chosen if self.chosen is not None else -1 if step > 0 else 0) + step)
            return True
        if self.chosen is not None and (character is not None or key in ("backspace", "delete", "ctrl+u")):
            # a preset stands there to be taken or typed over
            self.text, self.at = "", 0
        self.chosen = None
        return super().key(key, character)

    def _taken(self, text: str) -> str:
        try:
            self._read(text)
        except ValueError as error:
            return inert(str(error))
        self._take(text)
        return ""

    # --- drawing ---

    def hint(self, cells: int) -> Line | None:
        """What the text means, or what is wrong with it."""
        try:
            said, style = self._read(self.text) or OWN, "bold"
        except ValueError as error:
            said, style = str(error), "warning"
        return fit([(" ", ""), (inert(said), style)], cells)

    def over(self, screen: list[Line], cells: int) -> None:
        """The presets, above the line that says what the text means."""
        screen[-4:-2] = self._presets(cells)

    def _presets(self, cells: int) -> list[Line]:
        """The presets, the one that is chosen in reverse; as many as there is room for, that one among them."""
        first = 0
        while True:
            line: Line = [(" … " if first else " ", "dim")]
            for place, preset in enumerate(self.presets[first:], first):
                line += [("  ", ""), (f" {preset} ", "reverse" if place == self.chosen else "")]
                if place == self.chosen and line_width(line) > cells:
                    break
            else:
                break
            first += 1
        keys = f"{key_name('left')} {key_name('right')} presets · {key_name('enter')} take · Esc leave"
        if line_width(line) + width(keys) + 3 <= cells:
            line += [(" " * (cells - line_width(line) - width(keys) - 1), ""), (keys, "dim")]
        return [fit([("─" * cells, "rule")], cells), fit(line, cells)]
