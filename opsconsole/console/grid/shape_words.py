"""Filters, sorts, groups and lists of columns as a person types and reads them, there and back.

A name that is no plain word stands in double quotes: `"Scheduled start" > 5`, `-"sum qty"`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, cast, get_args

from msgspec.structs import replace

from opsconsole.console.grid.shape import Shape
from opsconsole.engine.table_messages import Aggregate, AggregateKind, ColumnFilter, FilterBy, Grouping, SortBy

KEYS = ("words", "filter", "only", "sort", "order", "columns", "hide", "freeze", "group")
"""The words that begin a part of a table's address."""
SIGNS: dict[str, FilterBy] = {
    "!=": "not", "!~": "lacks", "<=": "to", ">=": "from", "=": "is", "~": "has", "<": "below", ">": "above",
}  # fmt: skip
_SIGN_OF = {by: sign for sign, by in SIGNS.items()}
KINDS: tuple[AggregateKind, ...] = get_args(AggregateKind)
_PLAIN = re.compile(r"[^\W\d][\w.]*\Z")
_TOKEN = re.compile(r'\s*(?:(-?)"((?:[^"]|"")*)"|(,)|([^\s,"]+))')
_FILTER = re.compile(
    r'\s*(?:"((?:[^"]|"")*)"|([^\s=<>!~"]+))\s*(?:(!=|!~|<=|>=|=|~|<|>) ?(.*)|(empty|filled)\s*)\Z', re.DOTALL
)


class WordsError(ValueError):
    """A text that cannot be meant; one sentence for a person."""


def name_text(name: str) -> str:
    """A column's name as it can be typed again."""
    plain = _PLAIN.match(name) and name not in KINDS and name not in ("by", "pivot")
    return name if plain else '"' + name.replace('"', '""') + '"'


# --- filters ---


def filter_text(one: ColumnFilter) -> str:
    """`qty > 3`, `order ~ K2`, `qty empty`."""
    column = name_text(one.column)
    return f"{column} {one.by}" if one.by in ("empty", "filled") else f"{column} {_SIGN_OF[one.by]} {one.value}"


def read_filter(text: str) -> ColumnFilter:
    """The condition that a text says. Raises WordsError."""
    found = _FILTER.match(text)
    if found is None:
        raise WordsError(f"`{text}` is no condition on a column, such as: qty > 3, order ~ K2, qty empty")
    quoted, plain, sign, value, word = found.groups()
    column = plain if plain is not None else quoted.replace('""', '"')
    if word:
        return ColumnFilter(column, cast(FilterBy, word))
    return ColumnFilter(column, SIGNS[sign], value)


def _filters(words: Sequence[str]) -> tuple[ColumnFilter, ...]:
    """Each word a condition, or all of them together one: `filter "qty > 3" "line = 2"`, `filter qty > 3`."""
    if all(_FILTER.match(word) for word in words):
        return tuple(read_filter(word) for word in words)
    return (read_filter(" ".join(words)),)


# --- names, sorts, groups ---


def _tokens(text: str) -> list[tuple[str, str]]:
    """Names, commas and bare words: (kind, text), kind one of `name`, `-name`, `,`, `word`."""
    out: list[tuple[str, str]] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise WordsError(f"a quotation mark is missing its partner in: {text}")
        minus, quoted, comma, word = found.groups()
        if quoted is not None:
            out.append((f"{minus}name", quoted.replace('""', '"')))
        else:
            out.append((",", ",") if comma else ("word", word))
        at = found.end()
    return out


def names_text(names: Sequence[str]) -> str:
    """`line,station,"sum qty"`."""
    return ",".join(name_text(name) for name in names)


def read_names(text: str) -> tuple[str, ...]:
    """The names in a list with commas or blanks between them. Raises WordsError."""
    return tuple(dict.fromkeys(name for kind, name in _tokens(text) if kind != ","))


def sort_text(sort: Sequence[SortBy]) -> str:
    """`line,-qty`."""
    return ",".join(("-" if each.descending else "") + name_text(each.column) for each in sort)


