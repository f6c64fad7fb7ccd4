"""The keys of an area: a part of the operation that rules belong to."""

from __future__ import annotations

from opsconsole.site.kinds import Text
from opsconsole.site.sections import Key, Section

AREA = Section(
    "area",
    "A part of the operation that rules belong to.",
    (
        Key("title", Text(), "Its name for people.", "its name", "Weld shop"),
        Key("procedure", Text("a path"), "What to do about its alerts: a Markdown file.", "the site's", "weld.md"),
        Key("position", Text(), "The operator position that looks after it.", "", "Shift lead weld"),
    ),
)
