"""What a single cell of text looks like: every way in which it could be read, as a set of bits."""

from __future__ import annotations

import re
from functools import lru_cache

NULL_WORDS = frozenset(
    {"na", "n/a", "n.a.", "nan", "null", "none", "nil", "-", "--", "?", "#n/a", "#n/v", "missing", "(null)", "\\n"}
)
TRUE_WORDS = frozenset({"true", "yes", "y", "t", "1", "wahr", "ja"})
FALSE_WORDS = frozenset({"false", "no", "n", "f", "0", "falsch", "nein"})
_LETTERS = {"y": 1 << 20, "n": 1 << 21, "t": 1 << 22, "f": 1 << 23}

INTEGER = 1 << 0
"""An integer as programs write it."""
NUMBER = 1 << 1
"""A number with a decimal point, as programs write it."""
POINT = 1 << 2
"""A number as people write it, if the point is the decimal sign: thousands, currency, percent, parentheses."""
COMMA = 1 << 3
"""The same if the comma is the decimal sign."""
IDENTIFIER = 1 << 4
"""Digits that a number would lose: leading zeros, or too many of them."""
TRUTH = 1 << 5
SURE_TRUTH = 1 << 6
ISO = 1 << 7
LOCAL = 1 << 8
"""A date of three numbers, the year last: day or month comes first."""
NAMED = 1 << 9
CLOCK = 1 << 10
ZONE = 1 << 11
DOTTED = 1 << 12
"""A local date with points: nobody writes the month first so."""
FIRST_HIGH = 1 << 13
"""A local date whose first number is above 12, so that it is the day."""
SECOND_HIGH = 1 << 14
NOTHING = 1 << 15
"""A word that means: no value."""
FRACTION = 1 << 16
"""As a fact of a column: some value is no integer."""
SKIPPED = 1 << 25
"""As a fact of a column: some stamp lies in an hour that the clocks of the zone skip."""
REPEATED = 1 << 26
"""The same of an hour that comes twice."""
YES, NO, TEE, EFF = _LETTERS["y"], _LETTERS["n"], _LETTERS["t"], _LETTERS["f"]

NUMERIC = INTEGER | NUMBER | POINT | COMMA
TEMPORAL = ISO | LOCAL | NAMED

_INTEGER = re.compile(r"[+-]?(?:0|[1-9]\d{0,17})")
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|infinity)", re.IGNORECASE)
_IDENTIFIER = re.compile(r"[+-]?(?:0\d+|\d{19,})")
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?")
_POINT = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_SIGNS = re.compile(r"[€$£¥%\s '’]|CHF|EUR|USD|GBP")
CLOCK_TEXT = r"(?:[T ]\s?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?)"
_ZONE = r"(?: ?(?:[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?))"
_ISO = re.compile(rf"\d{{4}}([-/.])\d{{1,2}}\1\d{{1,2}}(?P<clock>{CLOCK_TEXT})?(?P<zone>{_ZONE})?")
_LOCAL = re.compile(rf"(?P<a>\d{{1,2}})([./-])(?P<b>\d{{1,2}})\2(?:\d{{4}}|\d{{2}})(?P<clock>{CLOCK_TEXT})?")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NAMED = re.compile(
    rf"(?:(?:{_MONTHS})[a-z]*\.? \d{{1,2}},? \d{{4}}|\d{{1,2}}[ -](?:{_MONTHS})[a-z]*\.?[ -]\d{{4}})"
    rf"(?P<clock>,?{CLOCK_TEXT})?",
    re.IGNORECASE,
)
_PLAIN_LETTERS = frozenset("bhklpqrtvwxyz")
_DIGIT = re.compile(r"\d")


@lru_cache(maxsize=1 << 16)
def shape_of(text: str) -> int:
    """The ways in which a trimmed, non-empty cell can be read; 0: only as text."""
    if len(text) > 64:
        return 0
    lowered = text.lower()
    if lowered in NULL_WORDS:
        return NOTHING
    bits = _truth(lowered)
    if lowered[0] in _PLAIN_LETTERS:
        return bits  # neither a month, nor a currency, nor inf begins so
    found = _ISO.fullmatch(text)
    if found:  # such a text is no number in any way
        return ISO | (CLOCK if found["clock"] else 0) | (ZONE if found["zone"] else 0)
    if not _DIGIT.search(text):
        return bits | (NUMBER | POINT | COMMA if _NUMBER.fullmatch(text) else 0)  # inf
    return bits | _numeric(text) | _temporal(text)


def _truth(lowered: str) -> int:
    if lowered not in TRUE_WORDS and lowered not in FALSE_WORDS:
        return 0
    letter = _LETTERS.get(lowered, 0)
    return TRUTH | letter | (SURE_TRUTH if not letter and lowered not in ("0", "1") else 0)


def _numeric(text: str) -> int:
    if _IDENTIFIER.fullmatch(text):
        return IDENTIFIER
    bits = 0
    if _INTEGER.fullmatch(text):
        bits = INTEGER
    elif _NUMBER.fullmatch(text):
        bits = NUMBER
    bare = _SIGNS.sub("", text)
    if bare.startswith("(") and bare.endswith(")"):
        bare = "-" + bare[1:-1]
    if bare != text and _IDENTIFIER.fullmatch(bare):
        return IDENTIFIER
    if _POINT.fullmatch(bare):
        bits |= POINT
    if _COMMA.fullmatch(bare):
        bits |= COMMA
    return bits


def _temporal(text: str) -> int:
    found = _LOCAL.fullmatch(text)
    if found:
        first, second = int(found["a"]), int(found["b"])
        if first > 31 or second > 31 or (first > 12 and second > 12) or not (first and second):
            return 0
        bits = LOCAL | (CLOCK if found["clock"] else 0) | (DOTTED if found[2] == "." else 0)
        return bits | (FIRST_HIGH if first > 12 else 0) | (SECOND_HIGH if second > 12 else 0)
    found = _NAMED.fullmatch(text)
    return NAMED | (CLOCK if found["clock"] else 0) if found else 0
