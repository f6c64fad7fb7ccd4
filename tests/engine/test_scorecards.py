"""The report `scorecard`, from a real journal that a real watch has written."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, cast

import pytest

from opsconsole.engine.core import Core
from opsconsole.engine.jobs import CancelledError, Desk, Job, ReportError
from opsconsole.engine.scorecards import report
from opsconsole.engine.watch import AlertWatch
from opsconsole.journal.journal import Journal
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.site.model import Area, Rule, Site
from opsconsole.tables.store import Store

BEGIN = dt.datetime(2026, 6, 1, tzinfo=dt.UTC).timestamp()
SITE = Site(
    name="Plant",
    rules={
        "slow": Rule(name="slow", source="s", rows="true", by=("n",), area="hall"),
        "late": Rule(name="late", source="s", rows="true", priority="low"),
    },
    areas={"hall": Area(name="hall", position="floor")},
)


class AtSite:
    """Site and site time, as the core has them; the clock is the test's."""

    def __init__(self) -> None:
        self.site = SITE
        self.at = BEGIN

    def now(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.at, dt.UTC)


class Plant:
    def __init__(self, folder: Path) -> None:
        self.journal = Journal.open(folder / "journal.sqlite")
        self.watch = AlertWatch(SITE, self.journal)
        self.core = AtSite()
        self.desk = Desk(cast(Core, self.core), cast(Store, None), self.watch, folder, {})
        self.told: list[float] = []

    def look(self, minute: float, *alerts: int | None) -> None:
        """An evaluation; None stands for `late`, a number for `slow` of that number."""
        self.core.at = max(self.core.at, BEGIN + minute * 60)
        observations = [
            Observation(rule="late", priority="low", text="late")
            if each is None
            else Observation(rule="slow", labels={"n": str(each)}, priority="warning", text=f"slow {each}")
            for each in alerts
        ]
        verdicts = {name: Verdict() for name in SITE.rules}
        self.watch.observe(Evaluation(BEGIN + minute * 60, observations, verdicts))

    def card(self, **options: Any) -> dict[str, Any]:
        job = Job(1)
        return report(self.desk, job, options)


@pytest.fixture
def plant(tmp_path: Path) -> Any:
    found = Plant(tmp_path)
    yield found
    found.journal.close()


def test_alarms_of_the_period_by_position(plant: Plant) -> None:
    for hour in range(48):
        plant.look(hour * 60, hour % 4, None)
        plant.look(hour * 60 + 5)
    plant.core.at = BEGIN + 48 * 3_600
    card = plant.card(days=1)
    assert (card["days"], card["indicative"], card["transitions"]) == (1.0, True, 96)
    assert [(each["position"], each["figures"]["alarms"]) for each in card["positions"]] == [("", 24), ("floor", 24)]
    whole = plant.card()
    assert (whole["days"], whole["asked"]) == (2.0, 30)
    assert [each["figures"]["alarms"] for each in whole["positions"]] == [48, 48]
    earlier = plant.card(days=1, end=BEGIN + 86_400)
    assert [each["figures"]["alarms"] for each in earlier["positions"]] == [25, 25]  # both ends count


def test_what_was_active_before_the_period_stands_in_it(plant: Plant) -> None:
    plant.look(0, 1)
    plant.look(40 * 60, 1, 2)
    plant.core.at = BEGIN + 72 * 3_600
    (_, floor) = plant.card(days=1)["positions"]
    assert (floor["figures"]["alarms"], floor["figures"]["standing_peak"]) == (0, 2)
    assert (floor["figures"]["stale"], floor["figures"]["standing"]) == (2, 2.0)


def test_a_flood_goes_on_into_the_period(plant: Plant) -> None:
    plant.look(0)
    plant.look(24 * 60 - 5, *range(12))
    plant.core.at = BEGIN + 48 * 3_600
    (_, floor) = plant.card(days=1)["positions"]
    (flood,) = floor["figures"]["floods"]
    assert (flood["start"], flood["end"]) == (BEGIN + 86_400, BEGIN + 86_400 + 300)


def test_what_to_try_names_the_site_as_it_was_asked_for(plant: Plant) -> None:
    for minute in range(0, 160, 4):
        plant.look(minute, *range(4))
        plant.look(minute + 2)
    plant.core.at = BEGIN + 86_400
    (_, floor) = plant.card(site="my plant")["positions"]
    assert floor["proposals"][0]["with"] == "clear: 5m"
    assert floor["proposals"][0]["command"] == "opsconsole backtest 'my plant' slow --with 'clear: 5m'"
    assert str(plant.desk.root) in plant.card()["positions"][1]["proposals"][0]["command"]


def test_it_says_how_far_it_is_and_ends_when_it_is_cancelled(plant: Plant) -> None:
    plant.look(0, 1)
    job = Job(1)
    job.cancel()
    with pytest.raises(CancelledError):
        report(plant.desk, job, {})
    assert job.doing == "looks how far the record goes back"


@pytest.mark.parametrize("days", [0, -1, "x", None, 1e9, float("nan")])
def test_days_are_a_number_above_zero(plant: Plant, days: Any) -> None:
    plant.look(0, 1)
    with pytest.raises(ReportError, match="days: a number above 0"):
        plant.card(days=days)


def test_without_a_record_there_is_nothing_to_score(plant: Plant) -> None:
    with pytest.raises(ReportError, match="nothing is on record yet"):
        plant.card()
