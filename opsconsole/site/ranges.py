"""Ranges of time as people type them (`-8h..`, `shift -1`, `2013-06-24 06:00..14:00`), and as addresses keep them.

What moves with the clock stays said so: `yesterday` and `-8h..` are others tomorrow. Times of day without a day are
those there were last, and are kept with their day. Pure: now and the shifts come in as arguments.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import NamedTuple

from opsconsole.site.duration import format_duration, parse_duration
from opsconsole.site.localtime import DAY, day_start
from opsconsole.site.moments import TICK, MomentError, clock_time, in_utc, occurrences
from opsconsole.site.names import did_you_mean

ALL = "all"
WORDS = ("this shift", "last shift", "today", "yesterday", "this week", "last week", "this month", "last month")
EXAMPLES = "`yesterday`, `shift -1`, `-8h..`, `-7d..-1d`, `2013-06-24`, `2013-06-24 06:00..14:00`"
_SHIFT = re.compile(r"shift\s*-\s*(\d+)")
_BACK = re.compile(r"(?:-\s*|last\s+|the last\s+)?(\d[\dwdhmsin. ]*)")
_END = re.compile(
    r"(?:(?P<day>\d{4}-\d{2}-\d{2}|today|yesterday)(?:[ t]+|$))?"
    r"(?:(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<part>\d{1,6}))?)?"
    r"\s*(?P<zone>z|[+-]\d{2}:?\d{2})?)?"
)


class Worked(NamedTuple):
    """A shift as it was or is worked."""

    name: str
    start: dt.datetime
    end: dt.datetime


class Known(NamedTuple):
    """By what a range is read: site time, the site's zone, and the last shifts, the newest begun first."""

    now: dt.datetime
    tz: dt.tzinfo
    shifts: Sequence[Worked] = ()


class Range(NamedTuple):
    """Event times from `start` to before `end`, UTC. `end` None: up to now, and with what comes."""

    start: dt.datetime
    end: dt.datetime | None

    def until(self, now: dt.datetime) -> dt.datetime:
        """Before which moment its rows lie that there can be at `now`; what happens just now is among them."""
        here = now.astimezone(dt.UTC) + TICK
        return max(self.start, here if self.end is None else min(self.end, here))


def kept_range(text: str, known: Known) -> str:
    """A range as it was typed, as an address keeps it; `all` for none.

    Raises MomentError for a text that names no range, for one that ends before it begins and for one that lies ahead.
    """
    kept, found = _read(text, known)
    if found is not None and found.start > known.now:
        raise MomentError(f"`{kept}` lies ahead: it is {known.now.astimezone(known.tz):%Y-%m-%d %H:%M} now")
    return kept


def range_of(text: str, known: Known) -> Range | None:
    """The range that a text means; None for `all`. Raises MomentError as `kept_range` does, but for what lies ahead."""
    return _read(text, known)[1]


def range_text(start: dt.datetime, end: dt.datetime, tz: dt.tzinfo) -> str:
    """The range between two moments as short as it can be read back: whole days by their dates."""
    first, last = start.astimezone(tz), end.astimezone(tz)
    if _whole(first, tz) and _whole(last, tz):
        ending = last.date() - DAY
        return f"{first.date()}" if ending == first.date() else f"{first.date()}..{ending}"
    said = _clock(end, tz)
    if last.date() != first.date() or "+" in said or "-" in said:
        said = f"{last.date()} {said}"
    return f"{first.date()} {_clock(start, tz)}..{said}"


def said_range(found: Range, now: dt.datetime, tz: dt.tzinfo) -> str:
    """A range for people: "Tue 24 Jun 06:00 – 14:00, 8 h"; whole days "Mon 17 – Sun 23 Jun, 7 d"."""
    here = now.astimezone(dt.UTC)
    end = here if found.end is None else found.end
    first, last = found.start.astimezone(tz), end.astimezone(tz)
    this_year = now.astimezone(tz).year
    length = _length((end - found.start).total_seconds())
    if found.end is not None and _whole(first, tz) and _whole(last, tz):
        final = last.date() - DAY
        days = (final - first.date()).days + 1
        if days == 1:
            said = f"{_date(first, this_year)}, {'the whole day' if length == '24 h' else f'a day of {length}'}"
        else:
            said = f"{_date(first, this_year)} – {_date(final, this_year)}, {days} d"
    else:
        ending = f"{last:%H:%M}" if last.date() == first.date() else f"{_date(last, this_year)} {last:%H:%M}"
        said = f"{_date(first, this_year)} {first:%H:%M} – {'now' if found.end is None else ending}, {length}"
    if found.end is not None and found.start <= here < found.end:
        said += f" ({_length((here - found.start).total_seconds())} so far)"
    return said


