"""The keys of a site's calendar: its shifts and its working time."""

from __future__ import annotations

from opsconsole.site.kinds import Many, Text
from opsconsole.site.sections import Key, Section
from opsconsole.site.timekinds import TimeOfDay

SHIFT = Section(
    "shift",
    "A working shift, by the clock on the wall of the site.",
    (
        Key("name", Text(), "What the shift is called.", required=True, example="Early"),
        Key("start", TimeOfDay(), "When it begins.", required=True, example='"06:00"'),
        Key(
            "end",
            TimeOfDay(),
            "When it ends; at or before `start` means the next day.",
            required=True,
            example='"14:00"',
        ),
    ),
)

CALENDAR = Section(
    "calendar",
    "The working time of the site.",
    (Key("shifts", Many(SHIFT), "The shifts of a day.", "none", '[{name: Early, start: "06:00", end: "14:00"}]'),),
)
