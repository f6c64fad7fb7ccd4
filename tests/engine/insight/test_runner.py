"""What rules want found off the tick: looked at when it is due, kept, told as failing, and taken by the rules."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.engine.insight.runner import Runner
from opsconsole.engine.insight.study import Ground, Task
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.rules import Arrivals, evaluate_rules
from opsconsole.kpis.ruling.insights import Found, Seen
from tests.kpis.plant import NOON, bound, database
from tests.waiting import until

SITE = """\
kpis:
  scrap: {source: cycles, value: sum(scrap), window: 1h}
rules:
  odd: {kpi: scrap, when: "> 5", by: line}
"""


class Store:
    """Cursors of one database in memory, as the tables give them."""

    def __init__(self) -> None:
        self.db = database()

    def cursor(self) -> object:
        return self.db.cursor()


class Odd:
    """Finds line A warned of and line B well; or fails."""

    looks: list[tuple[str, dt.datetime]]
    failing = ""

    def __init__(self) -> None:
        self.looks = []

    def tasks(self, binding: Binding) -> Mapping[str, Task]:
        return {"scrap": Task(60.0, ("odd",))}

    def look(self, key: str, task: Task, ground: Ground) -> Mapping[str, Found]:
        self.looks.append((key, ground.now))
        assert ground.cursor.execute("SELECT count(*) FROM cycles").fetchall() == [(0,)]
        if self.failing:
            raise ValueError(self.failing)
        seen = (Seen(("A",), "warning", 7.0, 5.0, "scrap is odd", "7", "5"), Seen(("B",)), Seen(("C",), unknown=True))
        return {"odd": Found(ground.now.timestamp(), 0.0, seen)}


@pytest.fixture(name="binding")
def _binding(tmp_path: Path) -> Binding:
    """A site whose rule is of a kind that is found off the tick."""
    site = bound(tmp_path, SITE)
    return replace(site, rules={"odd": replace(site.rules["odd"], kind="anomaly")})


@pytest.fixture(name="study")
def _study() -> Odd:
    return Odd()


def runner(study: Odd, told: threading.Event) -> Runner:
    return Runner(Store(), None, told.set, {"anomaly": lambda: study})  # type: ignore[arg-type]


def test_a_look_is_due_when_its_time_has_passed_and_what_was_found_stands(binding: Binding, study: Odd) -> None:
    told = threading.Event()
    made = runner(study, told)
    try:
        made.show(binding, NOON, 60.0)
        until(lambda: "odd" in made.found, what="the first look")
        assert not told.is_set(), "the next point of the rules' grid comes by itself"
        assert made.found["odd"].valid == 120 * 60.0
        made.show(binding, NOON + dt.timedelta(seconds=59), 60.0)
        assert made.work() is None
        made.show(binding, NOON + dt.timedelta(seconds=60), 60.0)
        until(lambda: len(study.looks) == 2, what="the second look, after its gap")
        assert [at for _, at in study.looks] == [NOON, NOON + dt.timedelta(seconds=60)]
    finally:
        made.stop()


def test_where_time_does_not_pass_what_was_found_is_news(binding: Binding, study: Odd) -> None:
    told = threading.Event()
    made = runner(study, told)
    try:
        made.show(binding, NOON, 0.0)
        assert told.wait(20)
        assert "odd" in made.found
    finally:
        made.stop()


def test_what_fails_is_told_of_its_rules(binding: Binding, study: Odd) -> None:
    study.failing = "there is nothing to look at"
    made = runner(study, threading.Event())
    try:
        made.show(binding, NOON, 1.0)
        until(lambda: "odd" in made.found, what="the look")
    finally:
        made.stop()
    found = evaluate_rules(database(), binding, NOON, Arrivals({}, 0.0, 0.0), insights=made.found)
    assert found.verdicts["odd"].quality == "error"
    assert "there is nothing to look at" in found.verdicts["odd"].reason


def test_nothing_runs_where_no_rule_wants_it(tmp_path: Path, study: Odd) -> None:
    made = runner(study, threading.Event())
    made.show(bound(tmp_path, SITE), NOON, 1.0)
    assert all(thread.name != "insight" for thread in threading.enumerate())
    made.stop()


def test_rules_take_what_was_found_as_long_as_it_stands(binding: Binding) -> None:
    at = NOON.timestamp()
    seen = (Seen(("A",), "warning", 7.0, 5.0, "scrap is odd", "7", "5"), Seen(("B",)), Seen(("C",), unknown=True))
    held = {"odd": Found(at, 60.0, seen)}

    def evaluated(seconds: float, insights: Mapping[str, Found] | None, **more: object):  # type: ignore[no-untyped-def]
        now = NOON + dt.timedelta(seconds=seconds)
        return evaluate_rules(database(), binding, now, Arrivals({}, 0.0, 0.0), insights=insights, **more)  # type: ignore[arg-type]

    found = evaluated(60, held)
    assert [(one.labels, one.priority, one.quality) for one in found.observations if one.rule == "odd"] == [
        ({"line": "A"}, "warning", "good"),
        ({"line": "B"}, None, "good"),
        ({"line": "C"}, None, "stale"),
    ]
    assert found.observations[0].text == "scrap is odd · line A"
    assert (found.verdicts["odd"].quality, found.verdicts["odd"].absent) == ("good", "stale")
    # of those that nobody waits for nothing is said
    assert [one.labels["line"] for one in evaluated(60, held, watched={}).observations] == ["A"]
    for late in (evaluated(61, held), evaluated(0, None), evaluated(0, {})):
        assert late.verdicts["odd"].quality == "stale"
        assert late.observations == []
