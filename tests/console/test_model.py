from __future__ import annotations

from msgspec.structs import replace

from opsconsole.console.model import Model
from opsconsole.engine.messages import Changes, Notice
from tests.console import canned


def loaded() -> Model:
    model = Model()
    model.load(canned.snapshot())
    return model


def test_changes_replace_only_what_they_name() -> None:
    model = loaded()
    before = model.kpis["scrap"]
    topics = model.apply(Changes(kpis=[replace(model.kpis["oee"], value=80.0)]))
    assert topics == {"kpis"}
    assert model.kpis["oee"].value == 80.0
    assert model.kpis["scrap"] is before
    assert list(model.kpis) == ["oee", "scrap", "on_time", "output", "energy", "queue"]


def test_order_removes_and_sorts() -> None:
    model = loaded()
    model.apply(
        Changes(kpi_order=["output", "oee", "not there"], source_order=["orders"], alerts_gone=["late|order=4711"])
    )
    assert list(model.kpis) == ["output", "oee"]
    assert list(model.sources) == ["orders"]
    assert [alert.id for alert in model.alerts_in_order()] == ["kpi:oee|line=3", "silent:quality|"]


def test_data_is_a_topic_only_when_the_tables_moved_on() -> None:
    model = loaded()
    assert model.apply(Changes(site=canned.site(at=canned.NOW + 60))) == {"site"}
    assert model.apply(Changes(site=canned.site(data_version=8))) == {"site", "data"}
    assert model.apply(Changes(notices=[Notice("site", "broken")])) == {"notices"}
    assert model.apply(Changes()) == set()


def test_alerts_are_worst_first_then_unacknowledged_then_newest() -> None:
    model = loaded()
    extra = replace(canned.alerts()[1], id="x", state="UNACK", since=canned.NOW - 9999)
    model.apply(Changes(alerts=[extra]))
    assert [alert.id for alert in model.alerts_in_order()] == [
        "kpi:oee|line=3",
        "x",
        "late|order=4711",
        "silent:quality|",
    ]
    assert model.counts() == {"critical": 1, "warning": 3}
    assert model.unacknowledged() == 2


def test_site_time_runs_with_its_speed_and_stands_while_the_engine_is_lost() -> None:
    model = Model()
    assert model.now(5.0) == 5.0
    model.load(canned.snapshot(site=canned.site(speed=60.0)))
    assert model.now(canned.NOW + 2) == canned.NOW + 120
    model.lost_at = canned.NOW + 1
    assert model.now(canned.NOW + 500) == canned.NOW + 60
    model.load(canned.snapshot(site=canned.site(speed=0.0, clock="data")))
    model.lost_at = None
    assert model.now(canned.NOW + 500) == canned.NOW


def test_a_site_without_layouts_gets_one() -> None:
    model = Model()
    model.load(canned.snapshot(site=canned.site(layouts=[])))
    (layout,) = model.layouts()
    assert [panel.of for panel in layout.rows[0].panels] == list(model.kpis)
    assert Model().layouts()[0].rows
