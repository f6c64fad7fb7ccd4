"""The words of the command line: commands, options, help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsconsole import __version__
from opsconsole.cli import record_arguments

if TYPE_CHECKING:
    import argparse

_TOP = """\
usage: opsconsole [SITE] [--quiet]          open a console on a site (a site.yaml, its folder, or any folder of files)
       opsconsole demo [airport|factory]    try it on data that is played into a temporary folder
       opsconsole COMMAND SITE …

commands:
  snapshot   print KPIs, alerts and sources once the first scan has settled     [--json]
             or as they were at a past moment, such as 03:40 or yesterday       [--at TIME]
  kpis       print the KPIs as cards, with what is missing from each            [--json]
             or the KPIs of ISO 22400-2 that a site can use                     [--library]
  query      run one read-only SELECT on the tables                             [--json|--csv]
  sources    print what was taken from each file, and what was not and why      [--json]
             or how one file is read, with the YAML that pins it                [--explain FILE]
  quarantine print what was set aside, with file, line, reason and raw text     [--json|--csv]
             or read files anew, after a fix                                    [--retry [FILE …]]
  log        print what people and the system did                               [WORDS …] [--since TIME]
  audit      look whether the journal is as it was written, or print its head   verify|head SITE [--json]
  procedures print how procedures were used, and what came before clearing      [--since 30d] [--json]
  notify     print who is told of alerts, and what was sent lately             [--json]
             or send a test message to a target, or to all                     [--test [TARGET]]
  backtest   print what rules would have raised over the past 30 days           [--json]
             or what a change to one would have saved          [RULE --with "for: 10m"]
  test       run the tests of rules kept beside the site file                   [--json]
  scorecard  print the alarms of 30 days against the targets of ISA-18.2     [--json|--md]
             or of another number of days                                       [--days N]
  check      validate the site file and its layouts; exit code 1 on errors
  init       write a draft site.yaml and layouts/overview.yaml for a folder
  engine     run the engine in the foreground, for good
  status     is an engine running, since when, who looks                        [--json]
  stop       end the engine
  logs       print the engine's log                                             [-n N] [-f]
  schema     print the JSON Schema of site.yaml, for editors                    [--layout]

