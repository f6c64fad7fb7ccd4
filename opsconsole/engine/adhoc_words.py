"""What DuckDB says of a statement that failed, as a sentence with the place in the statement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import duckdb

from opsconsole.kpis.select import offset_of

_LINE = re.compile(r"LINE (\d+): ")
_NAME = re.compile(r"""(?:column|name|alias|function) "?([^"!\s]+)"?""", re.IGNORECASE)


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """All mappings in a syntax tree, outermost first."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def sentence(error: Exception, seconds: float, sql: str, tree: Any = None) -> str:
    """What DuckDB says of a failure, for a person, with the place in the statement where that is known."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return "stopped: it needs more memory than a query may take; narrow the time range or the columns."
    text = str(error).strip().splitlines()
    first = text[0] if text else type(error).__name__
    if "interrupt" in first.lower() or "execution time" in first.lower() or "timeout" in first.lower():
        return f"stopped after {seconds:g} s: narrow the time range or the columns."
    shown = next((place for place, line in enumerate(text) if _LINE.match(line)), None)
    at = _pointed_at(text[shown:], sql) if shown is not None else _named_at(first, tree, sql)
    said = " ".join(part.strip() for part in text[: min(3, len(text) if shown is None else shown)] if part.strip())
    return said if at is None else f"{said} at character {at + 1}"


def _pointed_at(shown: list[str], sql: str) -> int | None:
    """The character that the sign below a line of the statement points at; of a long line a part is shown."""
    found = _LINE.match(shown[0])
    lines = sql.split("\n")
    if found is None or len(shown) < 2 or "^" not in shown[1] or int(found[1]) > len(lines):
        return None
    number, part = int(found[1]) - 1, shown[0][found.end() :]
    column = shown[1].index("^") - found.end()
    if part.startswith("...") and not lines[number].startswith("..."):
        begins = lines[number].find(part[3:].removesuffix("..."))
        if begins < 0:
            return None
        column += begins - 3
    return sum(len(line) + 1 for line in lines[:number]) + max(0, min(column, len(lines[number])))


def _named_at(said: str, tree: Any, sql: str) -> int | None:
    """The character where a name that is complained of stands first."""
    name = _NAME.search(said)
    if name is None or tree is None:
        return None
    wanted = name[1].lower()
    for node in walk(tree):
        names = [str(node.get(key, "")) for key in ("table_name", "function_name")]
        names += [str(part) for part in node.get("column_names", ())][-1:] if node.get("class") == "COLUMN_REF" else []
        at = node.get("query_location")
        if isinstance(at, int) and at < len(sql.encode()) and wanted in {each.lower() for each in names}:
            return offset_of(sql, at)
    return None
