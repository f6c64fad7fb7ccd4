"""YAML text as a tree of nodes that know where they stand, without YAML's own guessing of types.

YAML 1.1 reads `06:00` as 360 and `on` as true; here a scalar stays the text that was written, and
`opsconsole.site.kinds` decides what it is from what is expected at that place. The tree is built from parser
events with a stack of its own, so that no depth of nesting can exhaust the interpreter's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import yaml

from opsconsole.site.model import Mark
from opsconsole.site.names import show
from opsconsole.site.report import Report

DEEPEST = 40
_TOO_DEEP = f"nested more than {DEEPEST} levels deep"
MOST_NODES = 200_000


class AnyMark(Protocol):
    """A position of PyYAML's, from its C or its Python parser; lines and columns from 0."""

    line: int
    column: int
    index: int


_Parser: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(eq=False, slots=True)
class Scalar:
    """Text as written. `style` is "" (plain), "'", '"', "|" or ">"; `start` and `end` are offsets into the file."""

    text: str
    style: str
    mark: Mark
    start: int
    end: int
    size: int = 1

    @property
    def absent(self) -> bool:
        """Nothing was written, or YAML's words for nothing."""
        return not self.style and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(eq=False, slots=True)
class Sequence:
    """A list."""

    mark: Mark
    items: list[Node] = field(default_factory=list)
    size: int = 1


@dataclass(eq=False, slots=True)
class Mapping:
    """Keys and values; of a key written twice the first counts."""

    mark: Mark
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)
    size: int = 1

    def get(self, key: str) -> Node | None:
        """The value of a key, None where the key is not there."""
        entry = self.entries.get(key)
        return None if entry is None else entry[1]


Node = Scalar | Sequence | Mapping


@dataclass(slots=True)
class Document:
    """A file's text and tree; `root` is None for a file without content. `whole` is False after a syntax error."""

    file: str
    text: str
    root: Node | None
    whole: bool


class _TooMuchError(Exception):
    """The tree is deeper or larger than any site file."""


class _Builder:
    """Takes parser events, keeps the open nodes on a stack."""

    def __init__(self, file: str, report: Report) -> None:
        self.file = file
        self.report = report
        self.root: Node | None = None
        self.documents = 0
        self.open: list[tuple[Sequence | Mapping, str | None]] = []
        self.keys: list[Node | None] = []
        self.anchors: dict[str, Node] = {}
        self.limit: float = MOST_NODES

    def mark(self, event: yaml.Event) -> Mark:
        return _mark(start_of(event), self.file)

    def take(self, event: yaml.Event) -> None:
        """One event of the parser."""
        if isinstance(event, yaml.ScalarEvent):
            style = "" if event.style in (None, "") else event.style
            start, end = start_of(event).index, end_of(event).index
            self.check_tag(event, event.tag)
            self.close(Scalar(event.value, style, self.mark(event), start, end), event.anchor)
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            if len(self.open) >= DEEPEST:
                raise _TooMuchError(_TOO_DEEP)
            self.check_tag(event, event.tag)
            make = Sequence if isinstance(event, yaml.SequenceStartEvent) else Mapping
            self.open.append((make(self.mark(event)), event.anchor))
            self.keys.append(None)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            node, anchor = self.open.pop()
            self.keys.pop()
            self.close(node, anchor)
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1

    def check_tag(self, event: yaml.Event, tag: str | None) -> None:
        if tag is not None and tag != "!":
            self.report.error(self.mark(event), f"`{show(tag)}`: YAML tags have no meaning here, remove it")

    def alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor or ""
        found = self.anchors.get(name)
        if found is None:
            again = any(anchor == name for _, anchor in self.open)
            why = "refers to a value that holds it" if again else "refers to an anchor that is not defined above"
            self.report.error(self.mark(event), f"`*{show(name)}` {why}; quote a text that begins with `*`")
            found = Scalar("", "", self.mark(event), start_of(event).index, end_of(event).index)
        self.close(found, None)

    def close(self, node: Node, anchor: str | None) -> None:
        """A node is complete: it becomes the root, an item, a key or a value."""
        if anchor is not None:
            self.anchors[anchor] = node
        if not self.open:
            if self.root is None:
                self.root = node
            return
        parent = self.open[-1][0]
        parent.size += node.size
        if parent.size > self.limit:
            raise _TooMuchError(f"more than {MOST_NODES} values")
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif self.keys[-1] is None:
            self.keys[-1] = node
        else:
            key, self.keys[-1] = self.keys[-1], None
            self.entry(parent, key, node)

    def entry(self, parent: Mapping, key: Node, value: Node) -> None:
        if not isinstance(key, Scalar):
            self.report.error(key.mark, "expected a name before the colon, found a list or a mapping")
        elif key.text in parent.entries:
            first = parent.entries[key.text][0].mark
            self.report.error(key.mark, f"`{show(key.text)}`: given twice, first in line {first.line}")
        else:
            parent.entries[key.text] = (key, value)

    def end(self) -> None:
        """Close what a syntax error left open, so that the part before it can be checked."""
        self.limit = math.inf  # what is open was within it
        while self.open:
            node, _ = self.open.pop()
            pending = self.keys.pop()
            if isinstance(node, Mapping) and isinstance(pending, Scalar):
                empty = Scalar("", "", pending.mark, pending.end, pending.end)
                self.entry(node, pending, empty)
            self.close(node, None)


