"""Every key of a site file and of a layout file, declared once.

Validation, the nearest-name suggestions, the JSON Schema and the reference in the README all come from here. To add
a key: add a line here and a field of the same name in `opsconsole.site.model`.
"""

from __future__ import annotations

import codecs
import re

from opsconsole.site.kinds import (
    Character,
    Checked,
    Choice,
    Integer,
    Many,
    MapOf,
    Number,
    Reference,
    Size,
    Text,
)
from opsconsole.site.model import PanelKind
from opsconsole.site.sections import Either, Key, Named, Section
from opsconsole.site.timekinds import Duration, Moment, TimeOfDay, WindowKind, Zone

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_COMPARISON = re.compile(
    rf"(?:<=|>=|!=|<>|==|=|<|>)\s*{_NUMBER}|(?:outside|inside)\s+{_NUMBER}\s*(?:\.\.|to)\s*{_NUMBER}"
)


def _encoding(text: str) -> str:
    try:
        codecs.lookup(text)
        "".encode(text)
    except (LookupError, UnicodeError, ValueError):
        return "there is no such text encoding"
    return ""


def _range(text: str) -> str:
    return (
        "" if re.fullmatch(r"[A-Za-z]{1,3}\d*:[A-Za-z]{1,3}\d*", text.strip()) else "write two corners, such as B3:F200"
    )


def _pattern(text: str) -> str:
    try:
        found = re.compile(text)
    except re.error as error:
        return f"it is no regular expression: {error}"
    return "" if found.groupindex else "it has no named group such as (?P<level>\\w+)"


def _when(text: str) -> str:
    return "" if _COMPARISON.fullmatch(text) else "write a sign and a bare number, or a range such as outside 20..30"


def _glob(text: str) -> str:
    return "a path has no line breaks" if "\n" in text else ""


FILES = Checked("a path or glob such as data/*.csv", check=_glob)
COLUMN = Text("a column name")

SHIFT = Section(
    "shift",
    "A working shift, by the clock on the wall of the site.",
    (
        Key("name", Text(), "What the shift is called.", required=True, example="Early"),
        Key("start", TimeOfDay(), "When it begins.", required=True, example='"06:00"'),
        Key(
            "end",
            TimeOfDay(),
            "When it ends; at or before `start` means the next day.",
            required=True,
            example='"14:00"',
        ),
    ),
)

CALENDAR = Section(
    "calendar",
    "The working time of the site.",
    (Key("shifts", Many(SHIFT), "The shifts of a day.", "none", '[{name: Early, start: "06:00", end: "14:00"}]'),),
)

CLOCK = Section(
    "clock",
    "What “now” is at the site. A word alone, `clock: data`, stands for `{mode: data}`.",
    (
        Key(
            "mode",
            Choice(("wall", "data", "replay")),
            "`wall`: the time it is. `data`: the newest event, for data of last year. `replay`: a past run.",
            required=True,
            example="replay",
        ),
        Key("speed", Number(0.001), "Replay: seconds of site time per second.", "1", "60"),
        Key("start", Moment(), "Replay: the site time it begins at.", "", "2026-06-24 05:30"),
        Key(
            "since",
            Moment(),
            "Replay: the moment on the wall clock at which site time was `start`.",
            "",
            "2026-06-24T09:00:00Z",
        ),
    ),
    shorthand="mode",
)

