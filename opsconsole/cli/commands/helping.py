"""The commands about the program itself."""

from __future__ import annotations

from opsconsole.cli.commands.description import Command, Word, flag, json

COMMANDS = (
    Command(
        "help",
        "The program",
        "print the list of commands, or what one of them takes",
        "Print the list of commands, or one of them with its words, options and examples.",
        ("opsconsole help query",),
        (Word("topic", "COMMAND", "this command only", "maybe", "", offers="command"),),
    ),
    Command(
        "keys",
        "The program",
        "print the keys of the console as your config.yaml has them",
        "Print the keys of the console as your config.yaml has them, with the names of the actions.",
        ("opsconsole keys",),
        (json(), flag("--no-config", help="as they are without your config.yaml")),
    ),
)
