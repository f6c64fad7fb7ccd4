"""What SQL in a site file may call: functions that compute on what they are given, and nothing else.

Which ones these are is told by DuckDB's own catalogue: scalar functions that it calls consistent, aggregates and
window functions, and those of its macros that are made of nothing but these. What reads settings, the clock, the
environment, files or tables by their names, has effects or goes by chance is thus left out by what it is, also where
a later DuckDB brings more of it. Only where the catalogue is mistaken are there names here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

import duckdb
from msgspec import Struct

from opsconsole.site.names import did_you_mean, show

Tree = dict[str, Any]

VALUE_WORDS = frozenset(
    {
        *("current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp"),
        *("current_user", "localtime", "localtimestamp", "session_user", "user", "rowid"),
    }
)
"""Bare words that DuckDB reads as a call, or as the place of a row, where no column has that name."""

SHAPES = frozenset(
    {
        *("COLUMN_REF", "CONSTANT", "FUNCTION", "COMPARISON", "CONJUNCTION", "CASE", "CAST", "BETWEEN", "COLLATE"),
        *("LAMBDA", "TYPE"),
    }
)
"""Classes of expressions that compute on one row or on rows, whatever they are made of."""

OPERATORS = frozenset(
    {
        *("OPERATOR_NOT", "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_COALESCE", "OPERATOR_NULLIF"),
        *("OPERATOR_TRY", "COMPARE_IN", "COMPARE_NOT_IN", "ARRAY_EXTRACT", "ARRAY_SLICE", "ARRAY_CONSTRUCTOR"),
        *("STRUCT_EXTRACT", "ARROW"),
    }
)
"""Types of the class OPERATOR that do so."""

_MISTAKEN = frozenset(
    {
        # They plan a statement, or look at an index, that is given as text.
        *("json_serialize_plan", "index_key"),
        # They take bytes for the inner state of an aggregate, without a check that they are one.
        *("to_aggregate_state", "combine", "combine_aggr", "finalize"),
    }
)
_ZONED = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIME WITH TIME ZONE")
_DEEPEST_LAMBDA = 3


class Functions(Struct, frozen=True):
    """Functions by name (lower case): those that may be called, which of them are aggregates, and all there are.

    `tables`: those that stand in FROM.
    """

    allowed: frozenset[str]
    aggregates: frozenset[str]
    known: frozenset[str]
    tables: frozenset[str]

    def is_aggregate(self, node: Tree) -> bool:
        """Whether a node of a syntax tree calls an aggregate."""
        return node["class"] == "FUNCTION" and node["function_name"].lower() in self.aggregates

    def refused(self, node: Tree) -> str:
        """Why a call in a syntax tree is not allowed, or nothing."""
        name = node["function_name"].lower()
        if len(node["qualified_name"]["path"]) > 1:
            return f"`{show('.'.join(node['qualified_name']['path']))}`: name the function without a schema"
        if node.get("export_state"):
            return "EXPORT_STATE has no meaning here"
        if name == "age" and len(node["arguments"]) == 1:
            return _unstable("age() of one moment")
        if name in self.allowed:
            return ""
        if name in self.tables:
            return f"{name}() is a table function, which makes rows and no value"
        if name in self.known:
            return _unstable(f"{name}()")
        near = did_you_mean(name, self.aggregates) or did_you_mean(name, self.allowed)
        return f"no function `{show(name)}`{near}"


def _unstable(what: str) -> str:
    return (
        f"{what} depends on the server's clock, state or chance; "
        "a value must follow from the rows alone (for time, use the window)"
    )


def lambdas(node: Any) -> Tree | None:
    """The first lambda that lies too deep in others: the time that binding takes doubles with each."""
    waiting: list[tuple[Any, int]] = [(node, 0)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, list):
            waiting.extend((each, depth) for each in node)
        elif isinstance(node, dict):
            depth += node.get("class") == "LAMBDA"
            if depth > _DEEPEST_LAMBDA:
                return node
            waiting.extend((each, depth) for each in node.values())
    return None


def value_word(node: Tree, columns: Collection[str]) -> str:
    """Why a bare word is not allowed that would be read as a call; `columns`: lower-case names that there are."""
    if node["class"] != "COLUMN_REF" or len(node["column_names"]) != 1:
        return ""
    word = node["column_names"][0].lower()
    return _unstable(word) if word in VALUE_WORDS and word not in columns else ""


def expressions(node: Any) -> Iterator[Tree]:
    """All expression nodes of a syntax tree, outermost first, wherever they stand."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(reversed(node))
        elif isinstance(node, dict):
            if "class" in node:
                yield node
            waiting.extend(reversed(node.values()))


