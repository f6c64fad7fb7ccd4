"""What the site's calendar says of points: those of the same shift and hour are alike, holidays are special."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from opsconsole.engine.insight.season_keys import Calendars
from opsconsole.insight.forecast import Forecast, forecast
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.points import Points
from tests.kpis.plant import HEAD, bound

HOUR = 3600.0
FOUR_ON = (
    '{name: A, start: "06:00", end: "14:00", days: [mon, wed, fri]}, {name: B, start: "06:00", end: "14:00", '
    "days: [tue, thu]}"
)


def site(folder: Path, shifts: str = "", holidays: str = "", monkeypatch: pytest.MonkeyPatch | None = None) -> Binding:
    head = HEAD
    if shifts and monkeypatch is not None:
        begin, end = head.index("shifts: ["), head.index("]\n", head.index("shifts: ["))
        head = head[:begin] + f"shifts: [{shifts}{head[end:]}"
    if holidays and monkeypatch is not None:
        head = head.replace("calendar:\n", f"calendar:\n  holidays: {holidays}\n")
    if monkeypatch is not None:
        monkeypatch.setattr("tests.kpis.plant.HEAD", head)
    return bound(folder, "kpis:\n  made: {source: cycles, value: sum(qty), window: 1h}\n")


def hourly(first: dt.datetime, count: int, step: float = HOUR) -> Points:
    starts = [first.timestamp() + step * at for at in range(count)]
    return Points(
        "made", (), [()], starts, [each + step for each in starts], step, 1, np.zeros((1, count)),
        np.zeros((1, count), dtype=np.int64),
    )  # fmt: skip


def test_hours_of_a_shift_have_keys_of_their_own_and_what_lies_outside_one(tmp_path: Path) -> None:
    """Early goes from 6 to 14, Late from 14 to 22 on the local clock (Berlin)."""
    midnight = dt.datetime(2026, 6, 23, 22, tzinfo=dt.UTC)
    found = Calendars().of(site(tmp_path), hourly(midnight, 48), 24)
    assert found.special is None
    keys = found.keys
    assert keys is not None
    assert len(keys) == 72
    assert (keys[:6] == 0).all()
    assert (keys[22:24] == 0).all()
    assert len(set(keys[6:22].tolist())) == 16
    np.testing.assert_array_equal(keys[:24], keys[24:48])
    np.testing.assert_array_equal(keys[:24], keys[48:])


def test_the_same_calendar_is_the_same_object_until_the_points_move(tmp_path: Path) -> None:
    calendars, binding, midnight = Calendars(), site(tmp_path), dt.datetime(2026, 6, 23, 22, tzinfo=dt.UTC)
    first = calendars.of(binding, hourly(midnight, 48), 24)
    assert calendars.of(binding, hourly(midnight, 48), 24) is first
    assert calendars.of(binding, hourly(midnight, 49), 24) is not first


def test_points_longer_than_a_shift_have_no_keys(tmp_path: Path) -> None:
    days = hourly(dt.datetime(2026, 6, 1, 22, tzinfo=dt.UTC), 20, 24 * HOUR)
    assert Calendars().of(site(tmp_path), days, 5).keys is None


def test_holidays_are_special_and_their_shifts_do_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binding = site(tmp_path, holidays="{add: {2026-06-25: Works outing}}", monkeypatch=monkeypatch)
    found = Calendars().of(binding, hourly(dt.datetime(2026, 6, 23, 22, tzinfo=dt.UTC), 48), 24)
    assert found.special is not None
    assert found.keys is not None
    assert found.special.tolist() == [0] * 24 + [1] * 24 + [0] * 24
    assert (found.keys[24:48] == 0).all()
    assert (found.keys[6:22] > 0).all()


def test_a_kpi_that_follows_its_shifts_is_forecast_by_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Crew A makes 100 an hour, crew B 60, and which of them comes is told by the calendar alone: after three weeks a
    week's season is too short to be learned, and a day's is wrong each day."""
    binding = site(tmp_path, FOUR_ON, monkeypatch=monkeypatch)
    midnight = dt.datetime(2026, 6, 7, 22, tzinfo=dt.UTC)
    past, horizon = 15 * 24 + 5, 12
    calendar = Calendars().of(binding, hourly(midnight, past), horizon)
    assert calendar.keys is not None
    rate = np.where(calendar.keys == 0, 0.0, np.where(calendar.keys < 1000, 100.0, 60.0))
    values = rate[:past] + np.random.default_rng(2).normal(0, 2, past)
    truth = rate[past:]
    with_keys = forecast(values, (24, 168), horizon, (0.8,), calendar=calendar)
    without = forecast(values, (24, 168), horizon, (0.8,))
    assert isinstance(with_keys, Forecast)
    assert isinstance(without, Forecast)
    errors = [float(np.abs(each.point - truth).mean()) for each in (with_keys, without)]
    assert errors[0] < 4
    assert errors[1] > 2 * errors[0]
