"""The commands about the program itself."""

from __future__ import annotations

from opsconsole.cli.commands.description import Command, Word, flag, json

COMMANDS = (
    Command(
        "doctor",
        "The program",
        "look whether terminal, machine and site are as they should be",
        "Look at the terminal, the program, the machine and a site, and print what is found, one line each, with the "
        "cure. Works without a site, and with one that is broken. Exit code 0: fine, or warnings; 1: something is "
        "broken.",
        ("opsconsole doctor .", "opsconsole doctor --json"),
        (
            Word("site", "SITE", "a site too; else the one here, if any", "maybe", "", offers="site"),
            json("a list of objects: check, state (fine, note, warning, broken), found, cure"),
        ),
    ),
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
    Command(
        "completion",
        "The program",
        "print what makes a shell complete commands, options and names",
        "Print a script that makes bash, zsh or fish complete commands, options, files, and the names of a site's "
        'KPIs, sources and rules. For bash: eval "$(opsconsole completion bash)" in ~/.bashrc; for zsh the same in '
        "~/.zshrc, after compinit; for fish: opsconsole completion fish > ~/.config/fish/completions/opsconsole.fish",
        ("opsconsole completion bash > ~/.local/share/bash-completion/completions/opsconsole",),
        (Word("shell", help="which shell", choices=("bash", "zsh", "fish")),),
    ),
    Command(
        "man",
        "The program",
        "print the manual page",
        "Print the manual page, to be read with `man -l -`. An installation has it in share/man/man1.",
        ("opsconsole man > opsconsole.1",),
        (),
    ),
)
