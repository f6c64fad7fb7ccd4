"""The themes, as data: what a style name looks like in a theme at a depth of colour, and which depth a terminal has.

`opsconsole.console.look` has the attributes and the terminal's own sixteen colours, which hold where nothing else is
said here: with `auto` on a terminal that does not tell whether it is dark or light. Everything else is measured
(tests/console/test_themes.py): texts reach the contrast of WCAG 2.2 (4.5:1, columns and rules 3:1) on all usual grounds
of their kind, and the colours of the colour-blind theme stay apart for who has no red, green or blue cones. The sixteen
colours are the person's own; they are measured as xterm has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from msgspec import Struct

from opsconsole.console.config import Colours, Theme

Depth = Literal["mono", "16", "256", "truecolor"]
THEMES: tuple[Theme, ...] = get_args(Theme)

# Terminals that are known by name to show every colour, where nothing says so (over SSH COLORTERM does not come along).
_EVERY_COLOUR = ("alacritty", "contour", "foot", "ghostty", "kitty", "wezterm")
# Terminals for which sixteen are safe, whatever an environment that was inherited claims.
_FEW = ("linux", "vt", "ansi", "cons", "sun")


class Palette(Struct, frozen=True):
    """Styles by name, in the words of Rich; `ground` is set where the terminal's own is not to be kept."""

    styles: Mapping[str, str]
    ground: str = ""


def _of(critical: str, warning: str, low: str, stale: str, dim: str = "", bar: str = "") -> Palette:
    grey = dict.fromkeys(("dim", "nodata", "ghost"), dim) | dict.fromkeys(("bar", "rule"), bar) if dim else {}
    return Palette({"critical": f"bold {critical}", "warning": warning, "low": low, "stale": stale, **grey})


# Dim is a grey of its own where there are enough colours: the attribute is unreadable on some terminals and not there
# on others. Columns and rules are large, and quieter than text. On light grounds the sixteen have no yellow and no cyan
# that can be read.
PALETTES: dict[str, dict[str, Palette]] = {
    "dark": {
        "truecolor": _of("#ff6f66", "#e3b341", "#56c8d8", "#d2a8ff", "#9aa4ae", "#747e88"),
        "256": _of("color(203)", "color(179)", "color(80)", "color(183)", "color(247)", "color(243)"),
        "16": _of("bright_red", "yellow", "cyan", "bright_magenta"),
    },
    "light": {
        "truecolor": _of("#b3141e", "#845400", "#00647a", "#7a2fa0", "#5c636b", "#838a92"),
        "256": _of("color(124)", "color(94)", "color(24)", "color(90)", "color(241)", "color(244)"),
        "16": _of("red", "magenta", "blue", "underline"),
    },
    "contrast": {
        "truecolor": _of("#ff8a80", "#ffd400", "#5ce1f2", "#efb0ff", "#c4c4c4", "#8c8c8c"),
        "256": _of("color(210)", "color(220)", "color(87)", "color(219)", "color(251)", "color(245)"),
        "16": _of("bright_red", "bright_yellow", "bright_cyan", "bright_magenta", "white", "bright_black"),
    },
    "colour-blind dark": {
        "truecolor": _of("#ff5f5f", "#ffaf00", "#00afff", "#af87af", "#9aa4ae", "#747e88"),
        "256": _of("color(203)", "color(214)", "color(39)", "color(139)", "color(247)", "color(243)"),
        "16": _of("bright_red", "yellow", "bold cyan", "underline"),
    },
    "colour-blind light": {
        "truecolor": _of("#a64f61", "#736d1a", "#1a34f9", "#70059f", "#5c636b", "#838a92"),
        "256": _of("color(52)", "color(94)", "color(25)", "color(93)", "color(241)", "color(244)"),
        "16": _of("red", "magenta", "blue", "underline"),
    },
}
_GROUNDS = {"truecolor": "#ffffff on #000000", "256": "color(231) on color(16)", "16": "bright_white on black"}
# Without colour, attributes say beside the sign and the letter what colours say elsewhere; an underline is loud.
MONO = Palette({"critical": "bold underline", "warning": "bold", "low": "", "stale": "dim"})


def palette(theme: Theme, depth: Depth, light: bool | None) -> Palette:
    """What differs from the attributes and the sixteen colours; `light`: the terminal's ground, None where unknown."""
    if depth == "mono" or theme == "mono":
        return MONO
    if theme == "auto":
        return Palette({}) if light is None else PALETTES["light" if light else "dark"][depth]
    if theme == "colour-blind":
        return PALETTES["colour-blind light" if light else "colour-blind dark"][depth]
    return Palette(PALETTES[theme][depth].styles, _GROUNDS[depth] if theme == "contrast" else "")


def asks(theme: Theme, depth: Depth) -> bool:
    """Whether it matters if the terminal is dark or light."""
    return depth != "mono" and theme in ("auto", "colour-blind")


def depth(colours: Colours, env: Mapping[str, str]) -> Depth:
    """How many colours are used: none with NO_COLOR, as many as the person says, or as many as the terminal shows."""
    if env.get("NO_COLOR"):
        return "mono"
    if colours != "auto":
        return colours
    term = env.get("TERM", "")
    if term == "screen" or term.startswith(_FEW):
        return "16"
    # GNU screen hands on what the terminal around it claims, and takes a colour of three parts for other attributes
    cut = "STY" in env or (term.startswith("screen") and "TMUX" not in env)
    every = env.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct")
    if not cut and (every or any(name in term for name in _EVERY_COLOUR)):
        return "truecolor"
    return "256" if "256color" in term else "16"
