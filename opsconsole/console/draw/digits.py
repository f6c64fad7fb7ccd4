"""Figures in large digits of block characters, to be read from afar."""

from __future__ import annotations

from collections.abc import Sequence

FONT: dict[str, tuple[str, ...]] = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": (" # ", "## ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", "###", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    "-": ("   ", "   ", "###", "   ", "   "),
    ".": (" ", " ", " ", " ", "#"),
    ",": (" ", " ", " ", " ", "#"),
    ":": (" ", "#", " ", "#", " "),
    " ": (" ", " ", " ", " ", " "),
}
"""Five points high, three wide (signs one)."""
ALIKE = {"–": "-", "−": "-", "\u202f": " ", "\u00a0": " "}
SMALL = 3
"""Lines of the smallest size: two points to a cell."""
SCALES = ((3, 6), (2, 4), (1, 2))
"""Larger sizes: (lines, cells) of a point; cells are about twice as high as they are wide."""


def large(text: str, cells: int, lines: int) -> list[str]:
    """`text` as large as it fits in so many cells and lines, each line of one width; empty where it does not fit.

    Only figures can be written: a text with anything else gives nothing.
    """
    shapes = [FONT.get(ALIKE.get(char, char)) for char in text]
    known = [shape for shape in shapes if shape is not None]
    if not text or len(known) < len(shapes):
        return []
    points = [" ".join(shape[y] for shape in known) for y in range(5)]
    for high, wide in SCALES:
        if 5 * high <= lines and len(points[0]) * wide <= cells:
            return [row.replace("#", "█").translate(_wider(wide)) for row in points for _ in range(high)]
    return _halves([*points, " " * len(points[0])]) if lines >= SMALL and len(points[0]) <= cells else []


def _wider(by: int) -> dict[int, str]:
    return {ord("█"): "█" * by, ord(" "): " " * by}


def _halves(points: Sequence[str]) -> list[str]:
    """Two rows of points on a line."""
    blocks = {"  ": " ", "# ": "▀", " #": "▄", "##": "█"}
    pairs = zip(points[::2], points[1::2], strict=True)
    return ["".join(blocks[upper + lower] for upper, lower in zip(*pair, strict=True)) for pair in pairs]
