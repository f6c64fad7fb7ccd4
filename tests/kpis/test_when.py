"""The comparisons that rules write."""

from __future__ import annotations

import pytest

from opsconsole.kpis.when import parse_when


@pytest.mark.parametrize(
    ("text", "met", "not_met"),
    [
        ("< 70", 69.9, 70.0),
        ("<=70", 70.0, 70.1),
        (" > -3.5 ", -3.4, -3.5),
        (">= 1e3", 1000.0, 999.0),
        ("= 0", 0.0, 0.1),
        ("== 2", 2.0, 3.0),
        ("!= 0", 1.0, 0.0),
        ("<> 0", 1.0, 0.0),
        ("outside 20..30", 30.1, 30.0),
        ("outside 30 to 20", 19.9, 20.0),
        ("inside 20..30", 20.0, 19.9),
        ("< 70 %", 1.0, 70.0),
    ],
)
def test_it_is_met_exactly_where_it_says(text: str, met: float, not_met: float) -> None:
    when = parse_when(text)
    assert when is not None
    assert when.met(met)
    assert not when.met(not_met)


@pytest.mark.parametrize("text", ["", "70", "< ", "< x", "70 >", "< 1 or > 3", "outside 3", "between 1..2"])
def test_what_is_no_comparison(text: str) -> None:
    assert parse_when(text) is None


def test_the_limit_of_a_range_is_its_nearer_end() -> None:
    when = parse_when("outside 20..30")
    assert when is not None
    assert (when.limit(10.0), when.limit(99.0), when.words) == (20.0, 30.0, "outside")


@pytest.mark.parametrize(
    ("text", "worse", "better"),
    [("< 70", 50, 60), (">= 3", 9, 4), ("outside 20..30", 5, 40), ("outside 20..30", 46, 5), ("!= 3", 9, 1)],
)
def test_what_is_worse(text: str, worse: float, better: float) -> None:
    when = parse_when(text)
    assert when is not None
    for value in (worse, better):
        assert when.worse(value).than(worse, better)
        assert not when.worse(value).than(better, worse)
