"""What is said of a command once the engine has answered. Pure."""

from __future__ import annotations

from collections import Counter

from opsconsole.console.text import inert
from opsconsole.engine.commands import COMMANDS
from opsconsole.engine.messages import Command, Done

_DONE = {
    "ack": "acknowledged",
    "unack": "acknowledgement taken back",
    "comment": "comment written",
    "shelve": "shelved",
    "unshelve": "shelf ended",
    "escalate": "escalated",
    "reset": "reset",
    "out-of-service": "out of service",
    "return": "back in service",
    "undo": "undone",
    "redo": "done again",
    "plan-maintenance": "planned",
    "end-maintenance": "ended",
    "change": "marked",
    "drop-change": "taken back",
}


def done_word(command: Command) -> str:
    """What has been done, in the past tense."""
    if command.name == "assign":
        return f"assigned to {inert(command.to)}" if command.to else "assigned to nobody"
    if command.name == "dispose":
        return f"closed as {command.disposition}"
    return _DONE.get(command.name, COMMANDS[command.name].title)


def came_of(command: Command, done: Done, what: str) -> tuple[str, str]:
    """What came of a command on `what`, and in which style it is said."""
    word = done_word(command)
    if done.said and not command.targets and not done.refused:
        return inert(done.said), ""
    total = len(done.applied) + len(done.already) + len(done.refused)
    many = total > 1
    parts: list[str] = []
    if done.applied or not (done.already or done.refused):
        some = f"{len(done.applied)} of " if len(done.applied) < total else ""
        parts.append(f"{word}: {some}{total} alerts" if many else f"{word}: {what}" if what and not done.said else word)
    for found, said in ((done.already, "already so"), (done.refused, "refused")):
        if not found:
            continue
        reason, _ = Counter(found.values()).most_common(1)[0]
        several = " (and other reasons)" if len(set(found.values())) > 1 else ""
        count = f"{len(found)} {said}: " if many else f"{said}: "
        parts.append(f"{count}{inert(reason)}{several}")
    if done.said:
        parts.append(inert(done.said))
    if done.applied and COMMANDS[command.name].undoable:
        parts.append("z takes it back")
    return " · ".join(parts), "warning" if done.refused else ""
