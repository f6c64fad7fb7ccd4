"""The periods that a window is compared with, each up to the point that the running one has come to.

Pure: "now" comes in as an argument; all moments come out in UTC. A period belongs to a window as `window_bounds` says:
its rows are start <= event time <= end (< end where that is the end of the whole period), those of a moving or working
window start < event time <= end.

The same point is told by time worked in a shift, by the local time of day in a day, with the weekday in a week, and
with the day of the month in anything longer.
"""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterator
from itertools import islice
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from opsconsole.site.calendar import MOVING, back, first_day, next_first_day, period_of, window_bounds
from opsconsole.site.localtime import BEGINNING, DAY, FIRST_DATE, day_start, utc, zone
from opsconsole.site.model import Site, Window
from opsconsole.site.shifts import FARTHEST, Run, at_point, current_run, point_of, runs_before
from opsconsole.site.working import is_working_day, working_back

Key = Literal["before", "day", "week"]

_DAY = 86400.0
_LAST = {"week": "last week", "month": "last month", "quarter": "last quarter", "year": "last year"}


class Period(NamedTuple):
    """An earlier period, UTC: from `start` to `end`, the point in it where the running one is now.

    `whole_end` is where it ended as a whole (at or after `end`). `label` is for people: "Early yesterday",
    "Early last Tue 17 Jun", "last month to the 14th 10:52"; `brief` leaves the point out, for tiles.
    """

    start: dt.datetime
    end: dt.datetime
    label: str
    whole_end: dt.datetime
    brief: str = ""


def previous_bounds(window: Window, now: dt.datetime, site: Site) -> tuple[dt.datetime, dt.datetime, str] | None:
    """The stretch that tiles compare the present window with, up to the same point in it, and what to call it.

    A shift is compared with the last working of the same shift, anything else with the period before. None where there
    is nothing before, as for `all`.
    """
    found = next(iter(comparisons(window, now, site).values()), None)
    return (found.start, found.end, found.brief or found.label) if found is not None else None


def comparisons(window: Window, now: dt.datetime, site: Site) -> dict[Key, Period]:
    """What the present window is compared with, by the kind of comparison. The first is the one that tiles show.

    * `day`: the same shift yesterday, or on the last day it ran; of moving windows the same stretch a day earlier by
      the local clock; of a working day after a free one, and of working windows, that of the last working day.
    * `week`: the same shift or day a week earlier; of moving and working windows the same stretch.
    * `before`: the period before; of a shift the one that was worked before it, where it is another one.

    One that would be the same as another, or that overlaps the present window, is left out, as is a shift that did not
    run. Empty for `all`.
    """
    now = now.astimezone(dt.UTC)
    if window.kind == "all":
        return {}
    if window.start is not None and window.end is not None:
        return _of_range(window.start, window.end, now, zone(site))
    if window.kind in MOVING:
        return _of_moving(window, now, site)
    run = current_run(site, now) if window.kind == "shift" else None
    return _of_shift(run, now, site) if run is not None else _of_calendar(window, now, site)


def like(window: Window, now: dt.datetime, site: Site, n: int) -> list[Period]:
    """The last `n` periods like the present one, the newest first, each up to the same point.

    Fewer where there are not so many, none for `all`. Of a shift its last workings; of a day the last days that are
    working days as today is one or is none; of a week, month, quarter or year the last ones; of a moving window of at
    most a day the same local stretch on the days before, of a longer one the windows before; of a working window the
    last ones that end at this time of a working day and do not overlap.
    """
    now = now.astimezone(dt.UTC)
    tz = zone(site)
    if window.kind == "all":
        return []
    if window.start is not None and window.end is not None:
        return list(islice(_ranges_before(window.start, window.end, now, tz), n))
    if window.kind in MOVING:
        return list(islice(_moving_before(window, now, site), n))
    run = current_run(site, now) if window.kind == "shift" else None
    if run is not None:
        point, today = _point(run, now, tz), now.astimezone(tz).date()
        runs = islice(runs_before(site, run, run.shift.name), n)
        return [_shift_period(each, point, tz, f"{each.shift.name} {_date(each.date, today)}") for each in runs]
    if window.kind in ("day", "shift"):
        return [period for _, period in islice(_days_like(window, now, site), n)]
    return [period for _, period in islice(_periods_before(window, now, tz), n)]


