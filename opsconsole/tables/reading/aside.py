"""Rows that are no records: totals, which would be counted twice, notes below a table, and its header again.

A word such as "Total" proves nothing, it may be a brand. A row is a total where the columns beside the word that are
filled in the data are empty, or where its numbers are the sums of those above.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import msgspec

from opsconsole.tables.reading import layout, sums
from opsconsole.tables.reading.below import TITLE, is_foreign, is_title
from opsconsole.tables.reading.choose import LINES
from opsconsole.tables.reading.guess import kind
from opsconsole.tables.reading.piece import Dialect, Seen
from opsconsole.tables.records import Reject

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

TOTALS = frozenset(
    "total totals totalt totale totaal subtotal sub-total sous-total sum sums summe summen gesamt gesamtsumme"
    " gesamtergebnis ergebnis insgesamt zwischensumme teilsumme endsumme somme suma sumy razem ogółem somma toplam"
    " итого всего 合计 总计 小计 合計 yhteensä celkem összesen overall".split()
)
_NOTE = re.compile(
    r"(?:sources?|quellen?|stand|notes?|hinweise?|anmerkung(?:en)?|bemerkung|fuente|fonte|nota|remarque|generated|"
    r"erstellt|created|exported|printed|as of|last updated?|copyright|end of|ende)\b|[*†‡©¹²³]|\(c\)|\d\)\s",
    re.IGNORECASE,
)
_NOTE_STARTS = (
    "source quelle stand note hinweis anmerkung bemerkung fuente fonte nota remarque generated erstellt created"
    " exported printed as last copyright end (c"
).split()
_FEW = 200
"""So few rows are all looked at."""
_COLUMNS = 4
"""The first columns, in one of which the word for a total stands."""
HEADER_AGAIN = "the header again"
TOTAL = "a total row: it would be counted twice"
NOTE = "a note, not a record"
EMPTY = "no field is filled"


class Sifted(msgspec.Struct, frozen=True):
    """What is left, why rows were set aside, what was learnt, and the row at which another header begins (-1: none).

    `foreign`: it is that of another table.
    """

    table: pa.Table
    lines: NDArray[np.int64]
    rejects: list[Reject]
    seen: Seen
    change: int = -1
    foreign: bool = False


def learn(table: pa.Table, lines: NDArray[np.int64], seen: Seen) -> Seen:
    """Which columns are typed and which are always filled, from the rows on the first lines of a file."""
    import numpy as np

    head = table.slice(0, int(np.count_nonzero(lines <= LINES)))
    rows = [row for row in rows_of(head) if not any(is_total(cell) for cell in row[:_COLUMNS])]
    rows = [row for row in rows if sum(map(bool, map(str.strip, row))) > 1]
    if not rows or seen.dense is not None:
        return seen
    columns = list(zip(*rows, strict=True))
    kinds = [kind(column) for column in columns]
    filled = [sum(map(bool, map(str.strip, column))) >= len(rows) * 0.9 for column in columns]
    typed = [i for i, own in enumerate(kinds) if own not in ("text", "boolean")]
    dense = [i for i, own in enumerate(kinds) if filled[i] and own not in ("integer", "number")]
    return msgspec.structs.replace(seen, typed=typed, dense=dense)


def is_total(cell: str) -> bool:
    """Whether a cell may name a total: the word, or a few words that begin or end with it."""
    if cell[:1].isdigit() and cell[-1:].isdigit():
        return False  # no word begins or ends so
    return _is_total(cell)


@functools.lru_cache(maxsize=1 << 12)
def _is_total(cell: str) -> bool:
    words = cell.lower().replace(":", " ").split()
    return 0 < len(words) <= 5 and (words[0] in TOTALS or words[-1] in TOTALS)


def is_note(cell: str) -> bool:
    """Whether a text reads like a note below a table."""
    return _NOTE.match(cell.strip()) is not None


def sift(
    table: pa.Table, lines: NDArray[np.int64], dialect: Dialect, start: int, below: Collection[int] = ()
) -> Sifted:
    """Set rows aside that are no records. `start`: where in the file the stretch of the rows begins.

    `below`: lines of records behind a gap.

    Raises RereadError where only the rows before them can tell.
    """
    import numpy as np
    import pyarrow as pa

    seen = learn(table, lines, dialect.seen) if not start else dialect.seen
    if not table.num_rows or table.num_columns < 2:
        return Sifted(table, lines, [], seen)
    reasons: dict[int, str] = {}
    names = dialect.names if seen.places is None else [dialect.names[place] for place in seen.places]
    suspects = _suspects(table, names if dialect.header else [])
    change = -1
    for index in suspects.names:
        row = _row(table, index)
        if _again(row, names):
            reasons[index] = HEADER_AGAIN
        elif change < 0 and layout.another(row, dialect.names):
            change = index
    foreign = False
    for index in np.flatnonzero(np.isin(lines, sorted(below))).tolist() if below else []:
        row = _row(table, index)
        if is_title(row) and (seen.typed or seen.dense):
            reasons[index] = TITLE
        elif index not in reasons and dialect.header and not 0 <= change <= index and is_foreign(row, seen):
            change, foreign = index, True
    dense = seen.dense or []
    for index in suspects.notes:
        row = _row(table, index)
        if dense and sum(map(bool, row)) == 1:
            reasons[index] = NOTE
    totals, seen = sums.totals(table, suspects.totals, set(reasons), seen, start)
    reasons |= dict.fromkeys(totals, TOTAL)
    if change >= 0:
        reasons = {index: why for index, why in reasons.items() if index < change}
        table, lines = table.slice(0, change), lines[:change]
    if not reasons:
        return Sifted(table, lines, [], seen, change, foreign)
    drop = sorted(reasons)
    delimiter = dialect.delimiter
    rejects = [Reject(int(lines[index]), "", reasons[index], delimiter.join(_row(table, index))) for index in drop]
    keep = np.ones(len(lines), np.bool_)
    keep[drop] = False
    return Sifted(table.filter(pa.array(keep)), lines[keep], rejects, seen, change, foreign)


def _again(row: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a row repeats the header, or one record of a header of several."""
    texts = [" ".join(cell.split()) for cell in row]
    named = sum(bool(text) for text in texts)
    if named < 2 and len(texts) > 1:
        return False
    return all(
        not text or text == name or name.startswith(f"{text} ") or name.endswith(f" {text}") or name == f"{text}_{n}"
        for text, name, n in ((t, name, name.rpartition("_")[2]) for t, name in zip(texts, names, strict=True))
    ) and (named == len(texts) or named * 2 > len(texts))


