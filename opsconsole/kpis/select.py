"""The SELECT of a derived source: taken apart by DuckDB, held to reading the site's tables, and made into a view.

Everything in the syntax tree has to be known to do no more than read: what is not on the lists here is refused, so that
what a later DuckDB brings is refused too. Each table that is named is replaced by a subquery with exactly the columns
that it had when it was checked: whatever is added to it later moves nothing, and hidden columns stay hidden.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import duckdb
from msgspec import Struct

from opsconsole.kpis.safety import OPERATORS, SHAPES, Functions, Tree, functions, lambdas, value_word
from opsconsole.site.names import did_you_mean, show

LONGEST = 20_000
SITE_NOW = "site_now"
"""The function of a SELECT that gives site time, a naive moment of UTC as `_time` has it."""
SITE_NOW_SQL = (
    "make_timestamp(CAST(coalesce(CAST(getvariable('site_now') AS DOUBLE), epoch(now())) * 1000000 AS BIGINT))"
)
"""What that is: the variable that whoever asks tells a cursor (see `health.at`), else the wall clock."""
_MOST_READS = 100
_QUERIES = {
    "RECURSIVE_CTE_NODE": "WITH RECURSIVE is not possible here: it may never come to an end",
    "INSERT_QUERY_NODE": "INSERT is not possible here: a source can only read",
    "UPDATE_QUERY_NODE": "UPDATE is not possible here: a source can only read",
    "DELETE_QUERY_NODE": "DELETE is not possible here: a source can only read",
    "COPY_QUERY_NODE": "COPY is not possible here: a source can only read",
}
_FROM = {
    "SHOW_REF": "DESCRIBE, SHOW and SUMMARIZE are not possible here: a source reads rows of the site's sources",
}
_PLAIN_FROM = {"SUBQUERY", "EMPTY", "EXPRESSION_LIST"}
_ROW_FUNCTIONS = {"unnest", "range", "generate_series"}
_JOINS = {"REGULAR", "CROSS", "ASOF"}
_MORE_SHAPES = {"SUBQUERY", "WINDOW", "STAR", "POSITIONAL_REFERENCE", "OPERATOR_UNPACK", "GROUPING_FUNCTION"}
_NOWHERE = 1 << 40


class Wrong(Exception):  # noqa: N818 - it is said to people, not raised as a failure of ours
    """Why a SELECT cannot be used; `offset` is the character of its text where that shows."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message, self.offset = message, offset


class Read(NamedTuple):
    """A source that a SELECT reads, and the character where it is named first."""

    source: str
    offset: int


class Select(Struct, frozen=True):
    """A SELECT that may run: its text, its syntax tree, and the sources that it reads.

    `times`: a table's own `_time` column is named somewhere. `many` counts how often sources are read.
    """

    text: str
    tree: Tree
    reads: tuple[Read, ...]
    many: int
    times: bool


def parse(connection: duckdb.DuckDBPyConnection, text: str, sources: Mapping[str, Iterable[str]]) -> Select:
    """Check the text of a derived source. `sources`: name -> its columns, as far as they are known. Raises Wrong."""
    tree = _tree(connection, text)
    check = _Check(text, functions(connection), sources)
    try:
        many = check.query(tree["statements"][0]["node"], {})
    except RecursionError:
        raise Wrong("nested too deep for a source") from None
    deep = lambdas(tree)
    if deep is not None:
        raise Wrong("lambdas are nested too deep", _place(text, deep) or 0)
    if many > _MOST_READS:
        raise Wrong(f"reads tables {many} times when everything in WITH is written out, at most {_MOST_READS}")
    if not check.reads:
        raise Wrong("reads no source of the site")
    return Select(text, tree, tuple(check.reads.values()), many, check.times)