`opsconsole COMMAND --help` says more. A folder named like a command is given as ./NAME.
"""

_AT = (
    "as of a past moment by the site's clocks, by the rows known now: 03:40, 2013-06-24, '2013-06-24 10:00', "
    "yesterday, -2h (write --at=-2h), 'shift -1'"
)

COMMANDS = (
    "demo",
    "snapshot",
    "kpis",
    "query",
    "sources",
    "quarantine",
    "scorecard",
    "notify",
    "backtest",
    "test",
    "check",
    "init",
    "engine",
    "status",
    "stop",
    "logs",
    "schema",
    *record_arguments.COMMANDS,
)


def plain_site(words: list[str]) -> str | None:
    """The site of a command line that only names one, as most do; None: it has to be parsed."""
    if not words:
        return "."
    return words[0] if len(words) == 1 and not words[0].startswith("-") and words[0] not in COMMANDS else None


def parse(arguments: list[str]) -> argparse.Namespace:
    """The parsed command line; `command` is "console" where none was named. Exits on a wrong one, as argparse does."""
    if arguments and arguments[0] in COMMANDS:
        parser = _commands()
        found = parser.parse_args(arguments)
        wrong = _wrong_kpis(found) if found.command == "kpis" else ""
        if wrong:
            parser.error(wrong)
        return found
    return _console().parse_args(arguments)


def _wrong_kpis(found: argparse.Namespace) -> str:
    """What is wrong with the words of `kpis`, whose SITE is not wanted with --library."""
    if not found.library:
        return "" if found.site else "kpis: SITE is missing; the library needs none: --library"
    return "kpis: --library takes one NAME, and no --at" if found.name or found.at else ""


def _console() -> argparse.ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(prog="opsconsole", add_help=False)
    parser.format_help = lambda: _TOP  # type: ignore[method-assign]
    parser.format_usage = lambda: _TOP.split("\n\n")[0] + "\n"  # type: ignore[method-assign]
    parser.add_argument("site", nargs="?", default=".")
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("-h", "--help", action="help")
    parser.add_argument("-V", "--version", action="version", version=f"opsconsole {__version__}")
    parser.set_defaults(command="console")
    return parser


def _commands() -> argparse.ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(prog="opsconsole")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, help_text: str, example: str, *, site: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(
            name,
            description=help_text,
            epilog=f"example: {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if site:
            command.add_argument("site", metavar="SITE", help="a site.yaml, the folder that holds one, or any folder")
        return command

    demo = add("demo", "Play a pack into a temporary folder and open a console on it.", "opsconsole demo", site=False)
    demo.add_argument("pack", nargs="?", choices=("factory", "airport", "emergency"), default="factory")
    demo.add_argument("--speed", type=_positive, help="site seconds per second (factory and airport: 60)")
    demo.add_argument("--seed", type=int, default=1, help="another number, another plant (default 1)")

    snapshot = add(
        "snapshot", "Print KPIs, alerts and sources once the first scan has settled.", "opsconsole snapshot ."
    )
    snapshot.add_argument("--json", action="store_true", help="for scripts; the shape is in the README")
    snapshot.add_argument("--at", metavar="TIME", help=_AT)

    kpis = add(
        "kpis",
        "Print the KPIs with value, target, owner and objective, and what is missing from each card; or one card in "
        "full. With --library the KPIs of ISO 22400-2, OTIF and TEEP that a site can take with `use:`.",
        "opsconsole kpis . oee\n         opsconsole kpis --library iso22400.oee",
        site=False,
    )
    kpis.add_argument("site", metavar="SITE", nargs="?", default="", help="a site.yaml, or the folder that holds one")
    kpis.add_argument("name", metavar="NAME", nargs="?", default="", help="this KPI only, in full")
    kpis.add_argument("--library", action="store_true", help="the library in place of a site; NAME: an entry in full")
    kpis.add_argument("--json", action="store_true", help="for scripts; the shape is in the README")
    kpis.add_argument("--at", metavar="TIME", help=_AT)

    query = add(
        "query",
        "Run one read-only SELECT on the tables (DuckDB's SQL; each source is a table).",
        'opsconsole query . "SELECT carrier, count(*) FROM flights GROUP BY ALL"',
    )
    query.add_argument("sql", metavar="SQL")
    form = query.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="a list of objects")
    form.add_argument("--csv", action="store_true", help="comma-separated, with a header")
    query.add_argument("--limit", type=_whole, default=10_000, help="most rows to print (default 10000)")
    query.add_argument("--seconds", type=_positive, default=30.0, help="longest time (default 30)")

    sources = add(
        "sources",
        "Print each source and its files: records = rows + rejected, cells set aside, bytes taken, reason; or how a "
        "file is read.",
        "opsconsole sources . orders\n         opsconsole sources . --explain data/orders.csv",
    )
    sources.add_argument("source", metavar="SOURCE", nargs="?", default="", help="this source only")
    sources.add_argument("--json", action="store_true", help="for scripts; the shape is in the README")
    sources.add_argument(
        "--explain",
        metavar="FILE",
        help="how the file is read: format, columns, what was assumed, and YAML that pins it; any file will do",
    )
    when = sources.add_mutually_exclusive_group()
    when.add_argument("--wait", action="store_true", help="until all that lies there now has been taken")
    when.add_argument("--now", action="store_true", help="do not even wait for the first scan")

    aside = add(
        "quarantine",
        "Print what was set aside: how much for which reason, and the newest of it. --csv and --json give all of it.",
        "opsconsole quarantine . --source orders --reason number\n         opsconsole quarantine . --csv > bad.csv",
    )
    aside.add_argument("--source", default="", help="of this source only")
    aside.add_argument("--file", metavar="GLOB", default="", help="of these files, such as 'data/*_06.csv'")
    aside.add_argument("--reason", metavar="TEXT", default="", help="with this in the reason")
    aside.add_argument("--column", metavar="NAME", default="", help="cells of this column")
    aside.add_argument("--limit", type=_whole, metavar="N", help=f"most records (text: {50}; else all)")
    form = aside.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="a list of objects, the raw text as it lay in the file")
    form.add_argument(
        "--csv", action="store_true", help="with a header; text that a spreadsheet would run gets a leading apostrophe"
    )
    form.add_argument(
        "--retry", metavar="FILE", nargs="*", help="read these files anew; without a name all that had trouble"
    )

    notify = add(
        "notify",
        "Print who is told of alerts, how the targets are and what was sent lately; with --test send a message to a "
        "target, or to all, and say what came of it (exit code 1: not taken).",
        "opsconsole notify . --test oncall",
    )
    notify.add_argument("--test", metavar="TARGET", nargs="?", const="*", help="send a test message; to all targets")
    notify.add_argument("--list", action="store_true", help="print who is told of what; so it does without --test")
    notify.add_argument("--limit", type=_whole, metavar="N", default=20, help="newest records to print (default 20)")
    notify.add_argument("--json", action="store_true", help="for scripts; the shape is in the README")
    past = add(
        "backtest",
        "Replay the past through the rules, as if its rows had come in the order of their times, and print how often "
        "each would have raised an alert, when, for how long, and how many of them in floods.",
        'opsconsole backtest .\n         opsconsole backtest . late --since 90d --with "for: 10m" --with "when: > 20"',
    )
    past.add_argument("rule", metavar="RULE", nargs="*", help="these rules only, with all times; else all rules")
    past.add_argument("--since", metavar="TIME", default="30d", help="so long back, or a moment (default 30d)")
    past.add_argument("--until", metavar="TIME", default="", help="a moment, as for `snapshot --at`; else now")
    past.add_argument(
        "--with",
        metavar='"KEY: VALUE"',
        dest="changes",
        action="append",
        default=[],
        help="a key of the rules as it would stand in the site file, to see what the change would have saved",
    )
    past.add_argument("--json", action="store_true", help="for scripts; the shape is in the README")

    tests = add(
        "test",
        "Run the tests of rules beside the site file (rules_test.yaml, tests/*.yaml): rows in, alerts expected "
        "at times. Exit code 0: all hold.",
        "opsconsole test .\n         opsconsole test . tests/late.yaml",
    )
    tests.add_argument("file", metavar="FILE", nargs="*", help="these files of tests only")
    tests.add_argument("--json", action="store_true", help="for scripts; the shape is in the README")

    scorecard = add(
        "scorecard",
        "Print the alarms of the last days, by operator position, against the targets of ISA-18.2 and EEMUA 191, which "
        "rules are behind those that are missed, and what to try.",
        "opsconsole scorecard .\n         opsconsole scorecard . --days 7 --md > week.md",
    )
    scorecard.add_argument("--days", type=_positive, default=30.0, help="how many days back (default 30)")
    form = scorecard.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for scripts; the shape is in the README")
    form.add_argument("--md", action="store_true", help="Markdown, for a report")

    check = add("check", "Validate a site file and its layouts. Exit code 0: fine, 1: errors.", "opsconsole check .")
    check.add_argument("--json", action="store_true", help="the problems as a list of objects")

    init = add(
        "init",
        "Write a draft site.yaml and layouts/overview.yaml. Never overwrites.",
        "opsconsole init data",
        site=False,
    )
    init.add_argument("site", metavar="FOLDER")

    add(
        "engine",
        "Run the engine in the foreground until it is stopped: rules run with nobody looking.",
        "opsconsole engine .",
    )

    status = add("status", "Print whether an engine runs. Exit code 0: it does, 1: it does not.", "opsconsole status .")
    status.add_argument("--json", action="store_true")
    add("stop", "End the engine; consoles are told who did.", "opsconsole stop .")
    logs = add("logs", "Print the engine's log.", "opsconsole logs . -f")
    logs.add_argument("-n", "--lines", type=_whole, default=200, help="how many of the last lines (default 200)")
    logs.add_argument("-f", "--follow", action="store_true", help="go on printing")

    record_arguments.add_commands(add, _whole)

    schema = add("schema", "Print the JSON Schema of site.yaml.", "opsconsole schema > site.schema.json", site=False)
    schema.add_argument("--layout", action="store_true", help="that of a layout file instead")
    return parser


def _positive(text: str) -> float:
    import argparse

    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: a number above 0 is wanted")
    return value


def _whole(text: str) -> int:
    import argparse

    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text}: a whole number from 0 is wanted")
    return int(text)
