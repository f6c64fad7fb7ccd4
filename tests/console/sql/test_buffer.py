"""The text of the editor: any run of keys gives what a plain model of lines gives, and undo takes all of it back."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.console.sql import buffer as buffer_module
from opsconsole.console.sql.buffer import Buffer, clean

KEYS = ("left", "right", "home", "end", "up", "down", "backspace", "delete", "enter", "ctrl+k", "ctrl+u", "ctrl+home",
        "ctrl+end")  # fmt: skip


class Lines:
    """The same text as a list of lines with a line and a column: written with no thought of the editor."""

    def __init__(self) -> None:
        self.lines = [""]
        self.y = self.x = 0
        self.goal: int | None = None

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def insert(self, text: str) -> None:
        self.goal = None
        for char in text:
            line = self.lines[self.y]
            if char == "\n":
                self.lines[self.y : self.y + 1] = [line[: self.x], line[self.x :]]
                self.y, self.x = self.y + 1, 0
            else:
                self.lines[self.y] = line[: self.x] + char + line[self.x :]
                self.x += 1

    def key(self, key: str) -> None:
        goal, self.goal = self.goal, None
        line = self.lines[self.y]
        if key == "left" and (self.x or self.y):
            self.y, self.x = (self.y, self.x - 1) if self.x else (self.y - 1, len(self.lines[self.y - 1]))
        elif key == "right" and (self.x < len(line) or self.y + 1 < len(self.lines)):
            self.y, self.x = (self.y, self.x + 1) if self.x < len(line) else (self.y + 1, 0)
        elif key == "home":
            self.x = 0
        elif key == "end":
            self.x = len(line)
        elif key in ("up", "down"):
            target = self.y + (1 if key == "down" else -1)
            self.goal = goal
            if 0 <= target < len(self.lines):
                self.goal = self.x if goal is None else goal
                self.y, self.x = target, min(self.goal, len(self.lines[target]))
        elif key == "backspace":
            indent = self.x and not line[: self.x].strip() and self.x % 2 == 0
            for _ in range(2 if indent else 1 if self.x or self.y else 0):
                self.key("left")
                self.key("delete")
        elif key == "delete" and self.x < len(line):
            self.lines[self.y] = line[: self.x] + line[self.x + 1 :]
        elif key == "delete" and self.y + 1 < len(self.lines):
            self.lines[self.y : self.y + 2] = [line + self.lines[self.y + 1]]
        elif key == "enter":
            before = line[: self.x]
            self.insert("\n" + before[: len(before) - len(before.lstrip(" "))])
        elif key == "ctrl+k" and self.x < len(line):
            self.lines[self.y] = line[: self.x]
        elif key == "ctrl+k":
            self.key("delete")
        elif key == "ctrl+u":
            self.lines[self.y], self.x = line[self.x :], 0
        elif key == "ctrl+home":
            self.y = self.x = 0
        elif key == "ctrl+end":
            self.y, self.x = len(self.lines) - 1, len(self.lines[-1])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(KEYS) | st.text("ab_ (;\n", min_size=1, max_size=5).map(lambda text: f"+{text}")))
def test_editing_equals_a_plain_model_and_undo_takes_it_back(steps: list[str]) -> None:
    real, model = Buffer(), Lines()
    texts = [""]
    for step in steps:
        if step.startswith("+"):
            real.insert(step[1:])
            model.insert(step[1:])
        else:
            real.key(step, None)
            model.key(step)
        assert real.text == model.text
        assert real.place() == (model.y, model.x)
        assert real.offset(model.y, model.x) == real.at
        texts.append(real.text)
    while real.undo():
        assert real.text in texts
    assert real.text == ""
    while real.redo():
        assert real.text in texts
    assert real.text == texts[-1]


def test_a_typed_word_is_one_undo() -> None:
    text = Buffer()
    for char in "select a":
        text.key(char if char != " " else "space", char)
    assert text.text == "select a"
    for left in ("select ", "select", ""):
        assert text.undo()
        assert text.text == left
    assert not text.undo()
    for _ in range(3):
        assert text.redo()
    assert (text.text, text.at) == ("select a", 8)
    assert not text.redo()
    text.insert("b")
    assert not text.redo()


def test_words_lines_and_what_was_cut() -> None:
    text = Buffer("SELECT a_b, c\nFROM flights\nWHERE x")
    text.key("ctrl+left", None)
    assert text.place() == (2, 6)
    text.key("ctrl+left", None)
    text.key("ctrl+left", None)
    assert text.place() == (1, 5)
    text.key("ctrl+right", None)
    assert text.place() == (1, 12)
    text.key("ctrl+w", None)
    assert text.text == "SELECT a_b, c\nFROM \nWHERE x"
    text.cut_line()
    assert (text.text, text.cut_text) == ("SELECT a_b, c\nWHERE x", "FROM \n")
    text.paste_cut()
    assert text.text == "SELECT a_b, c\nFROM \nWHERE x"
    text.key("ctrl+end", None)
    text.cut_line()
    assert text.text == "SELECT a_b, c\nFROM "
    text.key("ctrl+home", None)
    text.cut_line()
    text.cut_line()
    assert text.text == ""
    text.indent()
    assert text.text == "  "
    text.key("backspace", None)
    assert text.text == ""
    assert not text.key("f5", None)
    assert not text.key("up", None)


def test_what_is_pasted_is_made_fit() -> None:
    text = Buffer()
    text.insert("SELECT\t1,\r\n  '\x1b[31m\x07é日本'\r")
    assert text.lines == ["SELECT  1,", "  '[31mé日本'", ""]
    text.key("up", None)
    text.key("end", None)
    for _ in range(2):
        text.key("left", None)
    assert text.text[text.at] == "本"
    one = Buffer("a\nb", one_line=True)
    one.insert("c\nd")
    one.key("enter", None)
    assert one.text == "ac"
    assert clean("a\u0301b") == "a\u0301b"
    marks = Buffer("a\u0301b")
    marks.key("home", None)
    marks.key("right", None)
    assert marks.at == 2  # never between a letter and its mark
    marks.key("backspace", None)
    assert marks.text == "b"


def test_up_and_down_keep_to_the_cells_of_wide_characters() -> None:
    text = Buffer("日本語日本語\nabcdefgh\nx")
    text.at = 3
    text.key("down", None)
    assert text.place() == (1, 6)
    text.key("down", None)
    text.key("up", None)
    assert text.place() == (1, 6)
    text.key("up", None)
    assert text.place() == (0, 3)


def test_a_text_has_an_end() -> None:
    text = Buffer("x" * (buffer_module.LONGEST - 2))
    text.insert("abcd")
    assert len(text.text) == buffer_module.LONGEST
    assert text.text.endswith("xab")
    text.insert("e")
    assert len(text.text) == buffer_module.LONGEST
