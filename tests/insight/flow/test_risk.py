from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from opsconsole.insight.flow import Flow, Log, analyse, read_events
from opsconsole.insight.flow.rehearsal import rehearse
from opsconsole.insight.flow.reliability import brier, off, reliability
from opsconsole.insight.flow.stages import cases, known_at, visits
from tests.insight.flow.sim import START, office

HOUR = 3600.0


def hours(count: float) -> dt.datetime:
    return START + dt.timedelta(hours=count)


@pytest.fixture(scope="module")
def log() -> Log:
    return office(1500)


def found_at(log: Log, count: float, sla: float | None = 60 * HOUR) -> Flow:
    return analyse(known_at(log, hours(count)), now=hours(count), done=["send"], sla=sla)


def test_an_open_case_is_compared_with_those_of_its_stage(log: Log) -> None:
    found = found_at(log, 1500)
    listed = found.at_risk
    assert listed.height == found.cases["open"].sum()
    assert set(listed["basis"]) == {"stage", "late already"}
    late = listed["late"]
    assert late.equals(late.sort(descending=True)), "the most likely to be late first"
    sure = listed.filter(pl.col("basis") == "late already")
    assert (sure["age"] >= 60 * HOUR).all()
    assert (sure["late"] == 1.0).all()
    rest = listed.filter(pl.col("basis") == "stage")
    assert (
        rest.select((pl.col("late_low") <= pl.col("late")) & (pl.col("late") <= pl.col("late_high"))).to_series().all()
    )
    assert (rest["learned"] >= 30).all()
    assert (
        rest["eta_p50"].drop_nulls() <= rest.filter(pl.col("eta_p50").is_not_null())["eta_p85"].fill_null(1e9)
    ).all()


def test_a_case_that_only_has_to_be_sent_is_safer_than_one_of_its_age_that_was_just_opened(log: Log) -> None:
    found = found_at(log, 1500).at_risk.filter(
        (pl.col("basis") == "stage") & pl.col("age").is_between(5 * HOUR, 40 * HOUR)
    )
    by_stage = dict(found.group_by("activity").agg(pl.col("late").mean()).iter_rows())
    assert by_stage["decide"] < by_stage["check"]


def test_the_age_in_a_stage_is_judged_by_the_stage(log: Log) -> None:
    """After `check` comes an exponential 20 hours: its quantiles are known."""
    found = found_at(log, 2500)
    row = found.at_risk.filter(pl.col("activity") == "check").row(0, named=True)
    truth = [-20 * np.log(1 - share) for share in (0.5, 0.85, 0.95)]
    assert [row[name] / HOUR for name in ("stay_p50", "stay_p85", "stay_p95")] == pytest.approx(truth, rel=0.15)
    assert row["band"] == sum(row["stay"] > row[name] for name in ("stay_p50", "stay_p85", "stay_p95"))


def test_those_that_still_wait_are_compared_with_those_that_waited_as_long() -> None:
    """Half of the cases stick for 50 hours after `check`, the others leave it at once: one that sticks will be late,
    though most that came to `check` were not."""
    rows = []
    for case in range(400):
        begun = case * 0.5
        wait = 50.0 if case % 2 else 1.0
        for stage, at in (("open", 0.0), ("check", 1.0), ("decide", 1.0 + wait), ("send", 6.0 + wait)):
            rows.append((str(case), stage, hours(begun + at)))
    frame = pl.DataFrame(rows, schema=["case", "activity", "time"], orient="row")
    known = read_events(frame, case="case", activity="activity", time="time")
    listed = found_at(known, 150, sla=40 * HOUR).at_risk.filter(pl.col("basis") == "stage")
    sticks = listed.filter((pl.col("activity") == "check") & (pl.col("stay") > 3 * HOUR))
    assert sticks.height > 10
    assert (sticks["late"] > 0.95).all()


def test_chances_are_calibrated_where_nothing_drifts(log: Log) -> None:
    said = rehearse(log, [hours(count) for count in range(800, 2400, 40)], hours(4000), done=["send"], sla=60 * HOUR)
    assert said.height > 500
    table = reliability(said["late"], said["was_late"])
    assert off(table) < 0.05
    rate = said["was_late"].mean()
    assert brier(said["late"], said["was_late"]) < 0.9 * rate * (1 - rate)  # type: ignore[operator]


def test_few_cases_are_said_to_be_too_few() -> None:
    found = analyse(known_at(office(40), hours(30)), now=hours(30), done=["send"], sla=60 * HOUR)
    assert set(found.at_risk["basis"]) == {"too few"}
    assert found.at_risk["late"].null_count() == found.at_risk.height
    assert found.at_risk["learned"].max() < 30  # type: ignore[operator]


def test_without_a_limit_there_is_an_end_to_expect_but_no_lateness(log: Log) -> None:
    found = found_at(log, 1500, sla=None).at_risk
    assert found["late"].null_count() == found.height
    assert found["eta_p50"].drop_nulls().len() > 0


def test_due_moments_of_their_own(log: Log) -> None:
    """Where each case has its own due moment, all the same time away, nothing differs from one limit."""
    due = log.steps.with_columns(due=pl.col("start").min().over("case") + pl.duration(hours=60))
    own, one = (
        analyse(known_at(each, hours(1500)), now=hours(1500), done=["send"], sla=sla).at_risk.sort("case")
        for each, sla in ((Log(due), None), (log, 60 * HOUR))
    )
    assert own["late"].to_list() == pytest.approx(one["late"].to_list(), nan_ok=True, abs=1e-9)
    finished = cases(Log(due), done=["send"])
    assert finished["late"].to_list() == (finished["duration"] > 60 * HOUR).to_list()


def test_visits_follow_each_other(log: Log) -> None:
    now = hours(1500)
    known = known_at(log, now)
    every = cases(known, done=["send"])
    found = visits(known, every, now)
    assert (found["entered"] <= now).all()
    waiting = found.filter(~pl.col("closed")).group_by("case").last()
    assert waiting["left"].null_count() == waiting.height == every["open"].sum()
    assert (found["dwell"] >= 0).all()
    assert not found.filter(pl.col("activity") == "send").height, "a case that was sent is closed"


def test_a_log_as_it_was_knows_nothing_of_later(log: Log) -> None:
    known = known_at(log, hours(100)).steps
    assert (known["start"] <= hours(100)).all()
    assert known["end"].is_null().sum() == 0
