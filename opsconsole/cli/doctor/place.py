"""Checks of a site's place: state folder, disk, socket, engine, and who may read what."""

from __future__ import annotations

import stat

from msgspec import Struct

from opsconsole.cli.doctor.finding import Finding
from opsconsole.site.figures import size

_LEAST = 100 * 10**6
_SCARCE = 500 * 10**6


class Disk(Struct, frozen=True):
    """The volume that the state lies on, and the bytes of its tables."""

    kind: str
    mount: str
    free: int
    tables: int
    remote: bool = False


class Answer(Struct, frozen=True):
    """What came of a call to the engine: its version and pid, or why there is none. `held`: somebody has the lock."""

    version: str = ""
    pid: int = 0
    user: str = ""
    role: str = ""
    trouble: str = ""
    held: bool = False


def folder(path: str, trouble: str) -> Finding:
    """Whether the state folder can be written; `trouble` is why not."""
    if trouble:
        return Finding("state", "broken", trouble)
    return Finding("state", "fine", f"{path} can be written")


def disk(found: Disk | None) -> list[Finding]:
    """Whether there is room for the tables, and a file system that can hold them."""
    if found is None:
        return [Finding("disk", "note", "nothing is known of the disk")]
    out: list[Finding] = []
    where = f"{found.kind or 'disk'} at {found.mount or '?'}"
    if found.remote:
        out.append(
            Finding(
                "disk",
                "warning",
                f"the state lies on a network share ({where}): locks and speed suffer",
                "name a local folder with `state:` in site.yaml, or XDG_STATE_HOME",
            )
        )
    said = f"{size(found.free)} free, the tables take {size(found.tables)} ({where})"
    if found.free < _LEAST:
        out.append(Finding("room", "broken", said, "free some, or name another place with `state:` in site.yaml"))
    elif found.free < max(_SCARCE, found.tables // 4):
        out.append(Finding("room", "warning", said, "free some; `keep:` of a source lets old rows leave"))
    else:
        out.append(Finding("room", "fine", said))
    return out


def socket(path: str, length: int, short: bool, listening: bool, engine: Answer) -> Finding:
    """Its path, and whether somebody listens there. `short`: it lies apart, for the state folder's path is long."""
    where = f"{path} ({length} bytes{', apart from the state folder, whose path is too long' if short else ''})"
    if not listening and engine.held:
        return Finding(
            "socket",
            "broken",
            f"an engine holds the lock, but nobody listens at {where}",
            f"end it (kill {engine.pid})" if engine.pid else "end it",
        )
    return Finding("socket", "fine" if listening else "note", where if listening else f"{where}: nobody listens now")


def engine(found: Answer, own: str) -> Finding:
    """Whether one runs, and of which version."""
    if found.version and found.version != own:
        return Finding(
            "engine",
            "warning",
            f"the running one is {found.version}, this is {own}",
            "`opsconsole stop SITE`, or :restart-engine in a console",
        )
    if found.version:
        return Finding("engine", "fine", f"{found.version} runs, pid {found.pid}; you are {found.user} ({found.role})")
    if found.held:
        return Finding("engine", "broken", found.trouble, "`opsconsole logs SITE` says more; end it and try again")
    if found.trouble:
        return Finding("engine", "warning", found.trouble)
    return Finding("engine", "note", "none runs: rules run only while someone looks", "`opsconsole engine SITE`")


def permissions(modes: dict[str, int], state: str) -> Finding:
    """Who may write the site file, and look into the `state` folder: `modes` by path."""
    for path, mode in modes.items():
        if mode & stat.S_IWOTH:
            return Finding("permissions", "warning", f"anybody may write {path}", f"chmod o-w {path}")
    if modes.get(state, 0) & (stat.S_IROTH | stat.S_IXOTH):
        return Finding("permissions", "warning", f"anybody may look into {state}", f"chmod o-rx {state}")
    return Finding("permissions", "fine", "nobody else may write the site file or look into the state")
