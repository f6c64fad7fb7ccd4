"""What can be drawn on a KPI's own chart besides its values: this part of the registry."""

from __future__ import annotations

from opsconsole.console.action import KPI, Action

LAYERED: tuple[Action, ...] = (
    Action(
        "draw-limits",
        "Control limits and their signals on a KPI's chart, or not",
        ("C",),
        KPI,
        line="draw-limits",
        rank=9,
        short="limits",
    ),
    Action(
        "draw-forecast", "The forecast on a KPI's chart, or not", ("F",), KPI, line="draw-forecast", rank=9,
        short="forecast",
    ),
    Action(
        "draw-anomalies", "Anomalies on a KPI's chart, or not", ("A",), KPI, line="draw-anomalies", rank=9,
        short="unusual",
    ),
)  # fmt: skip
