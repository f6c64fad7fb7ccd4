"""The actions on time: over which range, whether the picture stands still, and how close a chart is looked at."""

from __future__ import annotations

from opsconsole.console.action import KPI, Action

TIME: tuple[Action, ...] = (
    Action(
        "range",
        "Over which range of time: this shift, yesterday, -8h.., 2013-06-24 06:00..14:00, all",
        ("T",),
        line="range [RANGE]",
        rank=6,
        short="range",
    ),
    Action("own-range", "Each screen over its own windows again: no range", ("backspace",), line="own-range"),
    Action(
        "pause", "Hold the picture while it goes on unseen; again: go on", ("p",), line="pause", rank=6, short="pause"
    ),
    Action("zoom-in", "Over time: closer, around the crosshair", ("+",), KPI, rank=6, short="zoom"),
    Action("zoom-out", "Over time: further away", ("_",), KPI),
)