def read_sort(text: str) -> tuple[SortBy, ...]:
    """What `-qty line` sorts by. Raises WordsError."""
    out: dict[str, SortBy] = {}
    for kind, name in _tokens(text):
        if kind == ",":
            continue
        down = kind == "-name" or (kind == "word" and name.startswith("-") and len(name) > 1)
        column = name[1:] if down and kind == "word" else name
        out.setdefault(column, SortBy(column, down))
    return tuple(out.values())


def aggregate_text(one: Aggregate) -> str:
    """`count`, `sum qty`."""
    return one.kind if one.kind == "count" and not one.column else f"{one.kind} {name_text(one.column)}"


def group_text(group: Grouping) -> str:
    """`by line, station sum qty, mean cycle_s pivot hour`."""
    text = "by " + ", ".join(name_text(name) for name in group.by)
    if group.aggregates != (Aggregate("count"),):
        text += " " + ", ".join(aggregate_text(each) for each in group.aggregates)
    return text + (f" pivot {name_text(group.pivot)}" if group.pivot else "")


def read_group(text: str) -> Grouping:
    """The groups that a text says: columns, then what is shown of each, then a pivot. Raises WordsError."""
    tokens = [token for token in _tokens(text) if token[0] != ","]
    if tokens and tokens[0] == ("word", "by"):
        tokens = tokens[1:]
    by: list[str] = []
    aggregates: list[Aggregate] = []
    pivot = ""
    while tokens:
        kind, word = tokens.pop(0)
        if kind == "word" and word == "pivot":
            if not tokens:
                raise WordsError("pivot needs a column, such as: group by line pivot hour")
            pivot = tokens.pop(0)[1]
        elif kind == "word" and word in KINDS:
            of = word == "count" and (not tokens or (tokens[0][0] == "word" and tokens[0][1] in (*KINDS, "pivot")))
            if not of and not tokens:
                raise WordsError(f"{word} of which column? Such as: group by line {word} qty")
            aggregates.append(Aggregate(word, "" if of else tokens.pop(0)[1]))
        elif aggregates or pivot:
            raise WordsError(f"after the columns come {', '.join(KINDS)} or pivot, not `{word}`")
        else:
            by.append(word)
    if not by:
        raise WordsError("group by which column? Such as: group by line sum qty")
    return Grouping(tuple(dict.fromkeys(by)), tuple(aggregates) or (Aggregate("count"),), pivot)


# --- the whole shape ---


def shape_words(shape: Shape) -> list[str]:
    """The words of a command line that say a shape."""
    out: list[str] = []
    if shape.words:
        out += ["words", shape.words]
    if shape.filters:
        out += ["filter", *(filter_text(each) for each in shape.filters)]
    if shape.expression:
        out += ["only", shape.expression]
    if shape.group is not None:
        out += ["group", group_text(shape.group)]
    if shape.sort:
        out += ["sort", sort_text(shape.sort)]
    if shape.order != "time":
        out += ["order", shape.order]
    if shape.columns:
        out += ["columns", names_text(shape.columns)]
    if shape.hidden:
        out += ["hide", names_text(shape.hidden)]
    if shape.frozen:
        out += ["freeze", str(shape.frozen)]
    return out


def with_words(shape: Shape, key: str, words: Sequence[str]) -> Shape:
    """A shape with the part that `key` begins. Raises WordsError."""
    text = " ".join(words)
    if not words:
        raise WordsError(f"{key} needs a word after it")
    if key == "words":
        return replace(shape, words=text.strip())
    if key == "filter":
        return shape.with_filters(*_filters(words))
    if key == "only":
        return replace(shape, expression=text.strip())
    if key == "group":
        return replace(shape, group=read_group(text))
    if key == "sort":
        return replace(shape, sort=read_sort(text))
    if key == "order":
        if text not in ("time", "file"):
            raise WordsError(f"order is time (newest first) or file (as the rows stand in their files), not `{text}`")
        return replace(shape, order=cast(Literal["time", "file"], text))
    if key == "columns":
        return replace(shape, columns=read_names(text))
    if key == "hide":
        return replace(shape, hidden=read_names(text))
    if not text.isdecimal():
        raise WordsError(f"freeze needs a number of columns, not `{text}`")
    return replace(shape, frozen=min(int(text), 99))
