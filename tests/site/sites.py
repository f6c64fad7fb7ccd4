"""Sites with calendars of any kind, and what the clock on the wall says of them, for the tests of the calendar."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from opsconsole.site.holiday import holiday_on
from opsconsole.site.model import EVERY_DAY, Break, Holidays, Rotation, Shift, Site

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
)
THREE = (
    Shift("Early", dt.time(6), dt.time(14)),
    Shift("Late", dt.time(14), dt.time(22)),
    Shift("Night", dt.time(22), dt.time(6)),
)
QUARTERS = 96  # quarters of an hour in a day
Wall = list[tuple[int, int]]

moments = st.datetimes(dt.datetime(1975, 1, 1), dt.datetime(2037, 12, 31)).map(
    lambda naive: naive.replace(tzinfo=dt.UTC)
)
zones = st.sampled_from(ZONES)


def site(timezone: str = "Europe/Berlin", shifts: tuple[Shift, ...] = THREE, **more: Any) -> Site:
    return Site(name="plant", timezone=timezone, shifts=shifts, **more)


def local(text: str, zone: str = "Europe/Berlin") -> dt.datetime:
    """A local time in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def _time(quarter: int) -> dt.time:
    return dt.time(quarter % QUARTERS // 4, quarter % 4 * 15)


days = st.one_of(
    st.just(EVERY_DAY),
    st.just((0, 1, 2, 3, 4)),
    st.sets(st.sampled_from(EVERY_DAY), min_size=1).map(lambda chosen: tuple(sorted(chosen))),
)


@st.composite
def shift_lists(draw: st.DrawFn) -> tuple[Shift, ...]:
    """Shifts that do not overlap on the wall: the day is cut at quarters of an hour, some parts are nobody's."""
    cuts = sorted(draw(st.sets(st.integers(0, QUARTERS - 1), min_size=1, max_size=5)))
    found = []
    for index, (start, end) in enumerate(zip(cuts, [*cuts[1:], cuts[0] + QUARTERS], strict=True)):
        if draw(st.integers(0, 4)):
            breaks = draw(breaks_in(start, end))
            found.append(Shift(f"S{index}", _time(start), _time(end), draw(days), breaks, draw(st.booleans())))
    return tuple(found)


@st.composite
def breaks_in(draw: st.DrawFn, start: int, end: int) -> tuple[Break, ...]:
    """Breaks beside each other in a stretch of quarters of an hour that they do not fill."""
    if end - start < 3 or draw(st.booleans()):
        return ()
    cuts = sorted(draw(st.sets(st.integers(start, end), min_size=2, max_size=4)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    return tuple(Break(_time(first), _time(last)) for first, last in pairs if last - first < end - start)


@st.composite
def rotations(draw: st.DrawFn, names: tuple[str, ...]) -> Rotation:
    pattern = draw(st.lists(st.sampled_from([*names, ""]), min_size=1, max_size=28))
    teams = tuple("ABCDE"[: draw(st.integers(1, 5))])
    return Rotation(teams, tuple(pattern), dt.date(2020, 1, 6), draw(st.integers(1, 9)))


holiday_kinds = st.one_of(
    st.none(),
    st.just(Holidays("DE", "BY", add=(((0, 12, 24), "Eve"), ((0, 12, 31), "Last")))),
    st.builds(
        lambda chosen: Holidays(add=tuple(((0, month, day), "Feast") for month, day in chosen)),
        st.lists(st.tuples(st.integers(1, 12), st.integers(1, 28)), min_size=1, max_size=40, unique=True),
    ),
)


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """Any site whose shifts do not overlap on the wall."""
    shifts = draw(shift_lists())
    names = tuple(shift.name for shift in shifts)
    working = draw(st.one_of(st.just(()), shift_lists().map(lambda found: tuple(map(_unnamed, found)))))
    teams = (draw(rotations(names)),) if names and draw(st.booleans()) else ()
    return site(draw(zones), shifts, rotations=teams, working=working, holidays=draw(holiday_kinds))


def _unnamed(shift: Shift) -> Shift:
    return Shift("", shift.start, shift.end, shift.days, shift.breaks)


# --- the clock on the wall ---------------------------------------------------------------------------------------


def steady(zone: str, moment: dt.datetime, around: dt.timedelta = dt.timedelta(hours=30)) -> bool:
    """Whether no clock is changed near a moment."""
    tz = ZoneInfo(zone)
    hours = int(around.total_seconds() // 3600)
    return len({(moment + dt.timedelta(hours=hour)).astimezone(tz).utcoffset() for hour in range(-hours, hours)}) == 1


def wall_shift(plant: Site, moment: dt.datetime) -> tuple[Shift, dt.date] | None:
    """The shift that runs by the clock on the wall, and the date on which it began; for moments far from a change."""
    here = moment.astimezone(ZoneInfo(plant.timezone)).replace(tzinfo=None)
    for shift in plant.shifts:
        for date in (here.date(), here.date() - dt.timedelta(days=1)):
            start = dt.datetime.combine(date, shift.start)
            end = dt.datetime.combine(date, shift.end)
            end += dt.timedelta(days=1) if end <= start else dt.timedelta()
            if start <= here < end and begins(plant, shift, date):
                return shift, date
    return None


def begins(plant: Site, shift: Shift, date: dt.date) -> bool:
    """Whether a shift begins on a date: by its days, the holidays and the rotation."""
    if date.weekday() not in shift.days or (holiday_on(plant, date) and not shift.on_holidays):
        return False
    named = [rotation for rotation in plant.rotations if shift.name and shift.name in rotation.pattern]
    return not named or bool(wall_teams(plant, shift, date))


def wall_teams(plant: Site, shift: Shift, date: dt.date) -> list[str]:
    """The teams that work a shift on a date, walking each team's pattern day by day."""
    found = []
    for rotation in plant.rotations:
        for place, team in enumerate(rotation.teams):
            first = rotation.start + dt.timedelta(days=place * rotation.offset)
            # two thousand turns before or after the start, so that nothing is counted below zero
            walked = (date - first).days + 2000 * len(rotation.pattern)
            if rotation.pattern[walked % len(rotation.pattern)] == shift.name:
                found.append(team)
    return found


def wall_works(plant: Site, moment: dt.datetime) -> bool:
    """Whether it is working time by the clock on the wall; for moments far from a change."""
    here = moment.astimezone(ZoneInfo(plant.timezone)).replace(tzinfo=None)
    if not plant.working and not plant.shifts:
        return not holiday_on(plant, here.date())
    hours = plant.working or plant.shifts
    running = wall_shift(site(plant.timezone, hours, rotations=plant.rotations, holidays=plant.holidays), moment)
    if running is None:
        return False
    shift, date = running
    for each in shift.breaks:
        day = date if each.start >= shift.start else date + dt.timedelta(days=1)
        start = dt.datetime.combine(day, each.start)
        length = dt.datetime.combine(day, each.end) - start
        if start <= here < start + (length if length > dt.timedelta() else length + dt.timedelta(days=1)):
            return False
    return True
