"""What can be done on a flow."""

from __future__ import annotations

from opsconsole.console.action import APP, FLOW, Action

FLOWS = (
    Action(
        "flow",
        "Flow: where cases wait, the bottleneck, what will be late",
        ("6",),
        APP,
        line="flow [NAME] [step=STEP] [at MOMENT]",
    ),
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
