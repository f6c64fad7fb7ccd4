"""The commands about the program itself."""

from __future__ import annotations

from opsconsole.cli.commands.description import Command, Word

COMMANDS = (
    Command(
        "help",
        "The program",
        "print the list of commands, or what one of them takes",
        "Print the list of commands, or one of them with its words, options and examples.",
        ("opsconsole help query",),
        (Word("topic", "COMMAND", "this command only", "maybe", "", offers="command"),),
    ),
)
