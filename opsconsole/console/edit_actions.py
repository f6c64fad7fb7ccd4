"""What a person can do to a layout on screen: the part of the registry that is about editing it."""

from __future__ import annotations

from opsconsole.console.action import EDIT, OVERVIEW, Action

EDITS: tuple[Action, ...] = (
    Action(
        "edit-layout",
        "Edit the layout on the screen: move, resize, add and remove panels",
        ("L",),
        OVERVIEW,
        line="edit-layout [NAME]",
        command="save-layout",
    ),
    Action("pick-left", "Choose the panel to the left", ("left", "h"), EDIT),
    Action("pick-down", "Choose the panel below", ("down", "j"), EDIT),
    Action("pick-up", "Choose the panel above", ("up", "k"), EDIT),
    Action("pick-right", "Choose the panel to the right", ("right", "l"), EDIT),
    Action("pick-next", "Choose the next panel, also one that has no room", ("tab",), EDIT, rank=8, short="next"),
    Action("pick-previous", "Choose the panel before", ("shift+tab",), EDIT),
    Action(
        "panel-left", "Move it left: past its neighbour, into a stack, out of it", ("H",), EDIT, rank=3, short="move"
    ),
    Action("panel-down", "Move it down: in its stack, to the next row, to a new row", ("J",), EDIT),
    Action("panel-up", "Move it up: in its stack, to the row before, to a new row", ("K",), EDIT),
    Action("panel-right", "Move it right: past its neighbour, into a stack, out of it", ("L",), EDIT),
    Action("panel-higher", "Higher by a line: its row, or in a stack itself", ("+",), EDIT, rank=4, short="higher"),
    Action("panel-lower", "Lower by a line", ("-",), EDIT),
    Action("panel-narrower", "Narrower, beside the others of its row", ("<",), EDIT),
    Action("panel-wider", "Wider, beside the others of its row", (">",), EDIT, rank=4, short="wider"),
    Action("panel-any-height", "No height of its own: a share of what is left", ("=",), EDIT),
    Action("stack-panel", "Stack it below the panel to its left", ("s",), EDIT, rank=6, short="stack"),
    Action("own-row", "A new row for it alone", ("n",), EDIT, rank=6, short="own row"),
    Action(
        "add-panel",
        "Add a panel after it, in the words of the layout file: chart oee, bars downtime by reason, alerts",
        ("a",),
        EDIT,
        line="add-panel [KIND …]",
        rank=1,
        short="add",
    ),
    Action("remove-panel", "Remove it", ("x",), EDIT, rank=2, short="remove"),
    Action("title-panel", "Its heading", ("t",), EDIT, line="title-panel [TITLE]", rank=5, short="title"),
    Action("undo-edit", "Take the last step of the edit back", ("u",), EDIT, rank=7, short="undo"),
    Action("redo-edit", "Do it again", ("z",), EDIT),
    Action(
        "other-edit", "The layout as its file has it now, which others may have changed; again: yours", ("o",), EDIT
    ),
    Action(
        "write",
        "Save the layout into its file; with a name: as another layout",
        ("w",),
        EDIT,
        line="write [NAME]",
        command="save-layout",
        rank=0,
        short="save",
    ),
    Action("leave-edit", "End the edit", ("escape",), EDIT, rank=0, short="leave"),
    Action("edit-command", "Open the command line", (":",), EDIT),
    Action("edit-help", "Show the keys of the edit", ("?", "f1"), EDIT, rank=9, short="help"),
)
