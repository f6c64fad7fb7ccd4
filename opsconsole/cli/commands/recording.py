"""The commands about the journal, procedures, and changes and what they did."""

from __future__ import annotations

from opsconsole.cli.commands.description import SITE, Command, Option, Word, flag, json

_KINDS = "alert, procedure, retry, …"
_MOMENT = "03:40, 2013-06-24, yesterday, 'shift -1', or how long ago: 2h, 7d"

COMMANDS = (
    Command(
        "log",
        "The record",
        "print what people and the system did",
        "Print the journal, the newest first: when, who, what, about what, in which words, why. Exit code 1: no such "
        "record.",
        ("opsconsole log . weld --since 7d --kind procedure",),
        (
            SITE,
            Word("words", "WORDS", "that must be there; !word: must not", "any"),
            Option(("--since",), f"from this moment by the site's clocks: {_MOMENT}", "text", "TIME", offers="moment"),
            Option(("--until",), "up to this moment", "text", "TIME", offers="moment"),
            Option(("--kind",), f"of this kind ({_KINDS}); may be given again", "text", "KIND", "again"),
            Option(("--actor",), "of this person; `system` for what nobody did", "text", "LOGIN", default=""),
            flag("--people", help="only what people did"),
            Option(("--object",), "about this alert or source, by its whole name", "text", "NAME", default=""),
            Option(("--limit",), "most records (default 50)", "whole", "N", default=50),
            json("a list of objects"),
        ),
    ),
    Command(
        "audit",
        "The record",
        "look whether the journal is as it was written",
        "Look through the journal's chain and name the first record that is not as it was written (exit code 1), or "
        "print the last record's hash, to be kept in another place.",
        ("opsconsole audit verify .", "opsconsole audit head . >> /mnt/elsewhere/heads.txt"),
        (
            Word("what", help="look through it, or print its last hash", choices=("verify", "head")),
            SITE,
            Option(("--head",), "verify: a head that was kept, which must be in the chain", "text", "HASH", default=""),
            json(),
        ),
    ),
    Command(
        "procedures",
        "The record",
        "print how procedures were used, and what came before clearing",
        "Print how each procedure was used: opened, ticked, which step was ticked last before alerts cleared, and how "
        "long they took with and without.",
        ("opsconsole procedures . --since 30d",),
        (
            SITE,
            Option(
                ("--since",),
                f"from this moment (default 30d): {_MOMENT}",
                "text",
                "TIME",
                default="30d",
                offers="moment",
            ),
            json(),
        ),
    ),
    Command(
        "change",
        "The record",
        "mark a change that was made to the operation",
        "Mark what was changed, when, and which KPI it should move: it is shown on the KPI's charts, and `opsconsole "
        "helped` says whether it did. Exit code 1: refused.",
        (
            'opsconsole change . scrap "new tip on the weld gun" --where line=3 --at 14:00',
            "opsconsole change . --drop c1",
        ),
        (
            SITE,
            Word("kpi", "KPI", "which it should move; several: scrap,oee", "maybe", "", offers="kpi"),
            Word("what", "WHAT", "what was changed", "any"),
            Option(("--at",), f"when (default now): {_MOMENT}", "text", "TIME", default="", offers="moment"),
            Option(("--where",), "it was done to this member alone; may be given again", "text", "DIM=MEMBER", "again"),
            Option(("--drop",), "take this change back", "text", "ID", default=""),
        ),
    ),
    Command(
        "changes",
        "The record",
        "print the changes that are marked",
        "Print the changes that people marked, the latest first: id, when, who, of which KPIs, what. Exit code 1: "
        "none.",
        ("opsconsole changes . --kpi scrap",),
        (SITE, Option(("--kpi",), "of this KPI", "text", "KPI", default="", offers="kpi"), json("a list of objects")),
    ),
    Command(
        "helped",
        "The record",
        "print whether changes helped",
        "Print for each change, or one, what it did to each KPI that it should move: the effect with its interval, and "
        "the chance of as much without a change; or that nobody can tell. Exit code 1: no change is marked.",
        ("opsconsole helped .", "opsconsole helped . c1 --kpi scrap --json"),
        (
            SITE,
            Word("change", "CHANGE", "the id of one; else all", "maybe", ""),
            Option(("--kpi",), "what they did to this KPI", "text", "KPI", default="", offers="kpi"),
            json(),
        ),
    ),
)
