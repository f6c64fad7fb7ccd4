"""Who is told of alerts, as a site file says it: models, mistakes with their places, and no URL in any message."""

from __future__ import annotations

import datetime as dt

import pytest

from opsconsole.site.notifying import Address, Escalation, Quiet, Route
from tests.site.examples import FULL, messages, parse

HEAD = "sources: {cycles: {files: a.csv, dimensions: [line]}}\n"
SECRET = "hunter2hunter2"


def site(text: str) -> list[str]:
    return messages(parse(HEAD + text))


def test_the_words_become_plain_values() -> None:
    found = parse(FULL).site
    assert found is not None
    assert found.notify is not None
    assert found.notify.targets["oncall"] == Address(url="${env:ONCALL_URL}")
    first, second = found.notify.routes
    assert first == Route(
        to=("oncall",),
        priority=("critical", "warning"),
        group_by=("incident", "line"),
        group_wait=60.0,
        interval=600.0,
        repeat=3600.0,
    )
    assert second.areas == ("press_shop",)
    assert second.during == ("Early", "working")
    assert second.quiet == Quiet(dt.time(22), dt.time(6))
    assert found.notify.heartbeat is not None
    assert found.notify.heartbeat.every == 120.0
    assert found.escalation == (
        Escalation(900.0, ("leads",), ("critical",)),
        Escalation(1800.0, ("leads", "oncall"), areas=("press_shop",)),
    )


def test_what_is_not_said_is_as_alertmanager_has_it() -> None:
    found = parse(HEAD + "notify: {targets: {a: 'json://h/'}, routes: [{to: a}]}").site
    assert found is not None
    assert found.notify is not None
    [route] = found.notify.routes
    assert (route.group_wait, route.interval, route.repeat, route.resolved) == (30.0, 300.0, 14_400.0, True)
    assert (route.group_by, route.priority, route.quiet) == (("incident",), (), None)
    assert found.notify.heartbeat is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("notify: {targets: {a: {}}}", "2:20 `a`: needs `url` or `url_file`"),
        (
            "notify: {targets: {a: {url: 'json://h/', url_file: f}}}",
            "2:42 `url_file`: there is a `url` already; leave one of them out",
        ),
        ("notify: {targets: {a: nonsense}}", "2:23 `a`: expected a URL such as mailto://user@host"),
        ("notify: {targets: {a: 'x://${NAME}/'}}", "2:23 `a`: expected a URL"),
        ("notify: {heartbeat: 'mailto://h'}", "2:21 `heartbeat`: expected a URL such as https://host/path"),
        ("notify: {routes: [{to: [leads]}]}", "2:25 `to`: unknown target `leads`; `notify: targets:` names none"),
        (
            "notify: {targets: {leads: 'json://h/'}, routes: [{to: leeds}]}",
            "2:55 `to`: unknown target `leeds`, did you mean `leads`?",
        ),
        ("notify: {routes: [{priority: low}]}", "2:19 `routes`: missing key `to`"),
        (
            "notify: {targets: {a: 'json://h/'}, routes: [{to: a, quiet: nights}]}",
            '2:61 `quiet`: expected hours such as "22:00-06:00", found `nights`',
        ),
        (
            "notify: {targets: {a: 'json://h/'}, routes: [{to: a, quiet: '06:00-06:00'}]}",
            "2:61 `quiet`: expected hours",
        ),
        (
            "notify: {targets: {a: 'json://h/'}, routes: [{to: a, during: Nigth}]}\n"
            "calendar: {shifts: [{name: Night, start: '22:00', end: '06:00'}]}",
            "2:62 `during`: unknown shift `Nigth`, did you mean `Night`?",
        ),
        (
            "notify: {targets: {a: 'json://h/'}, routes: [{to: a, areas: weld}]}",
            "2:61 `areas`: unknown area `weld`; there are no areas",
        ),
        (
            "areas: {weld: {title: Weld}}\nescalation: {after: 15m, areas: [welt]}",
            "3:34 `areas`: unknown area `welt`, did you mean `weld`?",
        ),
        (
            "notify: {targets: {a: 'json://h/'}, routes: [{to: a, group_by: station}]}",
            "2:64 `group_by`: no rule has the label `station`; there are `incident`, `rule`, `area`",
        ),
        ("escalation: [{to: []}]", "2:14 `escalation`: missing key `after`"),
        ("escalation: {after: 15m, to: boss}", "2:30 `to`: unknown target `boss`; `notify: targets:` names none"),
        ("notify: {targets: {a: 'json://h/'}}", "2:20 warning: `a`: no route and no step of `escalation` sends"),
    ],
)
def test_a_mistake_is_reported_at_its_place(text: str, expected: str) -> None:
    assert any(expected in message for message in site(text)), "\n".join(site(text))


@pytest.mark.parametrize(
    "url",
    [
        f"discord://1234/{SECRET}",
        f"mailtos://ana:{SECRET}@mail.example",
        f"json://ana:{SECRET}@board.example/",
        f"tgram://{SECRET}/7",
    ],
)
def test_a_secret_in_the_open_is_pointed_out_and_not_repeated(url: str) -> None:
    found = site(f"notify: {{targets: {{a: '{url}'}}, routes: [{{to: a}}]}}")
    assert [
        message for message in found if "2:23 warning: `url`: a secret should not stand in the site file" in message
    ]
    assert SECRET not in "".join(found)


@pytest.mark.parametrize(
    "url", [SECRET, f"json://h/ {SECRET}", f"x://${{{SECRET}}}", f"{{{SECRET}: 1}}", f"[{SECRET}]"]
)
def test_a_url_that_is_none_is_not_repeated_either(url: str) -> None:
    found = site(f"notify: {{targets: {{a: {{url: '{url}'}}}}}}")
    assert any("`url`: expected a URL" in message for message in found)
    assert SECRET not in "".join(found)


@pytest.mark.parametrize("url", ["json://board.example/alerts", "mailto://mail.example", "'${env:ONCALL_URL}'"])
def test_what_shows_no_secret_is_fine(url: str) -> None:
    assert site(f"notify: {{targets: {{a: {url}}}, routes: [{{to: a}}]}}") == []
