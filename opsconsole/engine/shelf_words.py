"""What is typed to shelve an alert, `30m tip ordered`, `end of shift …`, `once …`: until when, and why. Pure."""

from __future__ import annotations

import datetime as dt
import re

from msgspec import Struct

from opsconsole.site.duration import PATTERN, format_duration, parse_duration
from opsconsole.site.zones import find_zone

EXAMPLES = "30m REASON · 1h · until 14:00 · end of shift · once"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_LENGTH = re.compile(PATTERN)


class ShelfError(ValueError):
    """What was typed is no shelf; one sentence for a person."""


class Asked(Struct, frozen=True):
    """A shelf that is asked for: until a moment of site time, without one until the condition has gone."""

    until: float | None
    reason: str


def shelf_of(text: str, now: float, timezone: str, shift_end: float | None, longest: float | None) -> Asked:
    """What was typed. `longest`: so many seconds are allowed at most. Raises ShelfError."""
    words = text.split()
    until, used = _until([word.lower() for word in words], now, timezone, shift_end)
    reason = " ".join(words[used:])
    if until is not None and longest is not None and until - now > longest + 0.5:
        raise ShelfError(f"that is too long: at most {format_duration(longest)}")
    if not reason:
        raise ShelfError("say why as well: a shelf needs a reason")
    return Asked(until, reason)


def _until(words: list[str], now: float, timezone: str, shift_end: float | None) -> tuple[float | None, int]:
    """The end, and how many words say it."""
    if words[:1] == ["once"]:
        return None, 1
    for said in (["end", "of", "shift"], ["shift"]):
        if words[: len(said)] == said:
            if shift_end is None or shift_end <= now:
                raise ShelfError("the site has no shift now; say how long, such as 30m")
            return shift_end, len(said)
    used = 2 if words[:1] in (["until"], ["for"]) else 1
    word = words[used - 1] if len(words) >= used else ""
    clock = _CLOCK.fullmatch(word)
    if clock is not None and words[0] != "for":
        return next_time(int(clock[1]), int(clock[2]), now, timezone), used
    if _LENGTH.fullmatch(word) and words[0] != "until":
        try:
            seconds = parse_duration(word)
        except ValueError as error:
            raise ShelfError(str(error)) from error
        if seconds <= 0:
            raise ShelfError("say for how long, such as 30m")
        return now + seconds, used
    raise ShelfError(f"say first for how long: {EXAMPLES}")


def next_time(hour: int, minute: int, now: float, timezone: str) -> float:
    """The next time that clocks of the site show a time of day."""
    if hour > 23 or minute > 59:
        raise ShelfError(f"there is no {hour}:{minute:02} on a clock")
    zone = find_zone(timezone) or dt.UTC
    today = dt.datetime.fromtimestamp(now, zone).replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
    days = (today + dt.timedelta(days=ahead) for ahead in range(3))
    return next(moment for moment in (day.timestamp() for day in days) if moment > now)
