"""The parser of one command, made from its description."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Callable
from typing import Any

from opsconsole.cli.commands.description import Command, Either, Option, Word

_NARGS = {"one": None, "maybe": "?", "any": "*", "again": None}


def parser_of(command: Command) -> argparse.ArgumentParser:
    """The parser of a command's words, those after its name."""
    prog = "opsconsole" if command.name == "console" else f"opsconsole {command.name}"
    wide = max(40, min(shutil.get_terminal_size().columns, 110) - 2)
    parser = argparse.ArgumentParser(
        prog=prog,
        description="\n".join(textwrap.wrap(command.help, wide)),
        epilog="example: " + "\n         ".join(command.examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for part in command.parts:
        if isinstance(part, Either):
            group = parser.add_mutually_exclusive_group()
            for option in part.options:
                _add(group, option)
        else:
            _add(parser, part)
    parser.set_defaults(command=command.name)
    return parser


def _add(to: argparse._ActionsContainer, part: Word | Option) -> None:
    said: dict[str, Any] = {"help": part.help.replace("%", "%%") or None}
    if part.choices:
        said["choices"] = part.choices
    if isinstance(part, Word):
        said |= {"nargs": _NARGS[part.times], "metavar": part.shown or None}
        if part.default is not None:
            said["default"] = part.default
        to.add_argument(part.name, **said)
        return
    if part.into:
        said["dest"] = part.into
    if part.kind == "flag":
        to.add_argument(*part.names, action="store_true", **said)
        return
    said |= {"metavar": part.shown or None, "default": part.default, "type": _READ[part.kind]}
    if part.times == "again":
        to.add_argument(*part.names, action="append", **{**said, "default": []})
    else:
        to.add_argument(*part.names, nargs=_NARGS[part.times], const=part.bare, **said)


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
