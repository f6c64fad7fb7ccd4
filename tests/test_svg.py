"""The pictures of the README: drawn cell for cell, well-formed, small, and where the README says."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.pictures import pictures
from tests.svg import BLACK, CELL, COLOURS, INK, LINE, PAPER, WHITE, Screen, draw, on_white, screen_of

ROOT = Path(__file__).parent.parent
SPACE = "{http://www.w3.org/2000/svg}"


def drawn(text: str, columns: int = 20, rows: int = 2) -> ElementTree.Element:
    return ElementTree.fromstring(draw(screen_of(text.encode(), columns, rows), "a screen"))


def texts(root: ElementTree.Element) -> dict[str, tuple[float, float, str]]:
    """Each text with its cell and colour; text in the middle of its cell counts as in it."""
    return {
        str(text.text): (float(text.get("x", "")) // CELL, float(text.get("y", "")) // LINE, group.get("fill", ""))
        for group in root.iter(f"{SPACE}g")
        for text in group.findall(f"{SPACE}text")
    }


def fills(root: ElementTree.Element) -> dict[str, str]:
    return {path.get("fill", ""): path.get("d", "") for path in root.iter(f"{SPACE}path")}


def test_text_stands_in_its_cells() -> None:
    root = drawn("one two   <3>\r\n  ▲C")
    assert texts(root) == {"one two": (0, 0, INK), "<3>": (10, 0, INK), "▲": (2, 1, INK), "C": (3, 1, INK)}
    lengths = [text.get("textLength") for text in root.iter(f"{SPACE}text")]
    assert lengths == [str(7 * CELL), str(3 * CELL), None, str(CELL)]


def test_colours_bold_dim_and_reverse() -> None:
    root = drawn(
        "\x1b[1;31mred\x1b[0m \x1b[2mdim\x1b[22mclear\x1b[0m \x1b[7;33mup\x1b[0m \x1b[38;5;2mgreen", columns=30
    )
    found = texts(root)
    assert found["red"][2] == COLOURS["red"]
    assert found["dim"][2] not in (INK, PAPER)
    assert found["clear"][2] == INK
    assert found["up"][2] == PAPER
    assert fills(root)[COLOURS["brown"]] == f"M{13 * CELL} 0h{2 * CELL}v{LINE}h-{2 * CELL}z"
    assert found["green"][2] == "#00cd00", "a 2 that is part of a colour is not dim"
    bold = [group.get("fill") for group in root.iter(f"{SPACE}g") if group.get("font-weight")]
    assert bold == [COLOURS["red"]]


def test_blocks_and_lines_are_rectangles_without_gaps() -> None:
    root = drawn("██▄▌\r\n━━━┤")
    assert texts(root) == {}
    way = fills(root)[INK]
    assert f"M0 0h{2 * CELL}v{LINE}" in way, "one rectangle for a run"
    assert f"M{2 * CELL} {LINE / 2:g}h{CELL}" in way
    assert f"M{3 * CELL} 0h{CELL / 2:g}v{LINE}" in way
    assert f"h{3 * CELL}v3.2" in way


def test_every_sign_of_the_console_can_be_drawn() -> None:
    signs = "".join(chr(number) for number in range(0x2500, 0x2594))
    console = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "opsconsole/console").rglob("*.py"))
    used = [sign for sign in signs if sign in console]
    assert len(used) > 25
    for sign in used:
        assert fills(drawn(sign)), f"{sign} left out"


def test_a_screen_keeps_dim_apart() -> None:
    screen = Screen(4, 1)
    screen.select_graphic_rendition(2)
    screen.draw("a")
    screen.select_graphic_rendition(0)
    screen.draw("b")
    assert [screen.buffer[0][column].blink for column in (0, 1)] == [True, False]


@pytest.mark.parametrize("path", pictures(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_picture_is_there_well_formed_and_small(path: Path) -> None:
    assert path.stat().st_size < 100_000
    root = ElementTree.parse(path).getroot()
    assert root.find(f"{SPACE}title") is not None
    assert len(list(root.iter(f"{SPACE}text"))) > 30


def test_a_light_theme_stands_on_white() -> None:
    found = on_white(draw(screen_of(b"quiet", 20, 2), "a screen"))
    assert WHITE in found
    assert BLACK in found
    assert PAPER not in found
    assert INK not in found


def test_the_readme_shows_what_the_script_draws_and_nothing_else_lies_there() -> None:
    shown = re.findall(r"!\[[^]]{20,}\]\(([^)]+\.svg)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    drawn = {f"layouts/{path.parent.name}/{path.name}" for path in pictures()}
    assert set(shown) == drawn, "`python -m tests.pictures` draws them"
    assert drawn == {str(path.relative_to(ROOT)) for path in (ROOT / "layouts").rglob("*.svg")}
    assert len(drawn) <= 12
