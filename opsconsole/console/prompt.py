"""The one-line prompt at the bottom: command, filter or palette, edited in place with a ghost of what could follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from opsconsole.console.text import Line, clip, fit, inert, spread, width

Kind = Literal["command", "filter", "palette", "ask", "choice", "sql"]
OFFERS = 8
LEAST_ROOM = 24
"""Cells that are left for an answer, however long the question."""
HEADS: dict[Kind, str] = {"command": ":", "filter": "/", "palette": "» ", "ask": "", "choice": "", "sql": ";"}


class Prompt:
    """What is being typed. `complete` gives what the whole line could become, best first.

    An `ask` has a `head` that says what is asked and an `answer` that takes the text and says what is wrong with it,
    if anything: then one goes on typing. A `choice` takes one key of `choices`; any other one does nothing. `about` is
    the line above it. `keyed`: the key of what is completed, where it has one.
    """

    def __init__(
        self,
        kind: Kind,
        text: str = "",
        complete: Callable[[str], list[str]] = lambda _: [],
        head: str = "",
        about: str = "",
        answer: Callable[[str], str] = lambda _: "",
        choices: Mapping[str, Callable[[], None]] = {},
        keyed: Mapping[str, str] = {},
    ) -> None:
        self.kind: Kind = kind
        self.head = head or HEADS[kind]
        self.about = about
        self.trouble = ""
        self.answer = answer
        self.choices = choices
        self.keyed = keyed
        self.text = text
        self.at = len(text)
        self.complete = complete
        self.choice = 0

    def insert(self, text: str) -> None:
        """Type or paste; a prompt is one line, so a line break ends what is taken."""
        taken = "".join(char for char in text.split("\n", 1)[0] if char.isprintable())
        self.text = self.text[: self.at] + taken + self.text[self.at :]
        self.at += len(taken)
        self.choice = 0
        self.trouble = ""

    def choose(self, character: str | None) -> None:
        """Do what a key chooses, if it is one of the choices."""
        do = self.choices.get(character or "")
        if do is not None:
            do()

    def key(self, key: str, character: str | None) -> bool:
        """Take a key; False for one that means nothing here."""
        edit = getattr(self, f"_key_{key.replace('+', '_')}", None)
        if edit is not None:
            edit()
            return True
        if character is not None and character.isprintable():
            self.insert(character)
            return True
        return False

    def _key_backspace(self) -> None:
        if self.at:
            self.text = self.text[: self.at - 1] + self.text[self.at :]
            self.at -= 1
            self.choice = 0

    def _key_delete(self) -> None:
        self.text = self.text[: self.at] + self.text[self.at + 1 :]

    def _key_left(self) -> None:
        self.at = max(0, self.at - 1)

    def _key_right(self) -> None:
        if self.at == len(self.text):
            self._key_tab()
        else:
            self.at += 1

    def _key_home(self) -> None:
        self.at = 0

    def _key_end(self) -> None:
        self.at = len(self.text)

    def _key_ctrl_u(self) -> None:
        self.text, self.at = self.text[self.at :], 0

    def _key_ctrl_k(self) -> None:
        self.text = self.text[: self.at]

    def _key_ctrl_w(self) -> None:
        kept = self.text[: self.at].rstrip()
        cut = kept.rfind(" ") + 1
        self.text, self.at = kept[:cut] + self.text[self.at :], cut

    def _key_tab(self) -> None:
        ghost = self.ghost()
        if ghost:
            self.text += ghost
            self.at = len(self.text)

    def _key_up(self) -> None:
        self.choice = max(0, self.choice - 1)

    def _key_down(self) -> None:
        self.choice += 1

    def ghost(self) -> str:
        """What would follow the text if the best completion were taken."""
        if self.kind not in ("command", "ask") or self.at < len(self.text):
            return ""
        fitting = [line for line in self.complete(self.text) if line.startswith(self.text) and line != self.text]
        return fitting[0][len(self.text) :] if fitting else ""

    def draw(self, cells: int) -> Line:
        """The prompt with its cursor as a reverse cell; a long text shows its end."""
        head = clip(self.head, cells - LEAST_ROOM) if self.kind == "ask" else self.head
        if self.kind == "choice":
            return fit([(head, "bold")], cells)
        room = cells - width(head) - 1
        before, after = self.text[: self.at], self.text[self.at :]
        while width(before) > room - 1:
            before = before[1:]
        ghost = self.ghost()
        under = after[:1] or ghost[:1] or " "
        line: Line = [(head, "bold"), (before, ""), (under, "reverse" if after or not ghost else "ghost reverse")]
        line.append((after[1:], "") if after else (ghost[1:], "ghost"))
        return fit(line, cells)

    def over(self, screen: list[Line], cells: int) -> None:
        """What is drawn over the screen, above the line."""
        if self.kind == "palette":
            offer(self, screen, cells)

    def hint(self, cells: int) -> Line | None:
        """The line above: what is wrong with the answer, else what can be answered."""
        if self.trouble:
            return fit([(f" {self.trouble}", "warning")], cells)
        return fit([(f" {self.about}", "dim")], cells) if self.about else None


def offer(prompt: Prompt, screen: list[Line], cells: int) -> None:
    """Draw the palette's choices above its line."""
    titles = prompt.complete(prompt.text)
    prompt.choice = max(0, min(prompt.choice, len(titles) - 1))
    first = max(0, prompt.choice - OFFERS + 1)
    shown = titles[first : first + OFFERS]
    top = len(screen) - 1 - len(shown)
    for at, title in enumerate(shown):
        here = first + at == prompt.choice
        name: Line = [("▸ " if here else "  ", "bold"), (inert(title), "cursor" if here else "")]
        key = prompt.keyed.get(title, "")
        screen[top + at] = spread(name, [(f"{key} ", "key")], cells) if key else fit(name, cells)
    if shown:
        screen[top - 1] = fit([("─" * cells, "rule")], cells)
