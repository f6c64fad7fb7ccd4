"""A value against its limits."""

from __future__ import annotations

from typing import Any

import pytest

from opsconsole.kpis.limits import Limits
from opsconsole.kpis.status import badness, limit_of, priority_of, status_of


def kpi(**keys: Any) -> Limits:
    return Limits(**keys)


@pytest.mark.parametrize(
    ("value", "higher", "lower"),
    [
        (100.0, "good", "critical"),
        (80.0, "good", "critical"),
        (79.9, "warning", "critical"),
        (70.0, "warning", "warning"),
        (69.9, "critical", "warning"),
        (60.0, "critical", "good"),
    ],
)
def test_a_value_on_a_limit_is_not_beyond_it(value: float, higher: str, lower: str) -> None:
    assert status_of(kpi(better="higher", warning=80.0, critical=70.0), value) == higher
    assert status_of(kpi(better="lower", warning=60.0, critical=70.0), value) == lower


@pytest.mark.parametrize(
    ("value", "banded", "limited"),
    [(20.0, "good", "good"), (20.5, "good", "good"), (19.4, "warning", "good"), (21.5, "warning", "warning"),
     (22.0, "warning", "warning"), (17.9, "warning", "critical")],
)  # fmt: skip
def test_around_a_target(value: float, banded: str, limited: str) -> None:
    assert status_of(kpi(better="target", target=20.0, tolerance=0.5), value) == banded
    assert status_of(kpi(better="target", target=20.0, tolerance=0.5, warning=1.0, critical=2.0), value) == limited


def test_without_limits_or_direction_or_value() -> None:
    assert status_of(kpi(), 3.0) == "nolimit"
    assert status_of(kpi(better="higher"), 3.0) == "nolimit"
    assert status_of(kpi(warning=3.0), 9.0) == "nolimit"
    assert status_of(kpi(better="higher", warning=3.0), None) == "nodata"
    assert status_of(kpi(better="lower", warning=3.0), 4.0) == "warning"
    assert status_of(kpi(better="lower", critical=3.0), 4.0) == "critical"


def test_priorities_and_the_limit_they_passed() -> None:
    one = kpi(better="lower", warning=3.0, critical=5.0)
    assert [priority_of(one, value) for value in (None, 3.0, 4.0, 6.0)] == [None, None, "warning", "critical"]
    assert [limit_of(one, priority) for priority in (None, "warning", "critical")] == [None, 3.0, 5.0]


def test_the_worst_comes_first() -> None:
    def worst(better: Any) -> float:
        return max([1.0, 5.0, 9.0], key=lambda value: badness(kpi(better=better, target=6.0), value))

    assert (worst("higher"), worst("lower"), worst("target"), worst(None)) == (1.0, 9.0, 1.0, 9.0)
    assert badness(kpi(better="higher"), None) < badness(kpi(better="higher"), 1e9)
