"""What a person can have the engine do, declared once: the engine checks it, the console's actions refer to it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class CommandSpec(Struct, frozen=True):
    """A command as the engine knows it; the console's actions refer to it."""

    name: str
    title: str
    role: Literal["operator", "supervisor"] = "operator"
    undoable: bool = False
    takes_many: bool = False


COMMANDS: dict[str, CommandSpec] = {
    spec.name: spec
    for spec in (
        CommandSpec("ack", "acknowledge", undoable=True, takes_many=True),
        CommandSpec("unack", "take an acknowledgement back", undoable=True, takes_many=True),
        CommandSpec("retry", "read files anew", takes_many=True),
        CommandSpec("save-draft", "write the draft as site.yaml and layouts/overview.yaml"),
    )
}
