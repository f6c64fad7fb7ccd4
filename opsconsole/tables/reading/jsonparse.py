"""JSON as it is written in the wild: strict and fast where it is right, loose where a writer was careless."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from opsconsole.tables.reading import decode as encodings
from opsconsole.tables.reading.piece import NotReadyError

strict = msgspec.json.Decoder().decode
MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What `strict` raises for bytes that are no JSON."""
_LONGEST = 400
_CONSTANTS = {"NaN": None, "Infinity": "Infinity", "-Infinity": "-Infinity"}
_BETWEEN = re.compile(r"[\s,\x1e\ufeff]*")
_BYTE = re.compile(r" ?\(byte (\d+)\)")


def _float(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text  # 1e400 is shown as it is written


def _int(text: str) -> int | str:
    return int(text) if len(text) < _LONGEST else text


_LOOSE = json.JSONDecoder(
    parse_float=_float, parse_int=_int, parse_constant=_CONSTANTS.__getitem__, strict=False
)  # NaN, Infinity, numbers beyond all bounds, tabs and line ends inside of texts


def loose(line: bytes, fallback: str) -> Any:
    """A value that strict parsing refuses; of bytes that are no UTF-8 in the encoding `fallback`. Raises ValueError."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = encodings.to_utf8(line, fallback).decode("utf-8", "replace")
    try:
        return _LOOSE.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def several(text: str) -> Iterator[tuple[int, Any]]:
    """Values one after the other with the line that each begins on. Raises NotReadyError where one is none."""
    at, line = 0, 1
    while True:
        found = _BETWEEN.match(text, at)
        start = found.end() if found else at
        line += text.count("\n", at, start)
        if start == len(text):
            return
        try:
            value, at = _LOOSE.raw_decode(text, start)
        except json.JSONDecodeError as error:
            where = line + text.count("\n", start, error.pos)
            raise NotReadyError(f"not a whole JSON document: line {where}: {error.msg}") from error
        except RecursionError:
            raise NotReadyError(f"not a JSON document that can be read: line {line}: nested too deeply") from None
        yield line, value
        line += text.count("\n", start, at)


def reason(error: BaseException, data: bytes = b"") -> str:
    """Why strict parsing refused, in words; with the line where `data` are all the bytes."""
    said = str(error).removeprefix("JSON is malformed: ")
    found = _BYTE.search(said)
    if not data or found is None:
        return said
    line = data.count(b"\n", 0, int(found[1])) + 1
    return f"line {line}: {_BYTE.sub('', said)}"
