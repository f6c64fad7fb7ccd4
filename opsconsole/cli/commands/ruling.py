"""The commands about rules and alerts: who is told, what rules would have raised, how they do."""

from __future__ import annotations

from opsconsole.cli.commands.description import AT, SITE, Command, Either, Option, Word, flag, json

COMMANDS = (
    Command(
        "notify",
        "Rules and alerts",
        "print who is told of alerts, or send a test message",
        "Print who is told of alerts, how the targets are and what was sent lately; with --test send a message to a "
        "target, or to all, and say what came of it (exit code 1: not taken).",
        ("opsconsole notify . --test oncall",),
        (
            SITE,
            Option(
                ("--test",), "send a test message; to all targets", "text", "TARGET", "maybe", bare="*", offers="target"
            ),
            flag("--list", help="print who is told of what; so it does without --test"),
            Option(("--limit",), "newest records to print (default 20)", "whole", "N", default=20),
            json(),
        ),
    ),
    Command(
        "backtest",
        "Rules and alerts",
        "print what rules, or a change to one, would have raised",
        "Replay the past through the rules, as if its rows had come in the order of their times, and print how often "
        "each would have raised an alert, when, for how long, and how many of them in floods.",
        ("opsconsole backtest .", 'opsconsole backtest . late --since 90d --with "for: 10m" --with "when: > 20"'),
        (
            SITE,
            Word("rule", "RULE", "these rules only, with all times; else all rules", "any", offers="rule"),
            Option(("--since",), "so long back, or a moment (default 30d)", "text", "TIME", default="30d"),
            Option(("--until",), "a moment, as for `snapshot --at`; else now", "text", "TIME", default=""),
            Option(
                ("--with",),
                "a key of the rules as it would stand in the site file, to see what the change would have saved",
                "text",
                '"KEY: VALUE"',
                "again",
                into="changes",
            ),
            json(),
        ),
    ),
    Command(
        "test",
        "Rules and alerts",
        "run the tests of rules kept beside the site file",
        "Run the tests of rules beside the site file (rules_test.yaml, tests/*.yaml): rows in, alerts expected "
        "at times. Exit code 0: all hold.",
        ("opsconsole test .", "opsconsole test . tests/late.yaml"),
        (SITE, Word("file", "FILE", "these files of tests only", "any", offers="file"), json()),
    ),
    Command(
        "control",
        "Rules and alerts",
        "print a KPI's control chart, and what its rules cost",
        "Print a KPI's control chart: limits and the points they are from, signals with their rule and moment, "
        "capability where it has specification limits, and the false alarms a shift that each rule is to be expected "
        "to give before it is switched on, and those of the whole site.",
        ("opsconsole control . scrap", "opsconsole control . scrap --where line=3 --json"),
        (
            SITE,
            Word("name", "KPI", "the KPI", offers="kpi"),
            Option(("--where",), "only these members, such as line=3", "text", "NAME=VALUE", "again"),
            Option(("--points",), "so many of the latest points in JSON (default 200)", "whole", "N", default=200),
            json(),
            Option(("--at",), AT, "text", "TIME", offers="moment"),
        ),
    ),
    Command(
        "scorecard",
        "Rules and alerts",
        "print the alarms of 30 days against the targets of ISA-18.2",
        "Print the alarms of the last days, by operator position, against the targets of ISA-18.2 and EEMUA 191, which "
        "rules are behind those that are missed, and what to try.",
        ("opsconsole scorecard .", "opsconsole scorecard . --days 7 --md > week.md"),
        (
            SITE,
            Option(("--days",), "how many days back (default 30)", "positive", "DAYS", default=30.0),
            Either((json(), flag("--md", help="Markdown, for a report"))),
        ),
    ),
)
