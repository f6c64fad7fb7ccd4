"""Windows of maintenance: planned, announced, silent while they run, ended by themselves or early, through restarts."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from opsconsole.engine.messages import Maintenance
from tests.engine.plant import BOB, SITE, Plant

A, B = "late{line=A}", "late{line=B}"
HOT = "hot{line=A,station=s1}"


def plan(plant: Plant, start: float = 0.0, end: float = 3_600.0, **given: object) -> str:
    window = Maintenance(start=plant.now + start, end=plant.now + end, reason="oil change", **given)  # type: ignore[arg-type]
    done = plant.do("plan-maintenance", maintenance=window, after=0)
    return done.applied[0] if done.applied else done.said


def told(plant: Plant) -> list[str]:
    return [notice.text for notice in plant.watch.notices(plant.now)]


def test_an_area_is_silent_for_its_time(plant: Plant) -> None:
    plant.see("late", "A")
    plant.see("hot", "A")
    window = plan(plant, start=100, area="weld")
    assert window == "m1"
    assert told(plant) == ["Maintenance of Welding from 22:15 to 23:13: oil change (ana)"]
    plant.see("late", "A")
    assert plant.states() == {A: "UNACK", HOT: "UNACK"}
    heard: list[tuple[str, bool]] = []
    plant.watch.listen(lambda found: heard.extend((each.what, each.annunciate) for each in found))
    plant.see("late", "A", "B", after=100)
    assert plant.states() == {A: "SUPPRESSED", B: "SUPPRESSED", HOT: "UNACK"}
    assert plant.open_alerts()[B].suppressed == ("maintenance:m1",)
    assert not any(annunciate for _, annunciate in heard)
    assert told(plant) == ["Maintenance of Welding until 23:13: oil change (ana), 2 alerts suppressed"]
    assert "it is suppressed" in plant.do("ack", A).refused[A]
    heard.clear()
    plant.see("late", "A", after=3_600)
    assert plant.states() == {A: "UNACK", B: "RTNUN", HOT: "UNACK"}
    assert ("released", True) in heard
    assert told(plant) == []
    assert [each[:2] for each in plant.recorded("maintenance")] == [("ana", "planned"), ("system", "over")]


def test_a_person_ends_it_early(plant: Plant) -> None:
    plant.see("late", "A", "B")
    window = plan(plant, labels={"line": "A"})
    assert plant.states() == {A: "SUPPRESSED", B: "UNACK"}
    done = plant.do("end-maintenance", maintenance=Maintenance(id=window), by=BOB)
    assert (done.applied, done.said) == (["m1"], "maintenance of line A ended early")
    assert plant.states() == {A: "UNACK", B: "UNACK"}
    assert plant.do("end-maintenance", maintenance=Maintenance(id=window)).said == "it has ended already"
    assert plant.do("end-maintenance", maintenance=Maintenance(id="m7")).said == "there is no maintenance window m7"
    assert plant.recorded("maintenance")[-1] == ("bob", "ended early", "m1")


def test_it_survives_restarts_also_its_end_during_one(plant: Plant) -> None:
    plant.see("late", "A")
    plan(plant, area="weld")
    plan(plant, start=7_200, end=10_800, labels={"station": "s1"})
    before = plant.kept()
    plant.restart()
    plant.watch.tick(plant.moment)
    assert plant.kept() == before
    assert plant.states() == {A: "SUPPRESSED"}
    plant.now += 4_000
    plant.restart()
    plant.watch.tick(plant.moment)
    assert plant.states() == {A: "UNACK"}
    assert [window.id for window in plant.watch.maintenance(plant.now)] == ["m2"]
    assert plan(plant, area="weld") == "m3"


def test_a_clock_that_jumps_back_begins_none_anew(plant: Plant) -> None:
    plant.see("late", "A")
    plan(plant, end=60, area="weld")
    plant.see("late", "A", after=60)
    assert plant.states() == {A: "UNACK"}
    plant.see("late", "A", after=-65)
    assert plant.states() == {A: "UNACK"}
    plant.restart()
    plant.watch.tick(plant.moment)
    assert plant.states() == {A: "UNACK"}


def test_an_edited_site_moves_what_it_covers(plant: Plant) -> None:
    plant.see("late", "A")
    plan(plant, area="weld")
    rules = {**SITE.rules, "late": replace(SITE.rules["late"], area="paint")}
    plant.watch.configure(replace(SITE, rules=rules), plant.moment)
    plant.see("late", "A")
    assert plant.states() == {A: "UNACK"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "say what is to be silent"),
        ({"area": "boiler"}, "no rule belongs to an area boiler"),
        ({"labels": {"colour": "red"}}, "no rule has a label colour"),
        ({"area": "weld", "end": 0.0}, "the end of the window has passed"),
        ({"area": "weld", "start": 50.0, "end": 40.0}, "the window ends before it starts"),
        ({"area": "weld", "end": 32 * 86_400.0}, "31 days at most"),
    ],
)
def test_what_cannot_be_planned_is_refused(plant: Plant, given: dict[str, object], expected: str) -> None:
    assert expected in plan(plant, **given)  # type: ignore[arg-type]
    assert plant.recorded("maintenance") == []


def test_it_needs_a_reason(plant: Plant) -> None:
    window = Maintenance(area="weld", start=plant.now, end=plant.now + 60, reason=" ")
    assert plant.do("plan-maintenance", maintenance=window).said == "a maintenance window needs a reason"


def test_a_point_of_the_grid_before_its_start_does_not_end_it(plant: Plant) -> None:
    plant.see("late", "A")
    plan(plant, area="weld")
    heard: list[str] = []
    plant.watch.listen(lambda found: heard.extend(each.what for each in found))
    plant.see("late", "A", "B", late=3_000)  # a grid of an hour, or points that are gone through again
    assert plant.states() == {A: "SUPPRESSED", B: "SUPPRESSED"}
    assert heard == ["raised"]
