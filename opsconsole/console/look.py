"""What the style names look like. Here are the attributes and the sixteen colours of the terminal's own palette, which
sit on the person's theme, dark or light, and need nothing over a plain SSH link; `opsconsole.console.themes` has the
colours of the themes.
"""

from __future__ import annotations

from rich.style import Style

from opsconsole.console.config import Theme
from opsconsole.console.themes import Depth, palette

STYLES: dict[str, Style] = {
    "": Style(),
    "bold": Style(bold=True),
    "dim": Style(dim=True),
    "emphasis": Style(underline=True),
    "reverse": Style(reverse=True),
    "critical": Style(color="red", bold=True),
    "warning": Style(color="yellow"),
    "low": Style(color="cyan"),
    "nodata": Style(dim=True),
    "stale": Style(color="magenta"),
    "good": Style(),
    "bar": Style(dim=True),
    "rule": Style(dim=True),
    "cursor": Style(bold=True),
    "cell": Style(bold=True, underline=True),
    "key": Style(bold=True),
    "ghost": Style(dim=True),
    "tab": Style(bold=True, underline=True),
    "shape": Style(underline=False),  # an underline would cross what is drawn of blocks
}


class Look:
    """A theme at a depth of colour, on a dark or a light ground (None: not known)."""

    def __init__(self, theme: Theme = "auto", depth: Depth = "16", light: bool | None = None) -> None:
        self.theme = theme
        self.depth = depth
        self.light = light
        told = palette(theme, depth, light)
        self.ground = Style.parse(told.ground) if told.ground else Style.null()
        self._names = STYLES | {name: Style.parse(words) for name, words in told.styles.items()}
        self._plain = depth == "mono" or theme == "mono"
        self._styles: dict[str, Style] = {}
        self._muted: dict[str, Style] = {}

    def style(self, names: str) -> Style:
        """The style of space-separated names, later ones on top."""
        found = self._styles.get(names)
        if found is None:
            found = Style.combine([self.ground, *(self._names[name] for name in names.split())])
            found = self._styles[names] = found.without_color if self._plain else found
        return found

    def muted(self, names: str) -> Style:
        """The style while the engine is lost: what was known, greyed, with its emphasis but without its colour."""
        found = self._muted.get(names)
        if found is None:
            known = self.style(names)
            emphasis = Style(reverse=known.reverse, underline=known.underline)
            found = self._muted[names] = self.style("dim") + emphasis
        return found
