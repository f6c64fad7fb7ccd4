"""What rules say of the load of a flow, and where each mistake is."""

from __future__ import annotations

import pytest

from opsconsole.site.flow_rules import FlowRuleError, Stuck, Wip, parse_bottleneck, parse_wip
from opsconsole.site.model import Rule
from opsconsole.site.parse import Loaded, parse_site

SITE = """\
sources: {events: {files: "*.csv", time: ts}}
flows:
  f: {source: events, case: id, activity: step, time: ts}
  s: {source: events, case: id, stages: {in: t0, out: t1}}
  l: {source: events, station: st, start: a, end: b, by: line, within: 2h}
rules:
"""


def parsed(rule: str) -> Loaded:
    return parse_site(f"{SITE}  r: {rule}\n".encode(), lambda _folder: {})


def rule(text: str) -> Rule:
    loaded = parsed(text)
    assert loaded.site is not None, [str(problem) for problem in loaded.problems]
    return loaded.site.rules["r"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("cases > 40", Wip(40.0)),
        ("cases>4.5", Wip(4.5)),
        ("cases > P95", Wip(share=0.95)),
        ("cases > p8", Wip(share=0.08)),
    ],
)
def test_work_in_progress(text: str, wanted: Wip) -> None:
    assert parse_wip(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("share > 50 %", Stuck("share", 0.5)),
        ("share > .4", Stuck("share", 0.4)),
        ("sole > 61%", Stuck("sole", 0.61)),
        ("sole > 1h 30m", Stuck("sole", seconds=5400.0)),
    ],
)
def test_bottlenecks(text: str, wanted: Stuck) -> None:
    found = parse_bottleneck(text)
    assert (found.of, found.seconds) == (wanted.of, wanted.seconds)
    assert found.share == pytest.approx(wanted.share)


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("", 0, "expected `share` or `sole` here"),
        ("alone > 30m", 0, "expected `share` or `sole` here"),
        ("share 50 %", 6, "expected `>` here"),
        ("sole >", 5, "expected a duration or a share here"),
        ("sole > soon", 7, "expected a duration or a share here"),
        ("sole > 0m", 7, "expected more than 0s"),
        ("share > 30m", 8, "expected a share here"),
        ("share > 50", 8, "a share lies between 0 and 1"),
        ("sole > 100 %", 7, "a share lies between 0 and 1"),
    ],
)
def test_what_is_wrong_with_a_bottleneck(text: str, at: int, said: str) -> None:
    with pytest.raises(FlowRuleError, match=said) as caught:
        parse_bottleneck(text)
    assert caught.value.at == at


def test_each_has_labels_of_its_own() -> None:
    assert rule("{flow: f, wip: cases > 40}").by == ()
    assert rule("{flow: f, bottleneck: share > 50 %, at_least: 5}").by == ("step",)
    assert rule("{flow: s, bottleneck: share > 50 %}").by == ("stage",)
    assert rule("{flow: l, bottleneck: sole > 30m}").by == ("line", "st")
    assert rule("{flow: l, bottleneck: sole > 30m, title: '{st} of {line} since {value}'}").title


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{flow: f}", "site.yaml:7:6 `r`: a rule on a flow needs `late`, `wip` or `bottleneck`"),
        (
            "{flow: f, wip: cases > 4, bottleneck: share > 50 %}",
            "7:32 `bottleneck`: a rule has this or `wip`, not both",
        ),
        (
            "{flow: f, wip: cases > many}",
            "7:29 `wip`: expected a number or P95 here, as in `cases > 40 or cases > P95`",
        ),
        ("{flow: f, wip: > 4}", "7:"),
        ("{flow: f, wip: cases > P0}", "7:29 `wip`: a percentile lies between P1 and P99"),
        ("{flow: f, wip: orders > 4}", "7:21 `wip`: expected `cases` here"),
        ("{flow: l, wip: cases > 4}", "7:13 `flow`: `l` is of stations, which have no cases"),
        ("{flow: f, wip: cases > 4, by: step}", "7:32 `by`: a rule on a flow has one alert"),
        (
            "{flow: f, wip: cases > 4, at_least: 2}",
            "7:32 `at_least`: on a flow it goes with `bottleneck: share > …` alone",
        ),
        ("{flow: f, bottleneck: sole > 30m}", "7:28 `bottleneck`: `f` is of cases, write `share > 50 %`"),
        (
            "{flow: l, bottleneck: share > 50 %}",
            "7:28 `bottleneck`: `l` is of stations, write `sole > 30m or sole > 50 %`",
        ),
        ("{flow: l, bottleneck: sole > 3h}", "7:35 `bottleneck`: `l` looks back 2h only; write a shorter time"),
        ("{flow: l, bottleneck: sole > 30}", "7:35 `bottleneck`: a share lies between 0 and 1"),
        ("{flow: g, bottleneck: share > 50 %}", "7:13 unknown flow `g`"),
        ("{source: events, rows: a > 1, wip: cases > 4}", "7:36 `wip`: has a meaning only with `flow`"),
    ],
)
def test_a_mistake_is_reported_at_its_place(text: str, expected: str) -> None:
    loaded = parsed(text)
    assert loaded.site is None
    told = [str(problem) for problem in loaded.problems]
    assert any(expected in each for each in told), told
