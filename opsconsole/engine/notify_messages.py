"""The part of the wire that is about notifications: what a site sends where, and how its targets are."""

from __future__ import annotations

from msgspec import Struct


class AskNotify(Struct, frozen=True, tag="ask-notify"):
    """How notifications are; answered by `Notifications`, once a message was sent to each target in `test`."""

    test: tuple[str, ...] = ()


class TargetState(Struct, frozen=True):
    """A target: `where` it is, without its secret; `waiting` messages that it has not taken, and why (`trouble`)."""

    name: str
    where: str
    waiting: int = 0
    trouble: str = ""


class Notifications(Struct, frozen=True, tag="notifications"):
    """The answer to `AskNotify`. `routes` and `steps` are sentences; `heartbeat` is the dead-man switch, if any.

    `missing`: what is not installed. `results`: by target why a test was not taken, or nothing.
    """

    targets: list[TargetState] = []
    routes: list[str] = []
    steps: list[str] = []
    heartbeat: str = ""
    heartbeat_trouble: str = ""
    missing: str = ""
    results: dict[str, str] = {}
