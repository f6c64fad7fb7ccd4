"""The words of the line mode: those of the console's `:` line that make sense where nothing is drawn."""

from __future__ import annotations

from difflib import get_close_matches

from msgspec import Struct


class PlainWord(Struct, frozen=True):
    """`line` is how it is typed, `title` what it does. `command`: what it has the engine do."""

    line: str
    title: str
    command: str = ""

    @property
    def word(self) -> str:
        """What it begins with."""
        return self.line.partition(" ")[0]


WORDS = (
    PlainWord("summary", "how things are: site, shift, KPIs that are not good, open alerts, sources"),
    PlainWord("at TIME", "the same as of a past moment: 06:00, yesterday, -2h, shift -1"),
    PlainWord("alerts [all]", "the open alerts, most urgent first"),
    PlainWord("alert N", "one alert, with the last that was done about it"),
    PlainWord("kpis", "all KPIs"),
    PlainWord("kpi NAME", "one KPI in full"),
    PlainWord("sources", "the sources, and how fresh they are"),
    PlainWord("rows source|kpi|alert NAME", "the newest rows of a source, behind a KPI, or behind alert N"),
    PlainWord("log [WORDS]", "the last ten records of what people and the system did"),
    PlainWord("ack N …", "acknowledge alerts", "ack"),
    PlainWord("unack N …", "take an acknowledgement back", "unack"),
    PlainWord("comment N TEXT", "write a comment on an alert", "comment"),
    PlainWord("shelve N 30m REASON", "set an alert aside: 30m, until 14:00, end of shift, once", "shelve"),
    PlainWord("unshelve N …", "end a shelf", "unshelve"),
    PlainWord("assign N LOGIN|me|nobody", "say who has an alert", "assign"),
    PlainWord("undo", "take your last command back", "undo"),
    PlainWord("redo", "do again what you have undone", "redo"),
    PlainWord("restart-engine", "start the engine anew"),
    PlainWord("help", "these words"),
    PlainWord("quit", "leave; the engine goes on"),
)
BY_WORD = {each.word: each for each in WORDS}


class WordError(ValueError):
    """What was typed cannot be done; one sentence for a person."""


def parsed(line: str) -> tuple[PlainWord, str]:
    """The word of a line, with or without the colon of the console, and the rest. Raises WordError."""
    head, _, rest = line.strip().removeprefix(":").partition(" ")
    found = BY_WORD.get(head) or BY_WORD.get({"q": "quit", "?": "help"}.get(head, ""))
    if found is None:
        near = get_close_matches(head, list(BY_WORD), 1)
        raise WordError(
            f"There is no word {head!r}" + (f"; did you mean {near[0]}?" if near else "; help lists them all.")
        )
    return found, rest.strip()


def numbers_of(rest: str, line: str) -> list[int]:
    """The numbers of alerts in what was typed. Raises WordError."""
    found = rest.replace(",", " ").split()
    if not found or not all(each.isdecimal() for each in found):
        raise WordError(f"Say which alert by its number: {line}")
    return [int(each) for each in found]


def number_and_text(rest: str, line: str) -> tuple[int, str]:
    """A number and what comes behind it. Raises WordError."""
    head, _, text = rest.partition(" ")
    if not head.isdecimal() or not text.strip():
        raise WordError(f"Say which alert by its number, and what: {line}")
    return int(head), text.strip()
