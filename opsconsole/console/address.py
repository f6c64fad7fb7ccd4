"""Addresses: each screen is a command line, so that it can be typed, kept in a history and gone back to."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from msgspec import Struct

VIEWS = (
    "overview",
    "alerts",
    "alert",
    "kpis",
    "kpi",
    "tables",
    "rows",
    "line",
    "sources",
    "source",
    "quarantine",
    "explain",
    "help",
)
NULL = ":null"


class BadAddressError(ValueError):
    """A command line that names no screen; one sentence for a person."""


class Address(Struct, frozen=True):
    """Where one is. `of` is kpi, alert or source for `rows`; `where` are members chosen on the way down."""

    view: str
    name: str = ""
    of: str = ""
    by: str = ""
    where: tuple[tuple[str, str | None], ...] = ()
    line: int = 0

    def __str__(self) -> str:
        words = [self.view]
        if self.of:
            words.append(self.of)
        if self.name:
            words.append(self.name)
        if self.by:
            words += [self.by] if self.view in ("line", "explain") else ["by", self.by]
        if self.line:
            words.append(str(self.line))
        if self.where:
            if self.view == "kpi":
                words.append("where")
            words += [dim + NULL if member is None else f"{dim}={member}" for dim, member in self.where]
        return shlex.join(words)


def parse(line: str) -> Address:
    """The address that a command line names. Raises `BadAddressError`."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise BadAddressError(f"a quotation mark is missing its partner in: {line}") from error
    if not words or words[0] not in VIEWS:
        raise BadAddressError(f"no such view: {words[0] if words else ''}")
    view, rest = words[0], words[1:]
    if view == "rows":
        return _rows(rest)
    if view == "line":
        return _line(rest)
    if view == "kpi":
        return _kpi(rest)
    if view == "quarantine":
        return _quarantine(rest)
    if view == "explain":
        if len(rest) not in (1, 2):
            raise BadAddressError("explain needs a file, and a source where several take it")
        return Address(view, name=rest[0], by=rest[1] if len(rest) == 2 else "")
    if view in ("alert", "source"):
        if len(rest) != 1:
            raise BadAddressError(f"{view} needs one name")
        return Address(view, name=rest[0])
    if view == "overview" and len(rest) <= 1:
        return Address(view, name=rest[0] if rest else "")
    if rest:
        raise BadAddressError(f"{view} takes no argument")
    return Address(view)


def _rows(words: Sequence[str]) -> Address:
    if len(words) < 2 or words[0] not in ("kpi", "alert", "source"):
        raise BadAddressError("rows needs kpi, alert or source and a name, such as: rows source cycles")
    return Address("rows", of=words[0], name=words[1], where=_members(words[2:]))


def _line(words: Sequence[str]) -> Address:
    if len(words) != 3 or not words[2].isdecimal() or int(words[2]) < 1:
        raise BadAddressError("line needs a source, a file and a line number")
    return Address("line", name=words[0], by=words[1], line=int(words[2]))


def _quarantine(words: Sequence[str]) -> Address:
    """`quarantine [SOURCE] [file=GLOB] [reason=TEXT] [column=NAME]`."""
    name = words[0] if words and "=" not in words[0] else ""
    where = _members(words[1:] if name else words)
    for key, _ in where:
        if key not in ("file", "reason", "column"):
            raise BadAddressError(f"quarantine is narrowed by file=, reason= or column=, not by {key}=")
    return Address("quarantine", name=name, where=where)


def _kpi(words: Sequence[str]) -> Address:
    if not words:
        raise BadAddressError("kpi needs a name")
    name, rest = words[0], list(words[1:])
    by = ""
    if rest[:1] == ["by"]:
        if len(rest) < 2:
            raise BadAddressError("by needs a dimension")
        by, rest = rest[1], rest[2:]
    if rest and rest[0] != "where":
        raise BadAddressError(f"kpi {name}: expected `by` or `where`, not `{rest[0]}`")
    return Address("kpi", name=name, by=by, where=_members(rest[1:]))


def _members(words: Sequence[str]) -> tuple[tuple[str, str | None], ...]:
    members: list[tuple[str, str | None]] = []
    for word in words:
        dim, equals, member = word.partition("=")
        if equals and dim:
            members.append((dim, member))
        elif word.endswith(NULL) and len(word) > len(NULL):
            members.append((word[: -len(NULL)], None))
        else:
            raise BadAddressError(f"expected DIM=MEMBER, not `{word}`")
    return tuple(members)
