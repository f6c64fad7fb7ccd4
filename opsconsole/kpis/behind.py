"""The SQL behind a number, to be read, copied and run as it is: bounds and members are literals, not parameters.

It is what `opsconsole query` takes. The text is made anew from the definition and not what the engine ran, which
answers for many KPIs at once; a test holds both to the same number.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.expression import ident
from opsconsole.kpis.lasting import meant
from opsconsole.kpis.nodes import bound_kpi
from opsconsole.kpis.span import span_of

What = Literal["value", "breakdown", "rows"]


def behind(
    binding: Binding,
    kpi: str,
    what: What,
    where: dict[str, str | None],
    now: dt.datetime,
    by: str = "",
    until: dt.datetime | None = None,
) -> str:
    """The SQL of a KPI's value, of its breakdown `by` a dimension, or of its rows, at `now`.

    `until` is `now` where that is a past moment. Raises LookupError for an unknown KPI or dimension.
    """
    bound = bound_kpi(binding, kpi)
    if what == "breakdown" and not by:
        raise LookupError("a breakdown needs a dimension")
    kept = {leaf.kpi.name: _from(binding, leaf, bound, where, now, until) for leaf in bound.leaves}
    if what == "rows":
        return _rows(bound, kept)
    if not bound.compound:
        return _simple(binding, bound, kept[bound.kpi.name], by)
    return _compound(binding, bound, kept, by)


def _rows(kpi: BoundKpi, kept: dict[str, str]) -> str:
    """The rows, newest first; of several sources, each says which it is of."""
    order = "ORDER BY _time DESC NULLS LAST, _file DESC, _line DESC"
    if not kpi.compound:
        return f"SELECT *\n{kept[kpi.kpi.name]}\n{order}"
    parts = [f"SELECT {literal(leaf.source)} AS _source, *\n{kept[leaf.kpi.name]}" for leaf in kpi.leaves]
    return "\nUNION ALL BY NAME\n".join(dict.fromkeys(parts)) + f"\n{order}"


def _simple(binding: Binding, kpi: BoundKpi, kept: str, by: str) -> str:
    value = f"{_indented(kpi.value.text)} AS {ident(kpi.kpi.name)}"
    if not by:
        return f"SELECT {value}\n{kept}"
    column = ident(binding.column(kpi.source, by))
    return f"SELECT {column}, {value}, count(*) AS rows\n{kept}\nGROUP BY {column}\nORDER BY {column}"


def _compound(binding: Binding, kpi: BoundKpi, kept: dict[str, str], by: str) -> str:
    """A formula over the values of KPIs of several sources; members that one of them lacks are there all the same."""
    parts: list[str] = []
    names: list[str] = []
    for leaf in kpi.leaves:
        name = ident(leaf.kpi.name)
        value = f"{_indented(leaf.value.text)} AS {name}"
        empty = f"coalesce(max({name}), {leaf.value.empty:g})" if leaf.value.empty is not None else f"max({name})"
        names.append(f"{empty} AS {name}")
        if by:
            column = ident(binding.column(leaf.source, by))
            member = f"CAST({column} AS VARCHAR) AS {ident(by)}"
            parts.append(f"  SELECT {member}, {value}\n  {_deeper(kept[leaf.kpi.name])}\n  GROUP BY {column}")
        else:
            parts.append(f"  SELECT {value}\n  {_deeper(kept[leaf.kpi.name])}")
    heads = f"{ident(by)}, " if by else ""
    tail = f"GROUP BY {ident(by)}" if by else ""
    inner = "\n  UNION ALL BY NAME\n".join(parts)
    each = f"SELECT {heads}{', '.join(names)} FROM (\n{inner}\n)"
    each = f"{each} {tail}" if tail else each
    outer = f"SELECT {heads}{kpi.formula} AS {ident(kpi.kpi.name)}\nFROM ({each})"
    return f"{outer}\nORDER BY {ident(by)}" if by else outer


def _from(
    binding: Binding,
    leaf: BoundKpi,
    whole: BoundKpi,
    where: dict[str, str | None],
    now: dt.datetime,
    until: dt.datetime | None,
) -> str:
    """FROM and WHERE of one source."""
    conditions = []
    if leaf.where is not None:
        conditions.append(f"({_indented(leaf.where.text)})")
    for name, member in where.items():
        sql = binding.member(leaf.source, name)
        conditions.append(f"{sql} IS NULL" if member is None else f"{sql} = {literal(member)}")
    span = span_of(whole.kpi.window, whole.timed, now, binding.site, until)
    table, condition = meant(leaf.source, binding.until.get(leaf.source), span)
    conditions += [condition] if condition != "true" else []
    kept = "".join(f"\n{'WHERE' if at == 0 else '  AND'} {each}" for at, each in enumerate(conditions))
    return f"FROM {table}{kept}"


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def _indented(text: str) -> str:
    """An expression as its author wrote it; one that ends in a comment would swallow what follows."""
    return f"\n{text}\n" if "--" in text else text.strip()


def _deeper(text: str) -> str:
    return text.replace("\n", "\n  ")
