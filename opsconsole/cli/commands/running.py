"""The commands about the engine."""

from __future__ import annotations

from opsconsole.cli.commands.description import SITE, Command, Option, flag, json

COMMANDS = (
    Command(
        "engine",
        "The engine",
        "run the engine in the foreground, for good",
        "Run the engine in the foreground until it is stopped: rules run with nobody looking.",
        ("opsconsole engine .",),
    ),
    Command(
        "status",
        "The engine",
        "is an engine running, since when, who looks",
        "Print whether an engine runs. Exit code 0: it does, 1: it does not.",
        ("opsconsole status .",),
        (SITE, json()),
    ),
    Command(
        "stop",
        "The engine",
        "end the engine",
        "End the engine; consoles are told who did.",
        ("opsconsole stop .",),
    ),
    Command(
        "logs",
        "The engine",
        "print the engine's log",
        "Print the engine's log.",
        ("opsconsole logs . -f",),
        (
            SITE,
            Option(("-n", "--lines"), "how many of the last lines (default 200)", "whole", "N", default=200),
            flag("-f", "--follow", help="go on printing"),
        ),
    ),
)
