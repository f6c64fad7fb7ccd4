"""The keys of a site's calendar: shifts, who works them, working hours and holidays."""

from __future__ import annotations

from opsconsole.site.daykinds import Date, Days, YearDays
from opsconsole.site.kinds import Flag, Integer, Many, Text
from opsconsole.site.sections import Key, Section
from opsconsole.site.timekinds import TimeOfDay

_START = Key("start", TimeOfDay(), "When it begins.", required=True, example='"06:00"')
_END = Key(
    "end", TimeOfDay(), "When it ends; at or before `start` means the next day.", required=True, example='"14:00"'
)

BREAK = Section(
    "break",
    "A break; no working time, but part of the shift.",
    (
        Key("start", TimeOfDay(), "When it begins.", required=True, example='"09:00"'),
        Key("end", TimeOfDay(), "When it ends.", required=True, example='"09:15"'),
    ),
)
_BREAKS = Key(
    "breaks",
    Many(BREAK, one=True),
    "The breaks within it.",
    "none",
    '[{start: "09:00", end: "09:15"}, {start: "12:00", end: "12:30"}]',
)

SHIFT = Section(
    "shift",
    "A working shift, by the clock on the wall of the site. Shifts of one name may have other hours on other days.",
    (
        Key("name", Text(), "What the shift is called.", required=True, example="Early"),
        _START,
        _END,
        Key("days", Days(), "The days on which it begins.", "every day", "mon-fri"),
        _BREAKS,
        Key("on_holidays", Flag(), "It runs on holidays too.", "false", "true"),
    ),
)

ROTATION = Section(
    "rotation",
    "Which team works which shift. A shift that is named here runs on the days on which a team works it.",
    (
        Key("teams", Many(Text(), least=1, distinct=True), "The teams, in order.", required=True, example="[A, B, C]"),
        Key(
            "pattern",
            Many(Text("the name of a shift, or `off`, with a number of days before it"), least=1),
            "What a team works day by day: names of shifts and `off`; `2 Early` is two days of it. Then it begins "
            "anew.",
            required=True,
            example="[2 Early, 2 Late, 2 Night, 3 off]",
        ),
        Key(
            "start", Date(), "The day on which the first team begins the pattern.", required=True, example="2026-01-05"
        ),
        Key(
            "offset",
            Integer(1, 1000),
            "Each team begins it so many days after the one before.",
            "the length of the pattern, divided by the teams",
            "3",
        ),
    ),
)

WORKING = Section(
    "working",
    "Working hours; several entries where they differ by the day.",
    (
        Key("days", Days(), "The days on which they begin.", "every day", "mon-fri"),
        Key("start", TimeOfDay(), "When they begin.", required=True, example='"08:00"'),
        Key(
            "end",
            TimeOfDay(),
            "When they end; at or before `start` means the next day.",
            required=True,
            example='"17:00"',
        ),
        _BREAKS,
    ),
)

HOLIDAYS = Section(
    "holidays",
    "Days without working time and, unless they say `on_holidays`, without shifts. A country alone stands for "
    "`{country: …}`.",
    (
        Key(
            "country",
            Text("the ISO code of a country"),
            "Its public holidays; needs `pip install 'opsconsole[holidays]'`.",
            "none",
            "DE",
        ),
        Key("region", Text(), "With those of this part of the country.", "the whole country", "BY"),
        Key(
            "add",
            YearDays(named=True),
            "Further days with their names; `12-24` is that day of every year.",
            "none",
            "{2026-08-08: Peace Festival, 12-24: Christmas Eve}",
        ),
        Key("remove", YearDays(), "Days that are none here.", "none", "[2026-05-14, 10-31]"),
    ),
    shorthand="country",
)

CALENDAR = Section(
    "calendar",
    "The working time of the site.",
    (
        Key(
            "shifts",
            Many(SHIFT),
            "The shifts.",
            "none",
            '[{name: Early, start: "06:00", end: "14:00", days: mon-fri}]',
        ),
        Key(
            "rotation",
            Many(ROTATION, one=True),
            "Which team works which shift; a list where groups of teams have patterns of their own.",
            "no teams",
            "{teams: [A, B, C, D], pattern: [4 Early, 4 off, 4 Night, 4 off], start: 2026-01-05}",
        ),
        Key(
            "working",
            Many(WORKING, one=True),
            "The working hours.",
            "the time of the shifts without their breaks; without shifts all time",
            '{days: mon-fri, start: "08:00", end: "17:00"}',
        ),
        Key("holidays", HOLIDAYS, "The holidays.", "none", "{country: DE, region: BY}"),
    ),
)

CALENDAR_SECTIONS = (CALENDAR, SHIFT, BREAK, ROTATION, WORKING, HOLIDAYS)
