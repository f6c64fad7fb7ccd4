"""How figures, moments and ages are written for people: one way for alerts, headless output and console."""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from functools import lru_cache
from zoneinfo import ZoneInfo

NONE = "–"
# The decimal marker and what parts thousands (ISO 80000-1: a space, so that neither is taken for the other).
_marks = (".", " ")


def write_with(decimal: str, thousands: str) -> None:
    """Write figures with these separators from now on, in all of this process. Only a console does so."""
    global _marks
    _marks = (decimal, thousands)
    number.cache_clear()


@lru_cache(4096)
def number(value: float | None, decimals: int | None = None) -> str:
    """A figure with a space between thousands; without `decimals`, about four significant digits. "–" for none.

    What is too large or too small to be read that way is written with a power of ten: 1.23e+16, 4.5e-07.
    """
    if value is None or math.isnan(value):
        return NONE
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    size = abs(value)
    if size >= 1e15 or (decimals is None and 0 < size < 1e-6):
        return _marked(f"{value:.3g}")
    if decimals is None:
        decimals = _decimals(value)
    text = f"{value:,.{decimals}f}"
    return _marked(text[1:] if text.startswith("-") and not text.strip("-0.,") else text)


def _decimals(value: float) -> int:
    size = abs(value)
    if size >= 1000 or value == int(value):
        return 0
    if size >= 0.01:
        return 1 if size >= 100 else 2 if size >= 0.1 else 4
    return 2 - math.floor(math.log10(size))


def _marked(text: str) -> str:
    if _marks == (".", ","):
        return text
    return text.translate({ord("."): _marks[0], ord(","): _marks[1]})


def figure(value: float | None, unit: str = "", decimals: int | None = None) -> str:
    """A figure with its unit."""
    text = number(value, decimals)
    return f"{text} {unit}" if unit and value is not None else text


def count(many: int, one: str, plural: str = "") -> str:
    """A number of things: 1 row, 12 304 rows."""
    return f"{number(many)} {one if many == 1 else plural or one + 's'}"


def size(octets: int) -> str:
    """A file's size: "812 B", "5.6 MB"."""
    value = float(octets)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{number(value, 0 if unit == 'B' or value >= 100 else 1)} {unit}"
        value /= 1000
    raise AssertionError("unreachable")


def duration(seconds: float) -> str:
    """A length of time in its two largest units: 47 min, 2 h 05, 3 d 4 h."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes:02}" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def moment(epoch: float | None, zone: dt.tzinfo, now: float | None = None) -> str:
    """A moment in the site's zone: the time of day when it is today's, else with its date."""
    if epoch is None:
        return NONE
    there = dt.datetime.fromtimestamp(epoch, zone)
    if now is not None and there.date() == dt.datetime.fromtimestamp(now, zone).date():
        return there.strftime("%H:%M")
    return there.strftime("%Y-%m-%d %H:%M")


def iso(epoch: float, zone: ZoneInfo) -> str:
    """A moment as ISO 8601 with the zone's offset, to the millisecond."""
    return dt.datetime.fromtimestamp(epoch, zone).isoformat(timespec="milliseconds")


def width(text: str) -> int:
    """How many cells of a terminal a text takes: Chinese characters take two, marks above letters none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def padded(text: str, cells: int, *, right: bool = False) -> str:
    """A text filled up with spaces to a width in cells."""
    room = " " * (cells - width(text))
    return room + text if right else text + room


def clipped(text: str, cells: int) -> str:
    """A text in at most so many cells, its end replaced by an ellipsis where it is too long."""
    if width(text) <= cells:
        return text
    while text and width(text) > cells - 1:
        text = text[:-1]
    return f"{text.rstrip()}…"
