"""The commands about a site's files, and the demo that plays one."""

from __future__ import annotations

from opsconsole.cli.commands.description import SITE, Command, Either, Option, Word, flag, json

COMMANDS = (
    Command(
        "demo",
        "The site",
        "try it on data that is played into a temporary folder",
        "Play a pack into a temporary folder and open a console on it.",
        ("opsconsole demo",),
        (
            Word(
                "pack", help="which one", times="maybe", default="factory", choices=("factory", "airport", "emergency")
            ),
            Option(("--speed",), "site seconds per second (factory and airport: 60)", "positive", "X"),
            Option(("--seed",), "another number, another plant (default 1)", "number", "N", default=1),
        ),
    ),
    Command(
        "init",
        "The site",
        "write a draft site.yaml and layouts/overview.yaml for a folder",
        "Write a draft site.yaml and layouts/overview.yaml. Never overwrites.",
        ("opsconsole init data",),
        (Word("site", "FOLDER", "the folder of files", offers="folder"),),
    ),
    Command(
        "check",
        "The site",
        "validate the site file and its layouts; exit code 1 on errors",
        "Validate a site file and its layouts. Exit code 0: fine, 1: errors.",
        ("opsconsole check .",),
        (SITE, json("the problems as a list of objects")),
    ),
    Command(
        "schema",
        "The site",
        "print the JSON Schema of site.yaml, for editors",
        "Print the JSON Schema of site.yaml.",
        ("opsconsole schema > site.schema.json",),
        (
            Either(
                (
                    flag("--layout", help="that of a layout file instead"),
                    flag("--config", help="that of your config.yaml instead"),
                )
            ),
        ),
    ),
)
