"""Draws what an emulated terminal shows as an SVG picture, cell for cell.

Text is placed run by run with its exact length, so that it stands in its cells whatever monospace font the viewer has.
Blocks and lines are rectangles: fonts leave gaps between them.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import pyte

CELL, LINE, MARGIN, SIZE = 9, 19, 14, 15
PAPER, INK = "#101418", "#d3d7dc"
WHITE, BLACK = "#ffffff", "#24292f"
FONTS = "'DejaVu Sans Mono','Cascadia Mono',Menlo,Consolas,'Liberation Mono',monospace"
# the names are pyte's: "brown" is yellow
COLOURS = {
    "default": INK,
    "black": "#1d2329",
    "red": "#f0605a",
    "green": "#6cc26b",
    "brown": "#e3b341",
    "blue": "#6aa5f2",
    "magenta": "#c68cf0",
    "cyan": "#4fc1cf",
    "white": "#d3d7dc",
    "brightblack": "#6b747d",
    "brightred": "#ff7b72",
    "brightgreen": "#8ddb8c",
    "brightbrown": "#f2cc60",
    "brightblue": "#8fc0ff",
    "brightmagenta": "#d9b0ff",
    "brightcyan": "#76dfe8",
    "brightwhite": "#ffffff",
}
FAINT = 0.55  # how much of its colour dim text keeps
THIN, THICK = 1.4, 3.2
# Arms of a line from the middle of its cell: up, right, down, left; 1 thin, 2 thick, 3 double.
ARMS = {
    "─": (0, 1, 0, 1), "━": (0, 2, 0, 2), "│": (1, 0, 1, 0), "┃": (2, 0, 2, 0), "╸": (0, 0, 0, 2), "╺": (0, 2, 0, 0),
    "┌": (0, 1, 1, 0), "┐": (0, 0, 1, 1), "└": (1, 1, 0, 0), "┘": (1, 0, 0, 1), "├": (1, 1, 1, 0), "┤": (1, 0, 1, 1),
    "┬": (0, 1, 1, 1), "┴": (1, 1, 0, 1), "┼": (1, 1, 1, 1), "┫": (2, 0, 2, 2), "╭": (0, 1, 1, 0), "╮": (0, 0, 1, 1),
    "╰": (1, 1, 0, 0), "╯": (1, 0, 0, 1), "┏": (0, 2, 2, 0), "┓": (0, 0, 2, 2), "┗": (2, 2, 0, 0), "┛": (2, 0, 0, 2),
    "═": (0, 3, 0, 3), "║": (3, 0, 3, 0), "╔": (0, 3, 3, 0), "╗": (0, 0, 3, 3), "╚": (3, 3, 0, 0), "╝": (3, 0, 0, 3),
}  # fmt: skip
ACROSS = {"╌": 2, "┄": 3, "┈": 4}
SHADES = {"░": 4, "▒": 2, "▓": 1}
"""Every how many points of a shade there is one; the darkest has larger ones."""
DOWN = {"╎": 2, "┆": 3, "┊": 4}


class Rectangle(NamedTuple):
    """A filled rectangle, in pixels."""

    x: float
    y: float
    width: float
    height: float


class Look(NamedTuple):
    """How a cell's sign is painted, and on what."""

    ink: str
    paper: str
    bold: bool
    italics: bool
    line: bool


class Screen(pyte.Screen):
    """A screen that knows dim text, which pyte does not: it is kept as `blink`."""

    def select_graphic_rendition(self, *attrs: int) -> None:
        """Set the style of what is drawn next."""
        super().select_graphic_rendition(*_dim_as_blink(attrs))


def _dim_as_blink(attrs: tuple[int, ...]) -> Iterator[int]:
    rest = iter(attrs)
    for attr in rest:
        if attr in (38, 48):  # a colour: its parts are no styles
            kind = next(rest, 5)
            yield from (attr, kind, *itertools.islice(rest, 3 if kind == 2 else 1))
        elif attr == 2:
            yield 5
        elif attr == 22:
            yield from (22, 25)
        else:
            yield attr


