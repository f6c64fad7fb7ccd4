"""Which of the rows that may be totals are: by what is empty beside the word, or by sums."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING

import msgspec

from opsconsole.tables.reading.piece import RereadError, Seen

if TYPE_CHECKING:
    import pyarrow as pa

REACH = 16 << 20
"""Bytes of a file within which the rows above are looked at again for their sums."""
_ROWS = 200_000
_LABELS = 20
"""Where so many words for totals have proved to be data, all are: it is free text."""


def totals(
    table: pa.Table, suspects: dict[int, int], others: Collection[int], seen: Seen, start: int
) -> tuple[list[int], Seen]:
    """Indexes of total rows. `suspects` maps rows to the column with the word, `others` are no records either.

    A word that proved to be data in one row is data in later ones, unless cells beside it are empty.
    Raises RereadError when the rows before the stretch are needed.
    """
    found: list[int] = []
    labels = list(seen.labels)
    for index, place in sorted(suspects.items()):
        if index in others:
            continue
        label = " ".join(_text(table, index, place).lower().split())
        if _bare(table, index, place, seen):
            found.append(index)
        elif label not in labels and len(labels) < _LABELS and _has_numbers(table, index, place):
            if 0 < start < REACH:
                raise RereadError(f"whether {label!r} is a total or data")
            if not start and _is_sum(table, index, place, [*found, *others]):
                found.append(index)
            else:
                labels.append(label)
    return found, msgspec.structs.replace(seen, labels=labels) if len(labels) > len(seen.labels) else seen


def _text(table: pa.Table, index: int, place: int) -> str:
    return str(table.column(place)[index].as_py() or "")


def _bare(table: pa.Table, index: int, place: int, seen: Seen) -> bool:
    """Whether the columns beside the word that are filled in the data are empty."""
    dense = seen.dense or []
    right = [column for column in dense if column > place]
    beside = right or [column for column in dense if column < place]
    return bool(beside) and not any(_text(table, index, column).strip() for column in beside)


def _has_numbers(table: pa.Table, index: int, place: int) -> bool:
    texts = (_text(table, index, column) for column in range(table.num_columns) if column != place)
    return any(_number(text, False) is not None for text in texts)


def _is_sum(table: pa.Table, index: int, place: int, aside: list[int]) -> bool:
    """Whether the numbers of a row are the sums of those above it, or of those since the last total."""
    if not 0 < index <= _ROWS:
        return False
    known = set(aside)
    above = [row for row in range(index) if row not in known]
    last = max((row for row in aside if row < index), default=-1)
    blocks = [above] + ([[row for row in above if row > last]] if last >= 0 else [])
    # Below one record the same number may be chance, unless nothing follows. So few rows are read again when more come.
    few = 1 if index == table.num_rows - 1 else 2
    hits = 0
    for column in range(table.num_columns):
        text = _text(table, index, column).strip()
        if column == place or not text:
            continue
        values = table.column(column).slice(0, index).to_pylist()
        for comma in (False, True):
            wanted = _number(text, comma)
            if wanted is None or not wanted:
                continue
            numbers = [_number(value or "", comma) for value in values]
            exact = 0.5 * 10.0 ** -_digits(text, comma)
            if any(_close([numbers[row] for row in block], wanted, exact, few) for block in blocks):
                hits += 1
                break
    return hits > 0


def _close(numbers: list[float | None], wanted: float, exact: float, few: int) -> bool:
    """Whether numbers, `few` at least, add up but for what rounding to the last digit may have changed."""
    filled = [number for number in numbers if number is not None]
    return len(filled) >= few and math.isclose(math.fsum(filled), wanted, rel_tol=1e-9, abs_tol=exact)


def _digits(text: str, comma: bool) -> int:
    """Digits behind the decimal sign."""
    return (
        sum(sign.isdigit() for sign in text.rpartition("," if comma else ".")[2])
        if ("," if comma else ".") in text
        else 0
    )


def _number(text: str, comma: bool) -> float | None:
    kept = "".join(sign for sign in text if sign in "0123456789.,-+()")
    kept = kept.replace(".", "").replace(",", ".") if comma else kept.replace(",", "")
    if kept.startswith("(") and kept.endswith(")"):
        kept = "-" + kept[1:-1]
    try:
        return float(kept)
    except ValueError:
        return None
