"""The section `flows` and rules on flows."""

from __future__ import annotations

import pytest

from opsconsole.site.model import Flow, Site
from opsconsole.site.parse import Loaded, parse_site
from opsconsole.site.rule_keys import chance

SITE = """\
sources: {events: {files: "*.csv", time: ts}}
"""
EVENTS = "flows: {f: {source: events, case: id, activity: step, time: ts, done: closed, sla: 5d}}\n"
RULE = "rules: {r: {flow: f, late: probability > 0.8}}"


def parsed(more: str) -> Loaded:
    return parse_site((SITE + more).encode(), lambda _folder: {})


def site(more: str) -> Site:
    loaded = parsed(more)
    assert loaded.site is not None, [str(problem) for problem in loaded.problems]
    return loaded.site


def test_a_flow_of_events() -> None:
    assert site(EVENTS).flows == {
        "f": Flow("f", "events", case="id", activity="step", time="ts", done=("closed",), sla=5 * 86400.0)
    }


def test_stages_keep_their_order() -> None:
    found = site("flows: {f: {source: events, case: id, stages: {in: t0, seen: t2, out: t1}}}").flows["f"]
    assert list(found.stages.items()) == [("in", "t0"), ("seen", "t2"), ("out", "t1")]


def test_a_rule_on_a_flow_has_an_alert_for_each_case() -> None:
    rule = site(EVENTS + "rules: {r: {flow: f, late: probability > 0.8}}").rules["r"]
    assert (rule.flow, rule.late, rule.by) == ("f", "probability > 0.8", ("id",))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("probability > 0.8", 0.8), ("probability>80%", 0.8), ("probability > .5", 0.5), ("probability > 8", None)],
)
def test_chances(text: str, wanted: float | None) -> None:
    assert chance(text) == wanted


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("flows: {f: {source: other, case: id, activity: a, time: ts}}", "2:21 unknown source `other`"),
        ("flows: {f: {source: events, activity: a, time: ts}}", "2:12 `f`: a flow needs `case`, or `station`"),
        ("flows: {f: {source: events, case: id, time: ts}}", "needs `activity`, or `stages`"),
        ("flows: {f: {source: events, case: id, activity: a}}", "needs `time`, or `start` and `end`"),
        ("flows: {f: {source: events, case: id, activity: a, time: ts, end: e}}", "2:52 `time`: a row is an event"),
        ("flows: {f: {source: events, case: id, activity: a, start: s}}", "needs `time`, or `start` and `end`"),
        (
            "flows: {f: {source: events, case: id, activity: a, start: s, end: e, lifecycle: l}}",
            "2:70 `lifecycle`: goes with `time`",
        ),
        ("flows: {f: {source: events, case: id, stages: {a: t}}}", "2:47 `stages`: at least two"),
        (
            "flows: {f: {source: events, case: id, stages: {a: t, b: u}, done: b}}",
            "2:61 `done`: has no meaning with `stages`",
        ),
        ("flows: {f: {source: events, station: s}}", "a flow of stations needs `start`"),
        (
            "flows: {f: {source: events, station: s, start: a, end: b, sla: 2h}}",
            "2:59 `sla`: is of cases, and this flow is of stations",
        ),
        (
            "flows: {f: {source: events, case: id, activity: a, time: ts, within: 2h}}",
            "2:62 `within`: is of stations, and this flow is of cases",
        ),
        (
            "flows: {f: {source: events, case: id, activity: a, time: ts, done: x, closed: c}}",
            "`done`: a flow has this or `closed`, not both",
        ),
        (EVENTS + "rules: {r: {flow: g, late: probability > 0.8}}", "3:19 unknown flow `g`"),
        (EVENTS + "rules: {r: {flow: f}}", "needs `late`, `wip` or `bottleneck`, such as: late: probability > 0.8"),
        (EVENTS + "rules: {r: {flow: f, late: soon}}", "write probability > 0.8 or probability > 80 %"),
        (EVENTS + "rules: {r: {flow: f, late: probability > 0.8, by: x}}", "`by`: a rule on a flow has one alert"),
        (EVENTS + "rules: {r: {source: events, rows: a > 1, late: probability > 0.8}}", "only with `flow`"),
        (
            "flows: {f: {source: events, case: id, activity: a, time: ts}}\n" + RULE,
            "3:19 `flow`: `f` has no `sla` and no `due`",
        ),
        (
            "flows: {f: {source: events, station: s, start: a, end: b}}\n" + RULE,
            "3:19 `flow`: `f` is of stations, which are never late",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_at_its_place(more: str, expected: str) -> None:
    loaded = parsed(more)
    assert loaded.site is None
    told = [str(problem) for problem in loaded.problems]
    assert any(expected in each for each in told), told
