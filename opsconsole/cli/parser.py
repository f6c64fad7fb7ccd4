"""The parser of one command, made from its description."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Callable
from typing import Any, Protocol

from opsconsole.cli.commands.description import Command, Either, Option, Word

_NARGS = {"one": None, "maybe": "?", "any": "*", "again": None}


class Adding(Protocol):
    """What takes an argument: a parser, or a group of one."""

    def add_argument(self, *names: str, **said: Any) -> argparse.Action:
        """As argparse has it."""
        ...


# What is done with each argument that was added, such as giving it what completion offers.
Added = Callable[[argparse.Action, Word | Option], None]


def parser_of(command: Command) -> argparse.ArgumentParser:
    """The parser of a command's words, those after its name."""
    wide = max(40, min(shutil.get_terminal_size().columns, 110) - 2)
    parser = argparse.ArgumentParser(
        prog="opsconsole" if command.name == "console" else f"opsconsole {command.name}",
        description="\n".join(textwrap.wrap(command.help, wide)),
        epilog="example: " + "\n         ".join(command.examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    fill(parser, command)
    parser.set_defaults(command=command.name)
    return parser


def fill(parser: argparse.ArgumentParser, command: Command, added: Added | None = None) -> None:
    """Add the words and options of a command to a parser."""
    for part in command.parts:
        to: Adding = parser.add_mutually_exclusive_group() if isinstance(part, Either) else parser
        for each in part.options if isinstance(part, Either) else (part,):
            action = _add(to, each)
            if added is not None:
                added(action, each)


def _add(to: Adding, part: Word | Option) -> argparse.Action:
    said: dict[str, Any] = {"help": part.help.replace("%", "%%") or None}
    if part.choices:
        said["choices"] = part.choices
    if isinstance(part, Word):
        said |= {"nargs": _NARGS[part.times], "metavar": part.shown or None}
        if part.default is not None:
            said["default"] = part.default
        return to.add_argument(part.name, **said)
    if part.into:
        said["dest"] = part.into
    if part.kind == "flag":
        return to.add_argument(*part.names, action="store_true", **said)
    said |= {"metavar": part.shown or None, "default": part.default, "type": _READ[part.kind]}
    if part.times == "again":
        return to.add_argument(*part.names, action="append", **{**said, "default": []})
    return to.add_argument(*part.names, nargs=_NARGS[part.times], const=part.bare, **said)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: a number above 0 is wanted")
    return value


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text}: a whole number from 0 is wanted")
    return int(text)


_READ: dict[str, Callable[[str], Any]] = {"text": str, "whole": _whole, "number": int, "positive": _positive}
