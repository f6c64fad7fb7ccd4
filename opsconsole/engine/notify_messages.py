"""The part of the wire that is about notifications: what a site sends where, and what came of it lately."""

from __future__ import annotations

from msgspec import Struct

from opsconsole.engine.alert_messages import Event


class AskNotify(Struct, frozen=True, tag="ask-notify"):
    """How notifications are; answered by `Notifications`. A message is sent first to each target in `test`."""

    test: tuple[str, ...] = ()
    recent: int = 20


class TargetState(Struct, frozen=True):
    """A target: `where` it is, without its secret; `waiting` messages that it has not taken, and why (`trouble`)."""

    name: str
    where: str
    waiting: int = 0
    trouble: str = ""


class Notifications(Struct, frozen=True, tag="notifications"):
    """The answer to `AskNotify`. `routes` and `steps` are sentences; `results` why a test was not taken, or nothing.

    `heartbeat` is the dead-man switch, if any; `events` are the newest records, newest first.
    """

    targets: list[TargetState] = []
    routes: list[str] = []
    steps: list[str] = []
    heartbeat: str = ""
    heartbeat_trouble: str = ""
    missing: str = ""
    results: dict[str, str] = {}
    events: list[Event] = []
