"""Combinations of rules: `a and not (b or c)`, `2 of (a, b, c)`. Read here with the place of every name. Pure.

What is not known (`None`: data is stale, a rule fails) makes the whole unknown wherever it could decide it: Kleene's
three-valued logic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

Truth = bool | None
LONGEST = 2000
DEEPEST = 30

_TOKEN = re.compile(r"\s*(?:([A-Za-z]\w*(?::[A-Za-z]\w*)?)|(\d+)|([(),])|(\S))", re.ASCII)
_WORDS = ("and", "or", "not", "of")


class Name(NamedTuple):
    """A rule, and the character of the text at which its name stands."""

    name: str
    at: int


class Some(NamedTuple):
    """At least `least` of the parts hold: 1 is an `or`, all of them an `and`."""

    least: int
    parts: tuple[Part, ...]


class Not(NamedTuple):
    """The part does not hold."""

    part: Part


Part = Name | Some | Not


class CombinationError(ValueError):
    """What is wrong with a combination, and the character it is about."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def parse(text: str) -> Part:
    """The combination that a text says. Raises CombinationError."""
    if len(text) > LONGEST:
        raise CombinationError(f"{len(text)} characters, at most {LONGEST} are taken", 0)
    reader = _Reader(text)
    found = reader.either(0)
    if reader.word:
        raise CombinationError(f"`{reader.word}` is not expected here; join rules by `and` or `or`", reader.at)
    return found


def names(part: Part) -> Iterator[Name]:
    """The rules that a combination names, as they stand in it."""
    if isinstance(part, Name):
        yield part
    else:
        for each in part.parts if isinstance(part, Some) else (part.part,):
            yield from names(each)


def holds(part: Part, of: Callable[[str], Truth]) -> Truth:
    """Whether it holds, from what is known of each rule."""
    if isinstance(part, Name):
        return of(part.name)
    if isinstance(part, Not):
        found = holds(part.part, of)
        return None if found is None else not found
    truths = [holds(each, of) for each in part.parts]
    if truths.count(True) >= part.least:
        return True
    return None if truths.count(True) + truths.count(None) >= part.least else False


def order(combinations: Mapping[str, Sequence[str]]) -> list[str]:
    """Combinations by name, with the rules that each names: those that others are made of first.

    Raises ValueError, with the names on the way round, where one is made of itself.
    """
    done: dict[str, None] = {}

    def visit(name: str, way: tuple[str, ...]) -> None:
        if name in way:
            raise ValueError(" → ".join((*way[way.index(name) :], name)))
        for each in combinations[name] if name not in done else ():
            if each in combinations:
                visit(each, (*way, name))
        done.setdefault(name)

    for name in combinations:
        visit(name, ())
    return list(done)


class _Reader:
    """The words of a text, one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._end = 0
        self.word = ""
        self.at = 0
        self.kind = 0
        self.next()

    def next(self) -> str:
        """Go on; the word that was."""
        before = self.word
        found = _TOKEN.match(self._text, self._end)
        if found is None:
            self.word, self.kind, self.at = "", 0, len(self._text)
            return before
        self.kind = found.lastindex or 0
        self.word, self.at, self._end = found[self.kind], found.start(self.kind), found.end()
        if self.kind == 4:
            raise CombinationError(f"`{self.word}` is not expected in a combination of rules", self.at)
        return before

    def is_word(self, word: str) -> bool:
        return self.kind == 1 and self.word.casefold() == word

    def either(self, depth: int) -> Part:
        parts = [self.both(depth)]
        while self.is_word("or"):
            self.next()
            parts.append(self.both(depth))
        return parts[0] if len(parts) == 1 else Some(1, tuple(parts))

    def both(self, depth: int) -> Part:
        parts = [self.one(depth)]
        while self.is_word("and"):
            self.next()
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else Some(len(parts), tuple(parts))

    def one(self, depth: int) -> Part:
        if depth > DEEPEST:
            raise CombinationError("nested too deep", self.at)
        if self.is_word("not"):
            self.next()
            return Not(self.one(depth + 1))
        if self.word == "(":
            self.next()
            found = self.either(depth + 1)
            self.expect(")")
            return found
        if self.kind == 2:
            return self.some(depth)
        if self.kind != 1 or self.word.casefold() in _WORDS:
            found_word = f"found `{self.word}`" if self.word else "the text ends"
            raise CombinationError(f"expected the name of a rule, `not`, `(` or `2 of (…)`, {found_word}", self.at)
        at = self.at
        return Name(self.next(), at)

    def some(self, depth: int) -> Part:
        at, least = self.at, int(self.next()[:9])
        if not self.is_word("of"):
            raise CombinationError(f"expected `of` after `{least}`, as in `2 of (a, b, c)`", self.at)
        self.next()
        self.expect("(")
        parts = [self.either(depth + 1)]
        while self.word == ",":
            self.next()
            parts.append(self.either(depth + 1))
        self.expect(")")
        if not 1 <= least <= len(parts):
            raise CombinationError(f"`{least} of` {len(parts)} can never be; write 1 to {len(parts)}", at)
        return Some(least, tuple(parts))

    def expect(self, sign: str) -> None:
        if self.word != sign:
            raise CombinationError(
                f"expected `{sign}`, {f'found `{self.word}`' if self.word else 'the text ends'}", self.at
            )
        self.next()
