"""What a person can do in the log and on procedures: their part of the registry."""

from __future__ import annotations

from opsconsole.console.action import ALERTS, LOG, STEPS, Action

RECORDS: tuple[Action, ...] = (
    Action("log", "Log: what people and the system did", ("7",), line="log [WORDS]"),
    Action("people", "Only what people did, or the system too", ("f",), LOG, rank=4, short="people"),
    Action(
        "procedure",
        "What to do: the procedure, step by step",
        ("o",),
        ALERTS,
        line="procedure [ALERT]",
        rank=3,
        short="what to do",
    ),
    Action("tick", "Tick the step, or take its tick back", ("space",), STEPS, command="tick", rank=3, short="tick"),
    Action("untick", "Take the tick of the step back", ("u",), STEPS, command="untick"),
)