def last_whole(window: Window, now: dt.datetime, site: Site) -> Period | None:
    """The last period of a window that is over, of shifts the one that ended last; None for windows that slide."""
    now = now.astimezone(dt.UTC)
    if window.kind in ("all", "range") or window.kind in MOVING:
        return None
    tz = zone(site)
    today = now.astimezone(tz).date()
    run = current_run(site, now) if window.kind == "shift" else None
    if run is not None:
        over = next((each for each in (run, *islice(runs_before(site, run), 9)) if each.span.end <= now), None)
        label = f"{over.shift.name} {_date(over.date, today)}" if over is not None else ""
        return _shift_period(over, None, tz, label) if over is not None else None
    before = next(_periods_before(window, now, tz), None)
    return before[1]._replace(end=before[1].whole_end) if before is not None else None


# --- shifts ------------------------------------------------------------------------------------------------------


def _of_shift(run: Run, now: dt.datetime, site: Site) -> dict[Key, Period]:
    tz = zone(site)
    point, today = _point(run, now, tz), now.astimezone(tz).date()
    name = run.shift.name
    found: dict[Key, Period] = {}
    for each in islice(runs_before(site, run, name), 7):
        if not found:
            found["day"] = _shift_period(each, point, tz, f"{name} {_which(run, each, today)}")
        elif (run.date - each.date).days == 7:
            found["week"] = _shift_period(each, point, tz, f"{name} last {_date(each.date, today)}")
    before = next(runs_before(site, run), None)
    if before is not None and before.shift.name != name:
        found["before"] = _shift_period(before, point, tz, f"{before.shift.name}, the shift before")
    return found


def _point(run: Run, now: dt.datetime, tz: ZoneInfo) -> tuple[float, float] | None:
    """How far the running shift has come; None when it is over, for it is then compared with whole ones."""
    return point_of(run, now, tz) if now < run.span.end else None


def _shift_period(run: Run, point: tuple[float, float] | None, tz: ZoneInfo, label: str) -> Period:
    end = at_point(run, point, tz) if point is not None else run.span.end
    return Period(run.span.start, end, label, run.span.end)


def _which(run: Run, before: Run, today: dt.date) -> str:
    days = (run.date - before.date).days
    if days == 1:
        # of a night shift after midnight nobody could say which night "yesterday" is
        return "yesterday" if run.date == today else "the day before"
    return f"{'last ' if days == 7 else ''}{_date(before.date, today)}"


# --- days and longer ---------------------------------------------------------------------------------------------


def _of_calendar(window: Window, now: dt.datetime, site: Site) -> dict[Key, Period]:
    found: dict[Key, Period] = {}
    earlier = list(islice(_periods_before(window, now, zone(site)), 7))
    if earlier:
        name = _LAST.get(window.kind, "yesterday")
        found["before"] = _to_point(earlier[0][1], window, name, site)
    if window.kind in _LAST:
        return found
    date, day = next(_days_like(window, now, site), (None, None))
    if date is not None and day is not None and date != earlier[0][0] and is_working_day(site, date):
        found["day"] = _to_point(day, window, day.label, site)
    if len(earlier) == 7 and date != earlier[6][0]:
        found["week"] = _to_point(earlier[6][1], window, f"last {earlier[6][1].label}", site)
    return found


def _days_like(window: Window, now: dt.datetime, site: Site) -> Iterator[tuple[dt.date, Period]]:
    """The days before that are working days as today is one or is none."""
    tz = zone(site)
    works = is_working_day(site, period_of(window, now, tz)[0])
    missing = 0
    for date, period in _periods_before(window, now, tz):
        if is_working_day(site, date) == works:
            missing = 0
            yield date, period
        elif (missing := missing + 1) > FARTHEST:
            return


def _periods_before(window: Window, now: dt.datetime, tz: ZoneInfo) -> Iterator[tuple[dt.date, Period]]:
    """The periods before the present one with their first dates, the newest first, each to the same point."""
    current, whole_end = period_of(window, now, tz)
    today = now.astimezone(tz).date()
    date = current
    while date > FIRST_DATE:
        date = first_day(window, date - DAY)
        start = day_start(date, tz)
        end = min(max(_same_point(window, now, tz, current, date), start), whole_end)
        if start < whole_end:  # a date that a zone skipped has no length
            yield date, Period(start, end, _name(window, date, today), whole_end)
        whole_end = start


