"""Who may do what: by the users and groups of this system, never by what a client says."""

from __future__ import annotations

import grp
import os
import pwd

import pytest
from msgspec.structs import replace

from opsconsole.engine.commands import COMMANDS, Role
from opsconsole.engine.identity import Peer
from opsconsole.engine.roles import Groups, refusal, role_of, too_long
from opsconsole.site.model import Priority, Site

ME = pwd.getpwuid(os.getuid()).pw_name
GROUP = grp.getgrgid(os.getgid()).gr_name
ANA = Peer(pid=1, uid=1, gid=1, user="ana")
PEER = Peer(pid=1, uid=os.getuid(), gid=os.getgid(), user=ME)


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (None, "supervisor"),
        ({}, "viewer"),
        ({"supervisor": ("nobody else",)}, "viewer"),
        ({"operator": (ME,)}, "operator"),
        ({"operator": (f"@{GROUP}",)}, "operator"),
        ({"operator": (f"@{ME}x", GROUP + "x")}, "viewer"),
        ({"operator": (ME,), "supervisor": (f"@{GROUP}",), "viewer": (ME,)}, "supervisor"),
    ],
)
def test_the_highest_role_of_user_and_groups_holds(roles: dict[str, tuple[str, ...]] | None, expected: Role) -> None:
    assert role_of(Site("s", roles=roles), PEER, Groups()) == expected


def test_a_user_that_the_system_does_not_know_has_no_role_by_name() -> None:
    stranger = Peer(pid=1, uid=987_654, gid=987_654, user="uid 987654")
    assert role_of(Site("s", roles={"supervisor": ("root", "@root")}), stranger, Groups()) == "viewer"


def test_who_asks_to_look_only_is_a_viewer_whoever_it_is() -> None:
    looking = replace(PEER, read_only=True)
    assert role_of(Site("s"), looking, Groups()) == "viewer"
    assert role_of(Site("s", roles={"supervisor": (ME,)}), looking, Groups()) == "viewer"
    assert refusal("ack", "viewer", looking) == "this console is read-only, and it takes an operator to acknowledge"


@pytest.mark.parametrize("name", COMMANDS)
def test_who_may_not_is_told_who_may(name: str) -> None:
    assert refusal(name, "supervisor", ANA) == ""
    title = COMMANDS[name].title
    assert refusal(name, "viewer", ANA).endswith(f" to {title}")
    assert refusal(name, "viewer", ANA).startswith("ana is a viewer here, and it takes a")
    assert bool(refusal(name, "operator", ANA)) == (COMMANDS[name].role == "supervisor")


def test_there_is_no_such_command() -> None:
    assert refusal("format-disk", "supervisor", ANA) == "there is no such command"


@pytest.mark.parametrize(
    ("role", "priority", "hours", "refused"),
    [
        ("operator", "critical", 0.5, False),
        ("operator", "critical", 0.51, True),
        ("operator", "warning", 8, False),
        ("operator", "low", 25, True),
        ("supervisor", "critical", 168, False),
        ("supervisor", "low", 169, True),
    ],
)
def test_shelves_have_a_longest_time(role: Role, priority: Priority, hours: float, refused: bool) -> None:
    assert bool(too_long(Site("s"), role, priority, hours * 3600)) == refused
