"""The hours that clocks skip and repeat, against the zone database itself."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.tables import hours

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "America/Sao_Paulo")


@pytest.mark.parametrize("zone", ZONES)
@given(moment=st.datetimes(dt.datetime(1990, 1, 2), dt.datetime(2035, 12, 30)))
def test_a_local_time_is_odd_where_it_has_no_moment_or_two(zone: str, moment: dt.datetime) -> None:
    local = moment.replace(microsecond=0)
    skipped, repeated = hours.odd(zone, local.year)
    first, second = (local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    back = first.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert any(start <= local < end for start, end in skipped) == (back != local)
    assert any(start <= local < end for start, end in repeated) == (back == local and first != second)


def test_the_nights_of_berlin() -> None:
    skipped, repeated = hours.odd("Europe/Berlin", 2024)
    assert skipped == ((dt.datetime(2024, 3, 31, 2), dt.datetime(2024, 3, 31, 3)),)
    assert repeated == ((dt.datetime(2024, 10, 27, 2), dt.datetime(2024, 10, 27, 3)),)
