"""As much of Markdown as a procedure needs: headings, lists, code, quotes, emphasis, links. Pure.

What it does not know (tables, HTML, footnotes) stays as it is written, so that nothing a person wrote is lost.
"""

from __future__ import annotations

import html
import re
from typing import Literal

from msgspec import Struct

Kind = Literal["heading", "text", "item", "code", "quote", "rule"]

_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})(.*)")
_HEADING = re.compile(r"\s{0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*")
_UNDERLINE = re.compile(r"\s{0,3}(=+|-+)\s*")
_RULE = re.compile(r"\s{0,3}([-*_])(?:\s*\1){2,}\s*")
_ITEM = re.compile(r"(\s*)(?:([-*+])|(\d{1,9})[.)])(?:\s+(?:\[([ xX])\](?=\s))?\s*(.*))?")
_QUOTE = re.compile(r"\s{0,3}>\s?(.*)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LONGEST = 10_000
"""Characters of a paragraph in which emphasis is looked for; a longer one is no prose."""

_INLINE = re.compile(
    r"\\(?P<plain>[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`+)(?P<code>[^`].*?)(?P=ticks)(?!`)"
    r"|(?P<strong>\*\*|__)(?P<bold>\S(?:.*?\S)?)(?P=strong)"
    r"|\*(?P<star>[^\s*](?:[^*]*[^\s*])?)\*"
    r"|(?<!\w)_(?P<under>[^\s_](?:[^_]*[^\s_])?)_(?!\w)"
    r"|!?\[(?P<label>[^\]]*)\]\((?P<url>[^)\s]*)[^)]*\)"
    r"|<(?P<link>[a-z]+:[^>\s]+)>"
)


class Block(Struct, frozen=True):
    """A piece of the page, `line` of the file from 1. `level`: of a heading, or how deep an item lies (0: not within).

    Of an item `marker` is what stands before it ("3." or "•"), `ordered` whether it has a number, and `task` whether it
    is a box to tick, and ticked. The lines of `code` are as written.
    """

    kind: Kind
    text: str
    line: int
    level: int = 0
    marker: str = ""
    ordered: bool = False
    task: bool | None = None


def blocks(text: str) -> list[Block]:
    """The blocks of a text, from the top."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return _Reader(_COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text).split("\n")).read()


class _Reader:
    """Goes through the lines once; a paragraph or an item takes the lines that go on with it."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._found: list[Block] = []
        self._indents: list[int] = []
        self._loose = True  # the line before was blank, or no text that goes on

    def read(self) -> list[Block]:
        self._front_matter()
        while self._at < len(self._lines):
            self._line(self._lines[self._at])
            self._at += 1
        return self._found

    def _front_matter(self) -> None:
        """What other programs keep at the head of a page, between two lines of dashes."""
        if self._lines and self._lines[0].rstrip() == "---":
            ends = [at for at, line in enumerate(self._lines[1:], 1) if line.rstrip() in ("---", "...")]
            if ends:
                self._at = ends[0] + 1

    def _line(self, line: str) -> None:
        bare = line.strip()
        if not bare:
            self._loose = True
            return
        indent = len(line) - len(line.lstrip())
        if indent >= 4 and self._loose and not self._indents:
            self._add(Block("code", line[4:], self._at + 1))
        elif fence := _FENCE.fullmatch(line[self._within(indent) :]):
            self._code(fence[1], indent)
        elif self._goes_on_under(line):
            pass
        elif _RULE.fullmatch(line):
            self._add(Block("rule", "", self._at + 1))
        elif (heading := _HEADING.fullmatch(line)) and (heading[2] or bare == heading[1]):
            self._add(Block("heading", heading[2] or "", self._at + 1, len(heading[1])))
        elif (item := _ITEM.fullmatch(line)) and self._begins(item):
            self._item(item, indent)
        elif quote := _QUOTE.fullmatch(line):
            self._joined("quote", quote[1])
        else:
            self._paragraph(bare, indent)

    def _begins(self, item: re.Match[str]) -> bool:
        """Whether an item begins here; in the midst of prose a number other than 1, or a lone sign, is prose."""
        prose = not self._loose and bool(self._found) and self._found[-1].kind == "text"
        return not prose or (item[5] is not None and item[3] in (None, "1"))

    def _goes_on_under(self, line: str) -> bool:
        """Whether a line of signs makes the paragraph above it a heading."""
        sign = _UNDERLINE.fullmatch(line)
        if sign is None or self._loose or not self._found or self._found[-1].kind != "text":
            return False
        last = self._found.pop()
        self._add(Block("heading", last.text, last.line, 1 if sign[1][0] == "=" else 2))
        return True

    def _within(self, indent: int) -> int:
        """Blanks that belong to the item which a line lies in."""
        return max((each for each in self._indents if each <= indent), default=0)

    def _code(self, fence: str, indent: int) -> None:
        self._end_items(indent)
        first, depth = self._at + 1, len(self._indents)
        lines: list[str] = []
        self._at += 1
        while self._at < len(self._lines):
            bare = self._lines[self._at].strip()
            if bare.startswith(fence) and not bare.strip(fence[0]):
                break
            lines.append(self._lines[self._at][self._indents[-1] if depth else 0 :])
            self._at += 1
        self._found.append(Block("code", "\n".join(lines), first, depth))
        self._loose = True

    def _item(self, item: re.Match[str], indent: int) -> None:
        self._end_items(indent)
        marker = f"{item[3]}." if item[3] else "•"
        task = None if item[4] is None else item[4] != " "
        depth = len(self._indents)
        self._found.append(Block("item", (item[5] or "").strip(), self._at + 1, depth, marker, bool(item[3]), task))
        self._indents.append(indent + (len(item[3]) + 2 if item[3] else 2))
        self._loose = False

    def _paragraph(self, bare: str, indent: int) -> None:
        if not self._loose and self._found and self._found[-1].kind in ("text", "item", "quote"):
            self._extend(bare)
            return
        self._end_items(indent)
        self._found.append(Block("text", bare, self._at + 1, len(self._indents)))
        self._loose = False

    def _end_items(self, indent: int) -> None:
        """What begins further left than an item's text is no part of it."""
        while self._indents and indent < self._indents[-1]:
            self._indents.pop()

    def _joined(self, kind: Kind, text: str) -> None:
        if self._found and self._found[-1].kind == kind and not self._loose:
            self._extend(text)
        else:
            self._add(Block(kind, text, self._at + 1))
            self._loose = False

    def _extend(self, text: str) -> None:
        last = self._found[-1]
        joined = f"{last.text} {text}".strip()
        self._found[-1] = Block(last.kind, joined, last.line, last.level, last.marker, last.ordered, last.task)

    def _add(self, block: Block) -> None:
        """A block that stands by itself: what was nested before it ends."""
        self._found.append(block)
        self._indents.clear()
        self._loose = True


def inline(text: str) -> list[tuple[str, str]]:
    """A text in pieces (text, style), style being "", "bold", "emphasis" or "code"; a link's address follows it."""
    if len(text) > _LONGEST:
        return [(text, "")]
    out: list[tuple[str, str]] = []
    at = 0
    for found in _INLINE.finditer(text):
        out.append((html.unescape(text[at : found.start()]), ""))
        at = found.end()
        out.append(_piece(found))
    out.append((html.unescape(text[at:]), ""))
    return [piece for piece in out if piece[0]]


def _piece(found: re.Match[str]) -> tuple[str, str]:
    if found["plain"]:
        return found["plain"], ""
    if found["code"]:
        return found["code"].strip() or found["code"], "code"
    if found["bold"]:
        return plain(found["bold"]), "bold"
    if found["star"] or found["under"]:
        return plain(found["star"] or found["under"]), "emphasis"
    if found["link"]:
        return found["link"], ""
    label, url = plain(found["label"]), found["url"]
    return (f"{label} ({url})" if label and url and label != url else label or url), ""


def plain(text: str) -> str:
    """A text without its marks."""
    return "".join(piece for piece, _ in inline(text))
