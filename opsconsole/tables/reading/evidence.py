"""What the values of a column show about its type: counted per file, so that it adds up over files in any order.

A type must be a function of the files and not of the order in which they came. So the cells that are judged are chosen
by their line (`chosen`), the counts of files add and subtract, and what no sample can rule out (a single fraction, a
single day above 12) is kept as a fact beside the counts.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from opsconsole.tables.reading.shapes import (
    CLOCK,
    COMMA,
    DOTTED,
    EFF,
    FIRST_HIGH,
    FRACTION,
    IDENTIFIER,
    INTEGER,
    ISO,
    LOCAL,
    NO,
    NOTHING,
    NUMBER,
    NUMERIC,
    POINT,
    SECOND_HIGH,
    SURE_TRUTH,
    TEE,
    TEMPORAL,
    TRUTH,
    YES,
    ZONE,
    shape_of,
)

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

Kind = Literal["text", "integer", "number", "boolean", "date", "time", "zoned"]
Order = Literal["", "dmy", "mdy"]
Decimal = Literal[".", ","]

HEAD = 400
"""The cells of so many lines at the beginning of a file are judged, and after that those of each `STRIDE`th line."""
STRIDE = 199
_RARE = 500
_UNIQUE = 2000
SPARSE = 1 << 24
"""Marks a fact as the shape of a cell in a column whose judged cells are all empty."""
_SHAPE_OF_KIND: dict[Kind, int] = {
    "text": 0,
    "integer": INTEGER,
    "number": NUMBER,
    "boolean": TRUTH | SURE_TRUTH,
    "date": ISO,
    "time": ISO | CLOCK,
    "zoned": ISO | CLOCK | ZONE,
}


class Found(Struct):
    """One column of one file, or of all files of a source.

    `counts`: judged cells by their shape. `facts`: how many files have a fact (a bit of `shapes`) anywhere in them; of
    one file it is 1. A cell without a value counts nowhere.
    """

    counts: dict[int, int] = {}
    facts: dict[int, int] = {}

    def add(self, other: Found, times: int = 1) -> None:
        """Add what another one found, or (`times` = -1) take it away."""
        for own, more in ((self.counts, other.counts), (self.facts, other.facts)):
            for key, count in more.items():
                total = own.get(key, 0) + times * count
                if total:
                    own[key] = total
                else:
                    own.pop(key, None)

    def note(self, fact: int) -> bool:
        """Keep a fact about one file; True if it is new."""
        new = fact not in self.facts
        self.facts[fact] = 1
        return new

    def shown(self) -> dict[int, int]:
        """Cells by their shape: the judged ones, or, where none of them holds anything, whatever others show."""
        if any(not shape & NOTHING for shape in self.counts) or not self.facts:
            return self.counts
        return {fact ^ SPARSE: count for fact, count in self.facts.items() if fact & SPARSE}

    def of(self, bits: int) -> int:
        """How many judged cells have one of the bits."""
        return sum(count for shape, count in self.shown().items() if shape & bits)

    def has(self, bit: int) -> bool:
        """Whether a judged cell has the bit, or it is a fact."""
        return bit in self.facts or any(shape & bit for shape in self.shown())

    @property
    def filled(self) -> int:
        """Judged cells with a value."""
        return sum(count for shape, count in self.shown().items() if not shape & NOTHING)


Evidence = dict[str, Found]
"""By column name in lower case."""

_decode = msgspec.msgpack.Decoder(dict[str, Found]).decode


def packed(evidence: Evidence) -> bytes:
    """As it is kept in the ledger."""
    return msgspec.msgpack.encode(evidence)


def unpacked(data: bytes) -> Evidence:
    """From the ledger."""
    return _decode(data)


def merge(into: Evidence, other: Mapping[str, Found], times: int = 1) -> None:
    """Add evidence by column, or (`times` = -1) take it away."""
    for name, found in other.items():
        into.setdefault(name, Found({}, {})).add(found, times)


def merge_file(into: Evidence, more: Mapping[str, Found]) -> None:
    """Add what further records of the same file show: a fact of a file stays one fact."""
    for name, found in more.items():
        own = into.setdefault(name, Found({}, {}))
        own.add(Found(found.counts, {}))
        own.facts.update(found.facts)


# --- gathering -----------------------------------------------------------------------------------------------------


def chosen(lines: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which records are judged, by their line alone: whoever reads the file in whatever pieces judges the same."""
    chosen_: NDArray[np.bool_] = (lines <= HEAD) | (lines % STRIDE == 0)
    return chosen_


