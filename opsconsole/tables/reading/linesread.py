"""Reader of lines: one record per line by a pattern with named groups, as logs and fixed-width files are made."""

from __future__ import annotations

import codecs
import operator
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from opsconsole.tables.names import clean
from opsconsole.tables.reading import cut, decode
from opsconsole.tables.reading.evidence import gather
from opsconsole.tables.reading.piece import Dialect, NotReadyError, Piece, Stretch, Tail, Wish
from opsconsole.tables.records import Reject

if TYPE_CHECKING:
    import pyarrow as pa

_HEAD = 1 << 16
_BLOCK = 2000
"""Lines matched at once: three times as fast as all together, which would not fit the processor's cache."""


def read(stretch: Stretch, dialect: Dialect | None, wish: Wish) -> Piece:
    """Read lines; blank ones are no records, what does not fit the pattern is set aside.

    The pattern has to fit the whole line; blanks around values go. A line that is not in the file's encoding is read
    in the fallback's. An unterminated last line is taken when the file is quiet and it fits. Raises NotReadyError
    without a pattern.
    """
    pattern = _compiled(wish.read.pattern)
    mark = 0
    if dialect is None:
        encoding, mark = decode.detect(stretch.data[:_HEAD], wish.read.encoding)
        if not wish.read.encoding and decode.plain(encoding):
            encoding = "utf-8"  # the fallback is for the lines that need it
            decode.refuse_binary(stretch.data[:_HEAD])
        dialect = Dialect("lines", encoding=encoding, whole=not decode.plain(encoding))
    data, start = stretch.data, mark
    if dialect.whole:
        data, start = decode.to_utf8(data[mark:], dialect.encoding).removeprefix(codecs.BOM_UTF8), 0
    length = max(_complete(data), start)
    texts = _texts(data[start:length], dialect, wish)
    next_line = stretch.lines + len(texts)
    rest, tail = data[length:], _none()
    if rest.strip() and stretch.last:
        tail = "waiting"
        if stretch.quiet:
            last = _texts(rest, dialect, wish)
            tail = "taken" if _match(pattern, last[0]) and not _torn(rest, dialect) else "held"
        if tail == "taken":
            texts, next_line, length = texts + last, next_line + 1, len(data)
    piece = _piece(pattern, texts, stretch.lines, dialect, wish)
    piece.end = stretch.start + length
    piece.next_line, piece.tail, piece.more = next_line, tail, not stretch.last
    return piece


def _none() -> Tail:
    return "none"


def _torn(rest: bytes, dialect: Dialect) -> bool:
    """Whether the bytes end inside a character of UTF-8."""
    return dialect.encoding == "utf-8" and decode.is_utf8(rest) and rest.decode("utf-8", "ignore").encode() != rest


def _complete(data: bytes) -> int:
    """Length of the lines with an end; a lone CR counts if there is no LF."""
    length = data.rfind(b"\n") + 1
    return length or data[:-1].rfind(b"\r") + 1


@lru_cache(maxsize=64)
def _compiled(pattern: str | None) -> re.Pattern[str]:
    if pattern is None:
        raise NotReadyError("no pattern: say under `read` with `pattern` how a line is made")
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise NotReadyError(f"the pattern is no regular expression: {error}") from error
    if not compiled.groupindex:
        raise NotReadyError("the pattern has no named group such as (?P<level>\\w+)")
    return compiled


def _texts(data: bytes, dialect: Dialect, wish: Wish) -> list[str]:
    """Lines as text: of UTF-8 each that is not is read in the fallback encoding."""
    if not data:
        return []
    data = cut.normal(data).removesuffix(b"\n")
    if dialect.encoding != "utf-8" and not dialect.whole:
        return decode.to_utf8(data, dialect.encoding).decode("utf-8", "replace").split("\n")
    try:
        return data.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        fallback = decode.normal(wish.read.fallback or decode.FALLBACK)
        return [_text(line, fallback) for line in data.split(b"\n")]


def _text(line: bytes, fallback: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return decode.to_utf8(line, fallback).decode("utf-8", "replace")


def _match(pattern: re.Pattern[str], line: str) -> re.Match[str] | None:
    """Blanks at the end of a line never are what a misfit is about."""
    return pattern.fullmatch(line) or pattern.fullmatch(line.rstrip())


def _piece(pattern: re.Pattern[str], texts: list[str], before: int, dialect: Dialect, wish: Wish) -> Piece:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    groups = list(pattern.groupindex)
    values = operator.methodcaller("group", *groups)
    parts: list[list[pa.Array]] = [[] for _ in groups]
    misfits: list[int] = []
    for start in range(0, len(texts), _BLOCK):
        found = list(map(pattern.fullmatch, texts[start : start + _BLOCK]))
        if None in found:
            found = _second_look(pattern, found, texts, start, misfits)
        taken = map(values, found)
        columns = zip(*taken, strict=True) if len(groups) > 1 else [list(taken)]
        for part, column in zip(parts, columns, strict=False):
            part.append(pc.utf8_trim_whitespace(pa.array(column, pa.string())))
    keep = np.ones(len(texts), np.bool_)
    keep[misfits] = False
    lines = np.arange(before + 1, before + 1 + len(texts), dtype=np.int64)[keep]
    rejects = [
        Reject(before + index + 1, "", "does not fit the pattern", texts[index])
        for index in misfits
        if texts[index].strip()
    ]
    arrays = [pa.chunked_array(part, pa.string()) for part in parts]
    table = pa.table(arrays, names=[f"c{i}" for i in range(len(arrays))])
    names = clean(groups)
    shown = gather(names, table, lines, wish.read.null)
    decided = msgspec.structs.replace(dialect, names=names)
    told = f"{dialect.encoding}, lines by pattern"
    return Piece(decided, names, table, lines, 0, 0, rejects=rejects, read_as=told, evidence=shown)


def _second_look(
    pattern: re.Pattern[str], found: list[re.Match[str] | None], texts: list[str], start: int, misfits: list[int]
) -> list[re.Match[str] | None]:
    """The matches of a block; lines that do not fit even without blanks at their end go to `misfits`."""
    result: list[re.Match[str] | None] = []
    for index, match in enumerate(found, start):
        match = match or _match(pattern, texts[index])
        if match is None:
            misfits.append(index)
        else:
            result.append(match)
    return result
