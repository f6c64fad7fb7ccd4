"""SQL expressions that site authors write: parsed by DuckDB itself, bound and type-checked against empty tables.

An expression can do nothing but compute on the columns of one table: no other tables, no subqueries, no window
functions, no parameters, nothing that depends on the server's clock, its settings or chance. That is checked on
DuckDB's own syntax tree, so what is checked is what will run.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import duckdb

from opsconsole.kpis.bound import Bound as Bound
from opsconsole.kpis.bound import Fault as Fault
from opsconsole.kpis.bound import hint_of, is_number, misfit
from opsconsole.kpis.parts import Parts, Tree, sql_of, take_apart
from opsconsole.kpis.safety import OPERATORS, SHAPES, expressions, functions, lambdas, value_word
from opsconsole.site.names import did_you_mean, show

SETTINGS = (
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET python_enable_replacements = false",
    "SET threads = 1",
    "SET TimeZone = 'UTC'",
    # As in the store of tables: a division by zero is no value, neither an error nor infinity.
    "SET error_on_division_by_zero = false",
    "SET ieee_floating_point_ops = false",
    "SET errors_as_json = true",
    "SET enable_external_access = false",
)
LONGEST = 20_000
RESERVED = ("_file", "_line", "_time")
_PREFIX = "SELECT "
_OPEN = "SELECT (\n"


def ident(name: str) -> str:
    """A name as SQL: quoted, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def number(value: Any) -> float | None:
    """A result as a finite float, or None: NULL, NaN and infinity are no values."""
    if value is None:
        return None
    result = float(value)
    return result if math.isfinite(result) else None