def _same_point(window: Window, now: dt.datetime, tz: ZoneInfo, current: dt.date, date: dt.date) -> dt.datetime:
    """Where a period that begins on `date` had come as far as the one that began on `current` has now."""
    local = now.astimezone(tz)
    if window.kind not in ("month", "quarter", "year"):
        return utc(date + (local.date() - current), local.time(), tz)
    months = (date.year - current.year) * 12 + date.month - current.month
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    if local.day > monthrange(year, month + 1)[1]:  # the 31st of a shorter month is its end
        return day_start(next_first_day(Window("month"), dt.date(year, month + 1, 1)), tz)
    return utc(dt.date(year, month + 1, local.day), local.time(), tz)


def _to_point(period: Period, window: Window, name: str, site: Site) -> Period:
    """The period with a label that says up to which point it goes, where that is not its end."""
    if period.end >= period.whole_end:
        return period._replace(label=name, brief=name)
    local = period.end.astimezone(zone(site))
    day = {"week": f"{local:%a} ", "month": f"the {_ordinal(local.day)} "}.get(window.kind, "")
    if window.kind in ("quarter", "year"):
        day = f"{local.day} {local:%b} "
    return period._replace(label=f"{name} to {day}{local:%H:%M}", brief=name)


def _name(window: Window, date: dt.date, today: dt.date) -> str:
    if window.kind == "week":
        return f"week of {_date(date, today)}"
    if window.kind == "month":
        return f"{date:%B} {date.year}"
    if window.kind == "quarter":
        return f"Q{(date.month + 2) // 3} {date.year}"
    return str(date.year) if window.kind == "year" else _date(date, today)


def _date(date: dt.date, today: dt.date) -> str:
    """ "Tue 17 Jun", with the year where it is another."""
    year = f" {date.year}" if date.year != today.year else ""
    return f"{date:%a} {date.day} {date:%b}{year}"


