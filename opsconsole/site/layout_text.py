"""A layout file made to say an edited layout: what did not change stays as it is written, with all of its comments.

Rows that are as they were are taken over letter by letter; a row that changed is put together of the pieces of its
panels, each as it was written. What the text says then is for the caller to read again and to hold against the layout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
import yaml
from msgspec.structs import replace

from opsconsole.site.insert import scalar
from opsconsole.site.layout_source import (
    CannotWriteError,
    Notes,
    PanelPiece,
    Reader,
    RowPiece,
    Source,
    StackPiece,
    comments,
    written,
)
from opsconsole.site.layout_words import yaml_panel, yaml_stack
from opsconsole.site.model import Layout, LayoutRow, Panel, Stack

WIDE = 120
_STEP = 2


def layout_text(layout: Layout) -> str:
    """A layout as a file of its own."""
    like = RowPiece([], flow=True, bare=True, panels=4)
    rows = [line for row in layout.rows for line in _Row(row, None, PanelPiece, like).block(_STEP)]
    title = [f"title: {scalar(layout.title)}"] if layout.title and layout.title != layout.name else []
    return "\n".join([*title, "rows:", *rows]) + "\n"


def edited_bytes(data: bytes, before: Layout, after: Layout, file: str) -> bytes:
    """The same of a file's bytes, which keep their line ends and their byte order mark. Raises CannotWriteError."""
    bom = data[:3] if data.startswith(b"\xef\xbb\xbf") else b""
    text = data[len(bom) :].decode()
    ends = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n")
    found = edited_text(lines, before, after, file)
    if ends == "\r\n" and lines.count("\n") != text.count("\r\n"):
        raise CannotWriteError(f"{file}: its lines end now with CR LF, now with LF: have all end alike first")
    return bom + found.replace("\n", ends).encode()


def edited_text(text: str, before: Layout, after: Layout, file: str) -> str:
    """The text of a layout file (line ends are `\\n`) that says `before`, made to say `after`.

    `file` is what messages call it. Raises CannotWriteError.
    """
    try:
        source = Reader(text, before, file).read()
    except yaml.YAMLError as error:
        raise CannotWriteError(f"{file}: not understood as YAML: {error}") from error
    if before.rows == after.rows:
        return text
    after = msgspec.convert(msgspec.to_builtins(after), Layout)  # a panel that stands twice is two
    pairs = _Pairs(source, before, after)
    rows = [_Row(row, pairs.rows.get(number), pairs.piece, source.rows[0]) for number, row in enumerate(after.rows)]
    if source.flow and all(row.one_line for row in rows):
        line = f"{source.head} [{', '.join(row.in_line() for row in rows)}]{source.foot}"
        if len(line.partition("rows")[2].splitlines()[0]) < WIDE:
            return line
    out: list[str] = []
    for number, row in enumerate(rows):
        old = pairs.rows.get(number)
        if old is not None and number in pairs.same and old.lines:
            out += [line if line.endswith("\n") else line + "\n" for line in old.lines]
            continue
        out += old.above if old is not None else []
        out += [line + "\n" for line in row.block(source.dash)]
        out += [line if line.endswith("\n") else line + "\n" for line in (old.tail if old is not None else [])]
    head, foot = source.head, source.foot
    if not head.endswith("\n"):
        head += "\n"
        foot = foot.lstrip(" ") if foot.lstrip(" ").startswith(("\n", "#")) else foot
        foot = foot.removeprefix("\n")
    whole = head + "".join(out) + foot
    return whole if text.endswith("\n") or foot else whole.removesuffix("\n")


class _Pairs:
    """Which row and which panel of the file a row and a panel of the edited layout was."""

    def __init__(self, source: Source, before: Layout, after: Layout) -> None:
        self._left: list[PanelPiece] = []
        self.rows: dict[int, RowPiece] = {}
        self.same: set[int] = set()
        self._found: dict[int, PanelPiece] = {}
        free = dict(enumerate(source.rows))
        for number, row in enumerate(after.rows):
            alike = [at for at in free if before.rows[at] == row]
            if alike:
                at = min(alike, key=lambda each: abs(each - number))
                self.rows[number] = free.pop(at)
                self.same.add(number)
        self._left = [piece for row in free.values() for piece in row.members()]
        wanted = [
            (number, panel)
            for number, row in enumerate(after.rows)
            if number not in self.same
            for panel in _panels(row)
        ]
        self._match(wanted)
        self._match_rows(wanted, free)
        self._orphans(free.values())

    def piece(self, panel: Panel) -> PanelPiece:
        """What a panel was; without a text if it is new."""
        return self._found.get(id(panel), PanelPiece(panel))

    def _match(self, wanted: Sequence[tuple[int, Panel]]) -> None:
        rules: tuple[Callable[[Panel], object], ...] = (
            lambda panel: panel,
            lambda panel: replace(panel, height=None, width=1),
            lambda panel: replace(panel, height=None, width=1, title=""),
        )
        for rule in rules:
            for number, panel in wanted:
                alike = [piece for piece in self._left if rule(piece.panel) == rule(panel)]
                if alike and id(panel) not in self._found:
                    found = min(alike, key=lambda piece: abs(piece.row - number))
                    self._found[id(panel)] = found
                    self._left.remove(found)

    def _match_rows(self, wanted: Sequence[tuple[int, Panel]], free: dict[int, RowPiece]) -> None:
        shared: dict[tuple[int, int], int] = {}
        for number, panel in wanted:
            if (piece := self._found.get(id(panel))) is not None and piece.row in free:
                shared[number, piece.row] = shared.get((number, piece.row), 0) + 1
        for number, at in sorted(shared, key=lambda pair: (-shared[pair], abs(pair[0] - pair[1]))):
            if number not in self.rows and at in free:
                self.rows[number] = free.pop(at)

    def _orphans(self, gone: Iterable[RowPiece]) -> None:
        """The comments of a row that is no more, and of its stacks, stay with the first of its panels that goes on."""
        kept = {id(piece) for piece in self._found.values()}
        for row in gone:
            first = next((piece for piece in row.members() if id(piece) in kept), None)
            if first is not None:
                lines = [line.strip() for line in (*row.above, *row.tail) if line.strip()]
                stacks = [note for place in row.places if isinstance(place, StackPiece) for note in _notes(place)]
                first.notes.above[:0] = [*lines, *row.notes.all(), *row.heights.all(), *row.head.all(), *stacks]


