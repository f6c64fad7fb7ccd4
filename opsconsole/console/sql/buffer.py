"""A text of several lines that is being typed: where the cursor is, what keys change, and what undo takes back.

Knows nothing of SQL or of drawing. The cursor stands between characters, `at` counted from the start of the text; it
never stands between a character and the marks that combine with it.
"""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.console.text import width

LONGEST = 100_000
"""Characters that a text may have; what is pasted beyond is cut off."""
_UNDOS = 300
_TAB = "  "


class Buffer:
    """The text and its cursor. `one_line`: a line break ends what is pasted, and none can be typed."""

    def __init__(self, text: str = "", one_line: bool = False) -> None:
        self.one_line = one_line
        self.text = ""
        self.at = 0
        self.cut_text = ""
        self._goal: int | None = None
        self._undo: list[tuple[str, int]] = []
        self._redo: list[tuple[str, int]] = []
        self._typing = False
        self._put(0, 0, clean(text, one_line))
        self._undo.clear()

    # --- where things are ---

    @property
    def lines(self) -> list[str]:
        """The lines, without their breaks; at least one."""
        return self.text.split("\n")

    def place(self, at: int | None = None) -> tuple[int, int]:
        """Line and column (0-based, in characters) of a place; the cursor's without one."""
        before = self.text[: self.at if at is None else at]
        return before.count("\n"), len(before) - (before.rfind("\n") + 1)

    def offset(self, line: int, column: int) -> int:
        """The place that is nearest to a line and column."""
        lines = self.lines
        line = max(0, min(line, len(lines) - 1))
        return sum(len(each) + 1 for each in lines[:line]) + max(0, min(column, len(lines[line])))

    def _start(self) -> int:
        return self.text.rfind("\n", 0, self.at) + 1

    def _end(self) -> int:
        found = self.text.find("\n", self.at)
        return found if found >= 0 else len(self.text)

    def _left(self, at: int) -> int:
        at = max(0, at - 1)
        while at and not width(self.text[at]) and self.text[at] != "\n":
            at -= 1
        return at

    def _right(self, at: int) -> int:
        at = min(len(self.text), at + 1)
        while at < len(self.text) and not width(self.text[at]) and self.text[at] != "\n":
            at += 1
        return at

    def _word_left(self) -> int:
        at = self.at
        while at and not _in_word(self.text[at - 1]):
            at -= 1
        while at and _in_word(self.text[at - 1]):
            at -= 1
        return at

    def _word_right(self) -> int:
        at = self.at
        while at < len(self.text) and not _in_word(self.text[at]):
            at += 1
        while at < len(self.text) and _in_word(self.text[at]):
            at += 1
        return at

    # --- changing ---

    def _put(self, start: int, end: int, text: str) -> None:
        """Replace [start, end) by a text, as far as there is room, and stand behind it."""
        text = text[: max(0, LONGEST - (len(self.text) - (end - start)))]
        self.text = self.text[:start] + text + self.text[end:]
        self.at = start + len(text)
        self._goal = None

    def _remember(self) -> None:
        self._undo.append((self.text, self.at))
        del self._undo[:-_UNDOS]
        self._redo.clear()

    def replace(self, start: int, end: int, text: str) -> None:
        """Replace [start, end) by a text; taken back by one undo."""
        self._remember()
        self._typing = False
        self._put(start, end, clean(text, self.one_line))

    def insert(self, text: str) -> None:
        """Type or paste. A run of typed letters is taken back by one undo."""
        text = clean(text, self.one_line)
        if not text:
            return
        typing = len(text) == 1 and _in_word(text)
        if not (typing and self._typing):
            self._remember()
        self._typing = typing
        self._put(self.at, self.at, text)

    def _drop(self, start: int, end: int) -> None:
        if start < end:
            self.replace(start, end, "")

    def _cut(self, start: int, end: int) -> None:
        if start < end:
            self.cut_text = self.text[start:end]
            self._drop(start, end)

    def set(self, text: str) -> None:
        """Another text, with the cursor at its end; undo brings the one before back."""
        self.replace(0, len(self.text), text)

    def undo(self) -> bool:
        """Take the last change back; False where there is none."""
        return self._swap(self._undo, self._redo)

    def redo(self) -> bool:
        """Do again what was taken back; False where there is nothing."""
        return self._swap(self._redo, self._undo)

    def _swap(self, take: list[tuple[str, int]], give: list[tuple[str, int]]) -> bool:
        self._typing, self._goal = False, None
        if not take:
            return False
        give.append((self.text, self.at))
        self.text, self.at = take.pop()
        return True

    # --- keys ---

    def key(self, key: str, character: str | None) -> bool:
        """Take a key; False for one that means nothing here, or moves no further."""
        do: Callable[[], bool | None] | None = getattr(self, f"_key_{key.replace('+', '_')}", None)
        if do is not None:
            return do() is not False
        if character is not None and character.isprintable():
            self.insert(character)
            return True
        return False

    def _go(self, at: int) -> None:
        self.at, self._goal, self._typing = at, None, False

    def _key_left(self) -> None:
        self._go(self._left(self.at))

    def _key_right(self) -> None:
        self._go(self._right(self.at))

    def _key_ctrl_left(self) -> None:
        self._go(self._word_left())

    def _key_ctrl_right(self) -> None:
        self._go(self._word_right())

    def _key_home(self) -> None:
        self._go(self._start())

    def _key_end(self) -> None:
        self._go(self._end())

    def _key_ctrl_home(self) -> None:
        self._go(0)

    def _key_ctrl_end(self) -> None:
        self._go(len(self.text))

    def _key_up(self) -> bool:
        return self._by_lines(-1)

    def _key_down(self) -> bool:
        return self._by_lines(1)

    def _key_pageup(self) -> bool:
        return self._by_lines(-10)

    def _key_pagedown(self) -> bool:
        return self._by_lines(10)

    def _by_lines(self, by: int) -> bool:
        lines = self.lines
        line, column = self.place()
        target = max(0, min(line + by, len(lines) - 1))
        if target == line:
            return False
        goal = self._goal if self._goal is not None else width(lines[line][:column])
        found = 0
        while found < len(lines[target]) and width(lines[target][: found + 1]) <= goal:
            found += 1
        self._go(self.offset(target, found))
        self._goal = goal
        return True

    def _key_enter(self) -> None:
        if not self.one_line:
            line = self.text[self._start() : self.at]
            self.insert("\n" + line[: len(line) - len(line.lstrip(" "))])

    def _key_backspace(self) -> None:
        before = self.text[self._start() : self.at]
        # the indent of an empty beginning goes by its step, as it came
        step = len(_TAB) if before and not before.strip() and len(before) % len(_TAB) == 0 else 0
        self._drop(self.at - step if step else self._left(self.at), self.at)

    def _key_delete(self) -> None:
        self._drop(self.at, self._right(self.at))

    def _key_ctrl_w(self) -> None:
        self._cut(self._word_left(), self.at)

    _key_ctrl_backspace = _key_ctrl_w

    def _key_ctrl_delete(self) -> None:
        self._drop(self.at, self._word_right())

    def _key_ctrl_k(self) -> None:
        end = self._end()
        self._cut(self.at, end if end > self.at else min(len(self.text), end + 1))

    def _key_ctrl_u(self) -> None:
        self._cut(self._start(), self.at)

    def cut_line(self) -> None:
        """Cut the whole line of the cursor, with its break."""
        start, end = self._start(), self._end()
        if end < len(self.text):
            end += 1
        elif start:
            start -= 1
        self._cut(start, end)

    def paste_cut(self) -> None:
        """Put what was cut last where the cursor is."""
        if self.cut_text:
            self.replace(self.at, self.at, self.cut_text)

    def indent(self) -> None:
        """Go to the next step of the indent."""
        _, column = self.place()
        self.insert(" " * (len(_TAB) - column % len(_TAB)))


def clean(text: str, one_line: bool = False) -> str:
    """What may stand in a text: line breaks as one character, tabs as spaces, nothing that cannot be seen."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", _TAB)
    if one_line:
        text = text.split("\n", 1)[0]
    return "".join(char for char in text if char == "\n" or char.isprintable() or char in "\u00a0\u202f\u3000")


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_" or not (char.isspace() or char.isascii())
