"""What can be done on a flow."""

from __future__ import annotations

from opsconsole.console.action import APP, FLOW, Action

FLOWS = (
    Action(
        "flow",
        "Flow: where cases wait, the bottleneck, what will be late",
        ("6",),
        APP,
        line="flow [NAME] [variants|moves|hand-offs|rework|over time|flagged] [step=STEP] [at MOMENT]",
    ),
    Action("flow-steps", "The steps, and the open cases most likely late first", ("s",), FLOW),
    Action("flow-variants", "Variants: the ways that cases take", ("v",), FLOW, rank=4, short="variants"),
    Action("flow-moves", "Moves from step to step, and the time in between", ("m",), FLOW),
    Action("flow-hands", "Hand-offs: who takes over from whom", ("b",), FLOW, rank=6, short="hand-offs"),
    Action("flow-rework", "Rework: what was done again", ("o",), FLOW, rank=6, short="rework"),
    Action("flow-time", "Over time: what came and went, work in progress", ("t",), FLOW, rank=5, short="over time"),
    Action("flow-flagged", "Flagged: times that cannot be, and their rows", ("x",), FLOW),
    Action(
        "sort-steps",
        "Sort the steps: as cases go through them, or by what they make cases wait",
        ("O",),
        FLOW,
        rank=4,
        short="sort",
    ),
    Action("next-flow", "The next flow of the site", ("]",), FLOW, rank=5, short="next flow"),
    Action("previous-flow", "The flow before", ("[",), FLOW),
)