READ = Section(
    "read",
    "How the files are read; what is not said is found out from the file.",
    (
        Key(
            "encoding",
            Checked("an encoding such as utf-8 or cp1252", check=_encoding),
            "Text encoding.",
            "found out",
            "cp1252",
        ),
        Key(
            "fallback",
            Checked("an encoding such as cp1252 or shift_jis", check=_encoding),
            "The encoding of files that are not UTF-8 and do not say what they are.",
            "cp1252",
            "iso8859-2",
        ),
        Key("delimiter", Character(), "What separates fields.", "found out", '";"'),
        Key("quote", Character(), "What fields are quoted with.", "found out", '"\'"'),
        Key("escape", Character(), "What stands before a quote that is text.", "found out", "'\\'"),
        Key("decimal", Choice((".", ",")), "The decimal sign of numbers.", "found out", '","'),
        Key("dates", Choice(("dmy", "mdy")), "What 03/04/2024 means.", "found out from all dates", "dmy"),
        Key("header", Integer(0, 10_000), "The line of the column names, from 1; 0: there is none.", "found out", "3"),
        Key("sheet", Text(), "The sheet of a workbook.", "the first with data", "Data"),
        Key(
            "range",
            Checked("a range of cells such as B3:F200, B3:F or B:F", check=_range),
            "The part of the sheet.",
            "all of it",
            "B3:F200",
        ),
        Key(
            "pattern",
            Checked("a regular expression with named groups", check=_pattern),
            "For `format: lines`: how a line is made; each named group is a column.",
            "",
            r"'(?P<ts>\S+ \S+) (?P<level>\w+) (?P<text>.*)'",
        ),
        Key("null", Many(Text(literal=True), one=True), "Texts that mean: no value.", "the empty text", "[NA]"),
    ),
)

SCAN = Section(
    "scan",
    "How often the folders are looked at, besides what the system tells of changes.",
    (
        Key("hot", Duration(0.05), "The files that changed within the last hour.", "1s", "500ms"),
        Key("full", Duration(0.5), "All files.", "30s", "1m"),
    ),
)

SOURCE = Section(
    "source",
    "A set of files that becomes one table of this name.",
    (
        Key(
            "files",
            Many(FILES, one=True, least=1),
            "Globs, relative to the site file. `**` goes into folders.",
            required=True,
            example="data/cycles/*.csv",
        ),
        Key("title", Text(), "What the screen calls it.", "the name", "Machine cycles"),
        Key(
            "format",
            Choice(("csv", "json", "ndjson", "lines", "parquet", "arrow", "excel")),
            "How the files are written.",
            "by their ending",
            "csv",
        ),
        Key("time", COLUMN, "The column that says when an event happened.", "none", "ts"),
        Key("timezone", Zone(), "The zone of time stamps that name none.", "the site's", "UTC"),
        Key(
            "dimensions",
            Many(COLUMN, one=True, distinct=True),
            "Columns to break numbers down by.",
            "none",
            "[line, station]",
        ),
        Key(
            "columns",
            MapOf(Choice(("text", "integer", "number", "boolean", "date", "time"))),
            "Types of columns that should not be guessed.",
            "guessed",
            "{order: text, cycle_s: number}",
        ),
        Key("read", READ, "How the files are read.", "found out", '{encoding: cp1252, delimiter: ";"}'),
        Key(
            "settle",
            Duration(),
            "A file that is replaced as a whole is read when it has been quiet for so long.",
            "10s",
            "1m",
        ),
        Key(
            "fresh_within",
            Duration(1),
            "The source is stale, and an alert says so, when nothing arrived for so long.",
            "never stale",
            "15m",
        ),
        Key(
            "schema",
            Choice(("add", "strict")),
            "What to do with a file that has a column which the table lacks: `add` the column, or refuse the file.",
            "add",
            "strict",
        ),
        Key(
            "key",
            Many(COLUMN, one=True, least=1, distinct=True),
            "The columns that identify a thing: of the rows with equal ones the table holds the latest only.",
            "every row stands for itself",
            "[order_id]",
        ),
        Key(
            "latest",
            COLUMN,
            "With `key`: the column that says which row is the latest.",
            "the time of the file's last change, then the line",
            "updated_at",
        ),
        Key(
            "on_delete",
            Choice(("drop", "keep")),
            "Rows of a file that is deleted or moved away: dropped from the table, or kept in an archive.",
            "drop",
            "keep",
        ),
        Key("retain", Duration(3600), "Rows leave the table when their event is older.", "for ever", "400d"),
        Key(
            "watch",
            Choice(("events", "poll")),
            "`poll`: the folder is on a share (NFS, SMB) whose changes the system does not tell of.",
            "events",
            "poll",
        ),
        Key("scan", SCAN, "How often the files are looked at.", "{hot: 1s, full: 30s}", "{hot: 5s, full: 1m}"),
        Key(
            "verify",
            Choice(("sample", "full")),
            "When a file grows, is what was taken still the same? Above 4 MiB samples tell, or all of it (`full`).",
            "sample",
            "full",
        ),
    ),
)

