"""What delimits, quotes and escapes in a text, decided from its first lines alone, so that more bytes change nothing.

A file that has less is read again when it grows (`intake.YOUNG_ROWS`, `intake.YOUNG_BYTES`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from opsconsole.site.model import Read
from opsconsole.tables.reading.fields import Fields, split
from opsconsole.tables.reading.guess import kind

LINES = 50
BYTES = 1 << 20
_USUAL = (",", ";", "\t", "|")
_BLANKED = (", ", "; ", "| ")
_RARE = ("\x01", "\x1f", "\x1e", "||", "::", "|~|", "^", "~", "\xa7", "\xa6", "\xac", "#", "!", "*", "&", "@", ":", " ")
_CONTROLS = ("\x01", "\x1f", "\x1e")
_PINNED = {"\\t": "\t", "tab": "\t", "space": " ", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|"}
_CELL = re.compile(r"[-+]?[\d.,' ]*%?|[^,;\t|]*")
HINT = re.compile(r"sep=(.)\r?(?:\n|$)", re.IGNORECASE)
"""What some programs write above a table for Excel."""
_CELLS = 40
_NEAR = 0.97
"""A second best score above this share of the best is told."""
_MOST_RARE = 0.8 * 1.021
"""No rare delimiter scores more."""
_POOR = 0.4
"""A score below this means that hardly any two of the first lines have the same number of fields."""


class Choice(Struct, frozen=True):
    """What delimits, quotes and escapes (empty: nothing), and what a person should know about it."""

    delimiter: str
    quote: str
    escape: str
    note: str = ""


def head_of(data: bytes) -> tuple[bytes, bool]:
    """The first lines, at most `LINES` and `BYTES`, and whether they are all there is."""
    part = data[:BYTES]
    mark = b"\n" if b"\n" in part or b"\r" not in part else b"\r"
    at = 0
    for _ in range(LINES):
        found = part.find(mark, at)
        if found < 0:
            return part, len(part) == len(data)
        at = found + 1
    return part[:at], at == len(data)


def choose(text: str, read: Read) -> Choice:
    """Decide from the head of a file, given as text with LF as its line ends."""
    lines = [line for line in text.split("\n") if line.strip()]
    quotes = _quotes(text, read)
    pinned = _PINNED.get(read.delimiter or "", read.delimiter) or ","
    one = not read.delimiter and _one_column(lines)
    if one:
        return Choice(
            next(sign for sign in "\t;|\x1f" if sign not in text or sign == "\x1f"),
            quotes[0],
            read.escape or "",
            "one column",
        )
    best, best_score, second = Choice(pinned, quotes[0], read.escape or ""), 0.0, (0.0, "")
    for delimiter in _delimiters(text, read):
        if best_score * _NEAR >= _MOST_RARE and _is_rare(delimiter):
            continue
        for quote in quotes:
            for escape in _escapes(text, quote, read):
                score = _score(text, delimiter, quote, escape)
                if score > best_score + 1e-9:
                    if best_score and best.delimiter != delimiter:
                        second = (best_score, best.delimiter)
                    best, best_score = Choice(delimiter, quote, escape), score
                elif score > second[0] and delimiter != best.delimiter:
                    second = (score, delimiter)
    if best_score < _POOR and not read.delimiter and len(lines) > 2:
        if _as_first_line(text, quotes[0]):
            return Choice(" ", quotes[0], read.escape or "", "taken as delimited by spaces, as its first line is")
        if best_score:
            return msgspec.structs.replace(best, note="unsure what delimits: its first lines differ much")
    if second[0] > best_score * _NEAR and second[1].strip() != best.delimiter.strip():
        best = msgspec.structs.replace(best, note=f"{_name(second[1])} would delimit as well")
    return best


def _name(delimiter: str) -> str:
    return {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "space"}.get(delimiter, repr(delimiter))


def _delimiters(text: str, read: Read) -> Iterator[str]:
    hint = HINT.match(text)
    if hint and not read.delimiter:
        yield hint[1]
        return
    if read.delimiter:
        yield _PINNED.get(read.delimiter, read.delimiter)
        return
    yield from (d for d in (*_USUAL, *_BLANKED) if d in text)
    rows = [line for line in text.split("\n") if line.strip()]
    for delimiter in _RARE:
        if delimiter in text and sum(delimiter in row for row in rows) >= len(rows) * 0.8 and len(rows) > 1:
            yield delimiter


def _quotes(text: str, read: Read) -> list[str]:
    if read.quote is not None:
        return [read.quote]
    around = r"[,;\t| :^~\x01\x1f]"
    if "'" not in text:
        return ['"']
    single = len(re.findall(rf"(?:^|(?<={around}))'(?:[^'\n]|'')*'(?={around}|$)", text, re.MULTILINE))
    return ['"', "'"] if single > 1 else ['"']


def _escapes(text: str, quote: str, read: Read) -> list[str]:
    if read.escape is not None:
        return ["" if read.escape == quote else read.escape]
    return ["", "\\"] if quote and "\\" + quote in text else [""]


def _as_first_line(text: str, quote: str) -> bool:
    """Whether blanks delimit, though texts hold blanks, too: many records have as many fields as the names above."""
    rows = rows_of(text, " ", quote, "")
    widths = [len(row.texts) for row in rows]
    names = all(kind([cell]) == "text" for cell in rows[0].texts)
    return names and widths[0] > 3 and widths.count(widths[0]) >= len(widths) * 0.25


def _one_column(lines: list[str]) -> bool:
    """Whether whole lines are numbers or times: "10:30:00" or "1,5" under a name."""
    if len(lines) < 3:
        return False
    first, body = lines[0], lines[1:]
    return not any(d in first for d in _USUAL) and kind(body) not in ("text", "boolean")


def rows_of(text: str, delimiter: str, quote: str, escape: str) -> list[Fields]:
    """The filled records of a short text, cut as all of the file will be."""
    from opsconsole.tables.reading import cut

    if not quote or quote not in text:
        return [split(line, delimiter, "", escape) for line in text.split("\n") if line]
    mark = (
        next(sign for sign in "\x1f\x1e\x1d\x1c\x02" if sign not in text) if len(delimiter.encode()) > 1 else delimiter
    )
    data = text.replace(delimiter, mark).encode("utf-8", "surrogatepass")
    if not data.endswith(b"\n"):
        data += b"\n"
    found = cut.scan(data, cut.Grammar(mark.encode(), quote.encode(), escape.encode()), final=True)
    records = (data[a:b].decode("utf-8", "surrogatepass") for a, b in zip(found.starts, found.ends, strict=True))
    return [split(record.replace(mark, delimiter), delimiter, quote, escape) for record in records]


def _score(text: str, delimiter: str, quote: str, escape: str) -> float:
    """How evenly a dialect cuts the text into more than one field, and how much its fields look like fields."""
    rows = [row for row in rows_of(text, delimiter, quote, escape) if any(row.texts)]
    counts = Counter(len(row.texts) for row in rows if len(row.texts) > 1)
    if not counts:
        return 0.0
    width, hits = max(counts.items(), key=lambda item: (item[1], item[0]))
    share = hits / len(rows)
    regular = [row for row in rows if len(row.texts) == width]
    cells = clean = 0
    if _all_clean(text, delimiter, quote, escape):
        cells = clean = len(regular) * min(width, _CELLS)
    for row in regular if not cells else ():
        for index, (cell, quoted) in enumerate(zip(row.texts[:_CELLS], row.quoted, strict=False)):
            cells += 1
            clean += quoted or (_is_clean(cell) and not (index and cell[:1] == " " and cell.strip()))
    odd = sum(row.odd for row in rows) / len(rows)
    score = share * (0.6 + 0.4 * clean / cells) * (1 - odd / 2) + min(width, 20) / 1000
    if _is_rare(delimiter):
        typed = share >= 0.8 and any(
            kind([row.texts[index] for row in regular[1:]]) != "text" for index in range(min(width, _CELLS))
        )
        return score * 0.8 if typed else 0.0
    return score


def _is_rare(delimiter: str) -> bool:
    return delimiter in _RARE and delimiter not in _CONTROLS


def _all_clean(text: str, delimiter: str, quote: str, escape: str) -> bool:
    """Whether nothing in a text can make a cell unclean, so that cells need not be looked at one by one."""
    if (quote and quote in text) or (escape and escape in text) or delimiter + " " in text:
        return False
    return not any(sign in text for sign in ",;\t|\"'" if sign != delimiter)


def _is_clean(cell: str) -> bool:
    text = cell.strip()
    if text[:1] in ("'", '"') and text[-1:] == text[:1]:
        return False
    return text[:1] != '"' and text[-1:] != '"' and _CELL.fullmatch(text) is not None
