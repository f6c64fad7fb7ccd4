"""What an expression is made of: its aggregates, the expression over them, and whether it is a sum or a ratio of sums.

It is taken apart on DuckDB's own syntax tree, so that a quote or a comment in the text cannot mislead it. Sums and
ratios of sums can be followed to the members that moved them; any expression whose aggregates DuckDB can keep as states
can be added up from states of days.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import duckdb
from msgspec import Struct

Tree = dict[str, Any]

_PLACES = ("query_location", "query_location_length", "alias")
_SUMS = {"sum", "count", "count_star", "count_if", "countif", "fsum", "sumkahan", "kahan_sum", "sum_no_overflow"}
_MEANS = {"avg", "mean"}


class Aggregate(Struct, frozen=True):
    """One aggregate of an expression as SQL. `additive`: its values over parts of the rows add up to the whole."""

    sql: str
    additive: bool
    distinct: bool


class Term(Struct, frozen=True):
    """A quantity that adds up over rows (`denominator` None), or a ratio of two such; both as SQL aggregates."""

    numerator: str
    denominator: str | None = None


class Parts(Struct, frozen=True):
    """An expression as `post`, SQL over the columns a0, a1, … that hold its aggregates.

    `over` is the same as SQL over t0, t1, … that hold its `terms`; there are none where an aggregate does not add up.
    """

    aggregates: tuple[Aggregate, ...]
    post: str
    terms: tuple[Term, ...] = ()
    over: str = ""

    @property
    def denominator(self) -> str | None:
        """What the value is a share of, where it is one ratio of sums."""
        return self.terms[0].denominator if len(self.terms) == 1 else None


def take_apart(
    connection: duckdb.DuckDBPyConnection, trees: Sequence[Tree], is_aggregate: Callable[[Tree], bool]
) -> list[Parts]:
    """The parts of expressions, given as nodes of DuckDB's syntax tree (of which nothing is changed)."""
    cuts = [_Cut(tree, is_aggregate) for tree in trees]
    wanted: list[Tree] = []
    for cut in cuts:
        wanted += [cut.post, *cut.aggregates, *([cut.over] if cut.over is not None else [])]
        wanted += [part for term in cut.terms for part in term if part is not None]
    texts = iter(sql_of(connection, wanted))
    found: list[Parts] = []
    for cut in cuts:
        post = next(texts)
        aggregates = tuple(
            Aggregate(next(texts), additive=_adds_up(node), distinct=bool(node["distinct"])) for node in cut.aggregates
        )
        over = next(texts) if cut.over is not None else ""
        terms = tuple(Term(next(texts), next(texts) if below is not None else None) for _, below in cut.terms)
        found.append(Parts(aggregates, post, terms, over))
    return found


def together(
    connection: duckdb.DuckDBPyConnection, trees: Sequence[Tree], is_aggregate: Callable[[Tree], bool]
) -> tuple[list[str], list[str]]:
    """All aggregates of several expressions as SQL, each once, and each expression over a0, a1, … that hold them."""
    cuts: list[_Cut] = []
    for tree in trees:
        cuts.append(_Cut(tree, is_aggregate, cuts[-1] if cuts else None))
    aggregates = cuts[-1].aggregates if cuts else []
    texts = sql_of(connection, [*aggregates, *(cut.post for cut in cuts)])
    return texts[: len(aggregates)], texts[len(aggregates) :]


def sql_of(connection: duckdb.DuckDBPyConnection, trees: Iterable[Tree]) -> list[str]:
    """Expressions as SQL, as DuckDB itself writes them."""
    whole = [json.dumps(_statement(tree)) for tree in trees]
    if not whole:
        return []
    query = "SELECT list_transform(?::JSON[], lambda one: json_deserialize_sql(one))"
    texts: list[str] = connection.execute(query, [whole]).fetchall()[0][0]
    return [_plain(text.removeprefix("SELECT ")) for text in texts]


def _plain(text: str) -> str:
    """Without the parentheses that stand around the whole; a count of rows as people write it."""
    text = text.replace("count_star()", "count(*)")
    while text.startswith("(") and text.endswith(")") and _closes_last(text):
        text = text[1:-1]
    return text


