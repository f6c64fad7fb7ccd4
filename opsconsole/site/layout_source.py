"""A layout file as pieces of text: what stands for which panel, and which comment belongs to what.

A comment behind something belongs to it, one on a line of its own to what follows. So do blank lines. A piece keeps its
text as it is, moved to the left edge; what is put together of pieces is for `opsconsole.site.layout_text`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

import yaml

from opsconsole.site.model import Layout, Mark, Panel, Stack
from opsconsole.site.tree import end_of, position, start_of

_Parser: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class CannotWriteError(Exception):
    """Why a layout cannot be written into its file; one sentence with the place."""


@dataclass(eq=False)
class Written:
    """A node as it is written: where its text begins and ends; `kind` is scalar, alias, map or list."""

    kind: str
    start: int
    end: int
    flow: bool = False
    text: str = ""
    items: list[Written] = field(default_factory=list)
    entries: list[tuple[Written, Written]] = field(default_factory=list)

    def entry(self, name: str) -> tuple[Written, Written] | None:
        """A key of a mapping, and its value."""
        return next(((key, value) for key, value in self.entries if key.text == name), None)


@dataclass(eq=False)
class Notes:
    """The comments of a piece: on lines of their own above it, and behind it with the blanks between."""

    above: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether there is a comment."""
        return bool(self.behind) or any(self.above)

    def all(self) -> list[str]:
        """All of them, as lines of their own."""
        return [*self.above, *self.behind]


@dataclass(eq=False)
class PanelPiece:
    """A panel; `text` is empty where it stands behind an alias of something larger."""

    panel: Panel
    text: str = ""
    notes: Notes = field(default_factory=Notes)
    row: int = -1


@dataclass(eq=False)
class StackPiece:
    """A stack with its panels."""

    stack: Stack
    members: list[PanelPiece]
    text: str = ""
    flow: bool = False
    notes: Notes = field(default_factory=Notes)
    width: Notes = field(default_factory=Notes)
    head: Notes = field(default_factory=Notes)


@dataclass(eq=False)
class RowPiece:
    """A row. `lines` are all of its own in the file, `above` and `tail` those of them before and after it.

    `heights` and `head` are the comments of its keys. `flow`: its panels are a list in brackets; `bare`: it is that
    list alone.
    """

    places: list[PanelPiece | StackPiece]
    lines: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    heights: Notes = field(default_factory=Notes)
    head: Notes = field(default_factory=Notes)
    flow: bool = False
    bare: bool = False
    keys: int = 2
    panels: int = 0

    def members(self) -> list[PanelPiece]:
        """Its panels from the top left."""
        return [each for place in self.places for each in (place.members if isinstance(place, StackPiece) else [place])]


@dataclass(eq=False)
class Source:
    """A layout file in pieces: what is before the rows, the rows, and what is after them; `dash` is where rows begin.

    `flow`: the rows are a list in brackets, all on one line.
    """

    head: str
    rows: list[RowPiece]
    foot: str
    dash: int
    flow: bool


def written(text: str) -> Written | None:
    """The tree of a text; None where it holds nothing. Raises yaml.YAMLError."""
    open_: list[Written] = []
    keys: list[Written | None] = []
    root: Written | None = None
    for event in yaml.parse(text, Loader=_Parser):
        if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            node = open_.pop()
            keys.pop()
            last = node.items[-1] if node.items else node.entries[-1][1] if node.entries else None
            node.end = end_of(event).index if node.flow or last is None else last.end
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            kind = "list" if isinstance(event, yaml.SequenceStartEvent) else "map"
            at = start_of(event).index
            open_.append(Written(kind, at, at, bool(event.flow_style)))
            keys.append(None)
            continue
        elif isinstance(event, yaml.ScalarEvent):
            start, end = start_of(event).index, end_of(event).index
            kept = start + len(text[start:end].rstrip())
            node = Written("scalar", start, kept, text=event.value)
        elif isinstance(event, yaml.AliasEvent):
            node = Written("alias", start_of(event).index, end_of(event).index)
        else:
            continue
        if not open_:
            root = root or node
        elif open_[-1].kind == "list":
            open_[-1].items.append(node)
        elif (key := keys[-1]) is None:
            keys[-1] = node
        else:
            open_[-1].entries.append((key, node))
            keys[-1] = None
    return root


def scalars(node: Written) -> list[tuple[int, int]]:
    """Where texts stand, in which a `#` is no comment."""
    if node.kind == "scalar":
        return [(node.start, node.end)] if node.end > node.start else []
    inside = [*node.items, *(each for entry in node.entries for each in entry)]
    return [span for each in inside for span in scalars(each)]


