"""SQL that turns a column of text (or of Parquet values) into the type of its table column, NULL where it cannot."""

from __future__ import annotations

from opsconsole.site.model import ColumnType
from opsconsole.tables.guess import FALSE_WORDS, NULL_WORDS, TRUE_WORDS, Kind, Style
from opsconsole.tables.names import literal

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
_ZONED = r"\d\s?(UTC|GMT|[Zz])$|:\d\d.*[+-]\d\d(:?\d\d)?$"
_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")


def typed(column: str, kind: Kind, style: Style, zone: str, words: tuple[str, ...] = ()) -> str:
    """An expression over the text column `column` (already quoted) that gives a value of `kind` or NULL.

    `zone` is that of time stamps without an offset where the table's column has a zone; `words` mean NULL.
    """
    if kind == "text":
        empty = f"nullif({column}, '')"
        return f"CASE WHEN {column} IN ({_list(words)}) THEN NULL ELSE {empty} END" if words else empty
    if words:
        bare = typed(column, kind, style, zone)
        return f"CASE WHEN NOT lower(trim({column})) IN ({_list(tuple(w.lower() for w in words))}) THEN {bare} END"
    if kind == "integer":
        value = _number(column, style) if style.messy or style.decimal == "," else column
        whole = f"regexp_full_match(trim({value}), '[+-]?[0-9]{{1,19}}(\\.0*)?')"
        return f"CASE WHEN {whole} THEN try_cast({value} AS BIGINT) END"
    if kind == "number":
        value = f"try_cast({_number(column, style)} AS DOUBLE)"
        return f"CASE WHEN isfinite({value}) THEN {value} END"
    if kind == "boolean":
        word = f"lower(trim({column}))"
        return (
            f"CASE WHEN {word} IN ({_list(TRUE_WORDS)}) THEN true WHEN {word} IN ({_list(FALSE_WORDS)}) THEN false END"
        )
    if kind == "date":
        moment = _moment(column, style)
        return f"CASE WHEN {moment} = date_trunc('day', {moment}) THEN CAST({moment} AS DATE) END"
    zoned = f"regexp_matches({column}, {literal(_ZONED)})"
    if kind == "time":
        return f"CASE WHEN NOT {zoned} THEN {_moment(column, style)} END"
    local = f"timezone({literal(zone)}, {_moment(column, style)})"
    return f"CASE WHEN {zoned} THEN try_cast(trim({column}) AS TIMESTAMPTZ) ELSE {local} END"


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
    return f"lower(trim({column})) IN ('', {_list(tuple(NULL_WORDS | {word.lower() for word in words}))})"


def _number(column: str, style: Style) -> str:
    """Text that a cast to DOUBLE takes; NULL-able where it is no number."""
    if not style.messy and style.decimal == ".":
        return column
    bare = f"regexp_replace(trim({column}), '[€$£¥%\\s\u00a0''’]|CHF|EUR|USD|GBP', '', 'g')"
    signed = f"regexp_replace({bare}, '^\\((.*)\\)$', '-\\1')"
    if style.decimal == ",":
        fits = r"[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)(,[0-9]+)?"
        return f"CASE WHEN regexp_full_match({signed}, '{fits}') THEN replace(replace({signed}, '.', ''), ',', '.') END"
    fits = r"[+-]?([0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?|[0-9]*\.?[0-9]*([eE][+-]?[0-9]+)?)"
    return f"CASE WHEN regexp_full_match({signed}, '{fits}') THEN replace({signed}, ',', '') END"


def _moment(column: str, style: Style) -> str:
    """A naive TIMESTAMP from ISO text and, where the column has them, from local and named forms."""
    text = f"replace(trim({column}), ',', '.')" if style.messy else f"trim({column})"
    iso = f"try_cast({text} AS TIMESTAMP)"
    choices = [iso]
    if style.order:
        first, second = ("%d", "%m") if style.order == "dmy" else ("%m", "%d")
        plain = f"regexp_replace({text}, '^(\\d{{1,2}})[./-](\\d{{1,2}})[./-](\\d{{2,4}})[T ]?\\s?', '\\1/\\2/\\3 ')"
        formats = [f"{first}/{second}/{year}{clock}" for year in ("%y", "%Y") for clock in _CLOCKS]
        choices.append(f"try_strptime(trim({plain}), [{', '.join(map(literal, formats))}])")
    if style.named:
        days = [f"{month} %d %Y" for month in ("%b", "%B")] + [f"%d {month} %Y" for month in ("%b", "%B")]
        formats = [day + clock for day in days for clock in _CLOCKS]
        plain = f"regexp_replace(replace({text}, ', ', ' '), '-([A-Za-z]+)-', ' \\1 ')"
        choices.append(f"try_strptime({plain}, [{', '.join(map(literal, formats))}])")
    return choices[0] if len(choices) == 1 else f"coalesce({', '.join(choices)})"


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
