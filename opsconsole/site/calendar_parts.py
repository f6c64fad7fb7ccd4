"""The calendar of a site file: what its parts must fit, and the models made of them.

Every check looks only at values that could be read, so that one mistake is reported once.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from itertools import combinations
from typing import Any

from opsconsole.site.daykinds import WEEKDAYS
from opsconsole.site.holiday import country_problem, region_problem
from opsconsole.site.marks import Keys, Marks
from opsconsole.site.model import EVERY_DAY, Break, Holidays, Rotation, Shift
from opsconsole.site.names import listed, show
from opsconsole.site.report import Report

Values = dict[str, Any]
OFF = "off"
_DAY = 86400
_LONGEST = 1000
_NUMBERED = re.compile(r"(\d{1,3})\s+(\S.*)")


# --- models ------------------------------------------------------------------------------------------------------


def calendar_fields(values: Values) -> Values:
    """The fields of a `Site` that a checked calendar gives."""
    shifts = tuple(_shift(each) for each in values.get("shifts", ()))
    names = {shift.name for shift in shifts}
    holidays = values.get("holidays")
    return {
        "shifts": shifts,
        "rotations": tuple(_rotation(each, names) for each in values.get("rotation", ())),
        "working": tuple(_shift({"name": "", **each}) for each in values.get("working", ())),
        "holidays": Holidays(**holidays) if holidays else None,
    }


def _shift(values: Values) -> Shift:
    return Shift(**(values | {"breaks": tuple(Break(**each) for each in values.get("breaks", ()))}))


def _rotation(values: Values, shifts: Iterable[str]) -> Rotation:
    pattern = tuple(name for text in values["pattern"] for name in _days_of(text, shifts))
    offset = values.get("offset") or len(pattern) // len(values["teams"])
    return Rotation(values["teams"], pattern, values["start"], offset)


def _days_of(text: str, shifts: Iterable[str]) -> list[str]:
    """The days that an entry of a pattern stands for: names of shifts, "" for a free day.

    Raises LookupError with a name that is no shift.
    """
    count, name = 1, text
    numbered = _NUMBERED.fullmatch(text)
    if numbered is not None and text not in shifts:
        count, name = int(numbered[1]), numbered[2]
    if name in shifts:
        return [name] * count
    if name.casefold() == OFF:
        return [""] * count
    raise LookupError(name)


# --- checks ------------------------------------------------------------------------------------------------------


def check_calendar(values: Values, marks: Marks, report: Report) -> None:
    """Everything in the calendar that has to fit something else in it."""
    calendar: Values = values.get("calendar", {})
    shifts: tuple[Values, ...] = calendar.get("shifts", ())
    _check_twins(shifts, marks, report)
    for key in ("shifts", "working"):
        for index, each in enumerate(calendar.get(key, ())):
            _check_breaks(each, _at(marks, key, index), marks, report)
    for index, rotation in enumerate(calendar.get("rotation", ())):
        _check_rotation(rotation, shifts, _at(marks, "rotation", index), marks, report)
    _check_holidays(calendar.get("holidays", {}), marks, report)
    for name, kpi in values.get("kpis", {}).items():
        _check_targets(kpi, ("kpis", name, "targets"), shifts, marks, report)


def _at(marks: Marks, key: str, index: int) -> Keys:
    """Where an entry stands that may have been written without a list around it."""
    at: Keys = ("calendar", key, index)
    return at if marks.has(*at) else at[:-1]


def _check_twins(shifts: tuple[Values, ...], marks: Marks, report: Report) -> None:
    """Shifts of one name are one shift with other hours on other days, so they must not run at once."""
    told = set()
    for (_, first), (index, second) in combinations(enumerate(shifts), 2):
        name = second.get("name", "")
        if not name or first.get("name") != name or index in told:
            continue
        shared = set(first.get("days", EVERY_DAY)) & set(second.get("days", EVERY_DAY))
        if shared or _overlap(first, second):
            told.add(index)
            why = f"both begin on {WEEKDAYS[min(shared)]}" if shared else "their hours overlap"
            message = f"`shifts`: two shifts are called `{show(name)}` and {why}; give them other names or `days`"
            report.error(marks.at("calendar", "shifts", index), message)


def _overlap(first: Values, second: Values) -> bool:
    """Whether two shifts run at once at some time of a week."""
    if not all(key in shift for shift in (first, second) for key in ("start", "end")):
        return False
    spans = [_week(shift) for shift in (first, second)]
    around = [(start + turn, end + turn) for start, end in spans[1] for turn in (-7 * _DAY, 0, 7 * _DAY)]
    return any(start < other_end and other < end for start, end in spans[0] for other, other_end in around)


def _week(shift: Values) -> list[tuple[int, int]]:
    start, length = _seconds(shift["start"]), _length(shift["start"], shift["end"])
    return [(day * _DAY + start, day * _DAY + start + length) for day in shift.get("days", EVERY_DAY)]


def _seconds(time: dt.time) -> int:
    return time.hour * 3600 + time.minute * 60 + time.second


def _length(start: dt.time, end: dt.time) -> int:
    return (_seconds(end) - _seconds(start)) % _DAY or _DAY


def _check_breaks(shift: Values, at: Keys, marks: Marks, report: Report) -> None:
    """Breaks lie within their shift and beside each other."""
    if "start" not in shift or "end" not in shift:
        return
    whole = _length(shift["start"], shift["end"])
    taken: list[tuple[int, int]] = []
    for index, each in enumerate(shift.get("breaks", ())):
        if "start" not in each or "end" not in each:
            continue
        entry: Keys = (*at, "breaks", index)
        place = entry if marks.has(*entry) else entry[:-1]
        begin = (_seconds(each["start"]) - _seconds(shift["start"])) % _DAY
        end = begin + _length(each["start"], each["end"])
        hours = f"{shift['start']:%H:%M}–{shift['end']:%H:%M}"
        if end > whole:
            shown = f"{each['start']:%H:%M}–{each['end']:%H:%M}"
            report.error(marks.at(*place), f"`breaks`: {shown} does not lie within {hours}")
        elif any(begin < other_end and other < end for other, other_end in taken):
            report.error(marks.at(*place), "`breaks`: overlaps another break")
        taken.append((begin, end))


def _check_rotation(rotation: Values, shifts: tuple[Values, ...], at: Keys, marks: Marks, report: Report) -> None:
    names = [shift["name"] for shift in shifts if "name" in shift]
    if any(name.casefold() == OFF for name in names):
        report.error(marks.at(*at), f"`rotation`: `{OFF}` is a free day in a pattern, so no shift can be called so")
        return
    pattern: list[str] = []
    wrong = "pattern" not in rotation
    for index, text in enumerate(rotation.get("pattern", ())):
        try:
            pattern += _days_of(text, names)
        except LookupError as error:
            wrong = True
            name = str(error.args[0])
            hint = report.suggest(name, [*names, OFF])
            hint = hint or (f"; there are {listed(dict.fromkeys(names))} and `{OFF}`" if names else "; there is none")
            message = f"`pattern`: unknown shift `{show(name)}`{hint}"
            report.error(marks.at(*at, "pattern", index), message)
    if wrong or "teams" not in rotation:
        return
    if not any(pattern) or len(pattern) > _LONGEST:
        report.error(marks.at(*at, "pattern"), f"`pattern`: expected 1 to {_LONGEST} days, with a shift among them")
        return
    _check_offset(rotation, pattern, at, marks, report)


def _check_offset(rotation: Values, pattern: list[str], at: Keys, marks: Marks, report: Report) -> None:
    """The teams share the work as far as can be told."""
    teams, days = len(rotation["teams"]), len(pattern)
    if not marks.has(*at, "offset") and days % teams:
        message = f"`offset`: cannot be told from {days} days of pattern and {teams} teams; say how many days"
        report.missing(marks.at(*at), message)
        return
    offset = rotation.get("offset", days // teams)
    if teams > 1 and offset % days == 0:
        report.error(
            marks.at(*at, "offset"), f"`offset`: after {days} days the pattern begins anew, all would work alike"
        )
    for shift in dict.fromkeys(filter(None, pattern)):
        free = [
            day for day in range(days) if all(pattern[(day - team * offset) % days] != shift for team in range(teams))
        ]
        # with free weekends the days without a team come round with the week; else a team is missing
        if free and teams > 1 and days % 7:
            message = f"`rotation`: on {len(free)} of {days} days no team works `{show(shift)}`, it does not run then"
            report.warn(marks.at(*at), message)


def _check_targets(kpi: Values, at: Keys, shifts: tuple[Values, ...], marks: Marks, report: Report) -> None:
    """Limits for a shift name one that there is."""
    names = [shift["name"] for shift in shifts if "name" in shift]
    for index, entry in enumerate(kpi.get("targets", ())):
        if "shift" in entry and entry["shift"] not in names:
            hint = report.suggest(entry["shift"], names) or (f"; there are {listed(names)}" if names else "")
            report.error(marks.at(*at, index, "shift"), f"unknown shift `{show(entry['shift'])}`{hint}")


def _check_holidays(holidays: Values, marks: Marks, report: Report) -> None:
    at: Keys = ("calendar", "holidays")
    if "country" not in holidays:
        if "region" in holidays:
            report.error(marks.key(*at, "region"), "`region`: needs the `country` that it is a part of")
        return
    place = marks.at(*at, "country") if marks.has(*at, "country") else marks.at(*at)
    problem = country_problem(holidays["country"])
    if problem:
        report.error(place, f"`country`: {problem}")
    elif "region" in holidays:
        problem = region_problem(holidays["country"], holidays["region"])
        if problem:
            report.error(marks.at(*at, "region"), f"`region`: {problem}")
