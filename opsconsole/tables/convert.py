"""SQL that turns a column of text (or of Parquet values) into the type of its table column, NULL where it cannot."""

from __future__ import annotations

from opsconsole.site.model import ColumnType
from opsconsole.tables.names import literal
from opsconsole.tables.reading.evidence import Kind, Style
from opsconsole.tables.reading.shapes import FALSE_WORDS, NULL_WORDS, TRUE_WORDS

TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "time": "TIMESTAMP",
    "zoned": "TIMESTAMP WITH TIME ZONE",
}
KINDS: dict[str, Kind] = {type_: kind for kind, type_ in TYPES.items()}
PINS: dict[ColumnType, Kind] = {
    "text": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
}
_BLANKS = " \t\r\n\v\f\u00a0"
_ZONED = r"\d\s?(UTC|GMT|[Zz])$|:\d\d.*[+-]\d\d(:?\d\d)?$"
_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_PLAIN = r"[+-]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_WHOLE = r"[+-]?(0|[1-9][0-9]{0,18})(\.0*)?"
_PADDED = r"[+-]?[0-9]{1,19}(\.0*)?"
_ISO = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([T ]\s?[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?"


def typed(column: str, kind: Kind, style: Style, zone: str, words: tuple[str, ...] = (), pinned: bool = False) -> str:
    """An expression over the text column `column` (already quoted) that gives a value of `kind` or NULL.

    `zone` is that of time stamps without an offset where the table's column has a zone; `words` mean NULL. A column
    that the site pins as a number takes leading zeros, which otherwise are the sign of an identifier.
    """
    if kind == "text":
        empty = f"nullif({column}, '')"
        return f"CASE WHEN {column} IN ({_list(words)}) THEN NULL ELSE {empty} END" if words else empty
    bare = f"trim({column}, {literal(_BLANKS)})"
    if words:
        value = typed(column, kind, style, zone, pinned=pinned)
        return f"CASE WHEN NOT lower({bare}) IN ({_list(tuple(w.lower() for w in words))}) THEN {value} END"
    if kind == "integer":
        fits = _PADDED if pinned else _WHOLE
        return f"CASE WHEN regexp_full_match({bare}, '{fits}') THEN try_cast({bare} AS BIGINT) END"
    if kind == "number":
        zeros = f"regexp_replace({bare}, '^([+-]?)0+([0-9])', '\\1\\2')"
        value = _number(zeros if pinned else bare, style)
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    if kind == "boolean":
        word = f"lower({bare})"
        return (
            f"CASE WHEN {word} IN ({_list(TRUE_WORDS)}) THEN true WHEN {word} IN ({_list(FALSE_WORDS)}) THEN false END"
        )
    if kind == "date":
        moment = _moment(bare, style)
        return f"CASE WHEN {moment} = date_trunc('day', {moment}) THEN CAST({moment} AS DATE) END"
    zoned = f"regexp_matches({bare}, {literal(_ZONED)})"
    if kind == "time":
        return f"CASE WHEN NOT {zoned} THEN {_moment(bare, style)} END"
    local = f"timezone({literal(zone)}, {_moment(bare, style)})"
    return f"CASE WHEN {zoned} THEN try_cast({bare} AS TIMESTAMPTZ) ELSE {local} END"


def recast(column: str, kind: Kind, own: Kind, zone: str) -> str:
    """The same for a column that has a type already (Parquet): `own`. Nothing is rounded or cut off in silence."""
    if own == "text" and kind != "text":
        return typed(column, kind, Style(), zone)
    if (own, kind) in (("number", "integer"), ("time", "date")):
        return f"CASE WHEN try_cast({column} AS {TYPES[kind]}) = {column} THEN try_cast({column} AS {TYPES[kind]}) END"
    if kind == "zoned" and own in ("date", "time"):
        return f"timezone({literal(zone)}, CAST({column} AS TIMESTAMP))"
    if kind in (own, "text") or (own, kind) in (("integer", "number"), ("date", "time")):
        value = f"try_cast({column} AS {TYPES[kind]})"
        return f"CASE WHEN isfinite({value}) THEN {value} END" if kind == "number" else value
    return f"CAST(NULL AS {TYPES[kind]})"


def _list(words: frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(literal(word) for word in sorted(words))


def null_words(column: str, words: tuple[str, ...]) -> str:
    """A condition: the text is empty or a word for "nothing here", and so no misfit in a typed column."""
    bare = f"lower(trim({column}, {literal(_BLANKS)}))"
    return f"{bare} IN ('', {_list(tuple(NULL_WORDS | {word.lower() for word in words}))})"


def _number(bare: str, style: Style) -> str:
    """A DOUBLE from trimmed text, NULL where it is no number in the file's way of writing."""
    naked = f"regexp_replace({bare}, '[€$£¥%\\s\u00a0''’]|CHF|EUR|USD|GBP', '', 'g')"
    signed = f"regexp_replace({naked}, '^\\((.*)\\)$', '-\\1')"
    if style.decimal == ",":
        fits = r"[+-]?([0-9]{1,3}(\.[0-9]{3})+|0|[1-9][0-9]*)(,[0-9]+)?"
        plain = f"replace(replace({signed}, '.', ''), ',', '.')"
        return f"CASE WHEN regexp_full_match({signed}, '{fits}') THEN try_cast({plain} AS DOUBLE) END"
    fits = r"[+-]?([0-9]{1,3}(,[0-9]{3})+|0|[1-9][0-9]*)(\.[0-9]*)?"
    grouped = f"CASE WHEN regexp_full_match({signed}, '{fits}') THEN try_cast(replace({signed}, ',', '') AS DOUBLE) END"
    return f"CASE WHEN regexp_full_match({bare}, '{_PLAIN}') THEN try_cast({bare} AS DOUBLE) ELSE {grouped} END"


def _moment(bare: str, style: Style) -> str:
    """A naive TIMESTAMP from trimmed text: ISO, then local forms in the file's order, then those with named months."""
    text = f"replace({bare}, ',', '.')"
    iso = f"regexp_replace({text}, '^(\\d{{4}})[/.](\\d{{1,2}})[/.]', '\\1-\\2-')"
    first, second = ("%m", "%d") if style.order == "mdy" else ("%d", "%m")
    local = [f"{first}/{second}/{year}{clock}" for year in ("%y", "%Y") for clock in _CLOCKS]
    local += [f"%Y-%m-%d{clock}" for clock in _CLOCKS[4:]]
    slashed = f"regexp_replace({text}, '^(\\d{{1,2}})[./-](\\d{{1,2}})[./-](\\d{{2,4}})[T ]?\\s?', '\\1/\\2/\\3 ')"
    days = [f"{month} %d %Y" for month in ("%b", "%B")] + [f"%d {month} %Y" for month in ("%b", "%B")]
    named = [day + clock for day in days for clock in _CLOCKS]
    words = f"regexp_replace(regexp_replace({bare}, '[,.] ?', ' ', 'g'), '-([A-Za-z]+)-', ' \\1 ')"
    return (
        f"CASE WHEN regexp_full_match({iso}, '{_ISO}') THEN try_cast({iso} AS TIMESTAMP)"
        f" ELSE coalesce(try_strptime(trim({slashed}), [{_list_in_order(local)}]),"
        f" try_strptime({words}, [{_list_in_order(named)}])) END"
    )


def _list_in_order(formats: list[str]) -> str:
    return ", ".join(map(literal, formats))


def moment_utc(column: str, type_: str, zone: str) -> str:
    """Event time in naive UTC from a typed table column; NULL for types that tell no time."""
    if type_ == TYPES["zoned"]:
        return f"timezone('UTC', {column})"
    if type_ in ("TIMESTAMP", "DATE"):
        stamp = f"CAST({column} AS TIMESTAMP)"
        return stamp if zone == "UTC" else f"timezone('UTC', timezone({literal(zone)}, {stamp}))"
    if type_ in ("BIGINT", "DOUBLE"):
        value = f"CAST({column} AS DOUBLE)"
        return (
            f"CASE WHEN {value} BETWEEN 1e8 AND 1e11 THEN make_timestamp(CAST({value} * 1e6 AS BIGINT))"
            f" WHEN {value} BETWEEN 1e11 AND 1e14 THEN make_timestamp(CAST({value} * 1e3 AS BIGINT)) END"
        )
    return "CAST(NULL AS TIMESTAMP)"
