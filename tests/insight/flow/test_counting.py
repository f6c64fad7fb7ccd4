from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from opsconsole.insight.flow import analyse
from opsconsole.insight.flow.counting import cumulative, in_progress, little, per_bucket
from tests.insight.flow.sim import START, office


def test_work_in_progress_and_throughput() -> None:
    start, end = [0.0, 1, 2, 5], [3.0, 2, np.nan, 6]
    assert in_progress(start, end, [0, 1, 2, 3, 5.5, 9]).tolist() == [1, 2, 2, 1, 2, 1]
    assert per_bucket(end, [0, 2.5, 5, 7]).tolist() == [1, 1, 1]
    assert per_bucket(start, [0, 1, 2, 3]).tolist() == [1, 1, 1]


def test_littles_law_holds_in_a_steady_state() -> None:
    chance = np.random.default_rng(7)
    start = np.cumsum(chance.exponential(1.0, 4000))
    end = start + chance.exponential(20.0, 4000)
    found = little(start, end, 500, 3500)
    assert found.holds
    assert found.wip == pytest.approx(20, rel=0.1)


def test_littles_law_finds_ends_that_are_missing() -> None:
    chance = np.random.default_rng(7)
    start = np.cumsum(chance.exponential(1.0, 2000))
    end = np.where(chance.random(2000) < 0.1, np.nan, start + chance.exponential(5.0, 2000))
    found = little(start, end, 0, 2000)
    assert found.holds is False
    assert found.off is not None
    assert found.off > 0.5


def test_littles_law_of_nothing() -> None:
    assert little([0.0], [np.nan], 0, 10).holds is None
    with pytest.raises(ValueError, match="window"):
        little([], [], 5, 5)


def test_cumulative_flow() -> None:
    log = office(30)
    found = analyse(log, now=START + dt.timedelta(days=60), done=["send"])
    base = START.replace(tzinfo=dt.UTC).timestamp()
    at = base + np.arange(0, 60, 0.25) * 86400
    lines = cumulative(log.steps, list(found.order), at)
    assert list(lines) == ["open", "check", "decide", "send"]
    for upper, lower in zip(lines["open"], lines["send"], strict=True):
        assert upper >= lower
    assert lines["open"][-1] == 30
    begun = log.steps.group_by("case").agg(pl.col("start").min())["start"]
    wanted = [(begun <= START + dt.timedelta(days=float(day))).sum() for day in np.arange(0, 60, 0.25)]
    assert lines["open"].tolist() == wanted
