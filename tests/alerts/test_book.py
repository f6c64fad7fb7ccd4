"""The alerts of a site: from evaluations and commands to transitions, through restarts and edits."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from opsconsole.alerts.alert import Open, alert_id
from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.deed import Deed, Target
from opsconsole.engine.messages import AlertState
from opsconsole.kpis.observation import Evaluation, Observation, Verdict, Worse
from opsconsole.site.model import Kpi, Priority, Rule, Site, Source

SITE = Site(
    name="Plant",
    sources={"cycles": Source(name="cycles", files=("*.csv",))},
    kpis={"scrap": Kpi(name="scrap", source="cycles", value="count(*)")},
    rules={
        "late": Rule(name="late", kpi="scrap", when="> 5", by=("line",), procedure="late.md"),
        "slow": Rule(name="slow", source="cycles", rows="true", hold=20.0, clear=20.0),
        "hush": Rule(name="hush", source="cycles", silent=60.0),
    },
)


def seen(
    rule: str, priority: Priority | None = "warning", value: float = 7.0, limit: float = 5.0, **labels: Any
) -> Observation:
    text = f"{rule} {value:g}" if priority else ""
    return Observation(rule=rule, labels=labels, priority=priority, value=value, limit=limit, text=text)


def said(at: float, *observations: Observation, **verdicts: Verdict) -> Evaluation:
    """An evaluation in which all rules were healthy, but for the verdicts given."""
    healthy = {name: Verdict(absent="stale" if rule.kpi else "normal") for name, rule in SITE.rules.items()}
    return Evaluation(at=at, observations=list(observations), verdicts=healthy | verdicts)


def states(book: AlertBook) -> dict[str, str]:
    return {alert.id: alert.state for alert in book.open()}


def test_ids_are_readable_and_never_the_same_for_different_labels() -> None:
    assert alert_id("late", {}) == "late"
    assert alert_id("late", {"station": "weld", "line": "3"}) == "late{line=3,station=weld}"
    assert alert_id("late", {"line": None}) == "late{line=null}"
    assert alert_id("late", {"line": "null"}) == 'late{line="null"}'
    assert alert_id("late", {"line": 'a,b="c"'}) == 'late{line="a,b=\\"c\\""}'


@given(
    st.dictionaries(st.text(max_size=3), st.none() | st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=3), st.none() | st.text(max_size=5), max_size=3),
)
def test_ids_tell_labels_apart(left: dict[str, str | None], right: dict[str, str | None]) -> None:
    assert (alert_id("r", left) == alert_id("r", right)) == (left == right)


def test_instances_live_their_own_lives() -> None:
    book = AlertBook(SITE)
    first = book.observe(said(10.0, seen("late", line="A"), seen("late", None, 3.0, line="B")))
    assert [(one.what, one.before, one.after, one.alert.id, one.annunciate) for one in first] == [
        ("raised", "NORM", "UNACK", "late{line=A}", True)
    ]
    assert first[0].why == "late 7"
    again = book.observe(said(20.0, seen("late", line="A", value=9.0), seen("late", line="B")))
    assert [one.alert.id for one in again] == ["late{line=B}"]
    (one,) = [alert for alert in book.open() if alert.id == "late{line=A}"]
    assert (one.value, one.worst, one.kpi, one.source, one.procedure) == (9.0, 9.0, "scrap", "cycles", "late.md")
    assert one.since == 10.0


def test_an_open_alert_has_the_fields_of_the_wire() -> None:
    assert Open.__struct_fields__ == AlertState.__struct_fields__
    book = AlertBook(SITE)
    book.observe(said(10.0, seen("late", line="A")))
    (one,) = book.open()
    assert msgspec.convert(msgspec.to_builtins(one), AlertState).id == "late{line=A}"


def test_a_member_that_vanished_is_missing_but_rows_that_vanished_are_normal() -> None:
    book = AlertBook(SITE)
    book.observe(said(0.0, seen("late", line="A"), seen("slow")))
    book.observe(said(20.0, seen("late", line="A"), seen("slow")))
    gone = book.observe(said(30.0))
    assert [(one.what, one.alert.id, one.after) for one in gone] == [("stale", "late{line=A}", "UNACK")]
    assert book.observe(said(40.0)) == []
    assert [(one.what, one.why) for one in book.observe(said(50.0))] == [("cleared", "back to normal")]
    assert {alert.id: (alert.state, alert.quality) for alert in book.open()} == {
        "late{line=A}": ("UNACK", "stale"),
        "slow": ("RTNUN", "good"),
    }
    back = book.observe(said(60.0, seen("late", None, 1.0, line="A")))
    assert [one.what for one in back] == ["cleared"]


@pytest.mark.parametrize("quality", ["error", "stale"])
def test_a_rule_that_cannot_say_freezes_its_alerts_and_only_its(quality: Any) -> None:
    book = AlertBook(SITE)
    book.observe(said(10.0, seen("late", line="A"), seen("hush", "critical")))
    found = book.observe(said(20.0, late=Verdict(quality=quality, reason="broken")))
    assert [(one.what, one.alert.id, one.why) for one in found] == [
        (quality, "late{line=A}", "broken"),
        ("cleared", "hush", "back to normal"),
    ]
    assert states(book) == {"hush": "RTNUN", "late{line=A}": "UNACK"}


def test_a_rule_without_a_verdict_was_not_evaluated() -> None:
    book = AlertBook(SITE)
    book.observe(said(10.0, seen("hush")))
    assert book.observe(Evaluation(at=20.0, observations=[], verdicts={})) == []
    assert states(book) == {"hush": "UNACK"}


def test_sorted_by_priority_state_and_age() -> None:
    book = AlertBook(SITE)
    for at, line, priority in (
        (1.0, "a", "warning"),
        (2.0, "b", "low"),
        (3.0, "c", "critical"),
        (4.0, "d", "warning"),
        (5.0, "e", "warning"),
    ):
        book.observe(Evaluation(at=at, observations=[seen("late", priority, line=line)], verdicts={}))  # type: ignore[arg-type]
    (middle,) = [alert for alert in book.open() if alert.id == "late{line=d}"]
    book.command(Deed("ack", "ana", 6.0, (Target(middle.id, middle.version),)))
    assert [alert.labels["line"] for alert in book.open()] == ["c", "e", "a", "d", "b"]


def test_commands_are_checked_one_by_one() -> None:
    book = AlertBook(SITE)
    book.observe(said(10.0, seen("late", line="A"), seen("late", line="B"), seen("hush")))
    book.observe(said(20.0, seen("late", "critical", line="A"), seen("late", line="B"), seen("hush")))
    targets = (Target("late{line=A}", 1), Target("late{line=B}", 1), Target("nope", 1))
    outcome = book.command(Deed("ack", "ana", 25.0, targets))
    assert [(one.what, one.alert.id, one.who, one.why) for one in outcome.transitions] == [
        ("acknowledged", "late{line=B}", "ana", "acknowledged by ana")
    ]
    assert outcome.refused == {
        "late{line=A}": "it has grown worse since you saw it, to critical",
        "nope": "there is no such alert",
    }
    assert book.command(Deed("ack", "bob", 26.0, (Target("late{line=B}", 2),))).already == {
        "late{line=B}": "ana has already acknowledged it"
    }
    undone = book.command(Deed("unack", "ana", 27.0, (Target("late{line=B}", 2),)))
    assert [one.after for one in undone.transitions] == ["UNACK"]
    with pytest.raises(ValueError, match="launder"):
        book.command(Deed("launder", "ana", 1.0))


def test_a_restart_brings_back_everything_and_announces_nothing_twice() -> None:
    book = AlertBook(SITE)
    journal: dict[str, Any] = {}
    transitions = book.observe(said(10.0, seen("late", line="A"), seen("hush"), seen("late", line="C")))
    transitions += book.command(Deed("ack", "ana", 15.0, (Target("late{line=A}", 1),))).transitions
    transitions += book.observe(
        said(20.0, seen("late", line="A"), seen("hush", None, 1.0), seen("late", None, 1.0, line="C"))
    )
    transitions += book.command(Deed("ack", "ana", 21.0, (Target("late{line=C}", 2),))).transitions
    for one in transitions:
        journal[one.alert.id] = msgspec.json.decode(msgspec.json.encode(one.alert))
    again = AlertBook(SITE)
    again.restore(journal.values())
    assert again.open() == book.open()
    assert states(again) == {"hush": "RTNUN", "late{line=A}": "ACK"}
    later = again.observe(said(30.0, seen("late", line="A"), seen("late", line="B"), seen("late", line="C")))
    assert [(one.what, one.alert.id, one.alert.facts.count) for one in later] == [
        ("raised", "late{line=B}", 1),
        ("raised", "late{line=C}", 2),
    ]


def test_damaged_records_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        AlertBook(SITE).restore([{"id": "x", "rule": "late", "facts": {"level": "high"}}])


def test_alerts_of_rules_that_are_gone_or_changed_are_closed() -> None:
    book = AlertBook(SITE)
    error = Observation(rule="error:slow", priority="warning", text="cannot")
    book.observe(said(10.0, seen("late", line="A"), seen("hush"), error))
    rules = {name: rule for name, rule in SITE.rules.items() if name != "slow"}
    rules["late"] = replace(rules["late"], by=("line", "station"))
    closed = book.replace(replace(SITE, rules=rules), 20.0)
    assert {(one.what, one.alert.id, one.why, one.after, one.annunciate) for one in closed} == {
        ("closed", "late{line=A}", "rule changed: other labels", "NORM", False),
        ("closed", "error:slow", "rule removed", "NORM", False),
    }
    assert states(book) == {"hush": "UNACK"}


def test_an_edited_rule_goes_on_with_its_alerts() -> None:
    book = AlertBook(SITE)
    book.observe(said(10.0, seen("late", line="A")))
    edited = replace(SITE, rules=SITE.rules | {"late": replace(SITE.rules["late"], when="> 8", clear=60.0)})
    assert book.replace(edited, 20.0) == []
    assert book.observe(said(30.0, seen("late", None, line="A"))) == []
    assert [one.what for one in book.observe(said(90.0, seen("late", None, line="A")))] == ["cleared"]
    assert book.longest_delay == 60.0


def test_what_never_rose_is_not_kept() -> None:
    book = AlertBook(SITE)
    book.observe(said(10.0, seen("slow")))
    assert (len(book), book.open()) == (1, [])
    book.observe(said(20.0))
    assert len(book) == 0


@pytest.mark.parametrize(
    ("worse", "values", "worst"),
    [
        (Worse("down"), ((60.0, 70.0), (52.0, 70.0), (65.0, 70.0)), 52.0),
        (Worse("up"), ((6.0, 5.0), (15.5, 15.0)), 15.5),  # beyond the next limit by less than before
        (Worse("away", 30.0), ((28.4, 1.5), (10.0, 1.5), (33.0, 1.5)), 10.0),  # limits are distances
        (Worse("away", 30.0), ((28.4, 1.5), (10.0, 1.5), (51.0, 1.5)), 51.0),
    ],
)
def test_the_worst_is_by_the_direction_in_which_it_gets_worse(
    worse: Worse, values: tuple[tuple[float, float], ...], worst: float
) -> None:
    book = AlertBook(SITE)
    for at, (value, limit) in enumerate(values):
        book.observe(said(at + 1.0, replace(seen("late", value=value, limit=limit, line="A"), worse=worse)))
    (one,) = book.open()
    assert (one.value, one.worst) == (values[-1][0], worst)


def test_the_source_of_an_alert_on_a_kpi_over_others_is_the_first_of_theirs() -> None:
    kpis = {**SITE.kpis, "share": Kpi(name="share", value="scrap / 2")}
    site = replace(SITE, kpis=kpis, rules={"low": Rule(name="low", kpi="share", when="< 9")})
    book = AlertBook(site)
    book.observe(Evaluation(at=1.0, observations=[seen("low")], verdicts={"low": Verdict()}))
    assert [alert.source for alert in book.open()] == ["cycles"]