def written(connection: duckdb.DuckDBPyConnection, select: Select, columns: Mapping[str, Iterable[str]]) -> str:
    """A checked SELECT as it is to run. `columns`: those of each source it reads, in order. Raises duckdb.Error."""
    known = {name.lower(): name for name in columns}
    inner = {read.source: _subquery(connection, read.source, columns[read.source]) for read in select.reads}
    now = _item(connection, f"SELECT {SITE_NOW_SQL}")

    def replaced(node: Any, scope: frozenset[str]) -> Any:
        if isinstance(node, list):
            return [replaced(each, scope) for each in node]
        if not isinstance(node, dict):
            return node
        if "cte_map" in node:
            entries = []
            for entry in node["cte_map"]["map"]:
                entries.append({"key": entry["key"], "value": replaced(entry["value"], scope)})
                scope |= {entry["key"].lower()}
            node = {**node, "cte_map": {"map": entries}}
            return {name: each if name == "cte_map" else replaced(each, scope) for name, each in node.items()}
        if node.get("type") == "BASE_TABLE" and node["table_name"].lower() not in scope:
            own = copy.deepcopy(inner[known[node["table_name"].lower()]])
            own["alias"] = node["alias"] or node["table_name"]
            own["column_name_alias"] = node["column_name_alias"]
            return own
        if node.get("class") == "FUNCTION" and node["function_name"].lower() == SITE_NOW:
            return {**copy.deepcopy(now), "alias": node["alias"]}
        return {name: replaced(each, scope) for name, each in node.items()}

    tree = replaced(select.tree, frozenset())
    answer = connection.execute("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)]).fetchall()
    return str(answer[0][0])


def _subquery(connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[str]) -> Tree:
    listed = ", ".join(_ident(name) for name in columns)
    tree = _tree(connection, f"SELECT 1 FROM (SELECT {listed} FROM main.{_ident(table)}) AS t")
    found: Tree = tree["statements"][0]["node"]["from_table"]
    return found


def _item(connection: duckdb.DuckDBPyConnection, query: str) -> Tree:
    found: Tree = _tree(connection, query)["statements"][0]["node"]["select_list"][0]
    return found


def _tree(connection: duckdb.DuckDBPyConnection, text: str) -> Tree:
    """The syntax tree of one SELECT. Raises Wrong."""
    if not text.strip():
        raise Wrong("empty, expected an SQL SELECT")
    if len(text) > LONGEST:
        raise Wrong(f"{len(text)} characters, at most {LONGEST} are taken")
    try:
        text.encode()
        answer = connection.execute("SELECT json_serialize_sql(?)", [text]).fetchall()
        tree: Tree = json.loads(answer[0][0])
    except UnicodeEncodeError as error:
        raise Wrong("a character that is no text", error.start) from None
    except (duckdb.Error, RecursionError):
        raise Wrong("nested too deep for a source") from None
    if tree["error"]:
        if tree["error_type"] == "not implemented":
            raise Wrong("expected one SELECT: a source can only read the site's tables")
        place = offset_of(text, int(tree.get("position", 0)))
        raise Wrong(f"SQL: {tree['error_message'].splitlines()[0]}", place)
    if len(tree["statements"]) != 1:
        raise Wrong("several statements, expected one SELECT")
    return tree


def offset_of(text: str, byte: int) -> int:
    """The character at a byte position: DuckDB counts UTF-8 bytes."""
    return min(len(text.encode()[:byte].decode(errors="ignore")), len(text)) if 0 <= byte < _NOWHERE else 0


def _place(text: str, node: Tree) -> int | None:
    at = int(node.get("query_location", _NOWHERE))
    return offset_of(text, at) if at < _NOWHERE else None


def _ident(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _Check:
    """One walk over a syntax tree. `scope` holds what WITH has named, each with how often it reads a source."""

    def __init__(self, text: str, known: Functions, sources: Mapping[str, Iterable[str]]) -> None:
        self.text = text
        self.functions = known
        self.sources = {name.lower(): name for name in sources}
        self.columns = {column.lower() for columns in sources.values() for column in columns}
        self.reads: dict[str, Read] = {}
        self.times = False
        self.near = 0

    def wrong(self, message: str, node: Tree) -> Wrong:
        """A complaint about a node; where that has no place in the text, about what came before it."""
        at = _place(self.text, node)
        return Wrong(message, self.near if at is None else at)

    def query(self, node: Tree, scope: Mapping[str, int]) -> int:
        """A query with its WITH; how often it reads a source."""
        if node["type"] not in {"SELECT_NODE", "SET_OPERATION_NODE"}:
            raise self.wrong(_QUERIES.get(node["type"], f"{node['type']} is not possible in a source"), node)
        inner = dict(scope)
        for entry in node["cte_map"]["map"]:
            value = entry["value"]
            if value.get("key_targets") or value.get("payload_aggregates"):
                raise self.wrong(_QUERIES["RECURSIVE_CTE_NODE"], node)
            body = value["query_node"]
            inner[entry["key"].lower()] = self.query(body, inner) + self.rest(value, inner, ("query_node",))
        if node.get("sample"):
            raise self.wrong("a sample is another one every time; rows are chosen with WHERE", node["from_table"])
        self.distinct(node)
        return self.rest(node, inner, ("cte_map", "sample"))

    def distinct(self, node: Tree) -> None:
        """Rows with all columns of a table differ in their place at least, so that DISTINCT would have no effect."""
        plain = any(m["type"] == "DISTINCT_MODIFIER" and not m["distinct_on_targets"] for m in node["modifiers"])
        sides = [node]
        if node["type"] == "SET_OPERATION_NODE" and not node["setop_all"]:
            plain, sides = True, node["children"]
        for side in sides:
            stars = [item for item in side.get("select_list", ()) if item["class"] == "STAR" and not item["expr"]]
            if plain and stars:
                what = "DISTINCT" if node["type"] == "SELECT_NODE" else node["setop_type"]
                message = f"{what} with * compares the file and line of each row too; name the columns"
                raise self.wrong(message, stars[0])

    def rest(self, node: Tree, scope: Mapping[str, int], without: tuple[str, ...]) -> int:
        return sum(self.any(each, scope) for name, each in node.items() if name not in without)

    def any(self, node: Any, scope: Mapping[str, int]) -> int:
        if isinstance(node, list):
            return sum(self.any(each, scope) for each in node)
        if not isinstance(node, dict):
            return 0
        self.near = _place(self.text, node) or self.near
        if "cte_map" in node:
            return self.query(node, scope)
        if "class" in node:
            return self.expression(node, scope)
        if "alias" in node and "sample" in node:
            return self.table(node, scope)
        return self.rest(node, scope, ())

    def table(self, node: Tree, scope: Mapping[str, int]) -> int:
        """Something that stands in FROM."""
        kind = node["type"]
        if node["sample"]:
            raise self.wrong("a sample is another one every time; rows are chosen with WHERE", node)
        if kind == "BASE_TABLE":
            return self.named(node, scope)
        if kind == "TABLE_FUNCTION":
            return self.rows(node, scope)
        if kind == "JOIN":
            if node["ref_type"] == "NATURAL":
                raise self.wrong("NATURAL would compare file and line too; name the columns: JOIN … USING (…)", node)
            if node["ref_type"] not in _JOINS:
                raise self.wrong(f"a {node['ref_type'].lower()} join is not possible here; join ON or USING", node)
        elif kind == "PIVOT":
            if node["aggregates"] or any(pivot["pivot_enum"] for pivot in node["pivots"]):
                message = "PIVOT is not possible here; write each column: sum(x) FILTER (kind = 'a') AS a"
                raise self.wrong(message, node)
        elif kind not in _PLAIN_FROM:
            raise self.wrong(_FROM.get(kind, f"{kind} is not possible in a source"), node)
        return self.rest(node, scope, ())

    def named(self, node: Tree, scope: Mapping[str, int]) -> int:
        """A table by its name: something in WITH, or a source of the site."""
        name = node["table_name"]
        if node["at_clause"]:
            raise self.wrong("AT is not possible here: tables have no versions", node)
        if len(node["qualified_name"]["path"]) != 1:
            path = ".".join(node["qualified_name"]["path"])
            raise self.wrong(f"`{show(path)}`: name a source of the site, without a schema", node)
        if name.lower() in scope:
            return scope[name.lower()]
        source = self.sources.get(name.lower())
        if source is None:
            near = did_you_mean(name, self.sources.values())
            raise self.wrong(f"`{show(name)}` is no source of the site{near}", node)
        self.reads.setdefault(source, Read(source, _place(self.text, node) or self.near))
        return 1

    def rows(self, node: Tree, scope: Mapping[str, int]) -> int:
        """A function that makes rows of values."""
        call = node["function"]
        name = call["function_name"].lower()
        if name not in _ROW_FUNCTIONS or len(call["qualified_name"]["path"]) != 1:
            message = f"{show(name)}() is not possible here: a source reads the site's sources, and nothing else"
            raise self.wrong(message, node)
        return self.any(call["arguments"], scope)

    def expression(self, node: Tree, scope: Mapping[str, int]) -> int:
        kind = node["class"] if node["class"] != "OPERATOR" else node["type"]
        if kind not in SHAPES | OPERATORS | _MORE_SHAPES:
            raise self.wrong(f"{kind.replace('_', ' ').lower()} is not possible in a source", node)
        if kind in {"FUNCTION", "WINDOW"}:
            self.call(node)
        if kind == "COLUMN_REF":
            self.times = self.times or node["column_names"][-1].lower() == "_time"
            self.clock(value_word(node, self.columns), node)
        return self.rest(node, scope, ())

    def call(self, node: Tree) -> None:
        name, plain = node["function_name"].lower(), len(node["qualified_name"]["path"]) == 1
        if name == SITE_NOW and node["class"] == "FUNCTION" and plain:
            if node["arguments"]:
                raise self.wrong(f"{SITE_NOW}() takes no arguments", node)
            self.times = True
        elif name != "unnest" or not plain:
            self.clock(self.functions.refused(node), node)

    def clock(self, reason: str, node: Tree) -> None:
        if reason:
            raise self.wrong(reason.replace("for time, use the window", f"{SITE_NOW}() is site time"), node)