KPI = Section(
    "kpi",
    "A measure over one source.",
    (
        Key("source", Reference(to="source"), "The table it is computed from.", required=True, example="cycles"),
        Key(
            "value",
            Text("an SQL aggregate expression"),
            "The number: an SQL aggregate over the source's columns.",
            required=True,
            example="100 * sum(scrap) / sum(qty)",
        ),
        Key(
            "where", Text("an SQL condition"), "Only rows that meet this SQL condition.", "all rows", "station = 'weld'"
        ),
        Key("title", Text(), "What the screen calls it.", "the name", "Scrap ratio"),
        Key("unit", Text(), "The name of the unit; it does not change the number.", "none", '"%"'),
        Key("decimals", Integer(0, 9), "Digits after the decimal point.", "by size", "1"),
        Key(
            "window",
            WindowKind(),
            "The event time it covers. Calendar words mean: since the start of the present one.",
            "24h; `all` without a time column",
            "shift",
        ),
        Key(
            "better",
            Choice(("higher", "lower", "target")),
            "Which way is good; `target`: near to it.",
            "not said",
            "lower",
        ),
        Key("target", Number(), "The value to reach.", "none", "2"),
        Key("tolerance", Number(0), "With `better: target`: so far from it is still good.", "0", "0.5"),
        Key(
            "warning",
            Number(),
            "Beyond this it is a warning. With `better: target`: further from it than this.",
            "none",
            "3",
        ),
        Key(
            "critical",
            Number(),
            "Beyond this it is critical. With `better: target`: further from it than this.",
            "none",
            "5",
        ),
        Key(
            "by",
            Many(COLUMN, one=True, distinct=True),
            "Columns to break it down by, the most telling first.",
            "the source's dimensions",
            "[line, station]",
        ),
        Key("description", Text(), "What it means, in a sentence.", "none", "Scrapped pieces of all pieces made"),
        Key("owner", Text(), "Who answers for it.", "none", "M. Weber"),
        Key("objective", Text(), "The goal it serves.", "none", "Quality"),
        Key("procedure", Text("a path"), "What to do when it is bad: a Markdown file.", "none", "procedures/scrap.md"),
    ),
)

RULE = Section(
    "rule",
    "A condition that raises alerts. It watches `kpi`, or `source` with `rows`, or `source` with `silent`.",
    (
        Key("kpi", Reference(to="KPI"), "Watch this KPI.", "", "on_time"),
        Key(
            "when",
            Checked('a comparison such as "< 70"', check=_when),
            "With `kpi`: raise when the value compares so.",
            "the KPI's limits",
            '"< 70"',
        ),
        Key("source", Reference(to="source"), "Watch this source.", "", "flights"),
        Key(
            "rows",
            Text("an SQL condition"),
            "With `source`: raise when rows meet this SQL condition.",
            "",
            "dep_delay > 600",
        ),
        Key("within", Duration(1), "With `rows`: look at the rows of the last so long.", "1h", "15m"),
        Key("at_least", Integer(1), "With `rows`: so many must meet it.", "1", "5"),
        Key("silent", Duration(1), "With `source`: raise when no row arrived for so long.", "", "30m"),
        Key(
            "by",
            Many(COLUMN, one=True, distinct=True),
            "One alert for each value of these columns.",
            "one alert",
            "[carrier]",
        ),
        Key(
            "title",
            Text(),
            "The text of the alert; `{value}`, `{limit}` and the columns of `by` in braces are filled in.",
            "made from the rule",
            '"{carrier} on time {value}"',
        ),
        Key("for", Duration(), "Raise only after the condition has held for so long.", "0s", "10m", field="hold"),
        Key("clear", Duration(), "Clear only after the condition has been gone for so long.", "0s", "5m"),
        Key("priority", Choice(("critical", "warning", "low")), "How bad it is.", "warning", "critical"),
        Key("procedure", Text("a path"), "What to do: a Markdown file.", "the KPI's", "procedures/late.md"),
    ),
)

