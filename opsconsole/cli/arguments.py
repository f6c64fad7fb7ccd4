"""Reading a command line: which command it is, and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsconsole import __version__

if TYPE_CHECKING:
    import argparse


def plain_site(words: list[str]) -> str | None:
    """The site of a command line that only names one, as most do; None: it has to be parsed."""
    if not words:
        return "."
    if len(words) > 1 or words[0].startswith("-"):
        return None
    if "/" in words[0] or "." in words[0]:
        return words[0]  # no command: those need not be loaded
    from opsconsole.cli.commands.every import BY_NAME

    return None if words[0] in BY_NAME else words[0]


def parse(arguments: list[str]) -> argparse.Namespace:
    """The parsed command line; `command` is "console" where none was named. Exits on a wrong one, as argparse does."""
    from opsconsole.cli.commands.every import BY_NAME
    from opsconsole.cli.parser import parser_of

    if arguments and arguments[0] in BY_NAME:
        parser = parser_of(BY_NAME[arguments[0]])
        found = parser.parse_args(arguments[1:])
        wrong = _wrong_kpis(found) if found.command == "kpis" else ""
        if wrong:
            parser.error(wrong)
        return found
    return console_parser().parse_args(arguments)


def console_parser() -> argparse.ArgumentParser:
    """The parser where no command is named; its help is the list of all."""
    from opsconsole.cli.commands.every import CONSOLE
    from opsconsole.cli.overview import overview
    from opsconsole.cli.parser import parser_of

    parser = parser_of(CONSOLE)
    parser.format_help = overview  # type: ignore[method-assign]
    parser.add_argument("-V", "--version", action="version", version=f"opsconsole {__version__}")
    return parser


def _wrong_kpis(found: argparse.Namespace) -> str:
    """What is wrong with the words of `kpis`, whose SITE is not wanted with --library."""
    if not found.library:
        return "" if found.site else "kpis: SITE is missing; the library needs none: --library"
    return "kpis: --library takes one NAME, and no --at" if found.name or found.at else ""