def read_tree(data: bytes, report: Report) -> Document:
    """The tree of a file's bytes. Everything that is wrong with the YAML goes to the report; never raises for it."""
    text = _decode(data, report)
    if text is None:
        return Document(report.file, "", None, whole=False)
    builder = _Builder(report.file, report)
    whole = True
    try:
        for event in yaml.parse(text, Loader=_Parser):
            builder.take(event)
            if builder.documents > 1:
                report.error(builder.mark(event), "a second YAML document begins here (`---`); only one is read")
                break
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError) as error:
        if "nesting depth" in str(error):  # libyaml's own limit, met as it looks ahead (PyYAML 6.0.4)
            report.error(Mark(report.file, 1, 1), _TOO_DEEP)
            return Document(report.file, text, None, whole=False)
        whole = False
        report.error(*_syntax(error, text, report.file))
    except _TooMuchError as error:
        report.error(Mark(report.file, 1, 1), str(error))
        return Document(report.file, text, None, whole=False)
    if not whole:
        builder.end()
    return Document(report.file, text, builder.root, whole)


def _decode(data: bytes, report: Report) -> str | None:
    """The text, without a byte order mark; None and a problem when it is not UTF-8."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        report.error(Mark(report.file, 1, 1), "the file is UTF-16; save it as UTF-8")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace").removeprefix("\ufeff")
        mark = position(before, len(before), report.file)
        report.error(mark, f"not UTF-8: byte 0x{data[error.start]:02x} cannot be read; save the file as UTF-8")
        return None


def position(text: str, index: int, file: str) -> Mark:
    """The mark of the character at `index`."""
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n")
    return Mark(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


_HINTS = (
    ("mapping values are not allowed", "a value that holds `: ` must be in quotes, or the line is indented wrongly"),
    ("could not find expected ':'", "expected `key: value` here; is a colon, a quote or the indentation missing?"),
    ("did not find expected key", "expected a key here; is the indentation or a quote wrong?"),
    ("did not find expected '-' indicator", "expected another `-` item here; is the indentation wrong?"),
    ("did not find expected ',' or ']'", "a `[` is not closed, or a comma is missing"),
    ("did not find expected ',' or '}'", "a `{` is not closed, or a comma is missing"),
    ("did not find expected node content", "a value is missing here, or a bracket is not closed"),
)


def _syntax(error: yaml.MarkedYAMLError | yaml.reader.ReaderError, text: str, file: str) -> tuple[Mark, str]:
    """Where and what, in one sentence a person can act on."""
    if isinstance(error, yaml.reader.ReaderError):
        character = error.character if isinstance(error.character, int) else ord(str(error.character)[:1] or "\0")
        return position(text, error.position, file), f"the character U+{character:04X} is not allowed in YAML"
    problem, at = error.problem or "", error.problem_mark or error.context_mark
    if "quoted scalar" in (error.context or "") and error.context_mark is not None:
        return _mark(error.context_mark, file), "not valid YAML: the quote that opens here is never closed"
    if at is None:
        return Mark(file, 1, 1), f"not valid YAML: {problem}"
    here = text[at.index : at.index + 1]
    if "cannot start any token" in problem and here == "\t":
        return _mark(at, file), "not valid YAML: indent with spaces, a tab is not allowed here"
    if "cannot start any token" in problem:
        return _mark(at, file), f"not valid YAML: a text that begins with `{show(here)}` must be in quotes"
    hint = next((hint for sign, hint in _HINTS if sign in problem), problem)
    end = len(text.rstrip())
    where = _mark(at, file) if at.index < end else position(text, end, file)
    return where, f"not valid YAML: {hint}"


def start_of(event: yaml.Event) -> AnyMark:
    assert event.start_mark is not None  # the parser sets both marks of every event
    return event.start_mark


def end_of(event: yaml.Event) -> AnyMark:
    assert event.end_mark is not None
    return event.end_mark


def _mark(mark: AnyMark, file: str) -> Mark:
    return Mark(file, mark.line + 1, mark.column + 1)
