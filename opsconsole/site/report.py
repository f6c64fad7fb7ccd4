"""Collects what is wrong with one file, so that one run reports everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opsconsole.site.model import Mark, Problem
from opsconsole.site.names import did_you_mean

MOST_SUGGESTIONS = 100


class Report:
    """The problems of the file named `file`; `homes` says in which section each declared key belongs.

    `partial` is set after a syntax error: what is missing may then stand in the part that could not be read, so
    only what is there is judged.
    """

    def __init__(self, file: str, homes: Mapping[str, str] | None = None) -> None:
        self.file = file
        self.homes = homes or {}
        self.partial = False
        self.problems: list[Problem] = []

    def error(self, mark: Mark, message: str) -> None:
        """Something that must be mended before the site can be used."""
        self.problems.append(Problem(mark, message))

    def warn(self, mark: Mark, message: str) -> None:
        """Something doubtful that does not stop the site."""
        self.problems.append(Problem(mark, message, "warning"))

    def missing(self, mark: Mark, message: str) -> None:
        """Something that should be there and is not."""
        if not self.partial:
            self.error(mark, message)

    def suggest(self, name: str, known: Iterable[str]) -> str:
        """The nearest known name as a question; nothing once a file is so wrong that guessing would only be slow."""
        return did_you_mean(name, known) if len(self.problems) < MOST_SUGGESTIONS else ""
