"""Tests of `opsconsole.cli.show_forecast`."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from opsconsole.cli.show_forecast import LINES, _printed

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("start", "step", "count", "minutes"),
    [
        ("2026-06-24 23:20", 20, 24, {0}),
        ("2026-06-24 10:05", 5, 48, {0, 30}),
        ("2026-10-24 23:20", 20, 36, {0}),  # the night on which the clocks go back
    ],
)
def test_what_is_printed_is_at_round_times(start: str, step: int, count: int, minutes: set[int]) -> None:
    first = dt.datetime.fromisoformat(start).replace(tzinfo=BERLIN).timestamp()
    ahead = [first + 60.0 * step * at for at in range(count)]
    found = _printed(ahead, BERLIN)
    assert LINES // 3 <= len(found) <= LINES
    assert {dt.datetime.fromtimestamp(ahead[at], BERLIN).minute for at in found} == minutes


def test_steps_that_meet_no_round_time_are_each_second_one() -> None:
    ahead = [1_780_000_007.0 + 60.0 * at for at in range(20)]
    assert list(_printed(ahead, BERLIN)) == list(range(1, 20, 2))
    assert list(_printed(ahead[:5], BERLIN)) == list(range(5))