def _closes_last(text: str) -> bool:
    depth, quote = 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        else:
            depth += (char == "(") - (char == ")")
            if depth == 0 and at < len(text) - 1:
                return False
    return True


def _statement(item: Tree) -> Tree:
    node: Tree = {
        "type": "SELECT_NODE", "modifiers": [], "cte_map": {"map": []}, "select_list": [item],
        "from_table": {"type": "EMPTY", "alias": "", "sample": None, "query_location": 0, "query_location_length": 0},
        "where_clause": None, "group_expressions": [], "group_sets": [], "aggregate_handling": "STANDARD_HANDLING",
        "having": None, "sample": None, "qualify": None,
    }  # fmt: skip
    return {"error": False, "statements": [{"node": node, "named_param_map": []}]}


class _MixedError(Exception):
    """The expression holds an aggregate that does not add up."""


class _Cut:
    """One expression taken apart, as trees: `over` is None where it cannot be made of sums.

    `shared`: another one that it has its aggregates in common with.
    """

    def __init__(self, tree: Tree, is_aggregate: Callable[[Tree], bool], shared: _Cut | None = None) -> None:
        self.is_aggregate = is_aggregate
        self.aggregates: list[Tree] = shared.aggregates if shared is not None else []
        self.terms: list[tuple[Tree, Tree | None]] = []
        self._seen: dict[str, int] = shared._seen if shared is not None else {}
        self.post: Tree = self._without(tree)
        self.over: Tree | None = None
        try:
            self.over = self._lift(tree)
        except _MixedError:
            self.terms = []

    def _without(self, node: Any) -> Any:
        """The tree with a column in place of each aggregate; equal aggregates share one."""
        if isinstance(node, list):
            return [self._without(each) for each in node]
        if not isinstance(node, dict):
            return node
        if node.get("class") == "FUNCTION" and self.is_aggregate(node):
            key = json.dumps(_placeless(node), sort_keys=True)
            if key not in self._seen:
                self._seen[key] = len(self.aggregates)
                self.aggregates.append(node)
            return column(f"a{self._seen[key]}")
        return {name: self._without(each) for name, each in node.items()}

    def _lift(self, node: Any) -> Any:
        """The tree with a column in place of each sum and each ratio of sums. Raises _MixedError."""
        if isinstance(node, list):
            return [self._lift(each) for each in node]
        if not isinstance(node, dict):
            return node
        if "class" not in node:
            return {name: self._lift(each) for name, each in node.items()}
        node = _bare(node)
        name = _called(node)
        if self._linear(node):
            return self._term(node, None)
        if name in _MEANS and not node["distinct"] and len(_arguments(node)) == 1:
            return self._term(_renamed(node, "sum"), _renamed(node, "count"))
        if name in {"*", "/"} and len(_arguments(node)) == 2:
            return self._product(node)
        if name and self.is_aggregate(node):
            raise _MixedError
        return {part: self._lift(each) for part, each in node.items()}

    def _product(self, node: Tree) -> Tree:
        """A product of factors and divisors, of which sums are paired to ratios in the order they are written."""
        above, below = _factors(node)
        sums = [each for each in above if self._linear(each)]
        divisors = [each for each in below if self._linear(each)]
        paired = min(len(sums), len(divisors))
        lifted = [self._lift(each) for each in above if not self._linear(each)]
        lifted += [self._term(sums[at], divisors[at]) for at in range(paired)]
        lifted += [self._term(each, None) for each in sums[paired:]]
        out = lifted[0] if lifted else literal(1)
        for each in lifted[1:]:
            out = operation("*", out, each)
        for each in [self._lift(each) for each in below if not self._linear(each)]:
            out = operation("/", out, each)
        for each in divisors[paired:]:
            out = operation("/", out, self._term(each, None))
        return out

    def _term(self, above: Tree, below: Tree | None) -> Tree:
        self.terms.append((above, below))
        return column(f"t{len(self.terms) - 1}")

    def _linear(self, node: Tree) -> bool:
        """Whether the values of an expression over parts of the rows add up to that over all of them."""
        node = _bare(node)
        name, arguments = _called(node), _arguments(node)
        if name and self.is_aggregate(node):
            return _adds_up(node)
        if name in {"+", "-"}:
            return all(self._linear(each) for each in arguments)
        if name in {"*", "/"} and len(arguments) == 2:
            return (self._linear(arguments[0]) and _number(arguments[1])) or (
                name == "*" and _number(arguments[0]) and self._linear(arguments[1])
            )
        return False