_found: list[Functions] = []


def functions(connection: duckdb.DuckDBPyConnection) -> Functions:
    """The functions of this DuckDB; looked up once in a process, over a connection to any database (some 30 ms)."""
    if not _found:
        _found.append(_look_up(connection))
    return _found[0]


def _look_up(connection: duckdb.DuckDBPyConnection) -> Functions:
    rows = connection.execute(
        """SELECT lower(function_name), function_type, coalesce(stability, ''),
                  list_transform(parameter_types, lambda t: coalesce(t, '')), coalesce(return_type, ''),
                  macro_definition
           FROM duckdb_functions() WHERE database_name = 'system'"""
    ).fetchall()
    macros = _macros(connection, [(row[0], row[5]) for row in rows if row[1] == "macro"])
    known = {row[0] for row in rows if row[1] != "pragma"}
    aggregates = {row[0] for row in rows if row[1] == "aggregate"} - _MISTAKEN
    windows = {row[0] for row in rows if row[1] == "window"}
    refused = {row[0] for row in rows if row[1] == "scalar" and _depends(row[0], *row[2:5])} | _MISTAKEN
    allowed = ({row[0] for row in rows if row[1] == "scalar"} | aggregates | windows) - refused
    waiting = {name: calls for name, calls in macros.items() if name not in refused}
    while True:
        sound = [name for name, calls in waiting.items() if calls is not None and calls <= allowed]
        if not sound:
            break
        for name in sound:
            allowed.add(name)
            if (waiting.pop(name) or frozenset()) & aggregates:
                aggregates.add(name)
    tables = {row[0] for row in rows if row[1] in {"table", "table_macro"}} - allowed
    return Functions(frozenset(allowed), frozenset(aggregates), frozenset(known | refused), frozenset(tables))


def _depends(name: str, stability: str, takes: list[str], gives: str) -> bool:
    """Whether a scalar function gives more than what follows from its arguments, as far as DuckDB tells.

    One that takes none and gives a text or a moment tells something of the server, whatever it says of itself. One that
    is consistent within a query only, and takes or makes a moment with a zone, goes by the zone that DuckDB is set to:
    the site's tables are always read with the same.
    """
    if name.startswith("__internal") or (not takes and gives.startswith(("VARCHAR", "TIME", "DATE"))):
        return True
    by_zone = bool(takes) and any(kind.startswith(_ZONED) for kind in (*takes, gives))
    return stability != "CONSISTENT" and not (stability == "CONSISTENT_WITHIN_QUERY" and by_zone)


def _macros(connection: duckdb.DuckDBPyConnection, macros: list[tuple[str, str]]) -> dict[str, frozenset[str] | None]:
    """By macro what it calls; None for one that holds more than calls, or reads a table."""
    asked = [f"SELECT {body}" for _, body in macros]
    trees = connection.execute("SELECT list_transform(?::VARCHAR[], lambda s: json_serialize_sql(s))", [asked])
    found: dict[str, frozenset[str] | None] = {}
    for (name, _), text in zip(macros, trees.fetchall()[0][0], strict=True):
        tree = json.loads(text)
        calls: set[str] | None = set()
        for node in expressions(tree) if not tree["error"] else ():
            plain = node["class"] in SHAPES or node["type"] in OPERATORS
            if calls is None or not plain or value_word(node, ()):
                calls = None
            elif node["class"] == "FUNCTION":
                calls.add(node["function_name"].lower())
        other = found.get(name, frozenset())
        whole = None if calls is None or tree["error"] or other is None else frozenset(calls) | other
        found[name] = whole
    return found
