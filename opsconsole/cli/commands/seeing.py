"""The commands that print what a console shows: KPIs, alerts, sources, rows."""

from __future__ import annotations

from opsconsole.cli.commands.description import AT, SITE, Command, Either, Option, Word, flag, json

_AT = Option(("--at",), AT, "text", "TIME", offers="moment")

COMMANDS = (
    Command(
        "snapshot",
        "See",
        "print KPIs, alerts and sources, now or at a past moment",
        "Print KPIs, alerts and sources once the first scan has settled.",
        ("opsconsole snapshot .", "opsconsole snapshot . --at yesterday"),
        (SITE, json(), _AT),
    ),
    Command(
        "kpis",
        "See",
        "print the KPIs as cards, or the library of ISO 22400-2",
        "Print the KPIs with value, target, owner and objective, and what is missing from each card; or one card in "
        "full. With --library the KPIs of ISO 22400-2, OTIF and TEEP that a site can take with `use:`.",
        ("opsconsole kpis . oee", "opsconsole kpis --library iso22400.oee"),
        (
            Word("site", "SITE", "a site.yaml, or the folder that holds one", "maybe", "", offers="site"),
            Word("name", "NAME", "this KPI only, in full", "maybe", "", offers="kpi"),
            flag("--library", help="the library in place of a site; NAME: an entry in full"),
            json(),
            _AT,
        ),
    ),
    Command(
        "anomalies",
        "See",
        "print what was unusual of a KPI, or of columns together",
        "Print what was unusual: points of a KPI against what was expected of them, or rows of a source whose columns "
        "together left what is usual, with those that moved most. How many false alarms a week are acceptable is said "
        "by the rule on it, or by --budget (else 2).",
        ("opsconsole anomalies . scrap", "opsconsole anomalies . machines --where machine=M3 --json"),
        (
            SITE,
            Word("of", "KPI|SOURCE", "a KPI, or a source with columns of numbers", offers="kpi"),
            Option(("--where",), "only these members, such as line=3", "text", "NAME=VALUE", "again"),
            Option(("--budget",), "so many false alarms a week are acceptable", "positive", "N"),
            Option(("--limit",), "most anomalies to print, the newest first (default 30)", "whole", "N", default=30),
            json(),
            _AT,
        ),
    ),
    Command(
        "flow",
        "See",
        "print where cases wait, which will be late, and the bottleneck",
        "Print a flow of `flows:`: its steps with waiting and service, the open cases with the chance that each will "
        "be late, variants, hand-offs, rework, and how it went over time; of stations the bottleneck. Without NAME the "
        "first there is.",
        ("opsconsole flow . permits", "opsconsole flow . line --json"),
        (
            Word("site", "SITE", "a site.yaml, or the folder that holds one", offers="site"),
            Word("name", "NAME", "the flow", "maybe", "", offers="flow"),
            json(),
            _AT,
        ),
    ),
    Command(
        "forecast",
        "See",
        "print where a KPI is going, and when it crosses its limits",
        "Print what a KPI is forecast to be, with the interval that holds 80 % of the time, when it crosses its limits "
        "and how likely that is, and how well such forecasts did on its own past; for each member of a column with "
        "--by.",
        ("opsconsole forecast . oee", "opsconsole forecast . oee --by line --ahead 2h"),
        (
            SITE,
            Word("kpi", "KPI", "the KPI", offers="kpi"),
            Option(("--by",), "for each member of these columns, with commas between them", "text", "COLUMNS"),
            Option(("--where",), "only these members, such as line=3", "text", "NAME=VALUE", "again"),
            Option(("--ahead",), "so far ahead (default 8h)", "text", "DURATION", default=""),
            json(),
            _AT,
        ),
    ),
    Command(
        "query",
        "See",
        "run one read-only SELECT on the tables",
        "Run one read-only SELECT on the tables (DuckDB's SQL; each source is a table).",
        ('opsconsole query . "SELECT carrier, count(*) FROM flights GROUP BY ALL"',),
        (
            SITE,
            Word("sql", "SQL"),
            Either((json("a list of objects"), flag("--csv", help="comma-separated, with a header"))),
            Option(("--limit",), "most rows to print (default 10000)", "whole", "N", default=10_000),
            Option(("--seconds",), "longest time (default 30)", "positive", "S", default=30.0),
        ),
    ),
    Command(
        "rows",
        "See",
        "print rows of a source or behind a KPI, or write all to a file",
        "Print rows of a source, or those behind a KPI or an alert, newest first unless sorted; with --out all of them "
        "go to a file (JSON: an array, a row on each line; CSV: text that a spreadsheet would run gets an apostrophe).",
        (
            "opsconsole rows . flights --filter 'dep_delay > 60' --sort=-dep_delay",
            "opsconsole rows . --kpi scrap --where line=3 --out scrap.xlsx",
        ),
        (
            SITE,
            Word("source", "SOURCE", "the source", "maybe", "", offers="source"),
            Option(("--kpi",), "the rows behind this KPI", "text", "NAME", default="", offers="kpi"),
            Option(("--alert",), "the rows behind this alert", "text", "ID", default=""),
            Option(("--where",), "only these members, such as line=3", "text", "NAME=VALUE", "again"),
            Option(("--filter",), "a condition, as in a KPI's `where`: 'qty > 3'", "text", "SQL", "again"),
            Option(("--words",), "a word that is in some cell; '!word': in none", "text", "WORD", "again"),
            Option(("--sort",), "by these columns; --sort=-qty: the largest first", "text", "COLUMNS", "again"),
            Option(("--columns",), "these only, with commas between them", "text", "COLUMNS", "again"),
            Option(("--limit",), "most rows to print, up to 10000 (default 50)", "whole", "N", default=50),
            Either((json("a list of objects"), flag("--csv", help="comma-separated, with a header"))),
            Option(("--out",), "all rows to this file: .csv .json .parquet .xlsx .md", "text", "FILE", offers="file"),
            _AT,
        ),
    ),
    Command(
        "sources",
        "See",
        "print what was taken from each file, or how a file is read",
        "Print each source and its files: records = rows + rejected, cells set aside, bytes taken, reason; or how a "
        "file is read.",
        ("opsconsole sources . orders", "opsconsole sources . --explain data/orders.csv"),
        (
            SITE,
            Word("source", "SOURCE", "this source only", "maybe", "", offers="source"),
            json(),
            Option(
                ("--explain",),
                "how the file is read: format, columns, what was assumed, and YAML that pins it; any file will do",
                "text",
                "FILE",
                offers="file",
            ),
            Either(
                (
                    flag("--wait", help="until all that lies there now has been taken"),
                    flag("--now", help="do not even wait for the first scan"),
                )
            ),
        ),
    ),
    Command(
        "quarantine",
        "See",
        "print what was set aside and why, or read files anew",
        "Print what was set aside: how much for which reason, and the newest of it. --csv and --json give all of it.",
        ("opsconsole quarantine . --source orders --reason number", "opsconsole quarantine . --csv > bad.csv"),
        (
            SITE,
            Option(("--source",), "of this source only", "text", "SOURCE", default="", offers="source"),
            Option(("--file",), "of these files, such as 'data/*_06.csv'", "text", "GLOB", default="", offers="file"),
            Option(("--reason",), "with this in the reason", "text", "TEXT", default=""),
            Option(("--column",), "cells of this column", "text", "NAME", default=""),
            Option(("--limit",), "most records (text: 50; else all)", "whole", "N"),
            Either(
                (
                    json("a list of objects, the raw text as it lay in the file"),
                    flag("--csv", help="with a header; text that a spreadsheet would run gets a leading apostrophe"),
                    Option(
                        ("--retry",),
                        "read these files anew; without a name all that had trouble",
                        "text",
                        "FILE",
                        "any",
                        offers="file",
                    ),
                )
            ),
        ),
    ),
)
