"""Records of JSON gathered into columns of text: objects flattened, lists as JSON text, the values' own text kept."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import pyarrow as pa

DEPTH = 4
"""Levels of objects that become columns `a_b_c`; what is deeper stays JSON text."""
WIDEST = 300
"""An object inside a record with more keys than this has data for keys: it stays JSON text."""
_BLOCK = 4000
encode = msgspec.json.Encoder().encode


class Rows:
    """Records with their line numbers; they become columns block by block, so that memory holds few as objects."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self._records: list[dict[str, Any]] = []
        self._blocks: list[pa.Table] = []

    def add(self, records: list[dict[str, Any]], lines: list[int]) -> None:
        """Append records."""
        self.lines += lines
        self._records += records
        if len(self._records) >= _BLOCK:
            self._gather()

    def table(self, constant: dict[str, Any] | None = None) -> pa.Table:
        """All records: one column of text for each key, in the order in which the keys first came.

        `constant` are values that every record shares, for columns that the records do not have themselves.
        """
        import pyarrow as pa

        self._gather()
        if not self._blocks:
            return pa.table({})
        table = pa.concat_tables(self._blocks, promote_options="default")
        table = table.combine_chunks() if len(self._blocks) > 1 and table.num_columns > WIDEST else table
        for name, value in (constant or {}).items():
            if name not in table.column_names and value is not None:
                table = table.append_column(name, pa.repeat(pa.scalar(_text(value), pa.string()), table.num_rows))
        return table

    def _gather(self) -> None:
        import pyarrow as pa

        records, self._records = self._records, []
        for start in range(0, len(records), _BLOCK):
            block = records[start : start + _BLOCK]
            columns: dict[str, pa.Array] = {}
            for name, values in _columns(block, "", 0):
                _put(columns, name, values)
            if not columns:  # records without a single key are rows all the same
                columns[""] = pa.nulls(len(block), pa.string())
            self._blocks.append(pa.table(list(columns.values()), names=list(columns)))


def _put(columns: dict[str, pa.Array], name: str, values: pa.Array) -> None:
    """Add a column; `{"a_b": 1}` and `{"a": {"b": 2}}` share one, unless one record has both."""
    import pyarrow.compute as pc

    before = columns.get(name)
    if before is None:
        columns[name] = values
    elif pc.any(pc.and_(before.is_valid(), values.is_valid())).as_py():
        _put(columns, name + "_2", values)
    else:
        columns[name] = pc.coalesce(before, values)


def _columns(records: list[dict[str, Any]], prefix: str, depth: int) -> Iterator[tuple[str, pa.Array]]:
    shapes = list(dict.fromkeys(map(tuple, records)))
    keys = dict.fromkeys(itertools.chain.from_iterable(shapes))
    common = set(shapes[0]).intersection(*shapes[1:]) if len(shapes) <= 100 else set()
    for key in keys:
        if key in common:
            values = list(map(operator.itemgetter(key), records))
        else:
            values = [record.get(key) for record in records]
        yield from _column(prefix + key, values, depth)


def _column(name: str, values: list[Any], depth: int) -> Iterator[tuple[str, pa.Array]]:
    kinds = set(map(type, values))
    if dict in kinds and depth < DEPTH:
        inner: list[dict[str, Any]] = [value if type(value) is dict else {} for value in values]
        if len(set(itertools.chain.from_iterable(inner))) <= WIDEST:
            yield from _columns(inner, name + "_", depth + 1)
            values = [None if type(value) is dict and value else value for value in values]
            if values.count(None) == len(values):
                return
            kinds = set(map(type, values))
    yield name, _array(values, kinds - {type(None)})


def _array(values: list[Any], kinds: set[type]) -> pa.Array:
    import pyarrow as pa

    if kinds == {str}:
        return _strings(values)
    try:
        if kinds == {int}:
            return pa.array(values, pa.int64()).cast(pa.string())
        if kinds == {bool}:
            return pa.array(values, pa.bool_()).cast(pa.string())
        if kinds == {float}:
            return _floats(pa.array(values, pa.float64()))
    except (OverflowError, pa.ArrowInvalid):
        pass  # integers beyond 64 bits: one by one below
    return _strings([value if value is None or type(value) is str else _text(value) for value in values])


def _strings(values: list[str | None]) -> pa.Array:
    import pyarrow as pa

    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:  # halves of surrogate pairs, which no text can hold
        return pa.array([v and v.encode("utf-8", "replace").decode() for v in values], pa.string())


def _floats(values: pa.Array) -> pa.Array:
    """Numbers with a point stay such: 20.0 does not become 20."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = values.cast(pa.string())
    whole = pc.match_substring_regex(text, r"^-?\d+$")
    return pc.if_else(whole, pc.binary_join_element_wise(text, "0", "."), text) if pc.any(whole).as_py() else text


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    return repr(value) if isinstance(value, float) else str(encode(value), "utf-8")
