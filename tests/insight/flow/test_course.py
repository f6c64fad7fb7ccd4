"""What came and went over time, the usual work in progress, and the cases behind variants, hand-offs and rework."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from opsconsole.insight.flow import read_events
from opsconsole.insight.flow.counting import course, wip_quantile
from opsconsole.insight.flow.paths import cases_again, cases_between, cases_of, covering, variants
from opsconsole.insight.flow.stages import cases
from opsconsole.insight.flow.steps import durations

HOUR = 3600.0
NAN = float("nan")


def test_what_came_and_went_by_the_end_of_each_stretch() -> None:
    start, end = [0.0, HOUR, HOUR, 5 * HOUR], [2 * HOUR, NAN, 3.5 * HOUR, NAN]
    found = course(start, end, 5.5 * HOUR, points=8)
    assert (found.start, found.step, found.until) == (0.0, HOUR, 5.5 * HOUR)
    assert found.arrived.tolist() == [3, 3, 3, 3, 4, 4], "what comes at the end of a stretch is in it"
    assert found.left.tolist() == [0, 1, 1, 2, 2, 2]


def test_stretches_begin_at_midnights_of_the_site() -> None:
    found = course([30 * HOUR], [NAN], 60 * HOUR, origin=2 * HOUR, points=4)
    assert (found.step, found.start) == (12 * HOUR, 26 * HOUR)


def test_nothing_came_yet() -> None:
    with pytest.raises(ValueError, match="nothing has arrived"):
        course([10.0], [NAN], 5.0)


def test_usual_work_in_progress_is_by_time_since_the_first_was_closed() -> None:
    # 2 in progress from 10 to 100, 1 from 100 on to 110
    start, end = [0.0, 5.0, 6.0], [10.0, 100.0, NAN]
    assert wip_quantile(start, end, 110.0, 0.95) == 2
    assert wip_quantile(start, end, 110.0, 0.1) == 1
    assert wip_quantile(start, end, 110.0, 0.11) == 2
    assert wip_quantile([0.0, 1.0], [NAN, NAN], 9.0, 0.95) is None, "nothing was closed"


def test_usual_work_in_progress_as_counted_moment_by_moment() -> None:
    random = np.random.default_rng(4)
    start = random.uniform(0, 1000, 300)
    end = start + random.exponential(40, 300)
    moments = np.arange(end.min(), 1000, 0.01)
    counted = np.searchsorted(np.sort(start), moments, "right") - np.searchsorted(np.sort(end), moments, "right")
    for share in (0.5, 0.85, 0.95):
        assert wip_quantile(start, end, 1000.0, share) == pytest.approx(np.quantile(counted, share), abs=1)


@pytest.fixture(name="timed")
def _timed() -> pl.DataFrame:
    """Three cases: cut by ann, weld by bob or ann; one is welded three times."""
    day = dt.datetime(2026, 8, 3)
    told = [
        ("a", "cut", "ann", 0, 1), ("a", "weld", "bob", 3, 4),
        ("b", "cut", "ann", 1, 2), ("b", "weld", "bob", 8, 9), ("b", "weld", "bob", 9, 11),
        ("b", "weld", "ann", 12, 13),
        ("c", "cut", "ann", 2, 3), ("c", "weld", "ann", 5, 6),
    ]  # fmt: skip
    hours = [(*each[:3], *(day + dt.timedelta(hours=hour) for hour in each[3:])) for each in told]
    frame = pl.DataFrame(hours, schema=["case", "step", "who", "start", "end"], orient="row")
    log = read_events(frame, case="case", activity="step", start="start", end="end", resource="who")
    return durations(log).join(cases(log).select("case", "duration"), on="case")


def test_cases_of_a_way(timed: pl.DataFrame) -> None:
    assert cases_of(timed, ["cut", "weld"])["case"].to_list() == ["a", "c"]
    assert cases_of(timed, ["weld", "cut"]).is_empty()


def test_cases_in_which_one_followed_the_other_longest_first(timed: pl.DataFrame) -> None:
    hands = cases_between(timed, "ann", "bob", hands=True)
    assert hands.rows() == [("b", 1, 6 * HOUR), ("a", 1, 2 * HOUR)]
    assert cases_between(timed, "weld", "weld").rows() == [("b", 2, HOUR)]


def test_cases_that_did_a_step_again(timed: pl.DataFrame) -> None:
    assert cases_again(timed, "weld").rows() == [("b", 2, 3 * HOUR)]
    assert cases_again(timed, "cut").is_empty()


@pytest.mark.parametrize(("share", "wanted"), [(0.6, 1), (0.8, 2), (1.0, 2)])
def test_how_few_variants_cover_most_cases(timed: pl.DataFrame, share: float, wanted: int) -> None:
    every = timed.unique("case").select("case", "duration")
    assert covering(variants(timed.drop("duration"), every), share) == wanted
