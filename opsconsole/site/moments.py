"""Moments as people type them, `yesterday`, `03:40`, `2013-06-24 10:00`, `-2h`, `shift -1`, and as they are kept.

Pure: "now" comes in as an argument. A day or a shift that is named means the last moment of it, so that what is looked
at then is the whole of it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from opsconsole.site.duration import parse_duration

TICK = dt.timedelta(microseconds=1)
DAY = dt.timedelta(days=1)
EXAMPLES = "`yesterday`, `03:40`, `2013-06-24`, `2013-06-24 10:00`, `-2h`, `shift -1`"
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?"
_TIME = re.compile(_CLOCK)
_STAMP = re.compile(rf"(\d{{4}}-\d{{2}}-\d{{2}}|today|yesterday)(?:[ T]{_CLOCK}\s*(Z|[+-]\d{{2}}:?\d{{2}})?)?", re.I)
_SHIFT = re.compile(r"shift\s*-\s*(\d+)", re.I)


class MomentError(ValueError):
    """A text that names no moment; one sentence for a person."""


def moment_of(text: str, now: dt.datetime, tz: dt.tzinfo, ended: Sequence[dt.datetime] = ()) -> dt.datetime:
    """The moment that a text means, in UTC. `ended` are the ends of the last shifts, the newest first.

    Without a zone of its own the text is by the clocks of `tz`; of a time that clocks bring twice on a day the first
    counts. A time of day alone is the last one there was, of two the second. Raises MomentError for a text that is
    none, for a time that clocks skipped on that day, and for what lies ahead.
    """
    words = " ".join(text.split())
    found = _moment(words, now.astimezone(dt.UTC), tz, ended)
    if found > now:
        raise MomentError(f"`{words}` lies ahead: it is {now.astimezone(tz):%Y-%m-%d %H:%M} now")
    return found


def moment_text(moment: dt.datetime, tz: dt.tzinfo) -> str:
    """A moment as short as `moment_of` reads it back, whenever that is: `2013-06-24`, `2013-06-24T10:00`."""
    local = moment.astimezone(tz)
    if (local + TICK).time() == dt.time() and _end_of(local.date(), tz) == moment:
        return local.date().isoformat()
    text = local.strftime("%Y-%m-%dT%H:%M")
    if local.second or local.microsecond:
        text += f":{local:%S}"
    if local.microsecond:
        text += f".{local.microsecond:06}".rstrip("0")
    if in_utc(local.replace(fold=0), tz) != moment:  # the second time that clocks bring it
        text += local.isoformat()[-6:]
    return text


def said(moment: dt.datetime, tz: dt.tzinfo) -> str:
    """A moment for people, to the minute: the last instant before 14:00 is 14:00, the last one of a day is that day."""
    text = moment_text(moment, tz)
    if "T" not in text:
        return text
    return (moment + TICK).astimezone(tz).strftime("%Y-%m-%d %H:%M")


def _moment(words: str, now: dt.datetime, tz: dt.tzinfo, ended: Sequence[dt.datetime]) -> dt.datetime:
    if words.lower() == "now":
        return now
    if words.startswith("-"):
        try:
            return now - dt.timedelta(seconds=parse_duration(words[1:]))
        except (ValueError, OverflowError) as error:
            raise MomentError(f"`{words}` is no length of time such as `-2h`") from error
    shift = _SHIFT.fullmatch(words)
    if shift:
        number = int(shift[1])
        if not 1 <= number <= len(ended):
            known = f"`shift -1` to `shift -{len(ended)}` can be named" if ended else "the site has no shifts"
            raise MomentError(f"`{words}`: {known}")
        return ended[number - 1].astimezone(dt.UTC) - TICK
    try:
        return _stamp(words, now, tz)
    except (ValueError, OverflowError) as error:
        if isinstance(error, MomentError):
            raise
        raise MomentError(f"`{words}` is no moment: {error}") from error


def _stamp(words: str, now: dt.datetime, tz: dt.tzinfo) -> dt.datetime:
    """A day, a time of day, or both. Raises ValueError for numbers that no calendar has."""
    today = now.astimezone(tz).date()
    clock = _TIME.fullmatch(words)
    if clock:
        time = clock_time(*clock.groups())
        # not always today or yesterday: clocks may have skipped it
        days = (today - DAY * back for back in range(9))
        been = (each for date in days for each in reversed(occurrences(dt.datetime.combine(date, time), tz)))
        return next(each for each in been if each <= now)
    stamp = _STAMP.fullmatch(words)
    if stamp is None:
        raise MomentError(f"`{words}` is no moment; say {EXAMPLES}")
    named = {"today": today, "yesterday": today - DAY}.get(stamp[1].lower())
    date = named or dt.date.fromisoformat(stamp[1])
    if stamp[2] is None:
        return now if date == today else _end_of(date, tz)
    local = dt.datetime.combine(date, clock_time(*stamp.groups()[1:5]))
    if stamp[6] is None:
        found = occurrences(local, tz)
        if not found:
            raise MomentError(f"there was no {local:%H:%M} on {date}: clocks were put forward over it")
        return found[0]
    return dt.datetime.fromisoformat(local.isoformat() + stamp[6].upper()).astimezone(dt.UTC)


def clock_time(hour: str, minute: str, second: str | None, fraction: str | None) -> dt.time:
    """A time of day from its figures. Raises ValueError for what no clock shows."""
    return dt.time(int(hour), int(minute), int(second or 0), int((fraction or "0").ljust(6, "0")))


def occurrences(local: dt.datetime, tz: dt.tzinfo) -> list[dt.datetime]:
    """When clocks showed a local time, UTC: once, twice where they were put back, never where they skipped it."""
    both = {in_utc(local.replace(fold=fold), tz) for fold in (0, 1)}
    return sorted(each for each in both if each.astimezone(tz).replace(tzinfo=None, fold=0) == local)


def in_utc(local: dt.datetime, tz: dt.tzinfo) -> dt.datetime:
    """A local time, with its fold, in UTC."""
    return local.replace(tzinfo=tz).astimezone(dt.UTC)


def _end_of(date: dt.date, tz: dt.tzinfo) -> dt.datetime:
    return in_utc(dt.datetime.combine(date + DAY, dt.time()), tz) - TICK
