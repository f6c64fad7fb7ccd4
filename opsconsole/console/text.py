"""Styled lines as plain values: what every drawing function makes and the canvas shows.

A span is a text and the names of its styles (see `opsconsole.console.look`), so that drawing needs neither Textual
nor Rich objects and a test can compare what it says. Widths are terminal cells.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

Span = tuple[str, str]
Line = list[Span]

ELLIPSIS = "…"


def width(text: str) -> int:
    """How many cells `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def clip(text: str, cells: int) -> str:
    """`text` in at most `cells` cells, its end replaced by an ellipsis where it is too long."""
    if cells <= 0:
        return ""
    if width(text) <= cells:
        return text
    return set_cell_size(text, cells - 1).rstrip() + ELLIPSIS


def clip_start(text: str, cells: int) -> str:
    """Like `clip`, with the start cut off: of a path the end tells more."""
    if width(text) <= cells:
        return text
    cut = text
    while cut and width(cut) > cells - 1:
        cut = cut[1:]
    return (ELLIPSIS + cut) if cells > 0 else ""


def left(text: str, cells: int) -> str:
    """`text` clipped and padded to exactly `cells` cells."""
    clipped = clip(text, cells)
    return clipped + " " * (cells - width(clipped))


def right(text: str, cells: int) -> str:
    """Like `left`, with the text at the right."""
    clipped = clip(text, cells)
    return " " * (cells - width(clipped)) + clipped


def line_width(line: Iterable[Span]) -> int:
    """How many cells a line takes."""
    return sum(width(text) for text, _ in line)


def plain(line: Iterable[Span]) -> str:
    """The text of a line without its styles."""
    return "".join(text for text, _ in line)


def fit(line: Iterable[Span], cells: int) -> Line:
    """A line cut and padded to exactly `cells` cells; what is cut off ends in an ellipsis."""
    out: Line = []
    room = cells
    spans = list(line)
    for position, (text, style) in enumerate(spans):
        size = width(text)
        if size > room or (size == room and any(rest for rest, _ in spans[position + 1 :])):
            cut = clip(text if size > room else text + " ", room)
            out.append((cut, style))
            room -= width(cut)
            break
        out.append((text, style))
        room -= size
    if room > 0:
        out.append((" " * room, ""))
    return out


def spread(start: Line, end: Line, cells: int) -> Line:
    """`start` at the left and `end` at the right of a line; where both do not fit, `start` gives way."""
    tail = line_width(end)
    if tail >= cells:
        return fit(end, cells)
    return [*fit(start, cells - tail), *end]


def restyle(line: Iterable[Span], style: str) -> Line:
    """A line with `style` added to each of its spans."""
    return [(text, f"{own} {style}".strip()) for text, own in line]


def beside(blocks: Sequence[tuple[int, list[Line]]], gap: int, height: int) -> list[Line]:
    """Blocks (width, lines) side by side with `gap` empty cells between them, each filled up to `height` lines."""
    lines: list[Line] = []
    for y in range(height):
        line: Line = []
        for position, (cells, block) in enumerate(blocks):
            if position:
                line.append((" " * gap, ""))
            line.extend(fit(block[y] if y < len(block) else [], cells))
        lines.append(line)
    return lines


# Spaces within a figure: between its thousands, and before its unit.
_WITHIN = re.compile(r"(?<=\d) (?=\d{3}\b|%|(?:[KMG]?B|h|min|s|d|pcs)\b)")


def wrap(text: str, cells: int) -> list[str]:
    """`text` in lines of at most `cells` cells, broken at spaces but not within a figure; a longer word is cut."""
    lines: list[str] = []
    for paragraph in text.splitlines():
        current = ""
        for part in _WITHIN.sub("\0", paragraph).split():
            word = part.replace("\0", " ")
            joined = f"{current} {word}" if current else word
            if width(joined) <= cells:
                current = joined
                continue
            if current:
                lines.append(current)
            current = clip(word, cells)
        lines.append(current)
    return lines


def told(text: str, cells: int, lines: int) -> list[Line]:
    """What is said in place of rows: dim, a little to the right, on as many of `lines` as it needs; cut off after."""
    said = wrap(text, cells - 2)
    if len(said) > lines:
        said = [*said[: lines - 1], clip(" ".join(said[lines - 1 :]), cells - 2)] if lines > 0 else []
    return [fit([(f"  {line}", "dim")], cells) for line in said]


def inert(text: str) -> str:
    """`text` on one line with everything that could act on a terminal or reorder the line made visible and harmless.

    Site-controlled text passes through here before it is drawn: an escape sequence in a data file must not reach
    the terminal. C0 and DEL become their control pictures, other format and private characters a middle dot.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_harmless, text))


def _harmless(char: str) -> str:
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if char.isprintable() or char in "\u00a0\u202f\u2009\u3000":
        return char
    return "·" if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp") else " "
