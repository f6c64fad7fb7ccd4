"""What a person can do about the looks: their part of the registry."""

from __future__ import annotations

from opsconsole.console.action import Action

LOOKS: tuple[Action, ...] = (
    Action(
        "theme", "Colours: as the terminal, dark, light, high contrast, colour-blind safe or none", line="theme [NAME]"
    ),
)
