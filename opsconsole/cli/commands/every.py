"""All commands, and the console that opens where none is named."""

from __future__ import annotations

from opsconsole.cli.commands import helping, recording, ruling, running, seeing, siting
from opsconsole.cli.commands.description import Command, Option, Word, flag

CONSOLE = Command(
    "console",
    "See",
    "open a console on a site (a site.yaml, its folder, or any folder of files)",
    "Open a console on a site: a site.yaml, its folder, or any folder of files. Starts the engine where none runs.",
    ("opsconsole plant",),
    (
        Word("site", "SITE", "a site.yaml, the folder that holds one, or any folder", "maybe", ".", offers="site"),
        flag("-q", "--quiet", help="no sound"),
        flag("--plain", help="say it in lines, for screen readers and logs"),
        flag("--read-only", help="look only: the engine takes no command from it"),
        flag("--fresh", help="begin at the overview, not where you were"),
        flag("--wall", help="on a wall: layouts in turn, no keys needed, read-only"),
        Option(("--rotate",), "seconds for which a wall shows a layout", "positive", "N"),
        flag("--no-config", help="without your config.yaml"),
    ),
)

EVERY = (
    *seeing.COMMANDS,
    *ruling.COMMANDS,
    *recording.COMMANDS,
    *siting.COMMANDS,
    *running.COMMANDS,
    *helping.COMMANDS,
)
BY_NAME = {command.name: command for command in EVERY}
