"""The one-line prompt for quick SQL: the editor with one line; a second line makes the screen of it."""

from __future__ import annotations

from opsconsole.console.prompt import Prompt
from opsconsole.console.sql.desk import SqlDesk
from opsconsole.console.sql.editor import Editor
from opsconsole.console.text import Line, fit

HEAD = ";"


class SqlPrompt(Prompt):
    """A prompt whose text an editor holds."""

    def __init__(self, desk: SqlDesk, text: str = "", about: str = "") -> None:
        self.editor = Editor(text, desk.schema)
        super().__init__("sql", about=about, head=HEAD)
        self.desk = desk

    @property
    def text(self) -> str:
        """What is typed."""
        return self.editor.text

    @text.setter
    def text(self, text: str) -> None:
        if text != self.editor.text:
            self.editor.set(text)

    @property
    def grown(self) -> bool:
        """Whether it has become too much for one line."""
        return "\n" in self.editor.text

    def insert(self, text: str) -> None:
        """Paste; several lines are kept."""
        self.editor.insert(text)

    def key(self, key: str, character: str | None) -> bool:
        """Take a key; False for one that means nothing here."""
        taken = self.editor.key(key, character)
        if taken and character is not None:
            self.desk.statements.rest()
        return taken

    def draw(self, cells: int) -> Line:
        """The text with its cursor."""
        return fit([(HEAD, "bold"), *self.editor.draw(cells - 1, 1, True)[0]], cells)

    def over(self, screen: list[Line], cells: int) -> None:
        """The open list, above the line."""
        self.editor.over(screen, len(screen) - 1, cells)
