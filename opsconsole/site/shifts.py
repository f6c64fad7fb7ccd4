"""Shifts as they are worked: on which days, by which team, with which breaks.

Pure: moments and dates come in as arguments; what comes out is in UTC. A shift begins on a local date where its
weekdays, the holidays and the rotation that names it let it: one that a rotation names runs when a team works it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from opsconsole.site.holiday import holiday_on
from opsconsole.site.localtime import DAY, FIRST_DATE, utc, zone
from opsconsole.site.model import Shift, Site

Stretch = tuple[dt.datetime, dt.datetime]
FARTHEST = 400  # days without a shift after which it is given up to look for one


class ShiftSpan(NamedTuple):
    """One working of a shift, UTC, and the team or teams that work it ("A, B")."""

    name: str
    start: dt.datetime
    end: dt.datetime
    team: str = ""


class Run(NamedTuple):
    """A shift as it is worked from a local date on."""

    shift: Shift
    date: dt.date
    span: ShiftSpan


def teams_on(site: Site, shift: str, date: dt.date) -> list[str] | None:
    """The teams that work a shift that begins on a local date; None where no rotation names it."""
    rotations = [rotation for rotation in site.rotations if shift in rotation.pattern]
    if not rotations:
        return None
    return [
        team
        for rotation in rotations
        for place, team in enumerate(rotation.teams)
        if rotation.pattern[((date - rotation.start).days - place * rotation.offset) % len(rotation.pattern)] == shift
    ]


def run_on(site: Site, shift: Shift, date: dt.date, tz: ZoneInfo) -> Run | None:
    """The working of a shift that begins on a local date; None where it does not run."""
    if date.weekday() not in shift.days or (not shift.on_holidays and holiday_on(site, date)):
        return None
    teams = teams_on(site, shift.name, date) if shift.name else None
    if teams is not None and not teams:
        return None
    start = utc(date, shift.start, tz)
    end = utc(date + DAY if shift.end <= shift.start else date, shift.end, tz)
    # a shift whose hours the clocks skip does not run
    return Run(shift, date, ShiftSpan(shift.name, start, end, ", ".join(teams or ()))) if start < end else None


def runs_on(site: Site, date: dt.date, tz: ZoneInfo) -> list[Run]:
    """The shifts that begin on a local date, by start; of those that start together the shorter first."""
    found = [run for shift in site.shifts if (run := run_on(site, shift, date, tz)) is not None]
    return sorted(found, key=lambda run: (run.span.start, run.span.end))


def current_run(site: Site, moment: dt.datetime) -> Run | None:
    """The shift that runs at a moment (of two the later begun), else the one that ended last."""
    begun: list[Run] = []
    tz = zone(site)
    found_on: dt.date | None = None
    for date in _dates_back(site, moment.astimezone(tz).date() + DAY):
        if found_on is not None and (found_on - date).days > 2:
            break
        on_date = [run for run in runs_on(site, date, tz) if run.span.start <= moment]
        begun = on_date + begun
        if on_date and found_on is None:
            found_on = date
    running = [run for run in begun if moment < run.span.end]
    if running:
        return running[-1]
    return max(begun, key=lambda run: run.span.end, default=None)


def shift_at(site: Site, moment: dt.datetime) -> ShiftSpan | None:
    """The shift that runs at a moment; where shifts overlap, the one that began last. None between shifts."""
    run = current_run(site, moment)
    return run.span if run is not None and moment < run.span.end else None


def runs_before(site: Site, run: Run, name: str | None = None) -> Iterator[Run]:
    """The workings before one, the latest begun first; with a name those of that shift only.

    It ends where there has been none for more than a year.
    """
    tz = zone(site)
    last = run.date
    while True:
        for date in _dates_back(site, last):
            found = [each for each in runs_on(site, date, tz) if name is None or each.shift.name == name]
            found = [each for each in found if (each.span.start, each.span.end) < (run.span.start, run.span.end)]
            if found:
                yield from reversed(found)
                last = date - DAY
                break
        else:
            return


def next_shift(site: Site, now: dt.datetime) -> ShiftSpan | None:
    """The shift that begins next after a moment, within the next two weeks; None where none does."""
    tz = zone(site)
    first = now.astimezone(tz).date() - DAY
    for days in range(16):
        begins = [run.span for run in runs_on(site, first + days * DAY, tz) if run.span.start > now]
        if begins:
            return begins[0]
    return None


def shift_ends(site: Site, now: dt.datetime, n: int = 9) -> list[dt.datetime]:
    """When the last `n` shifts that are over ended, the newest first; empty for a site without shifts."""
    run = current_run(site, now)
    if run is None:
        return []
    # one that began earlier may end later, so a few more than wanted are looked at
    earlier = islice(runs_before(site, run), n + len(site.shifts))
    ends = {each.span.end for each in (run, *earlier) if each.span.end <= now}
    return sorted(ends, reverse=True)[:n]


def shifts_worked(site: Site, now: dt.datetime, n: int = 9) -> list[ShiftSpan]:
    """The shift that runs, if one does, and the last `n` that are over, the newest begun first."""
    run = current_run(site, now)
    if run is None:
        return []
    earlier = islice(runs_before(site, run), n + len(site.shifts))
    spans = [each.span for each in (run, *earlier)]
    over = sorted((each for each in spans if each.end <= now), key=lambda each: each.end, reverse=True)[:n]
    return sorted([*(each for each in spans if each.end > now), *over], key=lambda each: each.start, reverse=True)


def _dates_back(site: Site, date: dt.date) -> Iterator[dt.date]:
    if not site.shifts:
        return
    for _ in range(FARTHEST):
        if date < FIRST_DATE:
            return
        yield date
        date -= DAY


# --- breaks and time worked --------------------------------------------------------------------------------------


def breaks_of(run: Run, tz: ZoneInfo) -> list[Stretch]:
    """The breaks of a working, in order. Each begins by the wall clock and is as long as it is said to be."""
    found: list[Stretch] = []
    for each in run.shift.breaks:
        start = utc(run.date if each.start >= run.shift.start else run.date + DAY, each.start, tz)
        seconds = (_seconds(each.end) - _seconds(each.start)) % 86400
        found.append((start, start + dt.timedelta(seconds=seconds)))
    return clip(merge(found), run.span.start, run.span.end)


def worked_stretches(run: Run, tz: ZoneInfo) -> list[Stretch]:
    """A working without its breaks."""
    found: list[Stretch] = []
    start = run.span.start
    for pause, resume in breaks_of(run, tz):
        found.append((start, pause))
        start = resume
    return [each for each in [*found, (start, run.span.end)] if each[0] < each[1]]


def point_of(run: Run, moment: dt.datetime, tz: ZoneInfo) -> tuple[float, float]:
    """How far a working has come: seconds worked, and seconds into the break that it is in."""
    worked = sum((end - start).total_seconds() for start, end in clip(worked_stretches(run, tz), None, moment))
    pauses = [(moment - start).total_seconds() for start, end in breaks_of(run, tz) if start < moment <= end]
    return worked, sum(pauses)


def at_point(run: Run, point: tuple[float, float], tz: ZoneInfo) -> dt.datetime:
    """The moment at which a working had come to a point; its end where it was over before that."""
    left, pause = point
    moment = run.span.start
    for start, end in worked_stretches(run, tz):
        if left <= 0:
            break
        moment = min(end, start + dt.timedelta(seconds=left))
        left -= (end - start).total_seconds()
    if left > 0:
        return run.span.end
    rest = next((end - start for start, end in breaks_of(run, tz) if start == moment), dt.timedelta())
    return moment + min(dt.timedelta(seconds=pause), rest)


def _seconds(time: dt.time) -> int:
    return time.hour * 3600 + time.minute * 60 + time.second


# --- stretches ---------------------------------------------------------------------------------------------------


def merge(stretches: list[Stretch]) -> list[Stretch]:
    """The union of stretches, in order."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif start < end:
            found.append((start, end))
    return found


def clip(stretches: list[Stretch], start: dt.datetime | None, end: dt.datetime | None) -> list[Stretch]:
    """What of stretches lies between two moments."""
    cut = [
        (first if start is None else max(first, start), last if end is None else min(last, end))
        for first, last in stretches
    ]
    return [each for each in cut if each[0] < each[1]]