# --- reading -----------------------------------------------------------------------------------------------------


def _read(text: str, known: Known) -> tuple[str, Range | None]:
    words = " ".join(text.split()).lower()
    if not words:
        raise MomentError(f"say a range: {EXAMPLES}")
    if words == ALL:
        return ALL, None
    named = _named(words, known)
    if named is not None:
        return named
    head, dots, tail = words.partition("..")
    if not dots:
        return _single(words, known)
    if not head.strip():
        raise MomentError(f"`{words}` does not say from when; for all up to a moment look at it with `at`")
    return _between(words, head.strip(), tail.strip(), known)


def _named(words: str, known: Known) -> tuple[str, Range] | None:
    today = known.now.astimezone(known.tz).date()
    shift = _SHIFT.fullmatch(words)
    if shift or words in ("this shift", "last shift"):
        return _shift(words, int(shift[1]) if shift else 0 if words == "this shift" else 1, known)
    monday = today - DAY * today.weekday()
    first = today.replace(day=1)
    month = (first - DAY).replace(day=1)
    days = {
        "today": (today, today + DAY),
        "yesterday": (today - DAY, today),
        "this week": (monday, monday + 7 * DAY),
        "last week": (monday - 7 * DAY, monday),
        "this month": (first, (first + 31 * DAY).replace(day=1)),
        "last month": (month, first),
    }
    if words not in days:
        return None
    start, end = (day_start(date, known.tz) for date in days[words])
    return words, Range(start, end)


def _shift(words: str, number: int, known: Known) -> tuple[str, Range]:
    """`shift -1` is the last one that is over; `this shift` the one that runs, between two the last one."""
    over = [each for each in known.shifts if each.end <= known.now]
    running = [each for each in known.shifts if each.end > known.now]
    if not known.shifts:
        raise MomentError(f"`{words}`: the site has no shifts")
    if number == 0 and words == "this shift":
        found = (running or over)[0]
        return words, Range(found.start, found.end)
    if not 1 <= number <= len(over):
        last = f"`shift -1` to `shift -{len(over)}` can be named" if over else "none is over yet"
        raise MomentError(f"`{words}`: {last}")
    found = sorted(over, key=lambda each: each.end, reverse=True)[number - 1]
    return f"shift -{number}", Range(found.start, found.end)


def _single(words: str, known: Known) -> tuple[str, Range]:
    """A length up to now, or a day."""
    back = _BACK.fullmatch(words)
    if back and not re.match(r"\d{4}-", words):
        seconds = _seconds(back[1], words)
        return f"-{format_duration(seconds)}..", Range(_ago(known.now, seconds, words), None)
    found = _END.fullmatch(words)
    if found is not None and found["day"] and found["hour"] is None:
        date = _day(found["day"], known, words)
        return date.isoformat(), Range(day_start(date, known.tz), day_start(date + DAY, known.tz))
    if found is not None and found["hour"] is not None:
        raise MomentError(f"`{words}` is a moment; a range from there on is `{words}..`")
    near = did_you_mean(words, [*WORDS, ALL])
    raise MomentError(f"`{words}` is no range{near or f'; say {EXAMPLES}'}")


def _between(words: str, head: str, tail: str, known: Known) -> tuple[str, Range]:
    relative_head, relative_tail = _relative(head, words), _relative(tail, words)
    tail = "" if tail == "now" else tail
    if relative_head is not None and (not tail or relative_tail is not None):
        start = _ago(known.now, relative_head, words)
        left = f"-{format_duration(relative_head)}.."
        if relative_tail is None:
            return left, Range(start, None)
        end = _ago(known.now, relative_tail, words)
        _in_order(words, start, end)
        return f"{left}-{format_duration(relative_tail)}", Range(start, end)
    if relative_head is not None or (tail and relative_tail is not None):
        raise MomentError(f"`{words}`: both ends count back from now (`-7d..-1d`), or neither does")
    start, day = _start(head, words, known)
    if not tail:
        return f"{day} {_clock(start, known.tz)}..", Range(start, None)
    end = _stop(tail, words, known, start, day, head)
    _in_order(words, start, end)
    return range_text(start, end, known.tz), Range(start, end)


def _in_order(words: str, start: dt.datetime, end: dt.datetime) -> None:
    if end <= start:
        raise MomentError(
            f"`{words}` ends before it begins" if end < start else f"`{words}` is empty: it has no length"
        )


def _relative(text: str, words: str) -> float | None:
    return _seconds(text[1:], words) if text.startswith("-") else None