def _bare(node: Tree) -> Tree:
    """An expression without casts, guards, and defaults of zero around it."""
    while True:
        if node["class"] == "CAST":
            node = node["child"]
        elif node["class"] == "CASE" and len(node["case_checks"]) == 1 and _constant(node["else_expr"]) is _NULL:
            node = node["case_checks"][0]["then_expr"]
        elif node["type"] == "OPERATOR_COALESCE" and all(_constant(each) == 0.0 for each in node["children"][1:]):
            node = node["children"][0]
        elif _called(node) in {"nullif", "round"}:
            node = _arguments(node)[0]
        else:
            return node


def _factors(node: Tree) -> tuple[list[Tree], list[Tree]]:
    """What is multiplied and what it is divided by."""
    node = _bare(node)
    name, arguments = _called(node), _arguments(node)
    if name not in {"*", "/"} or len(arguments) != 2:
        return [node], []
    (above, below), (other, under) = _factors(arguments[0]), _factors(arguments[1])
    return (above + other, below + under) if name == "*" else (above + under, below + other)


_NULL = "null"


def _constant(node: Tree) -> float | str | None:
    """The number a literal stands for, `_NULL` for NULL, None for anything else."""
    if node["class"] != "CONSTANT":
        return None
    literal = node.get("literal", {})
    if literal.get("kind") == "NULL_LITERAL":
        return _NULL
    try:
        return float(literal.get("text", "")) if literal.get("kind") != "STRING" else None
    except ValueError:
        return None


def _called(node: Tree) -> str:
    return str(node["function_name"]).lower() if node["class"] == "FUNCTION" else ""


def _arguments(node: Tree) -> list[Tree]:
    return [each["expression"] for each in node["arguments"]] if node["class"] == "FUNCTION" else []


def _number(node: Tree) -> bool:
    return isinstance(_constant(node), float)


def _adds_up(node: Tree) -> bool:
    return _called(node) in _SUMS and not node["distinct"]


def _renamed(node: Tree, name: str) -> Tree:
    return {**copy.deepcopy(node), "function_name": name, "qualified_name": {"path": [name]}}


def _placeless(node: Any) -> Any:
    if isinstance(node, list):
        return [_placeless(each) for each in node]
    if isinstance(node, dict):
        return {name: _placeless(each) for name, each in node.items() if name not in _PLACES}
    return node


def column(name: str) -> Tree:
    """A reference to a column as a node of the syntax tree."""
    return {
        "class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "query_location": 0, "query_location_length": 0,
        "column_names": [name],
    }  # fmt: skip


def literal(number: int) -> Tree:
    """A whole number as a node of the syntax tree."""
    return {
        "class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "query_location": 0, "query_location_length": 0,
        "literal": {"kind": "INTEGER", "text": str(number)},
    }  # fmt: skip


def operation(sign: str, left: Tree, right: Tree) -> Tree:
    """An arithmetic operation as a node of the syntax tree."""
    return {
        "class": "FUNCTION", "type": "FUNCTION", "alias": "", "query_location": 0, "query_location_length": 0,
        "function_name": sign, "schema": "", "filter": None, "order_bys": {"type": "ORDER_MODIFIER", "orders": []},
        "distinct": False, "is_operator": True, "export_state": False, "catalog": "",
        "arguments": [{"name": "", "expression": left}, {"name": "", "expression": right}],
        "qualified_name": {"path": [sign]},
    }  # fmt: skip
