"""Large digits: as large as they fit, one width on all lines, nothing where they do not."""

from __future__ import annotations

import pytest

from opsconsole.console.draw.digits import FONT, large
from opsconsole.console.signs import to_ascii


def test_sizes() -> None:
    small, middle, wide = large("71.4", 30, 4), large("71.4", 40, 5), large("71.4", 80, 10)
    assert [len(lines) for lines in (small, middle, wide)] == [3, 5, 10]
    assert [len(lines[0]) for lines in (small, middle, wide)] == [13, 26, 52]
    assert small == ["▀▀█ ▄█    █ █", "  █  █    ▀▀█", "  ▀ ▀▀▀ ▀   ▀"]
    for lines in (small, middle, wide):
        assert len({len(line) for line in lines}) == 1


def test_nothing_where_it_does_not_fit_or_cannot_be_written() -> None:
    assert large("71.4", 12, 9) == []
    assert large("71.4", 80, 2) == []
    assert large("", 80, 9) == []
    assert large("n/a", 80, 9) == []


@pytest.mark.parametrize("text", ["–3", "−3", "4 812", "4\u202f812", "10:52", "1,234"])
def test_what_numbers_and_clocks_are_made_of(text: str) -> None:
    assert len(large(text, 80, 5)) == 5


def test_digits_differ_from_each_other_also_without_block_characters() -> None:
    drawn = {char: "\n".join(large(char, 20, 3)) for char in FONT if char.strip(" ,")}
    assert len(set(drawn.values())) == len(drawn)
    assert len({to_ascii(text.replace("\n", "/")) for text in drawn.values()}) == len(drawn)
