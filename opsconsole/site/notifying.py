"""Who is told of alerts, and how, as a site file says it: plain values. Durations are seconds.

A URL is kept as it is written: `${env:NAME}` in it stands for a secret, which only the process that sends ever reads.
"""

from __future__ import annotations

import datetime as dt

from msgspec import Struct

from opsconsole.site.priority import Priority

PRIORITIES: tuple[Priority, ...] = ("critical", "warning", "low")
INCIDENT, RULE, AREA = "incident", "rule", "area"
GROUP_WORDS = (INCIDENT, RULE, AREA)


class Address(Struct, frozen=True):
    """Where a message goes: a URL as Apprise takes it (a heartbeat's: http or https), or a file that holds it."""

    url: str = ""
    url_file: str = ""


class Quiet(Struct, frozen=True):
    """Hours without messages, by wall-clock time of the site's zone; `end` <= `start` means it ends the next day."""

    start: dt.time
    end: dt.time


class Route(Struct, frozen=True):
    """Which alerts go to which targets; what is empty leaves nothing out.

    `during` names shifts, or `working` time; outside of it, and in `quiet` hours, nothing is sent, and what still calls
    is told afterwards. `group_by`: alerts with the same members go into one message; labels, or `incident` (the rule,
    where an alert belongs to none), `rule`, `area`. The first message of a group waits `group_wait` for more, the next
    comes no sooner than `interval` after it, and what nobody has acknowledged is told anew after `repeat`. With
    `resolved` it is told as well what has returned to normal.
    """

    to: tuple[str, ...]
    priority: tuple[Priority, ...] = ()
    areas: tuple[str, ...] = ()
    during: tuple[str, ...] = ()
    quiet: Quiet | None = None
    group_by: tuple[str, ...] = (INCIDENT,)
    group_wait: float = 30.0
    interval: float = 300.0
    repeat: float = 14_400.0
    resolved: bool = True


class Heartbeat(Struct, frozen=True):
    """A dead-man switch that is asked for so often, as long as rules are evaluated: it calls when that stops."""

    address: Address
    every: float = 60.0


class Notify(Struct, frozen=True):
    """Who is told of alerts; of several routes that fit an alert and name a target the first counts."""

    targets: dict[str, Address] = {}
    routes: tuple[Route, ...] = ()
    heartbeat: Heartbeat | None = None


class Escalation(Struct, frozen=True):
    """A step that is taken for an alert that nobody has acknowledged for so long: who is told then.

    What is empty leaves nothing out. Without `to` it only shows, and rings on the consoles.
    """

    after: float
    to: tuple[str, ...] = ()
    priority: tuple[Priority, ...] = ()
    areas: tuple[str, ...] = ()
