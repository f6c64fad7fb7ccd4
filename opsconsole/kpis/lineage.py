"""From which source's rows a SELECT takes the moments of its own, where it says so plainly. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opsconsole.kpis.safety import Tree
from opsconsole.kpis.select import Select
from opsconsole.site.model import Source

_NOTHING = ("", False)


def plain_time(
    select: Select, column: str, columns: Mapping[str, Iterable[str]], sources: Mapping[str, Source]
) -> tuple[str, bool]:
    """The source whose rows' moment a column of a SELECT is, and whether it comes with the rest of the row, as `t.*`.

    That is so for `_time` or the column of time of a source, named or in the first `*` that has such a column, in rows
    that are not grouped. "" where it is not so, or not that plain.
    """
    node = select.tree["statements"][0]["node"]
    if not column or node["type"] != "SELECT_NODE" or node["group_expressions"]:
        return _NOTHING
    if node["aggregate_handling"] != "STANDARD_HANDLING":
        return _NOTHING
    with_names = {entry["key"].lower() for entry in node["cte_map"]["map"]}
    names = {read.source.lower(): read.source for read in select.reads if read.source.lower() not in with_names}
    for item in node["select_list"]:
        if item["class"] == "STAR":
            if item["expr"] or any(item[key] for key in ("exclude_list", "replace_list", "rename_list", "columns")):
                return _NOTHING
            source = _source(_leaf(node["from_table"], item["relation_name"].lower()), names)
            known = {name.lower() for name in columns.get(source, ())}
            if column.lower() in known:
                return (source, True) if _is_time(column, sources.get(source)) else _NOTHING
            if not source or not item["relation_name"]:
                return _NOTHING  # it may be a column of any of the tables
        elif _output(item).lower() == column.lower():
            return (_named_time(item, node["from_table"], names, sources), False)
    return _NOTHING


def _output(item: Tree) -> str:
    """The name that an item of a SELECT has in its result."""
    return str(item["alias"] or (item["column_names"][-1] if item["class"] == "COLUMN_REF" else ""))


def _named_time(item: Tree, table: Tree, names: Mapping[str, str], sources: Mapping[str, Source]) -> str:
    if item["class"] != "COLUMN_REF" or len(item["column_names"]) > 2:
        return ""
    *relation, column = item["column_names"]
    if not relation and table["type"] == "JOIN":
        return ""
    source = _source(_leaf(table, relation[0].lower() if relation else ""), names)
    return source if _is_time(column, sources.get(source)) else ""


def _is_time(column: str, source: Source | None) -> bool:
    return source is not None and column.lower() in {"_time", (source.time or "_time").lower()}


def _source(leaf: Tree | None, names: Mapping[str, str]) -> str:
    if leaf is None or leaf["type"] != "BASE_TABLE" or leaf["column_name_alias"]:
        return ""
    return names.get(leaf["table_name"].lower(), "")


def _leaf(table: Tree, name: str) -> Tree | None:
    """The table of a FROM that has a name; without one the first, unless rows of others may stand without it."""
    if table["type"] != "JOIN":
        own = (table["alias"] or table.get("table_name", "")).lower()
        return table if name in ("", own) else None
    if not name and table["join_type"] not in {"INNER", "LEFT", "SEMI", "ANTI"}:
        return None
    left = _leaf(table["left"], name)
    return left if left is not None or not name else _leaf(table["right"], name)