def rows_of(table: pa.Table) -> list[list[str]]:
    columns = [[value or "" for value in column.to_pylist()] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _row(table: pa.Table, index: int) -> list[str]:
    return [column[index].as_py() or "" for column in table.columns]


class _Suspects(msgspec.Struct):
    names: list[int] = []
    notes: list[int] = []
    totals: dict[int, int] = {}  # row: column of the word

    def add(self, rows: list[int], place: int, looks: tuple[bool, bool, bool]) -> None:
        """Note rows with the same cell at a place."""
        if looks[0]:
            self.names += rows
        if looks[1]:
            self.notes += rows
        if looks[2]:
            self.totals |= {row: place for row in rows if row not in self.totals}


def _suspects(table: pa.Table, names: Sequence[str]) -> _Suspects:
    """Rows whose first cells are worth a closer look. Cheap, because every row of every file passes here."""

    found = _Suspects()
    texts = set(names)
    if table.num_rows <= _FEW:
        return _suspects_of_few(table, texts)
    firsts, lasts = _signs()
    firsts = firsts | _pairs(names, 0)
    for place in range(min(_COLUMNS, table.num_columns)):
        column = table.column(place).combine_chunks()
        hits = _hits(column, firsts, lasts)
        if not len(hits):
            continue
        encoded = column.take(hits).dictionary_encode()
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        values = [value or "" for value in encoded.dictionary.to_pylist()]
        for code, value in enumerate(values):
            looks = _looks(value, place, texts)
            if any(looks):
                found.add(hits[codes == code].tolist(), place, looks)
    found.names = sorted(set(found.names))
    return found


def _looks(value: str, place: int, texts: Collection[str]) -> tuple[bool, bool, bool]:
    """Whether a cell is one of the names, and whether it reads like a note or a total."""
    return " ".join(value.split()) in texts, place == 0 and is_note(value), is_total(value)


def _suspects_of_few(table: pa.Table, texts: Collection[str]) -> _Suspects:
    """The same for so few rows that Arrow's functions would cost more than the rows."""
    found = _Suspects()
    for place in range(min(_COLUMNS, table.num_columns)):
        for row, value in enumerate(table.column(place).to_pylist()):
            looks = _looks(value or "", place, texts)
            if any(looks):
                found.add([row], place, looks)
    found.names = sorted(set(found.names))
    return found


@functools.cache
def _signs() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pairs of bytes at the begin and at the end of what may be a total or a note."""
    firsts = _pairs([*_NOTE_STARTS, *TOTALS], 0)
    firsts[[ord(sign) | 32 | second << 8 for sign in " *" for second in range(256)]] = True
    firsts[[first | second << 8 for first in (0xC2 | 32, 0xE2 | 32) for second in range(256)]] = True
    firsts[[ord(digit) | (ord(")") | 32) << 8 for digit in "123456789"]] = True
    lasts = _pairs(TOTALS, -2)
    lasts[[ord(":") | 32 | second << 8 for second in range(256)]] = True
    lasts[[first | (ord(":") | 32) << 8 for first in range(256)]] = True
    lasts[[first | 32 << 8 for first in range(256)]] = True
    return firsts, lasts


def any_hollow(table: pa.Table) -> bool:
    """Whether some row may have no field that is filled: those are looked at record by record."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if table.num_columns < 2:
        return False
    if table.num_rows <= _FEW and all(value.strip() for value in table.column(0).to_pylist()):
        return False
    limit = 4 * table.num_columns
    rows = np.arange(table.num_rows, dtype=np.int64)
    for number, column in enumerate(table.columns):
        chosen = column.take(pa.array(rows)) if number else column
        short = np.flatnonzero(pc.less_equal(pc.binary_length(chosen), limit).to_numpy())
        blank = pc.equal(pc.utf8_trim_whitespace(chosen.take(pa.array(short))), "").to_numpy()
        rows = rows[short[blank]]
        if not len(rows):
            return False
    return True


def _pairs(words: Sequence[str] | frozenset[str], at: int) -> NDArray[np.bool_]:
    """A table of the pairs of bytes at the begin (0) or the end (-2) of words; case is one bit, that is ignored."""
    import numpy as np

    result = np.zeros(1 << 16, np.bool_)
    for word in words:
        data = word.encode()[:2] if at == 0 else word.encode()[-2:]
        if len(data) == 2:
            result[(data[0] | 32) | (data[1] | 32) << 8] = True
        elif data:
            result[[(data[0] | 32) | second << 8 for second in range(256)]] = True
    return result


def _hits(column: pa.StringArray, firsts: NDArray[np.bool_], lasts: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rows whose text begins or ends with one of the pairs of bytes."""
    import numpy as np

    _, offsets, data = column.buffers()
    if data is None or not data.size:
        return np.zeros(0, np.int64)
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    raw = np.frombuffer(data, np.uint8)
    size = len(raw) - 1
    begins, ends = bounds[:-1], bounds[1:]
    one = raw[np.minimum(begins, size)].astype(np.uint16) | 32
    two = raw[np.minimum(begins + 1, size)].astype(np.uint16) | 32
    hit = firsts[one | two << 8]
    one = raw[np.maximum(ends - 2, 0)].astype(np.uint16) | 32
    two = raw[np.maximum(ends - 1, 0)].astype(np.uint16) | 32
    hit |= lasts[one | two << 8]
    return np.flatnonzero(hit & (ends > begins)).astype(np.int64)