def _ordinal(number: int) -> str:
    """ "1st", "2nd", "14th"."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number not in (11, 12, 13) else "th"
    return f"{number}{ending}"


# --- moving and working windows ----------------------------------------------------------------------------------


def _of_moving(window: Window, now: dt.datetime, site: Site) -> dict[Key, Period]:
    tz = zone(site)
    start = window_bounds(window, now, site)[0]
    if start <= BEGINNING:
        return {}
    found: dict[Key, Period] = {"before": Period(_back(window, start, site), start, f"{window} before", start)}
    today = now.astimezone(tz).date()
    if (today - FIRST_DATE).days < 7:
        return found
    day = next(_working_days(site, today), today) if window.kind == "working" else today - DAY
    keys: tuple[tuple[Key, dt.date], ...] = (("day", day), ("week", today - 7 * DAY))
    for key, date in keys:
        end = _at_time_of(date, now, tz)
        # the window before a window of a day is that of the day before, be it an hour off over a clock change
        same = window.kind == "moving" and window.seconds == (today - date).days * _DAY
        twice = key == "week" and date == day
        if end < start and not same and not twice:
            name = "yesterday" if date == today - DAY else f"{'last ' if key == 'week' else ''}{_date(date, today)}"
            found[key] = Period(_back(window, end, site), end, f"the same {window} {name}", end)
    return found


def _back(window: Window, end: dt.datetime, site: Site) -> dt.datetime:
    """Where a window that ends at a moment begins."""
    return working_back(site, end, window.seconds) if window.kind == "working" else back(end, window.seconds)


def _at_time_of(date: dt.date, now: dt.datetime, tz: ZoneInfo) -> dt.datetime:
    """The time of day that it is now, on another date."""
    return utc(date, now.astimezone(tz).time(), tz)


def _working_days(site: Site, date: dt.date) -> Iterator[dt.date]:
    """The working days before a date; it ends where there is none for more than a year."""
    missing = 0
    while date > FIRST_DATE and missing < FARTHEST:
        date -= DAY
        missing = 0 if is_working_day(site, date) else missing + 1
        if not missing:
            yield date


def _moving_before(window: Window, now: dt.datetime, site: Site) -> Iterator[Period]:
    tz = zone(site)
    start, today = window_bounds(window, now, site)[0], now.astimezone(tz).date()
    if window.kind == "moving" and window.seconds > _DAY:
        while start > BEGINNING:
            end, start = start, back(start, window.seconds)
            local = end.astimezone(tz)
            yield Period(start, end, f"{window} to {_date(local.date(), today)} {local:%H:%M}", end)
        return
    dates = _working_days(site, today) if window.kind == "working" else _dates_before(today)
    for date in dates:
        end = _at_time_of(date, now, tz)
        if window.kind == "working" and end > start:
            continue
        end = min(end, start)
        start = _back(window, end, site)
        if window.kind == "moving":  # a window of 24 h on a day of 23 does not reach into the one before
            start = max(start, _at_time_of(date - DAY, now, tz))
        yield Period(start, end, f"{_date(date, today)} to {end.astimezone(tz):%H:%M}", end)


def _dates_before(date: dt.date) -> Iterator[dt.date]:
    while (date - FIRST_DATE).days >= 2:
        date -= DAY
        yield date


# --- ranges that a person looks at -------------------------------------------------------------------------------


def _of_range(start: dt.datetime, end: dt.datetime, now: dt.datetime, tz: ZoneInfo) -> dict[Key, Period]:
    """As long before; of at most a day the same hours of the day before, of at most a week those a week earlier.

    The same hours come first where the range is one of days, or is over: those before a night shift are no night.
    """
    if start - BEGINNING < max(end - start, 8 * DAY):
        return {}
    today, length = now.astimezone(tz).date(), end - start
    before = _long_before(start, end, tz)
    found: dict[Key, Period] = {"before": before}
    if length <= DAY and before.start != (day := _days_earlier(start, end, 1, tz)).start:
        found["day"] = Period(*day, f"the same hours {_date(day.start.astimezone(tz).date(), today)}", day.end)
        if end < now or start == day_start(start.astimezone(tz).date(), tz):
            found = {"day": found["day"], "before": before}
    week = _days_earlier(start, end, 7, tz)
    if length <= 7 * DAY and before.start != week.start:
        found["week"] = Period(*week, f"a week earlier, {_date(week.start.astimezone(tz).date(), today)}", week.end)
    return found


class _Hours(NamedTuple):
    start: dt.datetime
    end: dt.datetime


def _days_earlier(start: dt.datetime, end: dt.datetime, days: int, tz: ZoneInfo) -> _Hours:
    """The same hours by the clock so many days before, never reaching into the range itself."""
    first, last = start.astimezone(tz), end.astimezone(tz)
    begins = utc(first.date() - days * DAY, first.time(), tz)
    ends = min(utc(last.date() - days * DAY, last.time(), tz), start)
    return _Hours(begins, ends) if begins < ends else _Hours(start - (end - start), start)


def _long_before(start: dt.datetime, end: dt.datetime, tz: ZoneInfo) -> Period:
    first, last = start.astimezone(tz).date(), end.astimezone(tz).date()
    if day_start(first, tz) == start and day_start(last, tz) == end:
        days = (last - first).days
        label = "the day before" if days == 1 else f"{days} d before"
        return Period(day_start(first - days * DAY, tz), start, label, start)
    seconds = round((end - start).total_seconds())
    label = f"{Window('moving', seconds)} before" if seconds % 60 == 0 else "as long before"
    return Period(start - (end - start), start, label, start)


def _ranges_before(start: dt.datetime, end: dt.datetime, now: dt.datetime, tz: ZoneInfo) -> Iterator[Period]:
    """The same hours of the days before; of a range longer than a day those before it, each as long."""
    today, length, days = now.astimezone(tz).date(), end - start, 1
    while start - BEGINNING > max(length, (days + 1) * DAY):
        if length <= DAY:
            hours, days = _days_earlier(start, end, days, tz), days + 1
            yield Period(*hours, _date(hours.start.astimezone(tz).date(), today), hours.end)
            continue
        before = _long_before(start, end, tz)
        start, end = before.start, before.end
        last = (end - dt.timedelta(microseconds=1)).astimezone(tz).date()
        yield Period(start, end, f"{_date(start.astimezone(tz).date(), today)} – {_date(last, today)}", end)
