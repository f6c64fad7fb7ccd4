"""`opsconsole help`, `completion` and `man`: what the program says of itself."""

from __future__ import annotations

import argparse
import sys
from difflib import get_close_matches

from opsconsole.cli.commands.every import BY_NAME
from opsconsole.cli.overview import overview
from opsconsole.cli.parser import parser_of


def help_(arguments: argparse.Namespace) -> int:
    """Print help; exit code 1 where there is no such command."""
    topic = arguments.topic
    if not topic:
        print(overview(), end="")
        return 0
    if topic not in BY_NAME:
        near = get_close_matches(topic, list(BY_NAME), 1)
        hint = f", did you mean `{near[0]}`?" if near else "; `opsconsole help` lists them."
        print(f"opsconsole: there is no command `{topic}`{hint}", file=sys.stderr)
        return 1
    print(parser_of(BY_NAME[topic]).format_help(), end="")
    return 0


def completion(arguments: argparse.Namespace) -> int:
    """Print what makes a shell complete."""
    from opsconsole.cli.completion import script

    print(script(arguments.shell))
    return 0


def man(_arguments: argparse.Namespace) -> int:
    """Print the manual page."""
    from opsconsole.cli.man import page

    print(page(), end="")
    return 0
