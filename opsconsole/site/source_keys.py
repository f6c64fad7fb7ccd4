"""The keys of a source: which files, how they are read, what is kept."""

from __future__ import annotations

import codecs
import re

from opsconsole.site.kinds import Character, Checked, Choice, Integer, Many, MapOf, Text
from opsconsole.site.sections import Key, Section
from opsconsole.site.timekinds import Duration, Zone


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


def _glob(text: str) -> str:
    return "a path has no line breaks" if "\n" in text else ""


FILES = Checked("a path or glob such as data/*.csv", check=_glob)
COLUMN = Text("a column name")

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
            "needed, unless there is `sql`",
            "data/cycles/*.csv",
        ),
        Key(
            "sql",
            Text("an SQL SELECT"),
            "Instead of `files`: a view of other sources. `SELECT t.*, …` keeps the file and line of the rows of t. "
            "`_time` is the moment of a row and `site_now()` site time, both in UTC.",
            "none",
            "SELECT *, lead(_time) OVER (PARTITION BY machine ORDER BY _time) AS ended FROM events",
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
        Key(
            "until",
            COLUMN,
            "Rows are stretches of time from `time` to this; none: it goes on. A KPI or rule then takes the rows that "
            "reach into its window, and `_seconds` is how much of it (or of a bucket) a row fills.",
            "rows are moments",
            "ended",
        ),
        Key("timezone", Zone(), "The zone of time stamps that name none.", "the site's", "UTC"),
        Key(
            "dimensions",
            Many(COLUMN, one=True, distinct=True),
            "Columns to break numbers down by.",
            "none",
            "[line, station]",
        ),
        Key(
            "elements",
            MapOf(Text("an SQL expression", literal=True), keys="element"),
            "What the time elements and quantities of the KPI library are in the columns.",
            "none",
            "{APT: cycle_s, PBT: busy_s, PQ: qty, GQ: qty - scrap}",
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