def gather(names: Sequence[str], table: pa.Table, lines: NDArray[np.int64], words: Sequence[str]) -> Evidence:
    """Evidence of columns of text; `words` are null words of the site."""
    import pyarrow as pa

    picks = chosen(lines)
    every = bool(picks.all())
    picked = table if every else table.filter(pa.array(picks))
    ignored = {word.strip().lower() for word in words}
    evidence: Evidence = {}
    for position, name in enumerate(names):
        found = Found(_shapes(picked.column(position).to_pylist(), ignored), {})
        evidence[name.lower()] = found
        if not every and not any(not shape & NOTHING for shape in found.counts):
            found.facts.update(_sparse(table.column(position), ignored))
        _prove(found, table.column(position))
    return evidence


def _sparse(column: pa.ChunkedArray, ignored: set[str]) -> dict[int, int]:
    """What the values of a column show of which no judged cell has one."""
    import pyarrow.compute as pc

    if column.null_count == len(column):
        return {}
    values = pc.unique(column.filter(pc.fill_null(pc.not_equal(column, ""), False))).slice(0, _UNIQUE).to_pylist()
    return {shape | SPARSE: 1 for shape in _shapes(values, ignored) if not shape & NOTHING}


def of_values(values: Iterable[str | None], words: Sequence[str] = ()) -> Found:
    """What some values show."""
    return Found(_shapes(values, {word.strip().lower() for word in words}), {})


def of_typed(kind: Kind, filled: int) -> Found:
    """What a column shows whose file says its type."""
    return Found({_SHAPE_OF_KIND[kind]: filled} if filled else {}, {})


