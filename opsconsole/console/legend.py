"""What each sign of the screen means."""

from __future__ import annotations

from opsconsole.console import signs
from opsconsole.console.text import Line, left, width

# Sign, style, meaning; those of states and priorities come from `signs`.
_MORE = (
    (" x ", "reverse", "nobody has acknowledged it yet"),
    ("z", "dim", "shelved, suppressed or out of service: it calls nobody"),
    ("✓", "", "marked: keys act on all that are"),
    ("↑↓", "", "up or down against the time before"),
    ("≈", "", "the window is not over, or not all of it is there"),
    ("≤", "", "by the rows up to the moment that is looked at"),
    ("n", "", "how often it has come, in a list of alerts"),
)


def entries() -> list[tuple[str, str, str]]:
    """Sign, style, meaning."""
    levels = [(signs.alert_sign(name), name, f"{name}, of alerts and KPIs") for name in signs.PRIORITY]
    known = [
        (signs.sign(status), signs.style(status), signs.WORDS[status])
        for status in signs.GLYPHS
        if status not in signs.PRIORITY and signs.sign(status)
    ]
    return [*levels, *known, *_MORE]


def lines() -> list[Line]:
    """One line for each sign."""
    return [
        [("  ", ""), (sign, style), (left("", max(0, 6 - width(sign))), ""), (meaning, "")]
        for sign, style, meaning in entries()
    ]
