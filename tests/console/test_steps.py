"""How far steps through the past lead."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from opsconsole.console.address import Address
from opsconsole.console.model import Model
from opsconsole.console.steps import Stride, back_by, bucket, meant, window
from opsconsole.engine.messages import KpiState, ShiftState
from tests.console import canned

BERLIN = ZoneInfo("Europe/Berlin")


def kpi(window_: str = "8 h", step: float = 900.0, start: float | None = 0.0, end: float | None = 28_800.0) -> KpiState:
    return KpiState("k", "K", "s", "good", window=window_, trend_step=step, start=start, end=end)


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (kpi(), Stride(28_800.0)),
        (kpi("12 h working"), Stride(28_800.0)),
        (kpi("day"), Stride(1, "days")),
        (kpi("week"), Stride(7, "days")),
        (kpi("quarter"), Stride(3, "months")),
        (kpi("all", start=None, end=None), Stride(9_000.0)),
        (kpi("shift"), Stride(36_000.0)),
        (None, Stride(3600.0)),
    ],
)
def test_a_window_is_as_long_as_it_says(of: KpiState | None, expected: Stride) -> None:
    assert window(of, ShiftState("Long", 0.0, 36_000.0)) == expected


def test_without_a_kpi_or_shift_steps_have_a_length_all_the_same() -> None:
    assert bucket(None) == bucket(kpi(step=0.0)) == Stride(300.0)
    assert bucket(kpi()) == Stride(900.0)
    assert window(kpi("shift"), None) == Stride(28_800.0)


@pytest.mark.parametrize(
    ("stride", "count", "moment", "there"),
    [
        (Stride(900.0), 1, "2026-06-24T00:05+02:00", "2026-06-23T23:50+02:00"),
        (Stride(3600.0), 2, "2026-10-25T03:30+01:00", "2026-10-25T02:30+02:00"),
        (Stride(1, "days"), 1, "2026-03-30T03:40+02:00", "2026-03-29T03:40+02:00"),
        (Stride(1, "days"), 1, "2026-03-29T03:40+02:00", "2026-03-28T03:40+01:00"),
        (Stride(1, "days"), 1, "2026-03-30T02:30+02:00", "2026-03-29T03:30+02:00"),
        (Stride(7, "days"), -1, "2026-10-20T10:00+02:00", "2026-10-27T10:00+01:00"),
        (Stride(1, "months"), 1, "2026-03-31T10:00+02:00", "2026-02-28T10:00+01:00"),
        (Stride(3, "months"), -1, "2026-11-30T10:00+01:00", "2027-02-28T10:00+01:00"),
        (Stride(12, "months"), 1, "2024-02-29T10:00+01:00", "2023-02-28T10:00+01:00"),
    ],
)
def test_steps_go_by_the_clocks_of_the_site(stride: Stride, count: int, moment: str, there: str) -> None:
    found = back_by(stride, count, dt.datetime.fromisoformat(moment), BERLIN)
    assert found == dt.datetime.fromisoformat(there)


def test_steps_go_by_what_a_screen_is_about() -> None:
    model = Model()
    model.load(canned.snapshot())
    expected = {
        Address("kpi", name="scrap"): "scrap",
        Address("rows", of="kpi", name="on_time"): "on_time",
        Address("alert", name="late|order=4711"): "on_time",
        Address("rows", of="alert", name="late|order=4711"): "on_time",
        Address("alert", name="gone"): "oee",
        Address("overview"): "oee",
        Address("overview", name="stations"): "scrap",
        Address("sources"): "oee",
    }
    assert {address: found.name if (found := meant(address, model)) else "" for address in expected} == expected
    assert meant(Address("overview"), Model()) is None
