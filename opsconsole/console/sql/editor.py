"""The editor of SQL: its text with the cursor, what could follow, and where an error is. Draws itself; runs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

from opsconsole.console.sql.buffer import Buffer
from opsconsole.console.sql.complete import Offer, Offers, complete
from opsconsole.console.sql.tokens import Token, ended, tokens
from opsconsole.console.text import Line, clip, fit, inert, left, line_width, width
from opsconsole.engine.messages import Schema

LISTED = 6
"""So many offers are shown at once."""
WIDEST = 52
_AUTO = 2
"""After so many letters offers come by themselves."""
_PLACE = re.compile(r" at character (\d+)$")
_STYLES = {"keyword": "bold", "comment": "dim"}
# Quiet: colour is for what is wrong.


class Trouble:
    """What is wrong with the text that was run: the sentence, and the place in that text where it shows."""

    def __init__(self, said: str, text: str) -> None:
        found = _PLACE.search(said)
        self.text = text
        self.at = min(int(found[1]) - 1, len(text)) if found is not None else None
        self.said = _PLACE.sub("", said)

    def line(self) -> str:
        """The sentence, with line and column."""
        if self.at is None:
            return self.said
        number, column = Buffer(self.text).place(self.at)
        return f"line {number + 1}, column {column + 1}: {self.said}"


class Editor:
    """A text and what can be done to it by keys. `schema` gives what completion knows; `one_line` is for a prompt."""

    def __init__(self, text: str = "", schema: Callable[[], Schema | None] = lambda: None) -> None:
        self.buffer = Buffer(text)
        self.trouble: Trouble | None = None
        self.offers: Offers | None = None
        self.choice = 0
        self.statements: list[str] = []
        self.top = 0
        self.left = 0
        self._schema = schema
        self._moved = False
        self._spot = (0, 0)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.buffer.text

    def set(self, text: str) -> None:
        """Another text."""
        self.buffer.set(text)
        self.close()

    @property
    def listing(self) -> bool:
        """Whether a list to choose from is open."""
        return self.offers is not None or bool(self.statements)

    @property
    def chosen(self) -> bool:
        """Whether one of the list was chosen with the arrows, so that Enter takes it."""
        return self.listing and self._moved

    def close(self) -> None:
        """Close the list."""
        self.offers, self.statements, self.choice, self._moved = None, [], 0, False

    @property
    def whole(self) -> bool:
        """Whether Enter runs it: the statement ends with `;`, and the cursor stands behind it."""
        return ended(self.text) and not self.text[self.buffer.at :].strip()

    # --- keys ---

    def key(self, key: str, character: str | None) -> bool:
        """Take a key; False for one that means nothing here."""
        if self.listing and key in ("up", "down", "pageup", "pagedown"):
            self._choose({"up": -1, "down": 1, "pageup": -LISTED, "pagedown": LISTED}[key])
            return True
        if key == "enter" and self.chosen:
            self.accept()
            return True
        before = self.text
        taken = self.buffer.key(key, character)
        if self.text != before:
            self._typed(character)
        elif taken:
            self.close()
        return taken

    def insert(self, text: str) -> None:
        """Paste."""
        self.buffer.insert(text)
        self.close()

    def _typed(self, character: str | None) -> None:
        """Offers come by themselves while a word grows, after a dot, and where a table is expected."""
        was_open = self.offers is not None
        self.close()
        if character is None and not was_open:
            return
        found = complete(self.text, self.buffer.at, self._schema())
        typed = self.buffer.at - found.start
        dot = self.text[found.start - 1 : found.start] == "."
        if found.found and (typed >= _AUTO or dot or (was_open and typed) or not typed):
            self.offers = found

    def _choose(self, by: int) -> None:
        self._moved = True
        self.choice = max(0, min(self.choice + by, self._many() - 1))

    def _many(self) -> int:
        return len(self.statements) if self.statements else len(self.offers.found) if self.offers is not None else 0

    def complete(self) -> None:
        """Take the offer that is chosen; where no list is open, open it, or take the only one there is."""
        if self.listing:
            self.accept()
            return
        found = complete(self.text, self.buffer.at, self._schema(), asked=True)
        if len(found.found) == 1:
            self.offers = found
            self.accept()
        elif found.found and (found.start < self.buffer.at or self._after_word()):
            self.offers = found
        else:
            self.buffer.indent()

    def _after_word(self) -> bool:
        """Whether something stands on this line before the cursor: else tab is an indent."""
        line, column = self.buffer.place()
        return bool(self.buffer.lines[line][:column].strip())

    def accept(self) -> None:
        """Put what is chosen in its place."""
        if self.statements:
            self.set(self.statements[self.choice])
            return
        if self.offers is None:
            return
        offer, at = self.offers.found[self.choice], self.buffer.at
        start = self.offers.start
        if self.text[start - 1 : start] == '"' and offer.text.startswith('"'):
            start -= 1
        self.buffer.replace(start, at, offer.text)
        self.close()

    # --- drawing ---

    def wanted(self) -> int:
        """How many lines would show all of it."""
        return len(self.buffer.lines)

    def draw(self, cells: int, lines: int, focused: bool) -> list[Line]:
        """Exactly `lines` lines of text, numbered where there are several."""
        rows = self.buffer.lines
        gutter = len(str(len(rows))) + 2 if len(rows) > 1 else 1
        number, column = self.buffer.place()
        self.top = max(min(self.top, number, max(0, len(rows) - lines)), number - lines + 1) if focused else 0
        cursor = width(rows[number][:column])
        room = cells - gutter - 1
        self.left = max(min(self.left, cursor - min(8, room // 3)), cursor - room + 1, 0) if focused else 0
        self._spot = (number - self.top, gutter + cursor - self.left)
        styled = _styled(self.text, self.trouble)
        out: list[Line] = []
        for at in range(self.top, min(len(rows), self.top + lines)):
            line = styled[at]
            if focused and at == number:
                line = _with_cursor(line, column)
            mark = f"{at + 1:>{gutter - 1}} " if gutter > 1 else " "
            # what is not typed in shows its beginning, and that there is more of it
            part = cut(line, self.left, room + 1) if focused else line
            out.append(fit([(mark, "dim"), *part], cells))
        return [*out, *(fit([], cells) for _ in range(lines - len(out)))]

    def over(self, lines: list[Line], top: int, cells: int) -> None:
        """Draw the open list over the lines of a screen; the editor's first one is at `top`."""
        if not self.listing:
            return
        y, x = self._spot
        many = min(self._many(), LISTED)
        first = max(0, min(self.choice - many + 1 if self.choice >= many else 0, self._many() - many))
        rows = [self._row(first + at) for at in range(many)]
        size = min(cells, WIDEST if not self.statements else cells, max(line_width(row) for row in rows) + 2)
        typed = self.buffer.at - self.offers.start if self.offers is not None else 0
        x = max(0, min(x - typed - 1, cells - size)) if self.offers is not None else 0
        below = top + y + 1
        begin = below if below + many <= len(lines) else max(0, top + y - many)
        for at, row in enumerate(rows):
            if not 0 <= begin + at < len(lines):
                continue
            here = first + at == self.choice
            block = fit([("▸" if here else " ", "bold"), *row], size)
            style = "bold reverse" if here else "reverse"
            lines[begin + at] = lay(lines[begin + at], x, [(text, style) for text, _ in block], cells)

    def _row(self, at: int) -> Line:
        if self.statements:
            return [(inert(" ".join(self.statements[at].split())), "")]
        assert self.offers is not None
        offer: Offer = self.offers.found[at]
        name = clip(inert(offer.text), WIDEST - 4)
        about = clip(inert(offer.about or offer.kind), max(0, WIDEST - width(name) - 5))
        return [(f"{left(name, min(24, WIDEST - 4)) if width(name) < 24 else name}", ""), (f"  {about} ", "")]


