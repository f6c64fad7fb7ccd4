"""A Markdown page as lines of the screen: headings, lists, emphasis, code; what is a step has a box to tick."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from opsconsole.console.text import Line, clip, fit, inert, line_width, width
from opsconsole.engine.messages import ProcedureStep
from opsconsole.site.markdown import Block, blocks, inline

STYLES = {"": "", "bold": "bold", "emphasis": "emphasis", "code": "bold"}
ASIDE = 60
"""From so many cells on, who ticked a step stands at the right of it."""


class Drawn(Struct, frozen=True):
    """A line of the page, and the number of the step that it belongs to (0: none)."""

    line: Line
    step: int = 0


def page(text: str, steps: Mapping[int, tuple[ProcedureStep, str]], cells: int, title: str = "") -> list[Drawn]:
    """The lines of a page. `steps`: by the line of the file a step and who ticked it when, in words for people.

    A first heading that says only `title`, which stands above the page already, is left out.
    """
    out: list[Drawn] = []
    before: Block | None = None
    for number, block in enumerate(blocks(text)):
        if not number and block.kind == "heading" and "".join(piece for piece, _ in inline(block.text)) == title:
            continue
        if before is not None and not (before.kind == block.kind == "item"):
            out.append(Drawn([]))
        step, by = steps.get(block.line, (None, "")) if block.kind in ("item", "heading") else (None, "")
        if step is not None:
            out += [Drawn(line, step.number) for line in _step(block, step, by, cells)]
        else:
            out += [Drawn(line) for line in _block(block, cells)]
        before = block
    return out


def _step(block: Block, step: ProcedureStep, by: str, cells: int) -> list[Line]:
    """A step with its box; who ticked it stands at the right, or below where there is no room."""
    ticked = step.ticked_at is not None
    head: Line = [(" [✓] " if ticked else " [ ] ", "" if ticked else "bold"), (f"{step.number}. ", "dim")]
    aside = width(by) + 2 if by and cells >= ASIDE else 0
    lines = _hanging(head, spans(block.text, "dim" if ticked else ""), cells - 1 - aside)
    if by and aside:
        lines[0] = [*fit(lines[0], cells - 1 - aside), ("  ", ""), (by, "dim"), (" ", "")]
    elif by:
        lines.append([(" " * line_width(head), ""), (clip(by, cells - line_width(head)), "dim")])
    return lines


def _block(block: Block, cells: int) -> list[Line]:
    indent = " " + "   " * block.level if block.kind != "heading" else " "
    if block.kind == "heading":
        return _hanging([(indent, "")], spans(block.text, "bold"), cells)
    if block.kind == "item":
        box = {None: f"{inert(block.marker)} ", True: "[✓] ", False: "[ ] "}[block.task]
        return _hanging([(indent + box, "dim")], spans(block.text), cells)
    if block.kind == "code":
        return [[(f"{indent}│ ", "dim"), (inert(line), "bold")] for line in block.text.split("\n")]
    if block.kind == "quote":
        return [[(f"{indent}│ ", "dim"), *line] for line in wrapped(spans(block.text, "dim"), cells - 3)]
    if block.kind == "rule":
        return [[(indent, ""), ("─" * max(0, cells - 2), "rule")]]
    return _hanging([(indent, "")], spans(block.text), cells)


def spans(text: str, style: str = "") -> Line:
    """A text with its emphasis, harmless to a terminal."""
    return [(inert(piece), f"{style} {STYLES[own]}".strip()) for piece, own in inline(text)]


def _hanging(head: Line, text: Line, cells: int) -> list[Line]:
    """A text after a head; its other lines begin below its first word."""
    room = line_width(head)
    body = wrapped(text, max(8, cells - room))
    return [[*(head if not at else [(" " * room, "")]), *line] for at, line in enumerate(body or [[]])]


def wrapped(text: Line, cells: int) -> list[Line]:
    """Spans in lines of at most so many cells, broken at blanks; a longer word is cut into pieces."""
    lines: list[Line] = []
    line: Line = []
    room = cells
    for word in _words(text):
        size = line_width(word)
        if line and size + 1 > room:
            lines.append(line)
            line, room = [], cells
        if line:
            line.append((" ", ""))
            room -= 1
        if size > room:
            *full, word = _cut(word, cells)
            lines += full
            size = line_width(word)
        line += word
        room -= size
    return [*lines, line] if line else lines


def _words(text: Line) -> list[Line]:
    """The words of a text, each in the spans it is made of."""
    words: list[Line] = []
    joined = False
    for piece, style in text:
        parts = piece.split(" ")
        for at, part in enumerate(parts):
            if part and joined and not at:
                words[-1].append((part, style))
            elif part:
                words.append([(part, style)])
        joined = bool(parts[-1]) if parts else joined
    return words


def _cut(word: Line, cells: int) -> list[Line]:
    """A word in pieces of so many cells."""
    pieces: list[Line] = [[]]
    room = cells
    for text, style in word:
        for char in text:
            if width(char) > room:
                pieces.append([])
                room = cells
            pieces[-1].append((char, style))
            room -= width(char)
    return pieces
