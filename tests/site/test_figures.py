from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.site.figures import figure, number, size, write_with


@pytest.fixture(autouse=True)
def _as_everywhere() -> Iterator[None]:
    yield
    write_with(".", " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (-0.0, "0"), (4812, "4 812"), (-4812, "-4 812"), (12_304_000.4, "12 304 000"), (123.456, "123.5"),
        (12.3456, "12.35"), (-12.3456, "-12.35"), (0.1234, "0.12"), (0.0123, "0.0123"), (0.00123, "0.00123"),
        (-0.0000123, "-0.0000123"), (1.23e-7, "1.23e-07"), (999_999_999_999_999, "999 999 999 999 999"),
        (1.234e16, "1.23e+16"), (float("inf"), "∞"), (float("-inf"), "-∞"), (float("nan"), "–"), (None, "–"),
    ],
)  # fmt: skip
def test_a_figure_without_decimals_keeps_its_significant_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_decimals_that_are_set_are_kept_and_nothing_is_minus_nothing() -> None:
    assert number(-0.04, 1) == "0.0"
    assert number(0.00004, 2) == "0.00"
    assert number(2.5e15, 1) == "2.5e+15"
    assert figure(71.42, "%", 1) == "71.4 %"
    assert figure(None, "%") == "–"


def test_separators_are_a_persons_own() -> None:
    write_with(",", ".")
    assert number(-12_304.56, 1) == "-12.304,6"
    assert number(1.23e-7) == "1,23e-07"
    assert size(5_600_000) == "5,6 MB"
    write_with(".", ",")
    assert number(-12_304.56, 1) == "-12,304.6"
    write_with(",", "")
    assert number(12_304.56, 1) == "12304,6"
    write_with(".", "'")
    assert number(12_304.56, 1) == "12'304.6"
    write_with(".", " ")
    assert number(12_304.56, 1) == "12 304.6"


@given(st.floats(-1e300, 1e300), st.sampled_from([None, 0, 1, 3]))
def test_a_figure_is_never_nothing_unless_it_is_or_its_decimals_say_so(value: float, decimals: int | None) -> None:
    text = number(value, decimals)
    assert len(text) <= 25
    half = 0.51 * 10 ** -(30 if decimals is None else decimals)
    assert float(text.replace(" ", "")) == pytest.approx(value, rel=0.06, abs=half)
