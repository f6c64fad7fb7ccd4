"""Durations in words and back."""

# ruff: noqa: E501
# Tables of cases read better with one case to a line.
from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.site.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("10s", 10), ("8h", 28800), ("1h30m", 5400), ("1h 30min", 5400), ("400d", 34560000), ("2w", 1209600), ("250ms", 0.25), ("1.5h", 5400), ("0s", 0)],
)  # fmt: skip
def test_durations_are_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("10", "has no unit"),
        ("", "is empty"),
        ("-5s", "is no duration"),
        ("5 parsecs", "is no duration"),
        ("30m1h", "units out of order"),
        ("1h1h", "units out of order"),
        ("99999999d", "longer than 100 years"),
        ("10S", "is no duration"),
    ],
)
def test_what_is_no_duration_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_duration(text)


@given(st.integers(0, 36500 * 86400 * 1000))
def test_what_is_written_is_read_back(milliseconds: int) -> None:
    assert round(parse_duration(format_duration(milliseconds / 1000)) * 1000) == milliseconds


@given(st.text(max_size=30))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_duration(text) >= 0
