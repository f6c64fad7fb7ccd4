"""What concerns the looks of the whole program: the theme, by the person's word or by what the terminal tells."""

from __future__ import annotations

from typing import Protocol

from opsconsole.console import fmt
from opsconsole.console.canvas import Canvas
from opsconsole.console.config import Config
from opsconsole.console.ground import Terminal
from opsconsole.console.key_names import show_in_ascii
from opsconsole.console.look import Look
from opsconsole.console.themes import THEMES


class Shown(Protocol):
    """The program, as far as its looks concern it."""

    canvas: Canvas

    def say(self, text: str, style: str = "") -> None:
        """Say something on the last line until the next key."""
        ...


class Looking:
    """Chooses the look of the canvas, and how figures and keys are written."""

    def __init__(self, program: Shown, config: Config, terminal: Terminal) -> None:
        self.program = program
        self.theme = config.theme
        self.depth = terminal.depth
        self.light = terminal.light
        decimal = config.decimal or "."
        thousands = " " if config.thousands in (None, decimal) else config.thousands
        fmt.write_with(decimal, thousands or "")
        show_in_ascii(program.canvas.ascii_only)
        self._wear()

    def ground(self, light: bool | None) -> None:
        """The terminal has told, later than the program began."""
        self.light = light
        self._wear()

    def _wear(self) -> None:
        self.program.canvas.wear(Look(self.theme, self.depth, self.light))

    def do_theme(self, words: str) -> None:
        """Another theme, at once."""
        wanted = words.strip()
        chosen = next((theme for theme in THEMES if theme == wanted), None)
        if not wanted:
            self.program.say(f"theme {self.theme}{self._known()}; there are {', '.join(THEMES)}")
        elif chosen is None:
            from opsconsole.console.text import inert
            from opsconsole.console.words import nearest

            self.program.say(f"no theme `{inert(wanted)}`{nearest(wanted, THEMES)}", "warning")
        elif self.depth == "mono" and chosen != "mono":
            self.program.say("NO_COLOR is set: no theme has colours", "warning")
        else:
            self.theme = chosen
            self._wear()
            self.program.say(
                f"theme {chosen}{self._known()}, until you leave; `theme: {chosen}` in config.yaml keeps it"
            )

    def _known(self) -> str:
        if self.theme != "auto":
            return ""
        return "" if self.light is None else f" ({'light' if self.light else 'dark'}, as the terminal)"
