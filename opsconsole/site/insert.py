"""New entries put into a YAML file as text, so that comments, order and quotes of all that is there stay as they are.

Where the text goes is found by the marks of what is there; that it says what was meant, and everything else still says
what it said, is checked by reading the result. What cannot be put there safely is refused with its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence as Items

from msgspec import Struct

from opsconsole.site.model import Mark, Problem
from opsconsole.site.names import show
from opsconsole.site.report import Report
from opsconsole.site.tree import Document, Mapping, Node, Scalar, Sequence, read_tree

_STEP = 2
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ ()%.*]*(?<! )")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


class CannotInsertError(Exception):
    """Why an entry cannot be put there; with the place in the file where that shows."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class Inserted(Struct, frozen=True):
    """A text with an entry put in: its first and last line (1-based), and how far its lines are indented."""

    text: str
    first: int
    last: int
    indent: int

    @property
    def shown(self) -> str:
        """The lines that were put in."""
        return "\n".join(self.text.splitlines()[self.first - 1 : self.last])


def insert(text: str, section: str, lines: Items[str], file: str) -> Inserted:
    """Put an entry at the end of a section at the top of a file, which is made where there is none.

    `lines` is the entry as YAML, its key first, indented by nothing: `["name:", "  source: cycles"]`. `file` is what
    messages call the file. Raises CannotInsertError.
    """
    before = _tree(text, file)
    if not isinstance(before.root, Mapping):
        raise _refused(Mark(file, 1, 1), "the file is no mapping of keys")
    newline = "\r\n" if "\r\n" in text else "\n"
    rows = text.splitlines(keepends=True)
    if rows and not rows[-1].endswith(("\n", "\r")):
        rows[-1] += newline
    entry = before.root.entries.get(section)
    name = lines[0].partition(":")[0].strip("\"'")
    if entry is not None and isinstance(entry[1], Mapping) and name in entry[1].entries:
        raise _refused(entry[1].entries[name][0].mark, f"`{section}` has a `{show(name)}` already")
    at, indent, head = _spot(rows, section, entry)
    put = [*head, *((" " * indent + line if line else "") for line in lines)]
    found = "".join([*rows[:at], *(line + newline for line in put), *rows[at:]])
    _check(before, _tree(found, file), section, name, file)
    return Inserted(found, at + len(head) + 1, at + len(put), indent)


def _spot(rows: list[str], section: str, entry: tuple[Scalar, Node] | None) -> tuple[int, int, list[str]]:
    """Before which line (0-based), how far indented, and what has to stand above."""
    if entry is None:
        end = len(rows)
        while end and not rows[end - 1].strip():
            end -= 1
        return end, _STEP, [*([""] if end else []), f"{section}:"]
    key, node = entry
    if isinstance(node, Scalar) and not node.text and not node.style:
        return key.mark.line, key.mark.column - 1 + _STEP, []
    if not isinstance(node, Mapping):
        raise _refused(node.mark, f"`{section}` is no mapping of names")
    first = min((one.mark for one, _ in node.entries.values()), default=None)
    if first is None or first.line == key.mark.line or first.line != node.mark.line or first != node.mark:
        raise _refused(node.mark, f"`{section}` is written in braces or by an alias: write it line by line first")
    at, indent = first.line, first.column - 1
    for number in range(first.line, len(rows)):
        row = rows[number]
        if row.strip() and len(row) - len(row.lstrip(" ")) < indent:
            break
        at = number + 1 if row.strip() else at
    return at, indent, []


def _tree(text: str, file: str) -> Document:
    report = Report(file)
    document = read_tree(text.encode("utf-8", "surrogatepass"), report)
    if report.problems:
        raise CannotInsertError(report.problems[0])
    return document


def _check(before: Document, after: Document, section: str, name: str, file: str) -> None:
    """That the entry is there, and all else is as it was."""
    old, new = before.root, after.root
    assert isinstance(old, Mapping)
    where = Mark(file, 1, 1)
    if isinstance(new, Mapping):
        held, now = old.get(section), new.get(section)
        known = held.entries if isinstance(held, Mapping) else {}
        if isinstance(now, Mapping):
            where = now.mark
            same = {key: node for key, (_, node) in now.entries.items() if key != name}
            others = {key: node for key, (_, node) in new.entries.items() if key != section}
            if (
                name in now.entries
                and _alike(Mapping(where, {key: known[key] for key in known}), same)
                and _alike(Mapping(where, {key: each for key, each in old.entries.items() if key != section}), others)
            ):
                return
    raise _refused(where, f"`{section}` cannot be added to without changing something else: do it by hand")


def _alike(one: Mapping, other: dict[str, Node]) -> bool:
    return list(one.entries) == list(other) and all(same(node, other[key]) for key, (_, node) in one.entries.items())


def same(one: Node | None, other: Node | None) -> bool:
    """Whether two nodes say the same in the same way, wherever they stand."""
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return (one.text, one.style) == (other.text, other.style)
    if isinstance(one, Sequence) and isinstance(other, Sequence):
        return len(one.items) == len(other.items) and all(map(same, one.items, other.items))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return _alike(one, {key: node for key, (_, node) in other.entries.items()})
    return one is None and other is None


def _refused(mark: Mark, message: str) -> CannotInsertError:
    return CannotInsertError(Problem(mark, message))


def scalar(text: str) -> str:
    """A text as a YAML value on one line."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def block(key: str, text: str) -> list[str]:
    """`key` with a text of several lines as it is, but for blanks at the ends of lines."""
    lines = [line.rstrip() for line in text.strip("\n").splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    indented = bool(lines) and lines[0].startswith(" ")
    return [f"{key}: |{_STEP if indented else ''}-", *(" " * _STEP + line if line else "" for line in lines)]