def _styled(text: str, trouble: Trouble | None) -> list[Line]:
    """The text as lines of spans."""
    wrong = trouble.at if trouble is not None and trouble.text == text else None
    lines: list[Line] = [[]]
    for token in tokens(text):
        style = _STYLES.get(token.kind, "")
        if wrong is not None and _hit(token, wrong, text):
            style = f"{style} warning emphasis".strip()
        first, *rest = token.text.split("\n")
        lines[-1].append((inert(first), style))
        for part in rest:
            lines.append([(inert(part), style)])
    if wrong is not None and wrong >= len(text.rstrip()):
        lines[-1].append((" ", "warning emphasis"))
    return lines


def _hit(token: Token, at: int, text: str) -> bool:
    """Whether an error at a place is shown at a token: the one that holds it, the next where it is between."""
    if token.kind == "blank":
        return False
    while at < len(text) and text[at].isspace():
        at += 1
    return token.start <= at < token.end


def _with_cursor(line: Line, column: int) -> Line:
    """A line with the character at `column` in reverse; a blank where the line ends before it."""
    out: Line = []
    for text, style in line:
        if 0 <= column < len(text):
            end = column + 1
            while end < len(text) and not width(text[end]):
                end += 1
            out += [(text[:column], style), (text[column:end], f"{style} reverse".strip()), (text[end:], style)]
        else:
            out.append((text, style))
        column -= len(text)
    if column == 0:
        out.append((" ", "reverse"))
    return out


def cut(line: Line, start: int, cells: int) -> Line:
    """The part of a line from cell `start` on, `cells` wide at most; a character that is cut in two becomes a blank."""
    out: Line = []
    at = 0
    for text, style in line:
        kept = ""
        for char in text:
            size = width(char)
            if at >= start and at + size <= start + cells:
                kept += char
            elif at < start < at + size:
                kept += " " * (at + size - start)
            at += size
        if kept:
            out.append((kept, style))
    return out


def lay(line: Line, x: int, block: Line, cells: int) -> Line:
    """A line with a block of spans laid over it from cell `x` on."""
    size = line_width(block)
    return fit([*fit(cut(line, 0, x), x), *block, *cut(line, x + size, max(0, cells - x - size))], cells)
