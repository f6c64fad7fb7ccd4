"""Forecasts of series whose future is known: better than seasonal naive, honest about how sure, silent where blind."""

from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.forecast import Calendar, Forecast, NotEnough, Plan, forecast, plan, refresh
from opsconsole.insight.forecast.plan import PLAIN
from opsconsole.insight.forecast.smooth import Floats
from tests.insight.forecast.series import SEASONS, hours

FREE = (-np.inf, np.inf)


def made(values: Floats, horizon: int = 12, calendar: Calendar = PLAIN, bounds: tuple[float, float] = FREE) -> Forecast:
    found = forecast(values, SEASONS, horizon, calendar=calendar, lower=bounds[0], upper=bounds[1])
    assert isinstance(found, Forecast)
    return found


def planned(values: Floats, horizon: int = 12) -> Plan:
    found = plan(values, SEASONS, horizon)
    assert isinstance(found, Plan)
    return found


def test_it_beats_seasonal_naive_and_its_intervals_hold_as_they_claim() -> None:
    better, inside, claimed = [], [], []
    for seed in range(4):
        values = hours(14, seed)
        kept = planned(values[: 10 * 168])
        claimed.append(kept.coverage[1].held)
        for origin in range(10 * 168, len(values) - 12, 17):
            [found] = refresh(values[None, :origin], [kept])
            truth = values[origin : origin + 12]
            naive = values[origin - 168 : origin - 156]
            better.append((np.abs(truth - found.point).mean(), np.abs(truth - naive).mean()))
            inside.append((truth >= found.low[1]) & (truth <= found.high[1]))
    ours, theirs = np.mean(better, axis=0)
    assert ours < 0.8 * theirs
    assert 0.86 <= np.mean(inside) <= 0.94
    assert np.mean(claimed) == pytest.approx(np.mean(inside), abs=0.04)


def test_the_plan_shows_what_was_picked_and_its_skill() -> None:
    found = planned(hours(10, 1))
    assert found.seasons == SEASONS
    assert found.naive.name == "last season"
    assert 0.1 < found.skill < 0.6
    assert sum(found.blend.weights) == pytest.approx(1)
    picked = [found.errors[each] for each in found.blend.members]
    assert picked == sorted(picked)
    assert picked[0] == np.nanmin(found.errors)


def test_a_season_that_repeats_exactly_is_foretold_exactly() -> None:
    found = made(np.tile(np.arange(24.0), 30))
    assert found.point == pytest.approx(np.arange(12.0), abs=1e-9)
    assert found.low[1] == pytest.approx(found.high[1], abs=1e-9)


def test_a_flat_series_stays_flat() -> None:
    found = made(np.full(400, 7.0))
    assert found.point == pytest.approx(np.full(12, 7.0))
    assert found.low == pytest.approx(np.full((2, 12), 7.0))
    assert np.isnan(found.plan.skill)


def test_many_at_once_are_as_each_alone() -> None:
    rows = np.stack([hours(8, seed) for seed in range(3)])
    plans = [planned(row[:-24]) for row in rows]
    for row, each, found in zip(rows, plans, refresh(rows, plans), strict=True):
        [alone] = refresh(row[None], [each])
        assert found.point == pytest.approx(alone.point)
        assert found.high == pytest.approx(alone.high)


def test_gaps_are_no_zeros_and_no_values() -> None:
    values = hours(10, 3)
    holes = np.where(np.random.default_rng(0).random(len(values)) < 0.15, np.nan, values)
    holes[-4:] = [values[-4], np.nan, np.nan, np.nan]
    found, whole = made(holes), made(values[:-3], 15)
    assert np.isfinite(found.point).all()
    assert (found.now, found.age) == (values[-4], 3)
    assert np.abs(found.point - whole.point[3:]).mean() < 5
    assert found.plan.coverage[0].values < whole.plan.coverage[0].values


def test_hours_that_never_have_a_value_have_no_interval() -> None:
    values = hours(10, 4)
    values[np.arange(len(values)) % 24 < 6] = np.nan  # the site is closed
    found = made(values, 24)
    assert np.isfinite(found.point[6:]).all()
    assert np.isfinite(found.low[:, 6:]).all()
    assert np.abs(found.point[6:] - values[-18 - 144 : -144]).mean() < 15


