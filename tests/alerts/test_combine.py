"""Combinations of rules in the book: which alerts they follow, by which labels, and what is not known."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.deed import Deed, Target
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Priority, Rule, Site

GOOD, MISSING, STALE, ERROR = Verdict(), Verdict(absent="stale"), Verdict("stale"), Verdict("error")
Said = dict[str, dict[tuple[str, ...], Priority | str | None]]


def rule(name: str, by: tuple[str, ...] = (), **more: object) -> Rule:
    return Rule(name, by=by, **more)  # type: ignore[arg-type]  # fields of the struct


def book_of(*rules: Rule) -> AlertBook:
    return AlertBook(Site("s", rules={each.name: each for each in rules}))


def see(book: AlertBook, at: float, said: Said, verdicts: dict[str, Verdict], combined: tuple[str, ...]) -> list[str]:
    """An evaluation that says this of members ("?": no value); the transitions as text."""
    site = book._site
    observations = [
        Observation(
            name,
            dict(zip(site.rules[name].by, members, strict=True)),
            priority=None if level == "?" else level,  # type: ignore[arg-type]  # a priority
            quality="stale" if level == "?" else "good",
        )
        for name, levels in said.items()
        for members, level in levels.items()
    ]
    asked = dict.fromkeys(combined, Verdict(combine=True))
    found = book.observe(Evaluation(at, observations, {**asked, **verdicts}))
    return [f"{each.alert.id} {each.what}" for each in found]


A, B, C = rule("a"), rule("b"), rule("c")


def test_it_is_raised_and_cleared_with_the_alerts_of_its_rules() -> None:
    book = book_of(A, B, rule("both", combine="a and not b", priority="critical", title="{value} of two"))
    assert see(book, 0, {"a": {(): "low"}}, {"a": GOOD, "b": GOOD}, ("both",)) == ["a raised", "both raised"]
    (alert,) = [each for each in book.open() if each.rule == "both"]
    assert (alert.priority, alert.text) == ("critical", "1 of two")
    assert see(book, 1, {"a": {(): "low"}, "b": {(): "low"}}, {"a": GOOD, "b": GOOD}, ("both",)) == [
        "b raised", "both cleared"
    ]  # fmt: skip
    # not asked for: its own grid has no point now
    assert see(book, 2, {"a": {(): "low"}}, {"a": GOOD, "b": GOOD}, ()) == ["b cleared"]
    assert see(book, 3, {}, {}, ("both",)) == ["both raised"]


def test_the_delays_of_its_rules_and_its_own_count() -> None:
    book = book_of(rule("a", hold=60, clear=60), rule("r", combine="a", hold=30))
    raised: Said = {"a": {(): "low"}}
    assert see(book, 0, raised, {"a": GOOD}, ("r",)) == []
    assert see(book, 60, raised, {"a": GOOD}, ("r",)) == ["a raised"]
    assert see(book, 90, raised, {"a": GOOD}, ("r",)) == ["r raised"]
    assert see(book, 100, {}, {"a": GOOD}, ("r",)) == []
    assert see(book, 160, {}, {"a": GOOD}, ("r",)) == ["a cleared", "r cleared"]


def test_people_who_put_an_alert_aside_change_nothing_for_it() -> None:
    book = book_of(A, rule("r", combine="a"))
    see(book, 0, {"a": {(): "low"}}, {"a": GOOD}, ("r",))
    version = next(each.version for each in book.open() if each.rule == "a")
    done = book.command(Deed("shelve", "ana", 1.0, (Target("a", version),), "known", 9.0))
    assert not done.refused
    assert see(book, 2, {"a": {(): "low"}}, {"a": GOOD}, ("r",)) == []


@pytest.mark.parametrize("verdict", [STALE, ERROR])
def test_what_is_not_known_freezes_it_and_never_clears_it(verdict: Verdict) -> None:
    book = book_of(A, B, rule("r", combine="a and not b"))
    raised: Said = {"a": {(): "low"}}
    assert see(book, 0, raised, {"a": GOOD, "b": verdict}, ("r",)) == ["a raised"]
    assert see(book, 1, raised, {"a": GOOD, "b": GOOD}, ("r",)) == ["r raised"]
    assert "r stale" in see(book, 2, raised, {"a": GOOD, "b": verdict}, ("r",))
    assert next(each.state for each in book.open() if each.rule == "r") == "UNACK"
    assert "r good" in see(book, 3, raised, {"a": GOOD, "b": GOOD}, ("r",))
    # where the unknown decides nothing, it is known: without a it cannot hold
    assert "r cleared" in see(book, 4, {}, {"a": GOOD, "b": verdict}, ("r",))


def test_a_rule_that_was_not_evaluated_yet_is_not_known() -> None:
    book = book_of(A, B, rule("r", combine="a and not b"))
    assert see(book, 0, {"a": {(): "low"}}, {"a": GOOD}, ("r",)) == ["a raised"]
    assert see(book, 1, {}, {"b": GOOD}, ("r",)) == ["r raised"]


def test_its_instances_have_equal_labels() -> None:
    line, station = ("line",), ("line", "station")
    book = book_of(rule("a", line), rule("b", station), C, rule("r", line, combine="a and b and not c"))
    said: Said = {"a": {("1",): "low", ("2",): "low"}, "b": {("1", "x"): None, ("1", "y"): "low", ("3", "x"): "low"}}
    healthy = {"a": GOOD, "b": GOOD, "c": GOOD}
    found = see(book, 0, said, healthy, ("r",))
    # any station of the line will do, and what has no label counts for all
    assert [each for each in found if each.startswith("r")] == ["r{line=1} raised"]
    assert "r{line=1} cleared" in see(book, 1, said | {"c": {(): "low"}}, healthy, ("r",))


def test_members_without_a_value_are_not_known() -> None:
    by = ("line",)
    book = book_of(rule("a", by), rule("b", by), rule("r", by, combine="a and not b"))
    said: Said = {"a": dict.fromkeys([("1",), ("2",), ("3",)], "low"), "b": {("1",): None, ("2",): "?"}}
    found = see(book, 0, said, {"a": GOOD, "b": MISSING}, ("r",))
    assert [each for each in found if each.startswith("r")] == ["r{line=1} raised"]


def test_one_of_others_follows_them_in_the_same_evaluation() -> None:
    book = book_of(A, B, C, rule("top", combine="two or c"), rule("two", combine="2 of (a, b, c)"))
    said: Said = {"a": {(): "low"}, "b": {(): "low"}}
    healthy = {"a": GOOD, "b": GOOD, "c": GOOD}
    assert see(book, 0, said, healthy, ("top", "two")) == ["a raised", "b raised", "two raised", "top raised"]
    assert see(book, 1, {}, healthy, ("top", "two")) == ["a cleared", "b cleared", "two cleared", "top cleared"]


def test_what_it_inhibits_is_suppressed_before_anybody_is_called() -> None:
    book = book_of(
        rule("a", inhibited_by=("both",)), rule("b", inhibited_by=("both",)), rule("both", combine="a and b")
    )
    found = book.observe(
        Evaluation(
            0,
            [Observation("a", priority="low"), Observation("b", priority="low")],
            {"a": GOOD, "b": GOOD, "both": Verdict(combine=True)},
        )
    )
    assert [each.alert.id for each in found if each.annunciate] == ["both"]


def test_after_an_edit_it_is_what_its_rules_are() -> None:
    book = book_of(A, B, rule("r", combine="a and b"))
    see(book, 0, {"a": {(): "low"}}, {"a": GOOD, "b": GOOD}, ("r",))
    book.replace(Site("s", rules={"a": A, "b": B, "r": rule("r", combine="a or b")}), 1)
    assert see(book, 2, {}, {}, ("r",)) == ["r raised"]


STEPS = st.lists(
    st.fixed_dictionaries(dict.fromkeys("abc", st.sampled_from(["low", None, "lost"]))), min_size=1, max_size=8
)


@settings(max_examples=40, deadline=None)
@given(STEPS, st.sampled_from(["a and not b", "2 of (a, b, c)", "not (a or b) and c", "a or not (b and c)"]))
def test_it_agrees_with_its_expression_in_every_world(steps: list[dict[str, str | None]], text: str) -> None:
    """Raised once all worlds that agree with what is known say so, cleared once none does, and else as it was."""
    book = book_of(A, B, C, rule("r", combine=text))
    expected = False
    python = text.replace("2 of (a, b, c)", "(a + b + c >= 2)")
    for at, step in enumerate(steps):
        said: Said = {name: {(): "low"} for name, level in step.items() if level == "low"}
        verdicts = {name: STALE if level == "lost" else GOOD for name, level in step.items()}
        see(book, at, said, verdicts, ("r",))
        lost = [name for name, level in step.items() if level == "lost"]
        known = {name: level == "low" for name, level in step.items()}
        worlds = [
            known | dict(zip(lost, each, strict=True)) for each in itertools.product([True, False], repeat=len(lost))
        ]
        truths = {bool(eval(python, {}, dict(world))) for world in worlds}
        expected = truths.pop() if len(truths) == 1 else expected
        assert any(each.rule == "r" and each.state == "UNACK" for each in book.open()) == expected