def _panels(row: LayoutRow) -> list[Panel]:
    return [each for place in row.panels for each in (place.panels if isinstance(place, Stack) else (place,))]


class _Row:
    """A row of the edited layout, of pieces. `old` is what it was; a new one is written like another one."""

    def __init__(
        self, row: LayoutRow, old: RowPiece | None, piece: Callable[[Panel], PanelPiece], like: RowPiece
    ) -> None:
        self.row = row
        self.old = old or RowPiece([], flow=like.flow, bare=like.bare, keys=like.keys, panels=like.panels)
        self._pieces = {id(panel): _fitted(piece(panel), panel) for panel in _panels(row)}
        self._stacks = _stacks(row, old)

    @property
    def one_line(self) -> bool:
        """Whether it can be written in brackets on one line."""
        if self.old.heights.any or self.old.head.any or any(self.old.notes.above):
            return False
        stacks = [each for each in self._stacks.values() if each is not None]
        if any(each.notes.any or each.width.any or each.head.any for each in stacks):
            return False
        return all(map(_flowing, self._pieces.values()))

    def in_line(self) -> str:
        """All of it in brackets, without its comment."""
        places = [
            yaml_stack(place, [self._pieces[id(each)].text for each in place.panels])
            if isinstance(place, Stack)
            else self._pieces[id(place)].text
            for place in self.row.panels
        ]
        listed = f"[{', '.join(places)}]"
        if self.row.height is None and self.old.bare:
            return listed
        height = f"height: {self.row.height}, " if self.row.height is not None else ""
        return f"{{{height}panels: {listed}}}"

    def block(self, dash: int) -> list[str]:
        """Its lines, where dashes of rows stand in this column."""
        old = self.old
        start = " " * dash + "-" + " " * (old.keys - 1)
        if old.flow and self.one_line:
            line = start + self.in_line()
            behind = old.notes.behind
            if len(line) <= WIDE:
                return [*_own(behind[1:], dash), line + _spaced(behind)]
        lines: list[str] = []
        loose = [*old.notes.all()]
        keys = dash + old.keys
        if self.row.height is not None:
            lines += _own(old.heights.above, keys)
            lines += _behind(f"height: {self.row.height}", old.heights.behind, keys)
        else:
            loose += old.heights.all()
        lines += _own(old.head.above, keys)
        lines += _behind("panels:", old.head.behind, keys)
        for place in self.row.panels:
            lines += self._place(place, dash + old.panels)
        first = next(at for at, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#"))
        lines[first] = start + lines[first].lstrip()
        return [*_own(loose, dash), *(_shifted(line, dash, keys) for line in lines[:first]), *lines[first:]]

    def _place(self, place: Panel | Stack, dash: int) -> list[str]:
        if isinstance(place, Panel):
            return self._panel(place, dash)
        old = self._stacks[id(place)] or StackPiece(place, [], flow=True)
        members = [self._pieces[id(panel)] for panel in place.panels]
        if all(map(_flowing, members)) and old.flow and not (old.width.any or old.head.any):
            whole = yaml_stack(place, [each.text for each in members])
            if dash + 2 + len(whole) <= WIDE:
                return _item(whole, old.notes, dash)
        lines = _own(old.notes.above, dash)
        lines += _own([*old.notes.behind, *(old.width.all() if place.width == 1 else old.width.above)], dash)
        keys = []
        if place.width != 1:
            keys += _behind(f"width: {place.width}", old.width.behind, dash + _STEP)
        above = _own(old.head.above, dash)
        keys += _behind("stack:", old.head.behind, dash + _STEP)
        keys[0] = " " * dash + "- " + keys[0].lstrip()
        lines += above + keys
        for panel in place.panels:
            lines += self._panel(panel, dash + 2 * _STEP)
        return lines

    def _panel(self, panel: Panel, dash: int) -> list[str]:
        piece = self._pieces[id(panel)]
        return _item(piece.text, piece.notes, dash)


def _stacks(row: LayoutRow, old: RowPiece | None) -> dict[int, StackPiece | None]:
    """What the stacks of a row were: those with the most panels in common."""
    left = [place for place in old.places if isinstance(place, StackPiece)] if old is not None else []
    found: dict[int, StackPiece | None] = {}
    for place in row.panels:
        if isinstance(place, Stack):
            names = [(panel.kind, panel.of, panel.text) for panel in place.panels]
            common = [
                sum((each.panel.kind, each.panel.of, each.panel.text) in names for each in one.members) for one in left
            ]
            best = max(range(len(left)), key=lambda at: common[at], default=None)
            found[id(place)] = left.pop(best) if best is not None and common[best] else None
    for lost in left:  # a stack that is none any more: its comments stay in the row
        assert old is not None
        old.notes.above += _notes(lost)
    return found


def _notes(stack: StackPiece) -> list[str]:
    """All comments of a stack itself."""
    return [*stack.notes.all(), *stack.width.all(), *stack.head.all()]


def _flowing(piece: PanelPiece) -> bool:
    """Whether it can stand in brackets, on one line."""
    text = piece.text
    return not piece.notes.any and "\n" not in text and (text[0] in "{*" or (text[0] == "&" and text[-1] == "}"))


def _own(notes: Iterable[str], column: int) -> list[str]:
    return [" " * column + line.strip() if line else "" for line in notes]


def _spaced(notes: Sequence[str]) -> str:
    """The first comment as it stands behind something."""
    if not notes:
        return ""
    return notes[0] if notes[0][0].isspace() else "  " + notes[0]


def _behind(text: str, notes: Sequence[str], column: int) -> list[str]:
    """A line with the comment behind it; more comments stand above."""
    line = " " * column + text
    return [*_own(notes[1:], column), line + _spaced(notes)]


def _item(text: str, notes: Notes, dash: int) -> list[str]:
    """An item of a list of lines, with its comments."""
    first, *rest = text.split("\n")
    lines = [" " * dash + "- " + first, *(" " * (dash + _STEP) + line if line else "" for line in rest)]
    if notes.behind:
        lines[-1] += _spaced(notes.behind)
    return [*_own(notes.above, dash), *_own(notes.behind[1:], dash), *lines]


def _shifted(line: str, dash: int, keys: int) -> str:
    return " " * dash + line[keys:] if line.strip() else line


# --- the keys of a panel -----------------------------------------------------------------------------------------


def _fitted(piece: PanelPiece, panel: Panel) -> PanelPiece:
    """The piece of a panel made to say what it is now."""
    if not piece.text or (piece.text.startswith("*") and piece.panel != panel):
        return PanelPiece(panel, yaml_panel(panel), piece.notes, piece.row)
    text, notes = piece.text, Notes([*piece.notes.above], [*piece.notes.behind])
    old = piece.panel
    changes: list[tuple[str, str | None]] = []
    if old.title != panel.title:
        changes.append(("title", scalar(panel.title) if panel.title else None))
    if old.width != panel.width:
        changes.append(("width", str(panel.width) if panel.width != 1 else None))
    if old.height != panel.height:
        changes.append(("height", str(panel.height) if panel.height is not None else None))
    for key, value in changes:
        text = _with_key(text, key, value, notes)
    return PanelPiece(panel, text, notes, piece.row)


def _with_key(text: str, key: str, value: str | None, notes: Notes) -> str:
    """A mapping with a key of it set, or taken out (None); a comment that was behind what goes stays above."""
    node = written(text)
    assert node is not None
    found = node.entry(key)
    if found is None:
        if value is None:
            return text
        last = node.entries[-1][1].end
        if node.flow:
            return f"{text[:last]}, {key}: {value}{text[last:]}"
        behind = _spaced(notes.behind)
        del notes.behind[:1]
        return f"{text}{behind}\n{key}: {value}"
    start, end = found[0].start, found[1].end
    if value is not None:
        return text[: found[1].start] + value + text[end:]
    at = next(number for number, (one, _) in enumerate(node.entries) if one is found[0])
    if node.flow:
        if at + 1 < len(node.entries):
            end = node.entries[at + 1][0].start
        else:
            start = node.entries[at - 1][1].end
        notes.above += [text[begin:stop].rstrip() for begin, stop in comments(text, node) if start <= begin < end]
        return text[:start] + text[end:]
    line_end = text.find("\n", end)
    if line_end < 0:
        # the last line goes, and what is behind it
        notes.above += notes.behind
        notes.behind.clear()
        return text[:start].rstrip()
    notes.above += [text[begin:stop].rstrip() for begin, stop in comments(text, node) if end <= begin < line_end]
    return text[:start] + text[line_end + 1 :].lstrip(" ")