@pytest.mark.parametrize("length", [0, 1, 20, 40])
def test_too_short_a_past_says_what_it_takes(length: int) -> None:
    found = forecast(np.arange(float(length)), SEASONS, 12)
    assert isinstance(found, NotEnough)
    assert found.have == length
    assert str(found) == f"not enough past: {length} known values, {found.need} needed"
    enough = forecast(np.arange(float(found.need)), SEASONS, 12)
    assert isinstance(enough, Forecast)
    assert np.isfinite(enough.low).all()


def test_values_that_are_not_known_do_not_count_as_past() -> None:
    values = np.full(1000, np.nan)
    values[::40] = 1.0
    found = forecast(values, SEASONS, 12)
    assert isinstance(found, NotEnough)
    assert found.have == 25


def test_what_lies_before_the_first_value_is_no_past() -> None:
    values = hours(6, 9)
    before = np.concatenate([np.full(1500, np.nan), values])
    found, alone = made(before), made(values)
    assert found.plan.seasons == alone.plan.seasons
    assert found.point == pytest.approx(alone.point)
    assert found.plan.trials == alone.plan.trials
    none = forecast(np.full(1500, np.nan), SEASONS, 12)
    assert isinstance(none, NotEnough)
    assert none.have == 0


def test_values_too_far_apart_to_be_tried_are_not_enough() -> None:
    values = np.concatenate([np.ones(45), np.full(3000, np.nan), [1.0]])
    assert isinstance(forecast(values, SEASONS, 12), NotEnough)


def test_a_season_needs_three_of_itself() -> None:
    found = made(hours(2, 5))
    assert found.plan.seasons == (24,)
    assert found.plan.short == (168,)


def test_what_is_bounded_stays_in_bounds() -> None:
    values = np.clip(hours(10, 6, noise=20.0), 0, 100)
    assert made(values).high.max() > 100
    found = made(values, bounds=(0.0, 100.0))
    for each in (found.point, found.low, found.high):
        assert each.min() >= 0
        assert each.max() <= 100


def test_a_plan_that_is_kept_finds_the_same_places_later() -> None:
    """The noise lies in the hours 8 to 16 alone; seven hours later and with the oldest values gone it still does."""
    at = np.arange(60 * 24)
    values = 50 + np.random.default_rng(1).normal(0, 10, len(at)) * ((at % 24 >= 8) & (at % 24 < 16))
    kept = plan(values[: 50 * 24], (24,), 24)
    assert isinstance(kept, Plan)
    origin = 50 * 24 + 7
    [found] = refresh(values[None, 100:origin], [kept], start=100)
    widths = (found.high - found.low)[1]
    loud = ((origin + np.arange(24)) % 24 >= 8) & ((origin + np.arange(24)) % 24 < 16)
    assert widths[loud].min() > 4 * widths[~loud].max()


def test_shifts_that_come_at_uneven_times_are_read_by_their_keys() -> None:
    rng = np.random.default_rng(2)
    keys = rng.integers(0, 4, 600)  # no season at all: only the key tells
    values = 10.0 * keys[:588] + rng.normal(0, 1, 588)
    found = made(values, 12, Calendar(keys=keys))
    assert found.plan.picked[0].name == "mean of the same key"
    assert found.point == pytest.approx(10.0 * keys[588:], abs=1.5)


def test_a_holiday_is_read_from_holidays_and_spoils_no_other_day() -> None:
    values, length = hours(12, 7, noise=1.0), 11 * 168
    special = np.zeros(length + 24, dtype=np.int64)
    for day in (30, 51, length // 24 - 7):  # the last one lies a week before the first day ahead
        special[day * 24 : day * 24 + 24] = 1
        values[day * 24 : day * 24 + 24] = 20.0
    ordinary = made(values[:length], 24, Calendar(special=special))
    assert np.abs(ordinary.point - values[length : length + 24]).mean() < 3
    special[length:] = 1
    holiday = made(values[:length], 24, Calendar(special=special))
    assert holiday.point == pytest.approx(np.full(24, 20.0), abs=0.5)


@pytest.mark.parametrize(("seasons", "horizon", "levels"), [((24,), 0, (0.9,)), ((0,), 5, (0.9,)), ((24,), 5, (90,))])
def test_what_makes_no_sense_is_refused(seasons: tuple[int, ...], horizon: int, levels: tuple[float, ...]) -> None:
    with pytest.raises(ValueError):
        forecast(hours(4, 0), seasons, horizon, levels)


def test_plans_of_different_kinds_are_not_mixed() -> None:
    values = hours(10, 0)
    with pytest.raises(ValueError, match="same seasons"):
        refresh(np.stack([values, values]), [planned(values), planned(values, 6)])
