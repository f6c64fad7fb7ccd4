"""How keys are called: as they arrive from a terminal, as a person may write them, and as they are shown."""

from __future__ import annotations

import re

from opsconsole.site.names import nearest

_SHOWN = {
    "enter": "↵", "escape": "Esc", "up": "↑", "down": "↓", "left": "←", "right": "→", "pagedown": "PgDn",
    "pageup": "PgUp", "f1": "F1", "home": "Home", "end": "End", "space": "space", "shift+tab": "shift+tab",
    "ctrl+underscore": "ctrl+_", "ctrl+backslash": "ctrl+\\",
}  # fmt: skip

NAMED = (
    "enter", "escape", "tab", "space", "backspace", "delete", "insert", "up", "down", "left", "right", "home", "end",
    "pageup", "pagedown", *(f"f{number}" for number in range(1, 25)),
)  # fmt: skip
_ALSO = {
    "esc": "escape", "return": "enter", "pgup": "pageup", "pgdn": "pagedown", "page_up": "pageup", "ins": "insert",
    "page_down": "pagedown", "del": "delete", " ": "space", "backtab": "shift+tab",
    **{shown: key for key, shown in _SHOWN.items() if len(shown) == 1},
}  # fmt: skip
# The same on a terminal without UTF-8, where an arrow would look like another key.
_ASCII = {"enter": "Enter", "up": "Up", "down": "Down", "left": "Left", "right": "Right"}
# What these send is another key.
_SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+[": "escape"}
# What arrives has another name than what is pressed.
_SENT = {"ctrl+_": "ctrl+underscore", "ctrl+/": "ctrl+underscore", "ctrl+\\": "ctrl+backslash"}
_ORDER = ("alt", "ctrl", "shift")
_names = _SHOWN


def key_name(key: str) -> str:
    """A key as a person reads it, on this terminal (`show_in_ascii`)."""
    return _names.get(key, key)


def show_in_ascii(plain: bool) -> None:
    """Whether this process names keys for a terminal without UTF-8."""
    global _names
    _names = _SHOWN | _ASCII if plain else _SHOWN


def canonical(text: str) -> str:
    """A key as a terminal sends it, from how a person writes it: `Esc`, `Ctrl+D`, `PgDn`. Raises ValueError."""
    if (len(text) == 1 and text.isprintable() and text not in _ALSO) or text in _SENT.values():
        return text
    *before, last = re.split(r"[+-](?=.)", text) if len(text) > 1 else [text]
    modifiers = {part.casefold().replace("control", "ctrl").replace("meta", "alt") for part in before}
    unknown = sorted(modifiers - set(_ORDER))
    base = last if len(last) == 1 and last not in _ALSO else _ALSO.get(last.casefold(), last.casefold())
    base = "shift+tab" if base == "tab" and modifiers == {"shift"} else base
    if base == "shift+tab":
        return base
    if unknown or (len(base) > 1 and base not in NAMED):
        raise ValueError(_no_such(text))
    if not modifiers:
        return base
    if len(base) == 1 and "shift" in modifiers:
        raise ValueError(f"no key arrives as this: a letter with shift arrives as the capital, `{base.upper()}`")
    key = "+".join([*(each for each in _ORDER if each in modifiers), base.casefold() if "ctrl" in modifiers else base])
    if key in _SAME:
        raise ValueError(f"a terminal sends the same for it as for `{_SAME[key]}`: write that")
    if key in ("ctrl+space", "ctrl+2"):
        raise ValueError("most terminals do not send it")
    return _SENT.get(key, key)


def _no_such(text: str) -> str:
    near = nearest(text, [*NAMED, *(key for key in _ALSO if len(key) > 1), "shift+tab"])
    tail = f"did you mean `{near}`?" if near is not None else "write a character, enter, escape, f2 or ctrl+d"
    return f"there is no such key, {tail}"
