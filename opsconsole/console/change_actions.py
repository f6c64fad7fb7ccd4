"""What a person can do about changes to the operation: their part of the registry."""

from __future__ import annotations

from opsconsole.console.action import APP, CHANGES, Action

MARKS: tuple[Action, ...] = (
    Action(
        "change",
        "Mark a change that was made, and the KPI that it should move",
        scope=APP,
        line="change KPI [DIM=MEMBER …] [at TIME:] WHAT",
        command="change",
    ),
    Action("helped", "Changes, and whether they helped", scope=APP, line="helped [CHANGE]"),
    Action(
        "drop-change",
        "Take a change back that was marked",
        ("x",),
        CHANGES,
        line="drop-change [ID]",
        command="drop-change",
        rank=4,
        short="take back",
    ),
)
