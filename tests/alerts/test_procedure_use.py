"""What is counted of the use of procedures."""

from __future__ import annotations

from typing import Any

import pytest

from opsconsole.alerts.procedure_use import Change, Doing, Last, Use, rule_of, usage

PATHS = {"late": "late.md", "scrap": "scrap.md", "none": ""}


def doing(
    alert: str, what: Any, at: float, since: float, step: int = 0, path: str = "late.md", steps: int = 3
) -> Doing:
    return Doing(alert, what, at, path, since, step, f"step {step}" if step else "", steps if step else 0)


def life(alert: str, raised: float, cleared: float | None = None) -> list[Change]:
    ended = [Change(alert, "cleared", cleared)] if cleared is not None else []
    return [Change(alert, "raised", raised), *ended]


def test_a_procedure_that_nobody_needed_is_there_with_zeros() -> None:
    assert usage([], [], PATHS) == [
        Use("late.md", 0, 0, 0, 0, 0, (), 0, 0, None, None),
        Use("scrap.md", 0, 0, 0, 0, 0, (), 0, 0, None, None),
    ]


def test_what_was_ticked_last_before_the_clearing_is_ranked() -> None:
    changes = [
        *life("late{line=1}", 100, 160),
        *life("late{line=2}", 100, 120),
        *life("late{line=1}", 200, 240),
        *life("late{line=3}", 300, 1300),
        *life("late{line=4}", 400),
        Change("late", "occurred", 500),
        *life("none", 600, 700),
    ]
    doings = [
        doing("late{line=1}", "opened", 105, 100),
        doing("late{line=1}", "ticked", 110, 100, 1),
        doing("late{line=1}", "ticked", 120, 100, 3),
        doing("late{line=1}", "ticked", 170, 100, 2),  # after it had cleared: complete, but step 3 came before
        doing("late{line=2}", "ticked", 101, 100, 2),
        doing("late{line=2}", "ticked", 110, 100, 3),
        doing("late{line=1}", "ticked", 210, 200, 3),
        doing("late{line=1}", "ticked", 215, 200, 1),
        doing("late{line=1}", "unticked", 220, 200, 1),
        doing("late{line=1}", "ticked", 230, 200, 1),
        doing("late{line=4}", "opened", 401, 400),
        doing("late{line=9}", "ticked", 401, 50, 1),  # of an occurrence that nothing is known of
    ]
    late, scrap = usage(changes, doings, PATHS)
    assert late == Use(
        path="late.md",
        alerts=6,
        opened=4,
        ticked=3,
        complete=1,
        ticks=7,
        last=(Last(3, "step 3", 2), Last(1, "step 1", 1)),
        with_steps=3,
        without=1,
        median_with=40,
        median_without=1000,
    )
    assert scrap.alerts == 0


def test_an_occurrence_counts_for_the_procedure_that_was_used() -> None:
    (late, _, old) = usage(life("late", 1, 2), [doing("late", "ticked", 1.5, 1, 1, path="old.md")], PATHS)
    assert (late.path, late.alerts) == ("late.md", 0)
    assert (old.path, old.alerts, old.ticked) == ("old.md", 1, 1)


@pytest.mark.parametrize(("alert", "rule"), [("late{a=1}", "late"), ("kpi:oee", "kpi:oee"), ("kpi:o{a=x{y}", "kpi:o")])
def test_the_rule_of_an_alert(alert: str, rule: str) -> None:
    assert rule_of(alert) == rule