def comments(text: str, node: Written) -> list[tuple[int, int]]:
    """Where comments begin and end."""
    spans = scalars(node)
    starts = [start for start, _ in spans]
    found: list[tuple[int, int]] = []
    for match in re.finditer(r"(?:(?<=\s)|^|(?<=[\[\]{},]))#[^\n]*", text, re.MULTILINE):
        before = bisect_right(starts, match.start()) - 1
        if (before < 0 or spans[before][1] <= match.start()) and (not found or found[-1][1] <= match.start()):
            found.append(match.span())
    return found


class Reader:
    """Takes a layout file into pieces; `layout` is what it says. Raises CannotWriteError."""

    def __init__(self, text: str, layout: Layout, file: str) -> None:
        self.text = text
        self.layout = layout
        self.file = file
        root = written(text)
        entry = root.entry("rows") if root is not None and root.kind == "map" else None
        if root is None or entry is None:
            raise self.refused(0, "the file has no `rows`")
        if root.flow:
            raise self.refused(root.start, "the whole file is written in braces: write it line by line first")
        self.rows = entry[1]
        if self.rows.kind != "list" or len(self.rows.items) != len(layout.rows):
            raise self.refused(self.rows.start, "`rows` is written by an alias: write it line by line first")
        self.comments = comments(text, root)
        self.ends: list[tuple[int, int, Notes]] = []
        self.starts: list[tuple[int, Notes]] = []
        self.inside: list[tuple[int, int]] = []

    def refused(self, at: int, why: str) -> CannotWriteError:
        """Why not, with its place."""
        mark: Mark = position(self.text, at, self.file)
        return CannotWriteError(f"{mark.file}:{mark.line}: {why}")

    def read(self) -> Source:
        """The pieces."""
        rows = [self._row(number, node) for number, node in enumerate(self.rows.items)]
        if self.rows.flow:
            return self._in_brackets(rows)
        lines = self.text.splitlines(keepends=True)
        offsets = [0]
        for line in lines:
            offsets.append(offsets[-1] + len(line))

        def line_of(at: int) -> int:
            return bisect_right(offsets, at) - 1

        first = line_of(self.rows.start)
        dash = self.rows.start - offsets[first]
        firsts = [line_of(self._dash(node.start)) for node in self.rows.items]
        lasts = [line_of(max(node.start, node.end - 1)) for node in self.rows.items]
        begins = [
            self._above(lines, at, lasts[number - 1] + 1 if number else None, dash) for number, at in enumerate(firsts)
        ]
        end = lasts[-1] + 1
        while end < len(lines) and (not lines[end].strip() or _is_comment(lines[end], dash + 1)):
            end += 1
        while end > lasts[-1] + 1 and not lines[end - 1].strip():
            end -= 1
        for number, row in enumerate(rows):
            after = begins[number + 1] if number + 1 < len(rows) else end
            row.lines = lines[begins[number] : after]
            row.above = lines[begins[number] : firsts[number]]
            row.tail = lines[lasts[number] + 1 : after]
            if not row.bare:
                row.keys = max(2, self._column(self.rows.items[number].start) - dash)
            row.panels = max(row.keys, row.panels - dash) if row.panels else row.keys + 2
            self._give(offsets[firsts[number]], offsets[lasts[number] + 1])
        return Source("".join(lines[: begins[0]]), rows, "".join(lines[end:]), dash, flow=False)

    def _in_brackets(self, rows: list[RowPiece]) -> Source:
        self._give(self.rows.start, self.rows.end)
        end = self.rows.end
        one_line = "\n" not in self.text[self.rows.start : end]
        for row in rows:
            row.panels = 4
        return Source(self.text[: self.rows.start].rstrip(" "), rows, self.text[end:], 2, flow=one_line)

    def _column(self, at: int) -> int:
        return at - (self.text.rfind("\n", 0, at) + 1)

    def _dash(self, at: int) -> int:
        """Where the dash of an item stands."""
        before = self.text[:at].rstrip()
        while not before.endswith("-"):
            line = before.rfind("\n") + 1
            known = next((start for start, end in self.comments if line <= start and end >= len(before)), None)
            if known is None:
                raise self.refused(at, "the item has no dash of its own")
            before = self.text[:known].rstrip()
        return len(before) - 1

    @staticmethod
    def _above(lines: list[str], at: int, least: int | None, dash: int) -> int:
        """The first of the comments and blank lines above a row; deeper ones belong to the row before."""
        while at > 0 and (least is None or at > least):
            line = lines[at - 1]
            if line.strip() and not (
                line.lstrip().startswith("#") and (least is None or not _is_comment(line, dash + 1))
            ):
                break
            at -= 1
        return at

    # --- pieces ---

    def _row(self, number: int, node: Written) -> RowPiece:
        row = self.layout.rows[number]
        piece = RowPiece([], bare=node.kind == "list")
        listed = node
        if node.kind == "map":
            height, panels = node.entry("height"), node.entry("panels")
            if height is not None:
                self._known(height[0].start, height[1].end, piece.heights)
            if panels is not None:
                self._known(panels[0].start, panels[0].end + 1, piece.head)
                listed = panels[1]
        piece.flow = listed.kind == "list" and listed.flow and "\n" not in self.text[node.start : node.end]
        if listed.kind == "list" and not listed.flow and node.kind == "map":
            piece.panels = self._column(listed.start)
        if node.flow or listed.flow or self.rows.flow:
            self._known(node.start, node.end, piece.notes)
        known = listed.items if listed.kind == "list" and len(listed.items) == len(row.panels) else None
        for at, place in enumerate(row.panels):
            one = known[at] if known is not None else None
            piece.places.append(self._stack(place, one) if isinstance(place, Stack) else self._panel(place, one))
        for member in piece.members():
            member.row = number
        return piece

    def _panel(self, panel: Panel, node: Written | None) -> PanelPiece:
        piece = PanelPiece(panel)
        if node is not None:
            piece.text = self._cut(node)
            self._known(node.start, node.end, piece.notes)
            self.inside.append((node.start, node.end))
        return piece

    def _stack(self, stack: Stack, node: Written | None) -> StackPiece:
        entry = node.entry("stack") if node is not None and node.kind == "map" else None
        known = entry[1].items if entry is not None and len(entry[1].items) == len(stack.panels) else None
        members = [self._panel(each, known[at] if known is not None else None) for at, each in enumerate(stack.panels)]
        piece = StackPiece(stack, members)
        if node is None:
            return piece
        piece.text = self._cut(node)
        piece.flow = node.flow and "\n" not in piece.text
        if entry is not None:
            self._known(entry[0].start, entry[0].end + 1, piece.head)
            width = node.entry("width")
            if width is not None:
                self._known(width[0].start, width[1].end, piece.width)
        if node.flow or (entry is not None and entry[1].flow):
            self._known(node.start, node.end, piece.notes)
        else:
            self.starts.append((node.start, piece.notes))
        return piece

    def _cut(self, node: Written) -> str:
        """The text of a node, moved to the left edge."""
        first, *rest = self.text[node.start : node.end].split("\n")
        column = self._column(node.start)
        return "\n".join([first, *(line[min(column, len(line) - len(line.lstrip(" "))) :] for line in rest)])

    def _known(self, start: int, end: int, notes: Notes) -> None:
        self.starts.append((start, notes))
        self.ends.append((end, -start, notes))

    def _give(self, start: int, end: int) -> None:
        """Give the comments and blank lines of a stretch to what they belong to."""
        starts = sorted((at, number, notes) for number, (at, notes) in enumerate(self.starts) if start <= at < end)
        ends = sorted((at, begin, number, notes) for number, (at, begin, notes) in enumerate(self.ends) if at <= end)
        found = [span for span in self.comments if start <= span[0] < end]
        found += [
            (start + each.start() + 1, start + each.start() + 1)
            for each in re.finditer(r"\n(?=[ \t]*\n)", self.text[start:end])
        ]
        for begin, stop in sorted(found):
            if any(one <= begin < other for one, other in self.inside):
                continue
            line = self.text.rfind("\n", 0, begin) + 1
            before = [each for each in ends if each[0] <= begin and each[0] >= line]
            after = next((notes for at, _, notes in starts if at > begin), None)
            if begin == stop:
                if after is not None:
                    after.above.append("")
            elif self.text[line:begin].strip(" \t-") and before:
                gap = len(self.text[line:begin]) - len(self.text[line:begin].rstrip())
                before[-1][3].behind.append(self.text[begin - gap : stop].rstrip())
            elif after is not None:
                after.above.append(self.text[begin:stop].rstrip())
            else:
                (before or ends)[-1][3].behind.append(self.text[begin:stop].rstrip())


def _is_comment(line: str, least: int) -> bool:
    """Whether a line is a comment that begins at this column or further to the right."""
    return line.lstrip().startswith("#") and len(line) - len(line.lstrip()) >= least
