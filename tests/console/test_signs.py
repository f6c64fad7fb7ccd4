from __future__ import annotations

import tokenize
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

from opsconsole.console import signs
from opsconsole.console.draw.charts import BLOCKS
from opsconsole.console.key_names import key_name, show_in_ascii
from opsconsole.console.signs import ASCII, sign, to_ascii
from opsconsole.engine.messages import Status

HERE = Path(signs.__file__).parent.parent
# What can stand at one place: it must stay different on a terminal without UTF-8.
TOGETHER: dict[str, Iterable[str]] = {
    "the state of a KPI": [sign(status) for status in get_args(Status)],
    "the glyph of what a chart or a list marks": [signs.GLYPHS[status] for status in get_args(Status)] + ["≈", " "],
    "the priority of an alert or a notice, or whether it is clipped": ["▲", "◆", "▽", "·", "○", "◌", "●", "…"],
    "the state of a source": signs.SOURCE_SIGNS.values(),
    "which way a figure went, and how bad an alert is": ["↑", "↓", "→", "–", "▽", "▲", "◆"],
    "a bullet": ["├", "┼", "╎", "█", "━", "─"],
    "a limit across a chart, and its columns": ["┄", "█", " ", "┊"],
    "what is drawn on a KPI's chart": ["•", "x", "*", "#", "╌", "░", "┊", "┄", "─", "│", " "],
    "a heat map": ["·", "░", "▒", "▓", "█"],
    "cursor, mark": ["▸", "✓", " "],
    "a sparkline's low, middle and high": [BLOCKS[1], BLOCKS[4], BLOCKS[8]],
    "what a target is": ["≥", "≤", "="],
}


@pytest.mark.parametrize("place", TOGETHER)
def test_what_can_stand_at_one_place_stays_different_in_ascii(place: str) -> None:
    shown = [to_ascii(each) for each in TOGETHER[place]]
    assert len(set(shown)) == len(shown), shown


def test_no_sign_becomes_a_digit_or_looks_like_a_figure() -> None:
    assert not [chr(code) for code, shown in ASCII.items() if str(shown).isdigit()]
    # what is missing never shows as nothing
    assert "0" not in to_ascii(sign("novalue"))


def test_every_sign_of_the_screen_has_its_own_in_ascii() -> None:
    missing: set[tuple[str, str]] = set()
    files = [*(HERE / "console").rglob("*.py"), HERE / "engine" / "telling.py", HERE / "site" / "figures.py"]
    for path in files:
        with path.open(encoding="utf-8") as source:
            for token in tokenize.generate_tokens(source.readline):
                if token.type == tokenize.COMMENT or token.string.startswith('"""'):
                    continue
                missing |= {(path.name, char) for char in token.string if to_ascii(char) == "?" and char not in "?◌"}
    assert missing == set()


def test_arrows_of_keys_are_words_where_they_would_look_like_other_keys() -> None:
    try:
        show_in_ascii(True)
        assert [key_name(key) for key in ("enter", "left", "<", "q")] == ["Enter", "Left", "<", "q"]
    finally:
        show_in_ascii(False)
    assert key_name("enter") == "↵"