SITE = Section(
    "site",
    "The whole file.",
    (
        Key("site", Text(), "The name of the operation.", "the folder's name", "North plant"),
        Key("timezone", Zone(), "The zone of the site: of its shifts, days and time stamps.", "UTC", "Europe/Berlin"),
        Key("clock", CLOCK, "What “now” is.", "wall", "data"),
        Key(
            "state",
            Text("a folder"),
            "Where tables, journal and socket are kept; outside the watched folders.",
            "by XDG_STATE_HOME",
            "~/opsconsole-state",
        ),
        Key("every", Duration(1), "Rules are evaluated on this grid of site time.", "10s", "1m"),
        Key(
            "alert_from",
            Moment(("shift start", "all")),
            "Events before this raise no alerts.",
            "shift start",
            "2026-06-24 05:30",
        ),
        Key("disk", Size(), "How much disk the tables and archives may take.", "no limit", "20 GB"),
        Key("calendar", CALENDAR, "The working time.", "no shifts"),
        Key("sources", Named(SOURCE), "The tables.", required=True),
        Key("kpis", Named(KPI), "The measures.", "none"),
        Key("rules", Named(RULE), "The alerts beyond those that limits and `fresh_within` make by themselves.", "none"),
        Key("layouts", Text("a folder"), "The folder of layout files, beside the site file.", "layouts", "screens"),
    ),
)

PANEL = Section(
    "panel",
    "A rectangle of the screen: exactly one of the first six keys says what it shows.",
    (
        Key("kpi", Reference(to="KPI"), "A tile.", "", "scrap_ratio"),
        Key("alerts", Choice(("open",)), "The list of open alerts.", "", "open"),
        Key("breakdown", Reference(to="KPI"), "A KPI by a dimension, worst first.", "", "scrap_ratio"),
        Key("grid", Reference(to="KPI"), "A KPI by a dimension and by time.", "", "scrap_ratio"),
        Key("sources", Choice(("all",)), "The sources and how fresh they are.", "", "all"),
        Key("text", Text(), "A text.", "", "Call 4711 when weld stops."),
        Key("by", COLUMN, "With `breakdown` and `grid`: the dimension.", "the KPI's first", "line"),
        Key("title", Text(), "The heading.", "made from what it shows", "Weld"),
        Key("width", Integer(1, 100), "The share of the row it takes, beside the others.", "1", "2"),
    ),
)
PANEL_KINDS: tuple[PanelKind, ...] = ("kpi", "alerts", "breakdown", "grid", "sources", "text")

ROW = Section(
    "row",
    "Panels side by side. A list of panels alone stands for `{panels: […]}`.",
    (
        Key(
            "panels", Many(PANEL, least=1), "The panels, from the left.", required=True, example="[{kpi: scrap_ratio}]"
        ),
        Key("height", Integer(1, 200), "Lines.", "what is left, shared", "5"),
    ),
)

LAYOUT = Section(
    "layout",
    "A file in the layouts folder: one screen.",
    (
        Key("title", Text(), "The heading of the screen.", "the file's name", "Overview"),
        Key(
            "rows",
            Many(Either(ROW, "panels"), least=1),
            "The rows, from the top.",
            required=True,
            example="[[{kpi: scrap_ratio}]]",
        ),
    ),
)

SECTIONS = (SITE, CLOCK, CALENDAR, SHIFT, SOURCE, READ, SCAN, KPI, RULE, LAYOUT, ROW, PANEL)
