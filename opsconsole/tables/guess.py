"""What type a column of text has, judged from its values; and how its numbers and dates are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

Kind = Literal["text", "integer", "number", "boolean", "date", "time", "zoned"]
Order = Literal["", "dmy", "mdy"]

NULL_WORDS = frozenset(
    {"na", "n/a", "n.a.", "nan", "null", "none", "nil", "-", "--", "?", "#n/a", "#n/v", "missing", "(null)", "\\n"}
)
TRUE_WORDS = frozenset({"true", "yes", "y", "t", "1", "wahr", "ja"})
FALSE_WORDS = frozenset({"false", "no", "n", "f", "0", "falsch", "nein"})
_SURE_WORDS = (TRUE_WORDS | FALSE_WORDS) - {"1", "0", "y", "n", "t", "f"}

_INTEGER = re.compile(r"[+-]?(?:0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|infinity)", re.IGNORECASE)
_IDENTIFIER = re.compile(r"[+-]?(?:0\d+|\d{19,})")
"""Digits that a number would lose: the text is an identifier."""
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?")
_GROUPED = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_AMBIGUOUS = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")
_SIGNS = re.compile(r"[€$£¥%\s '’]|CHF|EUR|USD|GBP")

_CLOCK = r"(?:[T ]\s?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?)"
_ZONE = r"(?: ?(?:[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?))"
_ISO = re.compile(rf"\d{{4}}([-/])\d{{1,2}}\1\d{{1,2}}(?P<clock>{_CLOCK})?(?P<zone>{_ZONE})?")
_LOCAL = re.compile(rf"(?P<a>\d{{1,2}})([./-])(?P<b>\d{{1,2}})\2(?:\d{{4}}|\d{{2}})(?P<clock>{_CLOCK})?")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NAMED = re.compile(
    rf"(?:(?:{_MONTHS})[a-z]* \d{{1,2}},? \d{{4}}|\d{{1,2}}[ -](?:{_MONTHS})[a-z]*[ -]\d{{4}})(?P<clock>{_CLOCK})?",
    re.IGNORECASE,
)
_FEW = 40


class Style(Struct, frozen=True):
    """How a column's values are written. `sure`: no later value can show that it was read wrongly.

    `decimal`: "," where the comma is the decimal sign. `messy`: currency, percent, thousands or parentheses occur.
    `order`: day or month first. `named`: month names occur.
    """

    kind: Kind = "text"
    decimal: Literal[".", ","] = "."
    messy: bool = False
    order: Order = ""
    named: bool = False
    sure: bool = True
    empty: bool = False


def guess(values: Iterable[str | None], decimal: str | None = None, order: Order = "dmy") -> Style:
    """Judge a column from a sample. `decimal` is what the file is known to use, `order` what to assume of dates."""
    filled = [text for value in dict.fromkeys(values) if value is not None and (text := value.strip())]
    rest = [text for text in filled if text.lower() not in NULL_WORDS]
    if not rest:
        return Style(empty=True, sure=False)
    lowered = {text.lower() for text in rest[:200]}
    if _boolean(lowered) and _boolean({text.lower() for text in rest}):
        return Style("boolean")
    few = rest[:: max(1, len(rest) // _FEW)]
    if len(rest) > 2 * _FEW and not (_number(few, decimal) or _time(few, order)):
        rest = few + rest[:_FEW]  # most columns of text show it in a few values
    return _number(rest, decimal) or _time(rest, order) or Style()


def _boolean(words: set[str]) -> bool:
    if not words <= (TRUE_WORDS | FALSE_WORDS):
        return False
    return bool(words & _SURE_WORDS) or {"y", "n"} <= words or {"t", "f"} <= words


def _nearly(count: int, total: int) -> bool:
    """All of a few, or all but one in fifty of many."""
    return count == total or (total >= 50 and count >= total * 0.98)


def _count(pattern: re.Pattern[str], values: Sequence[str]) -> int:
    return len(values) - list(map(pattern.fullmatch, values)).count(None)


def _number(rest: Sequence[str], decimal: str | None) -> Style | None:
    total = len(rest)
    if any(map(_IDENTIFIER.fullmatch, rest)):
        return None
    if decimal != "," or not any("." in value or "," in value for value in rest):
        if _nearly(_count(_INTEGER, rest), total):
            return Style("integer")
        if _nearly(_count(_NUMBER, rest), total):
            return Style("number")
    plain = [_bare(value) for value in rest]
    messy = any(bare != value for bare, value in zip(plain, rest, strict=True))
    if any(_IDENTIFIER.fullmatch(value) for value in plain):
        return None
    return _signed(plain, decimal, messy)


def _signed(plain: Sequence[str], decimal: str | None, messy: bool) -> Style | None:
    """Numbers with separators, once the signs around them are gone."""
    total = len(plain)
    whole = all(_INTEGER.fullmatch(value) for value in plain)
    comma, grouped = _nearly(_count(_COMMA, plain), total), _nearly(_count(_GROUPED, plain), total)
    if whole and messy:
        return Style("number", messy=True)
    if comma and grouped:
        unsure = decimal is None and any(_AMBIGUOUS.fullmatch(value) for value in plain)
        sign: Literal[".", ","] = "," if decimal == "," else "."
        return Style("number", decimal=sign, messy=True, sure=not unsure)
    if comma and decimal != ".":
        return Style("number", decimal=",", messy=True)
    if grouped or _nearly(_count(_NUMBER, plain), total):
        return Style("number", messy=True)
    return None


def _bare(value: str) -> str:
    text = _SIGNS.sub("", value)
    if text.startswith("(") and text.endswith(")"):
        return "-" + text[1:-1]
    return text


def _time(rest: Sequence[str], assumed: Order) -> Style | None:
    fits = clocks = zones = locals_ = named = 0
    first = second = 0
    dotted = False
    comma = False
    for value in rest:
        found = _ISO.fullmatch(value)
        if found:
            zones += bool(found["zone"])
        else:
            found = _LOCAL.fullmatch(value)
            if found:
                locals_ += 1
                first, second = max(first, int(found["a"])), max(second, int(found["b"]))
                dotted = dotted or found[2] == "."
            else:
                found = _NAMED.fullmatch(value)
                named += bool(found)
        if found:
            fits += 1
            clocks += bool(found["clock"])
            comma = comma or "," in (found["clock"] or "")
    if not fits or fits < len(rest) * 0.75 or max(first, second) > 31:
        return None
    kind: Kind = "zoned" if zones else "time" if clocks else "date"
    if not locals_:
        return Style(kind, named=bool(named), messy=comma)
    if first > 12 and second > 12:
        return None
    order: Order = "dmy" if first > 12 or dotted else "mdy" if second > 12 else assumed
    return Style(kind, order=order, named=bool(named), messy=comma, sure=max(first, second) > 12 or dotted)