def _shapes(values: Iterable[str | None], ignored: set[str]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for value, count in Counter(iter(values)).items():
        text = value.strip() if value is not None else ""
        if not text or (ignored and text.lower() in ignored):
            continue
        shape = shape_of(text)
        counts[shape] = counts.get(shape, 0) + count
    return counts


def _prove(found: Found, column: pa.ChunkedArray) -> None:
    """Where the judged cells leave open how a column is written, look at all of its cells."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not any(shape & LOCAL or _is_both(shape) for shape in found.shown()):
        return
    filled = found.filled
    if found.of(LOCAL) * 4 >= filled * 3 and filled and not found.of(FIRST_HIGH | SECOND_HIGH):
        parts = pc.extract_regex(column, r"^\s*(?P<a>\d{1,2})[./-](?P<b>\d{1,2})[./-]")
        for index, fact in enumerate((FIRST_HIGH, SECOND_HIGH)):
            highest = pc.max(pc.cast(pc.struct_field(parts, [index]), pa.int32())).as_py() or 0
            if 12 < highest <= 31:
                found.facts[fact] = 1
    if _ambiguous(found):
        for fact, pattern in (
            (COMMA, r"^\s*[+-]?[\d.]*,(\d{1,2}|\d{4,})\s*$|\..*,"),
            (POINT, r",.*\.|^[+-]?\d+\.\d+$"),
        ):
            if pc.any(pc.match_substring_regex(column, pattern)).as_py():
                found.facts[fact] = 1


def _ambiguous(found: Found) -> bool:
    """Whether numbers such as 1,234 occur, and none that shows what the comma is."""
    return _signs_of(tuple(found.shown().items())).ambiguous


def _is_both(shape: int) -> bool:
    """Readable with either sign, and differently: 1,234 is; 12 and $12 are the same in both."""
    return bool(shape & POINT and shape & COMMA and not shape & (INTEGER | NUMBER))


class _Signs(Struct, frozen=True):
    """What a column says about the decimal sign. `numeric`: it holds numbers.

    `comma` and `point`: how many cells can only be read with a decimal comma, and only with a point. `ambiguous`:
    numbers such as 1,234 occur, and none that shows what the comma is.
    """

    numeric: bool
    comma: int
    point: int
    ambiguous: bool


@functools.lru_cache(maxsize=1 << 14)
def _signs_of(counts: tuple[tuple[int, int], ...]) -> _Signs:
    found = Found(dict(counts), {})
    numeric = _nearly(found.of(NUMERIC), found.filled)
    comma = sum(c for shape, c in counts if shape & COMMA and not shape & (POINT | NUMBER | INTEGER))
    point = sum(c for shape, c in counts if shape & (POINT | NUMBER) and not shape & COMMA)
    both = sum(c for shape, c in counts if _is_both(shape))
    return _Signs(numeric, comma, point, both > 0 and numeric and not (comma or point))


# --- deciding ------------------------------------------------------------------------------------------------------


class Style(Struct, frozen=True, omit_defaults=True):
    """How one file writes a column: its own kind, its decimal sign, day or month first.

    `sure`: nothing was assumed. `empty`: no value so far.
    """

    kind: Kind = "text"
    decimal: Decimal = "."
    order: Order = ""
    sure: bool = True
    empty: bool = False


def kind_of(found: Found) -> Kind | None:
    """The type that values ask for; None without any value."""
    return _kind_of(found) if found.facts else kind_of_counts(tuple(found.counts.items()))


def _kind_of(found: Found) -> Kind | None:
    filled = found.filled
    if not filled:
        return None
    if _is_truth(found, filled):
        return "boolean"
    if found.of(IDENTIFIER) * _RARE < filled and _nearly(found.of(NUMERIC), filled):
        whole = FRACTION not in found.facts and found.of(NUMERIC) == found.of(INTEGER)
        return "integer" if whole else "number"
    if found.of(TEMPORAL) * 4 >= filled * 3:
        return "zoned" if found.has(ZONE) else "time" if found.has(CLOCK) else "date"
    return "text"


@functools.lru_cache(maxsize=1 << 14)
def kind_of_counts(counts: tuple[tuple[int, int], ...]) -> Kind | None:
    """The same for cells of which nothing but the number by shape is known: few cells show the same again and again."""
    return _kind_of(Found(dict(counts), {}))


def _is_truth(found: Found, filled: int) -> bool:
    if found.of(TRUTH) != filled:
        return False
    return found.has(SURE_TRUTH) or (found.has(YES) and found.has(NO)) or (found.has(TEE) and found.has(EFF))


def _nearly(count: int, total: int) -> bool:
    """All of a few, or all but one in fifty of many."""
    return count == total or (total >= 50 and count * 50 >= total * 49)


def decimal_of(evidence: Evidence, wished: Decimal | None, delimiter: str) -> tuple[Decimal, set[str]]:
    """The decimal sign of a file, and the columns in which that was assumed.

    All columns vote, because a file comes from one program. Where only numbers such as 1,234 occur, it is a thousands
    separator, unless semicolons separate the fields, which is what programs do whose numbers have commas.
    """
    if wished is not None:
        return wished, set()
    comma = point = 0
    facts = set()
    unsure = set()
    for name, found in evidence.items():
        signs = _signs_of(tuple(found.shown().items()))
        if not signs.numeric:
            continue
        comma, point = comma + signs.comma, point + signs.point
        facts |= {fact for fact in (COMMA, POINT) if fact in found.facts}
        if signs.ambiguous:
            unsure.add(name)
    if comma != point:
        return ("," if comma > point else "."), set()
    if not comma and len(facts) == 1:
        return ("," if COMMA in facts else "."), set()
    return ("," if delimiter == ";" and unsure else "."), unsure


def order_of(found: Found) -> Order:
    """Day or month first, from dates that show it; empty where none does. The majority rules."""
    first, second = found.of(FIRST_HIGH), found.of(SECOND_HIGH)
    if first == second == 0:
        first, second = found.facts.get(FIRST_HIGH, 0), found.facts.get(SECOND_HIGH, 0)
    if first == second:
        return "dmy" if first or found.of(DOTTED) else ""
    return "dmy" if first > second else "mdy"


def style_of(found: Found, decimal: Decimal = ".", assumed: Order = "dmy", unsure: bool = False) -> Style:
    """How a file writes a column. `assumed`: the order of dates that show none; `unsure`: so is the decimal sign."""
    kind = kind_of(found)
    if kind is None:
        return Style(empty=True, decimal=decimal)
    if kind in ("integer", "number"):
        return Style(kind, decimal, sure=not unsure)
    if kind in ("date", "time", "zoned") and found.of(LOCAL):
        order = order_of(found)
        return Style(kind, decimal, order or assumed, sure=bool(order))
    return Style(kind, decimal)
