"""What a person can have the engine do, declared once: the engine checks it, the console's actions refer to it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Role = Literal["viewer", "operator", "supervisor"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "supervisor")


class CommandSpec(Struct, frozen=True):
    """A command as the engine knows it; the console's actions refer to it. `role`: the least that may give it."""

    name: str
    title: str
    role: Role = "operator"
    undoable: bool = False
    takes_many: bool = False


COMMANDS: dict[str, CommandSpec] = {
    spec.name: spec
    for spec in (
        CommandSpec("ack", "acknowledge", undoable=True, takes_many=True),
        CommandSpec("unack", "take an acknowledgement back", undoable=True, takes_many=True),
        CommandSpec("comment", "comment", undoable=True, takes_many=True),
        CommandSpec("shelve", "shelve", undoable=True, takes_many=True),
        CommandSpec("unshelve", "end the shelf", undoable=True, takes_many=True),
        CommandSpec("assign", "assign", undoable=True, takes_many=True),
        CommandSpec("escalate", "escalate", takes_many=True),
        CommandSpec("reset", "reset the latch", undoable=True, takes_many=True),
        CommandSpec("dispose", "close with a disposition", undoable=True, takes_many=True),
        CommandSpec("out-of-service", "take out of service", "supervisor", undoable=True, takes_many=True),
        CommandSpec("return", "return to service", "supervisor", undoable=True, takes_many=True),
        CommandSpec("undo", "undo your last command"),
        CommandSpec("redo", "do again what you have undone"),
        CommandSpec("plan-maintenance", "plan a maintenance window", "supervisor"),
        CommandSpec("end-maintenance", "end a maintenance window", "supervisor"),
        CommandSpec("change", "mark a change that was made to the operation", undoable=True),
        CommandSpec("drop-change", "take a change back that was marked"),
        CommandSpec("save-view", "save the filter of the alert list under a name"),
        CommandSpec("drop-view", "drop a saved filter"),
        CommandSpec("tick", "tick off a step of a procedure"),
        CommandSpec("untick", "take a tick back"),
        CommandSpec("retry", "read files anew", takes_many=True),
        CommandSpec("save-sql", "save SQL as a KPI or an alert in site.yaml", "supervisor"),
        CommandSpec("save-layout", "write an edited layout into its file", "supervisor"),
        CommandSpec("save-draft", "write the draft as site.yaml and layouts/overview.yaml", "supervisor"),
    )
}
