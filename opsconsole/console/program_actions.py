"""The actions that concern the program itself: where one has been, the mouse, the shell, a screen on the wall."""

from __future__ import annotations

from opsconsole.console.action import WALL, Action

PROGRAM = (
    Action("previous-screen", "The screen before this one, as it was left", ("<",), line="previous-screen"),
    Action("next-screen", "Forward again to the screen that you came back from", (">",), line="next-screen"),
    Action("keys", "All keys as they are for you, with the names of the actions", line="keys"),
    Action("mouse", "Mouse on or off", ("M",), line="mouse"),
    Action("suspend", "To the shell for a while; `fg` comes back", ("ctrl+z",), line="suspend"),
    Action("wall-next", "Next layout", ("right", "]", "space"), WALL, rank=1, short="next"),
    Action("wall-previous", "Previous layout", ("left", "["), WALL, rank=2, short="previous"),
)
