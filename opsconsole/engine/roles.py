"""Who may do what: the role of a peer, by its user and groups on this system, and what a role may not."""

from __future__ import annotations

import grp
import os
import pwd
import time

from opsconsole.engine.commands import COMMANDS, ROLES, Role
from opsconsole.engine.identity import Peer
from opsconsole.site.duration import format_duration
from opsconsole.site.model import Longest, Priority, Site

_KNOWN_FOR = 30.0


class Groups:
    """The names of a user's groups, as the system's user database has them, asked anew twice a minute."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[float, frozenset[str]]] = {}

    def of(self, uid: int, gid: int) -> frozenset[str]:
        """The groups of a user. Never raises: a user or a group that the system does not know has no name."""
        asked, names = self._known.get(uid, (0.0, frozenset()))
        if not asked or time.monotonic() - asked > _KNOWN_FOR:
            names = _groups(uid, gid)
            self._known[uid] = (time.monotonic(), names)
        return names


def _groups(uid: int, gid: int) -> frozenset[str]:
    try:
        numbers = set(os.getgrouplist(pwd.getpwuid(uid).pw_name, gid))
    except (KeyError, OSError):
        numbers = {gid}
    names = set()
    for number in numbers:
        try:
            names.add(grp.getgrgid(number).gr_name)
        except (KeyError, OSError):
            continue
    return frozenset(names)


def role_of(site: Site, peer: Peer, groups: Groups) -> Role:
    """The highest role that the site gives a peer; a supervisor where it names no roles, a viewer who asked for it."""
    if peer.read_only:
        return "viewer"
    if site.roles is None:
        return "supervisor"
    names = {peer.user, *(f"@{name}" for name in groups.of(peer.uid, peer.gid))}
    for role in reversed(ROLES):
        if names.intersection(site.roles.get(role, ())):
            return role
    return "viewer"


def refusal(name: str, role: Role, peer: Peer) -> str:
    """Why a role may not give a command, in one sentence; else nothing."""
    spec = COMMANDS.get(name)
    if spec is None:
        return "there is no such command"
    if ROLES.index(role) >= ROLES.index(spec.role):
        return ""
    if peer.read_only:
        return f"this console is read-only, and it takes {_a(spec.role)} to {spec.title}"
    return f"{peer.user} is {_a(role)} here, and it takes {_a(spec.role)} to {spec.title}"


def longest_shelf(site: Site, role: Role, priority: Priority) -> float:
    """Seconds for which a role may shelve an alert of a priority."""
    limits: Longest = site.shelving.supervisor if role == "supervisor" else site.shelving.operator
    return {"critical": limits.critical, "warning": limits.warning, "low": limits.low}[priority]


def too_long(site: Site, role: Role, priority: Priority, seconds: float) -> str:
    """Why a shelf of so many seconds is refused; else nothing."""
    longest = longest_shelf(site, role, priority)
    if seconds <= longest:
        return ""
    kind = f"{'an' if role == 'operator' else 'a'} {role} may shelve a {priority} alert"
    return f"{kind} for {format_duration(longest)} at most"


def _a(role: Role) -> str:
    return f"an {role}" if role == "operator" else f"a {role}"
