"""The manual page (man(7) macros), made from the description of the commands.

`python -m opsconsole.cli.man FILE` writes the one that the wheel carries.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from opsconsole import __version__
from opsconsole.cli.commands.description import Command, Either, Option, Part, Word
from opsconsole.cli.commands.every import CONSOLE, EVERY
from opsconsole.cli.overview import spelt

_ABOUT = (
    "opsconsole watches folders where other systems drop files, turns them into tables, computes KPIs, raises alerts, "
    "and leads from an alert to the rows behind it, to what to do, and to a line in the log, by the keyboard alone.",
    "One engine for each site owns tables, KPIs, alerts and journal, and goes on with nobody looking; consoles are its "
    "clients. In the console, ? shows the keys that work on the screen, and : takes commands.",
)
_EXIT = (
    ("0", "fine"),
    ("1", "could not: one message on standard error says what, and what to do"),
    ("2", "wrong words"),
)
_FILES = (
    ("site.yaml", "what a site is: its sources, KPIs, rules; `opsconsole init` writes a draft"),
    ("layouts/*.yaml", "how its screens are arranged"),
    ("$XDG_CONFIG_HOME/opsconsole/config.yaml", "a person's own settings: keys, theme"),
    ("$XDG_STATE_HOME/opsconsole/", "tables, journal, socket and log of each site, unless it names another place"),
)
_ENVIRONMENT = (
    ("TERM, COLORTERM, NO_COLOR", "how many colours are used; none with NO_COLOR; with TERM=dumb nothing is drawn"),
    ("LC_ALL, LC_CTYPE, LANG", "signs beyond ASCII are drawn only where these say UTF-8"),
    ("SSH_CONNECTION", "the mouse is off where it is set"),
    ("XDG_STATE_HOME, XDG_CONFIG_HOME", "where files lie, see above"),
)


def page() -> str:
    """The page, which ends with a line feed."""
    out = [
        f'.TH OPSCONSOLE 1 "" "opsconsole {__version__}" "User commands"',
        ".SH NAME",
        r"opsconsole \- a terminal operations console for folders of files",
        ".SH SYNOPSIS",
        *_synopsis(CONSOLE),
        ".br",
        r".B opsconsole",
        r".IR COMMAND \ ...",
        ".SH DESCRIPTION",
        *_paragraphs(_ABOUT),
        ".SH OPTIONS",
        *_parts(CONSOLE.parts),
        ".TP",
        r".BR \-V ,\  \-\-version",
        "print the version",
        ".SH COMMANDS",
        "A folder named like a command is given as ./NAME.",
    ]
    group = ""
    for command in EVERY:
        if command.group != group:
            group = command.group
            out.append(f'.SS "{_text(group)}"')
        out += [".PP", *_synopsis(command), ".RS", *_paragraphs([command.help]), *_parts(command.parts)]
        out += [".PP", "Example:", ".nf", *(f".B {_text(example)}" for example in command.examples), ".fi", ".RE"]
    for heading, entries in (("EXIT STATUS", _EXIT), ("FILES", _FILES), ("ENVIRONMENT", _ENVIRONMENT)):
        out.append(f'.SH "{heading}"')
        for term, said in entries:
            out += [".TP", f".B {_text(term)}", _text(said)]
    out += [".SH SEE ALSO", ".BR ssh (1),", ".BR tmux (1)"]
    return "\n".join(out) + "\n"


def _synopsis(command: Command) -> list[str]:
    """A command with its words and options, as one types it."""
    name = "opsconsole" if command is CONSOLE else f"opsconsole {command.name}"
    said: list[str] = []
    for part in command.parts:
        if isinstance(part, Word):
            value = part.shown or "|".join(part.choices)
            said.append({"one": value, "maybe": f"[{value}]"}.get(part.times, f"[{value} …]"))
        else:
            options = part.options if isinstance(part, Either) else (part,)
            said.append("[" + "|".join(_briefly(option) for option in options) + "]")
    return [f".B {_text(name)}", *([_text(" ".join(said))] if said else [])]


def _briefly(option: Option) -> str:
    value = "" if option.kind == "flag" else spelt(option).partition(option.names[-1])[2]
    again = " …" if option.times == "again" else ""
    return f"{option.names[-1]}{value}{again}"


def _parts(parts: Iterable[Part]) -> list[str]:
    out: list[str] = []
    for part in parts:
        for each in part.options if isinstance(part, Either) else (part,):
            term = spelt(each) if isinstance(each, Option) else each.shown or "|".join(each.choices)
            if each.help:
                out += [".TP", f".B {_text(term)}", _text(each.help)]
    return out


def _paragraphs(texts: Iterable[str]) -> list[str]:
    out: list[str] = []
    for text in texts:
        out += [".PP", _text(text)]
    return out


_SIGNS = {"\\": r"\(rs", "-": r"\-", "'": r"\(aq", "`": r"\(ga", '"': r"\(dq", "…": "...", "^": r"\(ha", "~": r"\(ti"}


def _text(text: str) -> str:
    """Text that roff leaves as it is: no escapes, and no line that begins like a request."""
    made = "".join(_SIGNS.get(char, char) for char in text)
    return re.sub(r"^(?=[.'])", r"\\&", made)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
