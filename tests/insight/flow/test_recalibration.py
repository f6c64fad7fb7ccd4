from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from opsconsole.insight.flow.recalibration import Recalibration, sequence
from opsconsole.insight.flow.rehearsal import corrected, correction, rehearse
from opsconsole.insight.flow.reliability import off, reliability
from tests.insight.flow.sim import START, office

HOUR = 3600.0
Numbers = NDArray[np.float64]
Forecasts = tuple[Numbers, Numbers, Numbers, Numbers, Numbers]


def forecasts(count: int, truth: float, seed: int = 1) -> Forecasts:
    """Chances said of so many cases, one each, due one after the other; `truth`: of what was said, as a logit."""
    chance = np.random.default_rng(seed)
    said = chance.uniform(0.1, 0.9, count)
    true = 1 / (1 + np.exp(-(np.log(said / (1 - said)) + truth)))
    moment = np.arange(count, dtype=float)
    return said, (chance.random(count) < true).astype(float), moment + 0.5, moment, moment


def last(forecast: Iterable[Numbers], until: float = 1e9) -> Recalibration:
    said, came, due, case, moment = forecast
    found = list(sequence(said, came, due, case, moment, until))[-1][1]
    assert found is not None
    return found


def test_chances_that_were_too_low_are_raised_and_those_that_were_right_stay() -> None:
    wrong, right = last(forecasts(400, 1.5)), last(forecasts(400, 0.0))
    low, middle = np.array([0.3]), np.array([0.5])
    assert wrong.weight > 0.85 > 0.6 > right.weight
    assert 0.65 < wrong.of(middle, low, 1 - low)[0][0] < 0.85, "the truth is 0.82"
    assert 0.42 < right.of(middle, low, 1 - low)[0][0] < 0.58
    assert wrong.cases == 400


def test_few_cases_change_little() -> None:
    found = last(each[:5] for each in forecasts(400, 3.0))
    assert 0.5 < found.of(np.array([0.5]), np.array([0.4]), np.array([0.6]))[0][0] < 0.68


def test_many_forecasts_of_one_case_count_as_one() -> None:
    once = last(forecasts(40, 2.0))
    thrice = last(np.repeat(each, 3) for each in forecasts(40, 2.0))
    assert (thrice.shift, thrice.slope) == pytest.approx((once.shift, once.slope))


def test_nothing_is_learned_from_what_is_not_due_yet() -> None:
    said, came, due, case, moment = forecasts(50, 2.0)
    assert list(sequence(said, came, due + 1e6, case, moment, 60.0)) == [*((at, None) for at in moment), (60.0, None)]
    with pytest.raises(ValueError, match="one length"):
        list(sequence(said, came[1:], due, case, moment, 60.0))


def test_an_interval_widens_by_what_is_not_known_and_to_what_came_before() -> None:
    p, low, high = np.array([0.5, np.nan]), np.array([0.45, np.nan]), np.array([0.55, np.nan])
    few = last(each[:10] for each in forecasts(400, 0.0))
    many = last(forecasts(400, 0.0))
    widths = [one.of(p, low, high)[2][0] - one.of(p, low, high)[1][0] for one in (many, few)]
    assert 0.1 < widths[0] < widths[1]
    assert np.isnan(few.of(p, low, high)).all(axis=0).tolist() == [False, True]


def test_an_office_that_slows_down_is_followed() -> None:
    """Cases take three times as long from the middle on; what was learned before says too little."""
    log = office(1200, slow_from=1200.0)
    moments = [START + dt.timedelta(hours=at) for at in range(600, 2000, 70)]
    until = START + dt.timedelta(hours=2200)
    said = rehearse(log, moments, until, done=["send"], sla=60 * HOUR)
    now = corrected(said)
    assert now["late"].null_count() == 0
    errors = [off(reliability(each["late"], each["was_late"])) for each in (said, now)]
    assert errors[1] < 0.75 * errors[0]
    found = correction(said, until)
    assert found is not None
    assert found.shift > 0
    assert sum(each.n for each in found.table) == said.height


def test_only_cases_whose_due_moment_has_come_are_scored() -> None:
    """Of those due later the ones that ended in time alone would be known."""
    log, until = office(1500), START + dt.timedelta(hours=1500)
    said = rehearse(log, [START + dt.timedelta(hours=1460)], until, done=["send"], sla=60 * HOUR)
    assert said.height
    assert (said["due"] <= until).all()


def test_moments_with_fractions_of_a_second_are_found_again() -> None:
    """Of 1315381316.65333 s Python and Polars make floats that differ in the last bit."""
    odd = dt.timedelta(microseconds=653330)
    log = office(600)
    moments = [START + dt.timedelta(hours=at, microseconds=at) + odd for at in range(600, 1400, 50)]
    said = rehearse(log, moments, START + dt.timedelta(hours=1600) + odd, done=["send"], sla=60 * HOUR)
    assert said["moment"].n_unique() > 5
    assert corrected(said).height == said.height
    assert correction(said, max(moments)) is not None
