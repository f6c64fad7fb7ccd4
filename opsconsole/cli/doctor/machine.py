"""Checks of the machine: memory, clock, time zones, and how many folders may be watched."""

from __future__ import annotations

from msgspec import Struct

from opsconsole.cli.doctor.finding import Finding
from opsconsole.site.figures import count, number, size

_SCARCE = 500 * 10**6
_WANT = 100 * 10**6


class Inotify(Struct, frozen=True):
    """The system's limits for one person, and what of them is in use."""

    watches: int
    instances: int
    watches_used: int = 0
    instances_used: int = 0


def memory(available: int | None) -> Finding:
    """Bytes that programs can still have; None: the system does not tell."""
    if available is None:
        return Finding("memory", "note", "this system does not tell how much is free")
    said = f"{size(available)} free"
    if available < _WANT:
        return Finding("memory", "broken", f"{said}, less than a console takes", "end what takes most of it")
    if available < _SCARCE:
        return Finding("memory", "warning", f"{said}: large tables will be slow", "end what takes most of it")
    return Finding("memory", "fine", said)


def clock(now: float, written: float) -> Finding:
    """The wall clock, against the moment (`written`) at which this program was put on the disk."""
    if now < written - 86_400:
        return Finding(
            "clock", "broken", "the clock is behind the day on which this program was installed", "set it, or run NTP"
        )
    return Finding("clock", "fine", "not behind the files of this program")


def zones(name: str, found: bool, known: int) -> Finding:
    """Whether the site's time zone (empty: no site) is in the data of this machine, which has `known` zones."""
    if not known:
        return Finding("time zones", "broken", "there is no time zone data", "pip install tzdata")
    if not found:
        return Finding("time zones", "broken", f"no zone {name} here", "pip install -U tzdata, or mend `timezone:`")
    return Finding("time zones", "fine", f"{name or 'UTC'}, of {known} known" if name else f"{known} are known")


def inotify(limits: Inotify | None, folders: int, shared: bool = False) -> Finding:
    """Whether so many folders can be watched. `shared`: they lie on a network share, which is looked at in rounds."""
    if limits is None:
        return Finding("inotify", "note", "not on this system; folders are looked at in rounds")
    left = limits.watches - limits.watches_used
    of = f"{count(folders, 'folder')} to watch, " if folders else ""
    said = f"{of}{number(left)} of {number(limits.watches)} watches left"
    if limits.instances_used >= limits.instances:
        return Finding(
            "inotify",
            "warning",
            f"all {limits.instances} programs that may watch do so; folders are looked at in rounds, some seconds late",
            f"sudo sysctl fs.inotify.max_user_instances={4 * limits.instances}",
        )
    if folders > left and not shared:
        return Finding(
            "inotify",
            "warning",
            f"{said}; the rest is looked at in rounds, some seconds late",
            f"sudo sysctl fs.inotify.max_user_watches={max(2 * limits.watches, 2 * folders)}",
        )
    return Finding("inotify", "fine", said)
