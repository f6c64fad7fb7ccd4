"""Roles and the longest shelves: read, defaults, and mistakes at their place."""

from __future__ import annotations

import pytest

from opsconsole.site.model import Longest, Shelving
from opsconsole.site.parse import parse_site

SITE = "sources:\n  t: {files: '*.csv'}\n"


def messages(text: str) -> list[str]:
    return [str(problem) for problem in parse_site((SITE + text).encode(), lambda _folder: {}).problems]


def test_users_and_groups_by_role() -> None:
    site = parse_site((SITE + 'roles: {supervisor: [ana, "@leads"], operator: "@shift"}\n').encode(), lambda _: {}).site
    assert site is not None
    assert site.roles == {"supervisor": ("ana", "@leads"), "operator": ("@shift",)}


def test_without_roles_and_limits_the_usual_ones_hold() -> None:
    site = parse_site(SITE.encode(), lambda _: {}).site
    assert site is not None
    assert site.roles is None
    assert site.shelving.operator == Longest(critical=1800, warning=28_800, low=86_400)
    assert site.shelving.supervisor == Longest(critical=604_800, warning=604_800, low=604_800)


def test_a_limit_that_is_given_changes_no_other() -> None:
    site = parse_site((SITE + "shelving: {operator: {critical: 10m}}\n").encode(), lambda _: {}).site
    assert site is not None
    assert site.shelving == Shelving(operator=Longest(600.0, 28_800.0, 86_400.0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("roles: {supervisors: [ana]}\n", "`supervisors`: unknown key, did you mean `supervisor`?"),
        ("roles: {supervisor: [ana, bob smith]}\n", "write the name of a user, or @ and the name of a group"),
        ("roles: {supervisor: [ana, ana]}\n", "`ana` is in the list twice"),
        ("roles: {operator: [ana]}\n", "3:1 warning: `roles`: nobody is a `supervisor`"),
        ("roles:\n", "3:1 warning: `roles`: nobody is a `supervisor`"),
        ("shelving: {operator: {critical: 30}}\n", "write 30s, 30m or 30h"),
    ],
)
def test_mistakes_are_told_at_their_place(text: str, expected: str) -> None:
    assert any(expected in message for message in messages(text)), messages(text)