class Bench:
    """A private in-memory DuckDB without tables yet, and what functions it has. Takes some 30 ms to make."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:")
        for setting in SETTINGS:
            self.connection.execute(setting)
        self.functions = functions(self.connection)


class Checker:
    """A private in-memory DuckDB holding the tables of a site without rows."""

    def __init__(
        self,
        schemas: Mapping[str, Mapping[str, str]],
        bench: Bench | None = None,
        only: Collection[str] | None = None,
    ) -> None:
        """`only`: the functions that may be called of those that are allowed at all; None: all of them."""
        bench = bench or Bench()
        self._only = only
        self.connection = bench.connection
        self._functions = bench.functions
        self._schemas: dict[str, dict[str, str]] = {}
        # KPIs of one source have much in common: elements, filters, components
        self._read: dict[str, Tree | Fault] = {}
        self._rows: dict[tuple[str, str, str], Bound | Fault] = {}
        for source, columns in schemas.items():
            self.add(source, columns)

    def add(self, source: str, columns: Mapping[str, str]) -> None:
        """Know one more table, or another in the place of the one that had the name."""
        self._schemas[source] = dict(columns)
        listed = ", ".join(f"{ident(name)} {kind}" for name, kind in columns.items())
        self.connection.execute(f"CREATE OR REPLACE TABLE {ident(source)} ({listed})")
        self._rows.clear()

    def give(self, source: str, column: str, kind: str) -> None:
        """Let expressions over a source use a value that its rows have in a scan, though it is no column of its."""
        self.connection.execute(f"ALTER TABLE {ident(source)} ADD COLUMN {ident(column)} {kind}")
        self._rows.clear()

    def close(self) -> None:
        """Give the private database back."""
        self.connection.close()

    def column(self, source: str, name: str) -> str | Fault:
        """The column of a source by its name in any case, as the table spells it."""
        columns = self._schemas[source]
        if name in columns:
            return name
        for known in columns:
            if known.lower() == name.lower():
                return known
        return Fault(f"`{source}` has no column `{show(name)}`{did_you_mean(name, _shown(columns))}")

    def value(self, source: str, text: str) -> Bound | Fault:
        """An aggregate expression that gives one number."""
        node = self._parse(text)
        if isinstance(node, Fault):
            return node
        fault = self._refused(text, node, self._schemas[source])
        if fault:
            return fault
        described = self._bind(source, text)
        if isinstance(described, Fault):
            return described
        if not is_number(described):
            return Fault(f"gives {described}, expected a number{hint_of(described)}")
        if not any(self.is_aggregate(part) for part in expressions(node)):
            return Fault("no aggregate: a KPI is one number over many rows, such as count(*), sum(x) or avg(x)")
        return self._empty(source, text, described)

    def formula(self, text: str, names: Collection[str]) -> tuple[Bound, Tree, list[tuple[str, int]]] | Fault:
        """An expression over other KPIs, each a number: bound, its tree, and the KPIs it names with their places."""
        node = self._parse(text)
        if isinstance(node, Fault):
            return node
        fault = self._refused(text, node, names, of_row="a KPI over KPIs")
        if fault:
            return fault
        folded = {name.casefold(): name for name in names}
        found: list[tuple[str, int]] = []
        for part in expressions(node):
            if part["class"] != "COLUMN_REF":
                continue
            name, at = ".".join(part["column_names"]), self._place(text, part)
            if name.casefold() not in folded:
                return Fault(f"unknown KPI `{show(name)}`{did_you_mean(name, names)}", at)
            found.append((folded[name.casefold()], at))
        if not found:
            return Fault("names no KPI; a KPI without `source` is made of other KPIs")
        columns = ", ".join(f"0::DOUBLE AS {ident(name)}" for name in dict.fromkeys(name for name, _ in found))
        query = f"{_OPEN}{text}\n) FROM (SELECT {columns}) LIMIT 0"
        try:
            described = str(self.connection.execute(query).description[0][1])
        except duckdb.Error as error:
            message, place = self._told(query, error)
            return Fault(message, min(max(place, 0), len(text)))
        if not is_number(described):
            return Fault(f"gives {described}, expected a number{hint_of(described)}")
        return Bound(text=text, type=described), node, found

    def tree(self, text: str) -> Tree:
        """The syntax tree of an expression that has passed."""
        node = self._parse(text)
        assert not isinstance(node, Fault)
        return node

    def mean_of_ratios(self, text: str) -> int | None:
        """Where an expression that has passed takes the mean of ratios, where small groups count like large ones."""
        return next((self._place(text, node) for node in expressions(self.tree(text)) if _mean_of_ratios(node)), None)

    def sql(self, tree: Tree) -> str:
        """A syntax tree as SQL."""
        return sql_of(self.connection, [tree])[0]

    def parts(self, texts: Sequence[str]) -> list[Parts]:
        """What expressions that have passed are made of."""
        return take_apart(self.connection, [self.tree(text) for text in texts], self.is_aggregate)

    def condition(self, source: str, text: str) -> Bound | Fault:
        """A condition on one row."""
        found = self.row(source, text, "a condition")
        return found if isinstance(found, Fault) else misfit(found, "condition") or found

    def row(self, source: str, text: str, what: str) -> Bound | Fault:
        """Any expression on one row; `what` it is, for messages."""
        key = (source, text, what)
        if key not in self._rows:
            self._rows[key] = self._row(source, text, what)
        return self._rows[key]

    def _row(self, source: str, text: str, what: str) -> Bound | Fault:
        node = self._parse(text)
        if isinstance(node, Fault):
            return node
        fault = self._refused(text, node, self._schemas[source], of_row=what)
        if fault:
            return fault
        described = self._bind(source, text)
        return described if isinstance(described, Fault) else Bound(text=text, type=described)

    def _parse(self, text: str) -> Tree | Fault:
        """The syntax tree of an expression that is one whole SELECT item and nothing besides; nobody changes it."""
        if text not in self._read:
            self._read[text] = self._parsed(text)
        return self._read[text]

    def _parsed(self, text: str) -> Tree | Fault:
        if not text.strip():
            return Fault("empty, expected an SQL expression")
        if len(text) > LONGEST:
            return Fault(f"{len(text)} characters, at most {LONGEST} are taken")
        query = _PREFIX + text
        try:
            query.encode()
            answer = self.connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()
            tree: dict[str, Any] = json.loads(answer[0][0])
        except UnicodeEncodeError as error:
            return Fault("a character that is no text", max(error.start - len(_PREFIX), 0))
        except (duckdb.Error, RecursionError):
            return Fault("nested too deep for an expression")
        if tree["error"]:
            if tree["error_message"].startswith("Only SELECT"):
                return Fault("several statements, expected one expression")
            place = _offset(query, int(tree.get("position", len(_PREFIX)))) - len(_PREFIX)
            return Fault(f"SQL: {tree['error_message'].splitlines()[0]}", min(max(place, 0), len(text)))
        if len(tree["statements"]) != 1:
            return Fault("several statements, expected one expression")
        node: dict[str, Any] = tree["statements"][0]["node"]
        plain = (
            node["type"] == "SELECT_NODE"
            and node["from_table"]["type"] == "EMPTY"
            and not node["cte_map"]["map"]
            and not any(node[part] for part in ("modifiers", "where_clause", "group_expressions", "having", "qualify"))
            and not node["sample"]
        )
        if not plain:
            return Fault("a whole query, expected an expression on the columns of the source")
        items = node["select_list"]
        if len(items) != 1:
            return Fault("several expressions, expected one", self._place(text, items[1]))
        if items[0]["alias"]:
            alias = show(items[0]["alias"])
            return Fault(f"`{alias}` after the expression is not expected", self._place(text, items[0]))
        item: dict[str, Any] = items[0]
        return item

    def _refused(self, text: str, tree: Tree, columns: Iterable[str], *, of_row: str = "") -> Fault | None:
        """What is not allowed; without aggregates where it is `of_row`, about one row."""
        known = {name.lower() for name in columns}
        for node in expressions(tree):
            reason = self._reason(node, of_row) or value_word(node, known)
            if reason:
                return Fault(reason, self._place(text, node))
        deep = lambdas(tree)
        return Fault("lambdas are nested too deep", self._place(text, deep)) if deep is not None else None

    def _reason(self, node: Tree, of_row: str) -> str:
        """Why this node of a syntax tree is not allowed, or nothing."""
        kind = node["class"] if node["class"] != "OPERATOR" else node["type"]
        if kind not in SHAPES | OPERATORS:
            return _REFUSED.get(kind, f"{kind.replace('_', ' ').lower()} is not allowed here")
        if kind != "FUNCTION":
            return ""
        name = node["function_name"].lower()
        if name == "unnest":
            return f"{name}() makes rows of one row, which an expression here cannot"
        if name in _BY_CHANCE and not node["order_bys"]["orders"]:
            return (
                f"{name}() gives whichever row comes first; for the latest value write arg_max({_shown_argument(node)})"
            )
        if of_row and self.is_aggregate(node):
            return f"{name}() is an aggregate; {of_row} is about one row"
        refused = self._functions.refused(node)
        if not refused and self._only is not None and name not in self._only:
            return f"{name}() may take long on a single row, and others would wait for it: say it in SQL instead"
        return refused

    def is_aggregate(self, node: Tree) -> bool:
        """Whether a node of a syntax tree calls an aggregate."""
        return self._functions.is_aggregate(node)

    def _bind(self, source: str, text: str) -> str | Fault:
        """The type that DuckDB gives an expression on a source."""
        query = f"{_OPEN}{text}\n) FROM {ident(source)} LIMIT 0"
        try:
            description = self.connection.execute(query).description
        except duckdb.Error as error:
            return self._fault(source, query, text, error)
        return str(description[0][1])

    def _empty(self, source: str, text: str, described: str) -> Bound | Fault:
        query = f"{_OPEN}{text}\n)::DOUBLE FROM {ident(source)}"
        try:
            answer = self.connection.execute(query).fetchall()
        except duckdb.Error as error:
            return self._fault(source, query, text, error)
        return Bound(text=text, type=described, empty=number(answer[0][0]))

    def _fault(self, source: str, query: str, text: str, error: duckdb.Error) -> Fault:
        """DuckDB's complaint in our words, with the place in the author's text."""
        told = detail(error)
        message, place = self._told(query, error)
        name = str(told.get("name", ""))
        columns = self._schemas[source]
        if told.get("error_subtype") == "COLUMN_NOT_FOUND":
            message = f"`{source}` has no column `{show(name)}`{did_you_mean(name, _shown(columns))}"
        elif "must appear in the GROUP BY clause" in message:
            message = f"{message.split(' must appear')[0]} stands outside an aggregate such as sum() or avg()"
        else:
            message = self._no_number(source, text, message) or message.split(" You might need")[0]
        return Fault(message, min(max(place, 0), len(text)))

    @staticmethod
    def _told(query: str, error: duckdb.Error) -> tuple[str, int]:
        """What DuckDB says of a wrapped expression, and the character it is about."""
        told = detail(error)
        message = str(told.get("exception_message") or error).splitlines()[0]
        return message, _offset(query, int(told.get("position", len(_OPEN)))) - len(_OPEN)

    def _no_number(self, source: str, text: str, message: str) -> str:
        """What to do about text where a number is wanted: the commonest reason why no function fits."""
        called = re.match(r"No function matches the given name and argument types '(\w+)\([^)]*VARCHAR", message)
        if called is None:
            return ""
        columns = self._schemas[source]
        texts = [
            name
            for name in _shown(columns)
            if columns[name] == "VARCHAR" and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)
        ]
        if not texts:
            return ""
        pins = ", ".join(f"{show(name)}: number" for name in texts)
        return (
            f"{called[1]}() does not take text, and {', '.join(f'`{show(name)}`' for name in texts)} is text in "
            f"`{source}`; `columns: {{{pins}}}` in its source reads numbers"
        )

    @staticmethod
    def _place(text: str, node: dict[str, Any]) -> int:
        """The character of `text` at which a node of its syntax tree starts."""
        at = int(node.get("query_location", 0))
        query = _PREFIX + text
        if at > len(query.encode()):  # DuckDB's "nowhere"
            return 0
        return min(max(_offset(query, at) - len(_PREFIX), 0), len(text))


# They take the rows in the order they happen to lie in.
_BY_CHANCE = {"first", "last", "any_value", "arbitrary"}


def _shown_argument(node: Tree) -> str:
    """The arguments of the aggregate that takes the place of one that goes by chance."""
    first = node["arguments"][0]["expression"] if node["arguments"] else {}
    column = show(str(first["column_names"][-1])) if first.get("class") == "COLUMN_REF" else "…"
    return f"{column}, _time"


def _mean_of_ratios(node: Tree) -> bool:
    """Whether an aggregate is the mean of a quotient of columns."""
    if node["class"] != "FUNCTION" or node["function_name"].lower() not in {"avg", "mean"}:
        return False
    quotients = [part for part in expressions(node) if part["class"] == "FUNCTION" and part["function_name"] == "/"]
    return any(
        part["class"] == "COLUMN_REF"
        for quotient in quotients
        for part in expressions(quotient["arguments"][1]["expression"])
    )


_REFUSED = {
    "SUBQUERY": "a subquery is not allowed: an expression sees the rows of its source only",
    "WINDOW": "a window function (OVER) is not allowed: the KPI's window and `by` do the grouping",
    "PARAMETER": "a parameter (? or $1) is not allowed",
    "STAR": "* and COLUMNS() are not allowed here, except in count(*)",
    "POSITIONAL_REFERENCE": "#1 is not allowed, name the column",
    "DEFAULT": "DEFAULT has no meaning here",
    "GROUPING_FUNCTION": "grouping() has no meaning here",
}


def detail(error: duckdb.Error) -> dict[str, Any]:
    """What DuckDB says of an error as a mapping, as far as it does."""
    body = str(error)
    start = body.find("{")
    try:
        detail: dict[str, Any] = json.loads(body[start:]) if start >= 0 else {}
    except ValueError:
        return {}
    return detail


def _shown(columns: Iterable[str]) -> list[str]:
    return [name for name in columns if name not in RESERVED]


def _offset(query: str, byte: int) -> int:
    """The character at a byte position: DuckDB counts UTF-8 bytes."""
    return len(query.encode()[:byte].decode(errors="ignore"))
