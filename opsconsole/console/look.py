"""What the style names look like. Only the sixteen colours of the terminal's own palette and attributes are used,
so that the console sits on the person's theme, dark or light, and needs nothing over a plain SSH link.
"""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style

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
}


@lru_cache(maxsize=512)
def style(names: str) -> Style:
    """The style of space-separated names, later ones on top."""
    return Style.combine([STYLES[name] for name in names.split()]) if names else STYLES[""]


@lru_cache(maxsize=512)
def muted(names: str) -> Style:
    """The style while the engine is lost: what was known, greyed, with its emphasis but without its colour."""
    known = style(names)
    return Style(dim=True, reverse=known.reverse, underline=known.underline)