def _seconds(text: str, words: str) -> float:
    try:
        seconds = parse_duration(text.replace(" ", ""))
    except ValueError as error:
        raise MomentError(f"`{words}`: `{text.strip()}` {error}") from error
    if not seconds:
        raise MomentError(f"`{words}` is empty: it has no length")
    return seconds


def _ago(now: dt.datetime, seconds: float, words: str) -> dt.datetime:
    try:
        return now.astimezone(dt.UTC) - dt.timedelta(seconds=seconds)
    except OverflowError as error:
        raise MomentError(f"`{words}` begins before there are dates") from error


def _start(text: str, words: str, known: Known) -> tuple[dt.datetime, dt.date]:
    """Where a range begins; a time of day alone is the last one there was."""
    part = _part(text, words)
    if part["day"]:
        date = _day(part["day"], known, words)
        return _moment(part, date, words, known.tz), date
    today = known.now.astimezone(known.tz).date()
    for back in range(9):
        date = today - DAY * back
        here = [each for each in _times(part, date, words, known.tz) if each <= known.now]
        if here:
            return here[0], date
    raise MomentError(f"`{words}`: there was no {text} lately")


def _stop(
    text: str, words: str, known: Known, start: dt.datetime, day: dt.date, head: str
) -> dt.datetime:  # fmt: skip
    """Where a range ends; a time of day alone is the first one after its start, a day ends with its last moment."""
    part = _part(text, words)
    if part["day"]:
        date = _day(part["day"], known, words)
        return _moment(part, date, words, known.tz) if part["hour"] else day_start(date + DAY, known.tz)
    if _part(head, words)["hour"] is None:
        raise MomentError(f"`{words}`: the end has a time and the start has none")
    for date in (day, day + DAY):
        for found in _times(part, date, words, known.tz):
            if found > start:
                return found
    raise MomentError(f"`{words}` ends before it begins")


def _part(text: str, words: str) -> re.Match[str]:
    found = _END.fullmatch(text)
    if found is None or not text:
        raise MomentError(f"`{words}`: `{text}` is neither a day nor a time of day nor a length back such as `-8h`")
    return found


def _day(text: str, known: Known, words: str) -> dt.date:
    today = known.now.astimezone(known.tz).date()
    if text in ("today", "yesterday"):
        return today if text == "today" else today - DAY
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise MomentError(f"`{words}`: {text}: {error}") from error


def _moment(part: re.Match[str], date: dt.date, words: str, tz: dt.tzinfo) -> dt.datetime:
    if part["hour"] is None:
        return day_start(date, tz)
    found = _times(part, date, words, tz)
    if not found:
        time = f"{part['hour']}:{part['minute']}"
        raise MomentError(f"`{words}`: there was no {time} on {date}: clocks were put forward over it")
    return found[0]


def _times(part: re.Match[str], date: dt.date, words: str, tz: dt.tzinfo) -> list[dt.datetime]:
    """The moments of a day with a time of day, UTC; 24:00 is its end."""
    hour, minute, second = part["hour"], part["minute"], part["second"]
    if (hour, minute) == ("24", "00") and not int(second or 0):
        return [day_start(date + DAY, tz)]
    try:
        local = dt.datetime.combine(date, clock_time(hour, minute, second, part["part"]))
    except ValueError as error:
        raise MomentError(f"`{words}`: {hour}:{minute}: {error}") from error
    if part["zone"]:
        return [dt.datetime.fromisoformat(local.isoformat() + part["zone"].upper()).astimezone(dt.UTC)]
    return occurrences(local, tz)


# --- writing -----------------------------------------------------------------------------------------------------


def _whole(local: dt.datetime, tz: dt.tzinfo) -> bool:
    """Whether a local moment is the first of its day."""
    return day_start(local.date(), tz) == local.astimezone(dt.UTC)


def _clock(moment: dt.datetime, tz: dt.tzinfo) -> str:
    """The time of day of a moment, to the second or finer where it has more; the second of two by its offset."""
    local = moment.astimezone(tz)
    text = f"{local:%H:%M}"
    if local.second or local.microsecond:
        text += f":{local:%S}"
    if local.microsecond:
        text += f".{local.microsecond:06}".rstrip("0")
    if in_utc(local.replace(fold=0), tz) != moment.astimezone(dt.UTC):
        text += local.isoformat()[-6:]
    return text


def _date(day: dt.date, this_year: int) -> str:
    return f"{day:%a} {day.day} {day:%b}" + (f" {day.year}" if day.year != this_year else "")


def _length(seconds: float) -> str:
    """A length in the two largest units: "8 h", "4 h 52 min", "7 d"."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:g} s"
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    if days < 2:
        days, hours = 0, hours + 24 * days
    parts = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if count]
    return " ".join(parts[:2])