def screen_of(raw: bytes, columns: int, rows: int) -> Screen:
    """The screen after all that a program has sent."""
    screen = Screen(columns, rows)
    pyte.ByteStream(screen).feed(raw)
    return screen


def draw(screen: Screen, label: str) -> str:
    """The picture of a screen; `label` is its text for who cannot see it."""
    shapes: dict[str, list[Rectangle]] = defaultdict(list)
    papers: dict[str, list[Rectangle]] = defaultdict(list)
    texts: dict[Look, list[str]] = defaultdict(list)
    for row in range(screen.lines):
        cells = [screen.buffer[row][column] for column in range(screen.columns)]
        column = 0
        for look, group in itertools.groupby(cells, _look):
            signs = "".join(cell.data or " " for cell in group)
            box = Rectangle(column * CELL, row * LINE, len(signs) * CELL, LINE)
            if look.paper != PAPER:
                papers[look.paper].append(box)
            if look.line:
                shapes[look.ink].append(Rectangle(box.x, box.y + LINE - 2.5, box.width, 1.2))
            for start, piece in _pieces(signs):
                shapes[look.ink] += _shape(piece, column + start, row)
                if not _shapes(piece):
                    texts[look._replace(paper=PAPER, line=False)].append(_text(piece, column + start, row))
            column += len(signs)
    return _document(screen, label, papers, shapes, texts)


def on_white(picture: str) -> str:
    """A picture of a light theme, as a terminal with a white ground has it: the colours of the theme are its own."""
    return picture.replace(PAPER, WHITE).replace(INK, BLACK)


def _look(cell: Any) -> Look:
    ink, paper = _colour(cell.fg, INK), _colour(cell.bg, PAPER)
    if cell.reverse:
        ink, paper = paper, ink
        if cell.blink:
            paper = _mix(paper, PAPER)
    elif cell.blink:
        ink = _mix(ink, paper)
    line = cell.underscore and bool(cell.data.strip())
    if cell.data == " ":  # nothing of the ink is seen
        return Look(INK, paper, False, False, line)
    return Look(ink, paper, cell.bold, cell.italics, line)


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    return COLOURS.get(name.replace("bfight", "bright"), f"#{name}")


def _mix(colour: str, other: str) -> str:
    parts = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + "".join(f"{round(a * FAINT + b * (1 - FAINT)):02x}" for a, b in parts)


def _pieces(signs: str) -> Iterator[tuple[int, str]]:
    """What is drawn together: words with single spaces between them, equal shapes, and each other sign by itself."""
    start = 0
    for piece in _split(signs):
        if piece.strip():
            yield start + len(piece) - len(piece.lstrip()), piece.strip()
        start += len(piece)


def _split(signs: str) -> Iterator[str]:
    piece = ""
    for sign in signs:
        same = sign == piece[-1:] if _shapes(sign) else not _shapes(piece) and not _alone(sign) and not _alone(piece)
        gap = piece.endswith("  ") and sign != " "
        if (piece and not same) or gap:
            yield piece
            piece = ""
        piece += sign
    yield piece


def _shapes(piece: str) -> bool:
    return "\u2500" <= piece[:1] <= "\u259f"


def _alone(piece: str) -> bool:
    """Whether a sign may come from another font, with another width."""
    return piece[:1] >= "\u2190" and not _shapes(piece)


def _shape(piece: str, column: int, row: int) -> Iterable[Rectangle]:
    """The rectangles of a run of one block or line sign."""
    if not _shapes(piece):
        return []
    sign, x, y, width = piece[0], column * CELL, row * LINE, len(piece) * CELL
    number = ord(sign)
    if "▁" <= sign <= "█":
        height = LINE * (number - 0x2580) / 8
        return [Rectangle(x, y + LINE - height, width, height)]
    if sign == "▀":
        return [Rectangle(x, y, width, LINE / 2)]
    if sign in SHADES:
        return _points(x, y, width, SHADES[sign])
    at = [x + CELL * n for n in range(len(piece))]
    if "▉" <= sign <= "▏":
        return [Rectangle(left, y, CELL * (0x2590 - number) / 8, LINE) for left in at]
    if sign in ("─", "━"):
        return [_arm(x, y, width, 0, 1, ARMS[sign][1])]
    return [found for left in at for found in _line(sign, left, y)]


def _line(sign: str, x: float, y: float) -> Iterator[Rectangle]:
    if sign in ACROSS:
        step = CELL / ACROSS[sign]
        yield from (Rectangle(x + step * n, y + LINE / 2 - THIN / 2, step / 2, THIN) for n in range(ACROSS[sign]))
        return
    if sign in DOWN:
        step = LINE / DOWN[sign]
        yield from (Rectangle(x + CELL / 2 - THIN / 2, y + step * n, THIN, step / 2) for n in range(DOWN[sign]))
        return
    up, right, down, left = ARMS[sign]
    if 3 in ARMS[sign]:
        for off in (-2.0, 2.0):  # both lines of a double one, which do not mind how they meet
            for at, kind in enumerate((left, right)):
                yield from [Rectangle(x + CELL / 2 * at, y + LINE / 2 + off, CELL / 2, THIN)] if kind else []
            for at, kind in enumerate((up, down)):
                yield from [Rectangle(x + CELL / 2 + off, y + LINE / 2 * at, THIN, LINE / 2)] if kind else []
        return
    yield from (_arm(x, y, CELL, begin, begin + 0.5, kind) for begin, kind in ((0.0, left), (0.5, right)) if kind)
    for begin, kind in ((0.0, up), (0.5, down)):
        if kind:
            thick = THICK if kind == 2 else THIN
            yield Rectangle(x + CELL / 2 - thick / 2, y + LINE * begin, thick, LINE / 2)


def _points(x: float, y: float, width: float, every: int) -> list[Rectangle]:
    """A shade as rows of points, in each other row between those above."""
    size, step = (2.2, 3.0) if every == 1 else (1.5, 3.0)
    across, rows = int(width / step), int(LINE / step) + 1
    places = ((column, row) for row in range(rows) for column in range(across))
    wanted = [(column, row) for column, row in places if (column + row * (every // 2)) % every == 0]
    return [Rectangle(x + column * step, y + row * step, size, min(size, LINE - row * step)) for column, row in wanted]


def _arm(x: float, y: float, width: float, begin: float, end: float, kind: int) -> Rectangle:
    """A horizontal line through the middle of cells, from one part of their width to another."""
    thick = THICK if kind == 2 else THIN
    return Rectangle(x + width * begin, y + LINE / 2 - thick / 2, width * (end - begin), thick)


def _text(piece: str, column: int, row: int) -> str:
    x, y = column * CELL, row * LINE + LINE - 5
    if _alone(piece):
        return f'<text x="{x + CELL / 2:g}" y="{y}" text-anchor="middle">{escape(piece)}</text>'
    return f'<text x="{x}" y="{y}" textLength="{len(piece) * CELL}">{escape(piece)}</text>'


def _document(
    screen: Screen,
    label: str,
    papers: dict[str, list[Rectangle]],
    shapes: dict[str, list[Rectangle]],
    texts: dict[Look, list[str]],
) -> str:
    width, height = screen.columns * CELL + 2 * MARGIN, screen.lines * LINE + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" font-family="{FONTS}" font-size="{SIZE}">',
        f"<title>{escape(label)}</title>",
        f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER}"/>',
        f'<g transform="translate({MARGIN} {MARGIN})">',
    ]
    for filled in (papers, shapes):
        for colour, boxes in filled.items():
            if boxes:
                way = "".join(f"M{b.x:.5g} {b.y:.5g}h{b.width:.4g}v{b.height:.4g}h-{b.width:.4g}z" for b in boxes)
                parts.append(f'<path fill="{colour}" d="{way}"/>')
    for look, found in texts.items():
        weight = ' font-weight="700"' if look.bold else ""
        slant = ' font-style="italic"' if look.italics else ""
        parts += [f'<g fill="{look.ink}"{weight}{slant}>', *found, "</g>"]
    return "\n".join([*parts, "</g>", "</svg>", ""])
